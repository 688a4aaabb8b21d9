"""Reachability: the whole matrix of every environment, and what changes it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.reach import Connection, Reach, abilities, connections
from miyabi_infra.reach.questions import End, ask, difference
from miyabi_infra.stacks import Stack, read
from tests.support import Project

ENVIRONMENTS = ("dev", "prod", "staging")

MATRIX = [
    ("internet", "alb", "tcp 80"),
    ("alb", "tasks", "tcp 8080"),
    ("tasks", "redis", "tcp 6379"),
    ("tasks", "database", "tcp 5432"),
    ("tasks", "internet", "everything"),
]
"""Everything that can be opened, without a certificate; nothing else can."""

GROUPS = "module.security_groups.aws_security_group"

Json = dict[str, Any]
Resources = dict[str, Json]
Mutation = Callable[[Resources], object]
Mutate = Callable[[dict[str, Mutation]], Stack]

PUBLIC = {"cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": []}


def rule(port: int, **peers: list[str]) -> Json:
    closed = {**PUBLIC, "cidr_blocks": []}
    return {"description": "", "protocol": "tcp", "from_port": port, "to_port": port, "self": False, **closed, **peers}


def opened(group: str, port: int) -> Mutation:
    return lambda found: found["aws_security_group"][group]["ingress"].append(rule(port, **PUBLIC))


def stack_of(out: Path, environment: str) -> Stack:
    return next(stack for stack in read(out) if stack.environment == environment)


def matrix(stack: Stack) -> list[tuple[str, str, str]]:
    return [(each.source, each.target, each.port_text) for each in connections(stack)]


@pytest.fixture
def mutated(project: Project, output: Path) -> Mutate:
    """Reads dev after its generated JSON was changed by hand, module by module."""

    def change(edits: dict[str, Mutation]) -> Stack:
        shutil.rmtree(project.out, ignore_errors=True)
        project.take(output)
        for module, edit in edits.items():
            with project.body("dev", module) as body:
                edit(body["resource"])
        return stack_of(project.out, "dev")

    return change


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_but_the_intended_connections_can_be_opened(output: Path, environment: str) -> None:
    assert matrix(stack_of(output, environment)) == MATRIX


def test_the_shared_stack_has_no_network(output: Path) -> None:
    assert matrix(stack_of(output, "shared")) == []


def test_a_certificate_opens_443(project: Project) -> None:
    arn = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"
    project.change("prod", ('certificate_arn: ""', f"certificate_arn: {arn}"))
    stack = stack_of(project.synthesize("prod"), "prod")

    assert matrix(stack) == [MATRIX[0], ("internet", "alb", "tcp 443"), *MATRIX[1:]]


@pytest.fixture(scope="module")
def internal(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """An internal load balancer, for a network that is led there."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("internal"))
    blocks = "alb_ingress_cidr_blocks: [10.0.0.0/16, 192.168.0.0/16, 172.20.0.0/16]"
    project.change("dev", ("https_ingress: false", f"https_ingress: false\n  {blocks}"))
    project.write("dev", project.overlay("dev").read_text() + "\nalb: {internal: true}\n")
    return stack_of(project.synthesize("dev"), "dev")


def test_who_else_the_rules_let_in_is_said(internal: Stack, output: Path) -> None:
    (found,) = Reach(internal).elsewhere
    assert (found.source, found.target, found.port_text, found.certain) == ("elsewhere", "alb", "tcp 80", False)
    assert found.blocks == ("192.168.0.0/16", "172.20.0.0/16"), "the VPC's own block is no other network"
    assert [Reach(stack_of(output, each)).elsewhere for each in ENVIRONMENTS] == [()] * 3


def test_what_lets_other_networks_in_since_then_is_a_difference(internal: Stack, output: Path) -> None:
    def elsewhere(found: tuple[Connection, ...]) -> list[str]:
        return [each.source for each in found if each.source == "elsewhere"]

    dev = stack_of(output, "dev")
    assert elsewhere(difference(None, internal).opened) == ["elsewhere"]
    assert elsewhere(difference(internal, None).closed) == ["elsewhere"]
    assert elsewhere(difference(dev, internal).opened) == [], "the internet's rule let them in, too"


@pytest.mark.parametrize(
    ("source", "target", "verdict"),
    [
        ("elsewhere", "alb:80", "unknown"),
        ("elsewhere", "alb:443", "no"),
        ("elsewhere", "redis:6379", "no"),
        ("192.168.7.0/24", "alb:80", "unknown"),
        ("192.168.7.9", "alb:80", "unknown"),
        ("192.0.0.0/8", "alb:80", "no"),  # of the internet, and the load balancer is internal
        ("10.0.11.0/24", "alb:80", "yes"),
        ("10.0.11.0/24", "tasks:8080", "no"),
        ("10.77.0.0/16", "alb:80", "no"),
        ("203.0.113.9", "alb:80", "no"),
    ],
)
def test_a_block_of_addresses_can_be_asked_about(internal: Stack, source: str, target: str, verdict: str) -> None:
    (answer,) = ask(Reach(internal), source, End.parse(target))
    assert answer.verdict == verdict


def test_blocks_of_the_internet_are_asked_about_as_the_internet_is(project: Project) -> None:
    blocks = "alb_ingress_cidr_blocks: [203.0.113.0/24, 192.168.0.0/16]"
    project.change("dev", ("https_ingress: false", f"https_ingress: false\n  {blocks}"))
    reach = Reach(stack_of(project.synthesize("dev"), "dev"))
    sources = ("203.0.113.9", "198.51.100.0/24", "203.0.0.0/16", "192.168.1.0/24", "elsewhere")
    said = [ask(reach, source, End.parse("alb:80"))[0].verdict for source in sources]
    assert said == ["yes", "no", "unknown", "unknown", "unknown"]
    assert [each.blocks for each in reach.elsewhere] == [("203.0.113.0/24", "192.168.0.0/16")]


def test_a_port_that_only_redirects_passes_nothing_on(project: Project) -> None:
    arn = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"
    project.change("prod", ('certificate_arn: ""', f"certificate_arn: {arn}"))
    reach = Reach(stack_of(project.synthesize("prod"), "prod"))
    (answer,) = ask(reach, "internet", End.parse("tasks"))
    assert [each.port_text for each in answer.through] == ["tcp 443", "tcp 8080"]
    plain, tls = (ask(reach, "internet", End.parse(f"alb:{port}"))[0].turned_away for port in (80, 443))
    assert plain is not None
    assert (plain.text, tls) == ("requests on 80 are not passed on: they are redirected to HTTPS 443", None)


def test_the_internet_reaches_nothing_behind_an_internal_load_balancer(project: Project) -> None:
    project.change("prod", ("alb:\n", "alb:\n  internal: true\n"))
    stack = stack_of(project.synthesize("prod"), "prod")
    assert set(matrix(stack)) == {*MATRIX[1:], ("tasks", "alb", "tcp 80")}
    (answer,) = ask(Reach(stack), "internet", End.parse("alb:80"))
    lacks = {step.kind for step in answer.steps if step.holds is False}
    assert lacks == {"public address", "route"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_connection_names_what_allows_it(output: Path, environment: str) -> None:
    stack = stack_of(output, environment)
    for connection in connections(stack):
        assert connection.because
        assert [step.address for step in connection.because if stack.find(step.address) is None] == []


def test_the_chain_from_the_internet_to_the_load_balancer_is_whole(output: Path) -> None:
    (connection, *_) = connections(stack_of(output, "dev"))
    assert [step.address for step in connection.because] == [
        "module.alb.aws_lb.main",
        "module.networking.aws_route_table_association.public[0]",
        "module.networking.aws_route.public_internet_gateway",
        "module.security_groups.aws_security_group.alb",
        "module.alb.aws_lb_listener.http",
    ]
    assert connection.through == ("module.networking.aws_internet_gateway.main",)


def test_the_way_out_goes_through_the_nat_of_each_zone(output: Path) -> None:
    gateways = {name: connections(stack_of(output, name))[-1].through for name in ("dev", "prod")}
    nat, internet = "module.networking.aws_nat_gateway.main", "module.networking.aws_internet_gateway.main"
    assert gateways == {"dev": (f"{nat}[0]", internet), "prod": (f"{nat}[0]", internet, f"{nat}[1]")}


def test_a_port_without_a_listener_answers_nothing_though_the_group_lets_it_in(output: Path) -> None:
    found = Reach(stack_of(output, "prod")).let_in
    assert [(each.node, each.port, [step.text for step in each.missing]) for each in found] == [
        ("alb", 443, ["nothing listens on tcp 443 (alb answers on tcp 80)"])
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_tasks_can_pull_images_write_logs_and_read_secrets(output: Path, environment: str) -> None:
    found = abilities(Reach(stack_of(output, environment)))
    assert [(each.name, each.possible) for each in found] == [("images", True), ("logs", True), ("secrets", True)]


# ---- changes by hand: what nobody means to do, and somebody does -------------------------------------------------


def test_a_rule_opened_to_the_world_is_seen_though_nothing_arrives(mutated: Mutate) -> None:
    stack = mutated({"security-groups": opened("redis", 6379)})
    reach = Reach(stack)

    assert matrix(stack) == MATRIX
    (found,) = reach.let_in
    assert (found.node, found.port, found.rule.address) == (
        "redis",
        6379,
        "module.security_groups.aws_security_group.redis",
    )
    assert [step.text for step in found.missing] == [
        "ElastiCache gives its nodes no public address",
        "no route between module.networking.aws_subnet.private[0] and an internet gateway",
    ]


def public_tasks(found: Resources) -> None:
    found["aws_ecs_service"]["app"]["network_configuration"]["assign_public_ip"] = True


def private_route_to_the_internet(found: Resources) -> None:
    route = found["aws_route"]["private_nat_gateway"]
    del route["nat_gateway_id"]
    route["gateway_id"] = "${aws_internet_gateway.main.id}"


def test_public_tasks_with_an_open_group_in_subnets_with_a_route_are_reachable(mutated: Mutate) -> None:
    stack = mutated(
        {
            "ecs-service": public_tasks,
            "security-groups": opened("ecs", 8080),
            "networking": private_route_to_the_internet,
        }
    )
    assert ("internet", "tasks", "tcp 8080") in matrix(stack)


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ("ecs-service", ["the tasks have no public address"]),
        (
            "security-groups",
            [f"no ingress rule lets tcp 8080 in from the internet (it lets in tcp 8080 from {GROUPS}.alb)"],
        ),
        ("networking", ["no route between module.networking.aws_subnet.private[0] and an internet gateway"]),
    ],
)
def test_one_missing_condition_keeps_the_internet_out_of_the_tasks(
    mutated: Mutate, left_out: str, missing: list[str]
) -> None:
    edits: dict[str, Mutation] = {
        "ecs-service": public_tasks,
        "security-groups": opened("ecs", 8080),
        "networking": private_route_to_the_internet,
    }
    del edits[left_out]
    reach = Reach(mutated(edits))
    tasks = reach.node("tasks")

    assert tasks is not None
    assert [step.text for step in reach.inward(tasks, "tcp", 8080) if not step.holds] == missing


def test_a_private_route_to_the_internet_gateway_is_no_way_out_for_private_addresses(
    mutated: Mutate,
) -> None:
    assert matrix(mutated({"networking": private_route_to_the_internet})) == MATRIX[:-1]


def test_an_open_database_group_is_reachable_as_nobody_knows_where_the_database_will_stand(
    mutated: Mutate,
) -> None:
    stack = mutated({"security-groups": opened("rds", 5432)})
    assert ("internet", "database", "tcp 5432") in matrix(stack)


def test_an_open_port_over_ipv6_counts(mutated: Mutate) -> None:
    def ipv6(found: Resources) -> None:
        found["aws_subnet"]["public"]["ipv6_cidr_block"] = "2600:1f14:1:2::/64"
        found["aws_route"]["ipv6"] = {
            "route_table_id": "${aws_route_table.public.id}",
            "destination_ipv6_cidr_block": "::/0",
            "gateway_id": "${aws_internet_gateway.main.id}",
        }

    def only_ipv6(found: Resources) -> None:
        found["aws_security_group"]["alb"]["ingress"] = [rule(80, ipv6_cidr_blocks=["::/0"])]

    def dual_stack(found: Resources) -> None:
        found["aws_lb"]["main"]["ip_address_type"] = "dualstack"

    edits: dict[str, Mutation] = {"networking": ipv6, "security-groups": only_ipv6}
    assert ("internet", "alb", "tcp 80") not in matrix(mutated(edits))
    assert ("internet", "alb", "tcp 80 over IPv6") in matrix(mutated({**edits, "alb": dual_stack}))


def test_separate_rules_and_self_rules_count(mutated: Mutate) -> None:
    def separate(found: Resources) -> None:
        found["aws_security_group"]["ecs"]["ingress"].append({**rule(8080), "self": True})
        found["aws_security_group_rule"] = {
            "metrics": {
                "type": "ingress",
                "security_group_id": "${aws_security_group.redis.id}",
                "source_security_group_id": "${aws_security_group.rds.id}",
                "protocol": "-1",
                "from_port": 0,
                "to_port": 0,
            }
        }
        found["aws_vpc_security_group_ingress_rule"] = {
            "from_anywhere": {
                "security_group_id": "${aws_security_group.rds.id}",
                "cidr_ipv4": "0.0.0.0/0",
                "ip_protocol": "tcp",
                "from_port": 5000,
                "to_port": 6000,
            }
        }

    found = matrix(mutated({"security-groups": separate}))
    assert ("tasks", "tasks", "tcp 8080") in found
    assert ("internet", "database", "tcp 5432") in found


def test_a_closed_egress_shuts_the_tasks_in(mutated: Mutate) -> None:
    def closed(found: Resources) -> None:
        redis_only = rule(6379, security_groups=["${aws_security_group.redis.id}"])
        found["aws_security_group"]["ecs"]["egress"] = [redis_only]

    stack = mutated({"security-groups": closed})
    assert matrix(stack) == [*MATRIX[:2], ("tasks", "redis", "tcp 6379")]
    assert [each.possible for each in abilities(Reach(stack))] == [False, False, False]


# ---- tasks and AWS -----------------------------------------------------------------------------------------------


def test_without_nat_tasks_reach_no_aws_service_and_the_answer_says_why(project: Project) -> None:
    project.change("dev", ("single_nat_gateway: true", "enable_nat_gateway: false"))
    found = abilities(Reach(stack_of(project.synthesize("dev"), "dev")))
    images = found[0]

    assert [each.possible for each in found] == [False, False, False]
    assert [step.text for step in images.because if not step.holds] == [
        "no route from module.networking.aws_subnet.private[0] out to the internet",
        "no route from module.networking.aws_subnet.private[1] out to the internet",
        "no VPC endpoint of ecr.api, ecr.dkr, s3 that the tasks reach",
    ]


def test_one_zone_without_a_way_out_is_enough_for_no(mutated: Mutate) -> None:
    def cut(found: Resources) -> None:
        found["aws_route_table"]["private"]["count"] = 2
        found["aws_route_table_association"]["private"]["route_table_id"] = "${aws_route_table.private[count.index].id}"

    stack = mutated({"networking": cut})
    assert ("tasks", "internet", "everything") in matrix(stack)
    assert [each.possible for each in abilities(Reach(stack))] == [False, False, False]


def test_a_role_without_the_policy_can_not(mutated: Mutate) -> None:
    def stripped(found: Resources) -> None:
        del found["aws_iam_role_policy_attachment"]

    stack = mutated({"iam": stripped})
    found = {each.name: each for each in abilities(Reach(stack))}

    assert {name: each.possible for name, each in found.items()} == {"images": True, "logs": False, "secrets": True}
    assert next(step.text for step in found["logs"].because if not step.holds).startswith(
        "the execution role may not logs:CreateLogStream"
    )


# ---- verdicts that were wrong --------------------------------------------------------------------------------------


def verdicts(stack: Stack) -> dict[str, str]:
    return {each.name: each.verdict for each in abilities(Reach(stack))}


def asked(stack: Stack, source: str, target: str) -> str:
    (answer, *_) = ask(Reach(stack), source, End.parse(target))
    return answer.verdict


def test_a_network_load_balancer_without_groups_lets_everybody_in(mutated: Mutate) -> None:
    def network(found: Resources) -> None:
        found["aws_lb"]["main"] |= {"load_balancer_type": "network", "security_groups": None}
        found["aws_lb_listener"]["http"]["protocol"] = "TCP"
        found["aws_lb_target_group"]["app"]["protocol"] = "TCP"

    stack = mutated({"alb": network})
    assert asked(stack, "internet", "alb:80") == "yes"
    assert asked(stack, "alb", "tasks:8080") == "no"  # the tasks' group names a group that the balancer has not

    def from_the_vpc(found: Resources) -> None:
        found["aws_security_group"]["ecs"]["ingress"].append(rule(8080, cidr_blocks=["10.0.0.0/16"]))

    assert asked(mutated({"alb": network, "security-groups": from_the_vpc}), "alb", "tasks:8080") == "yes"


def test_targets_that_see_the_clients_must_let_the_clients_in(mutated: Mutate) -> None:
    def network(found: Resources) -> None:
        found["aws_lb"]["main"] |= {"load_balancer_type": "network", "security_groups": None}
        found["aws_lb_listener"]["http"]["protocol"] = "TCP"
        found["aws_lb_target_group"]["app"] |= {"protocol": "TCP", "preserve_client_ip": True}

    assert asked(mutated({"alb": network}), "alb", "tasks:8080") == "no"
    edits: dict[str, Mutation] = {"alb": network, "security-groups": opened("ecs", 8080)}
    assert asked(mutated(edits), "alb", "tasks:8080") == "yes"


def test_a_prefix_list_of_the_stack_is_read_and_another_is_unknown(mutated: Mutate) -> None:
    def listed(found: Resources) -> None:
        found["aws_ec2_managed_prefix_list"] = {"everybody": {"entry": [{"cidr": "0.0.0.0/0"}]}}
        peers = rule(80, prefix_list_ids=["${aws_ec2_managed_prefix_list.everybody.id}"])
        found["aws_security_group"]["alb"]["ingress"] = [peers]

    def foreign(found: Resources) -> None:
        found["aws_security_group"]["alb"]["ingress"] = [rule(80, prefix_list_ids=["pl-63a5400a"])]

    assert asked(mutated({"security-groups": listed}), "internet", "alb:80") == "yes"
    stack = mutated({"security-groups": foreign})
    assert asked(stack, "internet", "alb:80") == "unknown"
    (found,) = [each for each in connections(stack) if each.source == "internet"]
    assert (found.target, found.certain) == ("alb", False)


def test_rules_of_the_default_group_count(mutated: Mutate) -> None:
    def default(found: Resources) -> None:
        found["aws_lb"]["main"]["security_groups"] = None

    def opened_default(found: Resources) -> None:
        found["aws_default_security_group"] = {
            "main": {"vpc_id": "${aws_vpc.main.id}", "ingress": [rule(80, **PUBLIC)]}
        }

    assert asked(mutated({"alb": default}), "internet", "alb:80") == "no"
    assert asked(mutated({"alb": default, "networking": opened_default}), "internet", "alb:80") == "yes"


def test_the_main_route_table_serves_subnets_without_their_own(mutated: Mutate) -> None:
    def main_table(found: Resources) -> None:
        del found["aws_route_table_association"]["public"]
        found["aws_route"]["public_internet_gateway"]["route_table_id"] = "${aws_vpc.main.main_route_table_id}"

    assert asked(mutated({"networking": main_table}), "internet", "alb:80") == "yes"


def test_a_cluster_with_a_public_instance_is_public(mutated: Mutate) -> None:
    def aurora(found: Resources) -> None:
        found["aws_db_subnet_group"] = {"main": {"name": "main", "subnet_ids": "${aws_subnet.public[*].id}"}}
        found["aws_rds_cluster"] = {
            "main": {
                "engine": "aurora-postgresql",
                "db_subnet_group_name": "${aws_db_subnet_group.main.name}",
                "vpc_security_group_ids": ["${aws_default_security_group.main.id}"],
            }
        }
        found["aws_rds_cluster_instance"] = {
            "one": {"cluster_identifier": "${aws_rds_cluster.main.id}", "publicly_accessible": True}
        }
        found["aws_default_security_group"] = {
            "main": {"vpc_id": "${aws_vpc.main.id}", "ingress": [rule(5432, **PUBLIC)]}
        }

    stack = mutated({"networking": aurora})
    assert ("internet", "database", "tcp 5432") in matrix(stack)


def deny_all(subnets: str) -> Mutation:
    return lambda found: found.update(
        aws_network_acl={"main": {"vpc_id": "${aws_vpc.main.id}", "subnet_ids": f"${{aws_subnet.{subnets}[*].id}}"}}
    )


def test_a_network_acl_that_denies_everything_closes_everything(mutated: Mutate) -> None:
    stack = mutated({"networking": deny_all("public")})
    assert asked(stack, "internet", "alb:80") == "no"
    assert set(verdicts(stack).values()) == {"no"}  # the NAT gateway is in these subnets

    stack = mutated({"networking": deny_all("private")})
    assert asked(stack, "alb", "tasks:8080") == "no"


def test_a_network_acl_must_let_the_answers_out(mutated: Mutate) -> None:
    def acl(answers: Json) -> Mutation:
        def edit(found: Resources) -> None:
            deny_all("public")(found)
            everything = {"rule_no": 100, "action": "allow", "protocol": "-1", "from_port": 0, "to_port": 0}
            found["aws_network_acl"]["main"] |= {
                "ingress": [{**everything, "cidr_block": "0.0.0.0/0"}],
                "egress": [{**everything, "cidr_block": "0.0.0.0/0", **answers}],
            }

        return edit

    tcp = {"protocol": "tcp", "from_port": 1024, "to_port": 65535}
    assert asked(mutated({"networking": acl(tcp)}), "internet", "alb:80") == "yes"
    assert asked(mutated({"networking": acl({**tcp, "to_port": 1100})}), "internet", "alb:80") == "unknown"
    assert asked(mutated({"networking": acl({**tcp, "to_port": 443, "from_port": 443})}), "internet", "alb:80") == "no"


@pytest.mark.parametrize("gateway", [{"network_interface_id": "eni-0a1b2c3d"}, {"transit_gateway_id": "tgw-0a1b2c3d"}])
def test_what_is_behind_a_nat_instance_or_a_transit_gateway_is_unknown(mutated: Mutate, gateway: Json) -> None:
    def elsewhere(found: Resources) -> None:
        route = found["aws_route"]["private_nat_gateway"]
        del route["nat_gateway_id"]
        route |= gateway

    assert set(verdicts(mutated({"networking": elsewhere})).values()) == {"unknown"}


# ---- policies ----------------------------------------------------------------------------------------------------

PULL = "ecr:BatchGetImage"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policies(*statements: Json, boundary: Json | None = None) -> Mutation:
    """The execution role with these statements alone."""

    def edit(found: Resources) -> None:
        del found["aws_iam_role_policy_attachment"]
        found["aws_iam_role_policy"]["ecr_access"]["policy"] = {"Statement": list(statements)}
        if boundary is not None:
            found["aws_iam_policy"] = {"boundary": {"policy": {"Statement": [boundary]}}}
            found["aws_iam_role"]["ecs_task_execution"]["permissions_boundary"] = "${aws_iam_policy.boundary.arn}"

    return edit


@pytest.mark.parametrize(
    ("edit", "verdict"),
    [
        (policies(EVERYTHING), "yes"),
        (policies(EVERYTHING, {"Effect": "Deny", "Action": PULL, "Resource": "*"}), "no"),
        (policies(EVERYTHING, {"Effect": "Deny", "Action": "ecr:batchget*", "Resource": "*"}), "no"),
        (
            policies(EVERYTHING, {"Effect": "Deny", "Action": PULL, "Resource": "*", "Condition": {"Bool": {}}}),
            "unknown",
        ),
        (policies({**EVERYTHING, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}), "unknown"),
        (policies({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), "yes"),
        (policies({"Effect": "Allow", "NotAction": "ecr:*", "Resource": "*"}), "no"),
        (policies({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}), "yes"),
        (policies(EVERYTHING, {"Effect": "Deny", "NotAction": "logs:*", "Resource": "*"}), "no"),
        (policies(EVERYTHING, boundary=EVERYTHING), "yes"),
        (policies(EVERYTHING, boundary={"Effect": "Allow", "Action": "logs:*", "Resource": "*"}), "no"),
        (policies(EVERYTHING, boundary={**EVERYTHING, "Condition": {"Bool": {}}}), "unknown"),
    ],
)
def test_policies_are_evaluated_whole(mutated: Mutate, edit: Mutation, verdict: str) -> None:
    assert verdicts(mutated({"iam": edit}))["images"] == verdict


def test_a_managed_policy_that_denies_decides_and_an_unknown_one_may(mutated: Mutate) -> None:
    def attached(arn: str) -> Mutation:
        def edit(found: Resources) -> None:
            found["aws_iam_policy"] = {
                "deny": {"policy": {"Statement": [{"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}]}}
            }
            found["aws_iam_role_policy_attachment"]["more"] = {
                "role": "${aws_iam_role.ecs_task_execution.name}",
                "policy_arn": arn,
            }

        return edit

    assert verdicts(mutated({"iam": attached("${aws_iam_policy.deny.arn}")}))["images"] == "no"
    assert verdicts(mutated({"iam": attached("arn:aws:iam::123456789012:policy/other")}))["images"] == "unknown"
    assert verdicts(mutated({"iam": attached("arn:aws:iam::aws:policy/ReadOnlyAccess")}))["images"] == "yes"


def test_what_is_not_judged_may_deny_or_close_anything(mutated: Mutate) -> None:
    def attached(found: Resources) -> None:
        found["aws_iam_policy_attachment"] = {"more": {"roles": ["${aws_iam_role.ecs_task_execution.name}"]}}

    stack = mutated({"iam": attached})
    assert set(verdicts(stack).values()) == {"unknown"}
    assert asked(stack, "internet", "alb:80") == "unknown"


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ({"Effect": "Deny", "Principal": "*", "Action": PULL}, "no"),
        ({"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Condition": {"Bool": {}}}, "unknown"),
        ({"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::1:role/other"}, "Action": PULL}, "unknown"),
        ({"Effect": "Deny", "Principal": "*", "Action": "ecr:DeleteRepository"}, "yes"),
        ({"Effect": "Allow", "Principal": "*", "Action": PULL}, "yes"),
    ],
)
def test_the_policy_of_the_repository_may_deny_a_pull(mutated: Mutate, statement: Json, verdict: str) -> None:
    def denied(found: Resources) -> None:
        policy = {"repository": "miyabi-web-api", "policy": {"Statement": [statement]}}
        found["aws_ecr_repository_policy"] = {"web_api": policy}

    assert verdicts(mutated({"iam": denied}))["images"] == verdict


KEY = "arn:aws:secretsmanager:us-west-2:123456789012:secret:other/key"
READ = "secretsmanager:GetSecretValue"


@pytest.mark.parametrize(
    ("of", "statement", "verdict"),
    [
        (KEY, {"Effect": "Deny", "Principal": "*", "Action": READ}, "no"),
        (KEY, {"Effect": "Deny", "Principal": "*", "Action": READ, "Condition": {"Bool": {}}}, "unknown"),
        ("${aws_secretsmanager_secret.made.arn}", {"Effect": "Deny", "Principal": "*", "Action": READ}, "unknown"),
        (f"{KEY}2", {"Effect": "Deny", "Principal": "*", "Action": READ}, "yes"),
        (KEY, {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:DeleteSecret"}, "yes"),
        (KEY, {"Effect": "Allow", "Principal": "*", "Action": READ}, "yes"),
    ],
)
def test_the_policy_of_a_secret_may_deny_its_reading(mutated: Mutate, of: str, statement: Json, verdict: str) -> None:
    def read_key(found: Resources) -> None:
        (definition,) = found["aws_ecs_task_definition"].values()
        secrets = [{"name": "KEY", "valueFrom": f"{KEY}:password::"}]
        definition["container_definitions"] = [{"name": "miyabi-app", "image": "web", "secrets": secrets}]

    def denied(found: Resources) -> None:
        policies({"Effect": "Allow", "Action": READ, "Resource": "arn:aws:secretsmanager:us-west-2:*:secret:*"})(found)
        found["aws_secretsmanager_secret"] = {"made": {"name": "made"}}
        found["aws_secretsmanager_secret_policy"] = {"key": {"secret_arn": of, "policy": {"Statement": [statement]}}}

    found = abilities(Reach(mutated({"ecs": read_key, "iam": denied})))
    assert [each.verdict for each in found if each.text.startswith("start with KEY")] == [verdict]


OWN_KEY = "arn:aws:kms:us-west-2:123456789012:key/1a2b"
ALLOW_READ: Json = {"Effect": "Allow", "Action": READ, "Resource": "*"}
ALLOW_KEY: Json = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": OWN_KEY}
DENY_ALL: Json = {"Effect": "Deny", "Principal": "*", "Action": READ, "Resource": "*"}


@pytest.mark.parametrize(
    ("made", "statements", "verdict"),
    [
        ({}, [ALLOW_READ], "yes"),
        ({"kms_key_id": OWN_KEY}, [ALLOW_READ], "no"),
        ({"kms_key_id": OWN_KEY}, [ALLOW_READ, ALLOW_KEY], "yes"),
        ({"policy": {"Statement": [DENY_ALL]}}, [ALLOW_READ], "no"),
    ],
)
def test_a_secret_of_the_stack_needs_its_key_and_its_own_policy(
    mutated: Mutate, made: Json, statements: list[Json], verdict: str
) -> None:
    def read_key(found: Resources) -> None:
        (definition,) = found["aws_ecs_task_definition"].values()
        secrets = [{"name": "KEY", "valueFrom": f"{KEY}:password::"}]
        definition["container_definitions"] = [{"name": "miyabi-app", "image": "web", "secrets": secrets}]

    def allowed(found: Resources) -> None:
        policies(*statements)(found)
        found["aws_secretsmanager_secret"] = {"made": {"name": "other/key", **made}}

    found = abilities(Reach(mutated({"ecs": read_key, "iam": allowed})))
    assert [each.verdict for each in found if each.text.startswith("start with KEY")] == [verdict]


def test_a_route_to_addresses_that_are_not_known_may_be_the_way(mutated: Mutate) -> None:
    def routed(found: Resources) -> None:
        route = found["aws_route"]["public_internet_gateway"]
        del route["destination_cidr_block"]
        route["destination_prefix_list_id"] = "pl-63a5400a"

    assert asked(mutated({"networking": routed}), "internet", "alb:80") == "unknown"


def test_a_secret_that_is_added_takes_nothing_away_from_the_others(mutated: Mutate) -> None:
    def added(found: Resources) -> None:
        secret = {"name": "KEY", "valueFrom": "arn:aws:secretsmanager:us-west-2:123456789012:secret:other/key"}
        (definition,) = found["aws_ecs_task_definition"].values()
        definition["container_definitions"] = [{"name": "miyabi-app", "image": "web", "secrets": [secret]}]

    before, after = mutated({}), mutated({"ecs": added})
    assert verdicts(after)["secrets"] in {"no", "yes"}
    found = difference(before, after)
    assert [each.text for each in found.lost if each.name == "secrets"] == []
    assert [each.text for each in difference(after, before).lost if each.name == "secrets"] == []


def test_an_arn_with_an_account_depends_on_the_account(mutated: Mutate) -> None:
    group = "arn:aws:logs:*:123456789012:log-group:/ecs/miyabi-dev*"
    own = {"Effect": "Allow", "Action": "logs:*", "Resource": group}
    assert verdicts(mutated({"iam": policies(own)}))["logs"] == "unknown"


def endpoints(policy: Json | None = None, **arguments: object) -> Mutation:
    """Interface endpoints of ECR's API in the private subnets, that everything in the VPC may use."""

    def edit(found: Resources) -> None:
        found["aws_vpc"]["main"] |= {"enable_dns_support": True, "enable_dns_hostnames": True}
        found["aws_default_security_group"] = {
            "main": {"vpc_id": "${aws_vpc.main.id}", "ingress": [rule(443, cidr_blocks=["10.0.0.0/16"])]}
        }
        found["aws_vpc_endpoint"] = {
            name: {
                "service_name": f"com.amazonaws.us-west-2.ecr.{name}",
                "vpc_id": "${aws_vpc.main.id}",
                "vpc_endpoint_type": "Interface",
                "private_dns_enabled": True,
                "subnet_ids": "${aws_subnet.private[*].id}",
                **({"policy": policy} if policy else {}),
                **arguments,
            }
            for name in ("api", "dkr")
        }
        found["aws_vpc_endpoint"]["s3"] = {
            "service_name": "com.amazonaws.us-west-2.s3",
            "vpc_id": "${aws_vpc.main.id}",
            "route_table_ids": "${aws_route_table.private[*].id}",
        }

    return edit


def without_nat(edit: Mutation) -> Mutation:
    def both(found: Resources) -> None:
        edit(found)
        del found["aws_route"]["private_nat_gateway"]

    return both


PRINCIPAL = {**EVERYTHING, "Principal": "*"}


@pytest.mark.parametrize(
    ("edit", "verdict"),
    [
        (endpoints(), "yes"),
        (without_nat(endpoints()), "yes"),
        (without_nat(endpoints(private_dns_enabled=False)), "no"),
        (endpoints(private_dns_enabled=False), "yes"),  # through NAT
        (endpoints({"Statement": [PRINCIPAL]}), "yes"),
        (endpoints({"Statement": [{**PRINCIPAL, "Action": "logs:*"}]}), "no"),  # the name leads there all the same
        (endpoints({"Statement": [{**PRINCIPAL, "Condition": {"Bool": {}}}]}), "unknown"),
        (endpoints({"Statement": [PRINCIPAL, {**PRINCIPAL, "Effect": "Deny", "Action": "ecr:*"}]}), "no"),
    ],
)
def test_endpoints_with_private_names_leave_no_choice(mutated: Mutate, edit: Mutation, verdict: str) -> None:
    assert verdicts(mutated({"networking": edit}))["images"] == verdict


def test_what_the_overlay_says_about_endpoints_takes_the_place_of_nat(project: Project) -> None:
    said = "\nendpoints:\n  s3: true\n  interfaces: [ecr.api, ecr.dkr]\n"
    project.write("dev", project.overlay("dev").read_text(encoding="utf-8") + said)
    project.change("dev", ("networking:\n", "networking:\n  enable_nat_gateway: false\n"))
    stack = stack_of(project.synthesize("dev"), "dev")

    assert verdicts(stack)["images"] == "yes"
    assert verdicts(stack)["logs"] == "no", "CloudWatch Logs has no endpoint, and there is no NAT"
    (images,) = (each for each in abilities(Reach(stack)) if each.name == "images")
    passed = {step.address.partition("[")[0] for step in images.because if step.kind in {"endpoint", "ingress rule"}}
    assert {"module.endpoints.aws_vpc_endpoint.s3", "module.security_groups.aws_security_group.endpoints"} <= passed
    assert {("tasks", f"endpoint.ecr.{each}", "tcp 443") for each in ("api", "dkr")} <= set(matrix(stack))


def test_an_egress_that_leaves_the_endpoints_out_closes_them(mutated: Mutate) -> None:
    def egress(*rules: Json) -> Mutation:
        return lambda found: found["aws_security_group"]["ecs"].update(egress=list(rules))

    internal = rule(443, cidr_blocks=["10.0.0.0/16"])
    edits: dict[str, Mutation] = {"networking": without_nat(endpoints()), "security-groups": egress(internal)}
    assert (
        verdicts(mutated(edits))["images"] == "no"
    )  # S3's addresses are public, though a gateway endpoint leads there
    edits["security-groups"] = egress(internal, rule(443, prefix_list_ids=["pl-68a54001"]))
    assert verdicts(mutated(edits))["images"] == "unknown"
    edits["security-groups"] = egress(rule(443, cidr_blocks=["0.0.0.0/0"]))
    assert verdicts(mutated(edits))["images"] == "yes"


@pytest.mark.parametrize("environment", [*ENVIRONMENTS, "shared"])
def test_every_type_is_judged(output: Path, environment: str) -> None:
    assert Reach(stack_of(output, environment)).unjudged == ()
