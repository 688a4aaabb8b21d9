"""What a check found, in the formats that pipelines read: SARIF, JUnit, and annotations of GitHub."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from miyabi_infra.pages.pipelines import github, junit, sarif
from miyabi_infra.pages.pipelines.findings import Findings

Pipeline: TypeAlias = Literal["sarif", "junit", "github"]
Form: TypeAlias = Literal["text", "json", "sarif", "junit", "github"]

_WRITERS: Final[Mapping[Pipeline, Callable[[Findings], str]]] = {
    "sarif": sarif.text,
    "junit": junit.text,
    "github": github.text,
}


def page(found: Findings, form: Pipeline) -> str:
    """The findings as a pipeline reads them, without a line break at the end; empty where there is nothing to say."""
    return _WRITERS[form](found)
