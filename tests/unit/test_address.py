"""Terraform's addresses, taken apart in one place."""

import pytest

from miyabi_infra.terraform import address


@pytest.mark.parametrize(
    ("text", "module", "kind", "name", "key"),
    [
        ("aws_vpc.main", "", "aws_vpc", "main", None),
        ("module.net.aws_subnet.public[1]", "module.net", "aws_subnet", "public", 1),
        ('module.a["x.y]"].module.b[0].aws_lb.main', 'module.a["x.y]"].module.b[0]', "aws_lb", "main", None),
        ('aws_lb.a["b.c"]', "", "aws_lb", "a", "b.c"),
        (r'aws_lb.a["say \"]"]', "", "aws_lb", "a", 'say "]'),
        ("module.net.data.aws_ami.image[0]", "module.net", "aws_ami", "image", 0),
    ],
)
def test_an_address_is_taken_apart(text: str, module: str, kind: str, name: str, key: object) -> None:
    assert address.module(text) == module
    assert address.resource_type(text) == kind
    assert address.name(text) == name
    assert address.key(text) == key
    assert text.startswith(address.label(text))
    assert address.key(address.label(text)) is None


def test_the_address_of_a_module_is_in_itself() -> None:
    assert address.module("module.net") == "module.net"
    assert address.within("module.net") == ""
