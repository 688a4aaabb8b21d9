"""What every module of this package is built on: a call in the environment's stack, a body in a file of its own.

A module class is a construct with two sides:

* the **call**, `module "<name>" { source = "./modules/<folder>" ... }`, which stands in the environment's root stack;
* the **body**, a Terraform module in JSON, which is written to `modules/<folder>/main.tf.json` beside that stack.

So `module.networking.aws_subnet.public[0]` is a real address of a real nested module, as it was in HCL. Inside a body a
construct's id is its address (`aws_vpc.main`, `var.vpc_id`, `output.vpc_id`, `local.zones`): what follows the last dot
is the name that Terraform sees. Construct ids are therefore the contract with every existing state; never derive one
from data.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from cdktf import (
    App,
    ITerraformDependable,
    TerraformElement,
    TerraformHclModule,
    TerraformLocal,
    TerraformOutput,
    TerraformResource,
    TerraformStack,
    TerraformVariable,
    Token,
)
from constructs import Node


class ModuleBody(TerraformStack):
    """The inside of a nested module; its elements are named by what follows the last dot of their id."""

    def __init__(self, folder: str) -> None:
        # An App of its own: under the real App, cdktf would list the body as one more stack to deploy.
        super().__init__(App(), folder)

    def _allocate_logical_id(self, tf_element: Node | TerraformElement) -> str:
        node = tf_element if isinstance(tf_element, Node) else tf_element.node
        return node.id.rpartition(".")[2]


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

    @classmethod
    def call_name(cls) -> str:
        """The name of the module's call: the first part of every address in it."""
        return cls.folder.replace("-", "_")

    def wire(self, name: str, value: str, description: str) -> str:
        """Declare the variable `name` of type string, pass `value` in the call, and return the reference to it."""
        self.set(name, value)
        return TerraformVariable(self.body, f"var.{name}", type="string", description=description).string_value

    def wire_list(self, name: str, value: Sequence[str], description: str) -> list[str]:
        """Like `wire`, for a variable of type list(string)."""
        self.set(name, value)
        variable = TerraformVariable(self.body, f"var.{name}", type="list(string)", description=description)
        return variable.list_value

    def local(self, name: str, value: object) -> str:
        """Declare the local `name`, for what is easier to review as a structure of its own; return `local.<name>`."""
        TerraformLocal(self.body, f"local.{name}", value)
        return f"local.{name}"

    def output(
        self, name: str, value: object, description: str, *, depends_on: Sequence[ITerraformDependable] = ()
    ) -> str:
        """Declare the output `name` and return what other modules use it by."""
        TerraformOutput(
            self.body, f"output.{name}", value=value, description=description, depends_on=list(depends_on) or None
        )
        return self.get_string(name)

    def output_list(self, name: str, value: object, description: str) -> list[str]:
        """Like `output`, for a list of strings."""
        self.output(name, value, description)
        return self.get_list(name)

    def rendered(self) -> dict[str, Any]:
        """The Terraform JSON of the body, checked, without cdktf's notes about where each element came from."""
        for construct in self.body.node.find_all():
            if isinstance(construct, TerraformResource):
                _check_address(construct)
        return cast("dict[str, Any]", _without_notes(self.body.to_terraform()))


def address(resource: TerraformResource) -> str:
    """The address of a resource within its module, such as `aws_subnet.public`."""
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"


def item(resource: TerraformResource, index: int | str, attribute: str) -> str:
    """A reference to one instance of a counted resource: `${aws_subnet.public[<index>].<attribute>}`."""
    return f"${{{address(resource)}[{index}].{attribute}}}"


def every(resource: TerraformResource, attribute: str) -> str:
    """A reference to all instances of a counted resource: `${aws_subnet.public[*].<attribute>}`."""
    return f"${{{address(resource)}[*].{attribute}}}"


def item_or_null(resource: TerraformResource, attribute: str) -> str:
    """A reference to the first instance of a counted resource, null where there is none."""
    return f"${{try({address(resource)}[0].{attribute}, null)}}"


def literal(text: str) -> str:
    """`text` as Terraform is to see it: `${` and `%{` in the value of a setting are text, never a template."""
    return text.replace("${", "$${").replace("%{", "%%{")


def as_list(reference: str) -> list[str]:
    """A reference that yields a list, typed as one."""
    return Token.as_list(reference)


def _check_address(resource: TerraformResource) -> None:
    expected = resource.terraform_resource_type
    given = resource.node.id.partition(".")[0]
    if given != expected:
        message = f"construct id {resource.node.id!r} is no address of a {expected}: write '{expected}.<name>'"
        raise ValueError(message)


def _without_notes(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _without_notes(held) for key, held in cast("Mapping[str, object]", value).items() if key != "//"}
    if isinstance(value, list):
        return [_without_notes(held) for held in cast("list[object]", value)]
    return value
