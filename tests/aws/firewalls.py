"""WAF as AWS has it, where moto differs: tokens of lists of addresses, and one web ACL for each resource."""

import functools
import uuid
from collections.abc import Callable
from typing import Any

from moto.wafv2.models import FakeIPSet, WAFV2Backend

Moto = Any
"""A model of moto's, whose own types say too little."""


def install() -> None:
    """Put the additions into moto. Once in a process."""
    for name in ("__init__", "update"):
        original = getattr(FakeIPSet, name)
        setattr(FakeIPSet, name, functools.wraps(original)(_with_a_token(original)))
    associate = WAFV2Backend.associate_web_acl
    WAFV2Backend.associate_web_acl = functools.wraps(associate)(_in_place_of_another(associate))


def _with_a_token(original: Callable[..., None]) -> Callable[..., None]:
    """moto's tokens of IP sets are shorter than AWS's, which its own model refuses."""

    def changed(self: Moto, *args: Any, **others: Any) -> None:  # noqa: ANN401  # moto's own types
        original(self, *args, **others)
        self.lock_token = str(uuid.uuid4())

    return changed


def _in_place_of_another(original: Callable[..., None]) -> Callable[..., None]:
    """A resource has one web ACL: a second one takes the place of the first (WAFV2 API, `AssociateWebACL`)."""

    def associated(self: Moto, web_acl_arn: str, resource_arn: str) -> None:
        self.disassociate_web_acl(resource_arn)
        original(self, web_acl_arn, resource_arn)

    return associated
