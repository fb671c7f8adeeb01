"""The runner: the only loop. Loads a session and its release, steps, performs calls, steps again, and hands back the reply.

`prepare` does what needs no books and runs on the event loop's thread; what needs them is a `Pending` for `finish`, which blocks and
belongs into a pool. `call` is both, for the command line. Every call of a service carries a key made of the session and an ordinal, so a
step that is done again after a crash does nothing twice.
"""

from __future__ import annotations

import concurrent.futures
import datetime
import hashlib
import hmac
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from ivr.catalog.releases import Releases
from ivr.clock import Clock
from ivr.engine import step as engine
from ivr.engine.effects import Call, Effect, End, Page, Speak, Words
from ivr.engine.events import Answered, Begin, Gone, Input, NoInput
from ivr.engine.model import Model
from ivr.engine.state import State
from ivr.engine.step import Step
from ivr.engine.text import measure
from ivr.engine.values import Answer, Line, Money
from ivr.engine.ways_in import code_parts
from ivr.services.port import Services
from ivr.sessions.requests import Accumulated, Left, Open, Reply, Request, Silence, Typed
from ivr.sessions.store import MemoryStore, Record

log = logging.getLogger("ivr.sessions")
MOST_CALLS = 100
"""Calls of services that one request may lead to; more is a fault of the menu's making."""
TOMBSTONE = 600.0
"""Seconds for which an ended session is remembered, so that a late request of it is not taken for a new dial."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that needs the books: a step's call to perform, or a session to open (`step` None)."""

    session: str
    request: Request
    record: Record | None
    model: Model | None
    step: Step | None
    seen: tuple[int, str]


@dataclass(slots=True)
class _Running:
    """A request whose calls are being made: of which channel and line, and why the subscriber left meanwhile, where he did."""

    line: tuple[str, str]
    left: str = ""


class Runner:
    """Runs sessions over `releases` with `services`.

    `clock` is business time; `monotonic` seconds for time-outs. `secret` keys the digests of accumulated texts: the same in every process
    that shares the sessions. `patient`: look-ups may stall and are left behind when they are late.
    """

    def __init__(
        self,
        releases: Releases,
        services: Services,
        store: MemoryStore,
        clock: Clock,
        *,
        preferred: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        secret: bytes = b"",
        patient: bool = True,
    ) -> None:
        self.releases, self.services, self.store, self.clock = releases, services, store, clock
        self._preferred, self._monotonic = preferred, monotonic
        # look-ups of a back-end that may stall have threads of their own, so that a late one is left behind and not waited for
        self._lookups = concurrent.futures.ThreadPoolExecutor(16, "look-up") if patient else None
        self._secret = secret or secrets.token_bytes(16)
        self.switches: Mapping[str, bool] = {}
        self._lock = threading.Lock()
        self._opened = 0.0
        self._running: dict[str, _Running] = {}

    # -- the door

    def call(self, session: str, request: Request) -> Reply:
        """Handle one request, blocking."""
        prepared = self.prepare(session, request)
        return prepared if isinstance(prepared, Reply) else self.finish(prepared)

    def prepare(self, session: str, request: Request) -> Reply | Pending:
        """Handle a request as far as it goes without the books."""
        record = self.store.get(session)
        if record is not None and isinstance(request, Open | Accumulated):
            opening = request if isinstance(request, Open) else request.opening
            # an ended session is opened anew by a dial, and by a gateway that uses an id again and begins with an empty text
            anew = isinstance(request, Open) or (not request.text and record.seen[0] > 0)
            if record.state.msisdn != opening.msisdn or (record.state.ended and anew):
                record = None
        if isinstance(request, Left):
            with self._lock:
                if (running := self._running.get(session)) is not None:
                    running.left = request.why
                    return Reply((), True, "" if record is None else record.state.language)
            return self._left(record, request.why)
        if isinstance(request, Accumulated):
            if record is None:
                return Pending(session, request, None, None, None, self._digest(request.text))
            typed = self._new_input(record, request.text)
            if typed is None:
                return self._again(record)
            if (timed_out := self._timed_out(record)) is not None:
                return timed_out
            return self._advance(record, Typed(typed), self._digest(request.text))
        if isinstance(request, Open):
            return Pending(session, request, None, None, None, (0, "")) if record is None else self._again(record)
        if record is not None and record.state.ended and record.state.channel == "ussd":
            return self._again(replace(record, last=None))
        if record is None or record.state.ended:
            return Reply((End("ended"),), True, "")
        if isinstance(request, Typed) and (timed_out := self._timed_out(record)) is not None:
            return timed_out
        return self._advance(record, request, record.seen)

    def finish(self, pending: Pending) -> Reply:
        """Do what `prepare` left: open the session, perform calls, step on until there is a reply.

        A subscriber who left meanwhile (the network's abort, a redial, a hang-up) is charged nothing more, and no act is done for him.
        """
        request = pending.request.opening if isinstance(pending.request, Accumulated) else pending.request
        line = (request.channel, request.msisdn) if isinstance(request, Open) else ("", "")
        running = _Running(line if pending.record is None else (pending.record.state.channel, pending.record.state.msisdn))
        with self._lock:
            if pending.record is None:
                for other in self._running.values():
                    if other.line == running.line and running.line[0] == "ussd":
                        other.left = "superseded"
            self._running[pending.session] = running
        try:
            reply = self._finish(pending, running)
        finally:
            with self._lock:
                del self._running[pending.session]
        record = self.store.get(pending.session)
        if running.left and record is not None:
            self._left(record, running.left)
            model = self.releases.pinned(record.operator, record.release)
            if reply.page is None and record.state.channel == "ussd" and model is not None:
                return self._sentence(model, "ussd", record.state.language, "timed_out", None)
        return reply

    def _finish(self, pending: Pending, running: _Running) -> Reply:
        record, model, step = pending.record, pending.model, pending.step
        if record is None or model is None or step is None:
            opened = self._open(pending.session, pending.request)
            if isinstance(opened, Reply):
                return opened
            record, model, step = opened
        trace, charged = list(step.trace), 0
        for _ in range(MOST_CALLS):
            call = next((effect for effect in step.effects if isinstance(effect, Call)), None)
            if call is None:
                break
            if call.change and running.left:
                step = engine.step(model, step.state, Gone(running.left, self._now(model)))
                break
            answer = self._perform(model, step.state, replace(call, key=f"{call.key}@{record.state.msisdn}@{self._day(model)}"))
            if answer.outcome == "ok" and call.fee is not None:
                charged += call.fee.amount.micro
            step = engine.step(model, step.state, Answered(answer, self._now(model), self.switches))
            trace += step.trace
        return self._keep(record, model, replace(step, trace=tuple(trace)), pending.seen, charged)

    # -- inside

    def _open(self, session: str, request: Request) -> tuple[Record, Model, Step] | Reply:
        opening = request.opening if isinstance(request, Accumulated) else request
        assert isinstance(opening, Open)
        address = opening.address
        if isinstance(request, Accumulated) and request.text:
            # Africa's Talking hands over `*111*1*7#` as code `*111#` and text `1*7`
            address = f"{address.removesuffix('#')}*{request.text}#" if code_parts(f"*{request.text}#") else address
        model = self.releases.operator_of(opening.msisdn, address, self._preferred)
        if model is None:
            return Reply((End("failed"),), True, "")
        now, moment = self._now(model), self._opening()
        if (
            (before := self.store.live_of(opening.channel, opening.msisdn)) is not None
            and opening.channel == "ussd"
            and before.session != session
        ):
            self._left(before, "superseded")
        try:
            line = self.services.line(opening.msisdn, now) if opening.msisdn else None
        except Exception as error:
            log.error("the line could not be looked up: %s", _where(error))
            return self._apology(model, opening)
        if line is not None and not line.msisdn.startswith(model.operator.country):
            # the books may hold lines of an operator whose menus are not here: nobody else's menus and prices are theirs
            line = None
        begun = engine.begin(
            model,
            self._name(session, opening.msisdn),
            Begin(opening.channel, address, opening.msisdn, line, now, opening.text, opening.language, self.switches),
        )
        record = Record(session, model.operator.name, model.release, begun.state, moment, moment)
        return record, model, begun

    def _opening(self) -> float:
        """The monotonic moment of an opening, later than that of any before it, so that of two the later one can be told."""
        with self._lock:
            self._opened = max(self._monotonic(), math.nextafter(self._opened, math.inf))
            return self._opened

    def _name(self, session: str, msisdn: str) -> str:
        """The name that a session's effects carry in their keys: where an id is used again, its next use has keys of its own."""
        before = self.store.get(session)
        if before is None or before.state.msisdn != msisdn:
            return session
        _, _, uses = before.state.session.rpartition("~")
        return f"{session}~{int(uses) + 1 if uses.isdigit() else 2}"

    def _advance(self, record: Record, request: Request, seen: tuple[int, str]) -> Reply | Pending:
        model = self.releases.pinned(record.operator, record.release)
        if model is None:
            return self._lost(record)
        now = self._now(model)
        event = Input(request.text, now, request.ended, self.switches) if isinstance(request, Typed) else NoInput(now, self.switches)
        assert isinstance(request, Typed | Silence)
        step = engine.step(model, record.state, event)
        if any(isinstance(effect, Call) for effect in step.effects):
            return Pending(record.session, request, record, model, step, seen)
        return self._keep(record, model, step, seen, 0)

    def _perform(self, model: Model, state: State, call: Call) -> Answer:
        line = state.line
        assert line is not None
        try:
            if call.change or self._lookups is None:
                # an act is waited for: what became of it must be known before anything is said
                return self.services.call(line, call, self._now(model))
            waiting = self._lookups.submit(self.services.call, line, call, self._now(model))
            return waiting.result(model.operator.late)
        except concurrent.futures.TimeoutError:
            log.warning("%s was late (over %.1f s)", call.service, model.operator.late)
            return Answer("late", {})
        except Exception as error:
            log.error("%s failed: %s", call.service, _where(error))
            return Answer("unavailable", {})

    def _keep(self, record: Record, model: Model, step: Step, seen: tuple[int, str], charged: int) -> Reply:
        effects = tuple(effect for effect in step.effects if not isinstance(effect, Call))
        if not effects:
            effects = (End("failed"),)
        page = next((effect for effect in effects if isinstance(effect, Page)), None)
        # superseded or timed out while its look-up ran: what was booked is booked, but the session does not live again
        latest = self.store.get(record.session)
        gone = latest is not None and latest.state.ended and latest.opened == record.opened
        # of an ended session only its last page is wanted again, by a gateway that repeats its request
        ended = gone or step.state.ended
        state = replace(step.state, waiting="ended", frames=(), heads=(), line=None) if ended else step.state
        kept = Record(record.session, record.operator, record.release, state, record.opened, self._monotonic(), seen, page)
        older = self.store.put(kept)
        if older is not None and older.state.channel == "ussd":
            # a phone shows one USSD session: of two that a line opened at once, the later one lives
            self._left(older, "superseded")
        self._log(kept, step)
        fee = Money(charged, "").exact_text() if charged else "0"
        return Reply(effects, step.state.ended, step.state.language, fee, step.trace, record.release)

    def _again(self, record: Record) -> Reply:
        """A request that came before: the same page, and nothing is done."""
        page, ended = record.last, record.state.ended
        if page is None:
            model = self.releases.pinned(record.operator, record.release)
            if model is None or record.state.channel != "ussd":
                return Reply((End("ended"),), ended, record.state.language)
            return self._sentence(model, "ussd", record.state.language, "timed_out", None)
        effects: tuple[Effect, ...] = (page, End("completed")) if ended else (page,)
        return Reply(effects, ended, page.language, release=record.release)

    def _left(self, record: Record | None, why: str) -> Reply:
        if record is None or record.state.ended:
            return Reply((), True, "" if record is None else record.state.language)
        model = self.releases.pinned(record.operator, record.release)
        if model is None:
            return self._lost(record)
        step = engine.step(model, record.state, Gone(why, self._now(model)))
        return self._keep(record, model, step, record.seen, 0)

    def _timed_out(self, record: Record) -> Reply | None:
        """The answer to a request that comes too late; monotonic time, so a changed clock ends no session."""
        model = self.releases.pinned(record.operator, record.release)
        if model is None or record.state.channel != "ussd":
            return None
        now, settings = self._monotonic(), model.operator.ussd
        if (
            not record.state.ended
            and now - record.touched <= settings.wait
            and now - record.opened <= settings.longest
            and record.opened <= now + 1 + 1
        ):
            return None
        self._left(record, "timed_out")
        return self._sentence(model, record.state.channel, record.state.language, "timed_out", record.state.line)

    def _lost(self, record: Record) -> Reply:
        """The release a session was pinned to is gone from disk: end it politely."""
        self.store.put(replace_state(record, replace(record.state, waiting="ended")))
        model = self.releases.operator_of(record.state.msisdn, "", self._preferred)
        if model is None:
            return Reply((End("failed"),), True, record.state.language)
        return self._sentence(model, record.state.channel, record.state.language, "unavailable", record.state.line)

    def _apology(self, model: Model, opening: Open) -> Reply:
        return self._sentence(model, opening.channel, opening.language or model.operator.default_language, "unavailable", None)

    def _sentence(self, model: Model, channel: str, language: str, answer: str, line: Line | None) -> Reply:
        text = engine.sentence(model, channel, language, answer, line)
        if channel == "call":
            return Reply((Speak((Words(text, language),), language, None), End("failed")), True, language)
        size = measure(text, model.operator.ussd.octets)
        return Reply((Page(text, size.encoding, size.length, size.limit, False, language), End("failed")), True, language)

    def _new_input(self, record: Record, text: str) -> str | None:
        """What is new in a gateway's accumulated text; None where it is a repeated request."""
        length, digest = record.seen
        if len(text) <= length or not hmac.compare_digest(self._digest(text[:length])[1], digest):
            return None
        new = text[length:]
        return new.removeprefix("*") if length else new

    def _digest(self, text: str) -> tuple[int, str]:
        octets = text.encode("utf-8", "surrogatepass")
        return len(text), hashlib.blake2s(octets, digest_size=16, key=self._secret).hexdigest()

    def _now(self, model: Model) -> datetime.datetime:
        return self.clock.now(zone_of(model))

    def _day(self, model: Model) -> str:
        return self._now(model).strftime("%Y%m%d")

    def _log(self, record: Record, step: Step) -> None:
        if not log.isEnabledFor(logging.INFO):
            return
        state = step.state
        menu = state.frames[-1].menu if state.frames else "-"
        last = step.trace[-1].what if step.trace else "-"
        log.info("%s %s release=%s menu=%s waiting=%s last=%s", record.operator, state.channel, record.release, menu, state.waiting, last)

    def sweep(self) -> int:
        """End sessions that timed out and forget those that ended a while ago; how many were forgotten. Part of `run_due`."""
        now, gone = self._monotonic(), []
        for record in self.store.all():
            if record.state.ended or record.touched > now + 1:
                if now - record.touched > TOMBSTONE or record.touched > now + 1:
                    gone.append(record.session)
            elif record.state.channel == "ussd":
                self._timed_out(record)
            elif now - record.touched > TOMBSTONE:
                self._left(record, "timed_out")
        self.store.remove(gone)
        self.releases.forget((record.operator, record.release) for record in self.store.all())
        return len(gone)

    def close(self) -> None:
        """Stop the threads and write the sessions."""
        if self._lookups is not None:
            self._lookups.shutdown(wait=False, cancel_futures=True)
        self.store.close()


def _where(error: Exception) -> str:
    """What was raised and where, without the error's own words: they may quote a number or what was typed."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "?"
    return f"{type(error).__name__} at {place}"


def replace_state(record: Record, state: State) -> Record:
    """`record` with another state."""
    return Record(record.session, record.operator, record.release, state, record.opened, record.touched, record.seen, record.last)


def zone_of(model: Model) -> datetime.tzinfo:
    """The operator's time zone."""
    return ZoneInfo(model.operator.time_zone)
