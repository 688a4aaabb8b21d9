"""The guide docs/guides/domain.md, as it stands: its commands, in its order, on an emulated AWS and a name server."""

import os
import re
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from miyabi_infra.aws.preflight.resolver import RESOLVER
from miyabi_infra.pages import guides
from miyabi_infra.stacks import read
from tests.aws import names
from tests.aws.cli import AwsCli
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment, quiet
from tests.aws.following import Block, Operator
from tests.aws.test_preflight import tell
from tests.guide import add_sources, run_block, steps
from tests.name_server import NameServer

pytestmark = pytest.mark.aws


def test_a_domain_gets_https_in_one_apply_once_it_is_delegated(
    root: Path, applied: Environment, tmp_path: Path
) -> None:
    with applied.aws.copy() as aws, AwsCli.start() as cli, NameServer.serving() as server:
        mine = applied.copy(tmp_path / "project", aws)
        add_sources(root, mine.project.root)
        tell(aws, names.UNDELEGATED, ["example.com"])
        balancer = aws.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
        said, too_early = list[str](), ""
        variables = {**aws.variables, RESOLVER: server.address}
        for step in steps(root / "docs/guides/domain.md"):
            said.append(step.follow(mine.project.root, variables, cli.folder))
            if step.code:  # what the reader then does where the domain is registered
                too_early = _apply_before_it_is_delegated(mine)
                zone = aws.client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
                servers = aws.client("route53").get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]
                server.records["example.com", "NS"] = [f"{each}." for each in servers]
                aws.client("ssm").delete_parameter(Name=names.UNDELEGATED)
        made, _, undelegated, applied_once = said
        looks = "miyabi-infra preflight --env dev || true\nmiyabi-infra status --env dev || true\n"
        delegated = run_block(looks, mine.project.root, variables, cli.folder).stdout
        assert "Still creating" in too_early
        assert "last state: 'PENDING_VALIDATION', timeout: 12s" in " ".join(too_early.split())
        assert "0 destroyed" in applied_once
        servers = re.findall(r"ns-[a-z0-9.-]+", made[made.rindex("[") :])
        named = f"set where the domain is registered, or in the zone above: {', '.join(sorted(servers))}"
        assert f"example.com is not delegated, so nobody finds its records; {named}" in " ".join(undelegated.split())
        assert "example.com is delegated to its name servers" in delegated
        assert "the certificate for api.example.com is valid for" in delegated
        assert "api.example.com has its record A" in delegated
        listeners = aws.client("elbv2").describe_listeners(LoadBalancerArn=balancer)["Listeners"]
        assert {each["Port"]: each["DefaultActions"][0]["Type"] for each in listeners} == {
            80: "redirect",
            443: "forward",
        }
        quiet(mine.terraform)
        path = f"{Path(sys.executable).parent}{os.pathsep}{cli.folder}{os.pathsep}{os.environ['PATH']}"
        variables |= {"PATH": path, "PYTHONPATH": str(mine.project.root)}
        (stack,) = [each for each in read(mine.project.out) if each.environment == "dev"]
        for guide in ("runbook", "troubleshooting"):
            (tmp_path / f"{guide}.md").write_text(guides.page(root, stack, guide), encoding="utf-8")
        _faults_are_found_and_mended(aws, balancer, Operator(tmp_path, mine.project.root, variables))


def _apply_before_it_is_delegated(mine: Environment) -> str:
    """What Terraform says of an apply that waits in vain; it waits for twelve seconds, and not for 15 minutes."""
    file = mine.stack / "modules/certificate/main.tf.json"
    generated = file.read_text(encoding="utf-8")
    assert generated.count('"create": "15m"') == 1
    file.write_text(generated.replace('"create": "15m"', '"create": "12s"'), encoding="utf-8")
    mine.terraform.init()
    done = mine.terraform.run("apply", "-no-color", "-auto-approve", accept=(1,))
    file.write_text(generated, encoding="utf-8")
    return done.stdout + done.stderr


LISTENER: Final = Block("troubleshooting", "https", "describe-listeners")
CERTIFICATE: Final = Block("troubleshooting", "https", "describe-certificate")
RECORDS: Final = Block("troubleshooting", "dns", "list-resource-record-sets")
RENEWED: Final = (
    Block("troubleshooting", "https", "-out=certificate.tfplan"),
    Block("troubleshooting", "https", "apply -input=false -no-color certificate.tfplan"),
)
ONCE_MORE: Final = (
    Block("runbook", "apply-a-change-of-the-overlay", "-out=change.tfplan"),
    Block("runbook", "apply-a-change-of-the-overlay", "apply -input=false -no-color change.tfplan"),
)
QUIET: Final = Block("runbook", "see-what-differs-from-the-code", "-detailed-exitcode")


def _faults_are_found_and_mended(aws: Emulator, balancer: str, operator: Operator) -> None:
    """The listener for HTTPS and a record are gone, and the certificate has expired."""
    healthy = [operator.does(each) for each in (LISTENER, CERTIFICATE, RECORDS)]
    (listener,) = [
        each
        for each in aws.client("elbv2").describe_listeners(LoadBalancerArn=balancer)["Listeners"]
        if each["Port"] == 443
    ]
    aws.client("elbv2").delete_listener(ListenerArn=listener["ListenerArn"])
    arn = listener["Certificates"][0]["CertificateArn"]
    tell(aws, names.CERTIFICATES, {arn: {"Status": "EXPIRED"}})
    _delete_records(aws, "A")
    seen = [operator.does(each) for each in (LISTENER, CERTIFICATE, RECORDS)]
    mended = [operator.does(each) for each in RENEWED]
    between = _records(aws, "CNAME")
    once_more = [operator.does(each) for each in ONCE_MORE]
    after = [operator.does(each) for each in (LISTENER, CERTIFICATE, RECORDS, QUIET)]

    assert [each.problem for each in healthy if each.problem] == []
    assert [each.output.split()[:1] for each in seen] == [[], ["EXPIRED"], []]
    assert [each.problem for each in (*mended, *after) if each.problem] == []
    assert [each.errors for each in once_more if each.code] == []  # its page shows the plan of a healthy account
    # ACM gives a new certificate the record of the old one, which went with it: the second apply makes it again.
    assert between == []
    assert len(_records(aws, "CNAME")) == 1


def _records(aws: Emulator, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """The records of a type, each with its zone."""
    route53 = aws.client("route53")
    zones = [
        str(each["Id"]) for each in route53.list_hosted_zones()["HostedZones"] if not each["Config"]["PrivateZone"]
    ]
    return [
        (zone, dict(each))
        for zone in zones
        for each in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        if each["Type"] == kind
    ]


def _delete_records(aws: Emulator, kind: str) -> None:
    """Delete them, as somebody does who takes them for old ones."""
    for zone, record in _records(aws, kind):
        batch: Any = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
        aws.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
