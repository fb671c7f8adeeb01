"""An operator's own back-end in memory, before the embedded services: scratch cards, the right to read a bill, SMS-money.

It answers what `tests/data/draft/menus/services.yaml` adds, by the rules A10 to A12 and B1 to B12 of the services that subscribers get. What
it knows of the operators comes from their operator.yaml; the demo's cards and PIN2s from `tests/data/draft/cases.yaml`. Fees and transfers
are in the books, everything else is in memory.
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
        self._began = world.clock.now()
        self._answers: dict[str, Answer] = {}
        self._happened: list[Happened] = []
        self._grants = Grants(self._happened)
        self._desk = Desk(world.books, known(DRAFT / "cases.yaml")["pins"], self._happened)
        self._reads: Mapping[str, Callable[[Line, Call, datetime.datetime], Answer]] = {
            "cards.look_up": lambda line, call, now: self._card(line, call),
            "grants.list": lambda line, call, now: self._grants.listed(line),
            "grants.read": self._granted_bill,
            "sms_money.status": lambda line, call, now: self._desk.status(self._operator(line), line, now),
        }
        self._acts: Mapping[str, Callable[[Operator, Line, Call, datetime.datetime], Answer]] = {
            "grants.give": self._grants.give,
            "grants.take_back": self._grants.take_back,
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
        """Carry out requests that waited for the bill cycle, and tell what has happened."""
        self._grants.cycle(now)
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

    def _card(self, line: Line, call: Call) -> Answer:
        zone = self._world.stage.terms[self._operator(line).name].time_zone
        for card in known(DRAFT / "cases.yaml")["cards"]:
            if card["serial"] == call.inputs["serial"]:
                days = card.get("used_at")
                used_on = None if days is None else self._began.astimezone(zone).date() + datetime.timedelta(days=int(days))
                return Answer("ok", {"used": card["used"], "used_on": used_on})
        return Answer("unknown", {})

    def _granted_bill(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        owner = call.inputs["owner"]
        assert isinstance(owner, Msisdn)
        whose = self._ours.line(owner.digits, now)
        # a number that nobody has, and one that did not let this line, are told alike
        if whose is None or whose.kind != "postpaid" or not self._grants.reads(line.msisdn, owner.digits):
            return Answer("not_granted", {})
        return self._ours.call(whose, Call("accounts.bill", {}, f"{call.key}/bill"), now)

    def _transfer(self, operator: Operator, line: Line, call: Call, now: datetime.datetime) -> Answer:
        phone = call.inputs["phone"]
        assert isinstance(phone, Msisdn)
        return self._desk.transfer(operator, line, self._ours.line(phone.digits, now), call, now)


class Grants:
    """Who may read whose bill. Requests made while billing runs wait for the next cycle; the last one for a number wins."""

    def __init__(self, happened: list[Happened]) -> None:
        self._happened = happened
        self._given: dict[str, list[str]] = {}
        self._waiting: dict[tuple[str, str], tuple[bool, datetime.datetime]] = {}

    def reads(self, reader: str, owner: str) -> bool:
        """Whether `reader` may read the bill of `owner` now."""
        return reader in self._given.get(owner, ())

    def listed(self, line: Line) -> Answer:
        """`grants.list`: who may read it, and who will (`waiting`, `from`)."""
        numbers: list[dict[str, Value]] = [
            {"number": Msisdn(number), "waiting": False, "from": None} for number in self._given.get(line.msisdn, ())
        ]
        for (owner, number), (given, opens) in self._waiting.items():
            if owner == line.msisdn and given:
                numbers.append({"number": Msisdn(number), "waiting": True, "from": opens.date()})
        return Answer("ok", {"total": len(numbers), "numbers": tuple(numbers)})

    def give(self, operator: Operator, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """`grants.give`."""
        number = self._number(call)
        if number == line.msisdn:
            return Answer("own_number", {})
        if self._will_read(line, number):
            return Answer("already", {})
        most = operator.limits["grants"]
        assert isinstance(most, int)
        if self._total(line) >= most:
            return Answer("too_many", {"most": most})
        return self._request(operator, line, number, True, now)

    def take_back(self, operator: Operator, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """`grants.take_back`."""
        number = self._number(call)
        return self._request(operator, line, number, False, now) if self._will_read(line, number) else Answer("not_given", {})

    def cycle(self, now: datetime.datetime) -> None:
        """Carry out the requests whose cycle has opened."""
        for (owner, number), (given, opens) in list(self._waiting.items()):
            if opens <= now:
                del self._waiting[owner, number]
                self._set(owner, number, given)
                values: dict[str, Value] = {"number": Msisdn(number), "given": given}
                self._happened.append(("grants.done", owner, values, f"grants:{owner}:{number}:{opens:%Y%m%d}"))

    def _request(self, operator: Operator, line: Line, number: str, given: bool, now: datetime.datetime) -> Answer:
        undoes = self._waiting.pop((line.msisdn, number), None)
        billing = known(MENUS / operator.name / "operator.yaml")["billing"]
        if running(billing["runs"], now) and (undoes is None or self.reads(number, line.msisdn) != given):
            opens = next_cycle(billing["cycle"], now)
            self._waiting[line.msisdn, number] = (given, opens)
            return Answer("later", {"from": opens.date()})
        self._set(line.msisdn, number, given)
        return Answer("ok", {"total": self._total(line)} if given else {})

    def _set(self, owner: str, number: str, given: bool) -> None:
        readers = self._given.setdefault(owner, [])
        if given and number not in readers:
            readers.append(number)
        elif not given and number in readers:
            readers.remove(number)

    def _will_read(self, line: Line, number: str) -> bool:
        waiting = self._waiting.get((line.msisdn, number))
        return self.reads(number, line.msisdn) if waiting is None else waiting[0]

    def _total(self, line: Line) -> int:
        later = sum(1 for (owner, _), (given, _) in self._waiting.items() if owner == line.msisdn and given)
        return len(self._given.get(line.msisdn, ())) + later

    @staticmethod
    def _number(call: Call) -> str:
        number = call.inputs["number"]
        assert isinstance(number, Msisdn)
        return number.digits


def running(runs: Mapping[str, str], now: datetime.datetime) -> bool:
    """Whether billing runs: `{days: "4-24", from: "23:00", until: "06:00"}`, nights that begin on those days."""
    first, last = map(int, runs["days"].split("-"))
    begins, ends = (datetime.time.fromisoformat(runs[name]) for name in ("from", "until"))
    if now.time() >= begins:
        return first <= now.day <= last
    night = now - datetime.timedelta(days=1)
    return now.time() < ends and first <= night.day <= last


def next_cycle(cycle: Mapping[str, Any], now: datetime.datetime) -> datetime.datetime:
    """The moment at which the next bill cycle opens: `{day: 1, at: "00:00"}`."""
    at = datetime.time.fromisoformat(cycle["at"])
    opens = now.replace(day=int(cycle["day"]), hour=at.hour, minute=at.minute, second=0, microsecond=0)
    while opens <= now:
        opens = (opens.replace(day=1) + datetime.timedelta(days=32)).replace(day=int(cycle["day"]))
    return opens
