"""Each module that is off by default, alone in an environment, and all together: every form of every page is written.

A picture or a page that was never made with a module on may not even be written.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest

from miyabi_infra.pages import diagram, guides, report
from miyabi_infra.pages.diagram.layout import layout
from miyabi_infra.pages.diagram.reading import picture
from miyabi_infra.stacks import SHARED, Stack, read
from tests import complete
from tests.overlaps import overlaps
from tests.support import Project

ALONE: Final[Mapping[str, dict[str, Any]]] = {
    "certificate": {
        "dns": {"zone": "example.com"},
        "certificate": {"domain_names": ["api.example.com"], "wait_for_validation": False},
    },
    "codedeploy": {
        "ecs_service": {
            "deployment": "blue_green",
            "managed_elsewhere": ["desired_count", "task_definition", "load_balancer"],
        }
    },
    "dns": {"dns": {"zone": "example.com", "load_balancer_names": ["alone.example.com"]}},
    "endpoint-of-s3": {"endpoints": {"s3": True}},
    "endpoint-of-logs": {"endpoints": {"interfaces": ["logs"]}},
    "endpoints": {"endpoints": {"s3": True, "interfaces": ["ecr.api", "ecr.dkr", "logs"]}},
    "flow-logs": {"account_id": complete.ACCOUNT, "flow_logs": {"destination": "cloudwatch-logs"}},
    "frontend": {"frontend": {"enabled": True, "bucket": "miyabi-frontend-alone"}},
    "behind-cloudfront": {
        "frontend": {
            "enabled": True,
            "bucket": "miyabi-frontend-behind",
            "only_from_cloudfront": True,
            "origin_secret": True,
        }
    },
    "log-bucket": {"account_id": complete.ACCOUNT, "log_bucket": {"name": "miyabi-logs"}, "alb": {"access_logs": True}},
    "monitoring": {"monitoring": {"enabled": True}},
    "notifications": {"notifications": {"email_addresses": ["oncall@example.com"]}},
    "rds": {"rds": {"enabled": True}},
    "secrets": {"secrets": {"payments": {"description": "Key of the payment provider"}}},
    "waf": {"waf": {"enabled": True}},
}
"""What turns on a module, with what it cannot be without."""

pytestmark = pytest.mark.slow

ENVIRONMENTS: Final = (*ALONE, complete.ENVIRONMENT, SHARED)


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy_of(root, tmp_path_factory.mktemp("alone"))
    for name, more in ALONE.items():
        overlay = {
            "networking": {
                "vpc_cidr": "10.9.0.0/16",
                "availability_zones": ["us-west-2a", "us-west-2b"],
                "public_subnet_cidrs": ["10.9.1.0/24", "10.9.2.0/24"],
                "private_subnet_cidrs": ["10.9.16.0/20", "10.9.32.0/20"],
            },
            "ecs": {"ecr_image_uri": f"{complete.ACCOUNT}.dkr.ecr.{complete.REGION}.amazonaws.com/miyabi-web-api:1"},
            "state": {"backend": "local"},
        }
        project.write(name, overlay | more)
    complete.write(project)
    project.synthesize()
    return project


@pytest.fixture(scope="module")
def stacks(project: Project) -> dict[str, Stack]:
    return {stack.environment: stack for stack in read(project.out)}


def test_each_module_that_can_be_on_is_on_alone(stacks: dict[str, Stack]) -> None:
    def modules(name: str) -> set[str]:
        return {each.address.split(".")[1] for each in stacks[name].resources}

    assert modules(complete.ENVIRONMENT) - {"cdn_waf"} <= set[str]().union(*map(modules, ALONE))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_its_picture_is_drawn_in_every_form(stacks: dict[str, Stack], name: str) -> None:
    ET.fromstring(diagram.draw(stacks[name], "svg"))
    assert diagram.draw(stacks[name], "mermaid").startswith("flowchart TB\n")
    assert list(overlaps(layout(picture(stacks[name])))) == []


@pytest.mark.parametrize("name", [*ALONE, complete.ENVIRONMENT])
def test_every_guide_of_it_is_written(project: Project, stacks: dict[str, Stack], name: str) -> None:
    assert all(guides.page(project.root, stacks[name], guide) for guide in guides.GUIDES)


def test_the_page_names_one_base_url(project: Project, stacks: dict[str, Stack]) -> None:
    text = {name: guides.page(project.root, stacks[name], "frontend") for name in ("frontend", "waf")}
    assert "1. The load balancer, which answers under its own name besides the distribution:" in text["frontend"]
    assert "1. The base URL:" in text["waf"]


@pytest.mark.parametrize("name", [*ALONE, complete.ENVIRONMENT])
def test_its_report_is_written(project: Project, name: str) -> None:
    assert "</html>" in report.page(project.root, name)
