"""Every state of an operator's menus, found by stepping the engine itself from every way in, with every line, until nothing new comes.

Two states are one where the engine cannot tell them apart: all of a state counts but the session's name and the counters of inputs and
effects. Two things are folded on purpose. Silences and mistakes are counted apart and each is compared with its own limit only, so a state
that has both is taken for one that has the silences alone. In a call, and where a value is awaited, what was said before is not kept by the
engine but for whole menus, so nothing else of it counts.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping

from ivr.catalog.services import Service
from ivr.engine.effects import Call
from ivr.engine.events import Begin, Event, Gone
from ivr.engine.model import Model
from ivr.engine.state import Frame, State
from ivr.engine.step import Step, begin, step
from ivr.engine.turn import Turn
from ivr.engine.values import Line, Secret
from ivr.proofs.conditions import moments, questions_by_menu, questions_of_line
from ivr.proofs.invariants import broken
from ivr.proofs.lines import lines
from ivr.proofs.stimuli import Stimuli, Stimulus
from ivr.proofs.values import SECRET_DIGITS, Representatives
from ivr.proofs.walked import ENDED, Broken, Node, Walked
from ivr.proofs.watch import Watched, WatchedMoment
from ivr.proofs.ways_in import Opening, openings
from ivr.services.schema import ENGINE_OWN

DEEPEST = 12
"""Menus a session stands in before the walk goes no deeper: a tree that leads round in circles would have no end."""
MOST_STATES = 400_000
"""States before the walk gives up."""
MOST_SWITCHES = 4
"""Switches that one step may ask for and still be tried in every combination."""


class Explorer:
    """Walks one model."""

    def __init__(
        self,
        model: Model,
        services: Mapping[str, Service],
        now: datetime.datetime,
        kinds: Mapping[str, str] | None = None,
        languages: Iterable[str] | None = None,
    ) -> None:
        self.model = model
        self.values = Representatives(model.operator)
        self.questions, of_line = questions_by_menu(model), questions_of_line(model)
        self.lines = lines(model, of_line, self.values, kinds)
        self.moments = moments(model, now)
        self.languages = tuple(languages or model.operator.languages)
        self.stimuli = Stimuli(model, services, self.questions, of_line, self.values, now)
        self.walked = Walked(model)
        self._numbers: dict[Hashable, int] = {}
        self._frozen: dict[int, tuple[object, Hashable]] = {}
        self._waiting: deque[int] = deque()
        self._secrets = (SECRET_DIGITS[:4],) if any(item.type.secret for menu in model.menus.values() for item in menu.ask) else ()

    def walk(self) -> Walked:
        """Walk until nothing new comes, or a bound is reached."""
        for opening in openings(self.model, self.lines, self.languages, self.moments[0], self.stimuli):
            self._open(opening)
        self._exhaust()
        for opening in self._dialled():
            self._open(opening)
        self._exhaust()
        self._dead_ends()
        self.walked.bounds |= self.values.cut
        return self.walked

    # -- one step

    def _open(self, opening: Opening) -> None:
        for event, setting in self._settings(opening.event):
            assert isinstance(event, Begin)
            try:
                done = begin(self.model, "walk", event)
            except Exception as error:  # whatever it is, it is a fault of the engine and belongs into the report
                self.walked.broken.append(Broken(f"{type(error).__name__}: {error}", (opening.label + setting,)))
                continue
            self._take(None, opening, Stimulus(opening.label + setting, "begin", event), done)

    def _exhaust(self) -> None:
        while self._waiting:
            number = self._waiting.popleft()
            node = self.walked.nodes[number]
            if len(node.state.frames) > DEEPEST:
                self.walked.bounds.add(f"more than {DEEPEST} menus deep at {node.state.frames[-1].menu}")
                continue
            if len(self.walked.nodes) > MOST_STATES:
                self.walked.bounds.add(f"more than {MOST_STATES} states")
                self._waiting.clear()
                return
            for stimulus in self.stimuli.of(node.state, node.call, {}):
                for event, setting in self._settings(stimulus.event):
                    try:
                        done = step(self.model, node.state, event)
                    except Exception as error:
                        self._broken(number, stimulus.label, f"{type(error).__name__}: {error}")
                        continue
                    self._take(number, node.opening, Stimulus(stimulus.label + setting, stimulus.kind, event), done)

    def _settings(self, event: Event) -> Iterator[tuple[Event, str]]:
        """The event under every setting of switches and every hour that its step asked for: the step itself tells which, by looking."""
        if isinstance(event, Gone) or not (self.model.operator.switches or len(self.moments) > 1):
            yield event, ""
            return
        asked: dict[str, None] = {}
        done: set[tuple[tuple[str, ...], int]] = set()
        timely = False
        while True:
            flips = list(asked)[:MOST_SWITCHES]
            settings = [
                (tuple(name for bit, name in enumerate(flips) if number >> bit & 1), moment)
                for number in range(1 << len(flips))
                for moment in range(len(self.moments) if timely else 1)
            ]
            fresh = [setting for setting in settings if setting not in done]
            if not fresh:
                return
            for flipped, moment in fresh:
                done.add((flipped, moment))
                watched = Watched({name: not self.model.operator.switches[name] for name in flipped})
                now = WatchedMoment.of(self.moments[moment])
                WatchedMoment.looked = False
                yield dataclasses.replace(event, now=now, switches=watched), self._told(flipped, moment)
                asked.update(dict.fromkeys(name for name in watched.asked if name in self.model.operator.switches))
                timely = timely or (WatchedMoment.looked and len(self.moments) > 1)

    def _told(self, flipped: tuple[str, ...], moment: int) -> str:
        told = [f"{name} {'off' if self.model.operator.switches[name] else 'on'}" for name in flipped]
        told += [f"{self.moments[moment]:%a %H:%M}"] if moment else []
        return f" ({', '.join(told)})" if told else ""

    def _take(self, before: int | None, opening: Opening, stimulus: Stimulus, done: Step) -> None:
        walked = self.walked
        walked.transitions += 1
        state_before = None if before is None else walked.nodes[before].state
        for what in broken(self.model, state_before, done, self._secrets):
            self._broken(before, stimulus.label, what)
        self._note(before, state_before, stimulus, done)
        if done.state.ended:
            if before is not None:
                walked.edges[before].append((self._kind(stimulus, done), ENDED))
            return
        call = next((effect for effect in done.effects if isinstance(effect, Call)), None)
        mark = self._mark(done.state)
        number = self._numbers.get(mark)
        if number is None:
            number = self._numbers[mark] = len(walked.nodes)
            walked.nodes.append(Node(done.state, call, before, stimulus.label, stimulus.kind, opening))
            walked.edges.append([])
            self._waiting.append(number)
            self._note_hidden(number, stimulus.event)
        if before is not None:
            walked.edges[before].append((self._kind(stimulus, done), number))

    def _kind(self, stimulus: Stimulus, done: Step) -> str:
        """What an edge is: `gone`, `wrong` (a mistake or silence), `on` (through a menu or a choice), or `same`."""
        told = {traced.what for traced in done.trace}
        if stimulus.kind == "gone":
            return "gone"
        return "wrong" if told & {"no_match", "no_input"} else "on" if told & {"menu", "choice"} else "same"

    def _broken(self, before: int | None, label: str, what: str) -> None:
        if len(self.walked.broken) < 200:
            self.walked.broken.append(Broken(what, self.walked.way(before, label)))

    def _note(self, before: int | None, state: State | None, stimulus: Stimulus, done: Step) -> None:
        """Which menus, choices and outcomes this step went through, as its trace tells."""
        walked, channel = self.walked, done.state.channel
        menu = state.frames[-1].menu if state is not None and state.frames else ""
        for traced in done.trace:
            match traced.what:
                case "menu":
                    menu = traced.detail
                    if (menu, channel) not in walked.menus:
                        walked.menus[menu, channel] = walked.way(before, stimulus.label, stimulus.kind)
                case "choice":
                    if (menu, traced.detail, channel) not in walked.choices:
                        walked.choices[menu, traced.detail, channel] = walked.way(before, stimulus.label, stimulus.kind)
                case "answer":
                    found = walked.outcomes.get((menu, traced.detail, channel))
                    # a service of the menu's own says more than the engine's look at the funds, which comes before it
                    if found is None or (found[-1].startswith(ENGINE_OWN) and not stimulus.label.startswith(ENGINE_OWN) and stimulus.label):
                        walked.outcomes[menu, traced.detail, channel] = walked.way(before, stimulus.label, stimulus.kind)

    def _note_hidden(self, number: int, event: Event) -> None:
        """A menu with choices none of which this line can take: the page, or what a call has said and left."""
        state = self.walked.nodes[number].state
        switches = getattr(event, "switches", {})
        shown = [state.frames[-1]] if state.waiting == "menu" else []
        for frame in [*shown, *(head.frame for head in state.heads if head.what == "menu")]:
            menu = self.model.menus[frame.menu]
            mark = (frame.menu, state.channel)
            if menu.choices and not frame.told and mark not in self.walked.hidden and not menu.then:
                turn = Turn.of(self.model, state, event.now, switches)
                if not turn.visible(frame):
                    self.walked.hidden[mark] = self.walked.way(number)

    # -- which states are one

    def _mark(self, state: State) -> Hashable:
        answering, written = state.waiting.startswith("call:"), state.channel != "call"
        kept = state.heads if answering or (written and state.waiting == "menu") else [head for head in state.heads if head.what == "menu"]
        return (
            state.channel,
            state.language,
            state.line,
            state.entry,
            state.home,
            state.waiting,
            tuple(map(self._frame, state.frames)),
            tuple(
                [(head.what, self._frame(head.frame, paged=head.what == "menu" and not written), self._freeze(head.extra)) for head in kept]
            ),
            state.dial,
            state.paid,
            state.silences,
            0 if state.silences else state.mistakes,
        )

    def _frame(self, frame: Frame, paged: bool = True) -> Hashable:
        fields, got = self._freeze(frame.fields), self._freeze(frame.got)
        return (frame.menu, fields, got, frame.then, frame.told, frame.page if paged else 0, frame.confirmed, frame.acted)

    def _freeze(self, value: object) -> Hashable:
        """A value that can be hashed. Remembered by identity, for the same answers come again and again."""
        if isinstance(value, Secret):
            return "secret"
        if not isinstance(value, Mapping | tuple):
            return value
        found = self._frozen.get(id(value))
        if found is None:
            if isinstance(value, tuple):
                frozen: Hashable = tuple(map(self._freeze, value))
            else:
                frozen = tuple((name, self._freeze(item)) for name, item in sorted(value.items()))
            found = self._frozen[id(value)] = (value, frozen)
        return found[1]

    # -- afterwards

    def _dialled(self) -> list[Opening]:
        """The codes that lead by themselves to what was found key by key (LANGUAGE, "How it runs", 13)."""
        found: dict[tuple[str, Line | None], Opening] = {}
        first = self.languages[0]
        for number, node in enumerate(self.walked.nodes):
            event = node.opening.event
            if event.channel != "ussd" or node.call is not None or node.state.language != first or node.state.mistakes:
                continue
            typed: list[str] = []
            at: int | None = number
            while at is not None and (here := self.walked.nodes[at]).before is not None:
                if here.kind == "key":
                    typed.insert(0, here.label)
                elif here.kind != "answer" or here.label:
                    break
                at = here.before
            else:
                if typed and all(text.isascii() and text.isdigit() for text in typed):
                    code = f"{event.address[:-1]}*{'*'.join(typed)}#"
                    found.setdefault((code, event.line), node.opening.dialling(code))
                    found.setdefault((f"{code[:-1]}*99#", event.line), node.opening.dialling(f"{code[:-1]}*99#"))
        return list(found.values())

    def _dead_ends(self) -> None:
        """From every state that waits, an end or another menu can be reached by something else than mistakes and silence.

        A page of a finished menu, which has more pages and nothing else, is read and left. What a bound kept from being walked is let be.
        """
        walked = self.walked
        leads = {number for number, edges in enumerate(walked.edges) if not edges or self._is_finished(walked.nodes[number].state)}
        into: dict[int, list[int]] = {}
        for number, edges in enumerate(walked.edges):
            here = walked.nodes[number].state.frames[-1].menu
            for kind, target in edges:
                if kind in ("wrong", "gone"):
                    continue
                if kind == "on" or target == ENDED or walked.nodes[target].state.frames[-1].menu != here:
                    leads.add(number)
                else:
                    into.setdefault(target, []).append(number)
        waiting = list(leads)
        while waiting:
            for before in into.get(waiting.pop(), ()):
                if before not in leads:
                    leads.add(before)
                    waiting.append(before)
        for number, node in enumerate(walked.nodes):
            if number not in leads:
                self._broken(number, "", f"a dead end in {node.state.frames[-1].menu}: nothing that can be typed leads on")

    def _is_finished(self, state: State) -> bool:
        return state.channel != "call" and state.waiting == "menu" and not Turn.of(self.model, state, self.moments[0], {}).visible()
