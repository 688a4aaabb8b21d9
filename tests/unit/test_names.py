"""Names, certificates and the hosted zone: what is built, what it costs, and what a night's status says of it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import pytest
from cdktf import App

from environments.settings import EnvironmentSettings, SharedSettings
from environments.stack import EnvironmentStack, SharedStack
from miyabi_infra.aws.client import Trouble
from miyabi_infra.aws.preflight import domain, resolver
from miyabi_infra.aws.preflight.model import Before
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.status import names
from miyabi_infra.aws.status.model import Level, Look
from miyabi_infra.aws.world import World
from miyabi_infra.cost.estimate import estimate
from miyabi_infra.cost.prices import load
from miyabi_infra.pages.diagram.reading import picture
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.stacks.platform import Platform
from tests.name_server import NameServer
from tests.support import Project
from tests.unit.test_preflight import Scripted
from tests.unit.test_refusals import QA

NOW: Final = datetime(2026, 11, 27, 3, tzinfo=UTC)
ARN: Final = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"
SERVERS: Final = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"]
NAMES: Final[Mapping[str, Any]] = {
    "dns": {
        "zone": "example.com",
        "load_balancer_names": ["api.example.com"],
        "health_check_name": "api.example.com",
    },
    "certificate": {"domain_names": ["api.example.com", "*.api.example.com", "example.com"]},
}


@pytest.fixture(scope="module")
def base(root: Path) -> dict[str, Any]:
    """The settings of prod, as data."""
    return Project(root).settings("prod").model_dump()


def bodies(base: Mapping[str, Any], **sections: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The modules' JSON with some settings of prod changed, by folder; "" is the root."""
    changed = {**base, **{name: {**base[name], **held} for name, held in sections.items()}}
    stack = EnvironmentStack(App(), EnvironmentSettings.model_validate(changed))
    root = cast("dict[str, Any]", stack.to_terraform())
    return {each.folder: each.rendered() for each in stack.modules} | {"": root}


# ---- what is built ---------------------------------------------------------------------------------------------------


def test_the_listener_waits_for_the_validation(base: dict[str, Any]) -> None:
    made = bodies(base, **NAMES)
    certificate = made["certificate"]["resource"]
    assert certificate["aws_acm_certificate"]["load_balancer"]["lifecycle"] == {"create_before_destroy": True}
    validation = certificate["aws_acm_certificate_validation"]["load_balancer"]
    assert validation["timeouts"] == {"create": "15m"}
    assert validation["validation_record_fqdns"] == [
        '${aws_route53_record.validation["api.example.com"].fqdn}',
        '${aws_route53_record.validation["api.example.com"].fqdn}',
        '${aws_route53_record.validation["example.com"].fqdn}',
    ]
    https = made["alb"]["resource"]["aws_lb_listener"]["https"]
    assert (https["count"], https["certificate_arn"]) == (1, "${var.certificate_arn}")
    assert made[""]["module"]["alb"]["certificate_arn"] == "${module.certificate.certificate_arn}"
    (redirect,) = made["alb"]["resource"]["aws_lb_listener"]["http"]["default_action"]
    assert redirect["redirect"] == {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"}


def test_a_name_and_its_wildcard_have_one_validation_record_and_each_key_is_known_before_apply(
    base: dict[str, Any],
) -> None:
    record = bodies(base, **NAMES)["certificate"]["resource"]["aws_route53_record"]["validation"]
    assert record["for_each"].keys() == {"api.example.com", "example.com"}
    assert record["allow_overwrite"] is True


def test_a_certificate_of_the_frontend_shares_the_records_of_the_load_balancers(base: dict[str, Any]) -> None:
    site = {"enabled": True, "bucket": "site-1", "domain_names": ["example.com", "app.example.com"]}
    site["api_domain_name"] = "api.example.com"
    made = bodies(
        base,
        frontend=site,
        dns={"zone": "example.com", "zone_id": "Z1", "frontend_names": ["app.example.com"]},
        certificate={**NAMES["certificate"], "for_frontend": True, "authorities": ["amazon.com"]},
    )
    resources = made["certificate"]["resource"]
    names_of = resources["aws_route53_record"]["validation"]["for_each"]
    assert names_of.keys() == {"api.example.com", "app.example.com", "example.com"}
    assert names_of["example.com"]["name"] == '${local.load_balancer_records.names["example.com"]}'
    assert names_of["app.example.com"]["name"] == '${local.frontend_records.names["app.example.com"]}'
    in_us_east_1 = [
        f"{kind}.{name}"
        for kind, held in resources.items()
        for name, each in held.items()
        if each.get("provider") == "aws.us_east_1"
    ]
    assert in_us_east_1 == [
        "aws_acm_certificate.frontend",
        "aws_acm_certificate_validation.frontend",
        "aws_cloudwatch_metric_alarm.frontend_expiry",
    ]
    distribution = made["frontend"]["resource"]["aws_cloudfront_distribution"]["site"]
    assert distribution["aliases"] == ["example.com", "app.example.com"]
    assert distribution["viewer_certificate"]["acm_certificate_arn"] == "${var.certificate_arn}"
    caa = resources["aws_route53_record"]["certificate_authorities"]
    assert (caa["type"], caa["records"], len(caa["for_each"])) == ("CAA", ['0 issue "amazon.com"'], 3)
    records = made["dns"]["resource"]["aws_route53_record"]
    assert {name: each["type"] for name, each in records.items()} == {"frontend": "A", "frontend_ipv6": "AAAA"}
    assert made["dns"].get("data") is None


def test_before_the_zone_is_delegated_nothing_waits_and_nothing_uses_the_certificates(base: dict[str, Any]) -> None:
    site = {"enabled": True, "bucket": "site-1", "domain_names": ["app.example.com"]}
    certificate = {**NAMES["certificate"], "for_frontend": True, "wait_for_validation": False}
    made = bodies(base, frontend=site, dns=NAMES["dns"], certificate=certificate)
    assert set(made["certificate"]["resource"]) == {
        "aws_acm_certificate",
        "aws_cloudwatch_metric_alarm",
        "aws_route53_record",
    }
    listeners = made["alb"]["resource"]["aws_lb_listener"]
    assert listeners["https"]["count"] == 0
    assert listeners["http"]["default_action"][0]["type"] == "forward"
    distribution = made["frontend"]["resource"]["aws_cloudfront_distribution"]["site"]
    assert "aliases" not in distribution
    assert distribution["viewer_certificate"] == {"cloudfront_default_certificate": True}
    assert made["dns"]["resource"]["aws_route53_health_check"]["main"]["type"] == "HTTP"


def test_further_certificates_are_added_to_the_listener(base: dict[str, Any]) -> None:
    further = bodies(base, **NAMES, alb={"further_certificate_arns": [ARN]})["alb"]["resource"]
    added = further["aws_lb_listener_certificate"]["further"]
    assert (added["for_each"], added["certificate_arn"]) == ({ARN: "certificate"}, "${each.key}")


def test_a_zone_without_an_id_is_looked_up_by_its_name(base: dict[str, Any]) -> None:
    made = bodies(base, **NAMES)
    for module in ("certificate", "dns"):
        (found,) = made[module]["data"]["aws_route53_zone"].values()
        assert found == {"name": "example.com", "private_zone": False}
    record = made["dns"]["resource"]["aws_route53_record"]["load_balancer"]
    assert record["zone_id"] == "${data.aws_route53_zone.main.zone_id}"
    assert record["alias"]["evaluate_target_health"] is True


def test_the_shared_stack_makes_a_zone_once_and_keeps_it(root: Path) -> None:
    shared = next(each for each in Project(root).load() if isinstance(each, SharedSettings)).model_dump()
    shared["hosted_zone"] = {"name": "example.com", "certificate_authorities": ["amazon.com", "letsencrypt.org"]}
    stack = SharedStack(App(), SharedSettings.model_validate(shared))
    (module,) = (each.rendered() for each in stack.modules if each.folder == "hosted-zone")
    zone = module["resource"]["aws_route53_zone"]["main"]
    assert (zone["name"], zone["lifecycle"], zone["force_destroy"]) == ("example.com", {"prevent_destroy": True}, False)
    caa = module["resource"]["aws_route53_record"]["certificate_authorities"]
    assert caa["records"] == ['0 issue "amazon.com"', '0 issue "letsencrypt.org"']
    output = cast("dict[str, Any]", stack.to_terraform())["output"]["hosted_zone_name_servers"]["value"]
    assert output == "${module.hosted_zone.name_servers}"


# ---- what the tools say ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stack(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    project = Project.alone(root, tmp_path_factory.mktemp("names") / "project")
    project.write("qa", QA + "".join(f"{name}: {json.dumps(held)}\n" for name, held in NAMES.items()))
    (found,) = read_stacks(project.synthesize("qa"))
    return found


def test_names_have_a_price_and_a_card(stack: Stack) -> None:
    priced = estimate(stack, EnvironmentSettings.model_fields["usage"].default, load(stack.region))
    costs = {each.text: round(each.cost.typical, 2) for each in priced.charges if each.component == "Route 53"}
    assert costs == {"1 health check": 0.5, "HTTPS of a health check": 1.0}
    drawn = {each.title: each for each in picture(stack).services}
    assert drawn["Route 53"].name == "api.example.com"
    assert drawn["ACM"].details == ("2 further names",)


class Answering(Scripted):
    """An AWS whose answers can depend on what is asked."""

    def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        answer: Any = self.answers.get(operation)
        if callable(answer):
            return cast("dict[str, Any]", answer(**arguments))
        return super().call(service, operation, **arguments)


def certificate(**others: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    names_of = ["api.example.com", "*.api.example.com", "example.com"]
    return {
        "CertificateArn": ARN,
        "DomainName": "api.example.com",
        "SubjectAlternativeNames": names_of,
        "Status": "ISSUED",
        "NotAfter": NOW + timedelta(days=120),
        "IssuedAt": NOW,
        **others,
    }


def tags(stack: Stack) -> list[dict[str, str]]:
    own = {**stack.default_tags, "Name": f"{stack.project}-load-balancer-{stack.environment}"}
    return [{"Key": key, "Value": value} for key, value in own.items()]


def status(stack: Stack, held: Mapping[str, Any], **answers: Any) -> list[tuple[Level, str]]:  # noqa: ANN401  # JSON
    aws = Answering(
        list_certificates={"CertificateSummaryList": [{"CertificateArn": ARN, "DomainName": "api.example.com"}]},
        describe_certificate={"Certificate": held},
        list_tags_for_certificate={"Tags": tags(stack)},
        **answers,
    )
    look = Look(World(aws, stack, READERS), Platform(stack), NOW)
    found: list[tuple[Level, str]] = []
    try:
        found.extend((each.level, each.text) for each in names.names(look))
    except Trouble as trouble:
        found.append((Level.UNKNOWN, trouble.text))
    return found


@pytest.mark.parametrize(
    ("held", "level", "said"),
    [
        ({}, Level.OK, "the certificate for api.example.com is valid for 120 d"),
        ({"NotAfter": NOW + timedelta(days=20)}, Level.NOTE, "is valid for 20 d"),
        ({"NotAfter": NOW + timedelta(days=5)}, Level.DEGRADED, "is valid for 5 d"),
        (
            {
                "Status": "PENDING_VALIDATION",
                "DomainValidationOptions": [
                    {"DomainName": "api.example.com", "ValidationStatus": "SUCCESS", "ValidationMethod": "DNS"},
                    {"DomainName": "example.com", "ValidationStatus": "PENDING_VALIDATION", "ValidationMethod": "DNS"},
                ],
            },
            Level.DEGRADED,
            "is PENDING_VALIDATION: ACM does not find the records of example.com; miyabi-infra preflight says why",
        ),
        ({"Status": "FAILED", "FailureReason": "CAA_ERROR"}, Level.DEGRADED, "is FAILED (CAA_ERROR)"),
    ],
)
def test_status_says_what_becomes_of_a_certificate(stack: Stack, held: dict[str, Any], level: Level, said: str) -> None:
    first = status(stack, certificate(**held))[0]
    assert first[0] is level
    assert said in first[1]


def test_status_says_that_a_renewal_fails(stack: Stack) -> None:
    renewal = {"RenewalSummary": {"RenewalStatus": "FAILED", "RenewalStatusReason": "CAA_ERROR"}}
    assert (Level.DEGRADED, "its renewal is FAILED: CAA_ERROR: ACM needs the validation records in the zone") in status(
        stack, certificate(**renewal)
    )


# ---- whether the domain is delegated ---------------------------------------------------------------------------------


def zone(*caa: str, name: str = "example.com") -> dict[str, Any]:
    """Answers of Route 53: a zone with CAA records at its own name."""
    held = {"Id": "/hostedzone/Z1", "Name": f"{name}.", "Config": {"PrivateZone": False}}
    record = {"Name": f"{name}.", "Type": "CAA", "ResourceRecords": [{"Value": each} for each in caa]}

    def listed(**arguments: str) -> dict[str, Any]:
        return {"HostedZones": [held] if arguments["DNSName"] == f"{name}." else []}

    def records(**arguments: str) -> dict[str, Any]:
        wanted = arguments["StartRecordName"] == name and arguments["StartRecordType"] == "CAA" and bool(caa)
        return {"ResourceRecordSets": [record] if wanted else []}

    return {
        "list_hosted_zones_by_name": listed,
        "get_hosted_zone": {"HostedZone": held, "DelegationSet": {"NameServers": SERVERS}},
        "list_resource_record_sets": records,
    }


def preflight(stack: Stack, answers: Mapping[str, Any]) -> list[tuple[Level, str]]:
    world = World(Answering(**answers), stack, READERS)
    look = Before(stack, frozenset()).look(world, Platform(stack), (stack,))
    return [(each.level, each.text) for each in domain.domain(look)]


def test_a_zone_that_is_delegated_is_fine(stack: Stack, name_server: NameServer) -> None:
    name_server.records[("example.com", "NS")] = [f"{each}." for each in SERVERS]
    assert preflight(stack, zone()) == [(Level.OK, "example.com is delegated to its name servers")]


TODO: Final = f"set where the domain is registered, or in the zone above: {', '.join(SERVERS)}"
CONSEQUENCE: Final = (
    "the apply would wait 15 minutes for the certificate, and fail; until then certificate.wait_for_validation: false"
)


@pytest.mark.parametrize(
    ("found", "said"),
    [([], "is not delegated"), (["ns.elsewhere.example."], "is delegated to ns.elsewhere.example")],
)
def test_a_zone_that_is_not_delegated_is_told_with_what_is_missing(
    stack: Stack, name_server: NameServer, found: list[str], said: str
) -> None:
    name_server.records[("example.com", "NS" if found else "TXT")] = found or ['"a"']
    text = f"example.com {said}, so nobody finds its records; {TODO}; {CONSEQUENCE}"
    assert preflight(stack, zone()) == [(Level.DEGRADED, text)]


@pytest.mark.usefixtures("name_server")
def test_a_zone_that_is_not_there_is_told(stack: Stack) -> None:
    (told,) = preflight(stack, zone(name="example.org"))
    assert told[0] is Level.DEGRADED
    assert "the account has no public hosted zone for api.example.com, example.com: make it with" in told[1]


@pytest.mark.parametrize(
    ("caa", "told"),
    [
        (['0 issue "amazon.com"'], []),
        (['0 issue "letsencrypt.org"', '0 issue "amazontrust.com; policy=ev"'], []),
        (['0 issue "letsencrypt.org"'], ["letsencrypt.org"]),
        (['0 issue ";"'], ["nobody"]),
    ],
)
def test_a_caa_record_that_forbids_amazon_is_told(
    stack: Stack, name_server: NameServer, caa: list[str], told: list[str]
) -> None:
    name_server.records[("example.com", "NS")] = [f"{each}." for each in SERVERS]
    found = preflight(stack, zone(*caa))[1:]
    how = "add amazon.com there, or to certificate.authorities"
    assert found == [
        (Level.DEGRADED, f"the CAA record of example.com allows {each}, so ACM issues no certificate: {how}")
        for each in told
    ]


def test_what_no_resolver_says_is_unknown(
    stack: Stack, name_server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Trouble, match=r"the name servers of broken.example do not answer for it"):
        resolver.records("broken.example", "NS")
    name_server.records[("example.com", "CAA")] = ['0 issue "amazon.com"']
    assert resolver.records("example.com", "CAA") == {'0 issue "amazon.com"'}
    monkeypatch.setenv(resolver.RESOLVER, "no address")
    assert [level for level, _ in preflight(stack, zone())] == [Level.UNKNOWN] * 2  # of NS and, above the zone, of CAA
