"""The frontend: what is built, who passes by the distribution, what it costs, and what is drawn of it."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest

from environments.sections.service_levels import ServiceLevelSettings
from environments.sections.usage import UsageSettings
from miyabi_infra.commands import reach as command
from miyabi_infra.cost.estimate import estimate
from miyabi_infra.cost.prices import load
from miyabi_infra.load.target import choose
from miyabi_infra.pages.diagram.reading import picture
from miyabi_infra.reach import Reach
from miyabi_infra.reach.passing import OTHERS, Passing
from miyabi_infra.reach.paths import only_cloudfront_is_answered
from miyabi_infra.reach.questions import End, ask
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack, read
from miyabi_infra.stacks.strengths import weaker
from modules.cloudfront_facts import ORIGIN_FACING, ORIGIN_HEADER
from modules.frontend import ALL_BUT_HOST, CACHING_DISABLED, CACHING_OPTIMIZED, ERRORS
from tests.support import Project
from tests.unit.test_refusals import QA

CERTIFICATE: Final = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"
GLOBAL: Final = CERTIFICATE.replace("us-west-2", "us-east-1")
FRONTEND: Final[Mapping[str, Any]] = {"enabled": True, "bucket": "miyabi-frontend-qa"}
HTTPS: Final[Mapping[str, Any]] = {"certificate_arn": CERTIFICATE, "redirect_http_to_https": True}

Make = Callable[..., Path]


@pytest.fixture(scope="module")
def make(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The output, to be read, of an environment `qa` with a frontend of some settings."""
    made: dict[str, Path] = {}

    def make(alb: Mapping[str, Any] | None = None, **settings: Any) -> Path:  # noqa: ANN401  # as YAML has them
        sections = {"frontend": {**FRONTEND, **settings}, "alb": dict(alb or {})}
        overlay = QA + "".join(f"{name}: {json.dumps(held)}\n" for name, held in sections.items())
        if overlay not in made:
            project = Project.alone(root, tmp_path_factory.mktemp("frontend") / "project")
            project.write("qa", overlay)
            made[overlay] = project.synthesize("qa")
        return made[overlay]

    return make


def body(out: Path, module: str) -> dict[str, Any]:
    file = out / f"stacks/miyabi-qa/modules/{module}/main.tf.json"
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))


def of(out: Path, kind: str, name: str = "site") -> dict[str, Any]:
    return body(out, "frontend")["resource"][kind][name]


def stack(out: Path) -> Stack:
    (found,) = read(out)
    return found


# ---- what is built ---------------------------------------------------------------------------------------------------


def test_without_a_frontend_there_is_no_second_provider(output: Path) -> None:
    for file in (output / "stacks").glob("*/cdk.tf.json"):
        root = json.loads(file.read_text(encoding="utf-8"))
        assert [each.get("alias") for each in root["provider"]["aws"]] == [None]
        assert "frontend" not in root["module"]


@pytest.mark.parametrize("left", ["frontend:\n  bucket: a-bucket\n", "dns:\n  zone: example.com\n"])
def test_the_second_provider_stays_until_terraform_has_deleted_what_was_there(project: Project, left: str) -> None:
    with project.overlay("dev").open("a", encoding="utf-8") as overlay:
        overlay.write(left)
    root = json.loads((project.synthesize("dev") / "stacks/miyabi-dev/cdk.tf.json").read_text(encoding="utf-8"))
    assert [each.get("alias") for each in root["provider"]["aws"]] == [None, "us_east_1"]


def test_the_alarm_is_where_cloudfronts_metrics_are_and_the_rest_is_not(make: Make) -> None:
    out = make()
    root = json.loads((out / "stacks/miyabi-qa/cdk.tf.json").read_text(encoding="utf-8"))
    assert [(each.get("alias"), each["region"]) for each in root["provider"]["aws"]] == [
        (None, "us-west-2"),
        ("us_east_1", "us-east-1"),
    ]
    assert root["module"]["frontend"]["providers"] == {"aws": "aws", "aws.us_east_1": "aws.us_east_1"}
    there = {each.address for each in stack(out).resources if each.region == "us-east-1"}
    assert there == {"module.frontend.aws_cloudwatch_metric_alarm.errors"}


def test_nobody_but_the_distribution_reads_the_bucket(make: Make) -> None:
    out = make()
    policy = body(out, "frontend")["locals"]["site_policy"]["Statement"]
    allowed = [each for each in policy if each["Effect"] == "Allow"]
    assert [each["Action"] for each in allowed] == ["s3:GetObject", "s3:ListBucket"]
    for each in allowed:
        assert each["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert each["Condition"] == {"StringEquals": {"AWS:SourceArn": "${aws_cloudfront_distribution.site.arn}"}}
    block = of(out, "aws_s3_bucket_public_access_block")
    assert {value for key, value in block.items() if key not in {"bucket", "//"}} == {True}
    assert of(out, "aws_cloudfront_origin_access_control")["signing_behavior"] == "always"


def test_files_are_cached_and_the_api_is_not(make: Make) -> None:
    distribution = of(make(api_paths=["/api/*", "/ws"]), "aws_cloudfront_distribution")
    files, apis = distribution["default_cache_behavior"], distribution["ordered_cache_behavior"]
    assert (files["cache_policy_id"], files["compress"], files["target_origin_id"]) == (CACHING_OPTIMIZED, True, "site")
    assert [each["event_type"] for each in files["function_association"]] == ["viewer-request"]
    assert [each["path_pattern"] for each in apis] == ["/api/*", "/ws"]
    for each in apis:
        assert (each["cache_policy_id"], each["origin_request_policy_id"]) == (CACHING_DISABLED, ALL_BUT_HOST)
        assert {"POST", "PUT", "PATCH", "DELETE"} < set(each["allowed_methods"])
        assert "function_association" not in each


def test_errors_are_neither_replaced_nor_kept(make: Make) -> None:
    errors = of(make(), "aws_cloudfront_distribution")["custom_error_response"]
    assert {each["error_code"] for each in errors} == set(ERRORS)
    assert all(each == {"error_code": each["error_code"], "error_caching_min_ttl": 0} for each in errors)


def test_without_access_logs_there_is_no_bucket_for_them(make: Make) -> None:
    out = make(access_log_days=0)
    assert list(body(out, "frontend")["resource"]["aws_s3_bucket"]) == ["site"]
    assert "logging_config" not in of(out, "aws_cloudfront_distribution")


def test_names_come_with_their_certificate(make: Make) -> None:
    distribution = of(make(domain_names=["app.example.com"], certificate_arn=GLOBAL), "aws_cloudfront_distribution")
    assert distribution["aliases"] == ["app.example.com"]
    assert distribution["viewer_certificate"] == {
        "acm_certificate_arn": GLOBAL,
        "minimum_protocol_version": "TLSv1.2_2021",
        "ssl_support_method": "sni-only",
    }


def test_no_template_of_terraform_is_in_what_is_text(make: Make) -> None:
    out = make(content_security_policy="script-src 'nonce-${x}'")
    said = of(out, "aws_cloudfront_response_headers_policy")["security_headers_config"]["content_security_policy"]
    assert said["content_security_policy"] == "script-src 'nonce-$${x}'"


@pytest.mark.parametrize(
    ("alb", "name", "protocol", "port"),
    [(None, None, "http-only", 80), (HTTPS, "api.example.com", "https-only", 443)],
)
def test_cloudfront_connects_to_the_port_that_its_addresses_are_let_in_to(
    make: Make, alb: Mapping[str, Any] | None, name: str | None, protocol: str, port: int
) -> None:
    out = make(alb, api_domain_name=name, only_from_cloudfront=True)
    api = of(out, "aws_cloudfront_distribution")["origin"][1]
    assert api["domain_name"] == (name or "${var.alb_dns_name}")
    assert api["custom_origin_config"]["origin_protocol_policy"] == protocol
    (rule,) = body(out, "security-groups")["resource"]["aws_security_group"]["alb"]["ingress"]
    assert (rule["from_port"], rule["cidr_blocks"], rule["prefix_list_ids"]) == (port, [], [ORIGIN_FACING["us-west-2"]])


def test_the_secret_is_a_sensitive_variable_that_nothing_spells_out(make: Make) -> None:
    out = make(origin_secret=True, previous_origin_secret=True)
    root = json.loads((out / "stacks/miyabi-qa/cdk.tf.json").read_text(encoding="utf-8"))
    variables = {name: each for name, each in root["variable"].items() if "secret" in name}
    assert list(variables) == ["frontend_origin_secret", "frontend_previous_origin_secret"]
    assert all(each["sensitive"] and "default" not in each for each in variables.values())
    rule = body(out, "alb")["resource"]["aws_lb_listener_rule"]["http_from_cloudfront"]
    assert rule["condition"] == [
        {
            "http_header": {
                "http_header_name": ORIGIN_HEADER,
                "values": ["${var.origin_secret}", "${var.previous_origin_secret}"],
            }
        }
    ]
    header = of(out, "aws_cloudfront_distribution")["origin"][1]["custom_header"]
    assert header == [{"name": ORIGIN_HEADER, "value": "${var.origin_secret}"}]


# ---- who passes by ---------------------------------------------------------------------------------------------------


def past(found: Stack) -> dict[str, str]:
    return {each.source: each.verdict for each in Passing(Reach(found)).past_the_cdn}


@pytest.mark.parametrize(
    ("addresses", "secret", "expected"),
    [
        (False, False, {"internet": "yes", OTHERS: "yes"}),
        (True, False, {"internet": "no", OTHERS: "yes"}),
        (False, True, {"internet": "no", OTHERS: "no"}),
        (True, True, {"internet": "no", OTHERS: "no"}),
    ],
)
def test_who_passes_by_the_distribution(make: Make, *, addresses: bool, secret: bool, expected: dict[str, str]) -> None:
    found = stack(make(only_from_cloudfront=addresses, origin_secret=secret))
    assert past(found) == expected
    assert [each.because[0].text for each in Reach(found).connections if each.source == "cdn"] != []


def test_the_way_of_a_request_leads_through_the_distribution(make: Make) -> None:
    reach = Reach(stack(make(only_from_cloudfront=True)))
    (answer,) = ask(reach, "internet", End.parse("tasks"))
    assert answer.verdict == "no"
    ways = [f"{each.source} -> {each.target} {each.port_text}" for each in answer.through]
    assert ways[:3] == ["internet -> cdn tcp 443", "cdn -> alb tcp 80", "alb -> tasks tcp 8080"]
    (direct,) = ask(reach, "internet", End.parse("alb:80"))
    assert direct.verdict == "no"


def _open_the_group(found: dict[str, Any]) -> None:
    (rule,) = found["security-groups"]["aws_security_group"]["alb"]["ingress"]
    rule |= {"prefix_list_ids": [], "cidr_blocks": ["0.0.0.0/0"]}


def _open_a_second_port(found: dict[str, Any]) -> None:
    rules = found["security-groups"]["aws_security_group"]["alb"]["ingress"]
    rules.append({**rules[0], "from_port": 8443, "to_port": 8443, "prefix_list_ids": [], "cidr_blocks": ["0.0.0.0/0"]})
    listeners = found["alb"]["aws_lb_listener"]
    listeners["other"] = {**listeners["http"], "port": 8443, "default_action": _forward()}


def _forward() -> list[dict[str, str]]:
    return [{"type": "forward", "target_group_arn": "${aws_lb_target_group.app.arn}"}]


def _forward_by_default(found: dict[str, Any]) -> None:
    found["alb"]["aws_lb_listener"]["http"]["default_action"] = _forward()


def _forward_a_path_to_anybody(found: dict[str, Any]) -> None:
    rules = found["alb"]["aws_lb_listener_rule"]
    condition = [{"path_pattern": {"values": ["/admin/*"]}}]
    rules["admin"] = {"listener_arn": "${aws_lb_listener.http.arn}", "priority": 1, "action": _forward()}
    rules["admin"]["condition"] = condition


@pytest.mark.parametrize(
    ("mutations", "passes"),
    [
        ((_open_the_group,), set[str]()),  # the header still keeps them out
        ((_forward_by_default,), {OTHERS}),  # the addresses still keep the internet out
        ((_open_the_group, _forward_by_default), {"internet", OTHERS}),
        ((_open_the_group, _forward_a_path_to_anybody), {"internet", OTHERS}),
        ((_open_a_second_port,), {"internet", OTHERS}),
    ],
)
def test_what_opens_a_way_past_is_found(
    make: Make, tmp_path: Path, mutations: tuple[Callable[[dict[str, Any]], None], ...], passes: set[str]
) -> None:
    out = Path(shutil.copytree(make(only_from_cloudfront=True, origin_secret=True), tmp_path / "cdktf.out"))
    files = {name: out / f"stacks/miyabi-qa/modules/{name}/main.tf.json" for name in ("alb", "security-groups")}
    bodies = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items()}
    for mutate in mutations:
        mutate({name: each["resource"] for name, each in bodies.items()})
    for name, file in files.items():
        file.write_text(json.dumps(bodies[name]), encoding="utf-8")
    found = {each.source for each in Passing(Reach(stack(out))).past_the_cdn if each.verdict == "yes"}
    assert found == passes


def test_the_command_says_who_passes_by_and_what_stops_others(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    root = make(only_from_cloudfront=True).parent
    assert command.run(root, "qa") == 0
    told = capsys.readouterr().out
    assert "past cdn: internet -> alb tcp 80: no, no ingress rule lets tcp 80 in from the internet" in told
    assert f"past cdn: {OTHERS} -> alb tcp 80: YES, requests are answered" in told
    assert command.run(root, "qa", as_json=True) == 0
    data = json.loads(capsys.readouterr().out)["qa"]["past_the_cdn"]
    assert [(each["from"], each["verdict"]) for each in data] == [("internet", "no"), (OTHERS, "yes")]


@pytest.mark.parametrize("from_cloudfront", [False, True])
def test_a_request_without_the_header_is_not_passed_on(make: Make, from_cloudfront: bool) -> None:  # noqa: FBT001  # a parameter
    reach = Reach(stack(make(origin_secret=True, only_from_cloudfront=from_cloudfront)))
    (to_tasks,) = ask(reach, "internet", End.parse("tasks"))
    ways = [f"{each.source} -> {each.target} {each.port_text}" for each in to_tasks.through]
    assert ways == ["internet -> cdn tcp 443", "cdn -> alb tcp 80", "alb -> tasks tcp 8080"]
    plain, tls = ask(reach, "internet", End.parse("cdn"))
    assert (plain.turned_away is not None, tls.turned_away) == (True, None)
    (to_the_balancer,) = ask(reach, "internet", End.parse("alb:80"))
    told = to_the_balancer.turned_away.text if to_the_balancer.turned_away else ""
    assert to_the_balancer.verdict == ("no" if from_cloudfront else "yes")
    refused = f"requests on 80 without the header {ORIGIN_HEADER} are not passed on: they get 403"
    assert told == ("" if from_cloudfront else refused)
    (of_cloudfront,) = ask(reach, "cdn", End.parse("alb:80"))
    assert (of_cloudfront.verdict, of_cloudfront.turned_away) == ("yes", None)


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize("addresses", [False, True])
def test_who_only_answers_cloudfront_is_known(make: Make, output: Path, secret: bool, addresses: bool) -> None:  # noqa: FBT001  # parameters
    closed = stack(make(origin_secret=secret, only_from_cloudfront=addresses))
    assert only_cloudfront_is_answered(closed) is (secret or addresses)
    assert [each.environment for each in read(output) if only_cloudfront_is_answered(each)] == []


def test_no_load_is_sent_to_who_turns_it_away(make: Make) -> None:
    out = make(origin_secret=True)
    with pytest.raises(Refused, match=r"answers CloudFront only: say in service_levels\.url"):
        choose(out.parent, stack(out), ServiceLevelSettings(), None, None)


def test_the_command_says_that_the_listener_turns_them_away(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    root = make(origin_secret=True).parent
    assert command.run(root, "qa", ("internet", "alb:80")) == 0
    assert "but requests on 80 without the header" in capsys.readouterr().out
    assert command.run(root, "qa", ("internet", "tasks")) == 1
    assert "internet -> alb" not in capsys.readouterr().out
    assert command.run(root, "qa", ("internet", "alb:80"), as_json=True) == 0
    (answer,) = json.loads(capsys.readouterr().out)["qa"]
    assert answer["turned_away"]["address"] == "module.alb.aws_lb_listener.http"


# ---- the other tools -------------------------------------------------------------------------------------------------


def test_what_is_asked_of_cloudfront_costs(make: Make) -> None:
    prices = load("us-west-2")
    usage = UsageSettings(cdn_gb=100, cdn_site_requests=2, cdn_api_requests=3)
    found = estimate(stack(make()), usage, prices)
    costs = {each.item: round(each.cost.typical, 2) for each in found.charges if each.component == "CloudFront"}
    assert costs == {"100 GB from CloudFront": 8.5, "5 million requests": 5.0, "2 million runs of a function": 0.2}
    assert found.complete
    wider = estimate(stack(make(price_class="PriceClass_All")), usage, prices)
    assert [each.component for each in wider.unpriced] == ["CloudFront"]


def test_the_picture_shows_whom_the_load_balancer_answers(make: Make) -> None:
    drawn = picture(stack(make(only_from_cloudfront=True)))
    assert drawn.clients == "anywhere through CloudFront"
    ways = [(each.source, each.target) for each in drawn.arrows]
    assert ways[:3] == [("internet", "cdn"), ("cdn", "alb"), ("alb", "tasks")]
    (card,) = [each for each in drawn.services if each.title == "CloudFront"]
    assert card.details == ("files from S3", "/api/* to the API")
    everybody = picture(stack(make()))
    assert everybody.clients == "anywhere"
    assert [each.source for each in everybody.arrows if each.target == "alb"] == ["internet", "cdn"]


@pytest.mark.parametrize(
    ("settings", "lost"),
    [
        ({"origin_secret": False}, "listeners that serve only with the distribution's header"),
        pytest.param({"access_log_days": 0}, "access logs of the distribution", marks=pytest.mark.slow),
        pytest.param({"content_security_policy": ""}, "security headers", marks=pytest.mark.slow),
        pytest.param({"api_domain_name": None}, "origins that CloudFront reaches without TLS", marks=pytest.mark.slow),
        pytest.param({"minimum_tls": "TLSv1.2_2018"}, "oldest TLS version of the distribution", marks=pytest.mark.slow),
    ],
)
def test_less_protection_is_weaker(make: Make, settings: dict[str, Any], lost: str) -> None:
    strong = {
        "origin_secret": True,
        "api_domain_name": "api.example.com",
        "domain_names": ["app.example.com"],
        "certificate_arn": GLOBAL,
    }
    https = {"certificate_arn": CERTIFICATE}
    before, after = stack(make(https, **strong)), stack(make(https, **{**strong, **settings}))
    assert lost in {each.strength.name for each in weaker(before, after)}
    assert lost not in {each.strength.name for each in weaker(after, before)}
