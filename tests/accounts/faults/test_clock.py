"""The clock goes an hour forward or back between the steps of dialogs, across midnight too, and gateways send each step twice."""

from __future__ import annotations

import datetime
import random
from pathlib import Path

import pytest

from bench.servers import OPENING, add_lines, prepaid_lines
from ivr.accounts.audit import audit
from ivr.accounts.store import Store
from ivr.house import House
from ivr.sessions.requests import Accumulated, Open, Reply
from ivr.settings import Settings

LINES = prepaid_lines(6)
STEPS = ("", "1", "1*7")
"""*111#, balance, the page of figures with its fee of 0.10 for the session."""
FEE = 10


class JumpingClock:
    """Goes an hour forward or back at every `jump`, starting half an hour before midnight in Baku."""

    def __init__(self, chance: random.Random) -> None:
        self.moment = datetime.datetime(2026, 11, 22, 19, 30, tzinfo=datetime.UTC)
        self._chance = chance

    def now(self, zone: datetime.tzinfo | None = None) -> datetime.datetime:
        return self.moment.astimezone(zone) if zone else self.moment

    def jump(self) -> None:
        self.moment += datetime.timedelta(hours=self._chance.choice((1, -1)))


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_done_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)
    clock = JumpingClock(chance)
    monkeypatch.setattr("ivr.house.clock_of", lambda settings: clock)
    settings = Settings.from_environment({"IVR_HOME": str(tmp_path / "home")})
    add_lines(settings.home, LINES)
    house = House(settings, keep_sessions=True)
    try:
        for step in STEPS:
            for line in LINES:
                shown = []
                for _ in range(2):
                    clock.jump()
                    shown.append(text(house.runner.call(f"dialog-{line}", Accumulated(Open("ussd", "*111#", line), step))))
                assert shown[0] == shown[1] != ""
                if step == STEPS[-1]:
                    assert f"{(OPENING - FEE) / 100:.2f}" in shown[0]
            house.due()
        for line in LINES:  # and a balance asked for by SMS, which a network delivers twice
            answers = []
            for _ in range(2):
                clock.jump()
                answers.append(text(house.runner.call(f"sms-{line}", Open("sms", "2112", line, text=""))))
                house.due()
            assert answers[0] == answers[1] and f"{(OPENING - 2 * FEE) / 100:.2f}" in answers[0]
        assert fees(house.books) == dict.fromkeys(LINES, 2)
        assert audit(house.books).differences == ()
    finally:
        house.close()


def text(reply: Reply) -> str:
    """What the subscriber reads."""
    return "\n".join(effect.text for effect in reply.effects if hasattr(effect, "text"))


def fees(store: Store) -> dict[str, int]:
    """How many fees each of the lines paid."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT msisdn, count(*) FROM posting JOIN account ON account.id = account_id WHERE posting.kind = 'fee' AND msisdn IS NOT NULL"
            " GROUP BY msisdn"
        ).fetchall()
    return dict(rows)
