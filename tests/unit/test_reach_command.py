"""`miyabi-infra reach`: the tables, the answers with their exit codes, and what differs from a revision."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from miyabi_infra.commands.reach import run
from miyabi_infra.refused import Refused
from tests.support import Project, git

Shown = Callable[[], str]

NOTHING_USES = "nothing in the stack uses its security group, module.security_groups.aws_security_group.rds"


@pytest.fixture
def synthesized(project: Project, output: Path) -> Project:
    """A project with the output of the overlays, which the test may change."""
    project.take(output)
    return project


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Shown:
    """What was printed since the last call."""
    return lambda: capsys.readouterr().out


def test_the_overview_has_a_column_for_each_environment_with_a_network(synthesized: Project, shown: Shown) -> None:
    assert run(synthesized.root) == 0
    header, _, *lines = shown().splitlines()

    assert header.split() == ["from", "to", "port", "dev", "prod", "staging"]
    assert lines[0].split() == ["internet", "alb", "tcp", "80", "yes", "yes", "yes"]
    assert lines[5].split() == ["tasks", "AWS", "images", "yes", "yes", "yes"]


def test_one_environment_is_shown_with_its_rules(synthesized: Project, shown: Shown) -> None:
    assert run(synthesized.root, "dev") == 0
    text = shown()

    assert (
        "tasks -> redis  tcp 6379\n"
        "    module.ecs_service.aws_ecs_service.app: the application opens connections\n"
        "    module.security_groups.aws_security_group.ecs: "
        'egress "All outbound traffic": everything to 0.0.0.0/0\n'
        "    module.security_groups.aws_security_group.redis: "
        'ingress "Redis from ECS": tcp 6379 from module.security_groups.aws_security_group.ecs\n'
        "    module.elasticache.aws_elasticache_cluster.redis: redis listens on 6379\n"
    ) in text
    assert "tasks -> database  tcp 5432  (depends)\n" in text  # there is none, only a group that would let them in
    assert text.endswith("4 connections can be opened in dev, 1 more may be, nothing else\n")


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        ("internet", "alb:80", 0),
        ("internet", "alb", 0),
        ("internet", "alb:8080", 1),
        ("internet", "alb:80/udp", 1),
        ("internet", "tasks:8080", 1),
        ("internet", "redis:6379", 1),
        ("alb", "tasks:8080", 0),
        ("alb", "redis", 1),
        ("alb", "internet:443", 1),
        ("tasks", "redis:6379", 0),
        ("tasks", "redis:22", 1),
        ("tasks", "tasks", 1),
        ("tasks", "internet:443", 0),
        ("tasks", "internet:53/udp", 0),
        ("tasks", "images", 0),
        ("tasks", "logs", 0),
        ("tasks", "secrets", 0),
        ("redis", "internet", 1),
    ],
)
def test_the_exit_code_answers_the_question(synthesized: Project, source: str, target: str, code: int) -> None:
    assert run(synthesized.root, "prod", (source, target)) == code


def test_no_comes_with_every_condition_that_is_missing(synthesized: Project, shown: Shown) -> None:
    run(synthesized.root, "dev", ("internet", "tasks:8080"))
    assert shown() == (
        "dev: no: internet -> tasks, tcp 8080\n"
        "    no   the tasks have no public address  (module.ecs_service.aws_ecs_service.app)\n"
        "    no   no route between module.networking.aws_subnet.private[0] and an internet gateway"
        "  (module.networking.aws_route_table.private[0])\n"
        "    no   no ingress rule lets tcp 8080 in from the internet"
        " (it lets in tcp 8080 from module.security_groups.aws_security_group.alb)"
        "  (module.security_groups.aws_security_group.ecs)\n"
        "    yes  container miyabi-app listens on 8080  (module.ecs.aws_ecs_task_definition.app)\n"
        "    but requests are passed on: internet -> alb tcp 80, alb -> tasks tcp 8080\n"
    )


def test_one_environment_that_can_is_enough_for_yes(synthesized: Project) -> None:
    with synthesized.body("staging", "alb") as body:
        body["resource"]["aws_lb_listener"]["http"]["port"] = 8000
    with synthesized.body("staging", "security-groups") as body:
        body["resource"]["aws_security_group"]["alb"]["ingress"][0] |= {"from_port": 8000, "to_port": 8010}

    codes = [run(synthesized.root, name, ("internet", "alb:8000")) for name in ("dev", "prod", "staging", None)]
    assert codes == [1, 1, 0, 0]


def test_an_answer_in_json_has_the_steps(synthesized: Project, shown: Shown) -> None:
    assert run(synthesized.root, "dev", ("internet", "alb:443"), as_json=True) == 1
    (answer,) = json.loads(shown())["dev"]

    assert (answer["possible"], answer["what"]) == (False, "tcp 443")
    assert [step["text"] for step in answer["steps"] if not step["holds"]] == [
        "no ingress rule lets tcp 443 in from the internet (it lets in tcp 80 from 0.0.0.0/0)",
        "nothing listens on tcp 443 (alb answers on tcp 80)",
    ]


def test_json_holds_everything_that_is_known(synthesized: Project, shown: Shown) -> None:
    assert run(synthesized.root, as_json=True) == 0
    data = json.loads(shown())

    assert list(data) == ["dev", "prod", "staging"]
    assert [(each["from"], each["to"], each["ports"]) for each in data["prod"]["connections"]] == [
        ("internet", "alb", [80, 80]),
        ("alb", "tasks", [8080, 8080]),
        ("tasks", "redis", [6379, 6379]),
        ("tasks", "database", [5432, 5432]),
        ("tasks", "internet", [0, 65535]),
    ]
    assert [(each["what"], each["possible"]) for each in data["prod"]["tasks"]] == [
        ("images", True),
        ("logs", True),
        ("secrets", True),
    ]
    assert [(each["node"], each["port"]) for each in data["prod"]["let_in"]] == [("alb", 443)]


def test_what_has_to_do_with_the_network_and_is_not_judged_is_named(synthesized: Project, shown: Shown) -> None:
    with synthesized.body("dev", "networking") as body:
        body["resource"]["aws_networkfirewall_firewall"] = {"main": {"vpc_id": "${aws_vpc.main.id}"}}
    firewall = "module.networking.aws_networkfirewall_firewall.main"
    assert run(synthesized.root) == 0
    text = shown()
    assert f"dev: not judged: {firewall}\n" in text
    assert "Nothing else can be opened, except through what is not judged." in text

    assert run(synthesized.root, "dev", ("internet", "redis:6379")) == 3
    text = shown()
    assert text.startswith("dev: unknown: internet -> redis, tcp 6379\n")
    assert f"    not judged: {firewall}\n" in text
    assert run(synthesized.root, "dev", ("internet", "redis:6379"), as_json=True) == 3
    (answer,) = json.loads(shown())["dev"]
    assert (answer["verdict"], answer["possible"], answer["unjudged"]) == ("unknown", False, [firewall])


@pytest.mark.parametrize(
    ("source", "target", "text"),
    [
        ("internet", "rediss", "dev has no 'rediss'; did you mean redis? There are internet, alb, tasks, redis"),
        ("somebody", "redis", "dev has no 'somebody'. There are internet, alb"),
        ("web", "redis", "dev has no 'web'; did you mean internet? There are"),
        ("lb", "redis", "dev has no 'lb'; did you mean alb? There are"),
        ("tasks", "cdn", "dev has no 'cdn'. There are internet, alb, tasks, redis, images, logs, secrets"),
        ("internet", "cloudfront", "dev has no 'cloudfront'. There are"),
        ("tasks", "waf", "dev has no 'waf'. There are"),
        ("tasks", "endpoint.s3", "dev has no 'endpoint.s3'. There are"),
        ("tasks", "rds:5432", f"dev has no 'rds': {NOTHING_USES}. There are"),
        ("tasks", "database", f"dev has no 'database': {NOTHING_USES}. There are"),
        ("database", "redis", f"dev has no 'database': {NOTHING_USES}. There are"),
        ("internet", "redis:none", "'redis:none' names no port; allowed: 1 to 65535"),
        ("internet", "redis:0", "'redis:0' names no port"),
        ("internet", "redis:53/icmp", "'redis:53/icmp' names no port"),
        ("internet", "internet:80", "nothing that this network decides"),
    ],
)
def test_what_is_not_there_can_not_be_asked(synthesized: Project, source: str, target: str, text: str) -> None:
    with pytest.raises(Refused, match=re.escape(text)):
        run(synthesized.root, "dev", (source, target))


def test_an_environment_without_the_place_is_named_beside_the_answers_of_the_others(
    project: Project, shown: Shown
) -> None:
    project.change("dev", ("\nmonthly_budget:", "\nrds:\n  enabled: true\n\nmonthly_budget:"))
    project.synthesize()
    assert run(project.root, None, ("tasks", "database")) == 0
    answer, *others = [line for line in shown().splitlines() if not line.startswith(" ")]
    assert answer == "dev: yes: tasks -> database, tcp 5432"
    assert [line.partition(":")[0] for line in others] == ["prod has no 'database'", "staging has no 'database'"]


def test_what_differs_from_a_revision_is_named_and_makes_the_exit_code_1(synthesized: Project, shown: Shown) -> None:
    git(synthesized.root, "init", "-q")
    git(synthesized.root, "add", ".")
    git(synthesized.root, "commit", "-qm", "first")
    assert run(synthesized.root, since="HEAD") == 0
    assert shown() == "dev: as in HEAD\nprod: as in HEAD\nstaging: as in HEAD\n"

    for same in (["0.0.0.0/0", "0.0.0.0/1"], ["128.0.0.0/1", "0.0.0.0/1"]):  # all addresses, written in another way
        with synthesized.body("dev", "security-groups") as body:
            body["resource"]["aws_security_group"]["alb"]["ingress"][0]["cidr_blocks"] = same
        assert run(synthesized.root, "dev", since="HEAD") == 0
        assert shown() == "dev: as in HEAD\n"

    with synthesized.body("dev", "security-groups") as body:
        groups = body["resource"]["aws_security_group"]
        groups["redis"]["ingress"][0]["cidr_blocks"] = ["0.0.0.0/0"]
        groups["rds"]["ingress"] = []
        groups["alb"]["ingress"][0]["cidr_blocks"] = ["203.0.113.0/24"]
    with synthesized.body("dev", "networking") as body:
        del body["resource"]["aws_route"]["private_nat_gateway"]

    assert run(synthesized.root, "dev", since="HEAD") == 1
    lines = shown().splitlines()
    assert lines[:-1] == [
        "dev:",
        "  + internet -> alb  tcp 80 (203.0.113.0/24)",
        "  + elsewhere -> redis  tcp 6379  (depends)",
        "  - internet -> alb  tcp 80",
        "  - tasks -> database  tcp 5432  (depends)",
        "  - tasks -> internet  everything",
        "  - tasks cannot pull 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:latest",
        "  - tasks cannot write to /ecs/miyabi-dev",
        "  - tasks cannot read arn:aws:secretsmanager:*:*:secret:miyabi/dev/*",
    ]
    assert lines[-1] == (
        "  ! module.security_groups.aws_security_group.redis lets the internet in on tcp 6379, which does not arrive: "
        "ElastiCache gives its nodes no public address; "
        "no route between module.networking.aws_subnet.private[0] and an internet gateway"
    )
