"""`miyabi-infra cost`: quantities, prices, budgets, the milestone report, and other revisions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.commands.cost import run
from miyabi_infra.cost.changes import cost_changes
from miyabi_infra.cost.estimate import estimates
from miyabi_infra.cost.model import COMPONENTS, Estimate, Span
from miyabi_infra.cost.prices import load
from miyabi_infra.stacks import SHARED, Module, Resource, read
from tests import complete
from tests.support import Project, git

REPORT = Path(__file__).parents[1] / "data/milestone-report.json"
ROUNDED = 0.1
"""Share by which a figure of the report may be off and still be called rounded."""


@pytest.fixture
def taken(project: Project, output: Path) -> Project:
    """The repository's overlays and their output, both of which the test may change."""
    project.take(output)
    return project


def of(project: Project, environment: str) -> Estimate:
    return next(each for each in estimates(project.root, read(project.out)) if each.environment == environment)


def typical(estimate: Estimate) -> Mapping[str, float]:
    return {name: round(figures.typical, 2) for name, figures in estimate.components.items()}


def test_dev_costs_what_its_resources_cost_at_list_prices(taken: Project) -> None:
    expected = {
        "Fargate": round(2 * 730 * (0.5 * 0.04048 + 1 * 0.004445), 2),
        "ALB": round(730 * (0.0225 + 0.5 * 0.008), 2),
        "NAT": round(730 * 0.045 + 20 * 0.045, 2),
        "Redis": round(730 * 0.017, 2),
        "CloudWatch": round(8 * 0.10 + 25 * 0.30 + 5 * 0.50 + 5 * 7 * 12 / 365 * 0.03, 2),
        "VPC": round(3 * 730 * 0.005, 2),
        "Transfer": round(10 * 0.09 + 2 * 10 * 0.01, 2),
    }

    assert expected == typical(of(taken, "dev"))
    assert expected["Fargate"] == 36.04


def test_the_range_is_that_of_the_autoscaler(taken: Project) -> None:
    task = 730 * (0.5 * 0.04048 + 0.004445)
    fargate = of(taken, "prod").components["Fargate"]

    assert [round(each, 2) for each in (fargate.minimum, fargate.typical, fargate.maximum)] == [
        round(tasks * task, 2) for tasks in (4, 4, 8)
    ]


def test_running_tasks_of_the_overlay_make_the_typical_month(taken: Project) -> None:
    taken.change("prod", ("monthly_budget: 305", "usage: {running_tasks: 5.5}\nmonthly_budget: 305"))

    expected = round(5.5 * 730 * (0.5 * 0.04048 + 0.004445), 2)

    assert expected == typical(of(taken, "prod"))["Fargate"]


def test_an_endpoint_pays_where_what_a_gb_costs_less_than_nat_pays_for_its_hours(taken: Project) -> None:
    before = typical(of(taken, "prod"))
    said = "endpoints: {s3: true, interfaces: [ecr.api, ecr.dkr]}\nusage: {endpoint_gb: 100}\n"
    taken.change("prod", ("monthly_budget: 305", f"{said}monthly_budget: 305"))
    taken.synthesize("prod")
    found = of(taken, "prod")

    assert typical(found)["VPC"] == round(before["VPC"] + 2 * 2 * 730 * 0.01 + 100 * 0.01, 2)
    items = {charge.item for charge in found.charges if charge.item.startswith("endpoint of ecr.api")}
    assert items == {f"endpoint of ecr.api in 2 zones, less than NAT from {2 * 730 * 0.01 / 0.035:.0f} GB a month on"}


def test_arm_has_its_own_price(taken: Project) -> None:
    with taken.body("dev", "ecs") as body:
        body["resource"]["aws_ecs_task_definition"]["app"]["runtime_platform"] = {"cpu_architecture": "ARM64"}

    expected = round(2 * 730 * (0.5 * 0.03238 + 0.00356), 2)

    assert expected == typical(of(taken, "dev"))["Fargate"]


def test_spot_is_cheaper_for_the_tasks_that_run_on_it(taken: Project) -> None:
    with taken.body("dev", "ecs-service") as body:
        service = body["resource"]["aws_ecs_service"]["app"]
        del service["launch_type"]
        service["capacity_provider_strategy"] = [
            {"capacity_provider": "FARGATE", "base": 1, "weight": 1},
            {"capacity_provider": "FARGATE_SPOT", "weight": 3},
        ]
    task = 730 * (0.5 * 0.04048 + 0.004445)
    fargate = of(taken, "dev").components["Fargate"]

    # One of the tasks, and a quarter of the others, are on demand.
    assert round(fargate.typical, 2) == round(task * (1.25 + 0.75 * 0.3), 2)
    assert round(fargate.maximum, 2) == round(task * (1.75 + 2.25 * 0.3), 2)


def test_a_launch_type_leaves_spot_out(taken: Project) -> None:
    with taken.body("dev", "ecs-service") as body:
        strategy = [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]
        body["resource"]["aws_ecs_service"]["app"]["capacity_provider_strategy"] = strategy

    assert typical(of(taken, "dev"))["Fargate"] == 36.04


def test_a_database_is_priced_with_its_standby(taken: Project) -> None:
    with taken.body("prod", "elasticache") as body:
        body["resource"]["aws_db_instance"] = {
            "main": {"instance_class": "db.t3.small", "multi_az": True, "storage_type": "gp3", "allocated_storage": 20}
        }

    assert typical(of(taken, "prod"))["RDS"] == round(2 * 730 * 0.036 + 2 * 20 * 0.115, 2)


def test_without_container_insights_their_metrics_cost_nothing(taken: Project) -> None:
    with taken.body("dev", "ecs") as body:
        body["resource"]["aws_ecs_cluster"]["main"]["setting"][0]["value"] = "disabled"

    assert typical(of(taken, "dev"))["CloudWatch"] == 3.33


def test_assumptions_of_the_overlay_change_the_estimate_and_nothing_that_is_generated(
    project: Project, output: Path
) -> None:
    usage = "usage: {nat_gb: 1000, log_gb: 0, alb_lcus: 2, internet_out_gb: 50}\nmonthly_budget: 999"
    project.change("dev", ("monthly_budget: 130", usage))

    out = project.synthesize()

    files = {file.relative_to(output): file.read_bytes() for file in output.rglob("*.json")}
    assert files == {file.relative_to(out): file.read_bytes() for file in out.rglob("*.json")}
    estimate = of(project, "dev")
    assert (typical(estimate)["NAT"], typical(estimate)["ALB"]) == (round(730 * 0.045 + 45, 2), round(730 * 0.0385, 2))
    assert (typical(estimate)["CloudWatch"], estimate.budget) == (8.30, 999)


def test_an_internal_load_balancer_has_no_public_addresses_to_pay_for(taken: Project) -> None:
    before = typical(of(taken, "dev"))
    with taken.body("dev", "alb") as body:
        body["resource"]["aws_lb"]["main"]["internal"] = True

    after = typical(of(taken, "dev"))
    assert round(before["VPC"] - after["VPC"], 2) == round(2 * 730 * 0.005, 2)
    assert after["ALB"] == before["ALB"]


def test_a_budget_that_a_typical_month_exceeds_makes_check_fail(
    taken: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(taken.root, check=True) == 0
    taken.change("dev", ("monthly_budget: 130", "monthly_budget: 120"))

    assert run(taken.root, check=True) == 1
    assert capsys.readouterr().out.endswith("dev: a typical month is 4.43 USD over monthly_budget, 120.00\n")
    assert run(taken.root, "prod", check=True) == 0
    assert run(taken.root) == 0


def test_what_has_no_price_is_named_and_a_budget_can_not_be_vouched_for(
    taken: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with taken.body("dev", "elasticache") as body:
        body["resource"]["aws_elasticache_cluster"]["redis"]["node_type"] = "cache.x9.large"
        body["resource"]["aws_mystery"] = {"one": {}}

    assert run(taken.root, "dev", check=True) == 1
    shown = capsys.readouterr().out
    missing = (
        "module.elasticache.aws_elasticache_cluster.redis (no price of cache.x9.large); "
        "module.elasticache.aws_mystery.one (how aws_mystery is billed is not known)"
    )
    assert f"dev: not in the total: {missing}" in shown
    assert f"monthly_budget cannot be checked: {missing}" in shown
    assert "total, at least" in shown


def test_temporary_storage_is_billed_above_what_is_free(taken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    def typical() -> float:
        assert run(taken.root, "dev", as_json=True) == 0
        data = json.loads(capsys.readouterr().out)["dev"]
        return float(data["components"]["Fargate"]["typical"])

    before = typical()
    with taken.body("dev", "ecs") as body:
        body["resource"]["aws_ecs_task_definition"]["app"]["ephemeral_storage"] = {"size_in_gib": 120}
    assert typical() - before == pytest.approx(2 * 100 * 730 * 0.000111, abs=0.01)


def test_what_is_not_priced_makes_the_total_at_least_and_the_component_unknown(
    taken: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with taken.body("dev", "elasticache") as body:
        body["resource"]["aws_elasticache_cluster"]["redis"]["node_type"] = "cache.x9.large"

    assert run(taken.root) == 0
    rows = {line[:17].strip(): line[17:].split() for line in capsys.readouterr().out.splitlines()}
    assert (rows["Redis"][0], rows["typical month"][:2]) == ("unknown", [">=", "112.02"])
    assert run(taken.root, "dev", as_json=True) == 0
    data = json.loads(capsys.readouterr().out)["dev"]
    assert (data["complete"], [each["component"] for each in data["unpriced"]]) == (False, ["Redis"])


@pytest.mark.parametrize(
    ("module", "label", "arguments", "reason"),
    [
        (
            "ecs",
            "aws_ecs_task_definition.app",
            {"runtime_platform": {"operating_system_family": "WINDOWS_SERVER_2022_CORE"}},
            "no price of WINDOWS_SERVER_2022_CORE tasks",
        ),
        ("ecs-service", "aws_ecs_service.app", {"launch_type": "EC2"}, "no price of tasks on EC2"),
        (
            "elasticache",
            "aws_elasticache_cluster.redis",
            {"engine": "memcached"},
            "no price of the engine memcached",
        ),
        (
            "elasticache",
            "aws_elasticache_cluster.redis",
            {"data_tiering_enabled": True},
            "whether data_tiering_enabled changes the bill is not known",
        ),
        (
            "alb",
            "aws_cloudwatch_metric_alarm.target_response_time",
            {"period": 10},
            "no price of a high-resolution alarm",
        ),
        ("alb", "aws_lb.main", {"load_balancer_type": "network"}, "no price of a network load balancer"),
        (
            "alb",
            "aws_lb.main",
            {"subnets": "${data.aws_subnets.public.ids}"},
            "how many subnets it has, each with a public IPv4 address, is not known before apply",
        ),
    ],
)
def test_what_is_billed_otherwise_is_not_priced_as_something_else(
    taken: Project, module: str, label: str, arguments: dict[str, Any], reason: str
) -> None:
    with taken.body("dev", module) as body:
        kind, _, name = label.partition(".")
        body["resource"][kind][name].update(arguments)

    assert [each.reason for each in of(taken, "dev").unpriced] == [reason]


def test_a_region_without_prices_takes_nothing_away_from_the_others(
    taken: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    before = of(taken, "prod")
    file = taken.out / "stacks/miyabi-dev/cdk.tf.json"
    file.write_text(file.read_text().replace('"us-west-2"', '"eu-central-1"'))

    assert run(taken.root) == 0
    shown = capsys.readouterr().out
    assert "dev: not in the total: there are no prices for eu-central-1, only for " in shown
    assert [line.split()[2] for line in shown.splitlines() if line.startswith("typical month")] == ["unknown"]
    assert of(taken, "prod") == before
    assert not of(taken, "dev").complete
    assert run(taken.root, check=True) == 1
    assert "dev: monthly_budget cannot be checked: there are no prices" in capsys.readouterr().out


# ---- the milestone report ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """A component of the milestone report next to the estimate."""

    component: str
    computed: Span
    verdict: str
    """What is to be said about the report's figure."""


def against_report(of: Estimate, everything: Sequence[Estimate]) -> list[Compared]:
    """The milestone report's table for an environment next to the estimate; empty if the report has none.

    The report counts the registry as part of the environment, while it is in the shared stack: its cost is added here.
    """
    report: dict[str, Any] = json.loads(REPORT.read_text(encoding="utf-8"))
    reported = report["environments"].get(of.environment)
    if reported is None:
        return []
    computed = dict(of.components)
    for shared in everything:
        if shared.environment == SHARED and "ECR" in reported["components"]:
            computed["ECR"] = shared.components.get("ECR", Span.of(0))
    compared: list[Compared] = []
    for name in COMPONENTS:
        if name in reported["components"] or name in computed:
            figures = reported["components"].get(name) or (0, 0)
            span = computed.get(name, Span.of(0))
            compared.append(Compared(name, span, verdict(figures, span, report["reasons"].get(name, ""))))
    total = Span.sum([each.computed for each in compared])
    return [*compared, Compared("total", total, verdict(reported["total"], total, ""))]


def verdict(reported: tuple[float, float], computed: Span, reason: str) -> str:
    least, most = reported
    low, high = (computed.minimum, computed.maximum) if least != most else (computed.typical, computed.typical)
    if max(abs(low - least), abs(high - most)) < 1:
        return "agrees"
    if abs(low - least) <= ROUNDED * least and abs(high - most) <= ROUNDED * most:
        return "rounded"
    off = computed.typical - most if computed.typical > most else computed.typical - least
    text = f"{abs(off):.2f} too {'low' if off > 0 else 'high'}" if abs(off) >= 1 else "range is off"
    return f"{text}: {reason}" if reason else text


def test_the_milestone_report_stands_beside_dev_with_what_is_wrong_in_it(taken: Project) -> None:
    everything = estimates(taken.root, read(taken.out))
    compared = {each.component: each for each in against_report(everything[0], everything)}

    assert compared["Fargate"].verdict == "6.04 too low: a task of 0.5 vCPU and 1 GB is 18.02 a month"
    assert compared["VPC"].verdict.startswith("10.95 too low: every public IPv4 address costs")
    assert {name: each.verdict for name, each in compared.items() if ":" not in each.verdict} == {
        "ALB": "agrees",
        "NAT": "rounded",
        "Redis": "agrees",
        "ECR": "agrees",
        "total": "21.93 too low",
    }
    assert against_report(everything[2], everything) == []


# ---- other revisions --------------------------------------------------------------------------------------------


def test_a_difference_from_a_revision_is_shown_by_component(taken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    git(taken.root, "init", "-q")
    git(taken.root, "add", ".")
    git(taken.root, "commit", "-qm", "first")
    assert run(taken.root, since="HEAD") == 0
    with taken.body("dev", "networking") as body:
        for kind, name in (("aws_eip", "nat"), ("aws_nat_gateway", "main")):
            body["resource"][kind][name]["count"] = 2
    capsys.readouterr()

    assert run(taken.root, since="HEAD", as_json=True) == 1
    shown = [
        (each["component"], round(each["difference"]["typical"], 2)) for each in json.loads(capsys.readouterr().out)
    ]
    assert shown == [("NAT", 32.85), ("VPC", 3.65), ("total", 36.50)]


def test_a_node_type_without_a_price_is_no_saving(taken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    git(taken.root, "init", "-q")
    git(taken.root, "add", ".")
    git(taken.root, "commit", "-qm", "first")
    with taken.body("dev", "elasticache") as body:
        body["resource"]["aws_elasticache_cluster"]["redis"]["node_type"] = "cache.x9.large"

    assert run(taken.root, since="HEAD") == 1
    shown = capsys.readouterr().out
    rows = {line.split()[1]: line.split()[2:] for line in shown.splitlines() if line.startswith("dev ")}
    assert rows["Redis"] == ["12.41", "unknown", "unknown", "unknown", "unknown"]
    assert rows["total"] == ["124.43", ">=", "112.02", "unknown", "unknown", "unknown"]
    assert "not compared: module.elasticache.aws_elasticache_cluster.redis (no price of cache.x9.large)" in shown
    assert run(taken.root, since="HEAD", as_json=True) == 1
    assert [each["difference"] for each in json.loads(capsys.readouterr().out)] == [None, None]


def test_a_higher_maximum_is_a_change_though_a_typical_month_costs_the_same(taken: Project) -> None:
    before = of(taken, "dev")
    with taken.body("dev", "ecs-service") as body:
        body["resource"]["aws_appautoscaling_target"]["ecs"]["max_capacity"] = 40

    fargate, total = cost_changes("dev", before, of(taken, "dev"))
    assert fargate.difference is not None
    assert (fargate.component, fargate.difference.typical, fargate.difference.maximum > 600) == ("Fargate", 0, True)
    assert (total.component, total.difference) == ("total", fargate.difference)


def test_lines_add_up_to_components_and_to_the_total(taken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(taken.root, as_json=True) == 0

    for data in json.loads(capsys.readouterr().out).values():
        for month in ("minimum", "typical", "maximum"):
            lines = sum(line["quantity"][month] * line["unit_price"] for line in data["lines"])
            components = sum(each[month] for each in data["components"].values())
            assert lines == pytest.approx(data["total"][month], abs=0.01)
            assert components == pytest.approx(data["total"][month], abs=0.01)


@pytest.mark.parametrize("region", ["us-west-2", "us-east-1", "eu-west-1"])
def test_every_price_has_a_source_and_a_date(region: str) -> None:
    prices = load(region)
    assert prices.region == region

    for key, price in prices.prices.items():
        assert price.usd > 0
        assert price.unit == load("us-west-2").of(key).unit
        offers = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/"
        assert price.source.startswith(("https://aws.amazon.com/", offers))
        assert price.source.startswith("https://aws.amazon.com/") or f"/{region}/" in price.source
        if price.seen != "undated":
            assert date(2026, 1, 1) <= date.fromisoformat(price.seen) <= date.fromisoformat(prices.checked)


def test_tasks_cost_nothing_outside_the_running_hours(project: Project) -> None:
    project.synthesize("dev")
    always = typical(of(project, "dev"))["Fargate"]
    hours = "running_hours: MON-FRI 08:00-20:00\n  scaling_managed_elsewhere: [min_capacity, max_capacity]\n"
    project.change("dev", ("ecs_service:\n", f"ecs_service:\n  {hours}"))
    project.synthesize("dev")
    assert typical(of(project, "dev"))["Fargate"] == pytest.approx(always * 60 / 168, abs=0.01)


# What a resource that is free, or cheap, can have beside


def test_everything_that_an_overlay_can_have_has_its_place_in_the_bill(root: Path, tmp_path: Path) -> None:
    project = Project.copy_of(root, tmp_path)
    complete.write(project)
    project.synthesize(complete.ENVIRONMENT)
    found = of(project, complete.ENVIRONMENT)

    assert set(found.components) <= set(COMPONENTS)
    assert found.components["Secrets"].typical > 0


def beside(root: Path, kind: str, **arguments: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401  # values of Terraform
    """The items that dev pays for a resource more, and the reasons why not all of it is priced."""
    dev = next(each for each in read(root / "cdktf.out") if each.environment == "dev")
    held = Resource(f"module.more.{kind}.one", kind, "one", None, "more", Path("more"), arguments)
    more = replace(dev, modules=(*dev.modules, Module("more", "more", Path("more"), (held,), {}, {})))
    before, after = (estimates(root, [each])[0] for each in (dev, more))
    known = {each.text for each in before.charges}
    return [each.text for each in after.charges if each.text not in known], [each.reason for each in after.unpriced]


BILLED: list[tuple[str, dict[str, Any], str]] = [
    (
        "aws_acm_certificate",
        {"certificate_authority_arn": "arn:aws:acm-pca:x"},
        "no price of a certificate of a private authority",
    ),
    (
        "aws_acm_certificate",
        {"options": ({"export": "ENABLED"},)},
        "no price of a public certificate that can be exported",
    ),
    ("aws_sns_topic_subscription", {"protocol": "sms"}, "no price of messages by sms"),
    (
        "aws_lb_listener",
        {"mutual_authentication": ({"mode": "verify", "trust_store_arn": "arn"},)},
        "no price of a trust store for the certificates of clients",
    ),
    (
        "aws_s3_bucket_lifecycle_configuration",
        {"rule": ({"transition": ({"days": 1, "storage_class": "GLACIER"},)},)},
        "no price of other storage classes, and of moving objects there",
    ),
    (
        "aws_cloudfront_distribution",
        {"price_class": "PriceClass_100", "origin": ({"origin_shield": ({"enabled": True},)},)},
        "no price of Origin Shield",
    ),
    (
        "aws_cloudfront_distribution",
        {
            "price_class": "PriceClass_100",
            "ordered_cache_behavior": ({"lambda_function_association": ({"lambda_arn": "arn"},)},),
        },
        "no price of functions of Lambda@Edge",
    ),
    (
        "aws_db_instance",
        {"engine_version": "12", "instance_class": "db.t3.micro", "storage_type": "gp3", "allocated_storage": 20},
        "no price of the extended support of PostgreSQL 12",
    ),
    (
        "aws_wafv2_web_acl",
        {"rule": ({"name": "puzzle", "priority": 1, "action": ({"captcha": ({},)},)},)},
        "no price of 1 of its rules, whose action is not known",
    ),
]


@pytest.mark.parametrize(("kind", "arguments", "reason"), BILLED)
def test_what_makes_a_free_resource_cost_something_is_named(
    root: Path, kind: str, arguments: dict[str, Any], reason: str
) -> None:
    assert reason in beside(root, kind, **arguments)[1]
    assert reason not in beside(root, kind, price_class="PriceClass_100")[1]


def test_each_option_of_a_health_check_is_billed(root: Path) -> None:
    dear = {"type": "HTTPS_STR_MATCH", "request_interval": 10, "measure_latency": True, "search_string": "ok"}
    items, unpriced = beside(root, "aws_route53_health_check", **dear)
    assert [each.removesuffix(" of a health check") for each in items if each.endswith(" of a health check")] == [
        "HTTPS",
        "a text in the answer",
        "10 seconds",
        "latency",
    ]
    assert unpriced == []
    assert beside(root, "aws_route53_health_check", type="HTTP", request_interval=30) == (["1 health check"], [])
