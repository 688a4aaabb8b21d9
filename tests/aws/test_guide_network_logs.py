"""The guide docs/guides/network-logs.md, as it stands: its commands, in its order, on an emulated AWS."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import network_logs
from tests.aws.cli import AwsCli
from tests.aws.environment import Environment
from tests.guide import add_sources, steps

pytestmark = pytest.mark.aws


def test_the_logs_are_switched_on_in_place_and_read(root: Path, dev: Environment) -> None:
    add_sources(root, dev.project.root)
    switched_on, *read = steps(root / "docs/guides/network-logs.md")
    with AwsCli.start() as cli:
        applied = switched_on.follow(dev.project.root, dev.aws.variables, cli.folder)
        s3 = dev.aws.client("s3")
        s3.delete_bucket_policy(
            Bucket="miyabi-logs-dev"
        )  # it refuses what is not TLS, which emulated AWS does not speak
        network_logs.write(s3, "miyabi-logs-dev", datetime.now(UTC).strftime("%Y/%m/%d"))
        listed, failed, asked = [each.follow(dev.project.root, dev.aws.variables, cli.folder) for each in read]
    assert "0 destroyed" in applied
    assert [name in listed for name in ("conn_log.", "vpcflowlogs", "elasticloadbalancing")] == [True] * 3
    assert [line.split()[1:4] for line in failed.splitlines()] == [
        ["198.51.100.9:40022", "500", "500"],
        ["198.51.100.9:40023", "502", "-"],
    ]
    assert asked.startswith("SUCCEEDED")
    assert not [*dev.project.root.glob("*.tmp")]
