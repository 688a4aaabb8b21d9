"""What Terraform evaluates whether or not an argument depends on it: an error anywhere stops the plan."""

from collections.abc import Iterator

from miyabi_infra.hcl import contents
from miyabi_infra.hcl.blocks import META_ARGUMENTS, body
from miyabi_infra.hcl.data_sources import ARGUMENTS, DECLARED, OFFLINE
from miyabi_infra.hcl.expressions import ERROR, NOTHING
from miyabi_infra.hcl.instance import HclIssue
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.syntax import Argument, Block
from miyabi_infra.hcl.values import AfterApply, Missing, NotEvaluated, NoValue, Opaque, Value, unknowns
from miyabi_infra.place import Place


def issues(scope: Scope) -> Iterator[HclIssue]:
    """Locals, variables, data sources and providers of a module that are errors."""
    alone = scope.call is None and scope.path != ""  # a module without a root: who calls it gives the values
    for block in scope.source.of_type("variable") if not alone else ():
        yield from _variable(scope, block)
    for name, argument in scope.source.locals.items():
        yield from _local(scope, f"{scope.prefix}local.{name}", argument)
    if scope.call is None and not alone:
        yield from _outputs(scope)
    for block in scope.source.of_type("data"):
        yield from _data(scope, block)
    for block in scope.source.of_type("provider"):
        held = body(scope, block, {}, META_ARGUMENTS)[0]
        for name, value in held.items():
            place = held.places.get(name, block.place)
            yield from _found(f"{scope.prefix}provider.{block.labels[0]}", name, value, place)


def _variable(scope: Scope, block: Block) -> Iterator[HclIssue]:
    """A variable whose value is an error, or that has none. Where something depends on it, that says so too."""
    name = block.labels[0]
    address, default = f"{scope.prefix}var.{name}", block.arguments.get("default")
    given = scope.call.arguments.get(name) if scope.call is not None else None
    place = given.place if given is not None else default.place if default is not None else block.place
    if default is not None:
        try:
            scope.check_default(block, default)
        except NotEvaluated:
            pass  # it is not the value
        except Missing as error:
            yield HclIssue("invalid", address, "default", default.text, str(error), default.place)
            return
    try:
        value = scope.variable(name)
    except NoValue as error:
        if scope.call is None or given is not None or default is not None:  # else `checks` says what is missing
            yield HclIssue("not evaluated", address, "", name, f"{ERROR}: {error}", place)
        return
    except NotEvaluated:
        return  # no error; where something depends on it, that says so
    yield from _found(address, "", value, place)


def _local(scope: Scope, address: str, argument: Argument) -> Iterator[HclIssue]:
    """A local that is an error, or that is not evaluated: what depends on it says so, and perhaps nothing does."""
    try:
        scope.argument_result(argument, NOTHING)
    except AfterApply:
        return
    except NotEvaluated as error:
        yield HclIssue("not compared", address, "", argument.text, str(error), argument.place)
        return
    except (Missing, RecursionError):
        pass
    yield from _found(address, "", scope.value(argument), argument.place)


def _outputs(scope: Scope) -> Iterator[HclIssue]:
    """Outputs of the root that Terraform refuses: sensitive ones that do not say so, and ephemeral ones."""
    marked = set(contents.marked_outputs(scope))
    for block in scope.source.of_type("output"):
        (name,) = block.labels
        value, ephemeral = block.arguments.get("value"), block.arguments.get("ephemeral")
        if value is not None and name not in marked and value.place in scope.checkout.sensitive:
            why = "its value is sensitive, and it does not say sensitive = true"
            yield HclIssue("invalid", f"output.{name}", "", "", why, value.place)
        if ephemeral is not None and scope.value(ephemeral) is not False:
            why = "an output of the root module cannot be ephemeral"
            yield HclIssue("invalid", f"output.{name}", "ephemeral", "", why, ephemeral.place)


def _data(scope: Scope, block: Block) -> Iterator[HclIssue]:
    """A data source: it is read at each plan, whether or not a value depends on it."""
    kind, name = block.labels
    address = scope.label(block)
    if kind not in OFFLINE | DECLARED:
        why = "each plan reads it from AWS, and fails where it is not there"
        yield HclIssue("not compared", address, "", f"data.{kind}.{name}", why, block.place)
    for argument in block.arguments.values():
        if kind in ARGUMENTS and argument.name not in ARGUMENTS[kind] | META_ARGUMENTS:
            why = f"data.{kind} has no argument {argument.name} in provider 5"
            yield HclIssue("invalid", address, argument.name, argument.text, why, argument.place, "provider")
    try:
        keys = scope.keys(block)
    except (NotEvaluated, Missing) as error:
        yield HclIssue("not evaluated", address, "", f"data.{kind}.{name}", str(error), block.place)
        return
    for key in keys:
        held, places = body(scope, block, scope.repeated(block, key), META_ARGUMENTS)
        for argument, value in held.items():
            yield from _found(address, argument, value, places.get(argument, block.place))


def _found(address: str, argument: str, value: Value, place: Place) -> Iterator[HclIssue]:
    """The first error in a value."""
    for opaque in unknowns(value):
        if isinstance(opaque, Opaque) and opaque.why.startswith(ERROR):
            yield HclIssue("not evaluated", address, argument, opaque.text, opaque.why, place)
            return
