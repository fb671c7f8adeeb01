"""A session that was cut off is offered again: when, once, without its secrets, after a restart too."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.sessions.requests import Accumulated, Left, Open, Reply
from ivr.sessions.store import WriteBehindStore
from tests.sessions.desk import LINE, RUSSIAN, Desk, Moving, Seconds, text
from tests.sessions.menus import CHANGES, FILES
from tests.sessions.test_ussd_sessions import Wrapped

OFFER = "Go on where you stopped?\n1. Yes\n2. No"
START = "Start\n1. Form\n2. Receipt\n3. Offer\n4. Info\n5. Person"
Make = Callable[..., Desk]


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def desk(make: Make, clock: Moving) -> Desk:
    return make(files=FILES, changes=CHANGES, clock=clock)


def test_after_an_abort_the_same_menu_is_offered_and_shown(desk: Desk) -> None:
    desk.dial("a", "*700#")
    assert text(desk.type("a", "4")).startswith("Tariff GencOL.")
    desk.leave("a")
    assert text(desk.dial("b", "*700#")) == OFFER
    fees = desk.fees()
    again = desk.type("b", "1")
    assert text(again) == "Tariff GencOL.\n0. Back\n00. Menu" and again.fee == "0" and desk.fees() == fees
    assert text(desk.type("b", "0")) == START
    assert text(desk.type("b", "4")).startswith("Tariff") and desk.fees() == fees, "what was paid once a session stays paid"


def test_no_starts_anew_and_pays_anew(desk: Desk) -> None:
    desk.dial("a", "*700#")
    desk.type("a", "4")
    desk.leave("a")
    desk.dial("b", "*700#")
    assert text(desk.type("b", "2")) == START
    desk.type("b", "4")
    assert len(desk.fees()) == 2


def test_it_is_offered_once(desk: Desk) -> None:
    desk.dial("a", "*700#")
    desk.leave("a")
    assert text(desk.dial("b", "*700#")) == OFFER
    desk.leave("b")
    assert text(desk.dial("c", "*700#")) == START, "an offer that was cut off is no place to go back to"


def test_a_time_out_is_offered_too_also_where_nobody_noticed_it_before(desk: Desk) -> None:
    desk.dial("a", "*700#")
    desk.seconds.now += 61
    assert text(desk.dial("b", "*700#")) == OFFER


@pytest.mark.parametrize(("seconds", "offered"), [(0, True), (300, True), (301, False), (-1, False)])
def test_the_span_is_of_the_business_clock(desk: Desk, clock: Moving, seconds: float, offered: bool) -> None:
    desk.dial("a", "*700#")
    desk.leave("a")
    desk.seconds.now += 5000
    desk.runner.sweep()
    clock.go(seconds)
    assert text(desk.dial("b", "*700#")) == (OFFER if offered else START)


def test_what_is_too_old_is_forgotten(desk: Desk, clock: Moving) -> None:
    desk.dial("a", "*700#")
    desk.leave("a")
    desk.runner.sweep()
    assert desk.runner.store.dropped_of(LINE) is not None
    clock.go(301)
    desk.runner.sweep()
    assert desk.runner.store.dropped_of(LINE) is None


def test_a_new_dial_supersedes_and_offers_nothing(desk: Desk) -> None:
    desk.dial("a", "*700#")
    desk.type("a", "4")
    assert text(desk.dial("b", "*700#")) == START


@pytest.mark.parametrize("why", ["hung_up", "superseded"])
def test_who_leaves_of_his_own_accord_is_offered_nothing(desk: Desk, why: str) -> None:
    desk.dial("a", "*700#")
    desk.leave("a", why)
    assert text(desk.dial("b", "*700#")) == START


def test_another_code_another_line_and_direct_dial(desk: Desk) -> None:
    desk.dial("a", "*700#")
    desk.leave("a")
    assert text(desk.dial("r", "*700#", RUSSIAN)) == START
    assert text(desk.dial("b", "*701#")) == START
    desk.leave("b", "hung_up")
    assert text(desk.dial("c", "*700#")) == OFFER, "another code between leaves it"
    desk.leave("c")
    desk.dial("d", "*701#")
    desk.leave("d")
    assert text(desk.dial("e", "*701#")) == START, "an entry without resume offers nothing"
    desk.dial("f", "*700#")
    desk.leave("f")
    assert text(desk.dial("g", "*700*2#")).startswith("A receipt."), "who dials on knows where he goes"


def test_a_page_is_offered_again_as_a_page(desk: Desk) -> None:
    def visit(session: str) -> Reply:
        return desk.runner.call(session, Open("web", "home", LINE, language="en"))

    file = desk.menus / "azercell" / "prepaid.yaml"
    before = file.read_text("utf-8")
    file.write_text(before.replace("{web: home, go: main}", "{web: home, go: main, resume: true}"), "utf-8")
    assert file.read_text("utf-8") != before and desk.releases.refresh()
    visit("a")
    assert text(desk.type("a", "9")).startswith("Help")
    desk.leave("a")
    assert text(desk.dial("u", "*700#")) == START, "a code does not offer what was left on a page"
    assert text(visit("b")).startswith("Go on where you stopped?")
    assert text(desk.type("b", "1")).startswith("Help")


def test_another_release_offers_nothing(desk: Desk) -> None:
    desk.dial("a", "*700#")
    desk.leave("a")
    file = desk.menus / "azercell" / "extra.yaml"
    file.write_text(file.read_text("utf-8").replace("say: Start", "say: Begin"), "utf-8")
    assert desk.releases.refresh()
    assert text(desk.dial("b", "*700#")).startswith("Begin\n1. Form")


@pytest.mark.parametrize(
    ("typed", "stands", "goes_on"),
    [
        (["1"], "field:amount", "How much?\n0. Back\n00. Menu"),
        (["1", "5"], "field:pin", "Your PIN?\n0. Back\n00. Menu"),
        (["1", "5", "4321"], "confirm", "Your PIN?\n0. Back\n00. Menu"),
    ],
)
def test_secrets_are_asked_anew_and_nothing_else(desk: Desk, typed: list[str], stands: str, goes_on: str) -> None:
    desk.dial("a", "*700#")
    for keys in typed:
        desk.type("a", keys)
    record = desk.runner.store.get("a")
    assert record is not None and record.state.waiting == stands
    desk.leave("a")
    dropped = desk.runner.store.dropped_of(LINE)
    assert dropped is not None and "pin" not in dropped.state.frames[-1].fields and "4321" not in dropped.pack()
    desk.dial("b", "*700#")
    assert text(desk.type("b", "1")) == goes_on
    if stands == "confirm":
        assert text(desk.type("b", "4321")) == "Pay 5.00 AZN?\n1. Yes\n2. No\n0. Back\n00. Menu"
        assert text(desk.type("b", "1")) == "Done with 5.00 AZN.\n0. Back\n00. Menu"


def test_over_a_gateway_that_repeats_all_that_was_typed(desk: Desk) -> None:
    def post(session: str, typed: str) -> Reply:
        return desk.runner.call(session, Accumulated(Open("ussd", "*700#", LINE, language="en"), typed))

    post("a", "")
    post("a", "1")
    desk.leave("a")
    assert text(post("b", "")) == OFFER
    assert text(post("b", "1")) == "How much?\n0. Back\n00. Menu"
    assert text(post("b", "1*5")).startswith("Your PIN?")


def test_it_survives_a_restart(make: Make, tmp_path: Path, clock: Moving) -> None:
    seconds = Seconds()
    first = make(files=FILES, changes=CHANGES, clock=clock, store=WriteBehindStore(tmp_path / "s.db", 0.01, now=seconds), seconds=seconds)
    first.dial("a", "*700#")
    first.type("a", "1")
    first.type("a", "5")
    first.type("a", "4321")
    first.leave("a")
    first.close()
    assert b"4321" not in b"".join(path.read_bytes() for path in tmp_path.glob("s.db*"))
    later = Seconds()
    later.now = 7.0  # the machine was booted meanwhile: its clock began anew
    second = make(files=FILES, changes=CHANGES, clock=clock, store=WriteBehindStore(tmp_path / "s.db", 0.01, now=later), seconds=later)
    assert text(second.dial("b", "*700#")) == OFFER
    assert text(second.type("b", "1")).startswith("Your PIN?")
    second.close()
    third = WriteBehindStore(tmp_path / "s.db", 0.01, now=later)
    assert third.dropped_of(LINE) is None, "that it was offered survives too"
    third.close()


def test_one_that_cannot_be_read_is_dropped(tmp_path: Path) -> None:
    WriteBehindStore(tmp_path / "s.db", 0.01).close()
    with sqlite3.connect(tmp_path / "s.db") as database:
        database.executemany("INSERT INTO dropped VALUES (?, ?)", [("1", "{"), ("2", "{}"), ("3", "[]"), ("4", json.dumps({"at": 1}))])
    database.close()
    store = WriteBehindStore(tmp_path / "s.db", 0.01)
    assert store.all_dropped() == []
    store.close()


def test_who_leaves_while_a_look_up_runs_finds_what_it_brought(make: Make, clock: Moving) -> None:
    reached, go = threading.Event(), threading.Event()

    def before(service: str) -> None:
        if service == "accounts.line":
            reached.set()
            assert go.wait(10)

    desk = make(files=FILES, changes=CHANGES, clock=clock, wrap=lambda services: Wrapped(services, before))
    desk.dial("a", "*700#")
    thread = threading.Thread(target=lambda: desk.type("a", "4"))
    thread.start()
    assert reached.wait(10)
    desk.runner.call("a", Left("aborted"))
    go.set()
    thread.join(10)
    assert desk.fees() == [], "nobody is charged who has left"
    assert text(desk.dial("b", "*700#")) == START, "a fee was due: nothing was reached, so there is nothing to go back to"


def test_a_session_that_was_loaded_again_asks_for_its_secret_before_it_acts(make: Make, tmp_path: Path, clock: Moving) -> None:
    seconds = Seconds()
    first = make(files=FILES, changes=CHANGES, clock=clock, store=WriteBehindStore(tmp_path / "s.db", 0.01, now=seconds), seconds=seconds)
    first.dial("a", "*701#")
    for keys in ("1", "5", "4321"):
        shown = first.type("a", keys)
    assert text(shown).startswith("Pay 5.00 AZN?")
    first.close()
    second = make(files=FILES, changes=CHANGES, clock=clock, store=WriteBehindStore(tmp_path / "s.db", 0.01, now=seconds), seconds=seconds)
    assert text(second.type("a", "1")).startswith("Your PIN?")
    assert text(second.type("a", "4321")).startswith("Done with 5.00 AZN.")


def test_a_dropped_session_is_packed_and_unpacked_whole(desk: Desk) -> None:
    desk.dial("a", "*700#")
    desk.type("a", "4")
    desk.leave("a")
    dropped = desk.runner.store.dropped_of(LINE)
    assert dropped is not None and type(dropped).unpack(dropped.pack()) == dropped
    assert dataclasses.replace(dropped, release="x") != dropped
