"""The draft's back-end by itself: nothing is done twice for one key."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from ivr.engine.effects import Call, Fee
from ivr.engine.values import Money, Msisdn, Secret, Value
from ivr.scenarios.suite import opened
from ivr.scenarios.world import World
from tests.language.back_end import MENUS, Draft, no_catalogs

SENDER, RECIPIENT = "992931110001", "992931110002"
DUSHANBE = ZoneInfo("Asia/Dushanbe")


@pytest.fixture
def world() -> Iterator[World]:
    with opened(MENUS, no_catalogs, Draft) as suite:
        scenario = next(one for one in suite.scenarios if one.operator == "tcell")
        with World(suite.stage, scenario) as made:
            yield made


def test_one_key_is_one_transfer_one_fee_and_one_event(world: World) -> None:
    back_end, now = world.back_end, world.clock.now(DUSHANBE)
    assert back_end is not None
    before = back_end.line(SENDER, now)
    assert before is not None and before.balance is not None
    registered = back_end.call(before, Call("sms_money.register", {"pin2": Secret("1111"), "password": Secret("4321")}, "a", True), now)
    assert registered.outcome == "ok"
    values: dict[str, Value] = {"phone": Msisdn(RECIPIENT), "amount": Money(1_000_000, "TJS"), "password": Secret("4321")}
    sent = Call("sms_money.transfer", values, "b", True, Fee("money", "sms", Money(61_200, "TJS")))
    answers = [back_end.call(before, sent, now) for _ in range(3)]
    after = back_end.line(SENDER, now)
    assert after is not None and after.balance == Money(before.balance.micro - 1_061_200, "TJS")
    assert all(answer == answers[0] for answer in answers) and answers[0].values["balance"] == after.balance
    back_end.due(now)
    back_end.due(now)
    told, _ = world.sent(0)
    assert [message.to for message in told] == [RECIPIENT]


def test_what_was_moved_is_in_both_statements(world: World) -> None:
    back_end, now = world.back_end, world.clock.now(DUSHANBE)
    assert back_end is not None
    sender, recipient = back_end.line(SENDER, now), back_end.line(RECIPIENT, now)
    assert sender is not None and recipient is not None
    back_end.call(sender, Call("sms_money.register", {"pin2": Secret("1111"), "password": Secret("4321")}, "a", True), now)
    values: dict[str, Value] = {"phone": Msisdn(RECIPIENT), "amount": Money(2_500_000, "TJS"), "password": Secret("4321")}
    assert back_end.call(sender, Call("sms_money.transfer", values, "b", True), now).outcome == "ok"
    statement = back_end.call(recipient, Call("accounts.statement", {}, "c"), now).values["postings"]
    assert isinstance(statement, tuple)
    [posting] = statement
    assert isinstance(posting, dict)
    assert posting["amount"] == Money(2_500_000, "TJS") and SENDER in posting["information"]
