"""Secrets Manager: secrets that tasks read."""

from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, refusal

API: Final = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_{}.html"


@refusal("secretsmanager", "CreateSecret", code="InvalidRequestException", source=API.format("CreateSecret"))
def secret_that_is_being_deleted(ask: Ask) -> str | None:
    """A secret of the name is scheduled for deletion: it keeps its name for 7 to 30 days."""
    held = _secret(ask, ask.get("Name"))
    if held is None or not held.deleted_date:
        return None
    return "You can't create this secret because a secret with this name is already scheduled for deletion."


@refusal("secretsmanager", "CreateSecret", code="ResourceExistsException", source=API.format("CreateSecret"))
def secret_that_exists(ask: Ask) -> str | None:
    """The region has a secret of the name."""
    name = ask.get("Name")
    return f"The operation failed because the secret {name} already exists." if _secret(ask, name) else None


@refusal("secretsmanager", "DeleteSecret", code="InvalidParameterException", source=API.format("DeleteSecret"))
def recovery_window(ask: Ask) -> str | None:
    """The recovery window is not 7 to 30 days, or is given together with deletion without recovery."""
    days, force = ask.get("RecoveryWindowInDays"), ask.get("ForceDeleteWithoutRecovery")
    if days is not None and force:
        return "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
    if days is None or 7 <= days <= 30:
        return None
    return "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."


@refusal(
    "secretsmanager",
    "PutSecretValue",
    "UpdateSecret",
    code="InvalidRequestException",
    source=API.format("PutSecretValue"),
)
def value_of_a_secret_that_is_being_deleted(ask: Ask) -> str | None:
    """The secret is scheduled for deletion."""
    held = _secret(ask, ask.get("SecretId"))
    if held is None or not held.deleted_date:
        return None
    return "You can't perform this operation on the secret because it was marked for deletion."


@refusal("secretsmanager", "RotateSecret", code="ResourceNotFoundException", source=API.format("RotateSecret"))
def function_that_is_missing(ask: Ask) -> str | None:
    """The function that is to rotate the secret does not exist."""
    arn = ask.get("RotationLambdaARN")
    if arn is None:
        return None
    known = {each.function_arn for each in ask.backend("lambda").list_functions()}
    return None if arn in known else f"Secrets Manager can't find the resource that you asked for: {arn}"


@refusal("secretsmanager", "RotateSecret", code="InvalidRequestException", source=API.format("RotateSecret"))
def rotation_without_a_function(ask: Ask) -> str | None:
    """Neither the request nor the secret names a function, and no service of AWS manages the secret."""
    held = _secret(ask, ask.get("SecretId"))
    if held is None or ask.get("RotationLambdaARN") or held.rotation_lambda_arn or held.owning_service:
        return None
    return (
        "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN configured and you "
        "didn't include such an ARN as a parameter in this call."
    )


@refusal("secretsmanager", "RestoreSecret", code="ResourceNotFoundException", source=API.format("RestoreSecret"))
def restored_when_it_is_gone(ask: Ask) -> str | None:
    """The secret does not exist, or its recovery window has passed."""
    held = _secret(ask, ask.get("SecretId"))
    return None if held is not None else "Secrets Manager can't find the specified secret."


def _secret(ask: Ask, name: str | None) -> Any:  # noqa: ANN401  # moto's own
    secrets = ask.backend("secretsmanager").secrets.values()
    return next((each for each in secrets if name in {each.name, each.arn}), None)


nothing_more(
    "secretsmanager",
    CancelRotateSecret="moto refuses a secret without a function",
    PutResourcePolicy="nothing beyond the model",
    TagResource="nothing beyond the model",
    UntagResource="AWS accepts keys that are not there",
)
