"""Mutations: single changes of the generated JSON and of the reference HCL, made over all resources by rule.

Each changes one thing that somebody may break: a tag, a port, a count, a reference, an output. They are text of files,
so that both levels of parity can be held against them: the static one in this process, and plans of real Terraform.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

Side = Literal["generated", "HCL"]

_META: Final = frozenset({"count", "depends_on", "lifecycle", "tags"})
_OF_A_CALL: Final = frozenset({"//", "source", "depends_on", "providers"})
"""Arguments of a module's call that are for Terraform itself."""
_REFERENCE: Final = re.compile(r"\$\{aws_\w+\.\w+(?:\[[^\]]*\])?\.(\w+)\}")


@dataclass(frozen=True)
class Mutation:
    """One change."""

    side: Side
    kind: str
    of: str
    """The resource, module or output that is changed."""
    files: Mapping[str, str]
    """The new text of the files that change, by path relative to the stack or the root module."""

    @property
    def name(self) -> str:
        """What tells it apart."""
        return f"{self.side}: {self.kind}: {self.of}"


# ---- generated JSON --------------------------------------------------------------------------------------------------

_Resource = dict[str, Any]


def of_generated(stack: Path) -> Iterator[Mutation]:
    """The mutations of a generated stack."""
    root_file = stack / "cdk.tf.json"
    root: dict[str, Any] = json.loads(root_file.read_text(encoding="utf-8"))
    for file in sorted(stack.glob("modules/*/main.tf.json")):
        body: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        path, call = file.relative_to(stack).as_posix(), file.parent.name.replace("-", "_")
        for kind, by_name in sorted(body["resource"].items()):
            for name in sorted(by_name):
                of = f"module.{call}.{kind}.{name}"
                for what, mutate in _OF_A_RESOURCE.items():
                    changed = copy.deepcopy(body)
                    if mutate(changed["resource"][kind][name]):
                        yield Mutation("generated", what, of, {path: json.dumps(changed)})
                renamed = json.dumps(body).replace(f"{kind}.{name}", f"{kind}.{name}_renamed")
                changed = json.loads(renamed)
                changed["resource"][kind][f"{name}_renamed"] = changed["resource"][kind].pop(name)
                yield Mutation("generated", "address renamed", of, {path: json.dumps(changed)})
                changed = copy.deepcopy(body)
                del changed["resource"][kind][name]
                yield Mutation("generated", "resource dropped", of, {path: json.dumps(changed)})
        yield from _of_an_interface(path, call, body, root)
        yield from _of_policies(path, call, body)
    yield from _of_the_root(root)


def _of_an_interface(path: str, call: str, body: dict[str, Any], root: dict[str, Any]) -> Iterator[Mutation]:
    for name in sorted(body["output"]):
        of = f"module.{call}.output.{name}"
        changed = copy.deepcopy(body)
        del changed["output"][name]
        yield Mutation("generated", "output lost", of, {path: json.dumps(changed)})
        changed = copy.deepcopy(body)
        changed["output"][name]["value"] = "another"
        yield Mutation("generated", "output changed", of, {path: json.dumps(changed)})
    for name in sorted(body.get("variable", {})):
        text = json.dumps(body).replace(f"var.{name}}}", f"var.{name}_renamed}}")
        changed, called = json.loads(text), copy.deepcopy(root)
        changed["variable"][f"{name}_renamed"] = changed["variable"].pop(name)
        called["module"][call][f"{name}_renamed"] = called["module"][call].pop(name)
        files = {path: json.dumps(changed), "cdk.tf.json": json.dumps(called)}
        yield Mutation("generated", "variable renamed", f"module.{call}.var.{name}", files)


def _of_policies(path: str, call: str, body: dict[str, Any]) -> Iterator[Mutation]:
    for name in sorted(name for name, held in body.get("locals", {}).items() if "Statement" in held):
        statements: list[dict[str, Any]] = body["locals"][name]["Statement"]
        for index, statement in enumerate(statements):
            of = f"module.{call}.local.{name}.Statement[{index}]"
            changed = copy.deepcopy(body)
            changed["locals"][name]["Statement"][index]["Effect"] = "Deny"
            yield Mutation("generated", "policy statement turned", of, {path: json.dumps(changed)})
            changed = copy.deepcopy(body)
            changed["locals"][name]["Statement"][index]["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}
            yield Mutation("generated", "policy condition added", of, {path: json.dumps(changed)})
            if statement.get("Resource", "*") != "*":
                changed = copy.deepcopy(body)
                changed["locals"][name]["Statement"][index]["Resource"] = "*"
                yield Mutation("generated", "policy widened", of, {path: json.dumps(changed)})
            if isinstance(statement["Action"], list):
                changed = copy.deepcopy(body)
                changed["locals"][name]["Statement"][index]["Action"].pop()
                yield Mutation("generated", "permission lost", of, {path: json.dumps(changed)})


def _of_the_root(root: dict[str, Any]) -> Iterator[Mutation]:
    for name in sorted(root["output"]):
        changed = copy.deepcopy(root)
        del changed["output"][name]
        yield Mutation("generated", "output lost", f"output.{name}", {"cdk.tf.json": json.dumps(changed)})
    for call, arguments in sorted(root["module"].items()):
        changed = copy.deepcopy(root)
        changed["provider"]["aws"].append({"alias": "other", "region": "eu-west-1"})
        changed["module"][call]["providers"] = {"aws": "aws.other"}
        yield Mutation("generated", "provider changed", f"module.{call}", {"cdk.tf.json": json.dumps(changed)})
        for name, value in sorted(arguments.items()):
            if name not in _OF_A_CALL:
                changed = copy.deepcopy(root)
                changed["module"][call][name] = ["something-else"] if isinstance(value, list) else "something-else"
                of = f"module.{call}.{name}"
                yield Mutation("generated", "module argument changed", of, {"cdk.tf.json": json.dumps(changed)})
    changed = copy.deepcopy(root)
    del changed["module"]["ecs_service"]["depends_on"]
    yield Mutation("generated", "dependency lost", "module.ecs_service", {"cdk.tf.json": json.dumps(changed)})
    changed = copy.deepcopy(root)
    changed["module"]["elasticache"]["private_subnet_ids"] = "${module.networking.public_subnet_ids}"
    yield Mutation("generated", "wire crossed", "module.elasticache", {"cdk.tf.json": json.dumps(changed)})
    changed = copy.deepcopy(root)
    del changed["provider"]["aws"][0]["default_tags"][0]["tags"]["ManagedBy"]
    yield Mutation("generated", "tag dropped", "provider.aws", {"cdk.tf.json": json.dumps(changed)})
    changed = copy.deepcopy(root)
    changed["provider"]["aws"][0]["region"] = "eu-west-1"
    yield Mutation("generated", "value changed", "provider.aws", {"cdk.tf.json": json.dumps(changed)})


def _tag_dropped(resource: _Resource) -> bool:
    return bool(resource.get("tags")) and resource["tags"].pop(max(resource["tags"])) != ""


def _tag_changed(resource: _Resource) -> bool:
    if not resource.get("tags"):
        return False
    resource["tags"]["Name"] += "-x"
    return True


def _value_changed(resource: _Resource) -> bool:
    for name, value in sorted(resource.items()):
        if name not in _META and _is_literal(value):
            resource[name] = _another(value)
            return True
    return False


def _last_value_changed(resource: _Resource) -> bool:
    literals = [name for name, value in sorted(resource.items()) if name not in _META and _is_literal(value)]
    if len(literals) < 2:
        return False
    resource[literals[-1]] = _another(resource[literals[-1]])
    return True


def _argument_nulled(resource: _Resource) -> bool:
    literals = [name for name, value in sorted(resource.items()) if name not in _META and _is_literal(value)]
    if not literals:
        return False
    resource[literals[len(literals) // 2]] = None
    return True


def _nested_value_changed(resource: _Resource) -> bool:
    for name, value in sorted(resource.items()):
        if name in _META:
            continue
        for block in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if isinstance(block, dict):
                held = cast("dict[str, Any]", block)
                for key in sorted(held):
                    if _is_literal(held[key]) and held[key] != "":
                        held[key] = _another(held[key])
                        return True
    return False


def _port_changed(resource: _Resource) -> bool:
    return _first_port(resource)


def _first_port(held: Any) -> bool:  # noqa: ANN401  # JSON
    if isinstance(held, list):
        return any(map(_first_port, cast("list[Any]", held)))
    if not isinstance(held, dict):
        return False
    mapping = cast("dict[str, Any]", held)
    for key, value in sorted(mapping.items()):
        if key.endswith("port") and isinstance(value, int):
            mapping[key] = value + 1
            return True
    return any(_first_port(value) for value in mapping.values())


def _count_dropped(resource: _Resource) -> bool:
    if "count" not in resource:
        return False
    text = json.dumps(resource).replace("${count.index + 1}", "1").replace("count.index", "0")
    resource.clear()
    resource.update(json.loads(text))
    del resource["count"]
    return True


def _count_changed(resource: _Resource) -> bool:
    if "count" not in resource:
        return False
    resource["count"] -= 1
    return True


def _block_dropped(resource: _Resource) -> bool:
    for name, value in sorted(resource.items()):
        if name in _META or name in ("ingress", "egress", "dimensions"):
            continue
        if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            del resource[name]
            return True
    return False


def _rule_dropped(resource: _Resource) -> bool:
    return bool(resource.get("ingress")) and resource["ingress"].pop() is not None


def _outbound_dropped(resource: _Resource) -> bool:
    return bool(resource.get("egress")) and resource["egress"].pop() is not None


def _dependency_dropped(resource: _Resource) -> bool:
    return resource.pop("depends_on", None) is not None


def _lifecycle_dropped(resource: _Resource) -> bool:
    return resource.pop("lifecycle", None) is not None


def _reference_replaced(resource: _Resource) -> bool:
    """A reference becomes the text of something else, and what it made wait is lost."""
    for name, value in sorted(resource.items()):
        if isinstance(value, str) and _REFERENCE.fullmatch(value):
            resource[name] = "something-else"
            return True
    return False


def _dimension_changed(resource: _Resource) -> bool:
    if "dimensions" not in resource:
        return False
    name = min(resource["dimensions"])
    resource["dimensions"][name] = "something-else"
    return True


_OF_A_RESOURCE: Final[Mapping[str, Callable[[_Resource], bool]]] = {
    "tag dropped": _tag_dropped,
    "tag changed": _tag_changed,
    "value changed": _value_changed,
    "another value changed": _last_value_changed,
    "argument nulled": _argument_nulled,
    "nested value changed": _nested_value_changed,
    "port changed": _port_changed,
    "count dropped": _count_dropped,
    "count changed": _count_changed,
    "block dropped": _block_dropped,
    "rule removed": _rule_dropped,
    "outbound rule removed": _outbound_dropped,
    "dependency lost": _dependency_dropped,
    "lifecycle dropped": _lifecycle_dropped,
    "reference replaced": _reference_replaced,
    "dimension changed": _dimension_changed,
}


def _is_literal(value: object) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and "${" not in value)


def _another(value: Any) -> Any:  # noqa: ANN401  # a literal
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x"


# ---- HCL -------------------------------------------------------------------------------------------------------------

_TOP: Final = re.compile(r'^(resource|output|variable) "(\w+)"(?: "(\w+)")? \{\n(.*?)^\}\n', re.MULTILINE | re.DOTALL)
"""A block at the top of a formatted file."""

_LITERAL: Final = re.compile(
    r'^(?P<head>  \w+ += )(?P<value>"[^"$]*"|\d+(?:\.\d+)?|true|false)(?P<tail> *#.*)?$', re.MULTILINE
)
_TEXT: Final = re.compile(r'^(?P<head>  \w+ += )(?P<value>"[^"]*\$\{[^"]*")$', re.MULTILINE)
_ASSIGNED: Final = re.compile(r"^(?P<head>  \w+ += )(?P<value>aws_[\w.\[\]]+)$", re.MULTILINE)
_NESTED_PORT: Final = re.compile(r"^(?P<head> +\w*port +(?:= ))(?P<value>\d+)$", re.MULTILINE)
_NESTED: Final = re.compile(
    r"^  (?!tags|lifecycle|ingress|egress|dimensions)\w+ \{\n.*?^  \}\n", re.MULTILINE | re.DOTALL
)
_RULE: Final = re.compile(r"^  ingress \{\n.*?^  \}\n", re.MULTILINE | re.DOTALL)
_LIFECYCLE: Final = re.compile(r"^  lifecycle \{\n.*?^  \}\n", re.MULTILINE | re.DOTALL)
_TAG: Final = re.compile(r"^    (?:Name|Type) += .*\n", re.MULTILINE)
_TAG_NAME: Final = re.compile(r'^(?P<head>    Name += )(?P<value>".*")$', re.MULTILINE)
_COUNT: Final = re.compile(r"^  count += .*\n", re.MULTILINE)
_DEPENDS: Final = re.compile(r"^  depends_on = .*\n", re.MULTILINE)
_EFFECT: Final = re.compile(r'^ +Effect += "Allow"\n', re.MULTILINE)
_CONDITION: Final = '      Condition = { Bool = { "aws:SecureTransport" = "true" } }\n'
_CALL: Final = re.compile(r'^module "(\w+)" \{\n(.*?)^\}\n', re.MULTILINE | re.DOTALL)
_PASSED: Final = re.compile(r"^  (\w+) += .*$", re.MULTILINE)
_ASSUMED: Final = re.compile(r"^  assume_role_policy = .*\n", re.MULTILINE)
_DOCUMENT: Final = """
data "aws_iam_policy_document" "assume" {
  %s
  statement {
    %s
    actions = ["%s"]
    principals {
      type        = "Service"
      identifiers = [%s]
    }
  }
}
"""
_TASKS: Final = '"ecs-tasks.amazonaws.com"'
_DOCUMENTS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "policy_id": ('policy_id = "another"', "", "sts:AssumeRole", _TASKS),
    "source_policy_documents": (
        'source_policy_documents = [jsonencode({ Statement = [{ Effect = "Deny", Action = "sts:*" }] })]',
        "",
        "sts:AssumeRole",
        _TASKS,
    ),
    "effect": ("", 'effect = "Deny"', "sts:AssumeRole", _TASKS),
    "actions": ("", "", "sts:TagSession", _TASKS),
    "principals": ("", "", "sts:AssumeRole", f'{_TASKS}, "ec2.amazonaws.com"'),
}
"""Documents of a data source that are not the policy of the reference HCL, each in one thing."""
_ACTION: Final = re.compile(r'"(?:s3|ecr|logs|secretsmanager):\w+",? ?\n? *(?=")')


def of_hcl(root: Path) -> Iterator[Mutation]:
    """The mutations of a root module of HCL and its modules, which are formatted."""
    calls = (root / "main.tf").read_text(encoding="utf-8")
    for folder in sorted((root / "modules").iterdir()):
        call = folder.name.replace("-", "_")
        for file in sorted(folder.glob("*.tf")):
            text, path = file.read_text(encoding="utf-8"), file.relative_to(root).as_posix()
            for found in _TOP.finditer(text):
                kind, label, name = found[1], found[2], found[3]
                if kind == "resource":
                    of = f"module.{call}.{label}.{name}"
                    if _ASSUMED.search(found[4]):
                        yield from _of_a_data_source(text, found, path, of)
                    for what, body in _of_a_block(found[4]):
                        yield Mutation("HCL", what, of, {path: _replaced(text, found, body)})
                    yield from _renamed(root, folder, label, name, of)
                elif kind == "output":
                    of = f"module.{call}.output.{label}"
                    yield Mutation("HCL", "output lost", of, {path: text[: found.start()] + text[found.end() :]})
                    yield Mutation("HCL", "output changed", of, {path: _replaced(text, found, '  value = "another"\n')})
                else:
                    files = {
                        each.relative_to(root).as_posix(): re.sub(
                            rf'\bvar\.{label}\b|(?<=variable "){label}(?=")',
                            lambda hit: f"{hit[0]}_renamed",
                            each.read_text(encoding="utf-8"),
                        )
                        for each in folder.glob("*.tf")
                    }
                    files["main.tf"] = _call_renamed(calls, call, label)
                    yield Mutation("HCL", "variable renamed", f"module.{call}.var.{label}", files)
    yield from _of_the_hcl_root(root, calls)


def _of_the_hcl_root(root: Path, calls: str) -> Iterator[Mutation]:
    outputs = (root / "outputs.tf").read_text(encoding="utf-8")
    for found in _TOP.finditer(outputs):
        files = {"outputs.tf": outputs[: found.start()] + outputs[found.end() :]}
        yield Mutation("HCL", "output lost", f"output.{found[2]}", files)
    for found in _CALL.finditer(calls):
        yield from _of_a_call(calls, found)
    crossed = calls.replace("= module.networking.private_subnet_ids", "= module.networking.public_subnet_ids", 1)
    yield Mutation("HCL", "wire crossed", "module.elasticache", {"main.tf": crossed})
    lost = calls.replace("  depends_on = [module.alb, module.iam, module.networking]\n", "")
    yield Mutation("HCL", "dependency lost", "module.ecs_service", {"main.tf": lost})


def _of_a_call(calls: str, found: re.Match[str]) -> Iterator[Mutation]:
    """The mutations of a module's call: another provider, and another value of each argument."""
    of = f"module.{found[1]}"
    other = '\nprovider "aws" {\n  alias  = "other"\n  region = "eu-west-1"\n}\n'
    body = f"  providers = {{ aws = aws.other }}\n{found[2]}"
    text = f"{calls[: found.start(2)]}{body}{calls[found.end(2) :]}{other}"
    yield Mutation("HCL", "provider changed", of, {"main.tf": text})
    for passed in _PASSED.finditer(found[2]):
        if passed[1] not in _OF_A_CALL:
            start, end = found.start(2) + passed.start(), found.start(2) + passed.end()
            text = f'{calls[:start]}  {passed[1]} = "something-else"{calls[end:]}'
            yield Mutation("HCL", "module argument changed", f"{of}.{passed[1]}", {"main.tf": text})


def _of_a_data_source(text: str, found: re.Match[str], path: str, of: str) -> Iterator[Mutation]:
    """A role whose policy comes from a data source that says something else."""
    body = _ASSUMED.sub("  assume_role_policy = data.aws_iam_policy_document.assume.json\n", found[4])
    for what, values in _DOCUMENTS.items():
        files = {path: _replaced(text, found, body) + _DOCUMENT % values}
        yield Mutation("HCL", "data source changed", f"{of}: {what}", files)


def _of_a_block(body: str) -> Iterator[tuple[str, str]]:
    """The mutations of a resource's body: what each is, and the new body."""
    rules: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        ("tag dropped", _TAG, lambda _: ""),
        ("tag changed", _TAG_NAME, lambda hit: f'{hit["head"]}{hit["value"][:-1]}-x"'),
        ("value changed", _LITERAL, lambda hit: f"{hit['head']}{_another_text(hit['value'])}"),
        ("name changed", _TEXT, lambda hit: f'{hit["head"]}{hit["value"][:-1]}x"'),
        ("port changed", _NESTED_PORT, lambda hit: f"{hit['head']}{int(hit['value']) + 1}"),
        ("count dropped", _COUNT, lambda _: ""),
        ("block dropped", _NESTED, lambda _: ""),
        ("rule removed", _RULE, lambda _: ""),
        ("dependency lost", _DEPENDS, lambda _: ""),
        ("lifecycle dropped", _LIFECYCLE, lambda _: ""),
        ("reference replaced", _ASSIGNED, lambda hit: f'{hit["head"]}"something-else"'),
        ("permission lost", _ACTION, lambda _: ""),
        ("policy condition added", _EFFECT, lambda hit: f"{hit[0]}{_CONDITION}"),
    )
    for what, pattern, change in rules:
        changed = pattern.sub(change, body, count=1)
        if what == "count dropped":
            changed = changed.replace("count.index", "0")
        if changed != body:
            yield what, changed
    literals = list(_LITERAL.finditer(body))
    if literals:
        hit = literals[len(literals) // 2]
        yield "argument nulled", f"{body[: hit.start()]}{hit['head']}null{body[hit.end() :]}"


def _another_text(value: str) -> str:
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    return f'{value[:-1]}x"' if value.startswith('"') else str(float(value) + 1).removesuffix(".0")


def _replaced(text: str, found: re.Match[str], body: str) -> str:
    return text[: found.start(4)] + body + text[found.end(4) :]


def _renamed(root: Path, folder: Path, kind: str, name: str, of: str) -> Iterator[Mutation]:
    files = {
        file.relative_to(root).as_posix(): file.read_text(encoding="utf-8")
        .replace(f'"{kind}" "{name}"', f'"{kind}" "{name}_renamed"')
        .replace(f"{kind}.{name}", f"{kind}.{name}_renamed")
        for file in folder.glob("*.tf")
    }
    yield Mutation("HCL", "address renamed", of, files)


def _call_renamed(calls: str, call: str, name: str) -> str:
    """The root with an argument of a module's call renamed."""
    begin = calls.index(f'module "{call}" {{')
    end = calls.index("\n}\n", begin)
    inner = re.sub(rf"^  {name}( +=)", rf"  {name}_renamed\1", calls[begin:end], flags=re.MULTILINE)
    return calls[:begin] + inner + calls[end:]
