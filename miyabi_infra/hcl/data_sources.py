"""Data sources whose values follow from the configuration alone."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from miyabi_infra.hcl.values import Missing, NotEvaluated, Opaque, Value, frozen, known, plain, unknowns

OFFLINE: Final = frozenset(
    {"aws_region", "aws_partition", "aws_iam_policy_document", "aws_arn", "aws_service", "aws_service_principal"}
)
"""Data sources that the provider answers without AWS."""

ARGUMENTS: Final[Mapping[str, frozenset[str]]] = {
    "aws_availability_zones": frozenset(
        {"all_availability_zones", "exclude_names", "exclude_zone_ids", "filter", "state"}
    ),
    "aws_caller_identity": frozenset(),
    "aws_canonical_user_id": frozenset(),
    "aws_partition": frozenset(),
    "aws_region": frozenset({"endpoint", "id", "name"}),
}
"""The arguments of data sources, by the provider's documentation of each."""

DECLARED: Final = frozenset({"aws_availability_zones", "aws_caller_identity", "aws_canonical_user_id"})
"""Data sources that AWS answers in every account; a plan without AWS declares their values."""

_BLOCKS: Final = {"principals": "Principal", "not_principals": "NotPrincipal"}
_LISTS: Final = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_STATEMENT: Final = frozenset({*_LISTS, *_BLOCKS, "sid", "effect", "condition"})
_DOCUMENT: Final = frozenset(
    {"statement", "version", "policy_id", "source_policy_documents", "override_policy_documents"}
    | {"source_json", "override_json"}
)


def policy_document(body: Mapping[str, Value]) -> Value:
    """The policy that the data source `aws_iam_policy_document` creates.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document: statements of
    source documents come first, those of the document replace them by Sid, those of override documents replace both.

    Raises:
        NotEvaluated: when it depends on something that cannot be evaluated.
        Missing: where the provider reports an error.
    """
    _refuse_other("aws_iam_policy_document", body, _DOCUMENT)
    for each in cast("tuple[Value, ...]", body.get("statement", ())):
        if isinstance(each, Opaque):
            raise NotEvaluated(each.why)
    sources = [*_documents(body.get("source_json")), *_documents(body.get("source_policy_documents"))]
    overrides = [*_documents(body.get("override_policy_documents")), *_documents(body.get("override_json"))]
    own = [_statement(each) for each in cast("tuple[Mapping[str, Any], ...]", body.get("statement", ()))]
    statements: list[dict[str, Value]] = []
    for document in sources:
        statements += _statements(document)
    sids = [each["Sid"] for each in statements if each.get("Sid")]
    if len(set(map(str, sids))) < len(sids):
        raise Missing("two source documents have a statement with the same Sid")
    for replacing in (own, *map(_statements, overrides)):
        statements = _replaced(statements, replacing)
    identity: Value = body.get("policy_id") or (sources[0].get("Id") if sources else None)
    last = next((each["Version"] for each in reversed([*sources, *overrides]) if each.get("Version")), None)
    version = body.get("version") or last or "2012-10-17"
    for each in overrides:
        identity, version = each.get("Id") or identity, each.get("Version") or version
    return {"Version": version, **({"Id": identity} if identity else {}), "Statement": tuple(statements)}


def _refuse_other(what: str, body: Mapping[str, Value], supported: frozenset[str]) -> None:
    other = sorted(body.keys() - supported)
    if other:
        raise NotEvaluated(f"{other[0]} of {what} is not supported")


def _documents(value: "Value | None") -> list[Mapping[str, Value]]:
    """The documents in an argument: text of JSON, or several; empty ones are left out."""
    found: list[Mapping[str, Value]] = []
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(each, Opaque):
            raise NotEvaluated(each.why)
        data: Any = each
        if isinstance(each, str) and each:
            try:
                data = frozen(json.loads(each))
            except ValueError as error:
                raise Missing("a policy document is not JSON") from error
        elif each and not isinstance(each, Mapping):
            known(each, "a policy document")
        if data and isinstance(data, Mapping):
            found.append(cast("Mapping[str, Value]", data))
    return found


def _statements(document: Mapping[str, Value]) -> list[dict[str, Value]]:
    held = document.get("Statement", ())
    listed = held if isinstance(held, tuple) else (held,)
    return [dict(each) for each in listed if isinstance(each, Mapping)]


def _replaced(statements: list[dict[str, Value]], replacing: list[dict[str, Value]]) -> list[dict[str, Value]]:
    """Statements, with those of another document instead of the ones that have their Sid."""
    found = list(statements)
    for each in replacing:
        at = next(
            (index for index, other in enumerate(found) if each.get("Sid") and other.get("Sid") == each["Sid"]), None
        )
        if at is None:
            found.append(each)
        else:
            found[at] = each
    return found


def _statement(block: Mapping[str, Any]) -> dict[str, Value]:
    _refuse_other("a statement", block, _STATEMENT)
    effect, sid = block.get("effect"), block.get("sid")
    for each in (effect, sid):
        if isinstance(each, Opaque):
            raise NotEvaluated(each.why)
    statement: dict[str, Value] = {"Effect": effect or "Allow"}
    if sid:
        statement["Sid"] = sid
    for name, key in _LISTS.items():
        if isinstance(block.get(name), Opaque) or block.get(name):
            statement[key] = block[name]
    for name, key in _BLOCKS.items():
        if block.get(name):
            statement[key] = _principals(block[name])
    if block.get("condition"):
        statement["Condition"] = _conditions(block["condition"])
    return statement


def _principals(blocks: tuple[Any, ...]) -> Value:
    """Principals by type: those of several blocks of one type together."""
    found: dict[str, tuple[Value, ...]] = {}
    for each in blocks:
        kind, identifiers = _named(each, "type"), each.get("identifiers")
        if not isinstance(identifiers, tuple):
            known(identifiers, "principals")
            raise Missing("identifiers is not a list")
        found[kind] = (*found.get(kind, ()), *cast("tuple[Value, ...]", identifiers))
    if any(isinstance(each, Opaque) for each in unknowns(found)):
        return found
    if found.keys() == {"*"}:
        if plain(found["*"]) != ["*"]:
            raise NotEvaluated("principals of the type *")
        return "*"
    return {kind: tuple(dict.fromkeys(identifiers)) for kind, identifiers in found.items()}


def _conditions(blocks: tuple[Any, ...]) -> Value:
    """Conditions by test and variable: the values of several blocks together."""
    found: dict[str, dict[str, Value]] = {}
    for each in blocks:
        test, variable = _named(each, "test"), _named(each, "variable")
        values = each.get("values")
        known(values, "the values of a condition")
        if not isinstance(values, tuple):
            raise Missing("values is not a list")
        before = found.setdefault(test, {}).get(variable, ())
        assert isinstance(before, tuple)
        found[test][variable] = (*before, *cast("tuple[Value, ...]", values))
    return cast("Value", found)


def _named(block: object, name: str) -> str:
    """A text of a nested block that decides where its values belong."""
    if isinstance(block, Opaque):
        raise NotEvaluated(block.why)
    held = cast("Mapping[str, object]", block).get(name)
    known(held, name)
    if not isinstance(held, str):
        raise Missing(f"{name} is missing")
    return held
