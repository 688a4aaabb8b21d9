"""`miyabi-infra diagram`: what the picture shows, and that nothing in it lies over anything else."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from miyabi_infra.commands import docs
from miyabi_infra.commands.diagram import run
from miyabi_infra.pages.diagram import FOLDER
from miyabi_infra.pages.diagram.layout import layout
from miyabi_infra.pages.diagram.mermaid import mermaid
from miyabi_infra.pages.diagram.picture import Arrow, Drawn, Picture, spread
from miyabi_infra.pages.diagram.reading import picture
from miyabi_infra.pages.diagram.scene import text_width
from miyabi_infra.pages.diagram.svg import svg
from miyabi_infra.reach import connections
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack, read
from miyabi_infra.stacks.platform import Range
from tests.overlaps import overlaps
from tests.support import Project

CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"


def network(zones: str, **more: object) -> dict[str, object]:
    return {
        "vpc_cidr": "10.9.0.0/16",
        "availability_zones": [f"us-west-2{zone}" for zone in zones],
        "public_subnet_cidrs": [f"10.9.{number}.0/24" for number, _ in enumerate(zones)],
        "private_subnet_cidrs": [f"10.9.1{number}.0/24" for number, _ in enumerate(zones)],
        **more,
    }


IMAGE = {"ecr_image_uri": "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:3f2c1ab"}
OVERLAYS: dict[str, dict[str, object]] = {
    "three": {
        "networking": network("abc"),
        "alb": {"certificate_arn": CERTIFICATE, "redirect_http_to_https": True},
        "ecs": IMAGE | {"secrets": {"KEY": "arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/three/key"}},
        "ecs_service": {"enable_service_discovery": True, "autoscaling_max_capacity": 7},
        "monitoring": {"enabled": True},
        "notifications": {"email_addresses": ["oncall@example.com"]},
        "state": {"backend": "local"},
    },
    "four": {
        "networking": network("abcd", single_nat_gateway=True),
        "security_groups": {"alb_ingress_cidr_blocks": ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]},
        "ecs": IMAGE | {"cpu_architecture": "ARM64"},
        "state": {"backend": "local"},
    },
    "inside": {
        "networking": network("ab"),
        "alb": {"internal": True},
        "ecs": IMAGE,
        "state": {"backend": "local"},
    },
    "closed": {
        "networking": network("ab", enable_nat_gateway=False),
        "ecs": {"ecr_image_uri": f"123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api@sha256:{'0a' * 32}"},
        "state": {"backend": "local"},
    },
    "served": {
        "networking": network("ab"),
        "ecs": IMAGE,
        "endpoints": {"interfaces": ["logs", "ssm"]},
        "frontend": {"enabled": True, "bucket": "miyabi-served", "only_from_cloudfront": True, "origin_secret": True},
        "state": {"backend": "local"},
    },
    "far-too-long": {
        "project": "miyabi-platform",
        "networking": network("ab"),
        "ecs": IMAGE,
        "ecs_service": {"desired_count": 20, "autoscaling_min_capacity": 20, "autoscaling_max_capacity": 100},
        "state": {"backend": "local"},
    },
}


@pytest.fixture(scope="module")
def stacks(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stack]:
    project = Project.copy_of(root, tmp_path_factory.mktemp("pictures"))
    for name, overlay in OVERLAYS.items():
        project.write(name, overlay)
    return {stack.environment: stack for stack in read(project.synthesize())}


@pytest.fixture(scope="module")
def dev(stacks: dict[str, Stack]) -> Picture:
    return picture(stacks["dev"])


# ---- what it shows ---------------------------------------------------------------------------------------------------


def texts(found: Picture) -> list[str]:
    return [text for each in layout(found).texts for text in (each.text, each.beside) if text]


def test_an_internal_load_balancer_is_in_the_private_row_and_nobody_asks_from_the_internet(
    stacks: dict[str, Stack],
) -> None:
    found = picture(stacks["inside"])
    scene = layout(found)
    boxes = {box.key: box.rect for box in scene.boxes}
    private = [rect for key, rect in boxes.items() if key.startswith("private-")]
    assert {"internal", "clients from nobody"} <= set(texts(found))
    assert all(rect.y < boxes["tasks"].bottom < boxes["alb"].y < boxes["alb"].bottom < rect.bottom for rect in private)
    assert {(each.source, each.target) for each in found.arrows if "alb" in (each.source, each.target)} == {
        ("alb", "tasks"),
        ("tasks", "alb"),
    }
    rows = mermaid(found).splitlines()
    alb = next(at for at, row in enumerate(rows) if "Application Load Balancer" in row)
    assert "subgraph private" in next(row for row in reversed(rows[:alb]) if "subgraph" in row)


def test_dev_shows_its_network_and_what_stands_in_it(dev: Picture) -> None:
    shown = texts(dev)

    assert {
        "VPC miyabi-vpc-dev 10.0.0.0/16",
        "us-west-2a",
        "us-west-2b",
        "Public subnet 10.0.1.0/24",
        "Public subnet 10.0.2.0/24",
        "Private subnet 10.0.11.0/24",
        "Private subnet 10.0.12.0/24",
        "miyabi-igw-dev",
        "miyabi-nat-1-dev",
        "miyabi-alb-dev",
        "HTTP 80 forwards",
        "miyabi-service-dev",
        "2 to 4 tasks",
        "0.5 vCPU, 1 GB each",
        "miyabi-cache-dev",
        "1 node cache.t3.micro",
        "miyabi-rds-sg-dev",
        "No resource uses this group",
        "miyabi-web-api:latest",
        "/ecs/miyabi-dev",
    } <= set(shown)
    assert shown.count("outbound through miyabi-nat-1-dev") == 2
    assert "miyabi-nat-2-dev" not in shown


def test_prod_has_a_nat_gateway_in_each_zone_and_its_own_scaling_range(stacks: dict[str, Stack]) -> None:
    shown = texts(picture(stacks["prod"]))

    assert {"miyabi-nat-1-prod", "miyabi-nat-2-prod", "outbound through miyabi-nat-2-prod", "4 to 8 tasks"} <= set(
        shown
    )


def test_https_shows_its_listener_and_the_redirect(stacks: dict[str, Stack]) -> None:
    found = picture(stacks["three"])

    assert found.of_kind("load balancer")[0].details == ("HTTP 80 redirects to HTTPS 443", "HTTPS 443 forwards")
    assert Arrow("internet", "alb", "TCP 80, 443") in found.arrows
    assert Drawn("Private DNS zone", "miyabi.local", ("miyabi-app.miyabi.local",)) in found.in_vpc
    assert Drawn("CloudWatch", "8 alarms", ("all notify",)) in found.services
    assert Drawn("SNS", "miyabi-alarms-three", ("1 subscription",)) in found.services
    assert Drawn("Secrets Manager", "1 secret", ("read when a task starts",)) in found.services


def test_a_browser_asks_cloudfront_which_asks_the_load_balancer(stacks: dict[str, Stack]) -> None:
    found = picture(stacks["served"])

    assert [Arrow("internet", "cdn", "TCP 80, 443"), Arrow("cdn", "alb", "TCP 80")] == [
        each for each in found.arrows if {"cdn", "alb"} & {each.source, each.target} and each.source != "alb"
    ]
    assert {"clients from anywhere through CloudFront", "HTTP 80 forwards with CloudFront's secret header"} <= set(
        texts(found)
    )
    assert "internet can connect to alb" not in layout(found).description
    drawn = {line.strip() for line in mermaid(found).splitlines()}
    assert {'internet -->|"TCP 80, 443"| aws0', 'aws0 -->|"TCP 80"| igw', "igw --> bar0"} <= drawn
    assert {'internet -->|"TCP 80"| igw'} & drawn == set()
    assert next(line for line in drawn if line.startswith("aws0[")).startswith('aws0["CloudFront')


def test_endpoints_are_drawn_in_every_form(stacks: dict[str, Stack]) -> None:
    found = picture(stacks["served"])

    assert Drawn("2 VPC endpoints", "logs, ssm", stands_for=("endpoint.logs", "endpoint.ssm")) in found.in_vpc
    assert "Not drawn: tasks can connect to endpoint.logs, TCP 443" in texts(found)
    assert mermaid(found).count('bar1 -->|"TCP 443"| in_vpc0') == 1


def test_without_nat_nothing_leads_outward(stacks: dict[str, Stack]) -> None:
    found = picture(stacks["closed"])

    assert [each for each in found.arrows if each.target == "internet"] == []
    assert texts(found).count("no route to the internet") == 2
    assert [line for line in layout(found).lines if line.style == "out" and line.points[0][1] < 900] == []


def test_an_image_by_digest_is_shortened(stacks: dict[str, Stack]) -> None:
    assert "miyabi-web-api@0a0a0a0a0a0a…" in texts(picture(stacks["closed"]))


@pytest.mark.parametrize("name", ["dev", "prod", "staging", *OVERLAYS])
def test_every_connection_of_reach_has_an_arrow_with_its_port(stacks: dict[str, Stack], name: str) -> None:
    found = picture(stacks[name])
    scene = layout(found)
    between = {(each.source, each.target) for each in connections(stacks[name])}
    ports = [text.text.lstrip("↑↓ ") for text in scene.texts if text.style == "port"]

    assert {(each.source, each.target) for each in found.arrows} == between
    told = [text for text in texts(found) if text.startswith("Not drawn: ")]
    assert [each for each in found.arrows if each.label not in ports and _told(each) not in told] == []


def _told(arrow: Arrow) -> str:
    return f"Not drawn: {arrow.source} can connect to {arrow.target}, {arrow.label}"


def test_an_arrow_without_a_place_of_its_own_is_told_in_words(dev: Picture) -> None:
    assert "Not drawn: redis can connect to alb, TCP 80" in texts(
        replace(dev, arrows=(*dev.arrows, Arrow("redis", "alb", "TCP 80")))
    )


def test_what_has_no_picture_is_counted_instead_of_left_out(project: Project, output: Path) -> None:
    project.take(output)
    with project.body("dev", "ecs") as body:
        body["resource"]["aws_mystery"] = {"one": {}}
    (stack,) = [each for each in read(project.out) if each.environment == "dev"]

    assert Drawn("Other resources", "mystery", ("1",)) in picture(stack).services


def test_nothing_of_the_stacks_is_counted_as_having_no_picture(stacks: dict[str, Stack]) -> None:
    assert [
        node for stack in stacks.values() for node in picture(stack).services if node.title == "Other resources"
    ] == []


def test_tasks_are_spread_evenly() -> None:
    assert spread(Range(4, 7), 3) == [Range(2, 3), Range(1, 2), Range(1, 2)]


# ---- where it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dev", "prod", "staging", "shared", *OVERLAYS])
def test_nothing_overlaps(stacks: dict[str, Stack], name: str) -> None:
    assert list(overlaps(layout(picture(stacks[name])))) == []


def test_a_text_is_wider_in_bold_and_with_unknown_characters() -> None:
    assert text_width("miyabi", 12) < text_width("miyabi", 12, bold=True) < text_width("界" * 6, 12)


# ---- how it is written -----------------------------------------------------------------------------------------------


def test_the_svg_is_xml_that_tells_what_it_shows_and_asks_for_nothing(dev: Picture) -> None:
    text = svg(layout(dev))
    tree = ET.fromstring(text)
    names = {"svg": "http://www.w3.org/2000/svg"}

    assert tree.findtext("svg:title", namespaces=names) == "Architecture of miyabi · dev"
    description = tree.findtext("svg:desc", "", namespaces=names)
    assert "internet can connect to alb: TCP 80." in description
    assert {tree.get("role"), tree.get("aria-labelledby")} == {"img", "diagram-title diagram-description"}
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"(?:href|src|url\(|@import|<script|<image)", text) == []


def test_text_from_a_stack_arrives_as_text(dev: Picture) -> None:
    bad = '<script>alert("&")</script>'
    found = replace(dev, services=(Drawn(bad, bad, (bad,)),))

    assert "<script" not in svg(layout(found))
    assert "<script" not in mermaid(found)
    ET.fromstring(svg(layout(found)))


def test_mermaid_has_the_same_nodes_and_ports(dev: Picture) -> None:
    text = mermaid(dev)

    assert text.startswith("flowchart TB\n")
    assert all(bar.name in text for bar in dev.bars)
    assert all(f'|"{arrow.label}"|' in text for arrow in dev.arrows)


# ---- the command -----------------------------------------------------------------------------------------------------


def test_one_picture_is_printed_or_written(
    project: Project, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.out.symlink_to(output)
    assert run(project.root, "dev") == 0
    assert capsys.readouterr().out.startswith("<svg ")
    assert run(project.root, "dev", "mermaid", tmp_path / "dev.mmd") == 0
    assert (tmp_path / "dev.mmd").read_text().startswith("flowchart TB\n")


def test_without_an_environment_it_says_what_to_do(project: Project, output: Path) -> None:
    project.out.symlink_to(output)
    said = "diagram shows the picture of one environment: add --env; there are dev, prod, staging, shared. The pictures"
    with pytest.raises(Refused, match=said):
        run(project.root, None)


def test_a_file_that_can_not_be_written_is_refused(project: Project, output: Path, tmp_path: Path) -> None:
    project.out.symlink_to(output)
    with pytest.raises(Refused, match="can't be written: No such file or directory"):
        run(project.root, "dev", "svg", tmp_path / "nowhere/dev.svg")


@pytest.mark.slow  # writes all generated files twice, and checks them twice
def test_pictures_that_are_stale_or_of_no_environment_are_named_then_renewed(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.out.symlink_to(output)
    assert docs.run(project.root, check=False) == 0
    (project.root / FOLDER / "dev.svg").write_text("old")
    (project.root / FOLDER / "gone.svg").write_text("old")
    capsys.readouterr()

    assert docs.run(project.root, check=True) == 1
    assert [line.partition(";")[0].partition(": nothing")[0] for line in capsys.readouterr().err.splitlines()] == [
        "stale: docs/diagrams/dev.svg",
        "stale: docs/diagrams/gone.svg",
    ]
    assert docs.run(project.root, check=False) == 0
    assert docs.run(project.root, check=True) == 0
