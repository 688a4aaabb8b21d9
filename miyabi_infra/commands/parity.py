"""`miyabi-infra parity HCL_DIR --env dev`: compare hand-written HCL with the generated stack."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.instance import By
from miyabi_infra.pages.pipelines import Form, page
from miyabi_infra.pages.pipelines.findings import Findings, Found, Level
from miyabi_infra.parity.judgement import Parity, parity
from miyabi_infra.parity.remark import Kind, Remark
from miyabi_infra.place import Place
from miyabi_infra.stacks import OUT
from miyabi_infra.stacks.compare import ABSENT, Absent
from miyabi_infra.text import count

_TITLES: Final[Mapping[Kind, str]] = {
    "invalid": "invalid: {by} refuses these",
    "difference": "differences",
    "not evaluated": "not evaluated: these may differ; the files alone do not show it",
    "not compared": "not compared: read the reason, and decide",
    "no effect": "without effect",
}
_LONGEST: Final = 70
_BEFORE: Final = 20
"""Characters that are shown before those that differ."""


def run(
    root: Path,
    hcl: Path,
    environment: str,
    *,
    var_files: Sequence[Path] = (),
    variables: Sequence[str] = (),
    workspace: str | None = None,
    plan: bool = False,
    verbose: bool = False,
    form: Form = "text",
) -> int:
    """Print what differs; return 1 when something differs or cannot be evaluated.

    Raises:
        Refused: as `parity`.
    """
    found = parity(
        root,
        hcl,
        environment,
        var_files=var_files,
        variables=variables,
        workspace=workspace,
        plan=plan,
        progress=_progress,
    )
    if form == "json":
        print(json.dumps(_data(found), indent=2))
    elif form == "text":
        print(_text(found, verbose=verbose))
    else:
        remarks = [each for each in found.remarks if verbose or each.kind != "no effect"]
        findings = tuple(_of_pipelines(each, root / OUT / "stacks" / found.stack.name, hcl) for each in remarks)
        print(page(Findings("parity", (found.stack.name,), findings), form))
    return int(not found.same)


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# ---- how it is shown -------------------------------------------------------------------------------------------------


def _text(found: Parity, *, verbose: bool) -> str:
    heads = [
        f"HCL: {found.read}: {count(len(found.hcl.instances), 'resource')}",
        f"generated: {OUT}/stacks/{found.stack.name}: {count(len(found.generated.instances), 'resource')}",
    ]
    heads += [f"planned with {name} declared to be {json.dumps(held)}" for name, held in found.planned.declared.items()]
    blocks = ["\n".join(heads)]
    for kind, title in _TITLES.items():
        if kind == "no effect" and not verbose:
            continue
        for by in _REFUSING if kind == "invalid" else ("Terraform",):
            those = [each for each in found.of_kind(kind) if kind != "invalid" or each.by == by]
            if those:
                blocks.append("\n".join([f"{title.format(by=_who(by))}:", *_listed(those)]))
    return "\n\n".join([*blocks, _summary(found, verbose=verbose)])


_REFUSING: Final[tuple[By, ...]] = ("Terraform", "provider", "AWS")


def _who(by: By) -> str:
    """Who refuses what is invalid."""
    return f"provider {provider.version()}" if by == "provider" else by


def _listed(remarks: Sequence[Remark]) -> Iterator[str]:
    address = ""
    for each in remarks:
        if each.address != address:
            address = each.address
            yield f"  {address}"
        name = f"{each.argument}: " if each.argument else ""
        if each.kind in ("invalid", "not compared"):
            yield f"      {_at(each)}{name}{each.why}"
            continue
        sides = "" if each.hcl is each.generated is ABSENT else _sides(each.hcl, each.generated)
        reason = f" ({each.why})" if each.why else ""
        yield f"      {_at(each)}{name}{sides}{reason}"
        for deciding in each.settings:
            where = str(deciding.place) if deciding.place else "default"
            yield f"          {where}  {deciding.setting}: {_short(deciding.value)}"


def _at(remark: Remark) -> str:
    return f"{remark.place}  " if remark.place else ""


def _summary(found: Parity, *, verbose: bool) -> str:
    counts = Counter(each.kind for each in found.remarks)
    folded = counts["no effect"]
    more = "" if verbose or not folded else " (--verbose lists them)"
    apart = f", {counts['not compared']} not compared" if counts["not compared"] else ""
    without = f"{folded} without effect{more}{apart}"
    if found.same:
        how = f"same as read; not planned ({found.planned.reason})" if found.planned.hcl is None else "same (planned)"
        return f"{how}: {found.stack.environment} is what the HCL describes; {without}"
    differing, unknown = count(counts["difference"], "difference"), f"{counts['not evaluated']} not evaluated"
    refusing = [each.by for each in found.of_kind("invalid") if each.by != "AWS"]
    if refusing:
        who = " and ".join(_who(by) for by in _REFUSING if by in refusing)
        verb = "refuse" if " and " in who else "refuses"
        return f"invalid: {who} {verb} the HCL; as read: {differing}, {counts['invalid']} invalid, {unknown}; {without}"
    named = [differing, f"{counts['invalid']} invalid", unknown]
    how = f"; not planned ({found.planned.reason})" if found.planned.reason else "; planned"
    return f"HCL -> generated: {', '.join(named)}; {without}{how}"


def _sides(hcl: Any, generated: Any) -> str:  # noqa: ANN401  # JSON, or ABSENT
    """Both values; of long ones, the part from a little before where they differ."""
    first, second = _text_of(hcl), _text_of(generated)
    if max(len(first), len(second)) <= _LONGEST or ABSENT in (hcl, generated):
        return f"{first} -> {second}"
    same = next((at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other), len(first))
    start = max(same - _BEFORE, 0)
    mark = "…" if start else ""
    return f"{mark}{first[start:]} -> {mark}{second[start:]}"


def _text_of(value: Any) -> str:  # noqa: ANN401  # JSON, or ABSENT
    return repr(value) if isinstance(value, Absent) else json.dumps(value, ensure_ascii=False)


def _short(value: Any) -> str:  # noqa: ANN401  # JSON, or ABSENT
    text = _text_of(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


# ---- for pipelines ---------------------------------------------------------------------------------------------------

_ABOUT: Final[Mapping[Kind, tuple[Level, str]]] = {
    "difference": ("error", "The generated stack differs from the HCL."),
    "invalid": ("error", "What is written is refused."),
    "not evaluated": ("error", "These may differ; the files alone do not show it."),
    "not compared": ("warning", "Not compared: read the reason, and decide."),
    "no effect": ("note", "Written differently, with the same effect."),
}


def _of_pipelines(remark: Remark, stack: Path, hcl: Path) -> Found:
    level, about = _ABOUT[remark.kind]
    sides = "" if remark.hcl is remark.generated is ABSENT else _sides(remark.hcl, remark.generated)
    refused = f"{_who(remark.by)} refuses it" if remark.kind == "invalid" else ""
    said = [line for line in (sides, remark.why, refused) if line] or [about]
    for deciding in remark.settings:
        where = f" ({deciding.place})" if deciding.place else " (default)"
        said.append(f"{deciding.setting}: {_short(deciding.value)}{where}")
    return Found(
        rule=remark.kind.replace(" ", "-"),
        about=about,
        level=level,
        fails=level == "error",
        subject=f"{remark.address}: {remark.argument}" if remark.argument else remark.address,
        lines=tuple(said),
        place=_in(hcl, remark.place) or Place(stack / "cdk.tf.json", 1),
    )


def _in(hcl: Path, place: Place | None) -> Place | None:
    """A place in the HCL, whose file is told from the folder that was read."""
    if place is None:
        return None
    whole = hcl.resolve()
    files = [folder / place.file for folder in (whole, *whole.parents)]
    return Place(next((file for file in files if file.is_file()), files[0]), place.line)


# ---- JSON ------------------------------------------------------------------------------------------------------------


def _data(found: Parity) -> dict[str, Any]:
    return {
        "environment": found.stack.environment,
        "same": found.same,
        "planned": found.planned.hcl is not None,
        **({"not_planned": found.planned.reason} if found.planned.reason else {}),
        **({"declared": dict(found.planned.declared)} if found.planned.declared else {}),
        "read": found.read,
        "resources": {"hcl": len(found.hcl.instances), "generated": len(found.generated.instances)},
        "differences": [_remark_data(each) for each in found.remarks],
    }


def _remark_data(remark: Remark) -> dict[str, Any]:
    place = remark.place
    sides = {"hcl": remark.hcl, "generated": remark.generated}
    return {
        "kind": remark.kind,
        "address": remark.address,
        "argument": remark.argument,
        **{name: value for name, value in sides.items() if value is not ABSENT},
        "why": remark.why,
        **({"refused_by": remark.by} if remark.kind == "invalid" else {}),
        **({"file": place.file.as_posix(), "line": place.line} if place else {}),
        "settings": [
            {
                "setting": each.setting,
                "value": each.value,
                **({"file": each.place.file.as_posix(), "line": each.place.line} if each.place else {}),
            }
            for each in remark.settings
        ],
    }
