"""Measure what a change of each setting does to a living environment: `make changes`, or `--only SETTING …`.

The most complete overlay (`tests/complete.py`), and a shared stack with every setting, are applied to an emulated AWS
that refuses what AWS refuses. Each change (`tests/changes.py`) is applied to a copy in which the service's tasks run,
while the emulated AWS looks after each request whether everything still works (`tests/aws/pulse.py`). Writes
`miyabi_infra/stacks/effects.json`; what was measured already is measured again only with `--all` or by name.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from miyabi_infra.pages.summary.replacing import replacements
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.stacks import Stack, provenance, read
from miyabi_infra.stacks.compare import BACKEND, PROVIDER, compare
from miyabi_infra.stacks.cuts import INTERRUPTIONS
from miyabi_infra.stacks.effects import FILE, Measured
from miyabi_infra.synthesis.synth import synthesize
from miyabi_infra.terraform.address import label as plain
from miyabi_infra.terraform.cli import Terraform, TerraformError
from tests import complete
from tests.aws import pulse
from tests.aws.emulator import Emulator
from tests.aws.environment import AS_IT_IS, events, planned_changes
from tests.aws.outside import outside
from tests.aws.refusals import RECORDED
from tests.aws.strict import READS
from tests.changes import (
    BASES,
    DEFAULT,
    GLOBAL_CERTIFICATE,
    SHARED_OVERLAY,
    WEB_ACL,
    Change,
    base_of,
    batches,
    changed,
    changes_of,
    default_of,
    settings,
)
from tests.complete import said
from tests.support import Project

_MADE_OF: Final[Mapping[str, Sequence[str]]] = {
    pulse.INTERNET: ("networking",),
    pulse.REQUESTS: ("alb", "ecs_service", "security_groups"),
    pulse.CACHE: ("elasticache",),
    pulse.DATABASE: ("rds",),
    pulse.FRONTEND: ("frontend",),
    pulse.TASKS: ("ecs_service",),
    pulse.NAME: ("ecs_service",),
    pulse.NAMES: ("dns",),
}
"""The modules of which what works is made, by how its name begins."""


@dataclass
class Living:
    """An environment that is applied, the only one of its project; each measurement has a copy of it."""

    project: Project
    overlay: dict[str, Any]
    aws: Emulator
    folder: Path
    outside: Mapping[str, str] = field(default_factory=dict[str, str])
    """The ARNs in the emulated account, by those in the overlay: what is measured names the same ones each time."""
    base: str = "rolling"
    environment: str = complete.ENVIRONMENT
    only_generated: bool = False
    """Whether nothing is applied."""
    called: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """The operations that the changes called, with their services."""
    _rendering: threading.Lock = field(default_factory=threading.Lock)
    _forking: threading.Lock = field(default_factory=threading.Lock)
    _number: int = 0

    @classmethod
    def apply(cls, root: Path, folder: Path, aws: Emulator, base: str = "rolling") -> "Living":
        """Apply the most complete one: some minutes, mostly waiting."""
        project = Project.copy_of(root, folder / "project")
        if base == SHARED:
            boundary = f"role_boundary_arn: {complete.ROLE_BOUNDARY}\n"  # of the environment whose roles it makes
            project.write("dev", project.overlay("dev").read_text(encoding="utf-8") + boundary)
        for other in project.root.glob("environments/*.yaml"):
            if other.stem not in {"base", "dev" if base == SHARED else complete.ENVIRONMENT}:
                other.unlink()
        overlay = dict(SHARED_OVERLAY) if base == SHARED else changed(complete.overlay(), BASES[base])
        environment = SHARED if base == SHARED else complete.ENVIRONMENT
        there = {} if base == SHARED else _outside(aws)  # it names nothing that it does not make
        living = cls(project, overlay, aws, folder, there, base, environment)
        living.write(project, overlay)
        living.synthesize(project)
        terraform = _terraform(project.out, aws)
        terraform.init()
        terraform.apply()
        if base == SHARED:
            return living
        site = overlay["frontend"]["bucket"]
        for bucket in (site, f"{site}-logs", overlay["log_bucket"]["name"]):
            _fill(aws.client("s3"), bucket)
        return living

    def synthesize(self, project: Project) -> None:
        """Synthesize a project, and leave nothing in its output but the stack that is measured."""
        synthesize(project.root, project.out)
        for stack in read(project.out):
            if stack.environment != self.environment:
                shutil.rmtree(project.out / "stacks" / stack.name)

    def write(self, project: Project, overlay: Mapping[str, Any]) -> None:
        """Write an overlay, with the ARNs of the emulated account."""
        text = json.dumps(overlay, indent=2)
        for named, there in self.outside.items():
            text = text.replace(named, there)
        project.write(self.environment, text)

    def measure(self, changes: Sequence[Change], *, back: bool = True) -> Sequence[Measured]:
        """Apply changes to a copy, then take them back if `back`, and say what each of them did.

        Raises:
            ApartError: it can't be told which of several did something.
        """
        with self._rendering:
            self._number += 1
            root = self.folder / f"change-{self._number}"
            shutil.copytree(self.project.root, root, symlinks=True)
            project = Project(root)
            shutil.copytree(project.out, root / "before.out", symlinks=True)  # it has the same state
            try:
                refused = self._refused(project, changes)
                if not refused:
                    self.synthesize(project)
            except ApartError:
                shutil.rmtree(root)
                raise
        try:
            if refused:
                return (replace(self._there(changes[0]), refused=refused),)
            return self._applied(changes, root / "before.out", project.out, back=back)
        finally:
            shutil.rmtree(root)

    def _refused(self, project: Project, changes: Sequence[Change]) -> tuple[str, ...]:
        """Write changes into a project's overlay; what the generator says against a single one."""
        overlay, refused = self.overlay, set[int]()
        for index, each in enumerate(changes):
            self.write(project, changed(overlay, each.values))
            problems = project.problems()
            if problems and len(changes) == 1:
                return tuple(f"{p.problem}; allowed: {p.allowed}" for p in problems)
            if problems:
                refused.add(index)
            else:
                overlay = changed(overlay, each.values)
        if refused:
            raise ApartError(refused, "refused together")
        return ()

    def _applied(self, changes: Sequence[Change], before: Path, after: Path, *, back: bool) -> Sequence[Measured]:
        """Apply an output where another one is applied, and back."""
        there = [self._there(each) for each in changes]
        taken_back = [replace(each, before=each.after, after=each.before) for each in there]
        if _text(before) == _text(after):
            return [*there, *taken_back]
        if self.only_generated:
            return Outcome.generated(before, after).told(there, changes)
        with self._forking:
            aws = self.aws.copy(living=True)
        with aws:
            made = operations(aws)
            try:
                one = Outcome.of(before, after, aws)
                found = one.told(there, changes)
                if one.failed or not back:
                    return found
                # What is planned once more after the second one is the living environment, which is known to be quiet.
                return [*found, *Outcome.of(after, before, aws, again=False).told(taken_back, changes)]
            finally:
                self.called |= set(operations(aws) - made)

    def _there(self, change: Change) -> Measured:
        """A change, with nothing measured yet."""
        before, after = said(self.overlay, change.setting.removeprefix(f"{SHARED}.")), change.values[change.setting]
        return Measured(
            setting=change.setting,
            before=default_of(change.setting) if before is None else before,
            after=default_of(change.setting) if after is DEFAULT else after,
            together=tuple(name.removeprefix(f"{SHARED}.") for name in change.values if name != change.setting),
            only_generated=self.only_generated,
            deployed_by="CodeDeploy" if self.base == "blue_green" else "",
        )


class ApartError(Exception):
    """Changes that must be measured apart from the others, as it can't be told what each of them does."""

    def __init__(self, suspects: Iterable[int], why: str) -> None:
        super().__init__(why)
        self.suspects = frozenset(suspects)

    def groups(self, changes: Sequence[Change]) -> Sequence[Sequence[Change]]:
        """The changes, to be measured again: each suspect alone, or two halves where nobody is suspected."""
        rest = [each for index, each in enumerate(changes) if index not in self.suspects]
        if len(rest) < len(changes):
            return [[changes[index]] for index in sorted(self.suspects)] + ([rest] if rest else [])
        half = len(changes) // 2
        return [changes[:half], changes[half:]]


@dataclass(frozen=True)
class Outcome:
    """What an apply did."""

    before: Path
    after: Path
    resources: Mapping[str, str]
    interrupted: Mapping[str, bool]
    """What did not work for a while, and whether it still does not."""
    rolled_out: bool
    """Whether other tasks run than before."""
    failed: str
    failed_at: frozenset[str]
    """The addresses of the resources that failed."""

    @classmethod
    def of(cls, before: Path, after: Path, aws: Emulator, *, again: bool = True) -> "Outcome":
        """Apply an output where another one is applied; `again`: and plan once more."""
        terraform = _terraform(after, aws)
        resources: Mapping[str, str] = {}
        failed_at: Iterable[str] = ()
        tasks = _tasks(aws)
        try:
            root = f"stacks/{terraform.folder.name}/cdk.tf.json"
            if _text(before)[root] != _text(after)[root]:  # backend, modules or versions may differ
                terraform.run("init", "-no-color", "-input=false")
            said = events(terraform.run("apply", "-json", "-auto-approve", AS_IT_IS, accept=(0, 1)).stdout)
            resources = {address: action for address, action in planned_changes(said).items() if action != "read"}
            errors = _errors(said)
            failed, failed_at = "; ".join(errors.values()), errors
            if again and not failed:
                plan = terraform.run("plan", "-no-color", "-detailed-exitcode", AS_IT_IS, accept=(0, 2))
                failed_at = _planned(plan.stdout)
                failed = "" if plan.returncode == 0 else f"not quiet: {', '.join(failed_at) or 'outputs'}"
        except TerraformError as error:
            failed = _short(str(error))
        rolled_out = bool(tasks) and tasks.isdisjoint(_tasks(aws))  # the shared stack has none
        return cls(before, after, resources, aws.interrupted(), rolled_out, failed, frozenset(map(plain, failed_at)))

    @classmethod
    def generated(cls, before: Path, after: Path) -> "Outcome":
        """What the output alone says, with what is known of the provider; nothing is applied."""
        one, other = _stack(before), _stack(after)
        changes = compare(one, other).changes
        replaced = {each.address for each in replacements(one, other, changes).known}
        actions = {"add": "create", "remove": "delete", "change": "update"}
        resources = {
            each.address: "replace" if each.address in replaced else actions[each.kind]
            for each in changes
            if each.address not in (PROVIDER, BACKEND)
        }
        rolled_out = "replace" in [action for address, action in resources.items() if _new_revision({address: action})]
        return cls(before, after, resources, {}, rolled_out, "", frozenset())

    def told(self, records: Sequence[Measured], changes: Sequence[Change]) -> Sequence[Measured]:
        """The records with what each change did.

        Raises:
            ApartError: it can't be told.
        """
        if len(records) == 1:
            return [
                replace(
                    records[0],
                    resources=self.resources,
                    interrupted=tuple(self.interrupted),
                    ended=tuple(name for name, ended in self.interrupted.items() if ended),
                    documented=_documented(changes[0], self.resources, self.before, self.after),
                    rolled_out=self.rolled_out,
                    failed=self.failed,
                )
            ]
        if self.failed:
            suspects = (index for index, each in enumerate(changes) if each.labels & self.failed_at)
            raise ApartError(suspects, self.failed)
        parts = self._parts(changes)
        interrupted: list[tuple[str, ...]] = [() for _ in records]
        for name in self.interrupted:
            guilty = [index for index, part in enumerate(parts) if _interrupts(name, part)]
            if len(guilty) != 1:
                raise ApartError(guilty, f"{name} did not work")
            interrupted[guilty[0]] += (name,)
        rolling = [_new_revision(part) for part in parts]
        if self.rolled_out and not any(rolling):
            rolling = [any(".aws_ecs_service." in address for address in part) for part in parts]
            if rolling.count(True) != 1:
                raise ApartError((index for index, each in enumerate(rolling) if each), "new tasks")
        return [
            replace(
                record,
                resources=part,
                interrupted=names,
                ended=tuple(name for name in names if self.interrupted[name]),
                documented=_documented(change, part, self.before, self.after),
                rolled_out=self.rolled_out and rolls,
            )
            for record, change, part, names, rolls in zip(records, changes, parts, interrupted, rolling, strict=True)
        ]

    def _parts(self, changes: Sequence[Change]) -> list[dict[str, str]]:
        """What Terraform did, by change."""
        differing = _differing(self.before, self.after)
        parts: list[dict[str, str]] = [{} for _ in changes]
        follow: dict[str, str] = {}
        for address, action in self.resources.items():
            label = plain(address)
            arguments = differing.get(label, set())
            owners = [index for index, each in enumerate(changes) if each.touches(label, arguments)]
            if len(owners) > 1 and action != "update" and "aws_ecs_task_definition" not in label:
                raise ApartError(owners, f"{action} {address}")
            for index in owners:
                parts[index][address] = action
            if not owners:
                follow[address] = action
        # What depends on no setting that changes follows from the new ID of something else.
        sources = [index for index, part in enumerate(parts) if set(part.values()) - {"update"}]
        if follow and len(sources) != 1:
            follow = {each: action for each, action in follow.items() if ".aws_ecs_service." not in each}
            if follow:
                raise ApartError(sources, f"{', '.join(follow)} follow")
        if follow:
            parts[sources[0]].update(follow)
        return parts


def operations(aws: Emulator) -> Counter[tuple[str, str]]:
    """How often each operation was called in an account, with its service."""
    return Counter(
        {(service, name): number for service, counts in aws.called().items() for name, number in counts.items()}
    )


def _tasks(aws: Emulator) -> set[str]:
    """The ARNs of the tasks that run."""
    ecs = aws.client("ecs")
    return {
        task for cluster in ecs.list_clusters()["clusterArns"] for task in ecs.list_tasks(cluster=cluster)["taskArns"]
    }


def _new_revision(resources: Mapping[str, str]) -> bool:
    return any(".aws_ecs_task_definition.app" in address for address in resources)


def _interrupts(name: str, resources: Mapping[str, str]) -> bool:
    """Whether what happened to some resources can interrupt something: in the modules that it is made of."""
    modules = next(modules for beginning, modules in _MADE_OF.items() if name.startswith(beginning))
    return any(
        action != "update" and any(address.startswith(f"module.{module}.") for module in modules)
        for address, action in resources.items()
    )


def _differing(before: Path, after: Path) -> dict[str, set[str]]:
    """The arguments that differ, by address without index; of what only one side has, its existence too."""
    found: dict[str, set[str]] = {}
    for change in compare(_stack(before), _stack(after)).changes:
        arguments = {each.argument for each in change.arguments} or {provenance.EXISTENCE}
        found.setdefault(change.label, set()).update(arguments)
    return found


def _stack(out: Path) -> Stack:
    (stack,) = read(out)
    return stack


def named_in_the_overlay(made: Mapping[str, str]) -> dict[str, str]:
    """ARNs in an account, by those in the most complete overlay."""
    return {getattr(complete, name.upper()): arn for name, arn in made.items()}


def _outside(aws: Emulator) -> dict[str, str]:
    """What the overlay, and changes of it, name and do not build: the ARNs in the account, by those in the overlay."""
    visibility = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "cdn"}
    acl = aws.client("wafv2", region="us-east-1").create_web_acl(
        Name="cdn", Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, VisibilityConfig=visibility
    )
    aws.client("sns").create_topic(Name="on-call")  # its ARN is known
    return {
        **named_in_the_overlay(outside(aws)),
        GLOBAL_CERTIFICATE: aws.certificate("*.example.com", "us-east-1"),
        WEB_ACL: acl["Summary"]["ARN"],
    }


def _fill(s3: Any, bucket: str) -> None:  # noqa: ANN401  # a client of boto3
    """Put an object into a bucket: AWS deletes empty ones only. The policy refuses what the emulated AWS can't: TLS."""
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def _documented(change: Change, resources: Mapping[str, str], *outs: Path) -> tuple[str, ...]:
    """What AWS interrupts, by its documentation, when it changes arguments in place as a change does."""
    before, after = map(_stack, outs)
    updated = {plain(address) for address, action in resources.items() if action == "update"}
    found = {
        INTERRUPTIONS.get((label.split(".")[-2], argument.argument), "")
        for differing in compare(before, after).changes
        if (label := plain(differing.address)) in updated
        for argument in differing.arguments
        if change.touches(label, [argument.argument])
    }
    return tuple(sorted(found - {""}))


def _terraform(out: Path, aws: Emulator) -> Terraform:
    (folder,) = out.glob("stacks/*")
    return Terraform(folder, {**aws.variables, **complete.VARIABLES})


def _text(out: Path) -> dict[str, str]:
    """What is synthesized, by file."""
    return {str(file.relative_to(out)): file.read_text(encoding="utf-8") for file in out.rglob("*.tf.json")}


def _errors(lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The errors, by the address of the resource that failed."""
    found = [each["diagnostic"] for each in lines if each.get("type") == "diagnostic" and each["@level"] == "error"]
    return {each.get("address", ""): _short(f"{each['summary']}: {each.get('detail', '')}") for each in found}


def _planned(text: str) -> list[str]:
    return re.findall(r"# (\S+) (?:will be|must be)", text)


def _short(text: str) -> str:
    """An error without what differs from run to run."""
    plain = re.sub(r"\x1b\[[0-9;]*m|[╷│╵]", "", text)
    plain = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{16,}\b", "…", " ".join(plain.split()))
    return plain[:400]


def measure(living: Living, changes: Sequence[Change], workers: int, *, back: bool) -> Iterator[Sequence[Measured]]:
    """Measure changes; what is measured in one apply comes together."""
    todo = deque[Sequence[Change]](batches(changes))
    with ThreadPoolExecutor(workers) as pool:
        waiting = dict[Future[Sequence[Measured]], Sequence[Change]]()
        while todo or waiting:
            while todo and len(waiting) < workers:
                batch = todo.popleft()
                waiting[pool.submit(living.measure, batch, back=back)] = batch
            for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                batch = waiting.pop(done)
                try:
                    yield done.result()
                except ApartError as apart:
                    groups = apart.groups(batch)
                    print(f"{len(batch)} in {len(groups)} parts: {apart}", file=sys.stderr, flush=True)
                    todo.extendleft(sorted(groups, key=len))


def in_order(found: Iterable[Measured]) -> tuple[Measured, ...]:
    """What was measured of a setting: where ECS deploys first, in the order of its changes, each there and back."""
    return tuple(sorted(found, key=_at))


def _at(measured: Measured) -> tuple[int, int]:
    base = base_of(measured.setting, measured.deployed_by)
    afters = [each[measured.setting] for each in changes_of(measured.setting, base)]
    values = [default_of(measured.setting) if each is DEFAULT else each for each in afters]
    there = measured.after in values
    return list(BASES).index(base), 2 * values.index(measured.after if there else measured.before) + (not there)


def main(arguments: Sequence[str] | None = None, living: Sequence[Living] = ()) -> None:
    """Measure what is new, or what is named, and write it with what is known; in living environments, if given."""
    parser = argparse.ArgumentParser(prog="make changes", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="SETTING", help="measure these again: a setting or a section")
    parser.add_argument("--all", action="store_true", help="measure everything again")
    parser.add_argument("--there", action="store_true", help="only there, not back: half the time")
    parser.add_argument("--workers", type=int, default=3)
    chosen = parser.parse_args(arguments)
    known = Measured.read()
    everything = settings()
    if chosen.only:
        wanted = [each for each in everything if any(f"{each}.".startswith(f"{name}.") for name in chosen.only)]
    elif chosen.all:
        wanted = everything
    else:
        wanted = [each for each in everything if each not in known or any(one.only_generated for one in known[each])]
    table = {setting: tuple(known.get(setting, ())) for setting in everything}
    for base in [each.base for each in living] or BASES:
        here = [Change(setting, values) for setting in wanted for values in changes_of(setting, base)]
        deployed_by = "CodeDeploy" if base == "blue_green" else ""
        again = set(wanted)  # what is known of them stays until it is measured
        if not here:
            continue
        with ExitStack() as stack:
            given = next((each for each in living if each.base == base), None)
            if given is None:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="miyabi-changes-"))
                given = Living.apply(ROOT, Path(folder), stack.enter_context(Emulator.start()), base)
            for found in measure(given, here, chosen.workers, back=not chosen.there):
                for each in found:
                    print(each.line(), file=sys.stderr, flush=True)
                    if each.setting in again:
                        again.remove(each.setting)
                        others = (known for known in table[each.setting] if known.deployed_by != deployed_by)
                        table[each.setting] = tuple(others)
                    table[each.setting] = in_order((*table[each.setting], each))
                Measured.write(table)
            more = {each for each in given.called - RECORDED if not each[1].startswith(READS)}
            if more and base != SHARED:  # which an administrator applies
                lines = "\n".join(f"{service}: {name}" for service, name in sorted(more))
                print(f"calls that modules/recorded_calls.py lacks, and the pipeline's roles with it:\n{lines}")
    Measured.write(table)
    print(f"{FILE.name}: {len(table)} settings, {len(wanted)} measured now")


if __name__ == "__main__":
    main()
