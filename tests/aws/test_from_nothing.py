"""Every stack from nothing: applied, planned again, verified, destroyed with nothing left, all under strict emulation.

The stacks live side by side, each in an account of its own, because an apply is mostly waiting. dev is applied in every
session of the tests on emulated AWS anyway: here it is destroyed.
"""

from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from miyabi_infra.aws.verify import Verification
from miyabi_infra.stacks import SHARED
from miyabi_infra.terraform.cli import TerraformError
from tests import complete
from tests.aws.emulator import REGION, Emulator
from tests.aws.environment import AS_IT_IS, Environment, apply
from tests.aws.measuring import operations
from tests.aws.outside import outside
from tests.aws.permitted import Call, policies_of, refused
from tests.aws.refusals import RECORDED, elasticache, gone_through
from tests.aws.strict import READS
from tests.aws.test_verify import Look
from tests.pipeline import made
from tests.support import Project

pytestmark = pytest.mark.aws

BUCKET: Final = "miyabi-terraform-state"
DOMAIN: Final = """
dns:
  zone: miyabi.example
  load_balancer_names: [miyabi.example, api.miyabi.example]
certificate:
  domain_names: [miyabi.example, "*.miyabi.example", api.miyabi.example]
account_id: "123456789012"
log_bucket: {name: miyabi-logs-prod}
flow_logs: {destination: s3}
endpoints: {s3: true}
"""
"""What prod says for a name of its own, for HTTPS, for logs in a bucket, and for a way to S3."""
KEPT: Final = {
    "complete": {
        "task definition": "with managed_elsewhere: [task_definition], Terraform never deregisters a revision",
        "database snapshot": "the last one of the deleted database",
    },
}
"""Kinds of which something stays when a stack is destroyed, and why."""


@dataclass
class Life:
    """What became of a stack."""

    environment: Environment
    before: dict[str, list[str]]
    """What the account held before."""
    quiet: list[int] = field(default_factory=list[int])
    """Exit codes of `plan -detailed-exitcode`: 0 is "No changes", outputs included; 2 is a change."""
    planned: dict[str, str] = field(default_factory=dict[str, str])
    """A change that was made on the way, as it was planned."""
    verification: Verification | None = None
    left: dict[str, list[str]] | None = None
    """What the account held afterwards."""
    begun: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Operations that the test itself called before."""
    called: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Operations that the stack's life called, with their services: apply, plan, verify, destroy."""

    reading: set[Call] = field(default_factory=set[Call])
    """What plans and the comparison called."""
    everything: set[Call] = field(default_factory=set[Call])
    """All that the stack's life called."""
    since: Counter[Call] = field(default_factory=Counter[Call])
    """What the test itself had called before."""

    @contextmanager
    def read_only(self) -> Generator[None]:
        """Note what is called inside as what a plan, or a comparison, calls."""
        before = self.environment.aws.called_on()
        yield
        self.reading |= set(self.environment.aws.called_on() - before)

    def plan(self) -> None:
        """Plan, and keep the exit code."""
        with self.read_only():
            self._plan()

    def _plan(self) -> None:
        done = self.environment.terraform.run("plan", "-no-color", "-detailed-exitcode", accept=(0, 2))
        self.quiet.append(done.returncode)

    def end(self) -> None:
        """Destroy, after what protects the stack is off."""
        unprotect(self.environment)
        self.environment.terraform.destroy(AS_IT_IS)
        self.called = set(operations(self.environment.aws) - self.begun)
        self.everything = set(self.environment.aws.called_on() - self.since)
        self.left = self.environment.aws.holds()


Lives = dict[str, Life | BaseException]


@pytest.fixture(scope="module")
def lives(root: Path, tmp_path_factory: pytest.TempPathFactory, empty_aws: Emulator) -> Generator[Lives]:
    """The lives of the stacks by environment, or what ended one early."""
    folder = tmp_path_factory.mktemp("lives")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor() as pool:
        for name, value in complete.VARIABLES.items():
            patch.setenv(name, value)
        accounts = {name: stack.enter_context(empty_aws.copy()) for name in ("staging", "prod", "shared", "complete")}
        prepared = Project.copy_of(root, folder / "project")
        complete.write(prepared, **outside(accounts["complete"]))
        # The accounts of this test run no tasks, so a service would never be steady.
        prepared.change("complete", ('"wait_for_steady_state": true', '"wait_for_steady_state": false'))
        prepared.synthesize()
        encrypted = Project.copy_of(prepared.root, folder / "https")
        accounts["prod"].zone("miyabi.example")
        encrypted.change(
            "prod",
            ('  certificate_arn: "" # with a certificate: HTTPS, and port 80 redirects\n', "  access_logs: true\n"),
        )
        with encrypted.overlay("prod").open("a", encoding="utf-8") as overlay:
            overlay.write(DOMAIN)
        encrypted.synthesize()

        begun = {
            "staging": pool.submit(begin, Environment(prepared, "staging", accounts["staging"])),
            "shared": pool.submit(begin, Environment(prepared, "shared", accounts["shared"])),
            "complete": pool.submit(begin, Environment(prepared, "complete", accounts["complete"])),
            "prod": pool.submit(
                begin,
                Environment(prepared, "prod", accounts["prod"]),
                Environment(encrypted, "prod", accounts["prod"]),
            ),
        }
        found: Lives = {name: each.exception() or each.result() for name, each in begun.items()}
        for each in found.values():
            if isinstance(each, Life):
                with each.read_only():
                    each.verification = Look(patch).verify(each.environment)
        ended = {name: pool.submit(each.end) for name, each in found.items() if isinstance(each, Life)}
        yield found | {name: problem for name, each in ended.items() if (problem := each.exception())}


def begin(environment: Environment, changed: Environment | None = None) -> Life:
    """Apply a stack and plan it again; then what `changed` makes of it, in the same state."""
    if environment.name != SHARED:
        environment.aws.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    before = environment.aws.holds()
    life = Life(environment, before, begun=operations(environment.aws), since=environment.aws.called_on())
    environment.terraform.init()
    environment.terraform.apply()
    life.plan()
    if changed is not None:
        life.environment = changed
        changed.terraform.init()
        life.planned = apply(changed.terraform)
        life.plan()
    return life


def unprotect(environment: Environment) -> None:
    """Turn off what protects a stack from being destroyed: in its JSON, and in AWS, which protects a load balancer."""
    modules = environment.stack / "modules"
    if (modules / "alb").exists():
        with environment.project.body(environment.name, "alb") as body:
            body["resource"]["aws_lb"]["main"]["enable_deletion_protection"] = False
        environment.terraform.apply(AS_IT_IS, "-target=module.alb.aws_lb.main")
    if (modules / "state-bucket").exists():
        with environment.project.body(environment.name, "state-bucket") as body:
            del body["resource"]["aws_s3_bucket"]["state"]["lifecycle"]
    if (modules / "hosted-zone").exists():
        with environment.project.body(environment.name, "hosted-zone") as body:
            del body["resource"]["aws_route53_zone"]["main"]["lifecycle"]


def lived(lives: Lives, name: str) -> Life:
    """A life that ended well so far."""
    found = lives[name]
    if isinstance(found, BaseException):
        raise found
    return found


@pytest.mark.parametrize("name", ["staging", "prod", "shared", "complete"])
def test_a_stack_from_nothing_is_quiet_verified_and_leaves_nothing(lives: Lives, name: str) -> None:
    life = lived(lives, name)
    assert set(life.quiet) == {0}, "the second plan is not empty"
    assert life.verification is not None
    assert life.verification.differences == 0
    assert {each.state for each in life.verification.resources} == {"same"}
    assert life.left is not None
    if name == "complete":
        assert [each.endswith("-final") for each in life.left["database snapshot"]] == [True]
    assert {kind: each for kind, each in life.left.items() if kind not in KEPT.get(name, {})} == life.before


def test_prod_gets_https_and_logs_in_place(lives: Lives) -> None:
    """From its state of today, with a zone that is looked up by its name: in one apply, and nothing is replaced."""
    bucket = ("", "_lifecycle_configuration", "_ownership_controls", "_policy", "_public_access_block")
    of_bucket = (*bucket, "_server_side_encryption_configuration")
    assert lived(lives, "prod").planned == {
        **{f"module.log_bucket.aws_s3_bucket{each}.logs": "create" for each in of_bucket},
        "module.flow_logs.aws_flow_log.s3": "create",
        "module.endpoints.aws_vpc_endpoint.s3": "create",
        "module.alb.aws_lb.main": "update",
        "module.alb.aws_lb_listener.http": "update",
        "module.alb.aws_lb_listener.https[0]": "create",
        "module.certificate.aws_acm_certificate.load_balancer": "create",
        "module.certificate.aws_acm_certificate_validation.load_balancer": "create",
        "module.certificate.aws_cloudwatch_metric_alarm.load_balancer_expiry": "create",
        'module.certificate.aws_route53_record.validation["api.miyabi.example"]': "create",
        'module.certificate.aws_route53_record.validation["miyabi.example"]': "create",
        'module.dns.aws_route53_record.load_balancer["api.miyabi.example"]': "create",
        'module.dns.aws_route53_record.load_balancer["miyabi.example"]': "create",
    }


def test_every_operation_that_changes_something_was_gone_through(lives: Lives) -> None:
    called = set[tuple[str, str]]().union(*(lived(lives, name).called for name in lives))
    assert {each for each in called - gone_through() if not each[1].startswith(READS)} == set()


def test_the_roles_of_the_pipeline_allow_every_operation(lives: Lives) -> None:
    called = set[tuple[str, str]]().union(*(lived(lives, name).called for name in lives if name != SHARED))
    more = sorted(called - RECORDED)
    lines = "\n".join(f"{service}: {name}" for service, name in more)
    assert not more, f"review what the pipeline's roles need more, and add it to modules/recorded_calls.py:\n{lines}"


@pytest.mark.parametrize("name", ["staging", "prod", "complete"])
def test_the_roles_of_the_pipeline_allow_every_call_on_what_it_names(lives: Lives, project: Project, name: str) -> None:
    """In its region, on its bucket, role or secret, and within the boundary; a plan by the role that only reads."""
    policies = policies_of(made(project, environments=(name,)), BUCKET)
    life = lived(lives, name)
    assert refused(life.everything, policies["apply_policies"][0], policies["boundary_policy"]) == []
    assert refused(life.reading, policies["plan_policy"], policies["boundary_policy"]) == []
    assert len(life.reading) < len(life.everything)


def test_dev_leaves_nothing(dev: Environment) -> None:
    dev.terraform.destroy()
    assert dev.aws.holds() == {}


def test_tls_on_a_single_redis_node_is_refused_with_the_error_of_aws(root: Path, tmp_path: Path, aws: Emulator) -> None:
    """As prod asked for it until milestone 2: Terraform's plan let it pass, and AWS's error ended the first apply."""
    project = Project.copy_of(root, tmp_path)
    project.synthesize()
    with project.body("dev", "elasticache") as body:
        body["resource"]["aws_elasticache_cluster"]["redis"]["transit_encryption_enabled"] = True
    environment = Environment(project, "dev", aws)
    environment.terraform.init()
    with pytest.raises(TerraformError, match=elasticache.tls_on_a_single_node.code) as refused:
        environment.terraform.apply("-target=module.elasticache")
    assert "Encryption feature is not supported for engine REDIS" in " ".join(str(refused.value).split())
