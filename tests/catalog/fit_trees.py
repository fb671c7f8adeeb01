"""Small operators with wordings of any length, for the proof that what fits on paper fits on the phone."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import random
from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

from ivr.catalog.compile import compile_operator
from ivr.catalog.faults import Faults
from ivr.catalog.fit import fit_faults
from ivr.catalog.services import Service, load_services
from ivr.catalog.source import read_text
from ivr.engine.effects import Call
from ivr.engine.model import Model
from ivr.engine.values import UNITS, Answer, Count, Line, Money, Tariff, Value
from ivr.services.schema import SERVICES_FILE
from tests.tools.trees import OPERATOR

LINE = Line("994501110001", "prepaid", "active", "Biznes 30", "en", True, True, datetime.date(2027, 3, 5), Money.parse("99999.99", "AZN"))


@functools.cache
def services() -> Mapping[str, Service]:
    return load_services(SERVICES_FILE, Faults())


def model_of(folder: Path, menu: str, operator: str = OPERATOR) -> Model:
    home = folder / "menus" / "small"
    home.mkdir(parents=True, exist_ok=True)
    (home / "operator.yaml").write_text(operator, "utf-8")
    (home / "m.yaml").write_text(menu, "utf-8")
    compiled = compile_operator(home, folder / "locales")
    assert compiled.model is not None, "\n".join(map(str, compiled.faults))
    return compiled.model


def fit(folder: Path, menu: str, operator: str = OPERATOR) -> list[str]:
    """The faults of a menu file, `line:col code message`."""
    return faults_of(model_of(folder, menu, operator), operator)


def faults_of(model: Model, operator: str = OPERATOR) -> list[str]:
    """The same of a model."""
    house = read_text(operator.encode(), "menus/small/operator.yaml", Faults())
    found = [f"{place} {code} {message}" for place, code, message in fit_faults(model, services(), house)]
    return [fault.removeprefix("menus/small/").removeprefix("m.yaml:") for fault in found]


WORDS = {
    "gsm": "abcde fghij klmno ",
    "extension": "ab€cd {e} [f] ".replace("{", "(").replace("}", ")"),
    "ucs2": "ąčę šūž ə ",
    "emoji": "ab 😀 cd ",
}


@st.composite
def words(draw: st.DrawFn, most: int = 150, slots: tuple[str, ...] = ()) -> str:
    """A wording: lines of some length, perhaps with slots."""
    lines = []
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(["gsm"] * 6 + ["extension", "ucs2", "emoji"]))
        longest = most if kind == "gsm" else most // 4
        # most wordings are short, so that a tree has a chance to fit
        length = draw(st.sampled_from([2, 8, 15, longest // 2]) | st.integers(1, longest))
        text = (WORDS[kind] * (length // 4 + 1))[:length].strip() or "x"
        for slot in draw(st.lists(st.sampled_from(slots), max_size=2)) if slots else ():
            text += f" {{{slot}}}"
        lines.append(text)
    return "\n".join(lines)


@st.composite
def trees(draw: st.DrawFn) -> tuple[str, str]:
    """A menu file and an operator.yaml. Anything may be too long."""
    short, long = words(30), words(120)
    account = words(80, ("account.main", "account.main:exact", "account.expires:until", "account.tariff", "line.tariff", "fee"))
    posting = words(20, ("amount", "at", "information"))
    stay = draw(st.booleans())
    operator = OPERATOR.replace("stay_open: true", f"stay_open: {'true' if stay else 'false'}")
    operator = operator.replace(
        "tariffs: {SimSim: {line: prepaid}}", "tariffs: {SimSim: {line: prepaid}, Biznes 30: {line: prepaid}, GəncOL: {line: prepaid}}"
    )
    parts = draw(st.sampled_from([1, 3, 8]))
    operator = operator.replace("sessions:", f"sms: {{parts: {parts}}}\nsessions:")
    if draw(st.booleans()):
        operator = operator.replace("default: en}", "default: en, fold_names: [ussd, sms]}")
    for name in draw(
        st.lists(st.sampled_from(["wrong_value", "unavailable", "goodbye", "not_sent", "next", "home", "not_enough"]), max_size=2)
    ):
        operator = operator.replace(
            f"  {name}: Answer {name.replace('_', ' ')}\n", f"  {name}: {json.dumps(draw(words(60)), ensure_ascii=False)}\n"
        )
    text = lambda strategy: json.dumps(draw(strategy), ensure_ascii=False)  # noqa: E731
    bonus = words(40, ("left", "until"))
    listed = f"list: {{of: account.bonuses, item: {text(bonus)}, none: {text(short)}}}" if draw(st.booleans()) else ""
    # twenty items fit neither a few parts of an SMS nor a page before a last word
    then = "" if listed else draw(st.sampled_from(["", ", then: charges", ", then: change"]))
    sms = "" if listed and parts < 8 else '  - {sms: "1", text: "", go: balance}\n'
    menu = f"""\
serves: everyone
entries:
  - {{ussd: "*1#", go: main}}
  - {{ussd: "*2#", go: balance{then}}}
{sms}  - {{sms: "1", text: "all", go: brief}}
menus:
  main:
    say: {text(short)}
    choices:
      "1": {{label: {text(short)}, go: balance}}
      "2": {{label: Charges, go: charges}}
      "3": {{label: Language, go: change}}
      "4": {{label: None of it, go: turn_off, when: line.notices}}
      "5": {{label: Chain, go: chain}}
  balance:
    get: {{account: accounts.balance}}
    fee: balance
    say:
      - {text(account)}
      - {{when: account.roaming, say: {text(long)}}}
      - {{when: not account.roaming, say: {text(long)}}}
    {listed}
    after: {text(short)}
  charges:
    get: {{statement: accounts.statement}}
    list: {{of: statement.postings, item: {text(posting)}, none: {text(short)}}}
  change:
    ask:
      language: {{say: {text(long)}, no_match: {text(words(60))}}}
    confirm: {text(words(50, ("language",)))}
    do: accounts.set_language
    say: {text(long)}
  turn_off:
    do: accounts.notices_off
    say: {text(short)}
    otherwise: {{already: {{say: {text(short)}, go: {draw(st.sampled_from(["home", "end", "balance"]))}}}}}
  brief:
    get: {{bill: accounts.bill}}
    say: {text(words(150, ("bill.billed", "bill.due:until")))}
    otherwise: {{late: {text(short)}}}
  chain:
    get: {{account: accounts.balance}}
    say: {text(words(60, ("account.main",)))}
    then: charges
"""
    return menu, operator


class Extremes:
    """Answers with values at the edge of what services.yaml allows, and now and then with another outcome than `ok`."""

    def __init__(self, chance: random.Random) -> None:
        self.pick = chance.choice

    def call(self, line: Line, call: Call) -> Answer:
        outcome = self.pick(["ok"] * 12 + ["unavailable", "late", "not_enough"])
        if outcome == "not_enough":
            return Answer("not_enough", {"balance": self.money()})
        if outcome != "ok":
            return Answer(outcome, {})
        day = datetime.date(2027, 3, 5)
        match call.service:
            case "accounts.funds" | "accounts.charge":
                return Answer("ok", {"balance": self.money()})
            case "accounts.balance":
                left = Count(self.pick([99_999, 99_991, 1]), self.pick(UNITS))
                bonuses: tuple[Value, ...] = ({"left": left, "until": day},) * self.pick([0, 1, 20, 20])
                tariff = Tariff(self.pick(["SimSim", "Biznes 30", "GəncOL"]))
                values = {"main": self.money(), "expires": day, "tariff": tariff, "roaming": self.pick([True, False]), "bonuses": bonuses}
                return Answer("ok", values)
            case "accounts.bill":
                figures = {name: self.money() for name in ("billed", "current", "advance")}
                return Answer("ok", {**figures, "due": day, "overdue": self.pick([True, False])})
            case "accounts.statement":
                information = self.pick(["W" * 24, "€" * 24, "Щ" * 24, "😀" * 12, ""])
                rows: tuple[Value, ...] = ({"at": day, "amount": self.money(), "information": information},) * self.pick([0, 3, 30])
                return Answer("ok", {"postings": rows})
            case "accounts.set_language":
                return Answer("ok", {}, line)
            case "accounts.notices_off":
                return self.pick([Answer("already", {}), Answer("ok", {}, dataclasses.replace(line, notices=False))])
        raise AssertionError(call.service)

    def money(self) -> Money:
        return Money(self.pick([99_999_990_000, -99_999_990_000, 99_999_989_999, -99_999_989_999, 0, 12_340_000]), "AZN")
