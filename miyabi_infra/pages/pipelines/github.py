"""Annotations of GitHub Actions: lines of a log that appear at the line of the file in a pull request.

The format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands. What is waived is left
out.
"""

from miyabi_infra.pages.pipelines.findings import Findings, Found, relative
from miyabi_infra.text import escaped


def text(findings: Findings) -> str:
    """A line for each finding."""
    return "\n".join(_line(each) for each in findings.found if not each.accepted)


def _line(found: Found) -> str:
    file = relative(found.place.file)
    where = "" if file is None else f"file={_property(file.as_posix())},line={found.place.line},"
    level = {"error": "error", "warning": "warning", "note": "notice"}[found.level]
    return f"::{level} {where}title={_property(found.rule)}::{_data(f'{escaped(found.subject)}: {found.message}')}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(escaped(value)).replace(":", "%3A").replace(",", "%2C")
