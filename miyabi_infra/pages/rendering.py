"""The template engine of all generated pages, Markdown and HTML."""

from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_ESCAPED: Final = ("html.j2",)
"""Endings of templates whose values are escaped; Markdown comes from our own docstrings and stacks."""


def render(template: str, **values: object) -> str:
    """A page, from a template of `miyabi_infra/pages/templates`; a name that is not defined is an error."""
    return _engine().get_template(template).render(**values)


@cache
def _engine() -> Environment:
    return Environment(
        loader=PackageLoader("miyabi_infra.pages"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(_ESCAPED, default=False, default_for_string=False),
    )
