"""Time windows: AWS's weekly and daily ones in UTC (`sun:05:00-sun:06:00`, `03:00-04:00`), and hours of a week."""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator

from modules.settings import matching, refuse

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60
_WEEK = 7 * _DAY
_HOUR = 60
_HALF_AN_HOUR = 30
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"


def _weekly_minutes(window: str) -> tuple[int, int]:
    start, end = re.findall(rf"([a-z]{{3}}):({_TIME})", window)
    begin = _DAYS.index(start[0]) * _DAY + _minute(start[1])
    return begin, (_DAYS.index(end[0]) * _DAY + _minute(end[1]) - begin) % _WEEK


def _daily_minutes(window: str) -> tuple[int, int]:
    start, _, end = window.partition("-")
    return _minute(start), (_minute(end) - _minute(start)) % _DAY


def _minute(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)


def _weekly(shortest: int, longest: int, allowed: str) -> AfterValidator:
    def check(window: str) -> str:
        _, length = _weekly_minutes(window)
        if not shortest <= length <= longest:
            raise refuse(f"is a window of {length} minute{'s' * (length != 1)}", allowed)
        return window

    return AfterValidator(check)


def _daily(shortest: int) -> AfterValidator:
    def check(window: str) -> str:
        _, length = _daily_minutes(window)
        if length < shortest:
            raise refuse(f"is a window of {length} minute{'s' * (length != 1)}", f"{shortest} minutes or more")
        return window

    return AfterValidator(check)


_DAY_NAME = f"(?:{'|'.join(_DAYS)})"

_WEEKLY: Final = matching(
    rf"{_DAY_NAME}:{_TIME}-{_DAY_NAME}:{_TIME}",
    "is not a weekly window",
    "ddd:hh:mm-ddd:hh:mm in lower case and UTC, such as sun:05:00-sun:06:00",
)
_DAILY: Final = matching(rf"{_TIME}-{_TIME}", "is not a daily window", "hh:mm-hh:mm in UTC, such as 03:00-04:00")

MaintenanceWindow = Annotated[str, _WEEKLY, _weekly(_HOUR, _DAY, "60 minutes to 24 hours")]
"""A weekly window of ElastiCache: at least one hour (ElastiCache API, `PreferredMaintenanceWindow`)."""

SnapshotWindow = Annotated[str, _DAILY, _daily(_HOUR)]
"""A daily window of ElastiCache: at least one hour (ElastiCache user guide, "Scheduling automatic backups")."""

DatabaseMaintenanceWindow = Annotated[
    str, _WEEKLY, _weekly(_HALF_AN_HOUR, _DAY - 1, "30 minutes to less than 24 hours")
]
"""A weekly window of RDS: at least half an hour, and less than a day (RDS API, `PreferredMaintenanceWindow`)."""

BackupWindow = Annotated[str, _DAILY, _daily(_HALF_AN_HOUR)]
"""A daily window of RDS: at least half an hour (RDS API, `PreferredBackupWindow`)."""


def overlap(daily: str, weekly: str) -> bool:
    """Whether a daily window overlaps a weekly one on any day. Adjacent windows do not overlap."""
    daily_start, daily_length = _daily_minutes(daily)
    weekly_start, weekly_length = _weekly_minutes(weekly)
    return any(
        (start - weekly_start) % _WEEK < weekly_length or (weekly_start - start) % _WEEK < daily_length
        for start in range(daily_start, _WEEK, _DAY)
    )


_WEEKDAY = "(?:MON|TUE|WED|THU|FRI|SAT|SUN)"


def _check_hours(hours: str) -> str:
    begin, _, end = hours.rpartition(" ")[2].partition("-")
    if _minute(begin) >= _minute(end):
        raise refuse("ends before it begins", "hours of one day, the later one last")
    return hours


WeeklyHours = Annotated[
    str,
    matching(
        rf"{_WEEKDAY}(?:-{_WEEKDAY}|(?:,{_WEEKDAY})*) {_TIME}-{_TIME}",
        "is not days and hours",
        "days and hours such as MON-FRI 07:00-20:00, or SAT,SUN 09:30-18:00",
    ),
    AfterValidator(_check_hours),
]
"""The same hours on some days of each week."""


def cron(hours: str, which: Literal["begin", "end"]) -> str:
    """AWS's cron expression for the begin or the end of weekly hours."""
    days, _, times = hours.partition(" ")
    begin, _, end = times.partition("-")
    hour, _, minute = (begin if which == "begin" else end).partition(":")
    return f"cron({int(minute)} {int(hour)} ? * {days} *)"
