"""`miyabi-infra summary`: one comment that says what a change does, short, and safe whatever the values hold."""

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra import exits
from miyabi_infra.commands.summary import run
from miyabi_infra.pages.summary.changes import Changes
from miyabi_infra.pages.summary.comment import comment
from miyabi_infra.pages.summary.losses import KNOWN_TYPES
from miyabi_infra.pages.summary.markdown import LIMIT, bounded, code
from miyabi_infra.pages.summary.plan import Planned, read
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import read as stacks
from miyabi_infra.stacks import revision
from tests.support import Project, git

NOTHING = Changes((), ())


def committed(project: Project, output: Path) -> Project:
    project.take(output)
    project.commit()
    return project


@pytest.fixture(scope="module")
def changed(root: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose overlays and output are not what is committed."""
    project = committed(Project.copy_of(root, tmp_path_factory.mktemp("changed")), output)
    project.change(
        "dev",
        ("single_nat_gateway: true", "single_nat_gateway: false"),
        ("\nlint:\n  waive:\n", "\nlint:\n  waive:\n    any-account: {reason: one account, until: 2199-12-31}\n"),
        ("https_ingress: false", 'https_ingress: false\n  alb_ingress_cidr_blocks: ["192.0.2.0/24"]'),
    )
    project.change("staging", ("  ecr_image_uri:", "  container_insights: false\n  ecr_image_uri:"))
    project.change(
        "prod",
        ("log_retention_days: 30", "log_retention_days: 7"),
        ("\nhighly_available:", "\nsecurity_groups:\n  https_ingress: false\n\nhighly_available:"),
    )
    project.synthesize()
    return project


@pytest.fixture(scope="module")
def said(changed: Project) -> str:
    with redirect_stdout(io.StringIO()) as out:
        assert run(changed.root) == 1
    return out.getvalue()


def test_a_region_without_prices_takes_no_cost_from_the_others(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    file = project.out / "stacks/miyabi-dev/cdk.tf.json"
    file.write_text(file.read_text("utf-8").replace('"us-west-2"', '"eu-central-1"'), encoding="utf-8")
    with project.body("prod", "ecs-service") as body:
        (target,) = body["resource"]["aws_appautoscaling_target"].values()
        target["max_capacity"] = 20
    run(project.root)
    said = capsys.readouterr().out
    assert "there are no prices for eu-central-1" in said
    assert re.search(r"^\| `?prod`? \|.*\d\.\d\d", said, re.MULTILINE)


def test_without_a_change_it_is_one_line(project: Project, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(project, output)

    assert run(project.root) == 0
    said = capsys.readouterr().out
    assert re.fullmatch(r"\*\*No change of the infrastructure\*\* since `[0-9a-f]{12}`\.\n", said)


def test_a_state_that_moves_is_told_with_the_command(
    root: Path, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = committed(Project.copy_of(root, tmp_path / "moved"), output)
    project.change("dev", ("  backend: local #", "  backend: s3\n  bucket: states #"))
    project.synthesize()
    run(project.root)
    line = (
        "- `dev`: from `environments/dev/terraform.tfstate` to `s3://states/dev/terraform.tfstate`, "
        "by `terraform init -migrate-state` before the next plan"
    )
    assert line in capsys.readouterr().out.splitlines()


def test_environments_that_change_are_counted_and_the_others_left_out(said: str) -> None:
    rows = [line for line in said.splitlines() if line.startswith("| `")]

    assert rows[0] == "| `dev` | 4 | 2 | - | 52 | 160.93 (+36.50) |"
    assert rows[1].startswith("| `prod` | - | 2 | - | 59 | ")
    assert [row for row in rows if "shared" in row] == []


def test_cost_is_told_by_component(said: str) -> None:
    assert "| `dev` | NAT | 33.75 | 66.60 | +32.85 |" in said


def test_reachability_that_differs_is_told_with_the_blocks(said: str) -> None:
    assert "- `dev`: narrowed: `internet` to `alb`, tcp 80: `0.0.0.0/0` to `192.0.2.0/24`\n" in said
    assert "opened" not in said


def test_a_block_within_another_opens_and_closes_nothing(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    blocks = "[0.0.0.0/0, 0.0.0.0/1, 10.0.0.0/8]"
    project.change(
        "prod", ("\nhighly_available:", f"\nsecurity_groups:\n  alb_ingress_cidr_blocks: {blocks}\n\nhighly_available:")
    )
    project.synthesize()
    assert run(project.root) == 1
    told = capsys.readouterr().out
    assert "0.0.0.0/1" in told
    for word in ("narrowed", "widened", "Weaker than before"):
        assert word not in told


def test_what_gets_weaker_is_told(said: str) -> None:
    assert "- `prod`: days of logs of `module.ecs.aws_cloudwatch_log_group.ecs`: 30 to 7 (" in said


def test_findings_that_are_new_waived_or_fixed_are_told(said: str) -> None:
    assert "- `prod`: fixed: `open-port-nobody-answers` of `security_groups.https_ingress`\n" in said
    assert "- `dev`: **waived** until 2199-12-31: `any-account`: `one account`\n" in said
    assert "- `staging`: **new**, error `low-tasks-alarm-without-metric` `environments/staging.yaml:" in said


def test_each_difference_names_the_overlay_line_that_causes_it(said: str) -> None:
    assert (
        "- added `module.networking.aws_nat_gateway.main[1]`, "
        "by `environments/dev.yaml:12` `networking.single_nat_gateway`\n"
    ) in said
    assert "  - `retention_in_days`: `30` to `7`, by `environments/prod.yaml:21` `ecs.log_retention_days`\n" in said


def test_one_environment_alone(changed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(changed.root, "shared") == 0
    assert capsys.readouterr().out.startswith("**No change of the infrastructure**")
    with pytest.raises(Refused, match="no environment 'qa'; there are dev, prod, staging, shared"):
        run(changed.root, "qa")


def test_that_an_apply_waits_for_a_certificate_is_said_before(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = "dns: {zone: example.com}\ncertificate: {domain_names: [api.example.com]}\n"
    committed(project, output).change("dev", ("https_ingress: false", "https_ingress: true"))
    project.overlay("dev").write_text(project.overlay("dev").read_text(encoding="utf-8") + names, encoding="utf-8")
    project.synthesize("dev")
    run(project.root)
    assert (
        "### What an apply waits for\n\n- `dev`: the certificate of `api.example.com`, for 15m at most. Where the "
        "domain is not delegated to its zone, the apply fails then: `miyabi-infra preflight --env dev` says "
        "whether it is\n"
    ) in capsys.readouterr().out


def test_a_branch_is_compared_with_where_it_left_main(project: Project, output: Path) -> None:
    committed(project, output)
    first = git(project.root, "rev-parse", "HEAD")
    git(project.root, "checkout", "-qb", "topic")
    project.change("dev", ("LOG_LEVEL: info", "LOG_LEVEL: debug"))
    git(project.root, "commit", "-qam", "on the branch")

    found = revision.base(project.root)
    assert found is not None
    assert (found.revision, found.why, found.branch) == (first, "branch", "main")


def test_without_main_it_is_compared_with_head(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    git(project.root, "branch", "-qm", "trunk")

    assert revision.base(project.root) is None
    assert run(project.root) == 0
    head = git(project.root, "rev-parse", "HEAD")
    assert f"**No change of the infrastructure** since `{head[:12]}`" in capsys.readouterr().out


def test_an_environment_that_is_new_is_said_to_be(project: Project, output: Path) -> None:
    project.take(output)
    git(project.root, "init", "-q", "-b", "main")
    git(project.root, "add", ".", ":!*staging*")
    git(project.root, "commit", "-qm", "first")
    assert run(project.root) == 1


def test_what_is_lost_is_known_of_every_type_of_the_stacks(output: Path) -> None:
    assert {each.type for stack in stacks(output) for each in stack.resources} - KNOWN_TYPES == set()


# ---- plans ---------------------------------------------------------------------------------------------------------


def plan(tmp_path: Path, *changes: dict[str, Any], **more: object) -> Path:
    file = tmp_path / "plan.json"
    data: dict[str, object] = {"format_version": "1.2", "planned_values": {}, "resource_changes": changes, **more}
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


def planned(kind: str, actions: list[str], **change: object) -> dict[str, Any]:
    return {
        "address": f"module.m.{kind}.n",
        "mode": "managed",
        "type": kind,
        "change": {"actions": actions, **change},
    }


def test_a_plan_is_read_with_losses_first(tmp_path: Path) -> None:
    file = plan(
        tmp_path,
        planned("aws_eip", ["create"]),
        planned("aws_vpc", ["delete", "create"], replace_paths=[["cidr_block"], ["tags", "Name"]]),
        planned("aws_s3_bucket", ["delete"]),
        planned("aws_lb", ["no-op"]) | {"previous_address": "aws_lb.old"},
        planned("aws_lb", ["read"]),
        resource_drift=[{"address": "module.m.aws_lb.n"}],
    )
    found = read(file)

    assert found.changes == (
        Planned("destroy", "module.m.aws_s3_bucket.n", (), "its objects"),
        Planned("replace", "module.m.aws_vpc.n", ("cidr_block", "tags.Name"), "everything in it"),
        Planned("create", "module.m.aws_eip.n", (), ""),
    )
    assert "1 to create, 1 to replace, 1 to destroy, 1 moved to another address, 1 resource changed outside" in comment(
        NOTHING, [found], "main"
    )


def test_a_plan_without_changes_is_no_change(project: Project, output: Path, tmp_path: Path) -> None:
    committed(project, output)
    assert run(project.root, plans=[plan(tmp_path, planned("aws_lb", ["no-op"]))]) == 0
    assert run(project.root, plans=[plan(tmp_path, planned("aws_lb", ["update"]))]) == 1


@pytest.mark.parametrize(
    ("entry", "more", "said"),
    [
        (planned("aws_lb", ["no-op"], importing={"id": "lb"}), {}, "1 to import"),
        (planned("aws_lb", ["no-op"]) | {"previous_address": "aws_lb.old"}, {}, "1 moved to another address"),
        (planned("aws_lb", ["no-op"]), {"output_changes": {"name": {"actions": ["update"]}}}, "1 output to change"),
        (
            planned("aws_lb", ["no-op"]),
            {"resource_drift": [{"address": "module.m.aws_lb.n"}]},
            "1 resource changed outside Terraform",
        ),
    ],
)
def test_a_plan_that_changes_the_state_alone_is_no_no_change(
    tmp_path: Path, entry: dict[str, Any], more: dict[str, object], said: str
) -> None:
    found = read(plan(tmp_path, entry, **more))
    text = comment(NOTHING, [found], "main")
    assert not found.quiet
    assert "No change" not in text
    assert said in text


def test_a_plan_that_terraform_did_not_finish_is_no_all_clear(tmp_path: Path) -> None:
    assert "**`plan.json` is not complete**" in comment(NOTHING, [read(plan(tmp_path, errored=True))], "main")


def test_a_plan_that_terraform_did_not_finish_has_an_exit_code_of_its_own(
    project: Project, output: Path, tmp_path: Path
) -> None:
    committed(project, output)
    assert run(project.root, plans=[plan(tmp_path, errored=True)]) == exits.UNKNOWN
    assert run(project.root, plans=[plan(tmp_path, planned("aws_lb", ["update"]), errored=True)]) == exits.UNKNOWN


def test_what_only_aws_sets_is_not_changed_outside_terraform(tmp_path: Path) -> None:
    resources = [{"address": "aws_lb.n", "expressions": {"idle_timeout": {"constant_value": 60}, "tags": {}}}]
    configuration: dict[str, Any] = {"root_module": {"module_calls": {"m": {"module": {"resources": resources}}}}}

    def drifted(**after: object) -> int:
        change = {"before": {"idle_timeout": 60, "arn_suffix": "a", "tags": None}, "after": after}
        drift = [{"address": "module.m.aws_lb.n", "change": change}]
        return read(plan(tmp_path, resource_drift=drift, configuration=configuration)).drift

    assert drifted(idle_timeout=60, arn_suffix="b", tags={}) == 0
    assert drifted(idle_timeout=90, arn_suffix="a", tags={}) == 1


@pytest.mark.parametrize(
    ("text", "problem"), [("{", "is not JSON"), ("[]", "holds no plan"), ('{"format_version": "1.0"}', "holds no plan")]
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=problem):
        read(file)
    with pytest.raises(Refused, match="cannot be read: No such file"):
        read(tmp_path / "none.json")


# ---- replacements without a plan -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rebuilt(root: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose overlays have changes that replace resources, and an image with a long name."""
    project = committed(Project.copy_of(root, tmp_path_factory.mktemp("rebuilt")), output)
    project.change("dev", ("10.0.", "10.9."))
    project.change("staging", ("miyabi-web-api:", "miyabi-web-api:3f2c1ab-"))
    project.change("prod", ("log_retention_days: 30", "log_retention_days: 7"))
    project.synthesize()
    return project


def test_without_a_plan_replacements_are_said_to_be_unknown(
    rebuilt: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(rebuilt.root) == exits.FOUND
    said = capsys.readouterr().out
    assert "There is no plan of `dev`, `prod`, `staging` (`--plan`): **which resources are replaced" in said

    def tagged(name: str) -> Path:
        tags = {"tags": {"constant_value": {"Environment": name}}}
        provider = {"aws": {"expressions": {"default_tags": [tags]}}}
        (tmp_path / name).mkdir()
        return plan(tmp_path / name, configuration={"provider_config": provider})

    assert run(rebuilt.root, plans=[tagged("dev"), tagged("staging")]) == exits.FOUND
    assert "There is no plan of `prod` (`--plan`)" in capsys.readouterr().out


def test_replacements_that_the_provider_is_known_to_force_are_listed_with_what_follows(
    rebuilt: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    run(rebuilt.root)
    said = capsys.readouterr().out
    vpc = "module.networking.aws_vpc.main"
    assert f"| `dev` | `{vpc}` | `cidr_block` |  | everything in it |" in said
    assert f"| `dev` | `module.alb.aws_lb_target_group.app` | `vpc_id` | `{vpc}` | the traffic to its targets" in said
    definition = "module.ecs.aws_ecs_task_definition.app"
    assert re.search(rf"\| `staging` \| `{definition}` \| `container_definitions[^`]*image` \|", said)
    assert "| `prod` | `module" not in said


def test_another_port_name_or_version_says_what_it_replaces_or_that_nobody_knows(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    with project.body("dev", "alb") as body:  # container_port and project
        body["resource"]["aws_lb_target_group"]["app"]["port"] = 9000
        body["resource"]["aws_lb"]["main"]["name"] = "shop-alb-dev"
    with project.body("dev", "elasticache") as body:  # a newer version is an update, an older one another cache
        body["resource"]["aws_elasticache_cluster"]["redis"]["engine_version"] = "6.2"
    run(project.root, "dev")
    said = capsys.readouterr().out
    group, balancer = "module.alb.aws_lb_target_group.app", "module.alb.aws_lb.main"
    assert f"| `dev` | `{group}` | `port` |" in said
    assert f"| `dev` | `{balancer}` | `name` |" in said
    assert "| `dev` | `module.alb.aws_lb_listener.http` | `load_balancer_arn` | `module.alb.aws_lb.main` |" in said
    unknown = said[said.index("Whether these changes force a replacement is not known:") :]
    assert "- `dev`: `module.elasticache.aws_elasticache_cluster.redis` `engine_version`" in unknown


def test_a_replaced_database_comes_first_and_is_said_to_be_refused(
    project: Project, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    project.change("dev", ("\necs:\n", "\nrds: {enabled: true}\n\necs:\n"))
    project.synthesize("dev")
    project.commit()
    with project.body("dev", "alb") as body:
        body["resource"]["aws_lb_target_group"]["app"]["port"] = 9000
    with project.body("dev", "rds") as body:
        body["resource"]["aws_db_instance"]["main"]["db_name"] = "other"
    run(project.root, "dev")
    said = capsys.readouterr().out
    _, _, *rows = said[said.index("| environment | replaced |") :].splitlines()
    assert rows[0] == (
        "| `dev` | `module.rds.aws_db_instance.main` | `db_name` |  "
        "| its data, except a final snapshot: **Terraform refuses the plan** |"
    )
    assert "aws_lb_target_group.app" in rows[1]

    file = plan(
        tmp_path,
        planned("aws_vpc", ["delete", "create"]),
        planned("aws_s3_bucket", ["delete"]),
        planned("aws_db_instance", ["delete", "create"]),
    )
    run(project.root, "dev", plans=[file])
    said = capsys.readouterr().out
    assert re.findall(r"`module\.m\.(\w+)\.n`", said)[:3] == ["aws_db_instance", "aws_s3_bucket", "aws_vpc"]


def test_removed_data_comes_first_and_is_said_to_be_lost(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    without = project.overlay("dev").read_text(encoding="utf-8")
    with_group = without.replace("\nelasticache:\n", "\nelasticache:\n  topology: replication-group\n")
    project.write("dev", f"{with_group}\nrds: {{enabled: true}}\n")
    project.synthesize("dev")
    project.commit()
    project.write("dev", without)
    project.synthesize("dev")
    assert run(project.root, "dev") == exits.FOUND
    heading, *rows = re.findall(r"(?m)^(?:###|\|).*", capsys.readouterr().out)
    assert heading == "### Destroyed, with its data"
    assert rows[2] == "| `dev` | `module.rds.aws_db_instance.main` | its data, except a final snapshot |"
    group = "module.elasticache.aws_elasticache_replication_group.redis"
    assert f"| `dev` | `{group}` | the data in the cache |" in rows


def test_a_stack_that_is_gone_goes_on_to_run_and_to_cost(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    project.overlay("staging").unlink()
    project.synthesize()
    assert run(project.root, since="HEAD") == exits.FOUND
    said = capsys.readouterr().out
    assert re.findall(r"(?m)^### (.*)", said) == ["The stack is gone", "By environment"]
    assert re.search(
        r"- `staging`: \*\*nothing is destroyed by that\*\*: what `miyabi-staging` made \(\d+ resources\) goes on to "
        r"run and to cost (at least )?\d+\.\d\d USD in a typical month, in the state `s3://[^`]*`, that nobody plans\. "
        r"Destroy it from `HEAD` first",
        said,
    )
    assert "| `staging` (gone) | - | - | - | 0 | - |" in said.replace("  ", " ")
    assert "closed" not in said
    assert "fixed" not in said


def test_a_stack_whose_state_another_stack_has_is_destroyed(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    project.overlay("staging").unlink()
    project.synthesize()
    dev = project.out / "stacks" / "miyabi-dev" / "cdk.tf.json"
    body = json.loads(dev.read_text(encoding="utf-8"))
    staging = git(project.root, "show", "HEAD:cdktf.out/stacks/miyabi-staging/cdk.tf.json")
    body["terraform"]["backend"] = json.loads(staging)["terraform"]["backend"]
    dev.write_text(json.dumps(body), encoding="utf-8")
    run(project.root, since="HEAD")
    said = capsys.readouterr().out
    assert "is now of `miyabi-dev`: **Terraform would destroy what runs there**" in said
    assert "nothing is destroyed" not in said


def test_what_moves_to_another_address_is_not_said_to_be_destroyed(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    kind = "aws_elasticache_cluster"
    with project.body("dev", "elasticache") as body:
        body["resource"][kind]["cache"] = body["resource"][kind].pop("redis")
        renamed = json.loads(json.dumps(body).replace(f"{kind}.redis", f"{kind}.cache"))
        body.clear()
        body.update(renamed)
    run(project.root, "dev")
    assert f"| `dev` | `module.elasticache.{kind}.redis` | the data in the cache |" in capsys.readouterr().out
    with project.body("dev", "elasticache") as body:
        body["moved"] = [{"from": f"{kind}.redis", "to": f"{kind}.cache"}]
    run(project.root, "dev")
    assert "Destroyed" not in capsys.readouterr().out


def test_long_values_are_shown_where_they_differ(rebuilt: Project, capsys: pytest.CaptureFixture[str]) -> None:
    run(rebuilt.root, "staging")
    said = capsys.readouterr().out
    (line,) = re.findall(r"(?m)^  - `container_definitions[^`]*image`.*$", said)
    assert "miyabi-web-api:3f2c1ab-" in line


# ---- what is not known -----------------------------------------------------------------------------------------------


def test_what_is_not_priced_is_never_zero(project: Project, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(project, output)
    with project.body("dev", "elasticache") as body:
        body["resource"]["aws_elasticache_cluster"]["redis"]["node_type"] = "cache.x9.large"

    assert run(project.root) == exits.FOUND
    said = capsys.readouterr().out
    assert re.search(r"\| `dev` \| - \| 1 \| - \| 48 \| at least [\d.]+ \(difference not known\) \|", said)
    assert re.search(r"\| `dev` \| Redis \| [\d.]+ \| at least [\d.]+ \| difference not known \|", said)
    assert "-12.41" not in said
    assert "Not priced, and not in the figures:\n- `dev`: `module.elasticache.aws_elasticache_cluster.redis`: " in said


def test_a_region_without_prices_takes_nothing_from_the_others(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    file = project.out / "stacks/miyabi-dev/cdk.tf.json"
    file.write_text(file.read_text().replace('"region": "us-west-2"', '"region": "eu-north-1"'))
    with project.body("prod", "elasticache") as body:
        (cache,) = [cache for each in body["resource"].values() for cache in each.values() if "node_type" in cache]
        cache["node_type"] = "cache.t3.micro"

    assert run(project.root) == exits.FOUND
    said = capsys.readouterr().out
    assert re.search(
        r"\| `dev` \(another region\) \| [^|]* \| [^|]* \| [^|]* \| 48 \| not known \(difference not known\) \|", said
    )
    assert re.search(r"\| `prod` \| Redis \| [\d.]+ \| [\d.]+ \| -[\d.]+ \|", said)


def test_overlays_that_cannot_be_read_are_said_to_be_unknown(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    project.overlay("prod").write_text("networking: [", encoding="utf-8")

    assert run(project.root) == exits.UNKNOWN
    said = capsys.readouterr().out
    assert "### Not known\n\n- `overlays and cost now: environments/prod.yaml:" in said


# ---- what becomes of what runs ------------------------------------------------------------------------------------


def test_what_is_in_a_region_that_an_environment_leaves_stays_there(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Terraform reads every resource in the region of its provider; only what has no region is found there."""
    committed(project, output)
    project.change(
        "dev",
        ("\nnetworking:", "\nregion: us-east-1\n\nnetworking:"),
        ("us-west-2a, us-west-2b", "us-east-1a, us-east-1b"),
    )
    project.synthesize("dev")
    run(project.root)
    said = capsys.readouterr().out
    (line,) = [each for each in said.splitlines() if each.startswith("- `dev`: from `us-west-2` to `us-east-1`: ")]
    assert "**nothing of `us-west-2` is moved or destroyed.**" in line
    assert "for 43 resources, finds none" in line
    assert "with its data: `module.ecs.aws_cloudwatch_log_group.ecs`, `module.elasticache.aws_elasticache" in line
    assert line.endswith("5 resources of no region, or of another one, stay.")  # of IAM
    assert "Replaced, as far as it is known" not in said  # a part would be named, and all is made anew
    assert "new version rolled out" not in said


@pytest.mark.slow
def test_a_rename_tells_the_gravest_loss_first_and_what_is_alike_once(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    project.change("base", ("project: miyabi", "project: other"))
    project.synthesize()
    run(project.root, "dev")
    said = capsys.readouterr().out
    rows = [line.split(" | ")[1] for line in said.splitlines() if line.startswith("| `dev` | `module.")]
    assert [re.findall(r"\.(aws_\w+)", row)[0] for row in rows[:5]] == [
        "aws_elasticache_cluster",
        "aws_cloudwatch_log_group",
        "aws_lb",
        "aws_lb_listener",
        "aws_lb_target_group",
    ]
    alarms = "`module.alb.aws_cloudwatch_metric_alarm.target_response_time` and 7 more `aws_cloudwatch_metric_alarm`"
    assert alarms in rows
    assert len(rows) < 20
    assert "new version rolled out" not in said


def test_what_is_weaker_is_told_with_its_subject_and_flags_with_words(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    project.change(
        "prod",
        ("enable_deletion_protection: true", "enable_deletion_protection: false"),
        ("transit_encryption_enabled: true", "transit_encryption_enabled: false"),
    )
    project.synthesize("prod")
    run(project.root)
    said = capsys.readouterr().out
    assert "- `prod`: deletion protection of the load balancer of `module.alb.aws_lb.main`: yes to no (" in said
    assert "- `prod`: TLS to the cache: yes to no (" in said


def test_each_of_several_findings_about_one_setting_is_told(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    project.change("dev", ("  single_nat_gateway: true", "  enable_nat_gateway: false\n  single_nat_gateway: true"))
    project.synthesize("dev")
    run(project.root, "dev")
    said = capsys.readouterr().out
    found = re.findall(r"\*\*new\*\*, error `tasks-cannot-start` \S+ `tasks cannot (\w+)", said)
    assert found == ["pull", "write", "read"]


def test_https_is_told_as_what_it_is_stronger_by(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    certificate = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"
    alb = f"alb: {{certificate_arn: {certificate}, redirect_http_to_https: true}}"
    project.change("dev", ("https_ingress: false", "https_ingress: true"), ("\necs:", f"\n{alb}\necs:"))
    project.synthesize("dev")
    run(project.root, "dev")
    said = capsys.readouterr().out
    assert "### Weaker than before" not in said
    section = said.partition("### Stronger than before\n\n")[2].partition("\n\n")[0]
    for line in ("HTTPS: no to yes", "HTTP redirects to HTTPS: no to yes", "listeners that serve without TLS: 1 to 0"):
        assert f"- `dev`: {line}" in section.splitlines()
    effects = said.partition("### What it does to what runs\n\n")[2].partition("\n\n")[0]
    lost = "POST requests over HTTP, whose body the redirect loses"
    assert effects.splitlines() == [
        f"- `dev`: alb.redirect_http_to_https interrupts {lost}: for good",
        "- `dev`: in place: alb.certificate_arn, security_groups.https_ingress",
    ]


def test_what_a_section_switches_on_is_caused_by_its_switch(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    database = "rds:\n  enabled: true\n  database_name: orders\n  migration_command: [migrate, up]\n"
    project.change("dev", ("\nmonthly_budget:", f"\n{database}\nmonthly_budget:"))
    project.synthesize("dev")
    run(project.root)
    lines = capsys.readouterr().out.splitlines()

    def causes(beginning: str) -> list[str]:
        (line,) = [each for each in lines if beginning in each]
        return re.findall(r"`(rds\.[^`]*)`", line)

    assert causes("environment[DATABASE_HOST]`: ") == ["rds.enabled"]
    assert causes("environment[DATABASE_NAME]`: ") == ["rds.database_name", "rds.enabled"]
    assert causes("`policy.Statement[3]`: ") == ["rds.enabled"]


# ---- Markdown ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a|b", "`a|b`"),
        ("a\nb", "`a b`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("<script>@team #1", "`<script>@team #1`"),
        ("", "(empty)"),
        ("x" * 200, f"`{'x' * 99}…`"),
    ],
)
def test_a_value_can_not_get_out_of_its_code(value: str, expected: str) -> None:
    assert code(value) == expected


def test_what_has_no_room_is_counted() -> None:
    assert bounded(["abc"] * 5, 8, "lines") == [
        "abc",
        "abc",
        "",
        f"*3 lines left out: a comment holds {LIMIT:,} characters.*",
    ]


@pytest.mark.slow
def test_a_comment_fits_however_much_changes(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    with project.body("dev", "networking") as body:
        body["resource"]["aws_vpc"]["main"]["tags"] |= {f"tag{number}": "v" * 90 for number in range(2000)}
    with project.body("prod", "networking") as body:
        body["resource"]["aws_eip"]["nat"]["count"] = 900

    assert run(project.root) == 1
    said = capsys.readouterr().out
    assert len(said) < LIMIT
    assert said.count(" left out: a comment holds ") == 2
    assert said.count("<details>") == said.count("</details>") == 2


def test_a_difference_that_no_strength_judges_is_not_known_to_be_harmless(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(project, output)
    file = project.out / "stacks/miyabi-dev/modules/alb/main.tf.json"
    body = json.loads(file.read_text())
    body["resource"]["aws_lb"]["main"]["mystery"] = True
    body["resource"]["aws_mystery"] = {"one": {}}
    file.write_text(json.dumps(body))

    run(project.root)
    assert (
        "### Weaker than before\n\n**Not judged**, and may make it weaker:\n"
        "- `dev`: `module.alb.aws_lb.main mystery`\n"
        "- `dev`: `module.alb.aws_mystery.one`\n"
    ) in capsys.readouterr().out
