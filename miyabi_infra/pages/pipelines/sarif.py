"""SARIF 2.1.0: what GitHub's code scanning, Azure DevOps and editors read.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. A waiver is a suppression.
"""

import json
from importlib import metadata
from typing import Any, Final

from miyabi_infra.pages.pipelines.findings import Findings, Found, uri
from miyabi_infra.text import escaped

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def text(findings: Findings) -> str:
    """A log with one run."""
    rules = {each.rule: each for each in findings.found}
    run = {
        "tool": {
            "driver": {
                "name": "miyabi-infra",
                "version": metadata.version("miyabi-infra"),
                "rules": [_rule(each) for each in rules.values()],
            }
        },
        "automationDetails": {"id": f"miyabi-infra/{findings.command}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, list(rules).index(each.rule)) for each in findings.found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(found: Found) -> dict[str, Any]:
    return {"id": escaped(found.rule), "shortDescription": {"text": escaped(found.about)}}


def _result(found: Found, index: int) -> dict[str, Any]:
    said = f"{escaped(found.subject)}: {found.message}"
    accepted = [{"kind": "inSource", "justification": escaped(found.accepted)}] if found.accepted else []
    return {
        "ruleId": escaped(found.rule),
        "ruleIndex": index,
        "level": found.level,
        "message": {"text": said},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(found.place.file)},
                    "region": {"startLine": found.place.line},
                },
                "logicalLocations": [{"fullyQualifiedName": escaped(found.subject)}],
            }
        ],
        "suppressions": accepted,
    }
