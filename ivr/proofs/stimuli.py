"""What can happen to a session in a state: every input of the subscriber and every answer of a service that makes a difference."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ivr.catalog.services import Service
from ivr.engine import fields
from ivr.engine.effects import Call
from ivr.engine.events import Answered, Connected, Event, Gone, Input, NoInput
from ivr.engine.model import Field, FieldType, Model
from ivr.engine.state import State
from ivr.engine.turn import Turn
from ivr.engine.values import Answer, Count, Line, Money, Msisdn, Span, Tariff, Value
from ivr.proofs.conditions import Questions, alike
from ivr.proofs.lines import FLAGS
from ivr.proofs.values import NOTHING, SECRET_DIGITS, Representatives

PEOPLE = ("answered", "busy", "no_answer")
"""What handing a call to a person can come to."""


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One event. `label` names it in paths (empty: it goes without saying); `kind` is `key`, `wrong`, `silence`, `answer` or `gone`."""

    label: str
    kind: str
    event: Event


class Stimuli:
    """Makes the events for the states of one model."""

    def __init__(
        self,
        model: Model,
        services: Mapping[str, Service],
        questions: Mapping[str, Questions],
        of_line: Questions,
        values: Representatives,
        now: datetime.datetime,
    ) -> None:
        self.model, self.services, self.questions, self.of_line, self.values, self.now = model, services, questions, of_line, values, now
        self._answers: dict[tuple[object, ...], list[tuple[str, Answer]]] = {}
        self._typed: dict[tuple[str, str, bool], list[tuple[str, str]]] = {}

    def of(self, state: State, call: Call | None, switches: Mapping[str, bool]) -> Iterator[Stimulus]:
        """Everything that can happen next; `call` is what the step before asked for."""
        if call is not None:
            for label, answer in self._answered(state, call):
                yield Stimulus(label, "answer", Answered(answer, self.now, switches))
            yield Stimulus("hangs up", "gone", Gone("hung_up", self.now))
            return
        if state.waiting == "connect":
            for outcome in PEOPLE:
                yield Stimulus(f"the person: {outcome}", "answer", Connected(outcome, self.now, switches))
            yield Stimulus("hangs up", "gone", Gone("hung_up", self.now))
            return
        for kind, text in self._inputs(state, switches):
            yield Stimulus(text, kind, Input(text, self.now, switches=switches))
        if state.channel == "call":
            yield Stimulus("silence", "silence", NoInput(self.now, switches))
            yield Stimulus("hangs up", "gone", Gone("hung_up", self.now))
        else:
            yield Stimulus("time-out", "gone", Gone("timed_out", self.now))

    # -- the subscriber

    def _inputs(self, state: State, switches: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
        """What may be typed, each with its kind."""
        operator, menu = self.model.operator, self.model.menus[state.frames[-1].menu]
        keys, call = operator.keys, state.channel == "call"
        stage, _, name = state.waiting.partition(":")
        reserved = (
            (keys.call_back, keys.call_repeat, keys.call_next, keys.call_person)
            if call
            else (keys.ussd_back, keys.ussd_home, keys.ussd_next)
        )
        taken: list[str] = []
        hidden: list[str] = []
        if stage in ("field", "again"):
            field = next((field for field in menu.ask if field.name == name.partition(":")[0]), None)
            for text, cause in self.typed(menu.name, field, call) if field is not None else ():
                taken.append(text)
                yield ("wrong" if cause else "key"), text
        elif stage in ("confirm", "resume"):
            taken = [keys.confirm, keys.refuse]
        else:
            taken = [choice.key for choice in Turn.of(self.model, state, self.now, switches).visible()]
            hidden = [choice.key for choice in menu.choices if choice.key not in taken]
            choose = menu.list.choose if menu.list is not None else None
            if choose is not None:
                taken += [key for key in ("1", "2", "9", "20") if key not in taken]
        others = [key for key in reserved if key and key not in taken]
        for key in dict.fromkeys([*(taken if stage not in ("field", "again") else ()), *others]):
            yield "key", key
        if stage not in ("field", "again"):
            free = [key for key in map(str, range(1, 100)) if key not in taken and key not in hidden and key not in reserved]
            # a hidden choice is no choice; what a switch or the hour hides is tried in its own time, the others like any wrong key
            timely = bool(operator.switches or operator.hours)
            yield from (("wrong", key) for key in (hidden if timely else hidden[:1]) or free[:1])

    def typed(self, menu: str, field: Field, call: bool) -> list[tuple[str, str]]:
        """Values for a field and their cause of being wrong: right ones (cause empty), and one wrong one for each cause."""
        found = self._typed.get((menu, field.name, call))
        if found is None:
            asked = self.questions[menu].get((field.name,), NOTHING)
            found = self._typed[menu, field.name, call] = list(self._typable(field, asked, call))
        return found

    def _typable(self, field: Field, asked: Any, call: bool) -> Iterator[tuple[str, str]]:
        right: dict[Any, str] = {}
        wrong: dict[str, str] = {}
        keys = self.model.operator.keys
        reserved = {keys.call_back, keys.call_repeat} if call else {keys.ussd_back, keys.ussd_home}
        for text in self._candidates(field.type, asked):
            written = text.replace(".", "*") if call and field.type.kind == "money" else text
            if call and not set(written) <= set("0123456789*"):
                continue  # a telephone has no other keys
            if written in reserved:
                continue
            try:
                value = fields.read(text, field.type, self.model.operator)
            except fields.WrongValue as error:
                wrong.setdefault(error.cause, written)
            else:
                right.setdefault(str(value) if field.type.secret else value, written)
        values = list(right)
        # asked twice, a second right value is one that differs
        kept = alike(values, asked) if asked else values if field.type.kind == "one_of" else values[: 2 if field.again else 1]
        yield from ((right[value], "") for value in kept)
        yield from ((text, cause) for cause, text in wrong.items())

    def _candidates(self, kind: FieldType, asked: Any) -> Iterator[str]:
        sizes = [size for limit in (kind.least, kind.most) if limit is not None for size in (limit, limit - 1, limit + 1)]
        match kind.kind:
            case "one_of":
                yield from kind.words
            case "digits":
                digits = SECRET_DIGITS if kind.secret else "1357924680"
                yield from ((digits * 20)[:size] for size in (*sizes, 6, 30) if 0 < size < 200)
            case "number":
                yield from (str(size) for size in (*sizes, 5) if size >= 0)
            case "money":
                cents = [limit + step for limit in (kind.least, kind.most) if limit is not None for step in (0, -10_000, 10_000)]
                yield from (Money(size, "").exact_text() for size in cents if size >= 0)
                yield from ("5.00", "0.01", "99999.99")
            case "msisdn":
                yield from (self._written(digit) for digit in "73")
                yield self._written("7", foreign=True)
            case "date":
                yield from ("31122028", "31.12.2028", "01.02.2027", "2028-12-31")
            case _:
                yield from ("Wednesday"[: kind.most or 9], "W" * (kind.most or 20), "W" * ((kind.most or 20) + 1), "W")
        for value in self.values.of(kind.kind if kind.kind in ("money", "number", "msisdn") else "text", asked) if asked else ():
            yield value.exact_text() if isinstance(value, Money) else str(value)
        yield from ("", "17x", "11", "1" * 30, "x" * (fields.LONGEST_INPUT + 1))

    def _written(self, digit: str, foreign: bool = False) -> str:
        operator = self.model.operator
        digits = self.values.number(digit).digits.removeprefix(operator.country)
        if foreign:
            other = next((prefix for prefix in ("99", "98", "00", "77", "33") if not prefix.startswith(operator.prefixes)), "99")
            digits = other + digits[len(other) :]
        form = min(operator.written, key=lambda form: (form.count("+"), -len(form)), default="#" * operator.length)
        rest = iter(digits)
        return "".join(next(rest, digit) if sign == "#" else sign for sign in form)

    # -- the services

    def _answered(self, state: State, call: Call) -> list[tuple[str, Answer]]:
        menu = state.frames[-1].menu
        line = state.line if call.change else None
        changes = tuple(sorted((name, str(value)) for name, value in call.inputs.items())) if call.change else ()
        mark = (menu, state.waiting, call.service, call.fee is not None, line, changes)
        found = self._answers.get(mark)
        if found is None:
            found = self._answers[mark] = list(
                self._labelled(call, self._answers_of(menu, state.waiting.removeprefix("call:"), call, line))
            )
        return found

    def _labelled(self, call: Call, answers: Iterable[Answer]) -> Iterator[tuple[str, Answer]]:
        """Each answer as a path names it: the usual one goes without saying, of another `ok` what differs is told."""
        usual: Answer | None = None
        for answer in answers:
            if answer.outcome != "ok":
                yield f"{call.service}: {answer.outcome}", answer
            elif usual is None:
                usual = answer
                yield "", answer
            else:
                differs = [f"{name} {_written(value)}" for name, value in answer.values.items() if value != usual.values.get(name)]
                if answer.line != usual.line:
                    differs.append("the line changes otherwise")
                yield f"{call.service}: {', '.join(differs)}", answer

    def _answers_of(self, menu_name: str, stage: str, call: Call, line: Line | None) -> Iterator[Answer]:
        menu, questions, values = self.model.menus[menu_name], self.questions[menu_name], self.values
        service = self.services.get(call.service)
        if service is None:  # the engine's own: the funds for a fee, and the fee
            yield from (Answer("ok", {"balance": balance}) for balance in self._balances(menu_name))
        else:
            name = stage.partition(":")[2] if stage.startswith("get:") else "result"
            listed = menu.list.of if menu.list is not None else None
            for record in values.records(service.gives, questions, name, listed):
                yield from (Answer("ok", record, after) for after in self._lines_after(service, call, line))
            for outcome, kinds in service.outcomes.items():
                yield from (Answer(outcome, record) for record in values.records(kinds, questions, "result"))
        if (service is None or call.fee is not None) and not (service and "not_enough" in service.outcomes):
            yield Answer("not_enough", {"balance": values.money(Decimal("0.01"))})
        yield Answer("unavailable", {})
        yield Answer("late", {})

    def _balances(self, menu_name: str) -> list[Value]:
        menu, questions = self.model.menus[menu_name], self.questions[menu_name]
        asked = {node for inv in menu.get if inv.balance for node in questions.get((inv.name, inv.balance), NOTHING)}
        return self.values.of("money", frozenset(asked))

    def _lines_after(self, service: Service, call: Call, line: Line | None) -> list[Line | None]:
        """The line as an act may have left it: inputs named like its attributes are set, flags that conditions name are either way."""
        if service.kind != "change" or line is None:
            return [None]
        named = {item.name for item in dataclasses.fields(Line)} - {"msisdn"}
        found = [_with(line, {name: value for name, value in call.inputs.items() if name in named})]
        for flag in FLAGS:
            if ("line", flag) in self.of_line and flag not in call.inputs:
                found += [_with(before, {flag: not getattr(before, flag)}) for before in found]
        return [*found]


def _with(line: Line, values: Mapping[str, Any]) -> Line:
    return dataclasses.replace(line, **values)


def _written(value: Value) -> str:
    """A value as a path tells it apart."""
    match value:
        case bool():
            return "true" if value else "false"
        case Money():
            return value.exact_text()
        case tuple():
            return f"has {len(value)}"
        case Count() | Span() | Tariff() | Msisdn():
            return str(next(getattr(value, item.name) for item in dataclasses.fields(value)))
    return str(value)
