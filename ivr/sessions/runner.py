"""The runner: the only loop. Loads a session and its release, steps, performs calls, steps again, and hands back the reply.

`prepare` does what needs no books and runs on the event loop's thread; what needs them is a `Pending` for `finish`, which blocks and
belongs into a pool. `call` is both, for the command line. Every call of a service carries a key made of the session and an ordinal, so a
step that is done again after a crash does nothing twice.
"""

from __future__ import annotations

import datetime
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from ivr.catalog.releases import Releases
from ivr.clock import Clock
from ivr.engine import step as engine
from ivr.engine.effects import Call, Effect, End, Page, Sms
from ivr.engine.events import Answered, Begin, Connected, Gone, Input, NoInput
from ivr.engine.model import Model
from ivr.engine.step import Step
from ivr.engine.values import Answer, Happened, Line, Money, Value
from ivr.engine.ways_in import code_parts
from ivr.services.port import Services
from ivr.sessions import requests
from ivr.sessions.allowances import allowance
from ivr.sessions.late_answers import LateAnswers, Owed
from ivr.sessions.look_ups import LookUps, where
from ivr.sessions.messages import MemoryMessages, Outgoing
from ivr.sessions.performing import Performer
from ivr.sessions.repeats import Repeats, name_of
from ivr.sessions.requests import Accumulated, Left, Messages, Open, Reply, Request, Silence, Typed, is_phone
from ivr.sessions.resuming import droppable, forget_old, offered_again
from ivr.sessions.sentences import apology, said_before, sentence
from ivr.sessions.store import Dropped, MemoryStore, Record, without_secrets
from ivr.sessions.switches import SwitchFile
from ivr.sessions.telling import OFFERED, Teller

log = logging.getLogger("ivr.sessions")
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
    that shares the sessions. `patient`: look-ups may stall and are left behind when they are late. `messages` takes what leaves by SMS (in
    memory where none is given). `turned` are switches turned by hand; `switches`, which anybody may set, stand above these.
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
        messages: Messages | None = None,
        turned: SwitchFile | None = None,
    ) -> None:
        self.releases, self.services, self.store, self.clock = releases, services, store, clock
        self._preferred, self._monotonic, self._turned = preferred, monotonic, turned
        self._repeats = Repeats(secret or secrets.token_bytes(16))
        self.switches: Mapping[str, bool] = {}
        self.messages = messages or MemoryMessages()
        self._outgoing = Outgoing(self.messages)
        self._look_ups = LookUps(services, patient)
        self._performer = Performer(self._look_ups, self._now, self._switches)
        self._late = LateAnswers(self._answer_late, monotonic)
        self._teller = Teller(self._performer, self._outgoing, store)
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
        if record is not None and isinstance(request, Open | Accumulated) and not self._repeats.goes_on(record, request):
            record = None
        if isinstance(request, Left):
            with self._lock:
                if (running := self._running.get(session)) is not None:
                    running.left = request.why
                    return Reply((), True, "" if record is None else record.state.language)
            return self._left(record, request.why)
        if isinstance(request, Accumulated):
            if record is None:
                return Pending(session, request, None, None, None, self._repeats.digest(request.text))
            typed = self._repeats.new_input(record, request.text)
            if typed is None:
                return self._again(record)
            if (timed_out := self._timed_out(record)) is not None:
                return timed_out
            return self._advance(record, Typed(typed), self._repeats.digest(request.text))
        if isinstance(request, Open):
            seen = self._repeats.digest(request.text) if request.channel == "sms" else (0, "")
            return Pending(session, request, None, None, None, seen) if record is None else self._again(record)
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
                self._running.pop(pending.session, None)
        record = self.store.get(pending.session)
        if running.left and record is not None:
            self._left(record, running.left)
            model = self.releases.pinned(record.operator, record.release)
            if reply.page is None and record.state.channel == "ussd" and model is not None:
                return sentence(model, "ussd", record.state.language, "timed_out")
        return reply

    def tell(self, about: str, msisdn: str, values: Mapping[str, Value], key: str = "", offered: Collection[str] = OFFERED) -> Reply:
        """Tell a line of the event `about` (services.yaml) by the notices of its operator: messages, or a session that the network opens.

        `key` names the event for good: the same one again tells nothing again. Without one it is another event each time. `offered` are the
        ways that the network has. Blocks. Where nothing could be told just now the effects have `End("failed")`: call it again later.
        """
        model = self.releases.operator_of(msisdn, "", self._preferred)
        if model is None:
            return Reply((), True, "")
        try:
            line = self._line(model, msisdn)
        except Exception as error:
            log.error("the line could not be looked up: %s", where(error))
            return Reply((End("failed"),), True, model.operator.default_language)
        if line is None:
            return Reply((), True, model.operator.default_language)
        return self._teller.tell(model, line, about, values, key or secrets.token_hex(16), offered, self._opening())

    def tell_event(self, happened: Happened) -> Reply:
        """Tell what the books say has happened, as `tell` does; whatever cannot be told just now is told by due work."""
        return self.tell(happened.about, happened.msisdn, happened.values, happened.key)

    # -- inside

    def _finish(self, pending: Pending, running: _Running) -> Reply:
        record, model, step = pending.record, pending.model, pending.step
        if record is None or model is None or step is None:
            opened = self._open(pending.session, pending.request, pending.seen)
            if isinstance(opened, Reply):
                return opened
            record, model, step = opened
        # a gateway may use an id again, for another line
        done = self._performer.perform(model, step, f"@{step.state.msisdn}", lambda: running.left, self._late)
        self._send(model, done.step)
        reply = self._keep(record, model, self._agreed(done.step), pending.seen, done.charged)
        told = tuple(sms for happened in done.happened for sms in self.tell_event(happened).messages)
        return replace(reply, told=told) if told else reply

    def _open(self, session: str, request: Request, seen: tuple[int, str]) -> tuple[Record, Model, Step] | Reply:
        opening = request.opening if isinstance(request, Accumulated) else request
        assert isinstance(opening, Open)
        if opening.channel == "sms" and not is_phone(opening.msisdn):
            return Reply((End("refused"),), True, "")  # an answer would go to a machine, or to nobody
        address = opening.address
        if isinstance(request, Accumulated) and request.text:
            # Africa's Talking hands over `*111*1*7#` as code `*111#` and text `1*7`
            whole = f"{address.removesuffix('#')}*{request.text}#"
            address = whole if code_parts(whole) else address
        model = self.releases.operator_of(opening.msisdn, address, self._preferred)
        if model is None:
            return Reply((End("failed"),), True, "")
        now, moment = self._now(model), self._opening()
        if (
            (before := self.store.live_of(opening.channel, opening.msisdn)) is not None
            and opening.channel == "ussd"
            and before.session != session
        ):
            self._left(before, "timed_out" if self._over(before) else "superseded")
        # the digest keeps two texts under one id apart, also in a process that does not know the other
        name = f"{session}:{seen[1]}" if opening.channel == "sms" else name_of(self.store.get(session), session, opening.msisdn, now)
        try:
            if opening.channel == "sms" and (answers := self.messages.answers(name, opening.msisdn)):
                return Reply((*answers, End("completed")), True, answers[-1].language, release=model.release)
            line = self._line(model, opening.msisdn) if opening.msisdn else None
        except Exception as error:
            log.error("the line could not be looked up: %s", where(error))
            return apology(model, opening, name)
        dropped = offered_again(self.store, model, opening, now)
        begun = engine.begin(
            model,
            name,
            Begin(
                *(opening.channel, address, opening.msisdn, line, now, opening.text, opening.language),
                switches=self._switches(model),
                dropped=None if dropped is None else dropped.state,
            ),
        )
        if dropped is not None and begun.state.entry == dropped.state.entry:
            self.store.forget_dropped(opening.msisdn)
        try:
            begun = self._limited(model, begun)
        except Exception as error:
            log.error("what a line may get could not be looked up: %s", where(error))
            return apology(model, opening, name)
        record = Record(session, model.operator.name, model.release, begun.state, moment, moment)
        return record, model, begun

    def _limited(self, model: Model, step: Step) -> Step:
        """A step without the messages that the line may not get just now. Raises what the port of messages raises."""
        kept: list[Effect] = []
        for effect in step.effects:
            if isinstance(effect, Sms) and effect.limit:
                most, per = allowance(model.operator, effect.limit)
                if not self.messages.allowed(effect.limit, effect.to, step.state.session, most, per, self._now(model)):
                    continue
                effect = replace(effect, limit="")
            kept.append(effect)
        return step if kept == list(step.effects) else replace(step, effects=tuple(kept))

    def _agreed(self, step: Step) -> Step:
        """A step with the answer that its SMS has had: of two processes that were given the same one at once, one has answered it."""
        state = step.state
        if state.channel != "sms" or state.by_sms or not any(isinstance(effect, Sms) for effect in step.effects):
            return step
        try:
            answers = self.messages.answers(state.session, state.msisdn)
        except Exception as error:
            log.error("the answer could not be looked up: %s", where(error))
            return step
        if not answers:
            return step
        others = [effect for effect in step.effects if not (isinstance(effect, Sms) and effect.to == state.msisdn)]
        return replace(step, effects=(*answers, *others))

    def _line(self, model: Model, msisdn: str) -> Line | None:
        line = self.services.line(msisdn, self._now(model))
        # the books may hold lines of an operator whose menus are not here: nobody else's menus and prices are theirs
        return line if line is not None and line.msisdn.startswith(model.operator.country) else None

    def _opening(self) -> float:
        """The monotonic moment of an opening, later than that of any before it, so that of two the later one can be told."""
        with self._lock:
            self._opened = max(self._monotonic(), math.nextafter(self._opened, math.inf))
            return self._opened

    def _advance(self, record: Record, request: Request, seen: tuple[int, str]) -> Reply | Pending:
        model = self.releases.pinned(record.operator, record.release)
        if model is None:
            return self._lost(record)
        now, switches = self._now(model), self._switches(model)
        event: Input | NoInput | Connected
        match request:
            case Typed():
                event = Input(request.text, now, request.ended, switches)
            case requests.Connected():
                event = Connected(request.outcome, now, switches)
            case _:
                assert isinstance(request, Silence)
                event = NoInput(now, switches)
        step = engine.step(model, record.state, event)
        if any(isinstance(effect, Call | Sms) for effect in step.effects):
            return Pending(record.session, request, record, model, step, seen)
        return self._keep(record, model, step, seen, 0)

    def _send(self, model: Model, step: Step) -> None:
        """Hand over the messages of a step: what answers an SMS only to be noted, anything else to be delivered."""
        state, messages = step.state, [effect for effect in step.effects if isinstance(effect, Sms)]
        answers = [sms for sms in messages if state.channel == "sms" and not state.by_sms and sms.to == state.msisdn]
        now = self._now(model)
        self._outgoing.send(answers, model.operator.name, now, answered=True)
        self._outgoing.send([sms for sms in messages if sms not in answers], model.operator.name, now)

    def _answer_late(self, owed: Owed, answer: Answer) -> None:
        """A look-up that was late has its answer: go on where the session waited for it, and send what comes of it."""
        model = owed.model
        step = engine.step(model, owed.state, Answered(answer, self._now(model), self._switches(model)))
        done = self._performer.perform(model, step, owed.suffix)
        self._send(model, done.step)
        log.info("%s a late answer went out: release=%s outcome=%s", model.operator.name, model.release, answer.outcome)

    def _keep(self, record: Record, model: Model, step: Step, seen: tuple[int, str], charged: int) -> Reply:
        effects = tuple(effect for effect in step.effects if not isinstance(effect, Call))
        if not effects:
            effects = (End("failed"),)
        page = next((effect for effect in effects if isinstance(effect, Page)), None)
        # superseded or timed out while its look-up ran: what was booked is booked, but the session does not live again
        latest = self.store.get(record.session)
        gone = latest is not None and latest.state.ended and latest.opened == record.opened
        # of an ended session only what it said last is wanted again, by a gateway that repeats its request
        ended = gone or step.state.ended
        state = replace(step.state, waiting="ended", frames=(), heads=(), line=None) if ended else step.state
        kept = Record(record.session, record.operator, record.release, state, record.opened, self._monotonic(), seen, page)
        if state.channel == "sms":
            # what went to others is not said again to the one who asks again
            kept.messages = tuple(effect for effect in effects if isinstance(effect, Sms) and effect.to == state.msisdn)
        older = self.store.put(kept)
        if older is not None and older.state.channel == "ussd":
            # a phone shows one USSD session: of two that a line opened at once, the later one lives
            self._left(older, "superseded")
        self._log(kept, step)
        fee = Money(charged, "").exact_text() if charged else "0"
        return Reply(effects, step.state.ended, step.state.language, fee, step.trace, record.release)

    def _again(self, record: Record) -> Reply:
        """A request that came before: the same reply, and nothing is done."""
        known = record.last is not None or bool(record.messages)
        return said_before(record, None if known else self.releases.pinned(record.operator, record.release))

    def _left(self, record: Record | None, why: str) -> Reply:
        if record is None or record.state.ended:
            return Reply((), True, "" if record is None else record.state.language)
        model = self.releases.pinned(record.operator, record.release)
        if model is None:
            return self._lost(record)
        now = self._now(model)
        if droppable(model, record.state, why):
            where_it_stood = replace(without_secrets(record.state), heads=(), dial=())
            self.store.drop(Dropped(record.operator, record.release, where_it_stood, now))
        return self._keep(record, model, engine.step(model, record.state, Gone(why, now)), record.seen, 0)

    def _over(self, record: Record) -> bool:
        """Whether a USSD session has lasted too long or waited too long; monotonic time, so a changed clock ends no session."""
        model = self.releases.pinned(record.operator, record.release)
        if model is None or record.state.channel != "ussd":
            return False
        now, settings = self._monotonic(), model.operator.ussd
        too_late = now - record.touched > settings.wait or now - record.opened > settings.longest
        return record.state.ended or too_late or record.opened > now + 1 + 1

    def _timed_out(self, record: Record) -> Reply | None:
        """The answer to a request that comes too late."""
        model = self.releases.pinned(record.operator, record.release)
        if model is None or not self._over(record):
            return None
        self._left(record, "timed_out")
        return sentence(model, record.state.channel, record.state.language, "timed_out", record.state.line)

    def _lost(self, record: Record) -> Reply:
        """The release a session was pinned to is gone from disk: end it politely."""
        self.store.put(replace(record, state=replace(record.state, waiting="ended")))
        model = self.releases.operator_of(record.state.msisdn, "", self._preferred)
        if model is None:
            return Reply((End("failed"),), True, record.state.language)
        return sentence(model, record.state.channel, record.state.language, "unavailable", record.state.line)

    def _now(self, model: Model) -> datetime.datetime:
        return self.clock.now(zone_of(model))

    def _switches(self, model: Model) -> Mapping[str, bool]:
        """The feature switches as they are now: of the release that is current, whatever a session is pinned to, and turned by hand."""
        current = self.releases.current.get(model.operator.name, model)
        turned = {} if self._turned is None else self._turned.of(model.operator.name)
        return {**current.operator.switches, **turned, **self.switches} if turned or self.switches else current.operator.switches

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
        forget_old(self.store, self.releases.current, self._now)
        self._late.give_up()
        self._outgoing.again()
        self.releases.forget((record.operator, record.release) for record in self.store.all())
        return len(gone)

    def watch(self, told: Callable[[Sms], None]) -> None:
        """Have `told` called with every message that leaves from here on, in whatever thread: answers, receipts, late answers, notices."""
        self._outgoing.watch = told

    def settle(self, seconds: float) -> None:
        """Wait for late answers to go out, at most so long: a command has nobody who would wait after it."""
        self._late.wait(seconds)

    def close(self) -> None:
        """Stop the threads, tell those who wait for a late answer that there is none, and write the sessions."""
        self._look_ups.close()
        self._late.give_up(everything=True)
        self._outgoing.again()
        self.store.close()


def zone_of(model: Model) -> datetime.tzinfo:
    """The operator's time zone."""
    return ZoneInfo(model.operator.time_zone)
