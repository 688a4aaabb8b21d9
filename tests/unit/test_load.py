"""`miyabi-infra load` without a network: figures, verdicts, whom it may load, what it shows."""

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from environments.sections.service_levels import ServiceLevelSettings
from miyabi_infra.commands import load as load_run
from miyabi_infra.commands.load import Progress, progress, run, summary
from miyabi_infra.load import sending, target
from miyabi_infra.load.errors import kind_of, status_error
from miyabi_infra.load.evaluation import evaluate
from miyabi_infra.load.judge import Judged, judge, overall
from miyabi_infra.load.measure import Sample, enough_for, measure, percentile, seconds
from miyabi_infra.load.plot import draw
from miyabi_infra.load.profiles import PROFILES, Profile
from miyabi_infra.load.result import LoadResult
from miyabi_infra.load.sending import Sent
from miyabi_infra.load.target import choose
from miyabi_infra.overlays.service_levels import service_levels
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack, read
from miyabi_infra.terraform.cli import TerraformError
from tests.support import Project

LEVELS = ServiceLevelSettings()
BASELINE, SUSTAINED = PROFILES["baseline"], PROFILES["sustained"]
ALB = "miyabi-alb-dev-123.us-west-2.elb.amazonaws.com"


def good(*latencies: float) -> list[Sample]:
    """Good answers, one started every tenth of a second."""
    return [Sample(index / 10, latency, None) for index, latency in enumerate(latencies)]


def result_of(samples: Sequence[Sample], profile: Profile = BASELINE, **sent: Any) -> LoadResult:  # noqa: ANN401
    defaults: dict[str, Any] = {"late": [0.001], "ended": "done", "version": "2.0"}
    what = Sent(list(samples), **{**defaults, **sent})
    return evaluate("dev", profile, LEVELS, what, url=f"http://{ALB}/health", started=datetime(2026, 1, 2, tzinfo=UTC))


# Figures


def test_the_profiles_are_the_milestone_reports() -> None:
    assert {name: (each.requests, each.at_once, each.rate) for name, each in PROFILES.items()} == {
        "baseline": (10_000, 50, None),
        "spike": (5_000, 200, None),
        "sustained": (3600 * 50, 200, 50),
    }
    assert SUSTAINED.scheduled_seconds == 3600


def test_a_scaled_profile_has_fewer_requests_and_the_same_pressure() -> None:
    scaled = SUSTAINED.scaled(0.01)

    assert (scaled.requests, scaled.rate, scaled.at_once, scaled.scale) == (1800, 50, 200, 0.01)
    assert scaled.most_seconds == 36 + 60


def test_percentiles_are_exact() -> None:
    thousand = [float(number) for number in range(1, 1001)]

    assert [percentile(thousand, each) for each in (0, 50, 95, 99, 99.9, 100)] == [1, 500, 950, 990, 999, 1000]
    assert percentile([7.0], 50) == 7


@given(st.lists(st.floats(0, 100), min_size=1), st.sampled_from([0.0, 50, 90, 95, 99, 99.9, 100]))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[float], percent: float) -> None:
    ascending = sorted(values)
    found = percentile(ascending, percent)
    needed = ceil(round(percent * 10) * len(values) / 1000)

    assert sum(value <= found for value in values) >= needed
    assert all(sum(value <= lower for value in values) < needed for lower in values if lower < found)


def test_a_failed_request_counts_as_one_that_never_had_its_answer() -> None:
    measured = measure([*good(*[0.01] * 97), *[Sample(1, 0.001, "status 503")] * 3], BASELINE)

    # The quick errors would have made the service look faster.
    assert (measured.percentile(95), measured.percentile(99)) == (0.01, None)
    assert (measured.error_percent, measured.errors) == (3, {"status 503": 3})


def test_throughput_counts_good_answers_over_the_whole_run() -> None:
    assert measure([*good(*[0.1] * 20), Sample(0, 4, "time-out")], BASELINE).throughput == 20 / 4


def test_at_a_rate_a_straggler_does_not_lower_the_throughput_and_falling_behind_does() -> None:
    in_time = [Sample(index / 50, 0.03, None) for index in range(1000)]
    straggling = [*in_time[:-1], Sample(999 / 50, 5, None)]
    behind = [Sample(index / 50, 0.03 + index / 50, None) for index in range(1000)]

    assert [measure(each, SUSTAINED).throughput for each in (in_time, straggling)] == [50, 50]
    assert measure(behind, SUSTAINED).throughput == pytest.approx(25, rel=0.02)


def test_late_answers_at_the_end_of_a_short_run_lower_its_throughput() -> None:
    late = [Sample(index / 50, 0.03 if index < 148 else 9, None) for index in range(150)]

    assert measure(late, SUSTAINED).throughput == pytest.approx(150 / (149 / 50 + 9))


def test_of_no_request_there_is_no_figure() -> None:
    measured = measure([], BASELINE)

    assert (measured.throughput, measured.error_percent, measured.percentile(50)) == (0, 0, None)
    assert seconds([]) == []


def test_the_course_of_a_run_has_no_gaps() -> None:
    course = seconds([Sample(0, 0.2, None), Sample(0.5, 0.4, None), Sample(2.5, 0.6, "time-out"), Sample(3, 0.1, None)])

    assert [(each.begin, each.good, each.failed, each.p50) for each in course] == [
        (0, 2, 0, 0.2),
        (1, 0, 0, None),
        (2, 0, 0, None),
        (3, 1, 1, 0.1),
    ]


# Verdicts


def verdicts(judged: Sequence[Judged]) -> list[str]:
    return [each.verdict for each in judged]


def test_a_figure_that_equals_its_target_meets_it() -> None:
    samples = [*good(*[0.05] * 190, *[0.1] * 8), Sample(0, 0.2, None), Sample(0, 1, "time-out")]
    levels = LEVELS.model_copy(update={"p99_ms": 200.0, "max_error_percent": 0.5, "min_requests_per_second": 1.0})

    assert verdicts(judge(measure(samples, BASELINE), levels, BASELINE)) == ["met"] * 5


@pytest.mark.parametrize(
    ("samples", "missed"),
    [
        (good(*[0.051] * 1000), "p50_ms"),
        (good(*[0.01] * 940, *[0.11] * 60), "p95_ms"),
        (good(*[0.01] * 980, *[0.21] * 20), "p99_ms"),
        ([*good(*[0.01] * 989), *[Sample(0, 1, "time-out")] * 11], "max_error_percent"),
    ],
)
def test_each_target_is_missed_on_its_own(samples: list[Sample], missed: str) -> None:
    levels = LEVELS.model_copy(update={"min_requests_per_second": 1.0})
    judged = judge(measure(samples, BASELINE), levels, BASELINE)

    found = {each.setting for each in judged if each.verdict == "missed"}
    assert found - {"p99_ms"} == {missed} - {"p99_ms"}
    assert missed in found
    assert overall(judged, complete=True) == "missed"


def test_too_little_throughput_is_missed() -> None:
    judged = judge(measure(good(*[0.01] * 100), BASELINE), LEVELS, BASELINE)

    assert [each.setting for each in judged if each.verdict == "missed"] == ["min_requests_per_second"]


def test_at_a_rate_no_more_is_demanded_than_is_sent_less_the_errors_allowed() -> None:
    samples = [Sample(index / 50, 0.03, None) for index in range(1000)]
    throughput = judge(measure(samples, SUSTAINED), LEVELS, SUSTAINED)[3]

    assert (throughput.target, throughput.verdict) == (49.5, "met")
    assert throughput.reason == "of 50 sent per second, less 1 % errors"


def test_a_percentile_of_too_few_requests_is_undecided() -> None:
    assert [enough_for(percent) for percent in (50, 95, 99)] == [2, 20, 100]
    judged = judge(measure([Sample(0, 0.01, None)] * 30, BASELINE), LEVELS, BASELINE)

    assert verdicts(judged) == ["met", "met", "undecided", "met", "met"]
    assert judged[2].reason == "30 of the 100 requests that it needs"
    assert overall(judged, complete=True) == "undecided"


def test_a_partial_run_is_never_met() -> None:
    judged = judge(measure([Sample(0, 0.01, None)] * 200, BASELINE), LEVELS, BASELINE)

    assert [overall(judged, complete=complete) for complete in (True, False)] == ["met", "undecided"]


# Whom it may load


@pytest.fixture
def dev(project: Project, output: Path) -> Stack:
    project.take(output)
    return next(stack for stack in read(project.out) if stack.environment == "dev")


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform knows the load balancer."""

    class Applied:
        stdout = json.dumps({"alb_dns_name": {"value": ALB}})

        def __init__(self, folder: Path) -> None:
            assert folder.parts[-3:] == ("cdktf.out", "stacks", "miyabi-dev")

        def run(self, *_arguments: str) -> "Applied":
            return self

    monkeypatch.setattr(target, "Terraform", Applied)


@pytest.fixture
def not_initialized(monkeypatch: pytest.MonkeyPatch) -> None:
    class NotInitialized:
        def __init__(self, _folder: Path) -> None:
            pass

        def run(self, *_arguments: str) -> None:
            raise TerraformError("terraform output in there:\n╷\n│ Error: Backend initialization required\n│ …")

    monkeypatch.setattr(target, "Terraform", NotInitialized)


@pytest.mark.usefixtures("applied")
def test_by_default_the_health_check_of_the_environments_own_load_balancer_is_loaded(
    project: Project, dev: Stack
) -> None:
    assert choose(project.root, dev, LEVELS, None, None) == f"http://{ALB}/health"


@pytest.mark.usefixtures("not_initialized")
@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        ("https://api.example.com", None, "https://api.example.com/health"),
        ("https://api.example.com/tasks?all=1", None, "https://api.example.com/tasks?all=1"),
        ("https://api.example.com", "https://API.example.com./deep", "https://API.example.com./deep"),
        ("https://api.example.com", "http://api.example.com:8080", "http://api.example.com:8080/"),
    ],
)
def test_the_overlays_address_is_the_environments_own_without_terraform(
    project: Project, dev: Stack, own: str, given: str | None, expected: str
) -> None:
    levels = ServiceLevelSettings(url=own)

    assert choose(project.root, dev, levels, given, None) == expected


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        f"http://{ALB}.example.com/",
        f"http://x.{ALB}/",
        "http://10.0.0.1/",
        "http://[2001:db8::1]/",
    ],
)
def test_another_host_is_refused_unless_it_is_named(project: Project, dev: Stack, url: str) -> None:
    with pytest.raises(Refused, match="is not a host of dev") as refused:
        choose(project.root, dev, LEVELS, url, None)
    host = str(refused.value).rsplit(" ", 1)[-1]

    assert choose(project.root, dev, LEVELS, url, host) == url


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.8.8", "127.1", "0.0.0.0", "2130706433", "[::1]", "0x7f.1"]
)
def test_this_machine_is_refused_unless_it_is_named(project: Project, dev: Stack, host: str) -> None:
    url = f"http://{host}:8080/"
    with pytest.raises(Refused, match="is this machine"):
        choose(project.root, dev, LEVELS, url, None)
    with pytest.raises(Refused, match="is this machine"):
        choose(project.root, dev, ServiceLevelSettings.model_construct(url=url), url, None)

    assert choose(project.root, dev, LEVELS, url, host) == url


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("example.com", "is not a URL that can be loaded"),
        ("ftp://example.com/", "is not a URL that can be loaded"),
        ("http:///health", "is not a URL that can be loaded"),
        ("http://example.com:99999/", "is not a valid URL"),
        ("http://example.com/a b", "is not a URL that can be loaded"),
        (f"http://{ALB}@example.com/", "a user or a password"),
        (f"http://me:secret@{ALB}/", "a user or a password"),
        (f"ftp://me:secret@{ALB}/", "'ftp://…@"),
        (f"me:secret@{ALB}", "'…@"),
        (f"http://me:secret@{ALB}/a b", "'http://…@"),
        (f"http://me:secret /?#@{ALB}/", "'http://…@"),
        (f"http://me:secret@{ALB}:port/", "'http://…@"),
        (f"http://me:secret]@{ALB}/", "'http://…@"),
        (f"http://me:#secret@{ALB}/", "'http://…@"),
        (f"http://me:secret@[{ALB}/", "'http://…@"),
        (f"http://{ALB}/#top", "has a fragment"),
    ],
)
def test_what_is_no_address_is_refused(project: Project, dev: Stack, url: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        choose(project.root, dev, LEVELS, url, "example.com")
    assert "secret" not in str(refused.value)


@pytest.mark.usefixtures("applied")
def test_a_host_that_is_allowed_must_be_the_one_that_is_loaded(project: Project, dev: Stack) -> None:
    with pytest.raises(Refused, match=rf"--allow-host is example.com, but the load would go to {ALB}"):
        choose(project.root, dev, LEVELS, None, "example.com")


@pytest.mark.usefixtures("not_initialized")
def test_without_a_state_it_says_what_to_do(project: Project, dev: Stack) -> None:
    with pytest.raises(Refused) as refused:
        choose(project.root, dev, LEVELS, None, None)
    assert str(refused.value) == (
        "the host of dev is unknown, because 'terraform output' fails (Error: Backend initialization required): run "
        "'terraform -chdir=cdktf.out/stacks/miyabi-dev init' with credentials for its state, "
        "or give --url and --allow-host"
    )


@pytest.mark.parametrize(
    ("url", "location", "expected"),
    [
        ("http://a.example/health", "https://a.example:443/health", "https://a.example:443/health"),
        ("http://a.example/health", "https://A.example./health#x", "https://A.example./health"),
        ("http://a.example/health", "https://b.example/health", None),
        ("http://a.example/health", "https://a.example/login", None),
        ("http://a.example/health", "/login", None),
        ("http://a.example/health", "//b.example/health", None),
        ("https://a.example/health", "http://a.example/health", None),
        ("http://a.example/health", "https://me:secret@a.example/health", None),
    ],
)
def test_only_a_redirect_to_the_same_address_over_https_is_followed(
    monkeypatch: pytest.MonkeyPatch, url: str, location: str, expected: str | None
) -> None:
    answers = iter([(301, location, None), (200, None, None)])
    asked: list[str] = []

    def ask(address: str, _timeout: float) -> tuple[int, str | None, str | None]:
        asked.append(address)
        return next(answers)

    monkeypatch.setattr(target, "_ask", ask)
    if expected is None:
        with pytest.raises(Refused, match="which is not followed") as refused:
            target.reach(url)
        assert asked == [url]
        assert "secret" not in str(refused.value)
    else:
        assert target.reach(url).url == expected
        assert asked == [url, expected]


# The command


def nothing_is_sent(*_arguments: object, **_named: object) -> Sent:
    raise AssertionError


@pytest.mark.parametrize(
    ("arguments", "scale", "reason"),
    [
        (("dev", "peak"), 1, "unknown profile 'peak'; allowed: baseline, spike, sustained"),
        (("dev", "spike"), 0, "--scale 0 is out of range; allowed: above 0, at most 1"),
        (("dev", "spike"), 1.5, "--scale 1.5 is out of range"),
        (("dev", "spike"), float("nan"), "--scale nan is out of range"),
        (("shared", "spike"), 1, "shared has no service to load"),
        (("qa", "spike"), 1, "qa"),
        (
            ("prod", "spike"),
            1,
            "the load affects the users of prod .*: to send 5,000 requests, 200 at once to .*, add --yes",
        ),
    ],
)
def test_wrong_use_is_refused_before_anything_is_sent(
    taken: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, str], scale: float, reason: str
) -> None:
    for name in ("send", "reach"):
        monkeypatch.setattr(load_run, name, nothing_is_sent)
    with pytest.raises(Refused, match=reason):
        run(taken.root, *arguments, url="http://a.example/", allow_host="a.example", scale=scale)


@pytest.fixture
def taken(project: Project, output: Path) -> Project:
    project.take(output)
    return project


def test_a_missing_generator_says_how_to_install_it(taken: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_run, "reach", nothing_is_sent)
    monkeypatch.setattr(sending, "find_spec", dict[str, None]().get)
    with pytest.raises(Refused, match="run 'make load-generator'"):
        run(taken.root, "dev", "spike", url="http://a.example/", allow_host="a.example")


def test_the_targets_are_the_overlays(taken: Project) -> None:
    taken.change("dev", ("service_levels:\n", "service_levels:\n  p95_ms: 80\n"))

    assert (service_levels(taken.root, "dev").p95_ms, service_levels(taken.root, "dev").ask_before_load) == (80, False)
    assert service_levels(taken.root, "prod") == LEVELS
    taken.change("dev", ("p95_ms: 80", "p95: 80"))
    with pytest.raises(Refused, match=r"environments/dev\.yaml: service_levels is not valid; 'make synth' says why"):
        service_levels(taken.root, "dev")


def test_targets_change_nothing_that_is_generated(project: Project, output: Path) -> None:
    project.change("prod", ("monthly_budget:", "service_levels: {p50_ms: 1, ask_before_load: false}\nmonthly_budget:"))

    out = project.synthesize()

    files = {file.relative_to(output): file.read_bytes() for file in output.rglob("*.json")}
    assert files == {file.relative_to(out): file.read_bytes() for file in out.rglob("*.json")}


# What it shows


def test_errors_are_named() -> None:
    assert [status_error(status) for status in (200, 204, 302, 404, 503)] == [
        None,
        None,
        "status 302",
        "status 404",
        "status 503",
    ]
    wrapped = ConnectionError("tried often enough")
    wrapped.original = TimeoutError()  # pyright: ignore[reportAttributeAccessIssue]
    assert [kind_of(each) for each in (wrapped, ConnectionRefusedError(), OSError(113, "No route to host"))] == [
        "time-out",
        "connection refused",
        "No route to host",
    ]


def test_progress_is_that_of_the_last_seconds() -> None:
    samples = [*[Sample(1, 0.5, None)] * 100, *[Sample(9, 0.02, None)] * 50, Sample(9.5, 0.1, "time-out")]

    assert progress(10, samples, BASELINE) == "10 s  151 of 10,000  10 per second  p50 20 ms  p99 20 ms  1 failed"
    assert progress(0.5, [], BASELINE) == "0 s  0 of 10,000  0 per second  0 failed"


@pytest.mark.parametrize(("terminal", "most"), [(True, 2), (False, 10)])
def test_a_run_without_an_answer_shows_its_progress_all_the_time(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, most: float
) -> None:
    told: list[float] = [0]

    class Screen(StringIO):
        def isatty(self) -> bool:
            return terminal

        def write(self, text: str) -> int:
            told.extend([now] if "0 of 10,000" in text else [])
            return super().write(text)

    monkeypatch.setattr(sys, "stderr", Screen())
    shown = Progress(BASELINE)
    for quarter in range(131 * 4):  # the generator tells what it has four times a second, be it nothing
        now = quarter / 4
        shown(now, [])

    assert len(told) > 131 / most
    assert max(after - before for before, after in pairwise([*told, 131])) <= most


def test_the_summary_says_what_was_measured_against_what() -> None:
    samples = [Sample(index / 1000, 0.012, None) for index in range(9_990)] + [Sample(1, 10, "time-out")] * 10

    assert summary(result_of(samples)) == (
        "10,000 of 10,000 requests in 11.0 s\n\n"
        "              measured  target                  verdict\n"
        "------------  --------  ----------------------  -------\n"
        "p50              12.00  at most 50 ms           met\n"
        "p95              12.00  at most 100 ms          met\n"
        "p99              12.00  at most 200 ms          met\n"
        "good answers    908.18  at least 50 per second  met\n"
        "failed            0.10  at most 1 %             met\n\n"
        "failed: 10 time-out\n\n"
        "targets met"
    )


def test_the_summary_marks_what_is_partial_shortened_or_measured_by_a_busy_machine() -> None:
    samples = [Sample(0, 0.01, None)] * 40
    partial = result_of(samples, BASELINE.scaled(0.01), ended="interrupted", unfinished=3, late=[0.2])

    assert "partial (interrupted): 60 requests were not completed" in summary(partial)
    assert "shortened to 0.01 of the profile: a rehearsal, not the profile's verdict" in summary(partial)
    assert "the generator itself was up to 200 ms late" in summary(partial)
    assert partial.counts.model_dump() == {"planned": 100, "good": 40, "failed": 0, "unfinished": 3, "unsent": 57}


@pytest.mark.parametrize(
    "samples",
    [
        [],
        [Sample(0, 0.01, None)],
        [Sample(0, 0, "connection refused")],
        [Sample(index / 100, 0.01 + index % 7 / 100, None if index % 5 else "status 503") for index in range(5000)],
    ],
    ids=["nothing", "one answer", "one error", "a minute"],
)
def test_every_result_has_its_plot_and_satisfies_its_schema(samples: list[Sample], root: Path) -> None:
    result = result_of(samples, ended="interrupted")

    plot = ET.fromstring(draw(result, samples))
    texts = [element.text or "" for element in plot.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == f"dev, baseline: targets {result.verdict}, partial (interrupted)"
    assert {"p50 at most 50", "p95 at most 100", "p99 at most 200", "at least 50"} <= set(texts)
    schema = json.loads((root / "docs/reference/load-result.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    validator.validate(json.loads(result.model_dump_json()))  # pyright: ignore[reportUnknownMemberType]


def test_the_plot_draws_errors_and_names_targets_for_light_and_dark() -> None:
    samples = [Sample(index / 100, 0.01, None if index % 50 else "status 503") for index in range(5000)]
    text = draw(result_of(samples), samples)

    assert text.count('class="bar"') > 10
    assert text.count('class="target') == 4
    assert "prefers-color-scheme: dark" in text
