"""JUnit's XML: what GitLab, Jenkins, Azure DevOps and CircleCI show as tests.

What makes the command fail is a failure, and what is waived a skipped test; a stack without either is a test that
passes.
"""

from collections import Counter
from xml.etree import ElementTree as ET

from miyabi_infra.pages.pipelines.findings import Findings, Found
from miyabi_infra.text import escaped


def text(findings: Findings) -> str:
    """A suite of the command, with a test for each finding, and one for each stack that was looked at."""
    name = f"miyabi-infra {findings.command}"
    suites = ET.Element("testsuites", name=name)
    suite = ET.SubElement(suites, "testsuite", name=name)
    for stack in findings.looked_at:
        ET.SubElement(suite, "testcase", classname=name, name=f"{escaped(stack)}: looked at")
    seen = Counter[str]()
    for each in findings.found:
        _case(suite, name, each, seen)
    for counted, path in (("tests", "*"), ("failures", "*/failure"), ("skipped", "*/skipped")):
        suite.set(counted, str(len(suite.findall(path))))
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode")


def _case(suite: ET.Element, command: str, found: Found, seen: Counter[str]) -> None:
    title = escaped(f"{found.subject}: {found.rule}")
    seen[title] += 1
    number = f" ({seen[title]})" if seen[title] > 1 else ""  # readers keep one test of each name
    case = ET.SubElement(suite, "testcase", classname=command, name=f"{title}{number}")
    where = escaped(str(found.place))
    if found.accepted:
        ET.SubElement(case, "skipped").text = f"{where}: {escaped(found.accepted)}"
    elif found.fails:
        failure = ET.SubElement(case, "failure", type=found.level, message=escaped(found.lines[0]))
        failure.text = f"{where}\n{found.message}"
    else:
        ET.SubElement(case, "system-out").text = f"{where}: {found.level}\n{found.message}"
