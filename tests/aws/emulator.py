"""An emulated AWS for tests: moto with what it lacks, in a process of its own, which can be copied with all it holds.

Applying an environment takes more than a minute, most of which the provider waits for a load balancer as long as it
would in AWS. So one test session applies once, and every test that changes something has a copy: a process that is
forked from the first one holds the same resources, and neither learns what happens in the other.
"""

import functools
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self, cast
from urllib.request import urlopen

import boto3
import pytest
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.aws.permitted import Call

_ROOT: Final = Path(__file__).resolve().parents[2]

REGION: Final = "us-west-2"
ACCOUNT: Final = "123456789012"
"""The account that moto answers for."""
CALLED_ON: Final = "/strict/called-on"
"""The path at which it says on which resources of which region."""
CALLED: Final = "/strict/called"
"""The path at which the emulated AWS says which operations were called (see `tests.aws.strict`)."""
INTERRUPTED: Final = "/strict/interrupted"
"""The path at which a living copy says what worked and no longer did after a request."""


def self_signed(name: str) -> dict[str, bytes]:
    """A certificate of a name and its key, as ACM's ImportCertificate takes them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=365))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"Certificate": builder.sign(key, SHA256()).public_bytes(Encoding.PEM), "PrivateKey": private}


@functools.cache
def _session() -> boto3.Session:
    """One for all clients: it reads the model of a service once."""
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


@dataclass(frozen=True)
class _Started:
    """The process that was started, of which the others are copies."""

    process: subprocess.Popen[str]
    folder: Path
    """Where each process has its socket, and all have their log."""

    @property
    def said(self) -> str:
        """What the processes wrote to their standard error."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def end(self) -> str:
        """End the process, and with it its copies; what they said."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()
        said = self.said
        shutil.rmtree(self.folder, ignore_errors=True)
        return said


class Emulator:
    """An emulated AWS on loopback. `with Emulator.start() as aws:` ends it; a copy ends with its original at last."""

    def __init__(self, port: int, pid: int, started: "_Started") -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._pid = pid
        self._started = started

    @classmethod
    def start(cls) -> Self:
        """A fresh one, which holds nothing.

        Raises:
            RuntimeError: when its process ends before it serves.
        """
        folder = Path(tempfile.mkdtemp(prefix="aws-"))
        with (folder / "log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.aws.serve", str(folder)],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        started = _Started(process, folder)
        assert process.stdout is not None
        said = process.stdout.readline().split()
        if not said:
            raise RuntimeError(f"the emulated AWS did not start:\n{started.end()}")
        port, pid = map(int, said)
        return cls(port, pid, started)

    def copy(self, *, living: bool = False) -> "Emulator":
        """Another one that holds the same, at once. Nothing may be under way in this one.

        `living`: what AWS does by itself happens in the copy (see `tests.aws.living`): services run their tasks.
        """
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(str(self._started.folder / str(self._pid)))
            door.sendall(b"living" if living else b"copy")
            said = door.recv(100).split()
        if not said:
            raise RuntimeError(f"the copy of the emulated AWS did not start:\n{self._started.said}")
        port, pid = map(int, said)
        return Emulator(port, pid, self._started)

    def stop(self) -> None:
        """End the process, and with it its copies."""
        if self._pid == self._started.process.pid:
            self._started.end()
        else:
            os.kill(self._pid, signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables with which Terraform, the AWS CLI and boto3 work on this AWS, and on no other.

        Nothing in a stack's JSON has to change for it.
        """
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,  # a developer's own account stays out of it
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "4",  # the provider tries a call that moto lacks 25 times by default
        }

    def use(self, patch: pytest.MonkeyPatch) -> None:
        """Have this process work on it."""
        for name, value in self.variables.items():
            patch.setenv(name, value)

    def client(self, service: str, config: Config | None = None, *, region: str = REGION) -> Any:  # noqa: ANN401
        """A boto3 client: `aws.client("ecs").describe_services(…)`."""
        return cast("Any", _session()).client(service, endpoint_url=self.url, config=config, region_name=region)

    def push(self, repository: str, *tags: str) -> None:
        """Put an image under each tag into a repository that exists."""
        for tag in tags:
            manifest: dict[str, Any] = {
                "schemaVersion": 2,
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "config": {"digest": f"sha256:{hashlib.sha256(tag.encode()).hexdigest()}", "size": 1000},
                "layers": [],
            }
            self.client("ecr").put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag)

    def function(self, name: str) -> str:
        """The ARN of a Lambda function, which does nothing."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("main.py", "def handler(event, context): pass")
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        made = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="main.handler",
            Code={"ZipFile": packed.getvalue()},
        )
        return made["FunctionArn"]

    def certificate(self, name: str, region: str = REGION) -> str:
        """The ARN of an issued certificate of ACM: one that was imported, so nothing is left to be validated."""
        return self.client("acm", region=region).import_certificate(**self_signed(name))["CertificateArn"]

    def zone(self, name: str) -> str:
        """The ID of a new public hosted zone, to which the domain is delegated."""
        made = self.client("route53").create_hosted_zone(Name=name, CallerReference=name)
        return str(made["HostedZone"]["Id"]).rpartition("/")[2]

    def called(self) -> dict[str, dict[str, int]]:
        """Which operations were called, and how often: `{"ec2": {"CreateVpc": 1}}`; of a copy, its original's too."""
        with urlopen(f"{self.url}{CALLED}") as answer:
            return json.load(answer)

    def called_on(self) -> Counter[Call]:
        """Which operations were called in which region, on which resource where IAM decides by it, and how often."""
        with urlopen(f"{self.url}{CALLED_ON}") as answer:
            return Counter({Call(*each): number for each, number in json.load(answer)})

    def interrupted(self) -> dict[str, bool]:
        """What worked when a living copy was made, or this was asked last, and then did not, and whether it still does
        not.
        """
        with urlopen(f"{self.url}{INTERRUPTED}") as answer:
            return json.load(answer)

    def tagged(self) -> list[str]:
        """ARNs of everything that has tags, as the Resource Groups Tagging API lists it."""
        pages = self.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate()
        return sorted(each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"])

    def holds(self) -> dict[str, list[str]]:
        """What there is of the kinds of resources that the stacks make, by kind; of AWS's own and of ghosts, nothing.

        As in AWS, what was deleted may be listed for a while: a NAT gateway, an inactive cluster, service or revision.
        """
        ec2, ecs, iam = self.client("ec2"), self.client("ecs"), self.client("iam")
        elb, cache, logs = self.client("elbv2"), self.client("elasticache"), self.client("logs")
        rds = self.client("rds")
        own = [{"Name": "tag:ManagedBy", "Values": ["Terraform"]}]
        living = [{"Name": "state", "Values": ["pending", "available"]}]
        scaling, queries = self.client("application-autoscaling"), logs.describe_query_definitions()
        namespaces = self.client("servicediscovery").list_namespaces()["Namespaces"]
        cdn = self.client("cloudfront")
        # moto keeps the private zone of a namespace that is gone.
        zones = [
            each
            for each in self.client("route53").list_hosted_zones()["HostedZones"]
            if not each["Config"]["PrivateZone"]
        ]
        firewalls = [(self.client("wafv2"), "REGIONAL"), (self.client("wafv2", region="us-east-1"), "CLOUDFRONT")]
        dashboards = self.client("cloudwatch").list_dashboards()["DashboardEntries"]
        clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
        found = {
            "vpc": [each["VpcId"] for each in ec2.describe_vpcs(Filters=own)["Vpcs"]],
            "subnet": [each["SubnetId"] for each in ec2.describe_subnets(Filters=own)["Subnets"]],
            "gateway": [each["InternetGatewayId"] for each in ec2.describe_internet_gateways()["InternetGateways"]],
            "nat": [each["NatGatewayId"] for each in ec2.describe_nat_gateways(Filters=living)["NatGateways"]],
            "address": [each["AllocationId"] for each in ec2.describe_addresses()["Addresses"]],
            "route table": [each["RouteTableId"] for each in ec2.describe_route_tables(Filters=own)["RouteTables"]],
            "group": [each["GroupId"] for each in ec2.describe_security_groups(Filters=own)["SecurityGroups"]],
            "role": [each["RoleName"] for each in iam.list_roles()["Roles"]],
            "load balancer": [each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]],
            "target group": [each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]],
            "application": self.client("codedeploy").list_applications()["applications"],
            "cluster": [each["clusterArn"] for each in clusters if each["status"] == "ACTIVE"],
            "task definition": ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"],
            "cache": [each["CacheClusterId"] for each in cache.describe_cache_clusters()["CacheClusters"]],
            "cache group": [
                each["ReplicationGroupId"] for each in cache.describe_replication_groups()["ReplicationGroups"]
            ],
            "cache parameters": [
                each["CacheParameterGroupName"]
                for each in cache.describe_cache_parameter_groups()["CacheParameterGroups"]
            ],
            "cache subnets": [
                each["CacheSubnetGroupName"] for each in cache.describe_cache_subnet_groups()["CacheSubnetGroups"]
            ],
            "database": [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]],
            "database snapshot": [
                each["DBSnapshotIdentifier"] for each in rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
            ],
            "database parameters": [
                each["DBParameterGroupName"] for each in rds.describe_db_parameter_groups()["DBParameterGroups"]
            ],
            "database subnets": [
                each["DBSubnetGroupName"] for each in rds.describe_db_subnet_groups()["DBSubnetGroups"]
            ],
            "alarm": [each["AlarmName"] for each in self.client("cloudwatch").describe_alarms()["MetricAlarms"]],
            "log group": [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]],
            "query": [each["name"] for each in queries["queryDefinitions"]],
            "dashboard": [each["DashboardName"] for each in dashboards],
            "topic": [each["TopicArn"] for each in self.client("sns").list_topics()["Topics"]],
            "secret": [each["Name"] for each in self.client("secretsmanager").list_secrets()["SecretList"]],
            "namespace": [each["Name"] for each in namespaces],
            "repository": [
                each["repositoryName"] for each in self.client("ecr").describe_repositories()["repositories"]
            ],
            "flow log": [each["FlowLogId"] for each in self.client("ec2").describe_flow_logs()["FlowLogs"]],
            "endpoint": [
                each["VpcEndpointId"]
                for each in self.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
                if each["State"] != "deleted"
            ],
            "bucket": [each["Name"] for each in self.client("s3").list_buckets()["Buckets"]],
            "distribution": [each["Id"] for each in cdn.list_distributions()["DistributionList"].get("Items", [])],
            "edge function": [each["Name"] for each in cdn.list_functions()["FunctionList"].get("Items", [])],
            "headers policy": [
                each["ResponseHeadersPolicy"]["Id"]
                for each in cdn.list_response_headers_policies()["ResponseHeadersPolicyList"].get("Items", [])
            ],
            "origin access": [
                each["Id"] for each in cdn.list_origin_access_controls()["OriginAccessControlList"].get("Items", [])
            ],
            "web ACL": [each["Name"] for waf, scope in firewalls for each in waf.list_web_acls(Scope=scope)["WebACLs"]],
            "IP set": [each["Name"] for waf, scope in firewalls for each in waf.list_ip_sets(Scope=scope)["IPSets"]],
            "log group of us-east-1": [
                each["logGroupName"]
                for each in self.client("logs", region="us-east-1").describe_log_groups()["logGroups"]
            ],
            "alarm of us-east-1": [
                each["AlarmName"]
                for each in self.client("cloudwatch", region="us-east-1").describe_alarms()["MetricAlarms"]
            ],
            "certificate": [
                each["CertificateArn"]
                for region in (REGION, "us-east-1")
                for each in self.client("acm", region=region).list_certificates()["CertificateSummaryList"]
            ],
            "zone": [each["Name"] for each in zones],
            "record": [
                f"{record['Name']} {record['Type']}"
                for each in zones
                for record in self.client("route53").list_resource_record_sets(HostedZoneId=each["Id"])[
                    "ResourceRecordSets"
                ]
            ],
            "health check": [each["Id"] for each in self.client("route53").list_health_checks()["HealthChecks"]],
            "scaling": [
                each["ResourceId"]
                for each in scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
            ],
        }
        return {kind: names for kind, names in found.items() if names}
