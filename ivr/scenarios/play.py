"""Playing a scenario: every step's acts through the runner's own door, and what came of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.engine.effects import Collect, Page, Sms, Traced, UssdNotice
from ivr.scenarios.model import Act, Scenario, Step
from ivr.scenarios.spoken import spoken_text
from ivr.scenarios.world import Stage, World
from ivr.sessions.requests import Connected, Left, Open, Reply, Request, Silence, Typed
from ivr.sessions.telling import OFFERED


@dataclass(frozen=True, slots=True)
class Turned:
    """One reply's trace, with what is needed to read it: the channel, the language, and the menu the subscriber stood in before it."""

    trace: tuple[Traced, ...]
    channel: str
    language: str
    menu: str


@dataclass(slots=True)
class Seen:
    """What came of one step. `said` holds everything that a call said, in order; `charged` is by line, in micro-units."""

    step: Step
    page: Page | None = None
    said: list[str] = field(default_factory=list)
    messages: list[Sms | UssdNotice] = field(default_factory=list)
    charged: Mapping[str, int] = field(default_factory=dict)
    ended: bool | None = None
    language: str = ""
    channel: str = ""
    secret: bool = False
    log: list[str] = field(default_factory=list)
    turns: list[Turned] = field(default_factory=list)

    def got(self, msisdn: str) -> list[Sms | UssdNotice]:
        """The messages that went to a line: SMS, and notices that the network shows on its screen."""
        return [message for message in self.messages if message.to == msisdn]


class NothingOpen(Exception):
    """A step acts in a session that the network did not open. `place` is the act's."""

    def __init__(self, place: str) -> None:
        super().__init__("nothing is open for this line: the network opened no session")
        self.place = place


@dataclass(slots=True)
class _Session:
    name: str
    channel: str
    operator: str = ""
    collect: Collect | None = None


class Player:
    """Plays one scenario in its own world."""

    def __init__(self, stage: Stage, scenario: Scenario) -> None:
        self.stage, self.scenario = stage, scenario
        self._sent = 0
        self.sessions: dict[str, _Session] = {}
        self.world: World | None = None
        self._number = 0

    def play(self, go_on: Callable[[Seen, list[Seen]], bool] = lambda seen, all_seen: True) -> list[Seen]:
        """Play the steps in order while `go_on`, asked after each with what came of it and of all so far, says so."""
        played: list[Seen] = []
        with World(self.stage, self.scenario) as world:
            self.world = world
            for step in self.scenario.steps:
                seen = self._step(world, step, played[-1] if played else None)
                played.append(seen)
                if not go_on(seen, played):
                    break
        return played

    def _step(self, world: World, step: Step, before: Seen | None) -> Seen:
        if not step.acts and before is not None:
            # nothing was done: it is the same page, once more looked at
            return Seen(
                *(step, before.page, before.said, before.messages, {}, before.ended, before.language, before.channel),
                secret=before.secret,
            )
        seen = Seen(step)
        fees, logged = world.fees(), len(world.log.lines)
        for act in step.acts:
            getattr(self, f"_{act.kind}")(world, seen, step.line, act)
        world.happen()
        sent, self._sent = world.sent(self._sent)
        # what could not be kept in the books was answered all the same
        seen.messages = [*sent, *(message for message in seen.messages if message.key not in {sms.key for sms in sent})]
        seen.charged = {msisdn: micro - fees.get(msisdn, 0) for msisdn, micro in world.fees().items() if micro != fees.get(msisdn, 0)}
        seen.log = world.log.lines[logged:]
        return seen

    # -- what is done

    def _wait(self, world: World, seen: Seen, line: str, act: Act) -> None:
        world.pass_time(float(act.argument))
        world.due()

    def _event(self, world: World, seen: Seen, line: str, act: Act) -> None:
        reply = world.runner.tell(act.argument, act.to, act.values, offered=act.ways or OFFERED)
        seen.turns.append(Turned(reply.trace, "ussd" if reply.opened else "sms", reply.language, ""))
        seen.messages += [*reply.messages, *reply.ussd_notices]
        if reply.opened:
            # the network opens a session: what the phone answers belongs to it
            self.sessions[act.to] = _Session(reply.opened, "ussd", self.scenario.operator)
            seen.page, seen.ended, seen.language, seen.channel = reply.page, reply.ended, reply.language, "ussd"

    def _hang_up(self, world: World, seen: Seen, line: str, act: Act) -> None:
        session = self._session(line, act)
        del self.sessions[line]
        self._ask(world, seen, session, Left("hung_up" if session.channel == "call" else "aborted"))

    def _dial(self, world: World, seen: Seen, line: str, act: Act) -> None:
        self._open(world, seen, line, Open("ussd", act.argument, line, language=self._language(world, line)))

    def _call(self, world: World, seen: Seen, line: str, act: Act) -> None:
        self._open(world, seen, line, Open("call", act.argument, line, language=self._language(world, line)))

    def _sms(self, world: World, seen: Seen, line: str, act: Act) -> None:
        self._open(world, seen, line, Open("sms", act.argument, line, text=act.text, language=self._language(world, line)))

    def _press(self, world: World, seen: Seen, line: str, act: Act) -> None:
        session = self._session(line, act)
        if session.channel != "call":
            self._ask(world, seen, session, Typed(act.argument))
            return
        keys, heard_before = act.argument, len(seen.said)
        while keys and session.collect is not None:
            typed, keys = _gathered(keys, session.collect)
            del seen.said[heard_before:]  # keys that follow at once cut short what is said between them
            self._ask(world, seen, session, typed)

    def _silence(self, world: World, seen: Seen, line: str, act: Act) -> None:
        session = self._session(line, act)
        for _ in range(int(act.argument)):
            if session.channel == "call":
                self._ask(world, seen, session, Silence())
            else:
                # a network gives up a USSD session that nobody answers
                world.seconds += self.stage.releases.current[session.operator].operator.ussd.wait + 1
                world.runner.sweep()

    def _person(self, world: World, seen: Seen, line: str, act: Act) -> None:
        self._ask(world, seen, self._session(line, act), Connected(act.argument))

    # -- the door

    def _session(self, line: str, act: Act) -> _Session:
        if line not in self.sessions:
            raise NothingOpen(act.place)
        return self.sessions[line]

    def _language(self, world: World, line: str) -> str | None:
        """A language for this session alone: of a line that the books do not have, and so no language for."""
        return None if self.scenario.language is None or world.knows(line) else self.scenario.language

    def _open(self, world: World, seen: Seen, line: str, opening: Open) -> None:
        before = self.sessions.get(line)
        if before is not None and before.channel == "call" and before.collect is not None:
            self._ask(world, Seen(seen.step), before, Left("hung_up"))
        self._number += 1
        model = world.runner.releases.operator_of(line, opening.address, self.scenario.operator)
        session = _Session(f"{opening.channel}:{self._number}", opening.channel, "" if model is None else model.operator.name)
        self.sessions[line] = session
        self._ask(world, seen, session, opening)

    def _ask(self, world: World, seen: Seen, session: _Session, request: Request) -> None:
        record = world.runner.store.get(session.name)
        frames = record.state.frames if record is not None else ()
        reply: Reply = world.runner.call(session.name, request)
        seen.turns.append(Turned(reply.trace, session.channel, reply.language, frames[-1].menu if frames else ""))
        seen.messages += [*reply.messages, *reply.ussd_notices]
        if isinstance(request, Left):
            session.collect = None
            return
        seen.ended, seen.language, seen.channel = reply.ended, reply.language, session.channel
        seen.page = reply.page or seen.page
        speak = reply.speak
        if speak is not None:
            seen.said.append(spoken_text(speak))
        session.collect = None if reply.ended or speak is None else speak.collect
        seen.secret = bool((reply.page is not None and reply.page.secret) or (session.collect is not None and session.collect.secret))


def _gathered(keys: str, collect: Collect) -> tuple[Typed, str]:
    """The input that a call takes from keys pressed in a row, as `ivr.channels.call_keys` gathers it, and the keys after it."""
    for number, key in enumerate(keys):
        if key in collect.end:
            return Typed(keys[:number], ended=True), keys[number + 1 :]
        if number + 1 >= collect.most:
            rest = keys[number + 1 :]
            # people end a number with # even where its last digit ended it
            late = collect.most > 1 and rest[:1] in collect.end and bool(rest)
            return Typed(keys[: number + 1]), rest[1:] if late else rest
    return Typed(keys), ""
