"""The guide docs/guides/first-apply.md, as it stands: its commands, in its order, on an emulated AWS that is empty."""

import sys
from pathlib import Path

import pytest

from tests.aws import offers
from tests.aws.cli import AwsCli
from tests.aws.emulator import ACCOUNT, Emulator
from tests.aws.test_pipeline import DOCKER
from tests.aws.test_preflight import tell
from tests.guide import add_sources, steps
from tests.support import git

pytestmark = pytest.mark.aws


def test_every_command_of_the_guide_does_what_it_says(root: Path, empty_aws: Emulator, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    add_sources(root, project, "environments", "cdktf.out", ".github")
    application = tmp_path / "miyabi-web-api"
    application.mkdir()
    git(application, "init", "-q")
    git(application, "commit", "-q", "--allow-empty", "-m", "The application.")
    commit = git(application, "rev-parse", "--short", "HEAD")

    with empty_aws.copy(living=True) as aws, AwsCli.start() as cli:
        docker = cli.folder / "docker"
        docker.write_text(DOCKER.format(python=sys.executable, said=str(tmp_path / "said")), encoding="utf-8")
        docker.chmod(0o755)
        tell(aws, offers.QUOTAS, {"L-3032A538": 50})  # of an account that runs something already
        said = ""
        for step in steps(root / "docs/guides/first-apply.md"):
            said += step.follow(project, aws.variables, cli.folder)
            if "miyabi-shared apply" in step.text:
                # The bucket refuses what does not come by TLS, which the emulated AWS does not speak.
                aws.client("s3").delete_bucket_policy(Bucket=f"miyabi-terraform-state-{ACCOUNT}")
            if "request-certificate" in step.text:
                _create_the_record(aws)
        keys = [
            each["Key"]
            for each in aws.client("s3").list_objects_v2(Bucket=f"miyabi-terraform-state-{ACCOUNT}")["Contents"]
        ]
    assert keys == ["prod/terraform.tfstate", "shared/terraform.tfstate"]
    assert "module.registry.aws_ecr_repository.web_api" in said
    assert f"miyabi-web-api:prod-{commit} is in the registry, for amd64" in said
    assert "expires after" not in said
    assert said.count("clear: nothing that was looked at stands in the way") == 2
    assert "the certificate for api.example.com is issued, until" in said
    assert "0 changed, 0 destroyed" in said


def _create_the_record(aws: Emulator) -> None:
    """Create the record that ACM asks for, as the reader does at the DNS provider."""
    (summary,) = aws.client("acm").list_certificates()["CertificateSummaryList"]
    found = aws.client("acm").describe_certificate(CertificateArn=summary["CertificateArn"])["Certificate"]
    asked = found["DomainValidationOptions"][0]["ResourceRecord"]
    record = {
        "Name": asked["Name"],
        "Type": asked["Type"],
        "TTL": 60,
        "ResourceRecords": [{"Value": asked["Value"]}],
    }
    aws.client("route53").change_resource_record_sets(
        HostedZoneId=aws.zone("example.com"),
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )
