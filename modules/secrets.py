"""secrets: what tasks must not have in their definition, in Secrets Manager. Terraform never has a value."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

from cdktf import TerraformStack, Token
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_rotation import (
    SecretsmanagerSecretRotation,
    SecretsmanagerSecretRotationRotationRules,
)
from pydantic import AfterValidator, Field

from modules.base import Module, for_each, keyed, literal
from modules.notifications import KeyArn
from modules.platform import Platform
from modules.settings import ACCOUNT, Settings, matching, refuse

SecretName = Annotated[
    str,
    Field(max_length=100),
    matching(
        r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*",
        "is not the name of a secret",
        "lower-case letters, digits and single hyphens, starting with a letter",
    ),
]

FunctionArn = Annotated[
    str,
    matching(
        rf"arn:aws:lambda:[a-z0-9-]+:{ACCOUNT}:function:[A-Za-z0-9_-]{{1,64}}",
        "is not the ARN of a Lambda function",
        "arn:aws:lambda:<region>:<account>:function:<name>",
    ),
]


ROTATION: Final = "RotationDays"
"""Tag with the days after which the value is to be replaced: people and `status` read it."""


def _recovery(days: int) -> int:
    if days != 0 and not 7 <= days <= 30:  # noqa: PLR2004  # Secrets Manager API, `DeleteSecret`
        raise refuse("is no recovery window", "0, or 7 to 30 days")
    return days


RecoveryWindow = Annotated[int, AfterValidator(_recovery)]


class SecretSettings(Settings):
    """A secret of the environment, `<project>-<environment>/<name>`. Its value is set with a command of the runbook."""

    description: Annotated[str, Field(min_length=1, max_length=500)]
    """What the secret is for. Everybody who may list secrets reads it
    (Secrets Manager API, `CreateSecret`)."""

    recovery_window_days: RecoveryWindow = 30
    """Days for which a deleted secret can be restored, and its name cannot be used again: 7 to 30. 0: it is gone at
    once (Secrets Manager API, `DeleteSecret`)."""

    kms_key_arn: KeyArn = ""
    """ARN of the customer managed KMS key that encrypts the values; whoever reads the secret may decrypt with it.
    Empty: AWS's key (KMS API, `DescribeKey`)."""

    application_reads: bool = False
    """Whether the application may read the secret itself at any time, with the task role. It then gets a new value
    without a restart. A secret that `ecs.secrets` names is read by the execution role, when a task starts."""

    rotation_days: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Days after which the value is to be replaced. `miyabi-infra status` says when it is older. With
    `rotation_lambda_arn`, Secrets Manager replaces it by itself. Default: no rotation (Secrets Manager API,
    `RotationRules`)."""

    rotation_lambda_arn: FunctionArn | None = None
    """ARN of a Lambda function that replaces the value. Its resource policy must let Secrets Manager invoke it, and the
    secret needs a first value. Default: somebody replaces it with the runbook's command (Secrets Manager API,
    `RotateSecret`)."""

    old_value_stays_valid: bool = False
    """Whether the value of before still works until the next rotation, as with two users that alternate. It says what
    the Lambda function does. Only then may a variable of `ecs.secrets` hold a secret that rotates by itself: running
    tasks keep the value with which they started."""


class SecretsModule(Module):
    """The secrets of the section `secrets`, one instance for each name, and the rotation of those with a function."""

    folder: ClassVar[str] = "secrets"

    def __init__(self, scope: TerraformStack, *, platform: Platform, settings: Mapping[str, SecretSettings]) -> None:
        super().__init__(scope)
        body = self.body
        held = self.local(
            "secrets",
            {
                name: {
                    "description": literal(each.description),
                    "kms_key_id": each.kms_key_arn or None,
                    "recovery_window_in_days": each.recovery_window_days,
                    "tags": {
                        "Name": f"{platform.project}-{platform.environment}/{name}",
                        **({ROTATION: str(each.rotation_days)} if each.rotation_days else {}),
                    },
                }
                for name, each in dict(settings).items()
            },
        )
        # By name, not by number: the others stay where they are when one is removed.
        secret = SecretsmanagerSecret(
            body,
            "aws_secretsmanager_secret.named",
            # The task role may read project/environment/*, whatever it is; these are not under it.
            name=f"{platform.project}-{platform.environment}/${{each.key}}",
            description=f"${{{held}[each.key].description}}",
            kms_key_id=f"${{try({held}[each.key].kms_key_id, null)}}",
            recovery_window_in_days=Token.as_number(f"${{{held}[each.key].recovery_window_in_days}}"),
            tags=Token.as_string_map(f"${{{held}[each.key].tags}}"),
        )
        for_each(secret, f"${{{held}}}")
        rotated = {
            name: {"function": each.rotation_lambda_arn, "days": each.rotation_days}
            for name, each in dict(settings).items()
            if each.rotation_lambda_arn
        }
        if rotated:
            rotations = self.local("rotations", rotated)
            rotation = SecretsmanagerSecretRotation(
                body,
                "aws_secretsmanager_secret_rotation.named",
                secret_id="${aws_secretsmanager_secret.named[each.key].id}",  # noqa: S106  # a reference
                rotation_lambda_arn=f"${{{rotations}[each.key].function}}",
                # The first value is somebody's; a new secret has none that could be replaced.
                rotate_immediately=False,
                rotation_rules=SecretsmanagerSecretRotationRotationRules(
                    automatically_after_days=Token.as_number(f"${{{rotations}[each.key].days}}")
                ),
            )
            for_each(rotation, f"${{{rotations}}}")

        self.secret_arns = self.output(
            "secret_arns",
            {name: keyed(secret, name, "arn") for name in dict(settings)},
            "ARNs of the secrets, by name",
        )
