"""`miyabi-infra reach`: the connections of each environment, answers to questions, differences from a revision."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from miyabi_infra.reach.nodes import HTTPS, INTERNET
from miyabi_infra.reach.passing import Passing, Past
from miyabi_infra.reach.paths import Connection, LetIn, Reach, together
from miyabi_infra.reach.permissions import Ability, abilities
from miyabi_infra.reach.questions import Answer, End, NotThere, ReachChange, ask, difference
from miyabi_infra.reach.steps import Step, Verdict
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, SHARED, Stack, chosen, read, revision
from miyabi_infra.text import count, table

UNKNOWN: Final = 3
"""Exit code of a question whose answer depends on something that the stack does not say."""


def run(
    root: Path,
    environment: str | None = None,
    question: tuple[str, str] | None = None,
    *,
    since: str | None = None,
    as_json: bool = False,
) -> int:
    """Print what can be reached, the answer to a question, or what differs from a revision; return the exit code.

    Raises:
        Refused: when the stacks, the environment, the revision or the question cannot be read.
    """
    stacks = [stack for stack in chosen(read(root / OUT), environment) if stack.environment != SHARED or environment]
    if since is not None:
        if question is not None:
            raise Refused("--since compares everything: it cannot be combined with a question")
        return _differences(revision.stacks(root, since), stacks, environment, since, as_json=as_json)
    found = {stack.environment: Reach(stack) for stack in stacks}
    if question is not None:
        return _answers(found, question, as_json=as_json)
    if as_json:
        print(json.dumps({name: _data(each) for name, each in found.items()}, indent=2))
    elif environment is None:
        print(_overview(found))
    else:
        print("\n\n".join(_details(each) for each in found.values()))
    return 0


# ---- everything --------------------------------------------------------------------------------------------------


def _overview(found: dict[str, Reach]) -> str:
    """Connections by environment, without the reasons."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    # What is told by IP version in one environment is so in all: a row then says the same of each.
    apart = frozenset(each.ends for reach in found.values() for each in reach.connections if each.version)
    dual = frozenset(name for reach in found.values() for name in reach.dual)
    for name, reach in found.items():
        for each in together(reach.by_version, dual, apart):
            rows.setdefault((each.source, each.target, _port(each)), {})[name] = "yes" if each.certain else "depends"
        for each in reach.elsewhere:
            rows.setdefault((each.source, each.target, _from(each)), {})[name] = "depends"
        for can in abilities(reach):
            held = rows.setdefault((can.tasks, "AWS", can.name), {})
            held[name] = max(held.get(name, "yes"), _CELLS[can.verdict], key=list(_CELLS.values()).index)
    cells = [[*key, *(by_name.get(name, "-") for name in found)] for key, by_name in rows.items()]
    lines = [table(["from", "to", "port", *found], cells)]
    lines += ["", f"{_NOTHING_ELSE[_whole(found.values())]} With --env NAME: the rules and resources that allow it."]
    lines += [f"{name}: {text}" for name, reach in found.items() for text in _remarks(reach)]
    return "\n".join(lines)


_CELLS: Final[Mapping[Verdict, str]] = {"yes": "yes", "unknown": "depends", "no": "NO"}
"""What the overview says, the worst last."""


def _port(connection: Connection) -> str:
    """The port, and who may open it where that is not everybody."""
    limits = connection.limits
    return connection.port_text + (f" ({', '.join(limits)})" if limits else "")


def _from(connection: Connection) -> str:
    """The port, and the blocks of other networks that the rules name."""
    return f"{connection.port_text} (from {', '.join(connection.blocks)})"


_NOTHING_ELSE: Final = {
    True: "Nothing else can be opened.",
    False: "Nothing else can be opened, except through what is not judged.",
}


def _whole(found: Iterable[Reach]) -> bool:
    """Whether everything was judged."""
    return not any(each.unjudged for each in found)


def _details(reach: Reach) -> str:
    """Everything of one environment, with the reasons."""
    ways = [(each, _port(each)) for each in reach.connections] + [(each, _from(each)) for each in reach.elsewhere]
    blocks = [
        "\n".join([f"{each.source} -> {each.target}  {port}{_depends(each)}", *_steps(each.because)])
        for each, port in ways
    ]
    blocks += [_ability_text(reach, each) for each in abilities(reach)]
    certain = [each for each in reach.connections if each.certain]
    depends = len(reach.connections) - len(certain) + len(reach.elsewhere)
    total = f"{count(len(certain), 'connection')} can be opened in {reach.stack.environment}"
    total += f", {depends} more may be" if depends else ""
    total += ", nothing else" if _whole([reach]) else ", nothing else except through what is not judged"
    return "\n".join([*blocks, total, *_remarks(reach)])


def _depends(connection: Connection) -> str:
    return "" if connection.certain else "  (depends)"


def _ability_text(reach: Reach, ability: Ability) -> str:
    """What tasks can do with AWS; the way out, where it was shown before, by name."""
    outward = {
        step
        for each in reach.connections
        if (each.source, each.target) == (ability.tasks, INTERNET)
        for step in each.because
    }
    own = [step for step in ability.because if step not in outward]
    lines = [f"{ability.tasks}: {ability.text}: {_CELLS[ability.verdict]}", *_steps(own)]
    if ability.verdict != "no" and len(own) < len(ability.because):
        lines.append(f"    over TCP {HTTPS}, as {ability.tasks} -> {INTERNET}")
    return "\n".join(lines)


def _remarks(reach: Reach) -> list[str]:
    """What is worth a look though it opens nothing, and what the answer leaves out."""
    unjudged = [f"not judged: {each.address}" for each in reach.unjudged]
    passing = Passing(reach)
    return [
        *map(_past_text, (*passing.past_the_cdn, *passing.past_the_firewall, *passing.let_pass_the_firewall)),
        *dict.fromkeys(map(_let_in_text, reach.let_in)),
        *unjudged,
    ]


def _past_text(found: Past) -> str:
    """Whether somebody passes by the distribution or the firewall, and what stops them."""
    if found.verdict == "no":
        return f"{found.way}: no, {'; '.join(step.text for step in found.missing)}"
    return f"{found.way}: {'YES, requests are answered' if found.verdict == 'yes' else 'depends'}"


def _may(found: Past) -> str:
    return "" if found.verdict == "yes" else "  (depends)"


def _let_in_text(found: LetIn) -> str:
    missing = "; ".join(step.text for step in found.missing)
    return f"{found.rule.address} lets the internet in on {found.port_text}, which does not arrive: {missing}"


def _steps(steps: Sequence[Step]) -> list[str]:
    return [f"    {_MARKS[step.verdict]}{step.address + ': ' if step.address else ''}{step.text}" for step in steps]


_MARKS: Final[Mapping[Verdict, str]] = {"yes": "", "no": "NO  ", "unknown": "?   "}


# ---- questions ---------------------------------------------------------------------------------------------------


def _answers(found: dict[str, Reach], question: tuple[str, str], *, as_json: bool) -> int:
    source, target = question
    answers: dict[str, list[Answer]] = {}
    absent: dict[str, NotThere] = {}
    for name, reach in found.items():
        try:
            answers[name] = ask(reach, source, End.parse(target))
        except NotThere as reason:
            absent[name] = reason
    if not answers:
        raise next(iter(absent.values()))
    if as_json:
        print(json.dumps({name: [_answer_data(each) for each in held] for name, held in answers.items()}, indent=2))
    else:
        lines = [_answer_text(name, each) for name, held in answers.items() for each in held]
        print("\n".join([*lines, *map(str, absent.values())]))
    verdicts = {each.verdict for held in answers.values() for each in held}
    return 0 if "yes" in verdicts else UNKNOWN if "unknown" in verdicts else 1


def _answer_text(environment: str, answer: Answer) -> str:
    head = f"{environment}: {answer.verdict}: {answer.source} -> {answer.target}, {answer.what}"
    lines = [
        f"    {_SHORT[step.verdict]}  {step.text}" + (f"  ({step.address})" if step.address else "")
        for step in answer.steps
    ]
    if answer.through:
        way = ", ".join(f"{each.source} -> {each.target} {each.port_text}" for each in answer.through)
        lines.append(f"    but requests are passed on: {way}")
    if answer.turned_away:
        lines.append(f"    but {answer.turned_away.text}  ({answer.turned_away.address})")
    lines += [f"    not judged: {address}" for address in answer.unjudged]
    return "\n".join([head, *lines])


_SHORT: Final[Mapping[Verdict, str]] = {"yes": "yes", "no": "no ", "unknown": "?  "}


# ---- differences -------------------------------------------------------------------------------------------------


def _differences(
    old: Sequence[Stack], new: Sequence[Stack], environment: str | None, since: str, *, as_json: bool
) -> int:
    before = {stack.environment: stack for stack in old if environment in (None, stack.environment)}
    after = {stack.environment: stack for stack in new}
    names = dict.fromkeys((*after, *before))
    found = {name: difference(before.get(name), after.get(name)) for name in names if name != SHARED or environment}
    if as_json:
        print(json.dumps({name: _difference_data(each) for name, each in found.items()}, indent=2))
    else:
        print("\n".join(_difference_text(name, each, since) for name, each in found.items()))
    return int(any(found.values()))


def _difference_text(environment: str, found: ReachChange, since: str) -> str:
    if not found:
        return f"{environment}: as in {since}"
    lines = [f"{environment}:"]
    lines += [f"  + {each.source} -> {each.target}  {_port(each)}{_depends(each)}" for each in found.opened]
    lines += [f"  - {each.source} -> {each.target}  {_port(each)}{_depends(each)}" for each in found.closed]
    lines += [f"  + {each.way}{_may(each)}" for each in found.passing]
    lines += [f"  - {each.way}{_may(each)}" for each in found.stopped]
    lines += [f"  + {each.tasks} can {each.text}" for each in found.gained]
    lines += [f"  - {each.tasks} cannot {each.text}" for each in found.lost]
    lines += [f"  ! {text}" for text in dict.fromkeys(map(_let_in_text, found.let_in))]
    lines += [f"  ? not judged: {address}" for address in found.unjudged]
    return "\n".join(lines)


# ---- JSON --------------------------------------------------------------------------------------------------------


def _data(reach: Reach) -> dict[str, Any]:
    passing = Passing(reach)
    return {
        "connections": [_connection_data(each) for each in reach.connections],
        "elsewhere": [_connection_data(each) for each in reach.elsewhere],
        "tasks": [_ability_data(each) for each in abilities(reach)],
        "past_the_cdn": [_past_data(each) for each in passing.past_the_cdn],
        "past_the_firewall": [
            _past_data(each) for each in (*passing.past_the_firewall, *passing.let_pass_the_firewall)
        ],
        "let_in": [_let_in_data(each) for each in reach.let_in],
        "unjudged": [each.address for each in reach.unjudged],
    }


def _connection_data(found: Connection) -> dict[str, Any]:
    return {
        "from": found.source,
        "to": found.target,
        "protocol": found.protocol,
        "ports": list(found.ports),
        "internet": list(found.blocks),
        "version": found.version,
        "certain": found.certain,
        "because": [_step_data(step) for step in found.because],
    }


def _ability_data(found: Ability) -> dict[str, Any]:
    steps = [_step_data(step) for step in found.because]
    return {
        "tasks": found.tasks,
        "what": found.name,
        "text": found.text,
        "possible": found.possible,
        "verdict": found.verdict,
        "because": steps,
    }


def _past_data(found: Past) -> dict[str, Any]:
    steps = [_step_data(step) for step in found.steps]
    return {
        "from": found.source,
        "blocks": list(found.blocks),
        "past": found.passed,
        "to": found.target,
        "port": found.port,
        "verdict": found.verdict,
        "steps": steps,
    }


def _let_in_data(found: LetIn) -> dict[str, Any]:
    return {
        "node": found.node,
        "port": found.port,
        "version": found.version,
        "rule": found.rule.text,
        "address": found.rule.address,
        "missing": [_step_data(step) for step in found.missing],
    }


def _answer_data(answer: Answer) -> dict[str, Any]:
    return {
        "from": answer.source,
        "to": answer.target,
        "what": answer.what,
        "version": answer.version,
        "possible": answer.possible,
        "verdict": answer.verdict,
        "steps": [_step_data(step) for step in answer.steps],
        "through": [f"{each.source} -> {each.target} {each.port_text}" for each in answer.through],
        "turned_away": None if answer.turned_away is None else _step_data(answer.turned_away),
        "unjudged": list(answer.unjudged),
    }


def _difference_data(found: ReachChange) -> dict[str, Any]:
    return {
        "opened": [_connection_data(each) for each in found.opened],
        "closed": [_connection_data(each) for each in found.closed],
        "gained": [_ability_data(each) for each in found.gained],
        "lost": [_ability_data(each) for each in found.lost],
        "unjudged": list(found.unjudged),
        "passing": [_past_data(each) for each in found.passing],
        "stopped": [_past_data(each) for each in found.stopped],
        "let_in": [_let_in_data(each) for each in found.let_in],
    }


def _step_data(step: Step) -> dict[str, Any]:
    return {"kind": step.kind, "holds": step.holds, "text": step.text, "address": step.address}
