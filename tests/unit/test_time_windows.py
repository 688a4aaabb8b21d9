"""Windows of time: a daily one and a weekly one meet or do not, over midnight and the end of the week too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.time_windows import overlap

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK = 7 * 24 * 60


@pytest.mark.parametrize(
    ("daily", "weekly", "expected"),
    [
        ("03:00-04:00", "sun:05:00-sun:06:00", False),
        ("04:00-05:00", "sun:05:00-sun:06:00", False),
        ("04:00-05:01", "sun:05:00-sun:06:00", True),
        ("06:00-07:00", "sun:05:00-sun:06:00", False),
        ("05:15-05:45", "sun:05:00-sun:06:00", True),
        ("23:30-00:30", "mon:00:00-mon:01:00", True),
        ("23:30-00:30", "sun:23:00-mon:00:00", True),
        ("00:30-01:30", "sun:23:00-mon:00:30", False),
    ],
)
def test_windows_meet(daily: str, weekly: str, *, expected: bool) -> None:
    assert expected == overlap(daily, weekly)


def _time(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _weekly(minute: int) -> str:
    return f"{DAYS[minute // 1440 % 7]}:{_time(minute)}"


@given(st.integers(0, 1439), st.integers(60, 300), st.integers(0, WEEK - 1), st.integers(60, 1440))
def test_windows_meet_as_their_minutes_do(start: int, length: int, weekly_start: int, weekly_length: int) -> None:
    daily = {(day * 1440 + start + minute) % WEEK for day in range(7) for minute in range(length)}
    weekly = {(weekly_start + minute) % WEEK for minute in range(weekly_length)}
    daily_text = f"{_time(start)}-{_time(start + length)}"
    weekly_text = f"{_weekly(weekly_start)}-{_weekly(weekly_start + weekly_length)}"
    assert bool(daily & weekly) == overlap(daily_text, weekly_text)
