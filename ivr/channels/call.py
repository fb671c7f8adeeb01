"""A voice call: one FastAGI connection driven through the runner's door.

The door says what to speak and which keys to collect; this module plays it, gathers the keys and hands them back, until the door ends
the session or the caller hangs up. Every session opened is either ended by the door or left exactly once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from ivr.channels.agi_protocol import AgiError, Environment, HungUp
from ivr.channels.agi_server import AgiConnection
from ivr.channels.call_keys import CallKeys
from ivr.engine.effects import Speak, Spoken
from ivr.sessions.requests import Connected, Door, Left, Open, Reply, Request

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"[0-9*#]{1,32}")
_LINE = re.compile(r"[0-9]{5,15}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
PEOPLE = "Local/{number}@people"
"""Where a person is called: the dialplan's context `people`, of our own Asterisk (ivr/telephony/conf) or of yours."""
LONGEST_CONVERSATION = 4 * 3600.0
"""Seconds that a conversation with a person may last; Asterisk's own hang-up ends it before."""
_OUTCOMES = {"ANSWER": "answered", "BUSY": "busy"}
"""What Asterisk's DIALSTATUS means to the menus; anything else is `no_answer`."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Sound ready to be played: its `path` without the suffix, as Asterisk wants it, and how long it is."""

    path: str
    milliseconds: int


class Prompts(Protocol):
    """Where sound comes from. Called in an executor: it may block."""

    def join(self, parts: Sequence[Spoken]) -> Joined:
        """One file that says `parts`, made where there is none yet. Raises any exception where that is impossible."""

    def apology(self, language: str) -> Joined | None:
        """ "Something went wrong, please call again later", or None where there is no such prompt."""

    def farewell(self, language: str) -> Joined | None:
        """What ends a call that has lasted too long, or None where there is no such prompt."""


SECRET = "IVRSECRET"
"""Channel variable: 1 while a password or PIN is asked for, else empty."""


@dataclass(frozen=True, slots=True)
class CallSettings:
    """How calls run. Times in seconds.

    `longest`: a call's longest time; `longest_step`: how long the door may take for one step before the caller gets an apology.
    `language`: of an apology before the door has said one. `people`: where a person is called (`{number}` is theirs); None: nobody can be.
    """

    longest: float = 600.0
    longest_step: float = 30.0
    language: str = "en"
    people: str | None = PEOPLE


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls what: `number` dialled, `line` that calls (its SIP login; "" where unknown), `language` for this call only."""

    number: str
    line: str
    language: str | None = None


def read_caller(environment: Environment) -> Caller:
    """The caller, from the dialplan's `AGI(agi://host:port/ivr,<number dialled>,<line>[,<language>])`.

    The line is the dialplan's word alone: `agi_callerid` is whatever the caller's telephone wrote into its From header.
    """
    number = environment.argument(1) or environment.get("dnid") or environment.get("extension")
    line = (environment.argument(2) or "").removeprefix("+")
    language = environment.argument(3) or ""
    return Caller(
        number if _NUMBER.fullmatch(number) else "",
        line if _LINE.fullmatch(line) else "",
        language if _LANGUAGE.fullmatch(language) else None,
    )


def mask(number: str) -> str:
    """A telephone number for a log: the first five digits and the last two, or nothing of a short one."""
    return f"{number[:5]}***{number[-2:]}" if len(number) >= 9 else "***" if number else "unknown"


class StepFailed(Exception):
    """The door raised or took too long, or a prompt could not be made. `what` is safe to log."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class CallDriver:
    """Runs calls: give an instance to `AgiServer` as its `serve`. `executor` is where prompts are joined (None: the loop's own)."""

    def __init__(
        self,
        door: Door,
        prompts: Prompts,
        executor: Executor | None = None,
        settings: CallSettings | None = None,
        new_id: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self.door = door
        self.prompts = prompts
        self.executor = executor
        self.settings = settings or CallSettings()
        self._new_id = new_id

    async def __call__(self, connection: AgiConnection) -> None:
        """Run one call to its end. Raises nothing but what cancels it."""
        # Two Asterisks, or one restarted, may use one uniqueid twice: the random part keeps sessions apart.
        session = f"call:{connection.environment.get('uniqueid')}:{self._new_id()}"
        await _Call(self, connection, session, read_caller(connection.environment)).run()


class _Call:
    """The state of one call."""

    def __init__(self, driver: CallDriver, connection: AgiConnection, session: str, caller: Caller) -> None:
        self._driver = driver
        self._connection = connection
        self._session = session
        self._caller = caller
        self._keys = CallKeys(connection)
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + driver.settings.longest
        self._language = caller.language or driver.settings.language
        self._open = self._hidden = False
        self._steps = 0

    async def run(self) -> None:
        """The whole call: never raises for what a caller, the door, the prompts or Asterisk do."""
        how, left = "completed", "hung_up"
        try:
            how = await self._converse()
            left = "timed_out" if how == "timed_out" else "aborted"
        except HungUp as gone:
            how, left = gone.why, "hung_up" if gone.why == "hung_up" else "aborted"
        except StepFailed as failed:
            how, left = f"failed ({failed.what})", "aborted"
            await self._part(self._driver.prompts.apology)
        except AgiError as error:
            how, left = f"failed ({type(error).__name__})", "aborted"
            await self._part(self._driver.prompts.apology)
        except asyncio.CancelledError:
            how, left = "cut off", "aborted"
            raise
        finally:
            self._connection.close()
            log.info("call %s: %s called %s, %d steps, %s", self._session, mask(self._caller.line), self._caller.number, self._steps, how)
            await self._leave(left)

    async def _converse(self) -> str:
        """Answer and go on until the session has ended; says how it ended, `completed` or `timed_out`."""
        await self._connection.command("ANSWER")
        await self._keys.start()
        reply = await self._ask(Open("call", self._caller.number, self._caller.line, language=self._caller.language))
        while (speak := reply.speak) is not None:
            path = await self._join(speak)
            await self._hide(speak.collect is not None and speak.collect.secret)
            await self._keys.play(path.path, path.milliseconds, speak.collect)
            if speak.connect is not None and not reply.ended:
                reply = await self._ask(Connected(await self._connect(speak.connect, speak.ring)))
                continue
            if speak.collect is None or reply.ended:
                break
            request = await self._keys.gather(speak.collect, self._seconds_left)
            if self._seconds_left() <= 0:
                await self._part(self._driver.prompts.farewell)
                return "timed_out"
            reply = await self._ask(request)
        await self._connection.command("HANGUP")
        return "completed"

    async def _hide(self, secret: bool) -> None:
        """Have the channel variable say whether what is keyed from here on is a secret: recordings and logs beside us can leave it out."""
        if secret != self._hidden:
            self._hidden = secret
            await self._connection.command("SET VARIABLE", SECRET, "1" if secret else "")

    async def _connect(self, number: str, ring: float) -> str:
        """Hand the call to a person and wait until it comes back: `answered` (they have spoken), `busy` or `no_answer`.

        Raises HungUp where the caller was gone before anybody answered. Keys pressed meanwhile are the person's, not ours.
        """
        people = self._driver.settings.people
        if people is None or not _NUMBER.fullmatch(number):
            log.warning("call %s: nobody can be called from here (CallSettings.people)", self._session)
            return "no_answer"
        # g: the call comes back to us when the person hangs up; what became of it is told even where the caller hung up first
        dialled = f"{people.format(number=number)},{max(round(ring), 1)},g"
        await self._connection.command("EXEC", "Dial", dialled, seconds=ring + LONGEST_CONVERSATION, through=True)
        status = await self._connection.get_variable("DIALSTATUS", through=True)
        outcome = _OUTCOMES.get(status, "no_answer")
        if outcome != "answered":
            if self._connection.gone.done():
                raise HungUp(self._connection.gone.result())
            await self._keys.forget()
        return outcome

    async def _ask(self, request: Request) -> Reply:
        """One step of the door. The caller may be gone after it: then it raises HungUp, with the step done."""
        self._open = True
        self._steps += 1
        step = asyncio.ensure_future(self._driver.door.call(self._session, request))
        # A step that books money is never cancelled half way: after a hang-up or a stop it still runs to its end.
        finished, _ = await asyncio.wait([step], timeout=self._driver.settings.longest_step)
        if not finished:
            step.add_done_callback(_forget)
            raise StepFailed("the door took too long")
        if step.cancelled():
            raise StepFailed("the door was cancelled")
        error = step.exception()
        if error is not None:
            raise StepFailed(f"the door raised {type(error).__name__}")
        reply = step.result()
        self._open = not reply.ended
        self._language = reply.language or self._language
        if self._connection.gone.done():
            raise HungUp(self._connection.gone.result())
        return reply

    async def _join(self, speak: Speak) -> Joined:
        try:
            return await self._loop.run_in_executor(self._driver.executor, self._driver.prompts.join, speak.parts)
        except Exception as error:
            raise StepFailed(f"no prompt, {type(error).__name__}") from None

    async def _part(self, prompt: Callable[[str], Joined | None]) -> None:
        """Say a last word where there is one, and hang up. Whatever fails here fails silently: there is nothing better to do."""
        try:
            sound = await self._loop.run_in_executor(self._driver.executor, prompt, self._language)
            if sound is not None:
                await self._connection.stream_file(sound.path, "", sound.milliseconds)
        except Exception as error:
            log.warning("call %s: no last word, %s", self._session, type(error).__name__)
        with contextlib.suppress(AgiError):
            await self._connection.command("HANGUP")

    async def _leave(self, why: str) -> None:
        """Tell the door that the caller is gone, where the session has not ended; once."""
        if not self._open:
            return
        self._open = False
        try:
            await asyncio.wait_for(self._driver.door.call(self._session, Left(why)), self._driver.settings.longest_step)
        except Exception as error:
            log.warning("call %s: the door did not take leave, %s", self._session, type(error).__name__)

    def _seconds_left(self) -> float:
        return self._deadline - self._loop.time()


def _forget(step: asyncio.Future[Reply]) -> None:
    """Look at a late step's exception, so that asyncio does not print it with all it says."""
    if not step.cancelled():
        step.exception()
