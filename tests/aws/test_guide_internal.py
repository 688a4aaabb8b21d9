"""The guide docs/guides/internal.md, as it stands: its commands, in its order, on an emulated AWS whose tasks run."""

from pathlib import Path

import pytest

from tests.aws.cli import AwsCli
from tests.aws.environment import Environment, quiet
from tests.aws.test_verify import Look
from tests.guide import add_sources, run_block, steps

pytestmark = pytest.mark.aws


def test_the_load_balancer_moves_into_the_private_subnets(
    root: Path, applied: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        mine = applied.copy(tmp_path / "project", aws)
        add_sources(root, mine.project.root)
        refused, applies = [
            step.follow(mine.project.root, aws.variables, cli.folder)
            for step in steps(root / "docs/guides/internal.md")
        ]
        (balancer,) = aws.client("elbv2").describe_load_balancers()["LoadBalancers"]
        (group,) = aws.client("elbv2").describe_target_groups()["TargetGroups"]
        subnets = aws.client("ec2").describe_subnets(
            SubnetIds=[each["SubnetId"] for each in balancer["AvailabilityZones"]]
        )
        (service,) = aws.client("ecs").describe_services(cluster="miyabi-cluster-dev", services=["miyabi-service-dev"])[
            "services"
        ]
        quiet(mine.terraform)
        verified = Look(monkeypatch).verify(mine)
        status = run_block(
            "miyabi-infra status --env dev --probe || true", mine.project.root, aws.variables, cli.folder
        )

    assert "the load balancer is internal" in refused
    assert "module.alb.aws_lb.main: Creation complete" in applies
    assert applies.index("aws_lb.main: Creation complete") < applies.index("aws_lb.main (deposed")
    assert (balancer["LoadBalancerName"], balancer["Scheme"]) == ("miyabi-alb-internal-dev", "internal")
    assert {each["MapPublicIpOnLaunch"] for each in subnets["Subnets"]} == {False}
    assert service["loadBalancers"][0]["targetGroupArn"] == group["TargetGroupArn"]
    assert verified.differences == 0
    assert "the load balancer is internal, so nothing was asked" in " ".join(status.stdout.split())
