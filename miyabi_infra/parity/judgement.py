"""Whether hand-written HCL and the generated stack of an environment are the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.folder import HclFolder
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.parity import generated, plans, roots, sides, variable_values
from miyabi_infra.parity.comparing import compare, masked
from miyabi_infra.parity.configuration import Configuration
from miyabi_infra.parity.interfaces import RENAMED, Interface
from miyabi_infra.parity.planned import judged
from miyabi_infra.parity.plans import HclRoot, Planned
from miyabi_infra.parity.remark import Kind, Remark
from miyabi_infra.parity.settings import DecidingSettings, OverlaySettings, overlay
from miyabi_infra.project import ROOT
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, SHARED, Stack, read
from miyabi_infra.stacks import chosen as stack_of
from miyabi_infra.stacks.provenance import read as read_provenance
from miyabi_infra.text import count

_NO_ACCOUNT = "123456789012"
"""The account of a plan where the overlay does not name one."""


@dataclass(frozen=True)
class Parity:
    """The result of a comparison."""

    read: str
    """Which root module was read, with which files of values."""
    hcl: Configuration
    generated: Configuration
    stack: Stack
    remarks: tuple[Remark, ...]
    planned: Planned
    """What Terraform plans for both sides, or why it was not asked."""

    def of_kind(self, kind: Kind) -> list[Remark]:
        """The remarks of a kind."""
        return [each for each in self.remarks if each.kind == kind]

    @property
    def same(self) -> bool:
        """Whether nothing differs, and everything could be compared."""
        return all(each.kind in ("no effect", "not compared") for each in self.remarks)


def parity(
    root: Path,
    hcl: Path,
    environment: str,
    *,
    var_files: Sequence[Path] = (),
    variables: Sequence[str] = (),
    workspace: str | None = None,
    plan: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Parity:
    """Compare a checkout of HCL with the generated stack of an environment.

    Args:
        root: The project's root.
        hcl: A root module, a folder that holds one, or a folder of modules.
        environment: Name of the environment.
        var_files: Files of values for the root's variables; by default those that are named after the environment.
        variables: Further values, `name=value`.
        workspace: The Terraform workspace, for HCL that uses its name.
        plan: Whether Terraform plans both sides, where that is possible.
        progress: Told what takes long.

    Raises:
        Refused: when a side cannot be read, or it is not clear which folder is meant.
    """
    if not hcl.is_dir():
        raise Refused(f"{hcl} is not a folder")
    if environment == SHARED:
        raise Refused("the shared stack has no counterpart in HCL: name an environment")
    (stack,) = stack_of(read(root / OUT), environment)
    settings = OverlaySettings(root, overlay(root, environment))
    other = sides.of_stack(root / OUT, stack)
    checkout = Checkout(hcl, environment, workspace=workspace)
    found = roots.roots(checkout, {module.folder for module in stack.modules})
    hcl_root: HclRoot | None = None
    if found:
        source = roots.chosen(checkout, found)
        values = variable_values.values(checkout, source, var_files, variables)
        account = str(settings.value("account_id") or _NO_ACCOUNT)
        given = (*values.given, *variables)
        hcl_root = HclRoot(checkout, source, values.paths, given, stack.region, account)
        named = ", ".join(file.as_posix() for file in values.files) or "no file of values"
        told = f"the root module {_name(source)}, with {named}"
        mine = sides.of_root(checkout, Scope(checkout, source, inputs=values.inputs))
    else:
        if var_files or variables:
            raise Refused("--var-file and --var are for a root module, and there is none: these are modules alone")
        mine, other = sides.of_modules(checkout, stack, settings, other)
        told = f"{count(len(mine.variables), 'module')} without a root, called as the generated stack calls them"
    interface = Interface(
        {name: frozenset(names) for name, names in generated.wires(root / OUT, stack).items()},
        settings.names,
        root=frozenset(stack.variables) | flat_names(settings),
        apart=not found,
    )
    deciding = DecidingSettings(read_provenance(ROOT), settings)
    remarks = compare(mine, other, interface)
    planned = Planned(reason="--no-plan")
    if hcl_root is None:
        planned = Planned(reason="these are modules without a root")
    elif plan:
        planned = plans.plan(hcl_root, root / OUT / "stacks" / stack.name, progress)
        remarks = masked(judged(remarks, planned), mine)
    remarks.sort(key=lambda each: (each.address, each.argument, each.kind))
    explained = tuple(replace(each, settings=deciding.of(each)) for each in remarks)
    return Parity(told, mine, other, stack, explained, planned)


def flat_names(settings: OverlaySettings) -> frozenset[str]:
    """The names that a root module's variables have where a setting of any section decides them."""
    return frozenset({name for names in settings.names.values() for name in names} | RENAMED.keys() | {"environment"})


def _name(source: HclFolder) -> str:
    return "of the folder itself" if source.shown == Path() else source.shown.as_posix()
