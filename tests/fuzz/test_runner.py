"""The runner under any interleaving: sessions of several lines, repeated requests, time-outs, menus that change while they run.

One process, one store, a clock in the test's hand; the services are kept in memory and count what they are asked.
"""

from __future__ import annotations

import datetime
import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ivr.catalog.releases import Releases
from ivr.clock import StandingClock
from ivr.engine.effects import Call, End, Page, Speak
from ivr.engine.text import measure
from ivr.engine.values import Answer, Line
from ivr.sessions.requests import Accumulated, Left, Open, Reply, Silence, Typed
from ivr.sessions.runner import Runner
from ivr.sessions.store import MemoryStore
from tests.engine.fake import NOW, TEN, Operator, postpaid, prepaid
from tests.fuzz.profiles import few, many

ROOT = Path(__file__).resolve().parents[2]
LINES = {"994501110001": prepaid(), "994501110004": prepaid(balance="0.05", msisdn="994501110004"), "994501110101": postpaid()}
SESSIONS = [f"s{number}" for number in range(4)]
EDITS = ["Account", "My account", "Konto: {no.such}", "Money"]
"""What the label of the first choice is changed to; one of them is a fault, and is never served."""


class Services:
    """Answers from memory; nothing is asked twice under one key, and no fee that is taken once a session is taken twice."""

    def __init__(self) -> None:
        self.operators = {msisdn: Operator(TEN) for msisdn in LINES}
        self.keys: Counter[str] = Counter()
        self.fees: Counter[tuple[str, str]] = Counter()
        self.outcome = "ok"

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        return LINES.get(msisdn)

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        self.keys[call.key] += 1
        if self.outcome != "ok":
            return Answer(self.outcome, {})
        answer = self.operators[line.msisdn].call(line, call)
        if (fee := call.fee_for(answer.outcome)) is not None:
            self.fees[call.key.split("/")[0], fee.name] += 1
        return answer


class Desk:
    """The runner, and what is known of its sessions."""

    def __init__(self, folder: Path) -> None:
        self.menus = folder / "menus"
        self.seconds = 1000.0
        self.services = Services()
        self.edit(EDITS[0])
        self.releases = Releases(self.menus, folder / "locales", folder / "releases", strict=False)
        self.releases.load()
        self.store = MemoryStore()
        self.runner = Runner(
            self.releases, self.services, self.store, StandingClock(NOW), monotonic=lambda: self.seconds, secret=b"fuzz", patient=False
        )
        self.uses: Counter[str] = Counter()
        self.texts: dict[str, str] = {}
        self.lines: dict[str, str] = {}
        self.last: dict[str, Reply] = {}

    def name(self, session: str) -> str:
        """The id of a session. One that was forgotten (ten minutes after its end) is not used again: a network's ids are not, either."""
        used = self.uses[session]
        if used and self.store.get(f"{session}.{used}") is None:
            self.uses[session] = used + 1
            for known in (self.texts, self.lines, self.last):
                known.pop(f"{session}.{used}", None)
        self.uses[session] = max(1, self.uses[session])
        return f"{session}.{self.uses[session]}"

    def edit(self, label: str) -> None:
        path = self.menus / "azercell" / "prepaid.yaml"
        shutil.copyfile(ROOT / "menus" / "azercell" / "prepaid.yaml", path)
        text = path.read_text("utf-8")
        assert "{label: Account, go: account}" in text
        path.write_text(text.replace("{label: Account, go: account}", f'{{label: "{label}", go: account}}'), "utf-8")

    def check(self, session: str, reply: Reply, release: str | None) -> None:
        assert not [effect for effect in reply.effects if isinstance(effect, Call)]
        assert len([effect for effect in reply.effects if isinstance(effect, Page | Speak)]) <= 1
        page = reply.page
        if page is not None:
            assert measure(page.text).fits and page.text.strip()
            assert page.more != reply.ended, "a page waits exactly where the session does"
        assert reply.ended == any(isinstance(effect, End) for effect in reply.effects) or not reply.effects
        record = self.store.get(session)
        if release is not None and record is not None and reply.release:
            assert reply.release == release, "a session stays with the release it began with"
        live = Counter(one.state.msisdn for one in self.store.all() if one.state.channel == "ussd" and not one.state.ended)
        assert all(count == 1 for count in live.values()), "a phone shows one USSD session"
        assert all(count == 1 for count in self.services.keys.values()), "a service is called twice under one key"
        assert all(count == 1 for (_, fee), count in self.services.fees.items() if fee == "balance"), "a fee is taken twice in a session"


KEYS = st.sampled_from(["1", "2", "3", "6", "7", "8", "9", "0", "00", "98", "", "55", "*", "#"])
DEEDS = st.one_of(
    st.tuples(st.just("gateway"), st.sampled_from(SESSIONS), st.sampled_from(sorted(LINES)), KEYS),
    st.tuples(st.just("gateway"), st.sampled_from(SESSIONS), st.sampled_from(sorted(LINES)), KEYS),
    st.tuples(st.just("repeat"), st.sampled_from(SESSIONS)),
    st.tuples(
        st.just("dial"), st.sampled_from(SESSIONS), st.sampled_from(sorted(LINES)), st.sampled_from(["*111#", "*111*1*7#", "*650#", "*1#"])
    ),
    st.tuples(st.just("call"), st.sampled_from(["c1", "c2"]), st.sampled_from(sorted(LINES)), st.sampled_from(["2112", "650"])),
    st.tuples(st.just("type"), st.sampled_from([*SESSIONS, "c1", "c2"]), KEYS),
    st.tuples(st.just("silence"), st.sampled_from(["c1", "c2"])),
    st.tuples(st.just("leave"), st.sampled_from([*SESSIONS, "c1", "c2"]), st.sampled_from(["aborted", "hung_up"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 50, 70, 200, 700])),
    st.tuples(st.just("edit"), st.sampled_from(EDITS)),
    st.tuples(st.just("services"), st.sampled_from(["ok", "ok", "unavailable", "late"])),
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="runner-fuzz-"))
    shutil.copytree(ROOT / "menus", path / "menus", ignore=shutil.ignore_patterns("scenarios"))
    shutil.copytree(ROOT / "locales", path / "locales")
    yield path
    shutil.rmtree(path)


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """Faults are made on purpose here, and told in the log each time."""
    logger = logging.getLogger("ivr.releases")
    logger.disabled = True
    yield
    logger.disabled = False


def play(folder: Path, deeds: list[tuple[object, ...]]) -> None:
    desk = Desk(folder)
    try:
        for deed in deeds:
            _do(desk, *deed)
    finally:
        desk.runner.close()


def _do(desk: Desk, deed: object, *what: object) -> None:
    event(str(deed))
    session = str(what[0]) if deed in ("wait", "edit", "services") else desk.name(str(what[0]))
    before = desk.store.get(session)
    pinned = before.release if before is not None and not before.state.ended else None
    asked = desk.services.keys.total()
    match deed:
        case "gateway":
            msisdn, key = desk.lines.setdefault(session, str(what[1])), str(what[2])
            text = desk.texts.get(session)
            text = "" if text is None or before is None or before.state.ended else f"{text}*{key}".removeprefix("*") if text or key else "0"
            desk.texts[session] = text
            reply = desk.runner.call(session, Accumulated(Open("ussd", "*111#", msisdn, language="en"), text))
            desk.check(session, reply, pinned)
            desk.last[session] = reply
        case "repeat" if session in desk.last and session in desk.texts and before is not None and not before.state.ended:
            opening = Open("ussd", "*111#", desk.lines[session], language="en")
            reply = desk.runner.call(session, Accumulated(opening, desk.texts[session]))
            desk.check(session, reply, pinned)
            assert reply.fee == "0" and desk.services.keys.total() == asked, "a repeated request does nothing"
            if desk.last[session].page is not None and before.last is desk.last[session].page:
                assert reply.page == desk.last[session].page, "a repeated request gets the same page"
        case "dial" | "call":
            channel = "ussd" if deed == "dial" else "call"
            desk.lines[session] = str(what[1])
            desk.texts.pop(session, None)
            if channel == "call" and before is not None and not before.state.ended:
                desk.runner.call(session, Left("hung_up"))  # a channel's name belongs to one call
            reply = desk.runner.call(session, Open(channel, str(what[2]), str(what[1]), language="en"))
            desk.check(session, reply, None)
        case "type":
            desk.texts.pop(session, None)
            desk.check(session, desk.runner.call(session, Typed(str(what[1]))), pinned)
        case "silence":
            desk.check(session, desk.runner.call(session, Silence()), pinned)
        case "leave":
            desk.check(session, desk.runner.call(session, Left(str(what[1]))), pinned)
            after = desk.store.get(session)
            assert after is None or after.state.ended
            assert desk.services.keys.total() == asked, "who has left is asked nothing more"
        case "wait":
            desk.seconds += float(str(what[0]))
            desk.runner.sweep()
        case "edit":
            desk.edit(session)
            current = {name: model.release for name, model in desk.releases.current.items()}
            desk.releases.refresh()
            if "{" in session:
                assert current == {name: model.release for name, model in desk.releases.current.items()}, "a fault is never served"
        case "services":
            desk.services.outcome = session


@few(60)
@given(deeds=st.lists(DEEDS, min_size=5, max_size=40))
def test_any_interleaving(folder: Path, deeds: list[tuple[object, ...]]) -> None:
    play(folder, deeds)


@many(300)
@given(deeds=st.lists(DEEDS, min_size=20, max_size=120))
def test_many_interleavings(folder: Path, deeds: list[tuple[object, ...]]) -> None:
    play(folder, deeds)
