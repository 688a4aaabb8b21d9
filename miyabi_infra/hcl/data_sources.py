"""Data sources whose values follow from the configuration alone."""

from collections.abc import Mapping
from typing import Any, Final, cast

from miyabi_infra.hcl.values import Value


def policy_document(body: Mapping[str, Value]) -> Value:
    """The policy that `aws_iam_policy_document` makes of its blocks."""
    statements: list[Value] = []
    for block in cast("tuple[Mapping[str, Any], ...]", body.get("statement", ())):
        statement: dict[str, Value] = {"Effect": block.get("effect") or "Allow"}
        if block.get("sid"):
            statement["Sid"] = block["sid"]
        for name, key in _STATEMENT.items():
            if block.get(name):
                statement[key] = block[name]
        for name, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
            if block.get(name):
                statement[key] = {str(each.get("type")): each.get("identifiers") for each in block[name]}
        conditions: dict[str, dict[str, Value]] = {}
        for each in block.get("condition", ()):
            conditions.setdefault(str(each.get("test")), {})[str(each.get("variable"))] = each.get("values")
        if conditions:
            statement["Condition"] = conditions
        statements.append(statement)
    return {"Version": body.get("version") or "2012-10-17", "Statement": tuple(statements)}


_STATEMENT: Final = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
