"""What the guides of the domain and the frontend say to set and to take out, tried on overlays."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from miyabi_infra.commands.set import run
from miyabi_infra.refused import Refused
from tests.support import Project

DOMAIN = (
    "alb.redirect_http_to_https=true",
    "alb.ssl_policy=ELBSecurityPolicy-TLS13-1-2-2021-06",
    "dns.zone=example.com",
    "dns.load_balancer_names=[api.example.com]",
    'certificate.domain_names=[api.example.com, "*.api.example.com"]',
    "security_groups.https_ingress=true",
)
FRONTEND = (
    "frontend.enabled=true",
    "frontend.bucket=miyabi-frontend-dev",
    "frontend.only_from_cloudfront=true",
    "frontend.origin_secret=true",
    "frontend.domain_names=[app.example.com]",
    "certificate.for_frontend=true",
)
NAMED = ("frontend.api_domain_name=api.example.com", "dns.frontend_names=[app.example.com]")
WAITING = "certificate.wait_for_validation=false"


def section(root: Path, guide: str, title: str) -> str:
    text = (root / f"docs/guides/{guide}.md").read_text(encoding="utf-8")
    return " ".join(text.partition(f"\n## {title}\n")[2].partition("\n## ")[0].split())


def keys(text: str) -> list[str]:
    return re.findall(r"`(\w+\.\w+)`", text)


def test_the_frontend_goes_as_its_guide_says(project: Project, root: Path) -> None:
    waf = ("waf.enabled=true", "waf.protects=both")
    assert run(project.root, "dev", (*DOMAIN, *FRONTEND, *NAMED, *waf), ()) == 0
    told = re.search(r"needs \((.+?)\)", section(root, "frontend", "Remove it"))
    assert told is not None
    assert run(project.root, "dev", ["frontend.enabled=false"], keys(told[1])) == 0
    assert project.settings("dev").frontend.bucket == "miyabi-frontend-dev"


def test_a_domain_that_is_not_delegated_goes_as_its_guide_says(project: Project, root: Path) -> None:
    told = section(root, "domain", "Before the domain is delegated")
    refused = keys(told.partition(" are refused")[0].partition("Until then")[2])
    assert refused == ["frontend.api_domain_name", "dns.frontend_names"]
    assert run(project.root, "dev", (*DOMAIN, *FRONTEND, WAITING), ()) == 0
    assert run(project.root, "dev", NAMED, ["certificate.wait_for_validation"]) == 0


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ((*DOMAIN, WAITING), "allowed: none until the certificate is issued, or certificate.wait_for_validation: true"),
        (
            (),
            "allowed: none, or a name that the certificate of alb.certificate_arn covers, or certificate.domain_names",
        ),
    ],
)
def test_a_name_of_the_api_without_https_is_told_the_way_out(
    project: Project, settings: Sequence[str], allowed: str
) -> None:
    frontend = ("frontend.enabled=true", "frontend.bucket=miyabi-frontend-dev", NAMED[0])
    with pytest.raises(
        Refused, match=r"frontend\.api_domain_name: 'api\.example\.com' needs an HTTPS listener"
    ) as told:
        run(project.root, "dev", (*settings, *frontend), ())
    assert allowed in str(told.value)
