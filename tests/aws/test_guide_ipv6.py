"""The guide docs/guides/ipv6.md, as it stands: its commands, in its order, on an emulated AWS whose tasks run."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import IPv6Network
from pathlib import Path

import pytest

from tests.aws.cli import AwsCli
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment, quiet
from tests.aws.test_verify import Look, differing
from tests.guide import add_sources, steps

pytestmark = pytest.mark.aws


@contextmanager
def without_a_block(aws: Emulator) -> Generator[None]:
    """Behind Terraform's back, a subnet loses its block, and gets it back."""
    ec2 = aws.client("ec2")
    named = [{"Name": "tag:Name", "Values": ["miyabi-private-subnet-2-dev"]}]
    (subnet,) = ec2.describe_subnets(Filters=named)["Subnets"]
    (held,) = subnet["Ipv6CidrBlockAssociationSet"]
    ec2.disassociate_subnet_cidr_block(AssociationId=held["AssociationId"])
    yield
    ec2.associate_subnet_cidr_block(SubnetId=subnet["SubnetId"], Ipv6CidrBlock=held["Ipv6CidrBlock"])


def test_ipv6_is_switched_on_and_off_in_place(
    root: Path, applied: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        mine = applied.copy(tmp_path / "project", aws)
        add_sources(root, mine.project.root)
        known, asked, on, seen, renewed, *off = steps(root / "docs/guides/ipv6.md")

        reached = asked.follow(mine.project.root, aws.variables, cli.folder)
        applies = [on.follow(mine.project.root, aws.variables, cli.folder)]
        looked = seen.follow(mine.project.root, aws.variables, cli.folder)
        quiet(mine.terraform)
        verified = Look(monkeypatch).verify(mine)
        with without_a_block(aws):
            drifted = differing(Look(monkeypatch).verify(mine))
        renew = renewed.follow(mine.project.root, aws.variables, cli.folder)
        setting = known.follow(mine.project.root, aws.variables, cli.folder)
        applies += [step.follow(mine.project.root, aws.variables, cli.folder) for step in off]
        quiet(mine.terraform)
        held = aws.client("ec2").describe_vpcs(Filters=[{"Name": "tag:Environment", "Values": ["dev"]}])["Vpcs"]
        left = Look(monkeypatch).verify(mine)

    assert (setting.strip(), "enabled" in renew.split()) == ("enabled", True)
    assert "dev: yes: internet -> alb, tcp 80" in reached
    assert "dev: no: internet -> tasks, tcp 8080" in reached
    assert "0 destroyed" in applies[0]
    blocks = dict(re.findall(r"miyabi-(\S+)-dev\t(\S+::/64)", looked))
    numbers = {name: (int(IPv6Network(block).network_address) >> 64) % 256 for name, block in blocks.items()}
    assert numbers == {"public-subnet-1": 0, "public-subnet-2": 1, "private-subnet-1": 128, "private-subnet-2": 129}
    assert "dualstack" in looked.split()
    assert "get out over IPv6 by eigw-" in " ".join(looked.split())
    assert verified.differences == left.differences == 0
    (lost,) = drifted
    assert "module.networking.aws_subnet.private[1]" in lost
    assert "ipv6_cidr_block" in lost
    states = [each["Ipv6CidrBlockState"]["State"] for vpc in held for each in vpc["Ipv6CidrBlockAssociationSet"]]
    assert states == ["disassociated"]
