"""Adoption without Terraform: states that are refused, and the sorting of a plan's changes."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from miyabi_infra.adopt import moves, state
from miyabi_infra.adopt.adoption import Adoption
from miyabi_infra.adopt.differences import PlannedChange, planned_changes
from miyabi_infra.adopt.lines import OverlayLine
from miyabi_infra.adopt.planning import remedies
from miyabi_infra.adopt.today import Today
from miyabi_infra.commands import adopt as commands_adopt
from miyabi_infra.place import Place
from miyabi_infra.refused import Refused
from miyabi_infra.stacks.compare import ArgumentChange
from miyabi_infra.stacks.effects import Expected


def a_state() -> str:
    vpc = {
        "module": "module.networking",
        "mode": "managed",
        "type": "aws_vpc",
        "name": "main",
        "provider": 'provider["registry.opentofu.org/hashicorp/aws"].west',
        "instances": [{"attributes": {"id": "vpc-1"}}],
    }
    return json.dumps({"version": 4, "terraform_version": "1.9.0", "resources": [vpc]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a Terraform state: it is not JSON"),
        ("[" * 100_000, "is not a Terraform state: it is not JSON"),
        ("[]", "is not a Terraform state: it is a list, not an object"),
        ("{}", "is not a Terraform state: it has no version"),
        ('{"version": "4", "resources": []}', "is not a Terraform state: it has no version"),
        ('{"version": 4}', "is not a Terraform state: it has no resources"),
        ('{"version": 4, "resources": null}', "resources is null, not a list"),
        ('{"version": 4, "resources": {}}', "resources is an object, not a list"),
        ('{"version": 4, "resources": [7]}', r"resources\[0\] is a number, not an object"),
        ('{"version": 4, "resources": [{}]}', r"resources\[0\].mode is null, not a text"),
        ('{"version": 5, "terraform_version": "2.0.0", "resources": []}', "has state format 5"),
        ('{"version": 4, "terraform_version": "1.9.0", "resources": []}', "holds no resources"),
        ('{"format_version": "1.0", "values": {}}', "use the output of `terraform state pull`"),
        ('{"meta": {}, "encrypted_data": "x"}', "`tofu state pull`"),
    ],
)
def test_what_is_not_a_state_to_adopt_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        state.read(text, "a.tfstate")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mode", "null"),
        ("type", "1"),
        ("name", "[]"),
        ("module", "null"),
        ("provider", "null"),
        ("provider", '"aws"'),
        ("instances", "null"),
        ("instances", "{}"),
        ("instances", "[null]"),
        ("instances", '[{"attributes": null}]'),
        ("instances", '[{"attributes": {}, "index_key": [1]}]'),
        ("instances", '[{"attributes": {}, "index_key": true}]'),
    ],
)
def test_a_resource_of_any_other_form_is_refused_with_its_place(key: str, value: str) -> None:
    data = json.loads(a_state())
    data["resources"][0][key] = json.loads(value)
    with pytest.raises(Refused, match="is not a Terraform state: "):
        state.read(json.dumps(data), "a.tfstate")


def test_any_value_in_place_of_another_is_refused_or_read() -> None:
    def variants(value: object) -> Iterator[object]:
        yield from (None, 1, "x", [], {}, True, [None], {"a": None})
        if isinstance(value, dict):
            held = cast("dict[str, object]", value)
            for name in held:
                yield from ({**held, name: each} for each in variants(held[name]))
                yield {other: held[other] for other in held if other != name}
        elif isinstance(value, list):
            items = cast("list[object]", value)
            for at, item in enumerate(items):
                yield from ([*items[:at], each, *items[at + 1 :]] for each in variants(item))

    for variant in variants(json.loads(a_state())):
        with suppress(Refused):
            state.read(json.dumps(variant), "a.tfstate")


@pytest.mark.parametrize(
    ("writer", "said"), [({}, "format 5; adopt"), ({"terraform_version": "2.0"}, "Terraform 2.0; adopt")]
)
def test_who_wrote_a_state_is_said_where_the_state_says_so(writer: dict[str, str], said: str) -> None:
    with pytest.raises(Refused) as refused:
        state.read(json.dumps({"version": 5, **writer, "resources": []}), "a.tfstate")
    assert said in str(refused.value)
    assert "unknown" not in str(refused.value)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_state_of_an_old_format_is_named_with_the_line_that_converts_it(version: int) -> None:
    old: dict[str, Any] = {"version": version, "terraform_version": "0.11.14", "modules": []}
    line = (
        "terraform state replace-provider -state=a.tfstate registry.terraform.io/-/aws "
        "registry.terraform.io/hashicorp/aws"
    )
    with pytest.raises(Refused, match=rf"format {version}, written by Terraform 0.11.14.*{re.escape(line)}"):
        state.read(json.dumps(old), "a.tfstate")


@pytest.mark.parametrize(
    ("provider", "source"),
    [
        ("provider.aws", "registry.terraform.io/-/aws"),
        ("module.networking.provider.aws.west", "registry.terraform.io/-/aws"),
        ('provider["registry.terraform.io/-/aws"]', "registry.terraform.io/-/aws"),
        (
            'module.networking.provider["registry.opentofu.org/hashicorp/aws"].west',
            "registry.opentofu.org/hashicorp/aws",
        ),
    ],
)
def test_a_provider_as_older_terraform_or_opentofu_names_it_is_converted_by_a_line(provider: str, source: str) -> None:
    data = json.loads(a_state())
    data["resources"][0]["provider"] = provider
    read = state.read(json.dumps(data), "a.tfstate")
    assert read.addresses == ("module.networking.aws_vpc.main",)
    assert read.foreign == ()
    assert [state.replacement(each) for each in read.sources] == [
        f"terraform state replace-provider {source} registry.terraform.io/hashicorp/aws"
    ]


def test_a_resource_of_another_provider_would_be_destroyed_and_a_data_source_would_not() -> None:
    provider = 'provider["registry.terraform.io/hashicorp/random"]'
    other: dict[str, Any] = {"mode": "managed", "type": "random_id", "name": "x", "provider": provider}
    other["instances"] = [{"index_key": "a", "attributes": {}}, {"index_key": 0, "attributes": {}}]
    data = json.loads(a_state())
    data["resources"] += [other, {**other, "mode": "data"}]
    read = state.read(json.dumps(data), "a.tfstate")
    found = planned_changes({"resource_changes": []}, read.foreign)
    assert [(each.address, each.kind, each.command) for each in found] == [
        ('random_id.x["a"]', "destroy", "terraform state rm 'random_id.x[\"a\"]'"),
        ("random_id.x[0]", "destroy", "terraform state rm 'random_id.x[0]'"),
    ]


def test_deposed_and_tainted_objects_are_called_so_with_the_command() -> None:
    deposed = {**change("aws_lb.a", ["delete"], {"name": "a"}, None), "deposed": "0a1b2c3d"}
    kept = change("aws_lb.a", ["no-op"], {"name": "b"}, {"name": "b"})
    tainted = change("aws_lb.t", REPLACE, {"name": "t"}, {"name": "t"})
    tainted["action_reason"] = "replace_because_tainted"
    plan = {"resource_changes": [deposed, kept, tainted]}
    assert [(each.address, each.kind, each.deposed, each.tainted, each.command) for each in planned_changes(plan)] == [
        ("aws_lb.a", "destroy", "0a1b2c3d", False, "terraform apply -target='aws_lb.a'"),
        ("aws_lb.t", "replace", None, True, "terraform untaint 'aws_lb.t'"),
    ]
    assert Today(plan).instances["aws_lb.a"] == {"name": "b"}
    assert moves.found({"resource_changes": [deposed, change("aws_lb.n", ["create"], None, {"name": "a"})]}) == []


def test_a_state_of_another_registry_and_with_other_providers_can_be_planned_over() -> None:
    other: dict[str, Any] = {
        "mode": "managed",
        "type": "random_id",
        "name": "x",
        "provider": 'provider["r.io/hashicorp/random"]',
    }
    other["instances"] = [{"attributes": {}}]
    text = a_state()
    data = json.loads(text)
    data["resources"].append(other)
    read = state.read(json.dumps(data), "a.tfstate")
    assert read.addresses == ("module.networking.aws_vpc.main",)
    assert read.foreign == (state.ForeignInstance("random_id.x", "r.io/hashicorp/random"),)
    assert read.sources == ("registry.opentofu.org/hashicorp/aws",)
    assert [each["provider"] for each in json.loads(read.text)["resources"]] == [state.AWS]


def change(address: str, actions: list[str], before: object, after: object, **more: object) -> dict[str, Any]:
    kind, name = address.partition("[")[0].split(".")[-2:]
    inner = {"actions": actions, "before": before, "after": after, "after_unknown": more.pop("unknown", {}), **more}
    return {"address": address, "mode": "managed", "type": kind, "name": name, "change": inner}


UPDATE = ["update"]
REPLACE = ["delete", "create"]


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (change("aws_lb.a", ["no-op"], {}, {}), None),
        (change("aws_lb.a", ["create"], None, {"name": "a"}), "create"),
        (change("aws_lb.a", ["delete"], {"name": "a"}, None), "destroy"),
        (change("aws_lb.a", REPLACE, {"name": "a"}, {"name": "b"}, replace_paths=[["name"]]), "replace"),
        (change("aws_lb.a", UPDATE, {"idle_timeout": 60}, {"idle_timeout": 90}), "update"),
        (change("aws_lb.a", UPDATE, {"tags": {"A": "1"}, "port": 1}, {"tags": {}, "port": 1}), "harmless"),
        (change("aws_lb.a", UPDATE, {"apply_immediately": None}, {"apply_immediately": True}), "harmless"),
        (change("aws_lb.a", UPDATE, {"ip_address_type": None}, {"ip_address_type": "ipv4"}), "harmless"),
        (change("aws_lb.a", UPDATE, {"tags": {}, "port": 1}, {"tags": {"A": "1"}, "port": 2}), "update"),
        (change("aws_lb.a", UPDATE, {"subnets": ["a"]}, {}, unknown={"subnets": True}), "update"),
    ],
)
def test_a_change_is_sorted_by_what_it_does(found: dict[str, Any], kind: str | None) -> None:
    assert [each.kind for each in planned_changes({"resource_changes": [found]})] == ([kind] if kind else [])


def test_what_is_drawn_along_by_another_is_told_from_what_differs_itself() -> None:
    drawn = change("aws_lb.a", REPLACE, {"vpc_id": "v", "arn": "a"}, {}, unknown={"vpc_id": True, "arn": True})
    drawn["change"]["replace_paths"] = [["vpc_id"]]
    own = change("aws_vpc.a", REPLACE, {"cidr_block": "1"}, {"cidr_block": "2"}, replace_paths=[["cidr_block"]])
    assert [(each.address, each.follows) for each in planned_changes({"resource_changes": [drawn, own]})] == [
        ("aws_lb.a", True),
        ("aws_vpc.a", False),
    ]


def test_what_only_becomes_sensitive_or_no_longer_is_is_said() -> None:
    """Terraform calls it an update, though no value changes."""
    same = {"name": "a", "tags": {"k": "v"}}
    marked = {"before_sensitive": {"name": True}, "after_sensitive": {"tags": {"k": True}}}
    inner = {"actions": ["update"], "before": same, "after": same, "after_unknown": {}, **marked}
    plan = {"resource_changes": [{"address": "aws_lb.a", "mode": "managed", "change": inner}]}

    (found,) = planned_changes(plan)

    assert (found.kind, found.follows) == ("update", False)
    shown = [(each.argument, repr(each.before), repr(each.after)) for each in found.arguments]
    assert shown == [("name", "(sensitive)", "(not sensitive)"), ("tags", "(not sensitive)", "(sensitive)")]


@pytest.mark.parametrize(
    ("marked", "shown"), [(True, ["(not sensitive)", "(sensitive)"]), (False, ["(sensitive)", "(not sensitive)"])]
)
def test_an_output_that_is_only_marked_in_another_way_says_how(marked: bool, shown: list[str]) -> None:  # noqa: FBT001
    """Terraform's plan hides both values where either is sensitive."""
    hidden = {"before_sensitive": True, "after_sensitive": True}
    plan: dict[str, Any] = {
        "output_changes": {"o": {"actions": ["update"], "before": "x", "after": "x", **hidden}},
        "planned_values": {"outputs": {"o": {"sensitive": True}}},
        "configuration": {"root_module": {"outputs": {"o": {"sensitive": marked}}}},
    }
    ((value,),) = [each.arguments for each in planned_changes(plan)]
    assert [repr(value.before), repr(value.after)] == shown


def test_a_resource_of_a_type_that_the_provider_does_not_have_is_taken_out_by_a_line() -> None:
    error = "Error: no schema available for module.a.aws_x.y[0] while reading state; this is a bug in Terraform"
    assert remedies(error)[1:] == ["  terraform state rm 'module.a.aws_x.y[0]'"]
    assert remedies("Error: Cycle") == []


def test_a_sensitive_value_is_not_shown() -> None:
    found = change("aws_x.a", UPDATE, {"key": "hush"}, {"key": "new"}, before_sensitive={"key": True})
    (difference,) = planned_changes({"resource_changes": [found]})
    assert "hush" not in repr(difference)
    assert "new" not in repr(difference)


def test_a_document_in_an_argument_is_compared_by_what_it_holds() -> None:
    before, after = ('{"a": 1,  "b": {"c": 2}}', '{"b":{"c":3},"a":1}')
    (difference,) = planned_changes(
        {"resource_changes": [change("aws_x.a", UPDATE, {"policy": before}, {"policy": after})]}
    )
    assert [(each.path, each.before, each.after) for each in difference.arguments] == [("policy.b.c", 2, 3)]


def test_a_renamed_module_is_one_move_and_other_resources_are_found_by_what_they_hold() -> None:
    module = [
        change(f"module.{name}.aws_subnet.{which}", actions, held if gone else None, None if gone else held)
        for name, actions, gone in (("network", ["delete"], True), ("networking", ["create"], False))
        for which, held in (("a", {"cidr_block": "10.0.1.0/24"}), ("b", {"cidr_block": "10.0.2.0/24"}))
    ]
    assert moves.found({"resource_changes": module}) == [("module.network", "module.networking")]
    single = [
        change("aws_lb.this", ["delete"], {"name": "miyabi-alb-dev", "internal": False}, None),
        change("aws_lb.other", ["delete"], {"name": "other", "internal": False}, None),
        change("module.alb.aws_lb.main", ["create"], None, {"name": "miyabi-alb-dev", "internal": False}),
    ]
    assert moves.found({"resource_changes": single}) == [("aws_lb.this", "module.alb.aws_lb.main")]


def test_what_to_do_next_stands_at_the_end(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = OverlayLine(("alb", "idle_timeout"), 45, Place(Path("environments/dev.yaml"), 9))
    left = PlannedChange("module.alb.aws_lb.main", "update", (ArgumentChange("name", "a", "b"),))
    effects = (Expected("ecs.task_cpu", "new version rolled out"), Expected("alb.x", "not measured"))
    found = Adoption("dev", "miyabi-dev", "a.tfstate", 1, [left], [], lines=[line], left=[left], effects=effects)

    def adopted(*_: object, **_options: object) -> Adoption:
        return found

    monkeypatch.setattr(commands_adopt, "adoption", adopted)

    assert commands_adopt.run(root, "dev", None) == 1

    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "Next: --write puts them into the overlay."
    at = said.index("With it: 1 difference left:")
    assert said[at + 1].strip() == "~ module.alb.aws_lb.main"
    assert not any("measured" in each for each in said)
    assert "it is not known yet whether that interrupts something: alb.x" in said[-2]
