"""Conditions that Terraform checks: validations of variables, pre- and postconditions, checks.

The generated stack has none of them, so each is listed. One that fails is refused by Terraform; a check that fails is a
warning at each plan.
"""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from miyabi_infra.hcl.conversion import flag_of
from miyabi_infra.hcl.expressions import ERROR, NOTHING, Bindings
from miyabi_infra.hcl.instance import HclIssue
from miyabi_infra.hcl.scope import ResourceHandle, Scope
from miyabi_infra.hcl.syntax import Argument, Block
from miyabi_infra.hcl.values import AfterApply, Missing, NotEvaluated
from miyabi_infra.hcl.walking import references

_WHY: Final = "a condition that only the HCL has"


def issues(scope: Scope) -> Iterator[HclIssue]:
    """The conditions of a module: those that fail, and those that hold or that only a plan can tell."""
    for block in scope.source.blocks:
        match block.type:
            case "variable":
                yield from _all(scope, f"variable.{block.labels[0]}", "validation", block, (NOTHING,))
            case "output":
                yield from _all(scope, f"output.{block.labels[0]}", "precondition", block, (NOTHING,))
            case "check":
                yield from _all(scope, f"check.{block.labels[0]}", "assert", block, (NOTHING,))
            case "resource" | "data":
                mode = "data." if block.type == "data" else ""
                for lifecycle in block.of_type("lifecycle"):
                    for kind in ("precondition", "postcondition"):
                        address = f"{mode}{'.'.join(block.labels)}"
                        yield from _all(scope, address, kind, lifecycle, _each(scope, block), "lifecycle.")
            case _:
                pass


def _each(scope: Scope, block: Block) -> tuple[Bindings, ...]:
    """What the conditions of each instance can refer to; none for a resource whose instances are not known."""
    try:
        keys = scope.keys(block)
        return tuple({**scope.repeated(block, key), "self": ResourceHandle(scope, block, key)} for key in keys)
    except (NotEvaluated, Missing):
        return ()


def _all(  # noqa: PLR0917  # where it stands, and what its conditions can refer to
    scope: Scope, name: str, kind: str, block: Block, instances: tuple[Bindings, ...], path: str = ""
) -> Iterator[HclIssue]:
    for inner in block.of_type(kind):
        condition = inner.arguments.get("condition")
        if condition is None:
            continue  # `language` says so
        address, argument = f"{scope.prefix}{name}", f"{path}{kind}"
        named = set(references(condition.expression))
        own = ("var", block.labels[0]) if kind == "validation" else None
        if not named or (own and all(each[:2] != own for each in named)):
            why = f"the condition does not refer to {'.'.join(own) if own else 'anything'}, so it checks nothing"
            yield HclIssue("invalid", address, argument, condition.text, why, condition.place)
            continue
        if kind == "precondition" and any(each[0] == "self" for each in named):
            why = "a precondition is checked before there is a self"
            yield HclIssue("invalid", address, argument, condition.text, why, condition.place)
            continue
        verdicts = [_verdict(scope, condition, bindings, kind) for bindings in instances]
        verdict, why = min(verdicts, key=lambda each: _WORST.index(each[0]), default=("not compared", _WHY))
        yield HclIssue(verdict, address, argument, condition.text, why, inner.place)


_Verdict: TypeAlias = Literal["invalid", "difference", "not evaluated", "not compared"]
_WORST: Final[tuple[_Verdict, ...]] = ("invalid", "difference", "not evaluated", "not compared")


def _verdict(scope: Scope, condition: Argument, bindings: Bindings, kind: str) -> tuple[_Verdict, str]:
    """What a condition means, and why."""
    try:
        held = flag_of(scope.argument_result(condition, bindings))
    except AfterApply:
        return "not compared", f"{_WHY}; whether it holds is known after apply"
    except NotEvaluated as error:
        return "not evaluated", str(error)
    except Missing as error:
        return "not evaluated", f"{ERROR}: {error}"
    if held:
        return "not compared", _WHY
    if kind == "assert":
        return "difference", "this check fails: a warning at each plan, which the generated stack does not give"
    return "invalid", "the value fails this validation" if kind == "validation" else f"this {kind} fails"
