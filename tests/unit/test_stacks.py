"""The typed reading of synthesized stacks: addresses, values, references, and what it refuses."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.stacks import Reference, Resource, Stack, StackError, Template, plain, read, unknowns

PROVIDER = {"aws": [{"region": "us-west-2", "default_tags": [{"tags": {"Environment": "dev", "Project": "miyabi"}}]}]}


@pytest.fixture(scope="session")
def stacks(output: Path) -> Mapping[str, Stack]:
    return {stack.environment: stack for stack in read(output)}


def resource(stack: Stack, address: str) -> Resource:
    found = stack.find(address)
    assert found is not None, address
    return found


def write(
    out: Path, body: Mapping[str, Any], call: Mapping[str, Any] | None = None, also: Mapping[str, Any] | None = None
) -> Path:
    """An output folder with one stack that calls one module; `also`: a second configuration of the provider."""
    folder = out / "stacks" / "miyabi-dev"
    (folder / "modules" / "one").mkdir(parents=True)
    providers = {"aws": [*PROVIDER["aws"], *([also] if also else [])]}
    root = {"provider": providers, "module": {"one": {"source": "./modules/one", **(call or {})}}}
    (folder / "cdk.tf.json").write_text(json.dumps(root))
    (folder / "modules" / "one" / "main.tf.json").write_text(json.dumps(body))
    return out


def one(out: Path, argument: object, **body: object) -> object:
    """What an argument of a module's only resource is read as."""
    resources = {"aws_thing": {"it": {"argument": argument}}}
    return read(write(out, {"resource": resources, **body}))[0].resources[0].get("argument")


def test_environments_come_first_and_what_is_shared_last(stacks: Mapping[str, Stack]) -> None:
    assert list(stacks) == ["dev", "prod", "staging", "shared"]


def test_counted_resources_have_their_index_in_the_address(stacks: Mapping[str, Stack]) -> None:
    expected = [f"module.networking.aws_subnet.{kind}[{index}]" for kind in ("private", "public") for index in (0, 1)]

    actual = [subnet.address for subnet in stacks["dev"].of_type("aws_subnet")]

    assert expected == actual


def test_a_count_of_zero_makes_no_instance(stacks: Mapping[str, Stack]) -> None:
    assert stacks["dev"].of_type("aws_service_discovery_service") == ()


def test_locals_and_sums_of_the_index_become_literals(stacks: Mapping[str, Stack]) -> None:
    subnet = resource(stacks["dev"], "module.networking.aws_subnet.public[1]")

    actual = (subnet.get("availability_zone"), subnet.get("cidr_block"), plain(subnet.get("tags")))

    expected = ("us-west-2b", "10.0.2.0/24", {"Name": "miyabi-public-subnet-2-dev", "Type": "public"})
    assert expected == actual


def test_wires_lead_through_the_call_to_the_resource_of_the_other_module(stacks: Mapping[str, Stack]) -> None:
    load_balancer = resource(stacks["dev"], "module.alb.aws_lb.main")

    expected = tuple(Reference(f"module.networking.aws_subnet.public[{index}]", "id") for index in (0, 1))

    assert expected == load_balancer.get("subnets")


def test_a_reference_to_what_is_configured_is_its_value_and_is_noted(stacks: Mapping[str, Stack]) -> None:
    target = resource(stacks["dev"], "module.ecs_service.aws_appautoscaling_target.ecs")

    assert target.get("resource_id") == "service/miyabi-cluster-dev/miyabi-service-dev"
    assert target.references == (
        Reference("module.ecs.aws_ecs_cluster.main", "name"),
        Reference("module.ecs_service.aws_ecs_service.app", "name"),
    )


def test_encoded_json_is_data_with_the_image_of_the_overlay(stacks: Mapping[str, Stack]) -> None:
    (container,) = resource(stacks["prod"], "module.ecs.aws_ecs_task_definition.app").blocks("container_definitions")

    actual = (container["image"], plain(container["environment"])[0])

    expected_image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:latest"
    assert (expected_image, {"name": "ENVIRONMENT", "value": "prod"}) == actual


def test_a_text_that_is_known_in_part_keeps_its_references(stacks: Mapping[str, Stack]) -> None:
    policy = resource(stacks["dev"], "module.ecs_service.aws_appautoscaling_policy.ecs_requests")
    label = policy.blocks("target_tracking_scaling_policy_configuration")[0]["predefined_metric_specification"]
    assert isinstance(label, Mapping)

    balancer, group = Reference("module.alb.aws_lb.main", "arn_suffix"), "module.alb.aws_lb_target_group.app"

    assert Template((balancer, "/", Reference(group, "arn_suffix"))) == label["resource_label"]
    assert str(label["resource_label"]) == f"${{{balancer.address}.arn_suffix}}/${{{group}.arn_suffix}}"


def test_lifecycle_and_dependencies_stand_beside_the_arguments(stacks: Mapping[str, Stack]) -> None:
    service = resource(stacks["dev"], "module.ecs_service.aws_ecs_service.app")
    nat = resource(stacks["dev"], "module.networking.aws_nat_gateway.main[0]")
    bucket = resource(stacks["shared"], "module.state_bucket.aws_s3_bucket.state")
    called = next(module for module in stacks["dev"].modules if module.name == "ecs_service")

    assert (service.ignore_changes, bucket.prevent_destroy) == (("desired_count",), True)
    assert nat.depends_on == ("module.networking.aws_internet_gateway.main",)
    assert called.depends_on == ("module.alb", "module.iam", "module.networking")


def test_outputs_of_the_root_are_resolved(stacks: Mapping[str, Stack]) -> None:
    outputs = stacks["prod"].outputs

    assert outputs["vpc_cidr"] == "10.2.0.0/16"
    assert outputs["nat_gateway_id"] == Reference("module.networking.aws_nat_gateway.main[0]", "id")
    assert outputs["service_discovery_dns_name"] is None


def test_every_reference_leads_to_an_instance(stacks: Mapping[str, Stack]) -> None:
    for stack in stacks.values():
        for each in stack.resources:
            for reference in (
                *each.references,
                *(found for held in each.arguments.values() for found in unknowns(held)),
            ):
                assert stack.find(reference.address), f"{each.address}: {reference}"


def test_nothing_that_was_read_can_be_changed(stacks: Mapping[str, Stack]) -> None:
    vpc: Any = resource(stacks["dev"], "module.networking.aws_vpc.main")

    with pytest.raises(TypeError):
        vpc.arguments["cidr_block"] = "10.9.0.0/16"
    with pytest.raises(AttributeError):
        vpc.name = "other"


def test_escaped_braces_are_text(tmp_path: Path) -> None:
    assert one(tmp_path, "$${HOME} and 100%%{x}") == "${HOME} and 100%{x}"


def test_what_try_asks_for_may_be_missing(tmp_path: Path) -> None:
    body = {
        "resource": {"aws_none": {"it": {"count": 0}}, "aws_thing": {"it": {"a": "${try(aws_none.it[0].id, null)}"}}}
    }

    assert read(write(tmp_path, body))[0].resources[0].arguments == {"a": None}


def test_a_variable_without_default_stays_unknown(tmp_path: Path) -> None:
    out = write(
        tmp_path,
        {"variable": {"key": {}}, "resource": {"aws_thing": {"it": {"a": "${var.key}"}}}},
        {"key": "${var.key}"},
    )
    root = out / "stacks/miyabi-dev/cdk.tf.json"
    root.write_text(json.dumps({**json.loads(root.read_text()), "variable": {"key": {"sensitive": True}}}))

    assert read(out)[0].resources[0].get("a") == Reference("var.key", "")


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("${cidrhost(local.x, 8)}", "${cidrhost(local.x, 8)} has a form that is not known here"),
        ('${cidrsubnet("10.0.0.0/16", 8, 1)}', "cidrsubnet of a block that is known before apply"),
        ("${local.x ? 1 : 2}", "has a form that is not known here (at '? 1 : 2')"),
        ("%{ if true }a%{ endif }", "template directive"),
        ("${local.x", "does not close"),
        ("${local.missing}", "refers to local.missing, which does not exist"),
        ("${module.two.id}", "refers to module.two, which does not exist"),
        ("${aws_none.it.id}", "refers to module.one.aws_none.it, which does not exist"),
        ("${aws_thing.it}", "a whole resource"),
        ("${count.index}", "count.index is used outside a counted resource"),
        ("${each.key}", "each.key is used outside a resource with for_each"),
        ('${local.list["a"]}', "an index of a value that is not a list"),
        ("${zipmap(local.list, local.list)}", "zipmap of values that are known before apply"),
        ("a ${local.list} b", "puts a list, a mapping or null into a text"),
        ("${local.list[7]}", "item 7 of a list of 1"),
        ('${local.map["z"]}', "key z of a mapping, which does not exist"),
    ],
)
def test_a_form_that_is_not_known_is_refused_with_file_and_expression(
    tmp_path: Path, expression: str, problem: str
) -> None:
    with pytest.raises(StackError) as refused:
        one(tmp_path / "cdktf.out", expression, locals={"x": "y", "list": ["z"], "map": {}})

    assert str(refused.value).startswith("cdktf.out/stacks/miyabi-dev/modules/one/main.tf.json: ")
    assert problem in str(refused.value)


@pytest.mark.parametrize("meta", ["connection", "provisioner"])
def test_meta_arguments_that_the_generator_never_writes_are_refused(tmp_path: Path, meta: str) -> None:
    body = {"resource": {"aws_thing": {"it": {meta: "anything"}}}}

    with pytest.raises(StackError, match=f"aws_thing.it holds {meta}, not known here"):
        read(write(tmp_path, body))


def test_a_for_each_that_is_known_after_apply_is_refused(tmp_path: Path) -> None:
    for asked in ("${aws_other.it.names}", ["a"]):
        body: dict[str, Any] = {"resource": {"aws_thing": {"it": {"for_each": asked}}, "aws_other": {"it": {}}}}
        with pytest.raises(StackError, match=r"aws_thing\.it has a for_each that is not a mapping"):
            read(write(tmp_path / str(type(asked)), body))


def test_for_each_over_a_local_value_makes_an_instance_for_each_key(tmp_path: Path) -> None:
    things = {
        "some": {"for_each": "${local.some}", "text": "${local.some[each.key].text}", "name": "x-${each.key}"},
        "other": {"of": '${aws_thing.some["b"].id}', "text": '${aws_thing.some["a"].text}'},
    }
    body = {"locals": {"some": {"b": {"text": "B"}, "a": {"text": "A"}}}, "resource": {"aws_thing": things}}
    other, *some = read(write(tmp_path, body))[0].resources
    assert [(each.address, each.index, dict(each.arguments)) for each in some] == [
        ('module.one.aws_thing.some["a"]', "a", {"text": "A", "name": "x-a"}),
        ('module.one.aws_thing.some["b"]', "b", {"text": "B", "name": "x-b"}),
    ]
    assert other.get("of") == Reference('module.one.aws_thing.some["b"]', "id")
    assert other.get("text") == "A"


def test_each_instance_has_its_key_and_its_value(tmp_path: Path) -> None:
    asked = "${zipmap(aws_certificate.it.options[*].domain, aws_certificate.it.options[*].value)}"
    body = {
        "locals": {"asked": asked},
        "resource": {
            "aws_certificate": {"it": {"name": "a.example"}},
            "aws_record": {
                "it": {
                    "for_each": {"b.example": {"value": '${local.asked["b.example"]}'}, "a.example": {"value": "x"}},
                    "name": "${each.key}",
                    "value": "${each.value.value}",
                }
            },
            "aws_thing": {"it": {"record": '${aws_record.it["b.example"].fqdn}', "zone": "${data.aws_zone.it.id}"}},
        },
    }
    (stack,) = read(write(tmp_path, body))
    first, second = stack.of_type("aws_record")
    assert (first.address, first.index) == ('module.one.aws_record.it["a.example"]', "a.example")
    assert first.arguments == {"name": "a.example", "value": "x"}
    assert second.arguments == {
        "name": "b.example",
        "value": Reference("module.one.aws_certificate.it", 'options[*].value["b.example"]'),
    }
    assert second.references == (Reference("module.one.aws_certificate.it", "options"),)
    (thing,) = stack.of_type("aws_thing")
    assert thing.arguments == {
        "record": Reference('module.one.aws_record.it["b.example"]', "fqdn"),
        "zone": Reference("module.one.data.aws_zone.it", "id"),
    }


def test_a_key_that_is_not_there_is_refused(tmp_path: Path) -> None:
    many = {"it": {"for_each": {"a": 1}}}
    with pytest.raises(StackError, match=r"refers to module.one.aws_many.it\[z\], which does not exist"):
        read(write(tmp_path, {"resource": {"aws_many": many, "aws_thing": {"it": {"a": '${aws_many.it["z"].id}'}}}}))


def test_a_resource_of_a_second_provider_has_its_region(tmp_path: Path) -> None:
    body = {"resource": {"aws_thing": {"here": {}, "there": {"provider": "aws.us_east_1"}}}}
    passing = {"providers": {"aws": "aws", "aws.us_east_1": "aws.us_east_1"}}
    (stack,) = read(write(tmp_path, body, passing, also={"region": "us-east-1", "alias": "us_east_1"}))
    assert {each.name: each.region for each in stack.resources} == {"here": "", "there": "us-east-1"}
    assert stack.region == "us-west-2"
    assert stack.modules[0].inputs == {}
    assert "provider" not in stack.resources[1].arguments


@pytest.mark.parametrize("passed", [None, {"aws.us_east_1": "aws"}])
def test_a_provider_that_the_call_does_not_pass_on_is_refused(tmp_path: Path, passed: dict[str, str] | None) -> None:
    body = {"resource": {"aws_thing": {"it": {"provider": "aws.us_east_1"}}}}
    out = write(tmp_path, body, {"providers": passed}, also={"region": "us-east-1", "alias": "us_east_1"})
    with pytest.raises(StackError, match=r"aws_thing.it uses the provider aws\.us_east_1, not known here"):
        read(out)


def test_an_output_folder_without_stacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="holds no stacks: run 'make synth'"):
        read(tmp_path)


def test_a_module_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (write(tmp_path, {}) / "stacks/miyabi-dev/modules/one/main.tf.json").unlink()

    with pytest.raises(StackError, match=r"modules/one/main\.tf\.json: cannot be read"):
        read(tmp_path)


def test_all_stacks_are_read_fast_and_without_cdktf(output: Path) -> None:
    code = (
        "import sys, time, pathlib, miyabi_infra.stacks as s\n"
        "begun = time.process_time()\n"
        "s.read(pathlib.Path(sys.argv[1]))\n"
        "print(time.process_time() - begun, any(name.partition('.')[0] in ('cdktf', 'jsii') for name in sys.modules))\n"
    )

    done = subprocess.run([sys.executable, "-c", code, str(output)], capture_output=True, text=True, check=True)

    seconds, imported = done.stdout.split()
    assert (imported, float(seconds) < 0.5) == ("False", True)
