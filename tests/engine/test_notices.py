"""Notices: who is told what, by which way, in which language, and what a session that the network opens is."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from ivr.catalog.compile import compile_operator
from ivr.engine.effects import Call, Page, Sms, UssdNotice
from ivr.engine.events import Answered, Input
from ivr.engine.model import Model
from ivr.engine.notices import tell
from ivr.engine.step import Step, step
from ivr.engine.values import Answer, Line, Msisdn, Value
from tests.catalog.test_compile_faults import OPERATOR
from tests.engine.fake import NOW, ROOT, azn, day, postpaid, prepaid

EVERYTHING = ("flash", "sms", "ussd_notice", "ussd_session")
CHARGED = {"charge": azn("0.0236"), "balance": azn("12.34"), "from_bonus": False, "expires": day("2027-03-05")}
BILL = {"billed": azn("45.60"), "current": azn("12.07"), "advance": azn("20.00"), "due": day("2026-12-20"), "overdue": False}
MENUS = """\
serves: everyone
entries: [{ussd: "*1#", go: main}, {ussd: "*2#", go: card}]
menus:
  main: {say: Hello, choices: {"1": {label: Other, go: other}}}
  other: {say: Other}
  bill:
    get: {now: accounts.bill}
    fee: balance
    say: {default: "Now {now.current} of {now.billed}", sms: "Your bill: {now.billed}"}
    choices: {"1": {label: Other, go: other}}
  card:
    ask: {number: {say: Which, type: msisdn}, given: {say: Given, one_of: ["yes", "no"]}}
    say: "Number {number}"
notices:
  charged: {about: usage.charged, serves: prepaid, when: line.notices and charge > 0, by: [ussd_notice, flash, sms],
    say: [{when: charge > 1, say: "Dear!"}, {default: "Charged {charge}, left {balance} till {expires:until}", ussd: "-{charge}"}]}
  shop: {about: usage.charged, switch: shop, by: sms, say: "Shop"}
  ready: {about: bill.ready, by: [ussd_session, sms], go: bill}
  given: {about: grants.done, when: given, by: [sms], say: "{number} reads"}
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    home = tmp_path_factory.mktemp("menus") / "menus" / "small"
    home.mkdir(parents=True)
    (home / "operator.yaml").write_text(OPERATOR, "utf-8")
    (home / "m.yaml").write_text(MENUS, "utf-8")
    found = compile_operator(home, home / "locales")
    assert found.model is not None, "\n".join(map(str, found.faults))
    return found.model


def told(
    model: Model,
    about: str,
    values: Mapping[str, Value],
    line: Line,
    offered: Collection[str] = EVERYTHING,
    switches: Mapping[str, bool] | None = None,
) -> tuple[Step, ...]:
    first = tell(model, "event-1", about, values, line, NOW, switches or {}, offered)
    assert first == tell(model, "event-1", about, values, line, NOW, switches or {}, offered), "the same event is told in the same way"
    return first


def effects(steps: tuple[Step, ...]) -> list[object]:
    return [effect for one in steps for effect in one.effects]


OFF = {"shop": False}


@pytest.mark.parametrize(
    ("offered", "effect"),
    [
        (EVERYTHING, UssdNotice("994501110001", "-0.0236 AZN", "gsm7", "en", "event-1/charged")),
        (
            ("sms", "flash"),
            Sms("994501110001", "Small", "Charged 0.02 AZN, left 12.34 AZN till 05.03.2027", "en", "event-1/charged", flash=True),
        ),
        (("sms",), Sms("994501110001", "Small", "Charged 0.02 AZN, left 12.34 AZN till 05.03.2027", "en", "event-1/charged")),
    ],
)
def test_by_the_first_way_that_the_network_offers(model: Model, offered: Collection[str], effect: object) -> None:
    found = effects(told(model, "usage.charged", CHARGED, prepaid(), offered, OFF))
    if isinstance(effect, UssdNotice):
        effect = dataclasses.replace(effect, text="-0.02 AZN")
    assert found == [effect]


def test_nothing_where_the_network_offers_none_of_them(model: Model) -> None:
    assert told(model, "usage.charged", CHARGED, prepaid(), ("ussd_session",)) == ()
    assert told(model, "usage.charged", CHARGED, prepaid(), ()) == ()


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (prepaid(notices=False), CHARGED),
        (postpaid(), CHARGED),
        (prepaid(), {**CHARGED, "charge": azn("0")}),
    ],
)
def test_who_is_not_told(model: Model, line: Line, values: Mapping[str, Value]) -> None:
    assert told(model, "usage.charged", values, line, switches=OFF) == ()


def test_an_event_that_nobody_wants_and_another_one(model: Model) -> None:
    assert told(model, "sms_money.received", {}, prepaid()) == ()
    values = {"number": Msisdn("994501110002"), "given": False}
    assert told(model, "grants.done", values, prepaid()) == ()
    assert [sms.text for sms in effects(told(model, "grants.done", {**values, "given": True}, prepaid()))] == ["994501110002 reads"]  # type: ignore[attr-defined]


def test_parts_and_several_notices_about_one_event(model: Model) -> None:
    found = effects(told(model, "usage.charged", {**CHARGED, "charge": azn("2")}, prepaid(), ("sms",)))
    assert [(sms.key, sms.text.split("\n")[0]) for sms in found if isinstance(sms, Sms)] == [
        ("event-1/charged", "Dear!"),
        ("event-1/shop", "Shop"),
    ]


def test_a_switch_acts_as_it_is_now(model: Model) -> None:
    assert len(told(model, "usage.charged", CHARGED, prepaid())) == 2
    assert len(told(model, "usage.charged", CHARGED, prepaid(), switches=OFF)) == 1


def test_in_the_language_of_the_line_told() -> None:
    found = compile_operator(ROOT / "menus" / "azercell", ROOT / "locales").model
    assert found is not None
    notice = next(iter(tell(_with_a_notice(found), "e", "usage.charged", CHARGED, prepaid("ru"), NOW, {}, ("sms",))))
    assert [sms.language for sms in notice.effects if isinstance(sms, Sms)] == ["ru"]
    notice = next(iter(tell(_with_a_notice(found), "e", "usage.charged", CHARGED, prepaid(None), NOW, {}, ("sms",))))
    assert [(sms.language, sms.sender) for sms in notice.effects if isinstance(sms, Sms)] == [("az", "Azercell")]


def _with_a_notice(model: Model) -> Model:
    from ivr.engine.model import Notice, Part

    say = (Part(model.operator.answers["goodbye"]),)
    return dataclasses.replace(model, notices=(Notice("n", "usage.charged", ("sms",), say=say),))


def go_on(model: Model, first: Step) -> Step:
    call = first.effects[0]
    assert isinstance(call, Call) and call.service in ("accounts.bill", "accounts.funds", "accounts.charge")
    values = BILL if call.service == "accounts.bill" else {}
    return step(model, first.state, Answered(Answer("ok", values), NOW, {}))


def test_a_session_that_the_network_opens(model: Model) -> None:
    (first,) = told(model, "bill.ready", BILL, postpaid())
    assert first.state.session == "event-1/ready" and first.state.channel == "ussd"
    page = go_on(model, go_on(model, first))
    assert page.effects == (Page("Now 12.07 AZN of 45.60 AZN\n1. Other", "gsm7", 35, 182, True, "en"),)
    after = step(model, page.state, Input("1", NOW))
    assert [effect.text for effect in after.effects if isinstance(effect, Page)] == ["Other\n0. Answer back\n00. Answer home"]
    home = step(model, after.state, Input("00", NOW))
    assert isinstance(home.effects[0], Call), "home runs the menu afresh"


def test_the_same_by_sms_where_the_network_opens_none(model: Model) -> None:
    (first,) = told(model, "bill.ready", BILL, postpaid(), ("sms", "flash"))
    last = go_on(model, go_on(model, first))
    assert [(sms.text, sms.key, sms.sender) for sms in last.effects if isinstance(sms, Sms)] == [
        ("Your bill: 45.60 AZN", "event-1/ready/3", "Small")
    ]
    assert last.state.ended and not any(isinstance(effect, Page) for effect in last.effects)


def test_the_events_values_fill_the_fields_of_the_menu(model: Model) -> None:
    notice = dataclasses.replace(model.notices[2], about="grants.done", go="m.card")
    other = dataclasses.replace(model, notices=(notice,))
    (first,) = told(other, "grants.done", {"number": Msisdn("994501110002"), "given": "yes"}, prepaid())
    assert [effect.text for effect in first.effects if isinstance(effect, Page)] == ["Number 994501110002\n0. Answer back"] or [
        effect.text.split("\n")[0] for effect in first.effects if isinstance(effect, Page)
    ] == ["Number 994501110002"]
    (asked,) = told(other, "grants.done", {"number": Msisdn("994501110002")}, prepaid())
    assert asked.state.waiting == "field:given"


def test_a_phone_shows_one_session_at_a_time(model: Model) -> None:
    ready = model.notices[2]
    two = dataclasses.replace(model, notices=(ready, dataclasses.replace(ready, name="second", by=("ussd_session",))))
    assert [one.state.session for one in told(two, "bill.ready", BILL, postpaid())] == ["event-1/ready"]


def test_nobody_is_told_unasked_that_something_is_closed(model: Model) -> None:
    menus = {**model.menus, "m.bill": dataclasses.replace(model.menus["m.bill"], switch="shop")}
    closed = dataclasses.replace(model, menus=menus)
    assert told(closed, "bill.ready", BILL, postpaid(), switches=OFF) == ()
    menus = {**model.menus, "m.bill": dataclasses.replace(model.menus["m.bill"], serves="prepaid")}
    assert told(dataclasses.replace(model, menus=menus), "bill.ready", BILL, postpaid()) == ()


def test_a_notice_that_says_nothing_here_sends_nothing(model: Model) -> None:
    said = dataclasses.replace(model.notices[1], say=(dataclasses.replace(model.notices[1].say[0], only=frozenset(["ussd"])),))
    assert told(dataclasses.replace(model, notices=(said,)), "usage.charged", CHARGED, prepaid(), ("sms",)) == ()


# -- faults


def faults(tmp_path: Path, notices: str, serves: str = "everyone", services: str | None = None, more: str = "") -> list[str]:
    home = tmp_path / "menus" / "small"
    home.mkdir(parents=True, exist_ok=True)
    (home / "operator.yaml").write_text(OPERATOR, "utf-8")
    menus = MENUS[: MENUS.index("notices:")].replace("serves: everyone", f"serves: {serves}")
    (home / "m.yaml").write_text(menus + more + "notices:\n  note: " + notices + "\n", "utf-8")
    if services is not None:
        (tmp_path / "menus" / "services.yaml").write_text(services, "utf-8")
    found = compile_operator(home, home / "locales").faults
    return [f"{fault.code} {fault.message}" for fault in found if not fault.warning and fault.code != "E011"]


@pytest.mark.parametrize(
    ("notice", "fault"),
    [
        ("{about: usage.charge, by: sms, say: Hi}", 'E014 there is no event "usage.charge" - did you mean "usage.charged"?'),
        ("{about: bill.ready, by: email, say: Hi}", "E010 there is no way to tell"),
        ("{about: bill.ready, by: [smss], say: Hi}", 'E010 there is no way to tell a line "smss" - did you mean "sms"?'),
        ("{about: bill.ready, by: sms}", "E010 a notice says nothing: give it `say`, or `go` for a session that the network opens"),
        ("{about: bill.ready, by: sms, go: bill}", "E010 `go` is for a session that the network opens: put ussd_session into `by`"),
        ("{about: bill.ready, by: ussd_session, say: Hi}", "E010 ussd_session opens a menu: say which with `go`"),
        ("{about: bill.ready, by: [ussd_session, flash], go: bill}", "E010 flash shows words: give the notice `say`"),
        ("{about: bill.ready, by: ussd_session, go: bil}", 'E012 there is no menu "bil" - did you mean "bill"?'),
        ("{about: bill.ready, by: sms, say: Hi, serves: prepayed}", 'E013 there is no group "prepayed" - did you mean "prepaid"?'),
        ("{about: bill.ready, by: sms, say: Hi, switch: shops}", 'E013 there is no switch "shops" - did you mean "shop"?'),
        ('{about: bill.ready, by: sms, say: "{bill.due}"}', "E021 nothing here is called {bill.due}"),
        ('{about: bill.ready, by: sms, say: "{duee}"}', 'E021 nothing here is called {duee} - did you mean "due"?'),
        ('{about: bill.ready, by: sms, say: "{overdue}"}', "E021 {overdue} has no words of its own"),
        ('{about: bill.ready, by: sms, say: "{fee}"}', "E021 nothing here is called {fee}"),
        ("{about: bill.ready, by: sms, say: Hi, when: charge > 0}", 'E022 nothing here is called "charge"'),
        ("{about: bill.ready, by: sms, say: Hi, wen: overdue}", 'E010 notice "note" has no key "wen" - did you mean "when"?'),
        ("{by: sms, say: Hi}", 'E010 notice "note" needs the key "about"'),
    ],
)
def test_every_fault_of_a_notice(tmp_path: Path, notice: str, fault: str) -> None:
    assert [one for one in faults(tmp_path, notice) if one.startswith(fault)], faults(tmp_path, notice)


def test_a_good_one_has_none(tmp_path: Path) -> None:
    assert faults(tmp_path, "{about: bill.ready, by: [ussd_session, sms], go: bill}") == []


def test_fields_that_nobody_hands_over(tmp_path: Path) -> None:
    form = '  sealed: {ask: {due: {type: date}}, say: "{due}"}\n'
    good = "{about: bill.ready, by: ussd_session, go: sealed}"
    assert faults(tmp_path, good, more=form) == []
    lacking = "{about: usage.charged, by: ussd_session, go: sealed}"
    assert '"due" of m.sealed is never asked, and the event usage.charged does not bring it' in faults(tmp_path, lacking, more=form)[0]
    other = '  sealed: {ask: {due: {type: money}}, say: "{due}"}\n'
    assert faults(tmp_path, good, more=other) == ['E010 the event brings "due" as date, and m.sealed takes a money']


def test_lines_that_the_menu_does_not_serve(tmp_path: Path) -> None:
    home = tmp_path / "menus" / "small"
    home.mkdir(parents=True)
    other = "serves: postpaid\nnot_served: Sorry\nentries: [{ussd: '*9#', go: due}]\nmenus:\n  due: {say: Due}\n"
    (home / "other.yaml").write_text(other.replace("'", '"'), "utf-8")
    assert [one[:4] for one in faults(tmp_path, "{about: bill.ready, by: ussd_session, go: other.due}")] == ["E019"]
    assert faults(tmp_path, "{about: bill.ready, serves: postpaid, by: ussd_session, go: other.due}") == []


def test_two_files_with_one_name(tmp_path: Path) -> None:
    home = tmp_path / "menus" / "small"
    home.mkdir(parents=True)
    (home / "other.yaml").write_text("notices: {note: {about: bill.ready, by: sms, say: Hi}}\n", "utf-8")
    found = faults(tmp_path, "{about: bill.ready, by: sms, say: Hi}")
    assert [one[:4] for one in found] == ["E015"] and 'there is a notice "note" already, at menus/small/m.yaml' in found[0]


# -- an operator's own services.yaml

OWN = """\
records: {parcel: {weight: number, day: date}}
services:
  parcels.find: {kind: read, takes: {number: {digits: "8"}}, gives: parcel, outcomes: {unknown: {}}}
events:
  parcels.arrived: {to: line, gives: parcel}
"""


def test_an_operators_own_events_and_services(tmp_path: Path) -> None:
    form = (
        "  parcel:\n    ask: {number: {say: Which}}\n    get: {it: parcels.find}\n"
        '    say: "{it.weight} on {it.day}"\n    otherwise: {unknown: Sorry}\n'
    )
    notice = '{about: parcels.arrived, by: [ussd_session, sms], go: parcel, say: "{weight} on {day}"}'
    assert faults(tmp_path, notice, services=OWN, more=form) == []
    assert any("E014" in one for one in faults(tmp_path, notice, services="services: {}\n", more=form))


def test_an_operators_own_may_not_give_ours_another_meaning(tmp_path: Path) -> None:
    good = "{about: bill.ready, by: sms, say: Hi}"
    own = "services: {accounts.bill: {kind: change}}\nevents: {bill.ready: {to: line, gives: {a: text}}}\n"
    assert faults(tmp_path, good, services=own) == [
        'E010 "accounts.bill" is a service of ours already; give yours another name',
        'E010 "bill.ready" is an event of ours already; give yours another name',
    ]
    assert {one[:4] for one in faults(tmp_path, good, services="service: {}\n")} == {"E010"}
    assert [one[:4] for one in faults(tmp_path, good, services="services: {a: {kind: read, gives: {b: lot}}}\n")] == ["E010"]


def test_it_is_part_of_the_release(tmp_path: Path) -> None:
    from ivr.catalog.sources import content_hash, read_sources

    home = tmp_path / "menus" / "small"
    faults(tmp_path, "{about: bill.ready, by: sms, say: Hi}")
    before = content_hash(home, home / "locales")
    (tmp_path / "menus" / "services.yaml").write_text(OWN, "utf-8")
    sources = read_sources(home, home / "locales")
    assert sources.release != before
    assert Path("menus", "services.yaml") in [place for place, _ in sources.files()]
