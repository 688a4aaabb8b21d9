"""IPv6: what is built where it is on, who reaches what, what it costs, and what status and the picture say of it."""

import copy
import json
import shlex
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final

import pytest

from environments.settings import EnvironmentSettings
from miyabi_infra.aws.status.entrance import entrance
from miyabi_infra.aws.status.model import Level, Look
from miyabi_infra.aws.status.way_out import way_out
from miyabi_infra.aws.world import World
from miyabi_infra.commands import reach as command
from miyabi_infra.commands.set import run as change
from miyabi_infra.cost.estimate import estimate
from miyabi_infra.cost.prices import load
from miyabi_infra.pages import guides
from miyabi_infra.pages.diagram.reading import picture
from miyabi_infra.pages.summary.reachability import connection_changes
from miyabi_infra.pages.summary.replacing import replacements
from miyabi_infra.reach import Reach, ReachChange, abilities
from miyabi_infra.reach.questions import End, ask, difference
from miyabi_infra.stacks import Reference, Stack
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.stacks.compare import ABSENT, compare
from miyabi_infra.stacks.difference import difference as environments_differ
from miyabi_infra.stacks.platform import Platform
from miyabi_infra.stacks.steps import steps_between
from miyabi_infra.stacks.strengths import weaker
from modules.addresses import PRIVATE, is_public
from tests.guide import steps
from tests.support import Project
from tests.unit.test_names import bodies
from tests.unit.test_refusals import QA
from tests.unit.test_status import HEALTHY, Scripted

DUAL: Final[Mapping[str, Any]] = {
    "networking": {"ipv6": "dual-stack"},
    "alb": {"ip_address_type": "dualstack"},
    "security_groups": {"alb_ingress_ipv6_cidr_blocks": ["::/0"]},
}
BLOCKS: Final = {"public": "count.index", "private": "128 + count.index"}


@pytest.fixture(scope="module")
def base(root: Path) -> dict[str, Any]:
    """The settings of prod, as data."""
    return Project(root).settings("prod").model_dump()


@pytest.fixture(scope="module")
def dual(base: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The modules of prod with IPv6."""
    return bodies(base, **DUAL)


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with one environment, with IPv6, that is synthesized."""
    project = Project.alone(root, tmp_path_factory.mktemp("ipv6") / "project")
    text = QA.replace("networking:\n", "networking:\n  ipv6: dual-stack\n")
    text += "dns: {zone: example.com, zone_id: Z0123456789ABCDEFGHIJ, load_balancer_names: [api.example.com]}\n"
    project.write("qa", text + "".join(f"{name}: {json.dumps(DUAL[name])}\n" for name in ("alb", "security_groups")))
    project.synthesize("qa")
    return project


@pytest.fixture(scope="module")
def stack(made: Project) -> Stack:
    (found,) = read_stacks(made.out)
    return found


@pytest.mark.parametrize("guide", ["api", "frontend", "runbook", "troubleshooting"])
def test_the_guides_tell_of_ipv6_where_it_is_on_and_only_there(
    root: Path, made: Project, stack: Stack, guide: str
) -> None:
    page = guides.page(made.root, stack, guide)
    assert "IPv6" in page
    committed = root / guides.FOLDER
    assert "IPv6" not in (committed / "dev" / f"{guide}.md").read_text(encoding="utf-8")
    if guide == "troubleshooting":
        assert "api.example.com. A\n   api.example.com. AAAA\n" in page
        assert 'dig +short AAAA "$host"' in page
        assert "aws ecs list-account-settings --name dualStackIPv6" in page
        assert "The load balancer answers over IPv4 and IPv6." in page


# ---- what is built ---------------------------------------------------------------------------------------------------


def test_each_subnet_has_a_block_of_its_own_that_a_further_zone_does_not_move(dual: dict[str, dict[str, Any]]) -> None:
    made = dual["networking"]["resource"]
    assert made["aws_vpc"]["main"]["assign_generated_ipv6_cidr_block"] is True
    for name, number in BLOCKS.items():
        block = f"${{cidrsubnet(aws_vpc.main.ipv6_cidr_block, 8, {number})}}"
        assert made["aws_subnet"][name]["ipv6_cidr_block"] == block
    ways = {name: held for name, held in made["aws_route"].items() if "destination_ipv6_cidr_block" in held}
    assert ways.keys() == {"public_internet_gateway_ipv6", "private_egress_only_gateway"}
    assert ways["public_internet_gateway_ipv6"]["gateway_id"] == "${aws_internet_gateway.main.id}"
    private = ways["private_egress_only_gateway"]
    assert private["egress_only_gateway_id"] == "${aws_egress_only_internet_gateway.main.id}"
    assert private["count"] == made["aws_route_table"]["private"]["count"]


def test_only_what_has_an_ipv6_address_has_rules_about_it(dual: dict[str, dict[str, Any]]) -> None:
    groups = dual["security-groups"]["resource"]["aws_security_group"]
    rules = {
        (name, direction): [each["ipv6_cidr_blocks"] for each in group[direction] if each["ipv6_cidr_blocks"]]
        for name, group in groups.items()
        for direction in ("ingress", "egress")
    }
    assert {at: found for at, found in rules.items() if found} == {
        ("alb", "ingress"): [["::/0"], ["::/0"]],
        ("ecs", "egress"): [["::/0"]],
    }


def test_without_public_ipv4_nobody_need_come_over_ipv4(base: dict[str, Any]) -> None:
    only = {"alb_ingress_cidr_blocks": [], "alb_ingress_ipv6_cidr_blocks": ["::/0"]}
    made = bodies(
        base,
        networking=DUAL["networking"],
        alb={"ip_address_type": "dualstack-without-public-ipv4"},
        security_groups=only,
    )
    rules = made["security-groups"]["resource"]["aws_security_group"]["alb"]["ingress"]
    assert [(each["cidr_blocks"], each["ipv6_cidr_blocks"]) for each in rules] == [([], ["::/0"])] * 2


def test_on_the_way_back_the_vpc_alone_has_a_block_and_the_load_balancer_says_ipv4(base: dict[str, Any]) -> None:
    made, plain = bodies(base, networking={"ipv6": "vpc-only"}), bodies(base)
    networking = made["networking"]["resource"]
    assert networking["aws_vpc"]["main"].pop("assign_generated_ipv6_cidr_block") is True
    assert networking == plain["networking"]["resource"]
    # Without a value, the provider would leave dualstack as it is.
    assert made["alb"]["resource"]["aws_lb"]["main"]["ip_address_type"] == "ipv4"
    assert "ip_address_type" not in plain["alb"]["resource"]["aws_lb"]["main"]


@pytest.mark.parametrize(
    ("kind", "records"),
    [
        ("ipv4", {"load_balancer": "A"}),
        ("dualstack", {"load_balancer": "A", "load_balancer_ipv6": "AAAA"}),
        ("dualstack-without-public-ipv4", {"load_balancer_ipv6": "AAAA"}),
    ],
)
def test_a_name_has_a_record_for_each_version_that_the_load_balancer_answers(
    base: dict[str, Any], kind: str, records: dict[str, str]
) -> None:
    named = {"zone": "example.com", "zone_id": "Z1", "load_balancer_names": ["api.example.com"]}
    dual = DUAL if kind != "ipv4" else {}
    made = bodies(base, **{**dual, "alb": {"ip_address_type": kind}, "dns": named})
    found = made["dns"]["resource"]["aws_route53_record"]
    assert {name: each["type"] for name, each in found.items()} == records


def test_subnets_differ_in_what_they_ask_of_the_block(stack: Stack) -> None:
    vpc = "module.networking.aws_vpc.main"
    blocks = {each.address: each.get("ipv6_cidr_block") for each in stack.of_type("aws_subnet")}
    assert blocks["module.networking.aws_subnet.private[1]"] == Reference(vpc, "cidrsubnet(ipv6_cidr_block, 8, 129)")
    assert len(set(blocks.values())) == len(blocks)


# ---- who reaches what ------------------------------------------------------------------------------------------------


def verdicts(stack: Stack, *questions: tuple[str, str]) -> list[str]:
    reach = Reach(stack)
    return [ask(reach, source, End.parse(target))[0].verdict for source, target in questions]


def mutated(made: Project, folder: Path, module: str, edit: Any) -> Stack:  # noqa: ANN401  # a function
    project = Project(folder / "project")
    shutil.copytree(made.root, project.root)
    with project.body("qa", module) as body:
        edit(body["resource"])
    (found,) = read_stacks(project.out)
    return found


def test_the_internet_reaches_the_load_balancer_only_and_tasks_reach_the_internet(stack: Stack) -> None:
    assert verdicts(stack, ("internet", "alb:80"), ("internet", "tasks:8080"), ("internet", "redis:6379")) == [
        "yes",
        "no",
        "no",
    ]
    out = [each for each in Reach(stack).connections if (each.source, each.target) == ("tasks", "internet")]
    assert [each.blocks for each in out] == [("0.0.0.0/0",), ("::/0",)]
    assert "module.networking.aws_egress_only_internet_gateway.main" in out[1].through
    assert not any("nat_gateway" in each for each in out[1].through)
    (entry,) = [each for each in Reach(stack).connections if each.target == "alb" and each.source == "internet"]
    assert entry.blocks == ("0.0.0.0/0", "::/0")


def test_an_open_group_alone_lets_nobody_into_the_private_subnets(made: Project, tmp_path: Path) -> None:
    """The egress-only gateway lets in answers only, whatever a security group says."""

    def open_group(found: dict[str, Any]) -> None:
        rule = found["aws_security_group"]["ecs"]["ingress"]
        rule.append({**rule[0], "security_groups": [], "ipv6_cidr_blocks": ["::/0"]})

    stack = mutated(made, tmp_path, "security-groups", open_group)
    assert verdicts(stack, ("internet", "tasks:8080")) == ["no"]

    def reached(found: dict[str, Any]) -> None:
        route = found["aws_route"]["private_egress_only_gateway"]
        del route["egress_only_gateway_id"]
        route["gateway_id"] = "${aws_internet_gateway.main.id}"

    project = Project(tmp_path / "project")
    with project.body("qa", "networking") as body:
        reached(body["resource"])
    (opened,) = read_stacks(project.out)
    assert verdicts(opened, ("internet", "tasks:8080")) == ["unknown"], (
        "the account decides whether tasks have addresses"
    )


def answers(stack: Stack, source: str, target: str) -> dict[int | None, str]:
    return {each.version: each.verdict for each in ask(Reach(stack), source, End.parse(target))}


def of_type(kind: str) -> Any:  # noqa: ANN401  # a function
    """Gives the load balancer an address type; an empty one is the default."""

    def change(found: dict[str, Any]) -> None:
        found["aws_lb"]["main"].pop("ip_address_type", None)
        if kind:
            found["aws_lb"]["main"]["ip_address_type"] = kind

    return change


WITHOUT: Final = "dualstack-without-public-ipv4"


def test_without_public_ipv4_the_internet_gets_in_over_ipv6_only(made: Project, tmp_path: Path) -> None:
    """Application load balancers, "IP address type": clients connect over IPv6 only."""
    reach = Reach(mutated(made, tmp_path, "alb", of_type(WITHOUT)))
    yes, no = ask(reach, "internet", End.parse("alb:80"))
    assert [(each.version, each.verdict, each.what) for each in (yes, no)] == [
        (6, "yes", "tcp 80 over IPv6"),
        (4, "no", "tcp 80 over IPv4"),
    ]
    assert "::/0 -> module.networking.aws_internet_gateway.main" in [each.text for each in yes.steps]
    lacks = f"the load balancer has no public IPv4 address ({WITHOUT})"
    assert (no.steps[0].text, no.steps[0].address) == (lacks, "module.alb.aws_lb.main")
    assert all(each.address for each in yes.steps), "each step names the resource that decides it"
    (entry,) = [each for each in reach.connections if (each.source, each.target) == ("internet", "alb")]
    assert (entry.port_text, entry.blocks) == ("tcp 80 over IPv6", ("::/0",))
    assert ("tcp 80 over IPv4", (lacks,)) in [
        (each.port_text, tuple(step.text for step in each.missing)) for each in reach.let_in
    ]


def changed(found: ReachChange) -> list[tuple[str, str, str]]:
    ends = ((each, f"{each.connection.source} to {each.connection.target}") for each in connection_changes(found))
    return [(each.kind, between, each.connection.port_text) for each, between in ends]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("dualstack", WITHOUT, [("closed", "tcp 80 over IPv4")]),
        ("", WITHOUT, [("opened", "tcp 80 over IPv6"), ("closed", "tcp 80 over IPv4")]),
        (WITHOUT, "", [("opened", "tcp 80 over IPv4"), ("closed", "tcp 80 over IPv6")]),
        ("", "dualstack", [("opened", "tcp 80 over IPv6")]),
        ("dualstack", "", [("closed", "tcp 80 over IPv6")]),
    ],
)
def test_what_another_address_type_opens_and_closes_is_told_by_version(
    made: Project, tmp_path: Path, before: str, after: str, expected: list[tuple[str, str]]
) -> None:
    sides = [mutated(made, tmp_path / kind, "alb", of_type(value)) for kind, value in (("a", before), ("b", after))]
    found = [(kind, port) for kind, _, port in changed(difference(*sides))]
    assert found == expected


def test_the_network_alone_opens_only_what_ipv4_did_not(made: Project, tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    shutil.copytree(made.root, project.root)
    project.write("qa", QA)
    project.synthesize("qa")
    (plain,), (dual,) = read_stacks(project.out), read_stacks(made.out)
    opened = [
        ("opened", "internet to alb", "tcp 80 over IPv6"),
        ("opened", "tasks to internet", "everything over IPv6"),
    ]
    assert changed(difference(plain, dual)) == opened
    assert changed(difference(dual, plain)) == [("closed", *rest) for _, *rest in opened]
    assert changed(difference(None, dual))[0] == ("opened", "internet to alb", "tcp 80"), "over both alike"
    assert [each.version for each in Reach(plain).connections] == [None] * len(Reach(plain).connections)


def test_tasks_get_out_over_ipv6_only_where_the_account_says_so(stack: Stack) -> None:
    """Amazon ECS account settings, `dualStackIPv6`: off where nobody turned it on."""
    assert answers(stack, "tasks", "internet") == {4: "yes", 6: "unknown"}
    (unknown,) = [each for each in ask(Reach(stack), "tasks", End.parse("internet"))[1].steps if each.holds is None]
    assert "dualStackIPv6" in unknown.text
    certain = {each.version: each.certain for each in Reach(stack).connections if each.target == "internet"}
    assert certain == {4: True, 6: False}


def test_the_egress_only_gateway_is_said_to_let_in_answers_only(stack: Stack) -> None:
    """VPC user guide, "Egress-only internet gateways"."""
    over4, over6 = ask(Reach(stack), "internet", End.parse("tasks:8080"))
    assert (over4.verdict, over6.verdict) == ("no", "no")
    (gateway,) = [each for each in over6.steps if each.kind == "route" and each.holds is False]
    assert gateway.address == "module.networking.aws_route.private_egress_only_gateway[0]"
    assert "aws_egress_only_internet_gateway.main, which lets in answers only" in gateway.text


def test_without_nat_ipv6_takes_no_tasks_to_aws(made: Project, tmp_path: Path) -> None:
    """The usual names of AWS's services have no IPv6 address; those of dual-stack endpoints are others."""

    def without_nat(found: dict[str, Any]) -> None:
        del found["aws_route"]["private_nat_gateway"]

    stack = mutated(made, tmp_path, "networking", without_nat)
    assert {each.name: each.verdict for each in abilities(Reach(stack))} == {
        "images": "no",
        "logs": "no",
        "secrets": "no",
    }
    assert answers(stack, "tasks", "internet") == {4: "no", 6: "unknown"}


def test_an_internal_load_balancer_is_in_nobodys_way_over_either_version(
    made: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def internal(found: dict[str, Any]) -> None:
        found["aws_lb"]["main"]["internal"] = True

    reach = Reach(mutated(made, tmp_path, "alb", internal))
    (answer,) = ask(reach, "internet", End.parse("alb:80"))
    assert (answer.verdict, answer.version) == ("no", None)
    said = [(each.port_text, [step.text for step in each.missing]) for each in reach.let_in if each.port == 80]
    assert said == [("tcp 80", ["the load balancer is internal"])] * 2, "one for each rule, and no contradiction"
    assert command.run(tmp_path / "project", "qa") == 0
    assert capsys.readouterr().out.count("lets the internet in on tcp 80") == 1


def test_a_limit_over_one_version_is_no_everybody_over_both(made: Project, tmp_path: Path) -> None:
    def office(found: dict[str, Any]) -> None:
        for each in found["aws_security_group"]["alb"]["ingress"]:
            each["cidr_blocks"] = ["203.0.113.0/24"] if each["cidr_blocks"] else []

    (entry,) = [
        each
        for each in Reach(mutated(made, tmp_path, "security-groups", office)).connections
        if each.target == "alb" and each.source == "internet"
    ]
    assert entry.limits == ("203.0.113.0/24", "::/0")


def deny(port: int) -> dict[str, Any]:
    ports = {"from_port": port, "to_port": port, "protocol": "tcp", "ipv6_cidr_block": "::/0"}
    default = "${aws_vpc.main.default_network_acl_id}"
    return {"network_acl_id": default, "rule_number": 1, "rule_action": "deny", "egress": False, **ports}


@pytest.mark.parametrize(("port", "expected"), [(22, {None: "yes"}), (80, {4: "yes", 6: "no"})])
def test_the_default_network_acl_lets_ipv6_pass_but_for_what_a_rule_denies(
    made: Project, tmp_path: Path, port: int, expected: dict[int | None, str]
) -> None:
    """VPC user guide, "Default network ACL": rule 101 lets all IPv6 pass where the VPC has an IPv6 block."""

    def rule(found: dict[str, Any]) -> None:
        found["aws_network_acl_rule"] = {"deny": deny(port)}

    assert answers(mutated(made, tmp_path, "networking", rule), "internet", "alb:80") == expected


def test_over_ipv6_alone_the_load_balancer_needs_its_rule_its_route_and_its_addresses(
    made: Project, tmp_path: Path
) -> None:
    def only_ipv6(found: dict[str, Any]) -> None:
        group = found["aws_security_group"]["alb"]
        group["ingress"] = [each for each in group["ingress"] if not each["cidr_blocks"]]

    reached = [verdicts(mutated(made, tmp_path / "rule", "security-groups", only_ipv6), ("internet", "alb:80"))]

    def without_route(found: dict[str, Any]) -> None:
        del found["aws_route"]["public_internet_gateway_ipv6"]

    def without_addresses(found: dict[str, Any]) -> None:
        found["aws_lb"]["main"]["ip_address_type"] = "ipv4"

    for module, edit in (("networking", without_route), ("alb", without_addresses)):
        project = Project(tmp_path / "rule/project")
        with project.body("qa", module) as body:
            before = copy.deepcopy(body["resource"])
            edit(body["resource"])
        (found,) = read_stacks(project.out)
        reached.append(verdicts(found, ("internet", "alb:80")))
        with project.body("qa", module) as body:
            body["resource"] = before
    assert reached == [["yes"], ["no"], ["no"]]


@pytest.mark.parametrize("everything", [ip_network("0.0.0.0/0"), ip_network("::/0")])
def test_what_is_of_the_internet_is_what_python_calls_global(everything: IPv4Network | IPv6Network) -> None:
    """But for the blocks of documentation (RFC 5737, RFC 3849), and for blocks of protocols within the global ones."""
    first, last = everything[0], int(everything[-1])
    edges = {int(end) for block in PRIVATE for end in (block[0], block[-1]) if block.version == first.version}
    addresses = [first + edge + step for edge in edges for step in (-1, 0, 1) if 0 <= edge + step <= last]
    disagree = {
        str(each)
        for each in addresses
        if is_public(ip_network(each)) != (each.is_global and not (each.is_multicast or each.is_reserved))
    }
    assert disagree == set()
    assert not is_public(ip_network("ff00::/8"))
    assert not is_public(ip_network("fe80::/10"))
    assert not is_public(ip_network("fc00::/7"))
    assert not is_public(ip_network("224.0.0.0/4"))
    assert is_public(ip_network("203.0.113.0/24"))
    assert is_public(ip_network("2001:db8::/32"))
    assert is_public(ip_network("::/0"))


# ---- what a change is about ------------------------------------------------------------------------------------------


def test_blocks_are_told_as_blocks(made: Project, stack: Stack, tmp_path: Path) -> None:
    def office(found: dict[str, Any]) -> None:
        rules = found["aws_security_group"]["alb"]["ingress"]
        found["aws_security_group"]["alb"]["ingress"] = rules = [each for each in rules if each["from_port"] == 80]
        for each in rules:
            each["cidr_blocks"] = ["10.0.0.0/8", "203.0.113.0/24"] if each["cidr_blocks"] else []
            each["ipv6_cidr_blocks"] = ["2001:db8::/48"] if each["ipv6_cidr_blocks"] else []

    found = weaker(mutated(made, tmp_path, "security-groups", office), stack)
    assert [(each.strength.name, each.told) for each in found] == [
        (
            "addresses of the internet that security groups let in",
            ("203.0.113.0/24 on tcp 80", "0.0.0.0/0 on tcp 80, tcp 443"),
        ),
        (
            "IPv6 addresses of the internet that security groups let in",
            ("2001:db8::/48 on tcp 80", "::/0 on tcp 80, tcp 443"),
        ),
    ]


def test_what_is_narrower_over_one_version_makes_up_for_nothing_over_the_other(made: Project, tmp_path: Path) -> None:
    def narrower(found: dict[str, Any]) -> None:
        for each in found["aws_security_group"]["alb"]["ingress"]:
            each["ipv6_cidr_blocks"] = ["2001:db8::/48"] if each["ipv6_cidr_blocks"] else []

    def swapped(found: dict[str, Any]) -> None:
        for each in found["aws_security_group"]["alb"]["ingress"]:
            each["cidr_blocks"] = ["203.0.113.0/24"] if each["cidr_blocks"] else []

    sides = [mutated(made, tmp_path / each.__name__, "security-groups", each) for each in (narrower, swapped)]
    assert [each.strength.name for each in weaker(*sides)] == [
        "IPv6 addresses of the internet that security groups let in"
    ]


def test_a_rule_that_is_added_turns_no_other_into_itself(made: Project, stack: Stack, tmp_path: Path) -> None:
    def fewer(found: dict[str, Any]) -> None:
        group = found["aws_security_group"]["alb"]
        group["ingress"] = [each for each in group["ingress"] if each["description"] != "HTTP over IPv6 from internet"]
        group["ingress"].reverse()
        group["ingress"][0]["cidr_blocks"] = ["203.0.113.0/24"]

    (change,) = compare(mutated(made, tmp_path, "security-groups", fewer), stack).changes
    assert {each.path: each.before for each in change.arguments} == {
        "ingress[HTTPS over IPv6 from internet].cidr_blocks": ["203.0.113.0/24"],
        "ingress[HTTP over IPv6 from internet]": ABSENT,
    }


IPV4_BLOCKS: Final = "security_groups.alb_ingress_cidr_blocks"
IPV6_BLOCKS: Final = "security_groups.alb_ingress_ipv6_cidr_blocks"


def test_an_instance_that_is_there_anyway_is_not_caused_by_their_number(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`single_nat_gateway` decides how many private route tables there are: never whether there is one."""
    project = Project.alone(root, tmp_path / "project")
    office = "security_groups:\n  alb_ingress_cidr_blocks: [203.0.113.0/24]\n"
    project.write("qa", QA.replace("networking:\n", "networking:\n  single_nat_gateway: true\n") + office)
    text = QA.replace("networking:\n", "networking:\n  ipv6: dual-stack\n").replace("10.9.", "10.8.")
    text += f"security_groups: {json.dumps(DUAL['security_groups'])}\nalb: {json.dumps(DUAL['alb'])}\n"
    project.write("wide", text)
    for name in ("qa", "wide"):
        project.synthesize(name)
    found = environments_differ(project.root, "qa", "wide")
    causes = {
        change.address.rpartition(".")[2]: {each.name for each in found.causes.of(change)}
        for change in found.comparison.changes
        if "private_egress_only_gateway" in change.address
    }
    assert causes == {
        "private_egress_only_gateway[0]": {"networking.ipv6"},
        "private_egress_only_gateway[1]": {"networking.ipv6", "networking.single_nat_gateway"},
    }
    # Nor is a rule caused by the blocks of the other IP version.
    (rules,) = [each for each in found.comparison.changes if each.address.endswith("aws_security_group.alb")]
    assert {each.path: [one.name for one in found.causes.of(rules, each.path)] for each in rules.arguments} == {
        **{f"ingress[{name} from internet].cidr_blocks": [f"{IPV4_BLOCKS}[0]"] for name in ("HTTP", "HTTPS")},
        **{f"ingress[{name} over IPv6 from internet]": [f"{IPV6_BLOCKS}[0]"] for name in ("HTTP", "HTTPS")},
    }
    assert [[cause.name for cause in found.causes_of_weakness(each)] for each in found.weaker][:2] == [
        [f"{IPV4_BLOCKS}[0]"],
        [f"{IPV6_BLOCKS}[0]"],
    ]
    # What is told by IP version in one environment is so in both.
    assert command.run(project.root) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("tasks     internet")]
    assert [row[2:] for row in rows] == [
        ["everything", "over", "IPv4", "yes", "yes"],
        ["everything", "over", "IPv6", "-", "depends"],
    ]


def test_other_subnets_of_an_application_load_balancer_are_no_replacement(
    made: Project, stack: Stack, tmp_path: Path
) -> None:
    """The provider's documentation of `aws_lb`: only of network load balancers can no subnet be taken away."""

    def elsewhere(found: dict[str, Any]) -> None:
        found["aws_lb"]["main"]["subnets"] = ["subnet-1", "subnet-2"]

    after = mutated(made, tmp_path, "alb", elsewhere)
    found = replacements(stack, after, compare(stack, after).changes)
    assert (found.known, found.unknown) == ((), ())


# ---- what it costs, and what is shown --------------------------------------------------------------------------------


def test_ipv6_is_free_and_without_public_ipv4_its_addresses_are_not_paid(
    stack: Stack, made: Project, tmp_path: Path
) -> None:
    def priced(of: Stack) -> tuple[float, float]:
        found = estimate(of, EnvironmentSettings.model_fields["usage"].default, load(of.region))
        addresses = [each.cost.typical for each in found.charges if "of the ALB" in each.text]
        return sum(each.cost.typical for each in found.charges), sum(addresses)

    def without(found: dict[str, Any]) -> None:
        found["aws_lb"]["main"]["ip_address_type"] = "dualstack-without-public-ipv4"

    (total, addresses), (less, none) = priced(stack), priced(mutated(made, tmp_path, "alb", without))
    assert round(addresses, 2) == round(2 * 730 * 0.005, 2)
    assert (none, round(total - less, 2)) == (0, round(addresses, 2))


def test_the_picture_shows_the_gateway_and_who_has_ipv6(stack: Stack) -> None:
    found = picture(stack)
    assert [each.name for each in found.in_vpc if each.title == "Egress-only internet gateway"] == ["miyabi-eigw-qa"]
    assert all(subnet.cidr.endswith(", IPv6") for subnet in found.subnets)
    (balancer,) = found.of_kind("load balancer")
    assert "dualstack" in balancer.details


def routes(**of_private: str) -> list[dict[str, Any]]:
    """The route tables of a healthy environment with IPv6; `of_private`: the route of the private one."""
    public, private = copy.deepcopy(HEALTHY["describe_route_tables"])
    public["Routes"].append({"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active"})
    if of_private:
        private["Routes"].append({"DestinationIpv6CidrBlock": "::/0", "State": "active", **of_private})
    return [public, private]


def section(stack: Stack, observe: Any, **changed: Any) -> list[tuple[Level, str]]:  # noqa: ANN401
    now = datetime(2026, 11, 27, tzinfo=UTC)
    look = Look(World(Scripted({**HEALTHY, **changed}), stack, {}), Platform(stack), now)
    return [(each.level, each.text) for each in observe(look)]


def test_status_says_whether_tasks_get_out_over_ipv6(stack: Stack) -> None:
    gateway = {"EgressOnlyInternetGatewayId": "eigw-1"}
    good = section(stack, way_out, describe_route_tables=routes(**gateway))
    assert (Level.OK, "tasks in private get out over IPv6 by eigw-1") in good
    lost = section(stack, way_out, describe_route_tables=routes(**gateway, State="blackhole"))
    assert (Level.DEGRADED, "tasks in private do not get out over IPv6: its route to ::/0 is a blackhole") in lost
    none = section(stack, way_out, describe_route_tables=routes())
    assert (Level.DEGRADED, "tasks in private do not get out over IPv6: no route to ::/0") in none


def test_status_says_whether_clients_get_in_over_ipv6(stack: Stack) -> None:
    answer = copy.deepcopy(HEALTHY["describe_load_balancers"])
    answer["LoadBalancers"][0]["IpAddressType"] = "dualstack"
    dual = {"describe_load_balancers": answer, "describe_route_tables": routes()}
    shut = "no security group of the load balancer lets tcp 80 in from ::/0"
    assert (Level.DEGRADED, shut) in section(stack, entrance, **dual)
    groups = copy.deepcopy(HEALTHY["describe_security_groups"])
    groups[0]["IpPermissions"][0]["Ipv6Ranges"] = [{"CidrIpv6": "::/0"}]
    opened = {**dual, "describe_security_groups": groups}
    assert not [text for _, text in section(stack, entrance, **opened) if "::/0" in text]
    unrouted = section(stack, entrance, **{**opened, "describe_route_tables": HEALTHY["describe_route_tables"]})
    text = "public of the load balancer is not connected to the internet: no route to ::/0"
    assert (Level.DEGRADED, text) in unrouted


# ---- the way back, and the guides ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("none", "dual-stack", []),
        ("dual-stack", "vpc-only", ["networking.ipv6"]),
        ("dual-stack", "none", ["networking.ipv6"]),
        ("vpc-only", "none", []),
    ],
)
def test_the_way_back_needs_steps(before: str, after: str, told: list[str]) -> None:
    running, wanted = {"networking": {"ipv6": before}}, {"networking": {"ipv6": after}}
    assert [each.setting for each in steps_between(running, wanted, [("networking", "ipv6")])] == told


GUIDES: Final = ("internal", "ipv6", "network-logs")


@pytest.mark.slow
@pytest.mark.parametrize("order", [GUIDES, GUIDES[::-1]], ids=" then ".join)
def test_the_guides_change_the_overlay_in_any_order(root: Path, tmp_path: Path, order: tuple[str, ...]) -> None:
    project = Project.copy_of(root, tmp_path / "project")
    for name in order:
        first = next(each for each in steps(root / f"docs/guides/{name}.md") if "miyabi-infra set" in each.text)
        _, command, _, environment, *assigned = shlex.split(
            first.text.partition("miyabi-infra synth")[0].replace("\\\n", "")
        )
        assert (command, change(project.root, environment, assigned, ())) == ("set", 0)
    settings = project.settings("dev")
    assert settings.alb.model_dump(exclude_defaults=True) == {
        "internal": True,
        "ip_address_type": "dualstack",
        "access_logs": True,
        "connection_logs": True,
    }
    assert settings.security_groups.alb_ingress_ipv6_cidr_blocks == ("::/0",)
    assert settings.security_groups.alb_ingress_cidr_blocks == ("10.0.0.0/16", "172.20.0.0/16")
