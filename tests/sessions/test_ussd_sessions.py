"""Sessions over the real books: repeated requests, redials, time-outs, late answers, hot reload, restarts."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.engine.effects import Call, End, Speak
from ivr.engine.values import Answer, Line
from ivr.services.port import ServiceError, Services
from ivr.sessions.door import AsyncDoor
from ivr.sessions.requests import Accumulated, Left, Open, Reply, Silence, Typed
from ivr.sessions.store import MemoryStore, Record, WriteBehindStore
from tests.sessions.desk import BARRED, EXPIRED, FOREIGN, LINE, NEW, POOR, POSTPAID, RUSSIAN, UNKNOWN, Desk, Moving, Seconds, page, text

A3 = "12.24 AZN till 05.03.2027\nGencOL\n1500 MB till 31.12.2026\n121 minutes till 31.12.2026\n50 SMS till 15.01.2027\n0. Back\n00. Menu"
MAIN = "My line\n1. Account\n2. Bonuses\n3. Tariff\n4. Roaming\n5. Card check\n6. Notices\n7. Another's bill\n8. Language\n9. Help"
FEE = -100_000
TIME_IS_OVER = "The time is over. Please dial again."
Make = Callable[..., Desk]


class Wrapped:
    """Services with a hand between: `before` is called with each service's name (and `line`)."""

    def __init__(self, inner: Services, before: Callable[[str], None]) -> None:
        self.inner, self.before = inner, before

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        self.before("line")
        return self.inner.line(msisdn, now)

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        self.before(call.service)
        return self.inner.call(line, call, now)


# -- the books behind the pages


def test_a3_is_charged_through_the_books(desk: Desk) -> None:
    reply = desk.dial("s", "*111*1*7#")
    assert text(reply) == A3
    assert reply.fee == "0.10" and desk.fees() == [FEE]
    assert text(desk.type("s", "0")).startswith("Account\n1. Balance")
    again = desk.type("s", "7")
    assert text(again) == A3
    assert again.fee == "0" and desk.fees() == [FEE]


def test_a_new_session_pays_anew_and_shows_what_is_left(desk: Desk) -> None:
    desk.dial("s", "*111*1*7#")
    assert text(desk.dial("t", "*111*1*7#")).startswith("12.14 AZN")
    assert desk.fees() == [FEE, FEE]


def test_the_language_is_kept_for_the_next_session(desk: Desk) -> None:
    assert text(desk.dial("s", "*111*8*3#", NEW, None)) == "Теперь ваш язык русский.\n0. Назад\n00. Меню"
    assert text(desk.dial("t", "*111#", NEW, None)).startswith("Мой номер")


def test_a_language_for_one_session_is_not_kept(desk: Desk) -> None:
    desk.dial("s", "*111#", language="ru")
    assert page(desk.dial("t", "*111#", language=None)).language == "az"


def test_not_enough_changes_nothing_in_the_books(desk: Desk) -> None:
    before = desk.dump()
    reply = desk.dial("s", "*111*1*7#", POOR)
    assert text(reply) == "The fee is 0.10 AZN and your balance is 0.05 AZN. Nothing was charged."
    assert reply.ended and reply.fee == "0"
    assert desk.dump() == before


@pytest.mark.parametrize(
    ("msisdn", "code", "language", "said"),
    [
        (UNKNOWN, "*111#", None, "Bu nömreye Azercell xidmet göstermir."),
        (UNKNOWN, "*111*1*7#", "en", "This number is not served by Azercell."),
        (FOREIGN, "*111#", "en", "This number is not served by Azercell."),
        (FOREIGN, "*111*3#", "en", "This number is not served by Azercell."),
        ("", "*111#", "en", "This number is not served by Azercell."),
        ("1" * 15, "*111#", "en", "This number is not served by Azercell."),
        (BARRED, "*111*1*7#", None, "Ваш номер заблокирован. Позвоните бесплатно по номеру 111."),
        (EXPIRED, "*111*1*7#", None, "Your line expired on 01.10.2026. Top it up to use it again."),
        (POSTPAID, "*111#", None, "This is for prepaid lines. Yours: *650#, a call to 650 or an empty SMS to 650."),
        (LINE, "*999#", "en", "There is no service under this code."),
        (LINE, "*111*" + "1*" * 5000 + "1#", "en", "There is no service under this code."),
        (LINE, "\x00'\";--", "en", "There is no service under this code."),
    ],
)
def test_who_may_not_come_in_creates_nothing(desk: Desk, msisdn: str, code: str, language: str | None, said: str) -> None:
    before = desk.dump()
    reply = desk.dial("s", code, msisdn, language)
    assert text(reply).replace("ö", "o").replace("ü", "u") == said.replace("ö", "o").replace("ü", "u")
    assert reply.ended and not page(reply).more
    assert desk.dump() == before
    assert text(desk.gateway("g", "", msisdn, code, language)) == text(reply)
    assert desk.dump() == before


# -- a gateway that repeats


def test_a_repeated_request_gets_the_same_page_and_repeats_nothing(desk: Desk) -> None:
    first = desk.gateway("s", "", language="en")
    assert text(first) == MAIN
    desk.gateway("s", "1", language="en")
    paid = desk.gateway("s", "1*7", language="en")
    assert text(paid) == A3 and paid.fee == "0.10"
    books = desk.dump()
    for _ in range(3):
        again = desk.gateway("s", "1*7", language="en")
        assert page(again) == page(paid) and again.ended == paid.ended and again.fee == "0"
    assert desk.dump() == books and desk.fees() == [FEE]


def test_a_repeated_opening_gets_the_same_page(desk: Desk) -> None:
    paid = desk.gateway("s", "", code="*111*1*7#", language="en")
    again = desk.gateway("s", "", code="*111*1*7#", language="en")
    assert page(paid) == page(again) and text(again) == A3
    assert desk.dial("s", "*111*1*7#").page == paid.page
    assert desk.fees() == [FEE]


def test_a_repeated_last_request_gets_the_same_end(desk: Desk) -> None:
    first = desk.gateway("s", "", msisdn=POOR, code="*111*1*7#")
    again = desk.gateway("s", "", msisdn=POOR, code="*111*1*7#")
    assert first.ended and again.ended and page(first) == page(again)


def test_an_older_request_that_arrives_late_gets_the_page_of_now(desk: Desk) -> None:
    desk.gateway("s", "", language="en")
    desk.gateway("s", "1", language="en")
    now = desk.gateway("s", "1*7", language="en")
    for old in ("", "1"):
        assert page(desk.gateway("s", old, language="en")) == page(now)
    assert text(desk.gateway("s", "1*7*00", language="en")) == MAIN, "the session goes on from where it is"


def test_what_is_typed_may_hold_a_star(desk: Desk) -> None:
    desk.gateway("s", "", language="en")
    assert text(desk.gateway("s", "1*7", language="en")) == "There is no such choice.\n" + MAIN, "one input `1*7` is no choice of this menu"
    assert text(desk.gateway("s", "1*7*9", language="en")).startswith("Help\n")
    assert desk.fees() == []


def test_direct_dial_as_code_and_text(desk: Desk) -> None:
    reply = desk.gateway("s", "1*7", language="en")
    assert text(reply) == A3 and reply.fee == "0.10"
    assert page(desk.gateway("s", "1*7", language="en")) == page(reply)
    assert text(desk.gateway("s", "1*7*0", language="en")).startswith("Account\n")
    assert desk.fees() == [FEE]


@pytest.mark.parametrize("typed", ["abc", "1*x", "1" * 10_000, "*", "1**7", "\ud83d", "²", "1*7#"])
def test_strange_texts_in_an_opening_request(desk: Desk, typed: str) -> None:
    reply = desk.gateway("s", typed, language="en")
    assert page(reply).length <= page(reply).limit
    assert desk.fees() == []


def test_a_text_that_does_not_go_on_from_before_changes_nothing(desk: Desk) -> None:
    desk.gateway("s", "", language="en")
    shown = desk.gateway("s", "9", language="en")
    assert page(desk.gateway("s", "1*7", language="en")) == page(shown)
    assert desk.fees() == []


def test_the_typed_text_is_not_kept(make: Make, tmp_path: Path) -> None:
    store = WriteBehindStore(tmp_path / "sessions.db", 0.01, now=Seconds())
    desk = make(store=store)
    desk.gateway("s", "", language="en")
    desk.gateway("s", "73519482")
    record = store.get("s")
    assert record is not None and "73519482" not in record.pack()
    assert record.seen[0] == 8


# -- redial, abort, time-outs


def test_a_redial_supersedes(desk: Desk) -> None:
    desk.gateway("old", "", language="en")
    desk.gateway("new", "", language="en")
    old = desk.runner.store.get("old")
    assert old is not None and old.state.ended
    reply = desk.type("old", "9")
    assert reply.ended and text(reply) == TIME_IS_OVER
    assert text(desk.gateway("new", "9", language="en")).startswith("Help")
    assert text(desk.gateway("old", "9", language="en")) == TIME_IS_OVER


def test_another_line_or_another_channel_does_not_supersede(desk: Desk) -> None:
    desk.gateway("mine", "", language="en")
    desk.gateway("his", "", RUSSIAN)
    assert desk.runner.call("call", Open("call", "2112", LINE, language="en")).speak is not None
    assert text(desk.gateway("mine", "9", language="en")).startswith("Help")


def test_a_redial_supersedes_a_session_whose_look_up_still_runs(make: Make) -> None:
    reached, go = threading.Event(), threading.Event()

    def before(service: str) -> None:
        if service == "accounts.statement":
            reached.set()
            assert go.wait(10)

    desk = make(wrap=lambda services: Wrapped(services, before))
    desk.dial("old", "*111*1#")
    done: list[Reply] = []
    thread = threading.Thread(target=lambda: done.append(desk.type("old", "2")))
    thread.start()
    assert reached.wait(10)
    desk.dial("new", "*111#")
    go.set()
    thread.join(10)
    assert done
    live = desk.runner.store.live_of("ussd", LINE)
    assert live is not None and live.session == "new"
    old = desk.runner.store.get("old")
    assert old is not None and old.state.ended


def test_a_redial_supersedes_a_session_whose_first_look_up_still_runs(make: Make) -> None:
    reached, go = threading.Event(), threading.Event()

    def before(service: str) -> None:
        if service == "accounts.statement":
            reached.set()
            assert go.wait(10)

    desk = make(wrap=lambda services: Wrapped(services, before))
    thread = threading.Thread(target=lambda: desk.dial("old", "*111*1*2#"))
    thread.start()
    assert reached.wait(10)
    desk.dial("new", "*111#")
    go.set()
    thread.join(10)
    assert [record.session for record in desk.runner.store.all() if not record.state.ended] == ["new"]


def test_who_left_during_a_look_up_is_charged_nothing(make: Make) -> None:
    reached, go = threading.Event(), threading.Event()

    def before(service: str) -> None:
        if service == "accounts.balance":
            reached.set()
            assert go.wait(10)

    desk = make(wrap=lambda services: Wrapped(services, before))
    replies: list[Reply] = []
    thread = threading.Thread(target=lambda: replies.append(desk.dial("s", "*111*1*7#")))
    thread.start()
    assert reached.wait(10)
    assert desk.leave("s").ended, "the network's abort does not wait for the look-up"
    go.set()
    thread.join(10)
    assert replies[0].fee == "0" and replies[0].ended and text(replies[0]) == TIME_IS_OVER
    assert desk.fees() == [], "nothing was booked"


def test_the_same_id_from_another_line_is_another_session(desk: Desk) -> None:
    desk.gateway("s", "", language="en")
    assert text(desk.gateway("s", "", RUSSIAN)).startswith("Мой номер")


def test_the_network_aborts(desk: Desk) -> None:
    desk.gateway("s", "", language="en")
    assert desk.leave("s").ended
    record = desk.runner.store.get("s")
    assert record is not None and record.state.ended and desk.runner.store.live_of("ussd", LINE) is None
    assert desk.leave("s").effects == () and desk.leave("never was").ended
    assert text(desk.type("s", "1")) == TIME_IS_OVER


@pytest.mark.parametrize(("seconds", "over"), [(59.9, False), (60.1, True)])
@pytest.mark.parametrize("how", ["gateway", "typed"])
def test_idle_time_out(desk: Desk, seconds: float, over: bool, how: str) -> None:
    desk.gateway("s", "", language="en")
    desk.seconds.now += seconds
    reply = desk.gateway("s", "9", language="en") if how == "gateway" else desk.type("s", "9")
    assert (text(reply) == TIME_IS_OVER) == over
    assert reply.ended == over
    record = desk.runner.store.get("s")
    assert record is not None and record.state.ended == over


def test_total_time_out(desk: Desk) -> None:
    desk.gateway("s", "", language="en")
    typed = ""
    for number, key in enumerate(["9", "0", "9"]):  # a key every 50 seconds: never idle
        desk.seconds.now += 50
        typed = f"{typed}*{key}".removeprefix("*")
        assert text(desk.gateway("s", typed, language="en")) != TIME_IS_OVER, number
    desk.seconds.now += 50  # 200 in all, 180 are allowed
    assert text(desk.gateway("s", typed + "*0", language="en")) == TIME_IS_OVER


def test_a_time_out_costs_nothing_and_speaks_the_sessions_language(desk: Desk) -> None:
    desk.gateway("s", "", RUSSIAN)
    books = desk.dump()
    desk.seconds.now += 61
    assert text(desk.gateway("s", "1*7", RUSSIAN)) == "Время сеанса истекло. Наберите ещё раз."
    assert desk.dump() == books


def test_the_sweep_ends_and_forgets(desk: Desk) -> None:
    desk.gateway("s", "", language="en")
    desk.runner.call("c", Open("call", "2112", RUSSIAN))
    desk.seconds.now += 61
    assert desk.runner.sweep() == 0
    ussd, call = desk.runner.store.get("s"), desk.runner.store.get("c")
    assert ussd is not None and ussd.state.ended and call is not None and not call.state.ended
    desk.seconds.now += 601
    desk.runner.sweep()
    assert desk.runner.store.get("s") is None
    desk.seconds.now += 601
    desk.runner.sweep()
    assert desk.runner.store.all() == []


def test_requests_of_a_session_that_never_was(desk: Desk) -> None:
    for request in (Typed("1"), Silence()):
        reply = desk.runner.call("nobody", request)
        assert reply.ended and reply.effects == (End("ended"),)
    assert desk.runner.store.all() == []


# -- a back-end that fails


def failing(*names: str) -> Callable[[Services], Services]:
    def before(service: str) -> None:
        if service in names:
            raise RuntimeError("secret details 994501110001")

    return lambda services: Wrapped(services, before)


@pytest.mark.parametrize("service", ["line", "accounts.funds", "accounts.balance", "accounts.charge"])
def test_a_service_that_raises_is_unavailable(make: Make, service: str) -> None:
    desk = make(wrap=failing(service))
    before = desk.dump()
    reply = desk.dial("s", "*111*1*7#")
    assert text(reply) == "We cannot answer now. Please try again later. Nothing was charged."
    assert reply.ended and reply.fee == "0" and desk.dump() == before


def test_a_back_end_that_cannot_name_the_line_is_no_unknown_line(make: Make) -> None:
    def before(service: str) -> None:
        if service == "line":
            raise ServiceError("down")

    desk = make(wrap=lambda services: Wrapped(services, before))
    assert text(desk.dial("s", "*111#", language="ru")) == "Услуга сейчас недоступна. Повторите попытку позже. Ничего не списано."
    reply = desk.runner.call("c", Open("call", "2112", LINE, language="en"))
    assert reply.ended and reply.speak is not None and reply.speak.collect is None


def test_a_late_look_up_is_left_behind(make: Make) -> None:
    go = threading.Event()

    def before(service: str) -> None:
        if service == "accounts.balance":
            go.wait(10)

    desk = make(wrap=lambda services: Wrapped(services, before), patient=True)
    model = desk.releases.current["azercell"]
    quick = dataclasses.replace(model, operator=dataclasses.replace(model.operator, late=0.1))
    desk.releases._current = {"azercell": quick}
    desk.releases._models[("azercell", model.release)] = quick
    started = time.monotonic()
    reply = desk.dial("s", "*111*1*7#")
    assert time.monotonic() - started < 5
    go.set()
    assert text(reply) == "It takes longer than usual. Please try again later. Nothing was charged."
    assert reply.ended and desk.fees() == []


# -- many at once


def test_eight_threads_with_one_session_pay_one_fee(desk: Desk) -> None:
    async def storm() -> list[Reply]:
        door = AsyncDoor(desk.runner)
        try:
            request = Accumulated(Open("ussd", "*111*1*7#", LINE, language="en"), "")
            return await asyncio.gather(*(door.call("s", request) for _ in range(40)))
        finally:
            await asyncio.to_thread(door.close)

    replies = asyncio.run(storm())
    assert {text(reply) for reply in replies} == {A3}
    assert sorted(reply.fee for reply in replies) == ["0"] * 39 + ["0.10"]
    assert desk.fees() == [FEE]


def test_many_lines_at_once(desk: Desk) -> None:
    lines = [LINE, RUSSIAN, NEW, "994501110003"]

    async def storm() -> list[Reply]:
        door = AsyncDoor(desk.runner)
        try:
            return await asyncio.gather(
                *(door.call(f"{line}-{copy}", Open("ussd", "*111*1*7#", line, language="en")) for line in lines for copy in range(3))
            )
        finally:
            await asyncio.to_thread(door.close)

    replies = asyncio.run(storm())
    for number, line in enumerate(lines):
        own = replies[number * 3 : number * 3 + 3]
        # a dial that a later one superseded before its fee was due is told so and pays nothing
        paid = [reply for reply in own if reply.fee == "0.10"]
        assert 1 <= len(paid) <= 3 and desk.fees(line) == [FEE] * len(paid)
        assert all(reply in paid or text(reply) == TIME_IS_OVER for reply in own)
        assert len([one for one in desk.runner.store.all() if one.state.msisdn == line and not one.state.ended]) == 1


def test_a_request_that_is_cancelled_runs_to_its_end(desk: Desk) -> None:
    async def cut_off() -> None:
        door = AsyncDoor(desk.runner)
        request = asyncio.ensure_future(door.call("s", Open("ussd", "*111*1*7#", LINE, language="en")))
        await asyncio.sleep(0)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        again = await door.call("s", Open("ussd", "*111*1*7#", LINE, language="en"))
        assert text(again) == A3 and again.fee == "0"
        await asyncio.to_thread(door.close)

    asyncio.run(cut_off())
    assert desk.fees() == [FEE]


# -- log lines


def test_no_log_line_names_a_number_or_what_was_typed(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk = make(wrap=failing("accounts.bill"))
    desk.gateway("ussd:abc", "")
    desk.gateway("ussd:abc", "73519482")
    desk.dial("t", "*111*1*7#")
    desk.dial("u", "*111*1*7#", POOR)
    desk.dial("v", "*111#", UNKNOWN)
    desk.runner.call("c", Open("call", "2112", LINE))
    desk.leave("c", "hung_up")
    assert caplog.text
    lines = [record.getMessage() for record in caplog.records]
    assert not [line for line in lines if "99450" in line or "73519482" in line or "50111" in line]


def test_a_back_ends_own_words_are_not_logged(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    desk = make(wrap=failing("accounts.bill", "line"))
    desk.dial("s", "*650#", POSTPAID)
    assert "994501110001" not in caplog.text


# -- calls


def test_a_call_and_its_hang_up(desk: Desk) -> None:
    reply = desk.runner.call("c", Open("call", "2112", LINE, language="en"))
    assert isinstance(reply.speak, Speak) and reply.fee == "0"
    assert desk.runner.call("c", Silence()).speak is not None
    assert desk.leave("c", "hung_up").ended
    assert desk.runner.call("c", Typed("1")).speak is None
    assert desk.fees() == []


# -- hot reload and restart


def test_a_saved_file_serves_the_next_session_and_a_running_one_keeps_its_own(make: Make) -> None:
    desk = make(own_menus=True)
    desk.gateway("old", "", language="en")
    release = desk.releases.current["azercell"].release
    change(desk, "English now", "English from now on", language="en")
    assert desk.releases.refresh() is True
    assert desk.releases.current["azercell"].release != release
    assert text(desk.gateway("old", "8", language="en")).startswith("Language")
    assert text(desk.gateway("old", "8*2", language="en")).startswith("Your language is English now.")
    new = desk.dial("new", "*111*8*2#")
    assert text(new).startswith("Your language is English from now on.")
    assert desk.releases.refresh() is False


def change(desk: Desk, before: str, after: str, language: str) -> None:
    for path in [*desk.menus.glob("*/language.yaml"), *desk.locales.glob("*/LC_MESSAGES/*.po")]:
        was = path.read_text("utf-8")
        assert before in was
        path.write_text(was.replace(before, after), "utf-8")


def test_a_broken_file_is_reported_and_changes_nothing(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    desk = make(own_menus=True)
    release = desk.releases.current["azercell"].release
    file = desk.menus / "azercell" / "prepaid.yaml"
    good = file.read_text("utf-8")
    file.write_text(good.replace("go: account}", "go: acount}"), "utf-8")
    assert desk.releases.refresh() is False
    assert [(fault.file, fault.line, fault.code) for fault in desk.releases.faults if fault.code == "E012"] == [
        ("menus/azercell/prepaid.yaml", good[: good.index("go: account}")].count("\n") + 1, "E012")
    ]
    assert 'E012 there is no menu "acount" - did you mean "account"?' in caplog.text
    assert desk.releases.current["azercell"].release == release
    assert text(desk.dial("s", "*111*1*7#")) == A3
    file.write_text(good, "utf-8")
    desk.releases.refresh()
    assert desk.releases.faults == () and desk.releases.current["azercell"].release == release


def test_half_a_file_and_an_editors_lock_change_nothing(make: Make) -> None:
    desk = make(own_menus=True)
    folder = desk.menus / "azercell"
    release = desk.releases.current["azercell"].release
    (folder / ".#prepaid.yaml").symlink_to("somebody@somewhere.1234")
    (folder / ".prepaid.yaml").write_text("half: [")
    desk.releases.refresh()
    assert desk.releases.faults == () and desk.releases.current["azercell"].release == release
    (folder / "prepaid.yaml").write_text("")
    desk.releases.refresh()
    assert [fault.code for fault in desk.releases.faults][:1] == ["E004"]
    assert desk.releases.current["azercell"].release == release


def test_a_link_to_nowhere_is_a_fault_and_no_crash(make: Make) -> None:
    desk = make(own_menus=True)
    (desk.menus / "azercell" / "extra.yaml").symlink_to("/nowhere/at/all.yaml")
    desk.releases.refresh()
    assert [fault.code for fault in desk.releases.faults] == ["E005"]
    assert text(desk.dial("s", "*111#")) == MAIN


def test_a_running_session_keeps_its_release_over_a_restart(make: Make, tmp_path: Path) -> None:
    seconds = Seconds()
    first = make(own_menus=True, store=WriteBehindStore(tmp_path / "sessions.db", 0.01, now=seconds), seconds=seconds)
    first.gateway("old", "1*7", language="en")
    pinned = first.releases.current["azercell"].release
    first.close()
    change(first, "English now", "English from now on", language="en")
    second = make(own_menus=True, store=WriteBehindStore(tmp_path / "sessions.db", 0.01, now=seconds), seconds=seconds)
    assert second.releases.current["azercell"].release != pinned
    again = second.gateway("old", "1*7", language="en")
    assert text(again) == A3 and again.release == pinned and again.fee == "0"
    assert text(second.gateway("old", "1*7*00", language="en")) == MAIN
    assert text(second.gateway("old", "1*7*00*8", language="en")).startswith("Language")
    assert text(second.gateway("old", "1*7*00*8*2", language="en")).startswith("Your language is English now.")
    assert second.fees() == [FEE], "the session had paid already"


def test_a_release_that_is_gone_ends_its_sessions_politely(make: Make) -> None:
    desk = make(own_menus=True)
    desk.gateway("old", "", language="en")
    record = desk.runner.store.get("old")
    assert record is not None
    desk.runner.store.put(dataclasses.replace(record, release="0" * 12))
    reply = desk.type("old", "9")
    assert reply.ended and text(reply) == "We cannot answer now. Please try again later. Nothing was charged."


# -- the store


def record_of(desk: Desk, session: str) -> Record:
    desk.gateway(session, "", language="en")
    found = desk.runner.store.get(session)
    assert found is not None
    return found


def test_the_store_survives_a_restart(make: Make, tmp_path: Path) -> None:
    record = record_of(make(), "s")
    store = WriteBehindStore(tmp_path / "sessions.db", 0.01, now=Seconds())
    store.put(record)
    store.put(dataclasses.replace(record, session="gone"))
    store.remove(["gone"])
    store.close()
    again = WriteBehindStore(tmp_path / "sessions.db", 0.01, now=lambda: 1060.0)
    try:
        assert again.get("s") == record and again.get("gone") is None
        assert again.live_of("ussd", LINE) == record
    finally:
        again.close()
    assert (tmp_path / "sessions.db").stat().st_mode & 0o077 == 0


def test_a_record_that_cannot_be_read_is_dropped(make: Make, tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "sessions.db"
    WriteBehindStore(path, 0.01).close()
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO session VALUES (?, ?, ?)", [("a", 1000, "{"), ("b", 1000, "{}"), ("c", 1000, "[]"), ("d", 1000, "null")]
        )
    store = WriteBehindStore(path, 0.01, now=Seconds())
    try:
        assert store.all() == []
    finally:
        store.close()


def test_sessions_from_long_ago_or_before_a_boot_are_not_taken_up(make: Make, tmp_path: Path) -> None:
    record = record_of(make(), "s")
    for now, kept in ((1599.0, True), (1601.0, False), (999.0, False)):
        path = tmp_path / f"{now}.db"
        store = WriteBehindStore(path, 0.01, now=Seconds())
        store.put(record)
        store.close()
        again = WriteBehindStore(path, 0.01, now=lambda now=now: now)  # type: ignore[misc]
        again.close()
        assert (again.get("s") is not None) == kept, now


def test_what_is_put_while_the_disk_is_written_is_not_lost(make: Make, tmp_path: Path) -> None:
    """Two changes of one session around the moment of writing: the newer one is on disk."""
    record = record_of(make(), "s")
    newer = dataclasses.replace(record, touched=record.touched + 1)
    store = WriteBehindStore(tmp_path / "sessions.db", 30)

    class Interrupting(dict):  # type: ignore[type-arg]
        def popitem(self) -> tuple[str, Record]:
            taken = super().popitem()
            if taken[1] is record:
                self["s"] = newer
            return taken

    store._dirty = Interrupting({"s": record})
    store.close()
    again = WriteBehindStore(tmp_path / "sessions.db", 0.01, now=lambda: 1060.0)
    try:
        assert again.get("s") == newer
    finally:
        again.close()


def test_live_of_forgets_what_ended(make: Make) -> None:
    record = record_of(make(), "s")
    store = MemoryStore()
    store.put(record)
    assert store.live_of("ussd", LINE) is record and store.live_of("call", LINE) is None
    store.put(dataclasses.replace(record, state=dataclasses.replace(record.state, waiting="ended")))
    assert store.live_of("ussd", LINE) is None and store.get("s") is not None
    store.remove(["s", "never"])
    assert store.all() == []


def test_leaving_twice_and_late(desk: Desk) -> None:
    desk.gateway("s", "", language="en")
    assert desk.runner.call("s", Left("aborted")).ended
    assert desk.runner.call("s", Left("timed_out")).effects == ()


def test_menus_whose_prompts_cannot_be_made_are_not_published(make: Make) -> None:
    desk = make(own_menus=True)
    release = desk.releases.current["azercell"].release

    def refuse(model: object) -> None:
        raise RuntimeError("no voice")

    desk.releases._ready = refuse
    change(desk, "English now", "English from now on", language="en")
    assert desk.releases.refresh() is False
    assert [str(fault) for fault in desk.releases.faults] == [
        f"menus/{name}/operator.yaml:1:1 E080 its prompts cannot be made ready: no voice" for name in ("azercell", "tcell")
    ]
    assert desk.releases.current["azercell"].release == release


def test_an_id_that_comes_again_after_it_was_forgotten_is_a_session_of_its_own(make: Callable[..., Desk]) -> None:
    clock = Moving()
    desk = make(clock=clock)
    assert desk.gateway("7", "1*7").fee == "0.10"
    desk.runner.call("7", Left("aborted"))
    desk.seconds.now += 1000
    clock.go(1000)
    desk.runner.sweep()
    assert desk.runner.store.get("7") is None
    assert desk.gateway("7", "1*7").fee == "0.10"
    assert desk.fees(LINE) == [-100_000, -100_000]


def test_an_amount_typed_behind_the_code_keeps_its_comma(desk: Desk) -> None:
    """A gateway that opens a session late hands over all that was typed, and the next text is for the next question."""
    reply = desk.gateway("late", "1*992931110002*12,50", msisdn="992931110004", code="*202#")
    assert "assword" in text(reply) or "arol" in text(reply), "no password yet: registering is what is offered"
    wrong = desk.gateway("wrong", "7.5", code="*111#")
    assert text(wrong).startswith(text(desk.gateway("plain", "55", code="*111#")).splitlines()[0]), "no choice, and told so"
