"""An operator's own back-end in memory, before the embedded services: SMS-money.

It answers by the rules B1 to B12 of the services that subscribers get. What it knows of the operators comes from their operator.yaml; the
demo's PIN2s from `tests/data/draft/cases.yaml`. Fees and transfers are in the books, everything else is in memory.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ivr.engine.effects import Call
from ivr.engine.model import Operator
from ivr.engine.values import Answer, Line, Msisdn, Value
from ivr.scenarios.world import World
from ivr.services.port import Services
from ivr.settings import ROOT
from tests.language.money import Desk

DRAFT = ROOT / "tests" / "data" / "draft"
MENUS = DRAFT / "menus"

Happened = tuple[str, str, Mapping[str, Value], str]
"""An event to be told: its name, the line, what it brings, and its key."""


def no_catalogs(menus: Path) -> Path:
    """Where the draft's catalogs would be. It has none: it is said in English, whatever the line's language."""
    return menus.parent / "locales"


@cache
def known(path: Path) -> Any:
    """A YAML file of the draft."""
    return yaml.safe_load(path.read_text("utf-8"))


class Draft:
    """Implements `ivr.scenarios.world.BackEnd` over `ours`, in the world of one scenario."""

    def __init__(self, ours: Services, world: World) -> None:
        self._ours, self._world = ours, world
        self._answers: dict[str, Answer] = {}
        self._happened: list[Happened] = []
        self._desk = Desk(world.books, known(DRAFT / "cases.yaml")["pins"], self._happened)
        self._reads: Mapping[str, Callable[[Line, Call, datetime.datetime], Answer]] = {
            "sms_money.status": lambda line, call, now: self._desk.status(self._operator(line), line, now),
        }
        self._acts: Mapping[str, Callable[[Operator, Line, Call, datetime.datetime], Answer]] = {
            "sms_money.register": self._desk.register,
            "sms_money.change_password": self._desk.change_password,
            "sms_money.transfer": self._transfer,
        }

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        """Our own line."""
        return self._ours.line(msisdn, now)

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """The answer of this back-end, else ours. The same key gives the same answer and does nothing twice."""
        if call.service in self._reads:
            return self._reads[call.service](line, call, now)
        if call.service not in self._acts:
            return self._ours.call(line, call, now)
        if call.key not in self._answers:
            self._answers[call.key] = self._act(line, call, now)
        return self._answers[call.key]

    def due(self, now: datetime.datetime) -> None:
        """Tell what has happened."""
        while self._happened:
            about, msisdn, values, key = self._happened.pop(0)
            self._world.runner.tell(about, msisdn, values, key)

    # -- inside

    def _act(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """One act; where it is done, its fee is booked under a key of its own."""
        if call.fee is not None and line.kind == "prepaid":
            funds = self._ours.call(line, Call("accounts.funds", {"amount": call.fee.amount}, f"{call.key}/funds"), now)
            if funds.outcome != "ok":
                return funds
        done = self._acts[call.service](self._operator(line), line, call, now)
        if done.outcome != "ok" or call.fee is None:
            return done
        paid = self._ours.call(line, Call("accounts.charge", {}, f"{call.key}/fee", change=True, fee=call.fee), now)
        assert paid.outcome == "ok", "the fee was looked at before"
        values = {**done.values, "balance": paid.values["balance"]} if "balance" in done.values else done.values
        return Answer("ok", values, paid.line)

    def _operator(self, line: Line) -> Operator:
        operator = self._world.stage.operator_of(line.msisdn)
        assert operator is not None
        return operator

    def _transfer(self, operator: Operator, line: Line, call: Call, now: datetime.datetime) -> Answer:
        phone = call.inputs["phone"]
        assert isinstance(phone, Msisdn)
        return self._desk.transfer(operator, line, self._ours.line(phone.digits, now), call, now)
