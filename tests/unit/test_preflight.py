"""`miyabi-infra preflight` against scripted answers of AWS: no answers, figures, and images of all kinds."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError, URLError

import pytest

from miyabi_infra.aws.client import Aws, Kind, Trouble
from miyabi_infra.aws.preflight import SECTIONS, Preflight, images, policy_of, read
from miyabi_infra.aws.preflight.model import Before
from miyabi_infra.aws.preflight.names import addresses
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.status.model import Level
from miyabi_infra.commands.preflight import run, text
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks import read as read_stacks
from tests.support import Project

OWN = "210987654321"
IMAGE = f"{OWN}.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api"
DIGEST = f"sha256:{'0a' * 32}"
MISSING = Trouble(Kind.MISSING, "not found")
DENIED = Trouble(Kind.DENIED, "not permitted: the credentials need acm:DescribeCertificate")
SLOW = Trouble(Kind.TIMEOUT, "ecr:BatchGetImage: no answer within 8 s, tried 3x")
MANIFEST = {"config": {"digest": "sha256:c"}}
INDEX = {"manifests": [{"platform": {"architecture": each}} for each in ("amd64", "arm64", "unknown")]}
LIFE_CYCLE = [
    {"selection": {"tagStatus": "tagged", "tagPrefixList": ["prod-"], "countType": "imageCountMoreThan"}},
    {"selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30}},
]


def in_registry(manifest: Mapping[str, Any] = INDEX, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    return {"batch_get_image": {"images": [{"imageManifest": json.dumps(manifest)}]}, **more}


def life_cycle(*tags: str) -> dict[str, Any]:
    return {
        "get_lifecycle_policy": {"lifecyclePolicyText": json.dumps({"rules": LIFE_CYCLE})},
        "describe_images": {"imageDetails": [{"imageTags": list(tags)}]},
    }


class Scripted(Aws):
    """An AWS with an answer for some operations; the others find nothing, or are as they are told."""

    def __init__(self, otherwise: Trouble = MISSING, **answers: Any) -> None:  # noqa: ANN401  # JSON
        super().__init__("us-west-2")
        self.otherwise = otherwise
        identity = {"Account": OWN, "Arn": f"arn:aws:iam::{OWN}:user/night"}
        self.answers: dict[str, Any] = {"get_caller_identity": identity, **answers}

    def elsewhere(self, region: str) -> Aws:
        del region
        return self

    def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        del service, arguments
        answer: Any = self.answers.get(operation, self.otherwise)
        if isinstance(answer, Trouble):
            raise answer
        return answer

    def pages(self, service: str, operation: str, key: str, /, **arguments: Any) -> list[Any]:  # noqa: ANN401
        answer: Any = self.call(service, operation, **arguments)
        return cast("list[Any]", answer if isinstance(answer, list) else answer[key])


@pytest.fixture(scope="module")
def stack(root: Path) -> Stack:
    return next(stack for stack in read_stacks(root / "cdktf.out") if stack.environment == "dev")


def look(stack: Stack, aws: Aws, **known: str) -> Preflight:
    return read(Before(stack, frozenset(), **known), aws, (stack,))


def lines(found: Preflight, name: str) -> list[tuple[Level, str]]:
    return [
        (each.level, each.text) for section in found.sections if section.name == name for each in section.observations
    ]


# Snapshots

SNAPSHOT = {
    "Status": "available",
    "EngineVersion": "17.6",
    "MasterUsername": "miyabi_admin",
    "AllocatedStorage": 20,
    "Encrypted": True,
}


@pytest.fixture(scope="module")
def restored(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """An environment whose database and cache are to be made of snapshots."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("restored") / "project")
    old, new = "apply_immediately: true", "apply_immediately: true\n  topology: replication-group"
    project.change("dev", (old, f"{new}\n  restore_from_snapshot: cache-copy"))
    file = project.overlay("dev")
    more = "rds: {enabled: true, restore_from_snapshot: miyabi-db-prod-copy}\n"
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    return next(each for each in read_stacks(project.synthesize("dev")) if each.environment == "dev")


@pytest.mark.parametrize(
    ("found", "problems"),
    [
        ([SNAPSHOT], []),
        ([], ["snapshot miyabi-db-prod-copy does not exist: rds.restore_from_snapshot"]),
        ([SNAPSHOT | {"Status": "creating"}], ["snapshot miyabi-db-prod-copy is creating"]),
        (
            [SNAPSHOT | {"EngineVersion": "16.9", "MasterUsername": "root_of_prod"}],
            [
                "snapshot miyabi-db-prod-copy has 16.9, and a restored database keeps it: rds.engine_version, now 17",
                (
                    "snapshot miyabi-db-prod-copy has root_of_prod, and a restored database keeps it: rds.admin_user, "
                    "now miyabi_admin"
                ),
            ],
        ),
        (
            [SNAPSHOT | {"AllocatedStorage": 50, "Encrypted": False}],
            [
                "snapshot miyabi-db-prod-copy has 50, and a restored database keeps it: rds.allocated_storage, now 20",
                (
                    "snapshot miyabi-db-prod-copy has no encryption, and a restored database keeps it: a copy of it "
                    "with a key, now encrypted"
                ),
            ],
        ),
    ],
)
def test_a_snapshot_is_compared_with_the_overlay(
    restored: Stack, found: list[dict[str, Any]], problems: list[str]
) -> None:
    caches = {"Snapshots": [{"SnapshotStatus": "available"}]}
    aws = Scripted(describe_db_snapshots={"DBSnapshots": found}, describe_snapshots=caches)
    of_snapshots = lines(look(restored, aws), "snapshots")
    assert [each for level, each in of_snapshots if level is Level.DEGRADED] == problems
    assert (Level.OK, "snapshot cache-copy is available") in of_snapshots


def test_a_database_that_exists_keeps_its_data_whatever_the_snapshot_is(restored: Stack) -> None:
    held = frozenset({"module.rds.aws_db_instance.main", "module.elasticache.aws_elasticache_replication_group.redis"})
    assert lines(read(Before(restored, held), Scripted(), (restored,)), "snapshots") == []


# Without an answer


@pytest.mark.parametrize(("trouble", "kind"), [(DENIED, "denied"), (SLOW, "timeout")])
def test_what_aws_does_not_answer_is_unknown_with_its_reason(stack: Stack, trouble: Trouble, kind: str) -> None:
    found = look(stack, Scripted(trouble), image=f"{IMAGE}:1")
    assert (found.verdict, found.exit_code) == ("unknown", 3)
    asked = [section for section in found.sections if section.name != "state"]  # a local file
    assert {section.name for section in asked} == {"names", "quotas", "zones", "nodes", "image", "AWS's roles"}
    for section in asked:
        assert {each.level for each in section.observations} == {Level.UNKNOWN}
        assert {each.data["trouble"] for each in section.observations} == {kind}
        assert {each.text for each in section.observations} == {trouble.text}
    assert text(found).splitlines()[-1].count("but not everything could be determined") == 1


def test_what_stands_in_the_way_outweighs_what_is_unknown(stack: Stack) -> None:
    found = look(stack, Scripted(DENIED, describe_availability_zones={"AvailabilityZones": []}))
    assert [level for level, _ in lines(found, "zones")] == [Level.DEGRADED, Level.DEGRADED]
    assert (found.verdict, found.exit_code) == ("blocked", 1)


def test_without_credentials_it_asks_nothing_else(stack: Stack) -> None:
    found = look(stack, Scripted(get_caller_identity=Trouble(Kind.CREDENTIALS, "log in again")))
    assert [(each.name, each.observations[0].text) for each in found.sections] == [("account", "log in again")]
    assert found.exit_code == 3


def test_another_account_is_refused(stack: Stack) -> None:
    pinned = replace(stack, provider={"allowed_account_ids": ("999999999999",)})
    with pytest.raises(Refused, match=f"the credentials belong to account {OWN}; dev is in 999999999999"):
        look(pinned, Scripted())


# The image


@pytest.mark.parametrize(
    ("image", "answers", "expected"),
    [
        ("", {}, [(Level.DEGRADED, "is in the account of AWS's examples: ecs.ecr_image_uri, of 210987654321")]),
        ("docker.io/app:1", {}, [(Level.UNKNOWN, "docker.io/app:1 is not in ECR: whether it exists is not known")]),
        (f"{IMAGE}:1", {}, [(Level.DEGRADED, "is not in the registry: push it, or correct ecs.ecr_image_uri")]),
        (f"{IMAGE}:1", {"batch_get_image": {"images": []}}, [(Level.DEGRADED, "is not in the registry")]),
        (f"{IMAGE}:1", {"batch_get_image": DENIED}, [(Level.UNKNOWN, DENIED.text)]),
        (f"{IMAGE}:1", in_registry(), [(Level.OK, "is in the registry, for amd64, arm64")]),
        (f"{IMAGE}@{DIGEST}", in_registry(), [(Level.OK, "is in the registry, for amd64, arm64")]),
        (f"{IMAGE}:latest@{DIGEST}", in_registry(), [(Level.OK, "is in the registry, for amd64, arm64")]),
        (f"{IMAGE}:1", in_registry({}), [(Level.UNKNOWN, "its architecture is not known")]),
        (
            f"{IMAGE}:latest",
            in_registry(describe_repositories={"repositories": [{"imageTagMutability": "IMMUTABLE"}]}),
            [(Level.OK, "is in the registry"), (Level.DEGRADED, "no later image can be pushed under it; name the")],
        ),
        (
            f"{IMAGE}",
            in_registry(describe_repositories={"repositories": [{"imageTagMutability": "MUTABLE"}]}),
            [(Level.OK, "is in the registry"), (Level.NOTE, "the tag says not which version runs; name the commit")],
        ),
        (
            f"{IMAGE}:1",
            in_registry(**life_cycle("1")),
            [
                (Level.OK, "is in the registry"),
                (
                    Level.NOTE,
                    "expires after 30 other pushes, of any environment, also while it runs: add a tag that be",
                ),
            ],
        ),
        (f"{IMAGE}:1", in_registry(**life_cycle("1", "prod-1")), [(Level.OK, "is in the registry")]),
    ],
)
def test_images(stack: Stack, image: str, answers: dict[str, Any], expected: list[tuple[Level, str]]) -> None:
    found = lines(look(stack, Scripted(**answers), image=image), "image")
    assert [level for level, _ in found] == [level for level, _ in expected]
    for (_, said), (_, wanted) in zip(found, expected, strict=True):
        assert wanted in said


def of_arm(_url: str, timeout: float) -> BytesIO:
    assert timeout == 8
    return BytesIO(b'{"architecture": "arm64"}')


def raising(error: Exception) -> Callable[..., BytesIO]:
    def urlopen(_url: str, timeout: float) -> BytesIO:
        del timeout
        raise error

    return urlopen


@pytest.mark.parametrize(
    ("urlopen", "level", "said"),
    [
        (of_arm, Level.DEGRADED, "is for arm64, the task for X86_64: ecs.cpu_architecture"),
        (raising(URLError(TimeoutError())), Level.UNKNOWN, "could not be downloaded: no answer within 8 s"),
        (raising(TimeoutError()), Level.UNKNOWN, "could not be downloaded: no answer within 8 s"),
        (raising(HTTPError("", 403, "", {}, None)), Level.UNKNOWN, "HTTPError: check network and proxy"),  # pyright: ignore[reportArgumentType]  # unused
    ],
)
def test_the_configuration_of_an_image_says_its_architecture(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, urlopen: Callable[..., BytesIO], level: Level, said: str
) -> None:
    monkeypatch.setattr(images, "urlopen", urlopen)
    aws = Scripted(**in_registry(MANIFEST, get_download_url_for_layer={"downloadUrl": "https://layers.example/c"}))
    ((found, line),) = lines(look(stack, aws, image=f"{IMAGE}:1"), "image")
    assert (found, said in line) == (level, True)


# Figures


def vcpus(stack: Stack, limit: float, used: float | None) -> tuple[Level, str]:
    metric = {"MetricNamespace": "AWS/Usage", "MetricName": "ResourceCount", "MetricDimensions": {"Service": "Fargate"}}
    quota = {"Value": limit, **({} if used is None else {"UsageMetric": metric})}
    aws = Scripted(
        get_service_quota={"Quota": quota},
        get_metric_statistics={"Datapoints": [{"Maximum": used}, {"Maximum": 0}]},
        describe_services={"services": [{"runningCount": 2}]},
    )
    return lines(look(stack, aws), "quotas")[-1]


@pytest.mark.parametrize(
    ("limit", "used", "level", "figures"),
    [
        # Four tasks of half a vCPU, doubled during a deployment; two of them run.
        (4, None, Level.OK, "4 at the most during a deployment, 0 used by others, at most 4"),
        (3.5, None, Level.DEGRADED, "4 at the most during a deployment, 0 used by others, at most 3.5"),
        (6, 3.0, Level.OK, "4 at the most during a deployment, 2 used by others, at most 6"),
        (6, 3.5, Level.DEGRADED, "4 at the most during a deployment, 2.5 used by others, at most 6"),
        (6, 0.5, Level.OK, "4 at the most during a deployment, 0 used by others, at most 6"),
    ],
)
def test_vcpus_are_counted_with_what_others_use(
    stack: Stack, limit: float, used: float | None, level: Level, figures: str
) -> None:
    found, said = vcpus(stack, limit, used)
    assert found is level
    assert said.startswith(f"vCPUs of Fargate on demand: {figures}")


def test_addresses_are_counted_for_all_environments(root: Path) -> None:
    stacks = tuple(read_stacks(root / "cdktf.out"))
    prod = next(each for each in stacks if each.environment == "prod")

    def addresses_of(held: int) -> tuple[Level, str]:
        aws = Scripted(describe_addresses={"Addresses": [{}] * held})
        return lines(read(Before(prod, frozenset()), aws, stacks), "quotas")[0]

    assert addresses_of(0) == (Level.OK, "elastic IP addresses: 0 in use, 2 new, at most 5")
    level, said = addresses_of(4)
    assert (level, said.endswith("request an increase of L-0263D0A3 in Service Quotas")) == (Level.DEGRADED, True)


# The state, certificates, the policy


@pytest.mark.parametrize("state", [{"version": 3}, {"encrypted_data": "x", "version": 4}, {}])
def test_a_state_that_cannot_be_read_is_not_an_empty_one(state: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match="encrypted, or of another version than 4"):
        addresses(state)


@pytest.mark.parametrize("body", [b"{", b'{"version": 3}', b"[]"])
def test_a_state_in_s3_that_cannot_be_read_is_unknown(root: Path, body: bytes) -> None:
    (prod,) = (each for each in read_stacks(root / "cdktf.out") if each.environment == "prod")
    found = read(Before(prod, None), Scripted(get_object={"Body": body}), (prod,))
    ((level, said),) = lines(found, "names")
    assert level is Level.UNKNOWN
    assert said.startswith("the state s3://miyabi-terraform-state/prod/terraform.tfstate cannot be read: ")


ARN = f"arn:aws:acm:us-west-2:{OWN}:certificate/0"


def certified(stack: Stack) -> Iterator[Any]:
    for module in stack.modules:
        resources = tuple(
            replace(each, arguments={**each.arguments, "certificate_arn": ARN})
            if each.type == "aws_lb_listener"
            else each
            for each in module.resources
        )
        yield replace(module, resources=resources)


@pytest.mark.parametrize(
    ("status", "days", "host", "expected"),
    [
        ("ISSUED", 300, "api.example.com", [Level.OK]),
        ("ISSUED", 300, "a.b.example.com", [Level.OK, Level.DEGRADED]),
        ("ISSUED", 300, "example.org", [Level.OK, Level.DEGRADED]),
        ("ISSUED", 300, "", [Level.OK]),
        ("ISSUED", 10, "", [Level.NOTE]),
        ("PENDING_VALIDATION", 300, "", [Level.DEGRADED]),
    ],
)
def test_certificates(stack: Stack, status: str, days: int, host: str, expected: list[Level]) -> None:
    certificate = {
        "Status": status,
        "DomainName": "example.com",
        "SubjectAlternativeNames": ["example.com", "*.example.com"],
        "NotAfter": datetime.now(UTC) + timedelta(days=days),
    }
    with_https = replace(stack, modules=tuple(certified(stack)))
    found = lines(
        look(with_https, Scripted(describe_certificate={"Certificate": certificate}), host=host), "certificates"
    )
    assert [level for level, _ in found] == expected


def test_a_certificate_of_another_region_is_refused(stack: Stack) -> None:
    elsewhere = replace(stack, region="eu-central-1", modules=tuple(certified(stack)))
    found = lines(look(elsewhere, Scripted()), "certificates")
    assert found == [(Level.DEGRADED, f"{ARN} is of another region than eu-central-1, where it is used")]


def test_the_policy_needs_no_account(stack: Stack, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "dev", print_policy=True) == 0
    (statement,) = json.loads(capsys.readouterr().out)["Statement"]
    assert {"iam:GetRole", "s3:GetObject", "s3:ListBucket", "sts:GetCallerIdentity"} <= set(statement["Action"])
    assert policy_of(stack)["Statement"] == [statement]
    reads = ("BatchGet", "Describe", "Get", "List")
    assert [each for each in statement["Action"] if not each.partition(":")[2].startswith(reads)] == []


def test_the_sources_of_all_that_asks_can_be_read() -> None:
    places = [each.__module__ for each in (*READERS.values(), *SECTIONS.values())]
    assert [each for each in places if not each.startswith("miyabi_infra.aws.")] == []


def test_the_image_that_terraform_is_given_is_looked_at(
    project: Project, output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    aws = Scripted(**in_registry())

    def scripted(region: str) -> Aws:
        assert region == "us-west-2"
        return aws

    monkeypatch.setattr("miyabi_infra.commands.preflight.Aws", scripted)
    monkeypatch.setenv("TF_VAR_ecr_image_uri", f"{IMAGE}:9d8e7f6")
    run(project.root, "dev", as_json=True)
    (line,) = json.loads(capsys.readouterr().out)["sections"]["image"]
    assert (line["level"], line["data"]["image"]) == ("ok", f"{IMAGE}:9d8e7f6")
