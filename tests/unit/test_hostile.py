"""Hostile overlays: bounded in time and memory, refused in one line for each problem, and never with a traceback."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miyabi_infra.overlays.document import MOST
from miyabi_infra.overlays.files import LARGEST, overlay_files
from miyabi_infra.overlays.loading import TOLD
from miyabi_infra.overlays.problems import Problem
from miyabi_infra.place import Place
from miyabi_infra.synthesis.unchanged import remember
from miyabi_infra.text import escaped, table
from tests.support import Project

SECONDS: Final = 2.0
MEGABYTES: Final = 300

MANY = MOST - 100
BLOCKS = [f"10.{one}.{two}.0/24" for one in range(4, 24) for two in range(256)][:MANY]

TEXTS: dict[str, Callable[[], str]] = {
    "exponential aliases": lambda: "\n".join(
        ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))]
    ),
    "exponential aliases of mappings": lambda: "\n".join(
        ["a0: &a0 {x: y}", *(f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}}}" for n in range(1, 40))]
    ),
    "a hundred thousand keys": lambda: "".join(f"key{n}: 1\n" for n in range(100_000)),
    "a hundred thousand items": lambda: f"tags: [{'a,' * 100_000}]",
    "as many unknown keys as are read": lambda: "".join(f"key{n}: 1\n" for n in range(MANY)),
    "as many unknown keys of a section": lambda: "ecs: {" + ",".join(f"key{n}: 1" for n in range(MANY)) + "}",
    "as many duplicate keys": lambda: "key: 1\n" * MANY,
    "as many wrong tags": lambda: "tags: {" + ",".join(f"key{n}: 1" for n in range(MANY)) + "}",
    "as many subnets": lambda: f"networking: {{public_subnet_cidrs: [{', '.join(BLOCKS)}]}}",
    "as many sources": lambda: f"security_groups: {{alb_ingress_cidr_blocks: [{', '.join(BLOCKS)}]}}",
    "as many addresses": lambda: (
        f"notifications: {{email_addresses: [{', '.join(f'a{n}@example.com' for n in range(MANY))}]}}"
    ),
    "as many variables": lambda: (
        "ecs: {environment_variables: {" + ", ".join(f"KEY_{n}: value" for n in range(MANY)) + "}}"
    ),
    "deep lists": lambda: "a: " + "[" * 100_000,
    "deep lists, as many as are read": lambda: "a: " + "[" * MANY,
    "deep mappings": lambda: "a: " + "{a: " * 1_000,
    "deep blocks": lambda: "".join(f"{' ' * n}a:\n" for n in range(400)),
    "deep dashes": lambda: "- " * 50_000,
    "deep questions": lambda: "? " * 50_000,
    "a long scalar": lambda: "region: " + "x " * 100_000,
    "a long key": lambda: "x" * 200_000 + ": 1",
    "a long quoted scalar": lambda: 'region: "' + "\\x41" * 50_000 + '"',
    "a long block": lambda: "region: |\n" + " x\n" * (MANY),
    "many colons": lambda: "region: " + ":" * 200_000,
    "many comments": lambda: "# x\n" * MANY,
    "many anchors": lambda: "a: [" + "".join(f"&a{n} x," for n in range(MANY)) + "]",
    "many documents": lambda: "---\na: 1\n" * 2_000,
    "a long number": lambda: "monthly_budget: " + "9" * 200_000,
    "a long exponent": lambda: "monthly_budget: 1e" + "9" * 5_000,
    "a long integer in base 16": lambda: "task_cpu: 0x" + "f" * 200_000,
    "itself": lambda: "a: &a {b: *a}",
    "a merge key": lambda: "x: &x {region: us-east-1}\n<<: *x\n",
    "a merge key of a list": lambda: "<<: [{region: us-east-1}]\n",
    "a python object": lambda: "region: !!python/object/apply:os.system [echo]\n",
    "a tag that forges a line": lambda: "region: !a%0Aenvironments/dev.yaml:1:%20fine x\n",
    "a directive": lambda: "%YAML 9.9\n---\nregion: us-west-2\n",
    "a key that forges a line": lambda: '"a\\nenvironments/dev.yaml:1: region": 1\n',
    "a value that moves the cursor": lambda: 'region: "\\e[2J\\e[1;1Hall is fine"\n',
    "text from right to left": lambda: 'region: "\\u202Eenif"\n',
    "surrogates": lambda: 'region: "\\ud800"\n',
    "nothing": lambda: "",
    "null bytes": lambda: "region: \0\n",
}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind.startswith("as many") else []) for kind in TEXTS]
)
def test_a_hostile_text_is_bounded_and_refused_in_whole_lines(project: Project, kind: str) -> None:
    project.overlay("qa").write_text(TEXTS[kind](), encoding="utf-8", errors="surrogatepass")
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    problems = project.problems()
    assert time.process_time() - started < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024
    assert problems
    for problem in problems:
        text = str(problem)
        assert text.startswith("environments/qa.yaml:")
        assert text.isprintable()
        assert len(text) < 5_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [x]\n" + "b: [" + "*a, " * MOST + "]\n", f"has too many lines or values; allowed: at most {MOST}"),
        ("#" * (LARGEST + 1), "is too large; allowed: at most 256 KiB"),
        ("a: " + "[" * 101, "is nested too deeply"),
    ],
)
def test_what_is_refused_says_its_limit(project: Project, text: str, said: str) -> None:
    project.write("qa", text)
    (problem,) = project.problems()
    assert str(problem).startswith(f"environments/qa.yaml:1: {said}")


def test_of_very_many_problems_the_first_are_told_and_the_others_counted(project: Project) -> None:
    project.overlay("qa").write_text(project.overlay("staging").read_text("utf-8").replace("10.1.", "10.7."), "utf-8")
    with project.overlay("qa").open("a", encoding="utf-8") as file:
        file.writelines(f"key{n}: 1\n" for n in range(TOLD + 23))
    said = [str(problem) for problem in project.problems()]
    assert "environments/qa.yaml:1: has 23 further problems; allowed: mend these first" in said
    assert len([each for each in said if "unknown key" in each]) == TOLD


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("name", ["qa", "base"])
def test_pipes_devices_and_folders_are_refused_at_once(project: Project, name: str) -> None:
    file = project.overlay(name)
    file.unlink(missing_ok=True)
    for make in (
        lambda: os.mkfifo(file),
        lambda: file.symlink_to("/dev/zero"),
        lambda: file.symlink_to("/dev/tty"),
        file.mkdir,
        lambda: file.symlink_to(file.name),
    ):
        make()
        said = next(each.problem for each in project.problems() if each.place.file.name == file.name)
        assert said.startswith(("is not a regular file", "cannot be read"))
        remember(project.root, project.out)
        if file.is_dir() and not file.is_symlink():
            file.rmdir()
        else:
            file.unlink()


def test_an_editors_files_are_no_overlays_and_other_spellings_are_refused(project: Project) -> None:
    folder = project.root / "environments"
    (folder / ".#dev.yaml").symlink_to("somebody@host.123:456")
    for name in (".dev.yaml.swp", "dev.yaml~", "#dev.yaml#", ".dev.yaml", "dev.yaml.orig"):
        (folder / name).write_text("not: [yaml", encoding="utf-8")
    assert {file.stem for file in overlay_files(project.root)} == {"dev", "prod", "shared", "staging"}
    assert project.problems() == []
    for name in ("qa.YAML", "qb.yml", "qc.Yml"):
        (folder / name).write_text("region: us-west-2\n", encoding="utf-8")
    assert [str(problem) for problem in project.problems()] == [
        "environments/qa.YAML:1: is not the name of an overlay; allowed: qa.yaml",
        "environments/qb.yml:1: is not the name of an overlay; allowed: qb.yaml",
        "environments/qc.Yml:1: is not the name of an overlay; allowed: qc.yaml",
    ]


@given(st.text(), st.text(), st.text())
def test_a_problem_is_one_line_whatever_it_is_about(name: str, key: str, value: str) -> None:
    text = str(Problem(Place(Path(f"x{name}".replace("\0", "")), 1), (key,), value, "is wrong", "right"))
    assert text.isprintable()
    assert text.splitlines() == [text]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=3))
def test_a_table_has_a_line_for_each_row(rows: list[list[str]]) -> None:
    assert len(table(("a", "b"), rows).split("\n")) == len(rows) + 2


@given(st.text())
def test_an_escape_can_be_read_back(text: str) -> None:
    assert escaped(text).isprintable()
    if "\\" not in text:
        assert escaped(text).encode("latin-1", "backslashreplace").decode("unicode_escape") == text


@pytest.mark.slow
def test_the_command_itself_refuses_without_a_traceback(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from miyabi_infra.entry import main; main()", "cost", "--env", "\x1b[2J\nforged"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
