"""CloudWatch Logs: errors in the application's logs."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.aws.status.service import RECENT, SHOWN
from miyabi_infra.text import count

ERROR: Final = re.compile(r"error|fatal|panicked", re.IGNORECASE)
"""What a log line about an error contains; the dashboard's pattern."""
_TERMS: Final = "?ERROR ?Error ?error ?FATAL ?Fatal ?fatal ?panicked"
"""The same as a filter of CloudWatch Logs, which distinguishes upper and lower case."""
_PAGES: Final = 20
"""Maximum number of pages of log events that are read."""


def logs(look: Look) -> Iterator[Observation]:
    """The number of lines about errors, and the last ones. A line counts when it matches the pattern itself."""
    for each in filter(None, (look.platform.application_logs,)):
        yield from _group(look, str(each.get("name")))


def _group(look: Look, group: str) -> Iterator[Observation]:
    events: list[Mapping[str, Any]] = []
    token: dict[str, str] = {}
    pages = 0
    while pages < _PAGES:
        answer = look.world.ask(
            "logs",
            "filter_log_events",
            logGroupName=group,
            startTime=int((look.now - RECENT).timestamp() * 1000),
            endTime=int(look.now.timestamp() * 1000),
            filterPattern=_TERMS,
            **token,
        )
        events += [each for each in answer["events"] if ERROR.search(each["message"])]
        pages += 1
        if not answer.get("nextToken"):
            break
        token = {"nextToken": answer["nextToken"]}
    more = " or more" if pages == _PAGES and token else ""
    text = f"{count(len(events), 'line')}{more} about errors in {group} in the last hour"
    yield Observation(Level.NOTE if events else Level.OK, text, {"errors": len(events), "all_read": not more})
    for event in sorted(events, key=lambda each: each["timestamp"])[-SHOWN:]:
        when = datetime.fromtimestamp(event["timestamp"] / 1000, tz=look.now.tzinfo)
        line = " ".join(str(event["message"]).split())
        yield Observation(Level.NOTE, f"{when:%H:%M:%S} {line}", {"message": event["message"]})
