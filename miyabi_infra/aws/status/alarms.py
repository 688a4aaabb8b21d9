"""CloudWatch: the generated alarms, and whether they have data to judge."""

from collections.abc import Iterator

from miyabi_infra.aws.status.model import Level, Look, Observation, ago
from miyabi_infra.text import count


def alarms(look: Look) -> Iterator[Observation]:
    """How many alarms are OK, and each one that is not."""
    wanted = sorted(look.platform.alarms)
    found = look.alarms()
    quiet = [name for name in wanted if found.get(name, {}).get("StateValue") == "OK"]
    text = f"{len(quiet)} of {count(len(wanted), 'alarm')} OK"
    yield Observation(Level.OK, text, {"ok": len(quiet), "all": len(wanted)})
    for name in wanted:
        alarm = found.get(name)
        if alarm is None:
            data = {"alarm": name, "state": "missing"}
            yield Observation(Level.DEGRADED, f"{name} does not exist: nothing watches", data)
            continue
        state = alarm["StateValue"]
        if state != "OK":
            since = ago(alarm["StateUpdatedTimestamp"], look.now)
            why = f": {alarm['StateReason']}" if alarm.get("StateReason") else ""
            # Without data an alarm says nothing, neither that all is well.
            level = Level.DEGRADED if state == "ALARM" else Level.UNKNOWN
            yield Observation(level, f"{name} {state} since {since}{why}", {"alarm": name, "state": state})
        if not alarm.get("ActionsEnabled", True):
            yield Observation(Level.NOTE, f"{name} is muted: its actions are disabled", {"alarm": name, "muted": True})
