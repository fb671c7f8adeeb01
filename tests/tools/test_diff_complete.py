"""`ivr diff` overlooks nothing: each field of the compiled model, changed alone, is told; those that nobody notices are named here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.catalog.diff import changes
from ivr.catalog.diff_sources import Side, read_side
from ivr.engine import model as engine
from ivr.engine.expressions import parse
from ivr.engine.model import (
    CallSettings,
    Choice,
    Choose,
    Entry,
    FeePrices,
    Field,
    FieldType,
    Group,
    Invocation,
    Keys,
    Listing,
    Menu,
    Message,
    Model,
    Notice,
    Operator,
    Outcome,
    Part,
    Person,
    Reference,
    SmsSettings,
    Tries,
    UssdSettings,
    Wording,
)
from ivr.engine.values import Hours, Money
from tests.tools.test_diff import rows
from tests.tools.trees import PREPAID, RICH, SETTINGS, write

FILES = {**RICH, "prepaid": PREPAID, "settings": SETTINGS}


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Side:
    folder = tmp_path_factory.mktemp("rich")
    return read_side(write(folder, FILES), folder / "locales")


def words(text: str) -> Wording:
    return {channel: {"en": Message(((text,),), "en")} for channel in ("ussd", "call", "sms", "web")}


SAY = (Part(words("Something else")),)
TRIES = Tries(9, words("Hm"), "goodbye")
AZN = Money(500_000, "AZN")

NOBODY_NOTICES = {
    (Menu, "name"),  # another name is another menu, or a renamed one
    (Invocation, "name"),  # what wordings call it
    (Invocation, "balance"),  # of the service, not of the menu
    (Field, "name"),  # another field
    (Listing, "most"),  # of the service; it counts in the pages
    (Notice, "name"),
    (Entry, "text"),  # another text, or another code, is another way in
    (Entry, "parts"),
    (Entry, "channel"),
    (Operator, "name"),  # in no wording
    (Operator, "spoken"),  # of the tariffs, which are compared as operator.yaml writes them
    (Operator, "tariff_kinds"),
    (Operator, "speech"),  # compared as operator.yaml writes it
    (Operator, "days"),  # of the catalogs' own words for weekdays
    (Operator, "until"),  # and for dates until which something holds
    (Operator, "tariffs"),  # compared as operator.yaml writes them, like the next two
    (Operator, "rating"),
    (Operator, "billing"),
    (Model, "release"),
}
"""Fields that are not compared for themselves, and why."""

NEW: dict[type, dict[str, Any]] = {
    Menu: {
        "serves": "postpaid",
        "switch": "other",
        "back": False,
        "ask": (Field("extra", FieldType("text"), SAY),),
        "confirm": SAY,
        "get": (),
        "do": None,
        "fee": "balance",
        "say": SAY,
        "list": None,
        "after": SAY,
        "choices": (Choice("7", words("Seven"), "end"),),
        "then": "help.charges",
        "no_input": TRIES,
        "no_match": TRIES,
        "otherwise": {},
        "connect": "nobody",
        "also_sms": SAY,
    },
    Choice: {
        "key": "8",
        "label": words("Another"),
        "go": "home",
        "hand": {"language": "ru"},
        "then": "help.charges",
        "when": parse("line.roaming"),
        "switch": "shop",
        "only": frozenset(["call"]),
    },
    Field: {
        "type": FieldType("digits", 4, 4),
        "say": SAY,
        "when": None,
        "no_match": {"other": words("No")},
        "again": (),
        "tries": TRIES,
        "no_input": TRIES,
    },
    Invocation: {"service": "accounts.balance", "hand": {"x": "y"}, "late": "wait"},
    Choose: {"label": words("Another"), "go": "prepaid.main", "hand": {"amount": "5"}},
    Listing: {"of": ("statement", "others"), "item": words("It"), "none": None, "speak": 4, "choose": None},
    Outcome: {"say": SAY, "fee": None, "retry": None, "go": "help.charges"},
    Notice: {
        "about": "bill.ready",
        "by": ("sms",),
        "serves": "everyone",
        "switch": "shop",
        "when": None,
        "say": SAY,
        "go": "help.charges",
    },
    Entry: {
        "go": "help.person",
        "serves": "postpaid",
        "hand": {"amount": "5"},
        "then": "help.person",
        "switch": "shop",
        "not_served": SAY,
        "resume": False,
    },
    Operator: {
        "title": "Other",
        "currency": "USD",
        "time_zone": "UTC",
        "languages": ("en", "ru"),
        "default_language": "az",
        "first_call": "settings.language",
        "fold": {"en": frozenset(["ussd"])},
        "fold_names": frozenset(["ussd"]),
        "country": "992",
        "length": 8,
        "prefixes": ("51",),
        "written": ("#########",),
        "numbers": {"support": "112"},
        "groups": {"prepaid": Group("postpaid"), "postpaid": Group("postpaid"), "everyone": Group()},
        "fees": {"balance": FeePrices({"ussd": AZN, "call": AZN, "sms": AZN, "web": AZN}), "line_info": FeePrices({"sms": AZN})},
        "limits": {"largest": Money(1, "AZN")},
        "ussd": UssdSettings(100, 60, 180, True),
        "call": None,
        "keys": None,
        "no_input": TRIES,
        "no_match": TRIES,
        "switches": {"shop": False},
        "late": 9.0,
        "answers": {},
        "units": {},
        "sms": SmsSettings(2),
        "hours": {"support": Hours(((),) * 7)},
        "people": {"support": Person("112", "support", 45.0)},
        "resume": 1.0,
    },
    UssdSettings: {"octets": 150, "wait": 1.0, "longest": 2.0, "stay_open": False},
    CallSettings: {
        "first_digit": 1.0,
        "between_digits": 1.0,
        "barge_in": False,
        "longest": 1.0,
        "choice": words("{label}, {key}"),
        "point": "#",
        "speak_numbers": "digits",
        "person": "help.charges",
        "synthesis": False,
    },
    Keys: {
        "ussd_back": "8",
        "ussd_home": "88",
        "ussd_next": "89",
        "call_back": "8",
        "call_repeat": "8",
        "call_next": "8",
        "confirm": "8",
        "refuse": "9",
        "call_person": "8",
    },
    SmsSettings: {"parts": 1, "same": {"-": "~"}},
    Person: {"number": "112", "hours": None, "ring": 1.0},
    Group: {
        "line": "postpaid",
        "tariffs": frozenset(["SimSim"]),
        "except_tariffs": frozenset(["SimSim"]),
        "kinds": frozenset(["b"]),
        "except_kinds": frozenset(["b"]),
    },
    Tries: {"most": 9, "say": words("Hm"), "then": "prepaid.main"},
    FeePrices: {"prices": {"ussd": AZN, "call": Money(0, "AZN"), "sms": AZN, "web": AZN}, "once": True},
    FieldType: {"kind": "number", "least": 5, "most": 6, "words": ("a",), "secret": True},
    Part: {"wording": words("Other"), "when": parse("line.roaming"), "only": frozenset(["call"])},
    Message: {"forms": (("Other",),), "language": "ru", "count": None, "rule": None},
    Model: {},
    Reference: {},
}


def test_every_field_of_the_model_is_thought_of() -> None:
    """A new field of the model fails here until it is compared, or is named as one that nobody notices."""
    classes = [one for one in vars(engine).values() if dataclasses.is_dataclass(one) and one.__module__ == engine.__name__]
    assert set(classes) == set(NEW)
    parts = {(Model, name) for name in ("operator", "menus", "entries", "notices")}
    told_by_a_whole = {(Message, "count"), (Message, "rule"), (Reference, "path"), (Reference, "form")}
    unknown = [
        (one.__name__, field.name)
        for one in classes
        for field in dataclasses.fields(one)
        if not field.name.endswith("place")
        and field.name not in NEW[one]
        and (one, field.name) not in NOBODY_NOTICES | parts | told_by_a_whole
    ]
    assert unknown == []


Change = Callable[[Model, str, Any], Model]


def of_menu(name: str) -> Change:
    def change(model: Model, field: str, value: Any) -> Model:
        return dataclasses.replace(model, menus={**model.menus, name: dataclasses.replace(model.menus[name], **{field: value})})

    return change


def inside(name: str, part: str, take: Callable[[Any], Any] = lambda value: value) -> Change:
    """A change of what menu `name` has as `part`: itself, or the first of several."""

    def change(model: Model, field: str, value: Any) -> Model:
        menu = model.menus[name]
        own = getattr(menu, part)
        if isinstance(own, tuple):
            new: Any = (dataclasses.replace(own[0], **{field: value}), *own[1:])
        elif isinstance(own, dict):
            first = next(iter(own))
            new = {**own, first: dataclasses.replace(own[first], **{field: value})}
        else:
            new = dataclasses.replace(own, **{field: value})
        return of_menu(name)(model, part, new)

    return change


def of_choose(model: Model, field: str, value: Any) -> Model:
    listing = model.menus["help.charges"].list
    assert listing is not None and listing.choose is not None
    return of_menu("help.charges")(
        model, "list", dataclasses.replace(listing, choose=dataclasses.replace(listing.choose, **{field: value}))
    )


def of_field_type(model: Model, field: str, value: Any) -> Model:
    kind = dataclasses.replace(model.menus["help.send"].ask[0].type, **{field: value})
    return inside("help.send", "ask")(model, "type", kind)


def of_message(model: Model, field: str, value: Any) -> Model:
    wording = model.menus["help.send"].say[0].wording
    new = {channel: {"en": dataclasses.replace(messages["en"], **{field: value})} for channel, messages in wording.items()}
    return inside("help.send", "say")(model, "wording", new)


def of_operator(model: Model, field: str, value: Any) -> Model:
    return dataclasses.replace(model, operator=dataclasses.replace(model.operator, **{field: value}))


def of_setting(name: str, key: str = "") -> Change:
    def change(model: Model, field: str, value: Any) -> Model:
        own = getattr(model.operator, name)
        if key:
            return of_operator(model, name, {**own, key: dataclasses.replace(own[key], **{field: value})})
        return of_operator(model, name, dataclasses.replace(own, **{field: value}))

    return change


def of_entry(model: Model, field: str, value: Any) -> Model:
    entries = [dataclasses.replace(entry, **{field: value}) if entry.parts == ("2",) else entry for entry in model.entries]
    return dataclasses.replace(model, entries=tuple(entries))


def of_notice(model: Model, field: str, value: Any) -> Model:
    notices = [dataclasses.replace(notice, **{field: value}) if notice.name == "charged" else notice for notice in model.notices]
    return dataclasses.replace(model, notices=tuple(notices))


WHERE: dict[type, Change] = {
    Menu: of_menu("help.charges"),
    Choice: inside("settings.language", "choices"),
    Field: inside("help.send", "ask"),
    Invocation: inside("help.charges", "get"),
    Choose: of_choose,
    Listing: inside("help.charges", "list"),
    Outcome: inside("help.send", "otherwise"),
    Notice: of_notice,
    Entry: of_entry,
    Operator: of_operator,
    UssdSettings: of_setting("ussd"),
    CallSettings: of_setting("call"),
    Keys: of_setting("keys"),
    SmsSettings: of_setting("sms"),
    Person: of_setting("people", "support"),
    Group: of_setting("groups", "prepaid"),
    Tries: inside("help.send", "no_input"),
    FeePrices: of_setting("fees", "balance"),
    FieldType: of_field_type,
    Part: inside("help.send", "say"),
    Message: of_message,
}
ELSEWHERE = {(Menu, "do"): of_menu("help.send"), (Menu, "otherwise"): of_menu("help.send"), (Menu, "no_input"): of_menu("help.send")}
ELSEWHERE |= {(Menu, "switch"): of_menu("help.send"), (Menu, "connect"): of_menu("help.person")}
WHOLE = {(Operator, "call"), (Operator, "keys"), (Message, "count"), (Message, "rule")}
"""Changed field by field above, or told by the texts."""


@pytest.mark.parametrize(
    ("owner", "field"),
    [(owner, field) for owner, fields in NEW.items() for field in fields if (owner, field) not in WHOLE],
    ids=lambda one: one if isinstance(one, str) else one.__name__,
)
def test_each_field_changed_alone_is_told(rich: Side, owner: type, field: str) -> None:
    model = ELSEWHERE.get((owner, field), WHERE[owner])(rich.model, field, NEW[owner][field])
    assert model != rich.model
    there, back = changes(rich, dataclasses.replace(rich, model=model)), changes(dataclasses.replace(rich, model=model), rich)
    assert there, f"{owner.__name__}.{field} changed and nothing was told"
    assert back, f"{owner.__name__}.{field} changed back and nothing was told"


@pytest.mark.parametrize("field", ["title", "late", "resume", "country"])
def test_a_setting_is_told_once_where_it_stands(rich: Side, field: str) -> None:
    (change,) = changes(rich, dataclasses.replace(rich, model=of_operator(rich.model, field, NEW[Operator][field])))
    assert change.kind == "operator" and change.what == field
    line = int(change.place.split(":")[1])
    key = {"title": "name:", "late": "sessions:", "resume": "sessions:", "country": "numbers:"}[field]
    assert FILES["operator"].splitlines()[line - 1].startswith(key)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("operator", 'mon-fri: "08:00-22:00"', 'mon-sat: "08:00-22:00", sun: "10:00-12:00"',
         [("operator", "hours.support", "mon-fri 08:00-22:00, sat-sun closed", "mon-sat 08:00-22:00, sun 10:00-12:00")]),
        ("operator", 'holidays: ["01-01"]', 'holidays: ["01-01", "03-08"]', [("operator", "holidays", "01-01", "01-01, 03-08")]),
        ("operator", "ring: 45s", "ring: 1m", [("operator", "people.support.ring", "45s", "1m")]),
        ("operator", "rating: {interval: 60s}", "rating: {interval: 30s}", [("operator", "rating.interval", "60s", "30s")]),
        ("help", '{sms: "2112", text: "1*{amount}", go: send}', '{sms: "2112", text: "2*{amount}", go: send}',
         [("entry", 'SMS "1*{amount}" to 2112', "help.send", None), ("entry", 'SMS "2*{amount}" to 2112', None, "help.send")]),
        ("help", ", resume: true", "", [("entry", "*2#: a dropped session", "is offered again", "is lost")]),
        ("help", 'say: "Charged {charge}"', 'say: "You paid {charge}"',
         [("wording", "notice charged (ussd, sms; en)", "Charged {charge}", "You paid {charge}")]),
        ("help", "by: [flash, sms]", "by: [sms]", [("notice", "notice charged: by", "flash, sms", "sms")]),
        ("help", "not_served: For prepaid lines", "not_served: Not for you",
         [("wording", "*2#: not_served (everywhere; en)", "For prepaid lines", "Not for you")]),
        ("help", "fee: line_info, retry", "retry", [("fee", 'help.send: outcome "already": fee', "line_info, 0.02 sms", None)]),
    ],
)  # fmt: skip
def test_rules_that_a_menu_names(
    tmp_path: Path, file: str, old: str, new: str, expected: list[tuple[str, str, str | None, str | None]]
) -> None:
    assert FILES[file].count(old) == 1
    after = {**FILES, file: FILES[file].replace(old, new)}
    before, now = (read_side(write(tmp_path / name, files), tmp_path / name / "locales") for name, files in (("a", FILES), ("b", after)))
    found = [row for row in rows(changes(before, now)) if row[0] != "page"]
    assert sorted(found, key=str) == sorted(expected, key=str)
