"""A subscriber who walks the shipped menus: a small in-memory operator, and a session driven step by step.

Every step is done twice and its state sent through JSON, so each walk also shows that a step is deterministic and that a session survives
being stored between any two steps.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.catalog.compile import compile_operator
from ivr.engine.effects import Call, Effect, End, Page, Slot, Sms, Speak, Words
from ivr.engine.events import Answered, Begin, Connected, Event, Gone, Input, NoInput
from ivr.engine.model import Model
from ivr.engine.state import State, dump, load
from ivr.engine.step import Step, begin, step
from ivr.engine.values import Answer, Count, Line, Money, Msisdn, Tariff

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Asia/Baku"))


@functools.cache
def shipped() -> Model:
    compiled = compile_operator(ROOT / "menus" / "azercell", ROOT / "locales", "shipped")
    assert compiled.model is not None, "\n".join(map(str, compiled.faults))
    return compiled.model


def azn(text: str) -> Money:
    return Money.parse(text, "AZN")


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def bonus(number: int, unit: str, until: str) -> dict[str, object]:
    return {"left": Count(number, unit), "until": day(until)}


BONUSES = (bonus(1500, "megabyte", "2026-12-31"), bonus(121, "minute", "2026-12-31"), bonus(50, "message", "2027-01-15"))
TEN = tuple(bonus(number, "minute", f"2026-12-{number:02d}") for number in range(1, 12))


def prepaid(language: str | None = "en", balance: str = "12.34", **changes: object) -> Line:
    line = Line("994501110001", "prepaid", "active", "GəncOL", language, False, True, day("2027-03-05"), azn(balance))
    return dataclasses.replace(line, **changes)  # type: ignore[arg-type]


def postpaid(language: str | None = "en", **changes: object) -> Line:
    return dataclasses.replace(Line("994501110101", "postpaid", "active", "Biznes 30", language), **changes)  # type: ignore[arg-type]


class Operator:
    """Answers calls from memory. `outcomes` forces an outcome by service. A key that came before gets its answer again."""

    def __init__(
        self,
        bonuses: tuple[object, ...] = BONUSES,
        outcomes: Mapping[str, str] | None = None,
        postings: tuple[object, ...] = (),
        overdue: bool = False,
    ) -> None:
        self.bonuses, self.outcomes, self.postings, self.overdue = bonuses, dict(outcomes or {}), postings, overdue
        self.done: dict[str, Answer] = {}
        self.charged: list[tuple[str, str]] = []

    def call(self, line: Line, call: Call) -> Answer:
        if call.service in self.outcomes:
            return Answer(self.outcomes[call.service], {"balance": line.balance} if self.outcomes[call.service] == "not_enough" else {})
        if call.key not in self.done:
            self.done[call.key] = self._do(line, call)
        return self.done[call.key]

    def _do(self, line: Line, call: Call) -> Answer:
        balance = line.balance
        match call.service:
            case "accounts.funds":
                amount = call.inputs["amount"]
                assert isinstance(amount, Money) and balance is not None
                return Answer("ok" if amount.micro <= balance.micro else "not_enough", {"balance": balance})
            case "accounts.charge":
                assert call.fee is not None and balance is not None
                self.charged.append((call.fee.name, call.fee.amount.exact_text()))
                left = Money(balance.micro - call.fee.amount.micro, "AZN")
                return Answer("ok", {"balance": left}, dataclasses.replace(line, balance=left))
            case "accounts.balance":
                values = {"main": balance, "expires": line.expires, "tariff": Tariff(line.tariff), "roaming": line.roaming}
                return Answer("ok", {**values, "bonuses": self.bonuses})  # type: ignore[dict-item]
            case "accounts.bill" | "grants.read":
                figures = {"billed": azn("45.60"), "current": azn("12.07"), "advance": azn("20.00"), "due": day("2026-12-20")}
                return Answer("ok", {**figures, "overdue": self.overdue})
            case "accounts.line":
                return Answer("ok", {"tariff": Tariff(line.tariff), "roaming": line.roaming, "notices": line.notices})
            case "accounts.statement":
                return Answer("ok", {"postings": self.postings})  # type: ignore[dict-item]
            case "accounts.set_language":
                return Answer("ok", {}, dataclasses.replace(line, language=call.inputs["language"]))  # type: ignore[arg-type]
            case "accounts.notices_on" | "accounts.notices_off":
                on = call.service.endswith("on")
                return Answer("already", {}) if line.notices == on else Answer("ok", {}, dataclasses.replace(line, notices=on))
            case "cards.look_up":
                return Answer("ok", {"used": True, "used_on": day("2026-11-02")})
            case "grants.list":
                return Answer("ok", {"total": 1, "numbers": ({"number": Msisdn("994501110002"), "waiting": False, "from": None},)})
        raise AssertionError(f"nobody answers {call.service}")


class Walk:
    """A session over `address`. `page` and `said` are what the subscriber got last; `services` what was called for it."""

    def __init__(
        self,
        address: str,
        line: Line | None,
        language: str | None = None,
        operator: Operator | None = None,
        channel: str | None = None,
        model: Model | None = None,
        switches: Mapping[str, bool] | None = None,
        text: str = "",
        dropped: State | None = None,
        now: datetime.datetime = NOW,
    ) -> None:
        self.model = model or shipped()
        self.operator = operator or Operator()
        self.switches = switches or {}
        self.effects: tuple[Effect, ...] = ()
        self.services: list[str] = []
        self.messages: list[Sms] = []
        self.keys: list[str] = []
        self.trace: list[str] = []
        channel = channel or ("ussd" if address[:1] in "*#" else "call")
        self.now = now
        msisdn = line.msisdn if line else "994509999999"
        event = Begin(channel, address, msisdn, line, now, text, language, self.switches, dropped)
        first, again = begin(self.model, "s", event), begin(self.model, "s", event)
        assert first == again, "begin is not deterministic"
        self._go_on(first)

    def _go_on(self, done: Step) -> None:
        self.services = []
        trace = list(done.trace)
        sent: list[Sms] = []
        for _ in range(50):
            kept = json.dumps(dump(done.state))
            self.state: State = done.state
            assert load(json.loads(kept)) == done.state or '"secret"' in kept, "the state does not survive JSON"
            calls = [effect for effect in done.effects if isinstance(effect, Call)]
            sent += [effect for effect in done.effects if isinstance(effect, Sms)]
            rest = [effect for effect in done.effects if not isinstance(effect, Sms)]
            assert len(calls) <= 1 and (not calls or len(rest) == 1), "a step ends with one call or with a reply"
            if not calls:
                break
            self.services.append(calls[0].service)
            assert calls[0].key not in self.keys, "two effects with one key"
            self.keys.append(calls[0].key)
            assert self.state.line is not None
            done = self._step(Answered(self.operator.call(self.state.line, calls[0]), self.now, self.switches))
            trace += done.trace
        else:
            raise AssertionError("a request without an end")
        self.effects, self.messages = done.effects, sent
        self.trace = [f"{traced.what} {traced.detail}" for traced in trace]

    def _step(self, event: Event) -> Step:
        done, again = step(self.model, self.state, event), step(self.model, self.state, event)
        assert done == again, "a step is not deterministic"
        return done

    def press(self, *texts: str) -> Walk:
        for text in texts:
            self._go_on(self._step(Input(text, self.now, switches=self.switches)))
        return self

    def silent(self, times: int = 1) -> Walk:
        for _ in range(times):
            self._go_on(self._step(NoInput(self.now, self.switches)))
        return self

    def connected(self, outcome: str) -> Walk:
        self._go_on(self._step(Connected(outcome, self.now, self.switches)))
        return self

    def gone(self, why: str) -> Walk:
        self._go_on(self._step(Gone(why, self.now)))
        return self

    @property
    def page(self) -> Page:
        found = [effect for effect in self.effects if isinstance(effect, Page)]
        assert len(found) == 1, f"one page was expected: {self.effects}"
        return found[0]

    @property
    def text(self) -> str:
        return self.page.text

    @property
    def speak(self) -> Speak:
        found = [effect for effect in self.effects if isinstance(effect, Speak)]
        assert len(found) == 1, f"one prompt was expected: {self.effects}"
        return found[0]

    @property
    def said(self) -> str:
        """What a call says: fixed words, and values in angle brackets (with their form)."""
        return " ".join(spoken(part) for part in self.speak.parts if isinstance(part, Words | Slot))

    @property
    def end(self) -> str | None:
        return next((effect.disposition for effect in self.effects if isinstance(effect, End)), None)


def spoken(part: Words | Slot) -> str:
    if isinstance(part, Words):
        return part.text
    value = part.value
    match value:
        case Money():
            text = f"{value.exact_text()} {value.currency}"
        case Count():
            text = f"{value.number} {value.unit}"
        case Tariff():
            text = part.spoken or value.name
        case Msisdn():
            text = value.digits
        case _:
            text = str(value)
    return f"<{text}{':' + part.form if part.form else ''}>"
