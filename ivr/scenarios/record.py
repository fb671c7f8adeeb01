"""`--record`: a session as it happens, appended to a scenario file with golden expectations.

What is typed where a secret is asked for never reaches the file: `SECRET` stands there instead, for the author to replace by the password
of a demo line.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.catalog.faults import Faults
from ivr.catalog.source import Node, read_text
from ivr.engine.model import Model
from ivr.scenarios.spoken import spoken_text
from ivr.scenarios.written import block, quoted
from ivr.sessions.requests import Connected, Door, Left, Open, Reply, Request, Silence, Typed

SECRET = "SECRET"
"""Stands for what was typed at a secret question."""
HEADER = "# A scenario plays one session after the other on fresh demo lines; `ivr test` runs it, docs/scenarios.md tells how to write one."
LONGEST_NAME = 60


class CannotRecord(ValueError):
    """The file is there and no scenario can be appended to it. The message says why."""


@dataclass(slots=True)
class _Step:
    act: str
    argument: str
    secret: bool = False
    times: int = 1
    page: str | None = None
    said: list[str] = field(default_factory=list)
    got: list[str] = field(default_factory=list)


class Recording:
    """Notes every request and reply of one session, in order. `model`: the menus, which know where a code may hold a secret."""

    def __init__(self, line: str, language: str | None, now: datetime.datetime, model: Model | None = None) -> None:
        self.line, self.language, self.now, self._model = line, language, now, model
        self.steps: list[_Step] = []
        self._secret = False

    def note(self, request: Request, reply: Reply) -> None:
        """One request of the session and what it got."""
        step = self._step(request)
        if step is None:
            return
        if step.act == "dial" and self._asks_secrets(step):
            _hide(step, self._pressed(reply))
        step.page = reply.page.text if reply.page is not None else step.page
        if reply.speak is not None:
            step.said.append(spoken_text(reply.speak))
        step.got += [message.text for message in reply.messages if message.to == self.line]
        collect = reply.speak.collect if reply.speak is not None else None
        self._secret = bool((reply.page is not None and reply.page.secret) or (collect is not None and collect.secret))

    def _asks_secrets(self, step: _Step) -> bool:
        """Whether a dialled code may hold a secret: it has parts, and its first part leads to a menu with a secret field somewhere."""
        if self._model is None:
            return True
        model, first = self._model, step.argument.strip("*#").partition("*")[0]
        waiting = [entry.go for entry in model.entries if entry.channel == "ussd" and entry.parts[0] == first]
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in model.menus:
                continue
            seen.add(name)
            menu = model.menus[name]
            if any(field.type.secret for field in menu.ask):
                return True
            waiting += [choice.go for choice in menu.choices] + [menu.then or ""]
            waiting += [outcome.go or "" for outcome in menu.otherwise.values()]
        return False

    def _pressed(self, reply: Reply) -> int:
        """How many parts of the code were keys of choices: those are no secrets."""
        return sum(traced.what == "choice" for traced in reply.trace)

    def around(self, call: Callable[[str, Request], Reply]) -> Callable[[str, Request], Reply]:
        """`call` (a runner's), noting what goes through it."""

        def noted(session: str, request: Request) -> Reply:
            reply = call(session, request)
            self.note(request, reply)
            return reply

        return noted

    def around_door(self, door: Door) -> RecordingDoor:
        """`door`, noting what goes through it."""
        return RecordingDoor(door, self)

    def _step(self, request: Request) -> _Step | None:
        match request:
            case Open():
                self.steps.append(_Step("dial" if request.channel == "ussd" else request.channel, request.address))
            case Typed():
                typed = SECRET if self._secret else request.text + ("#" if request.ended else "")
                self.steps.append(_Step("press", typed, self._secret))
            case Silence():
                if self.steps and self.steps[-1].act == "silence":
                    self.steps[-1].times += 1
                else:
                    self.steps.append(_Step("silence", ""))
            case Connected():
                self.steps.append(_Step("person", request.outcome))
            case Left():
                if request.why == "hung_up":
                    self.steps.append(_Step("hang_up", "true"))
                return None
            case _:
                return None
        return self.steps[-1]

    def text(self, name: str) -> str:
        """The scenario, as it stands below `scenarios:`."""
        lines = [f"  {name}:", "    golden: unseen", f'    line: "{self.line}"', f'    now: "{self.now:%Y-%m-%d %H:%M:%S}"']
        if self.language is not None:
            lines.append(f"    language: {self.language}")
        lines.append("    steps:")
        for step in self.steps:
            lines += self._lines(step)
        return "\n".join(lines) + "\n"

    def _lines(self, step: _Step) -> list[str]:
        plain = step.act in ("hang_up", "person")
        argument = str(step.times) if step.act == "silence" else step.argument if plain else quoted(step.argument)
        note = "   # a secret was typed here: write the password of this demo line" if step.secret else ""
        lines = [f"      - {step.act}: {argument}{note}"]
        if step.page is not None:
            lines += block("page", step.page, 8)
        elif step.said:
            lines += block("heard", "\n".join(step.said), 8)
        for got in step.got[:1]:
            lines += block("get", got, 8)
        return lines

    def name(self) -> str:
        """A name for the scenario, from what was done: `dial_111_1_7`."""
        parts = [re.sub("[^0-9a-z]+", "_", f"{step.act} {step.argument}".lower()).strip("_") for step in self.steps[:1]]
        parts += [re.sub("[^0-9a-z]+", "_", step.argument.lower()).strip("_") for step in self.steps[1:] if step.act == "press"]
        return "_".join(filter(None, parts))[:LONGEST_NAME].strip("_") or "recorded"


def _hide(step: _Step, pressed: int) -> None:
    """Leave of a code its first part and the `pressed` keys of choices: `*202*1*SECRET#`."""
    parts = step.argument.strip("*#").split("*")
    if len(parts) > 1 + pressed:
        step.argument, step.secret = f"*{'*'.join(parts[: 1 + pressed])}*{SECRET}#", True


class RecordingDoor:
    """A door that notes what goes through it."""

    def __init__(self, door: Door, recording: Recording) -> None:
        self._door, self._recording = door, recording

    async def call(self, session: str, request: Request) -> Reply:
        """Hand the request on, and note it with its reply."""
        reply = await self._door.call(session, request)
        self._recording.note(request, reply)
        return reply


def ready_to_record(path: Path) -> None:
    """Look whether a scenario can be appended to `path`, before a session is spent on it. Raises CannotRecord."""
    if path.is_dir():
        raise CannotRecord(f"{path} is a folder: write a file in it, {path / 'recorded.yaml'}")
    if not path.parent.is_dir() and not (path.parent.name == "scenarios" and path.parent.parent.is_dir()):
        raise CannotRecord(f"there is no folder {path.parent}")
    if path.exists() and path.read_bytes().strip():
        _names(path)


def append(path: Path, recording: Recording) -> str:
    """Append the recorded scenario to the file, which is made where there is none; returns its name. Raises CannotRecord, OSError."""
    taken: Sequence[str] = ()
    if path.exists() and path.read_bytes().strip():
        taken = _names(path)
        before = path.read_bytes().decode("utf-8")
        before += "" if before.endswith("\n") else "\n"
    else:
        path.parent.mkdir(exist_ok=True)
        before = f'{HEADER}\nnow: "{recording.now:%Y-%m-%d %H:%M}"\nscenarios:\n'
    first = name = recording.name()
    number = 1
    while name in taken:
        number += 1
        name = f"{first}_{number}"
    gap = "" if before.endswith("scenarios:\n") else "\n"
    path.write_bytes((before + gap + recording.text(name)).encode("utf-8"))
    return name


def _names(path: Path) -> tuple[str, ...]:
    """The scenarios of a file that one more can be appended to."""
    faults = Faults()
    top: Node | None = read_text(path.read_bytes(), path.name, faults)
    if top is None:
        raise CannotRecord(f"{path} cannot be read: {faults.sorted()[0]}")
    every = top.get("scenarios") if top.kind == "map" else None
    if every is None or every.kind != "map" or not every.pairs or top.names()[-1] != "scenarios":
        raise CannotRecord(f"{path} is no scenario file that ends with its scenarios: record into a new file")
    if any(key.place.rsplit(":", 1)[1] != "3" for key, _ in every.pairs):
        raise CannotRecord(f"the scenarios of {path} are not indented by two spaces: record into a new file")
    return every.names()
