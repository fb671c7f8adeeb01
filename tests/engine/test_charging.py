"""When billing runs and when a cycle opens (services.md, A11)."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.engine.charging import Billing

BAKU = ZoneInfo("Asia/Baku")
NIGHTS = Billing(4, 24, datetime.time(23), datetime.time(6))
DAYS = Billing(10, 12, datetime.time(9), datetime.time(17, 30), 15, datetime.time(4, 30))


def moment(text: str, zone: str = "Asia/Baku") -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("now", "runs"),
    [
        ("2026-11-03 23:30", False),
        ("2026-11-04 02:00", False),
        ("2026-11-04 22:59:59.999999", False),
        ("2026-11-04 23:00", True),
        ("2026-11-05 00:00", True),
        ("2026-11-05 05:59:59.999999", True),
        ("2026-11-05 06:00", False),
        ("2026-11-05 12:00", False),
        ("2026-11-24 23:00", True),
        ("2026-11-25 05:59", True),
        ("2026-11-25 06:00", False),
        ("2026-11-25 23:00", False),
        ("2026-12-01 02:00", False),
        ("2027-02-28 23:30", False),
        ("2027-03-01 02:00", False),
    ],
)
def test_nights_of_billing_begin_on_the_4th_and_end_with_that_of_the_24th(now: str, runs: bool) -> None:
    assert NIGHTS.running(moment(now)) == runs


@pytest.mark.parametrize("last", [30, 31])
def test_a_night_that_begins_on_the_last_day_of_a_month_goes_on_into_the_next_month(last: int) -> None:
    billing = Billing(4, last, datetime.time(23), datetime.time(6))
    assert billing.running(moment("2026-12-01 05:59")) and not billing.running(moment("2026-12-01 06:00"))


@pytest.mark.parametrize(
    ("now", "runs"),
    [
        ("2026-11-10 08:59", False),
        ("2026-11-10 09:00", True),
        ("2026-11-12 17:29", True),
        ("2026-11-12 17:30", False),
        ("2026-11-13 09:00", False),
        ("2026-11-11 02:00", False),
    ],
)
def test_hours_that_do_not_pass_midnight(now: str, runs: bool) -> None:
    assert DAYS.running(moment(now)) == runs


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-22 23:30", "2026-12-01"),
        ("2026-11-30 23:59:59.999999", "2026-12-01"),
        ("2026-12-01 00:00", "2027-01-01"),
        ("2026-12-31 23:59", "2027-01-01"),
        ("2027-01-31 12:00", "2027-02-01"),
        ("2028-02-29 12:00", "2028-03-01"),
    ],
)
def test_the_next_cycle_opens_on_the_first(now: str, opens: str) -> None:
    assert NIGHTS.next_cycle(moment(now)) == moment(f"{opens} 00:00")


@pytest.mark.parametrize(("now", "opens"), [("2026-11-15 04:29", "2026-11-15 04:30"), ("2026-11-15 04:30", "2026-12-15 04:30")])
def test_a_cycle_of_another_day_and_time(now: str, opens: str) -> None:
    assert DAYS.next_cycle(moment(now)) == moment(opens)


@given(st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2030, 12, 31)), st.integers(1, 28), st.times())
def test_a_cycle_opens_after_now_and_within_a_month_on_its_day(now: datetime.datetime, day: int, at: datetime.time) -> None:
    billing = Billing(4, 24, datetime.time(23), datetime.time(6), day, at.replace(second=0, microsecond=0))
    local = now.replace(tzinfo=BAKU)
    opens = billing.next_cycle(local)
    assert local < opens <= local + datetime.timedelta(days=31)
    assert (opens.day, opens.hour, opens.minute, opens.second) == (day, at.hour, at.minute, 0)


@given(st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2030, 12, 31)))
def test_billing_runs_in_the_minutes_that_belong_to_its_nights(now: datetime.datetime) -> None:
    night = (now - datetime.timedelta(hours=6)).date()  # until 06:00 it is the night before
    by_hand = 4 <= night.day <= 24 and not 6 <= now.hour < 23
    assert NIGHTS.running(now.replace(tzinfo=BAKU)) == by_hand
