"""The base class of every module: a call in the environment's stack, and a body in a separate file.

A module class is a construct with two parts:

* the **call**, `module "<name>" { source = "./modules/<folder>" ... }`, which is in the environment's root stack;
* the **body**, a Terraform module in JSON, which is written to `modules/<folder>/main.tf.json` next to that stack.

So `module.networking.aws_subnet.public[0]` is the address of a nested Terraform module, as it was in HCL. In a body the
id of a construct is its address (`aws_vpc.main`, `local.zones`): the part after the last dot is the name that Terraform
uses. Construct ids are therefore the contract with every existing state; never derive one from data. Variables and
outputs, the interface of the module, are not constructs: they are declared here and added to the body.

Each access to cdktf is a call to Node.js, even an attribute such as `vpc.id`: store what is used more than twice in a
variable.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, cast

from cdktf import (
    ITerraformDependable,
    TerraformElement,
    TerraformHclModule,
    TerraformLocal,
    TerraformResource,
    TerraformStack,
    Token,
)
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from constructs import Node, RootConstruct

US_EAST_1: Final = "aws.us_east_1"
"""The provider of us-east-1, as Terraform's configuration names it. CloudFront takes its certificate and its web ACL
from there, and CloudWatch has its metrics there."""


class ModuleBody(TerraformStack):
    """The body of a nested module; the name of an element is the part of its id after the last dot."""

    def __init__(self, folder: str) -> None:
        # A separate tree: under the real App, cdktf would list the body as one more stack to deploy.
        super().__init__(RootConstruct(), folder)
        self.resource_ids: list[str] = []
        """The ids of all resources named so far."""

    def _allocate_logical_id(self, tf_element: Node | TerraformElement) -> str:
        if isinstance(tf_element, TerraformResource):
            construct_id = address(tf_element)
            self.resource_ids.append(construct_id)
        else:
            construct_id = (tf_element if isinstance(tf_element, Node) else tf_element.node).id
        return construct_id.rpartition(".")[2]


class Module(TerraformHclModule):
    """A nested Terraform module. Subclasses set `folder`, take wires as keyword arguments, and fill `self.body`."""

    folder: ClassVar[str]
    """The folder below `modules/`; the name of the call is the same with underscores."""

    def __init__(self, scope: TerraformStack, *, depends_on: Sequence[ITerraformDependable] = ()) -> None:
        super().__init__(
            scope,
            self.call_name(),
            source=f"./modules/{self.folder}",
            skip_asset_creation_from_local_modules=True,
            depends_on=list(depends_on) or None,
        )
        self.body = ModuleBody(self.folder)
        self._outputs: dict[str, dict[str, object]] = {}
        self._variables: dict[str, dict[str, object]] = {}
        self._moved: list[dict[str, str]] = []
        self._retired: dict[str, str] = {}

    @classmethod
    def call_name(cls) -> str:
        """The name of the module call: the first part of every address in it."""
        return cls.folder.replace("-", "_")

    def in_us_east_1(self, *resources: TerraformResource) -> None:
        """Put resources into us-east-1: CloudFront takes certificates and web ACLs, and has its metrics, from there.

        The stack must have the provider (`EnvironmentSettings.needs_us_east_1`).
        """
        # What the call passes replaces what it would inherit, so the provider of the stack's region is named, too.
        self.add_override("providers", {"aws": "aws", US_EAST_1: US_EAST_1})
        self.body.add_override(
            "terraform.required_providers.aws", {"source": "hashicorp/aws", "configuration_aliases": [US_EAST_1]}
        )
        for each in resources:
            each.add_override("provider", US_EAST_1)

    def wire(self, name: str, value: str, description: str) -> str:
        """Declare the variable `name` of type string, pass `value` in the call, and return the reference to it."""
        self.set(name, value)
        return self._variable(name, "string", description)

    def wire_list(self, name: str, value: Sequence[str], description: str) -> list[str]:
        """Like `wire`, for a variable of type list(string)."""
        self.set(name, value)
        return as_list(self._variable(name, "list(string)", description))

    def wire_map(self, name: str, value: str, description: str) -> str:
        """Like `wire`, for a variable of type map(string)."""
        self.set(name, value)
        return self._variable(name, "map(string)", description)

    def local(self, name: str, value: object) -> str:
        """Declare the local value `name`, a structure that is easier to review separately; return `local.<name>`."""
        TerraformLocal(self.body, f"local.{name}", value).override_logical_id(name)
        return f"local.{name}"

    def output(self, name: str, value: object, description: str) -> str:
        """Declare the output `name` and return the reference that other modules use."""
        _declare(self._outputs, name, {"value": value, "description": description})
        return f"${{module.{self.call_name()}.{name}}}"

    def output_list(self, name: str, value: object, description: str) -> list[str]:
        """Like `output`, for a list of strings."""
        self.output(name, value, description)
        return self.get_list(name)

    def alarm_actions(self, topic_arn: str | None) -> list[str] | None:
        """The actions of the module's alarms, on ALARM and on OK: notify a topic.

        Without a topic nothing is declared, so the generated module does not change.
        """
        if topic_arn is None:
            return None
        return [self.wire("alarm_topic_arn", topic_arn, "ARN of the SNS topic that the alarms notify")]

    def alarm_arns(self) -> list[str]:
        """ARNs of the module's alarms. The output is declared on the first call of this method."""
        arns: list[str] = []
        for alarm in (child for child in self.body.node.children if isinstance(child, CloudwatchMetricAlarm)):
            label, number = address(alarm), cast("int | None", alarm.count)
            arns += [f"${{{label}[{index}].arn}}" for index in range(number)] if number else [f"${{{label}.arn}}"]
        return self.output_list("alarm_arns", arns, "ARNs of the alarms")

    def moved(self, old: str, new: str) -> None:
        """Declare that the resource at `new` was at `old` before: Terraform then renames it in every state.

        Both are addresses in the module, such as `aws_subnet.public`. Remove a declaration when no state can contain
        the old address.
        """
        self._moved.append({"from": old, "to": new})

    def retired(self, old: str, why: str) -> None:
        """Declare that the resource at `old` was removed on purpose: Terraform destroys it in every state that has it.

        Terraform does not need this declaration; `miyabi-infra addresses --check` and the reviewer do.
        """
        self._retired[old] = why

    def rendered(self) -> dict[str, Any]:
        """The Terraform JSON of the body, validated, without cdktf's metadata about the origin of each element."""
        if self._outputs:
            # In one override; the body still resolves the tokens in the values.
            self.body.add_override("output", self._outputs)
        body = cast("dict[str, Any]", self.body.to_terraform())
        resources = body.get("resource", {})
        _check_addresses(resources, self.body.resource_ids)
        _check_declared(resources, self._moved, self._retired)
        rendered = cast("dict[str, Any]", _without_notes(body))
        if self._variables:
            rendered["variable"] = self._variables
        if self._moved:
            rendered["moved"] = self._moved
        if self._retired:
            rendered["//"] = {"retired": self._retired}
        return rendered

    def _variable(self, name: str, kind: str, description: str) -> str:
        _declare(self._variables, name, {"type": kind, "description": description})
        return f"${{var.{name}}}"


def address(resource: TerraformResource) -> str:
    """The address of a resource within its module, such as `aws_subnet.public`."""
    # Its path ends with the id: one call to cdktf, while `node.id` needs two; these calls dominate the run time.
    known = vars(resource)
    if "_address" not in known:
        known["_address"] = resource.to_string().rpartition("/")[2]
    return cast("str", known["_address"])


def item(resource: TerraformResource, index: int | str, attribute: str) -> str:
    """A reference to one instance of a counted resource: `${aws_subnet.public[<index>].<attribute>}`."""
    return f"${{{address(resource)}[{index}].{attribute}}}"


def for_each(resource: TerraformResource, instances: Mapping[str, object] | str) -> None:
    """An instance for each key of a mapping, or of a reference to one.

    A list would number them, and what follows a removed one would be made anew. The keys are settings, so they are
    known before apply, which Terraform demands; what is below them need not be.
    """
    resource.add_override("for_each", instances)


def keyed(resource: TerraformResource, key: str, attribute: str) -> str:
    """A reference to one instance of a resource with `for_each`: `${aws_route53_record.main["<key>"].<attribute>}`."""
    return f'${{{address(resource)}["{key}"].{attribute}}}'


def every(resource: TerraformResource, attribute: str) -> str:
    """A reference to all instances of a counted resource: `${aws_subnet.public[*].<attribute>}`."""
    return f"${{{address(resource)}[*].{attribute}}}"


def item_or_null(resource: TerraformResource, attribute: str) -> str:
    """A reference to the first instance of a counted resource; null if there is none."""
    return f"${{try({address(resource)}[0].{attribute}, null)}}"


def literal(text: str) -> str:
    """`text` with `${` and `%{` escaped: in the value of a setting they are text, never a template."""
    return text.replace("${", "$${").replace("%{", "%%{")


def as_list(reference: str) -> list[str]:
    """A reference to a list, with the type of a list."""
    return Token.as_list(reference)


def _declare(declared: dict[str, dict[str, object]], name: str, block: dict[str, object]) -> None:
    if name in declared:
        raise ValueError(f"{name!r} is declared twice")
    declared[name] = block


def _check_addresses(resources: Mapping[str, Mapping[str, Any]], ids: Sequence[str]) -> None:
    """Every id is its resource's address. Otherwise two could share a name, and cdktf would merge them silently."""
    rendered: set[str] = set()
    for kind, by_name in resources.items():
        for resource in by_name.values():
            given: str = resource["//"]["metadata"]["path"].rpartition("/")[2]
            if given.partition(".")[0] != kind:
                raise ValueError(f"construct id {given!r} is not an address of type {kind}: write '{kind}.<name>'")
            rendered.add(given)
    for lost in sorted(set(ids) - rendered):
        raise ValueError(f"construct id {lost!r} uses the name of another resource: write '<type>.<name>'")


def _check_declared(
    resources: Mapping[str, Mapping[str, Any]], moved: Sequence[Mapping[str, str]], retired: Mapping[str, str]
) -> None:
    """The target of a move exists, and what is declared removed does not. Otherwise Terraform fails, or ignores it."""
    there = {f"{kind}.{name}" for kind, by_name in resources.items() for name in by_name}
    for each in moved:
        if each["to"] not in there:
            raise ValueError(f"moved({each['from']!r}, {each['to']!r}): the module does not contain {each['to']}")
    for gone in (*(each["from"] for each in moved), *retired):
        if gone in there:
            raise ValueError(f"{gone} is declared as moved or removed, but the module still contains it")


def _without_notes(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _without_notes(held) for key, held in cast("Mapping[str, object]", value).items() if key != "//"}
    if isinstance(value, list):
        return [_without_notes(held) for held in cast("list[object]", value)]
    return value
