"""Secrets Manager, as far as moto lacks it: a rotation that a function makes is asynchronous, as in AWS.

As in the other additions nothing is accepted that is not stored, and nothing is answered that was not stored.
"""

import functools
from collections.abc import Callable
from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend

Moto = Any
"""A model of moto's, whose own types say too little."""


def install() -> None:
    """Put the additions into moto. Once in a process."""
    original: Moto = SecretsManagerBackend.rotate_secret
    setattr(SecretsManagerBackend, "rotate_secret", _scheduled(original))  # noqa: B010  # moto runs the function


def _scheduled(call: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(call)
    def rotate_secret(self: Moto, secret_id: str, **asked: Any) -> str:  # noqa: ANN401  # of a request
        """Moto runs the function at once, in Docker, and fails where the secret has no value yet."""
        function: str | None = asked.get("rotation_lambda_arn")
        if not function or asked.get("rotate_immediately", True):
            return call(self, secret_id, **asked)
        secret = self.secrets[secret_id]
        rules: dict[str, Any] = asked.get("rotation_rules") or {}
        days = int(rules.get("AutomaticallyAfterDays", 0))
        secret.rotation_requested, secret.rotation_enabled = True, True
        secret.rotation_lambda_arn, secret.auto_rotate_after_days = function, days
        return str(secret.to_short_dict())

    return rotate_secret
