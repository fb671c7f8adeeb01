"""Every state of an operator's menus, found by stepping the engine itself from every way in, with every line, until nothing new comes."""

from __future__ import annotations

import dataclasses
import datetime
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

from ivr.catalog.services import Service
from ivr.engine.effects import Call
from ivr.engine.events import Answered, Begin, Event, Gone
from ivr.engine.model import Model
from ivr.engine.state import dump, load
from ivr.engine.step import Step, begin, by_sms, step
from ivr.engine.values import Line
from ivr.proofs.conditions import moments, questions_by_menu, questions_of_line
from ivr.proofs.invariants import broken
from ivr.proofs.lines import lines
from ivr.proofs.marks import Marks
from ivr.proofs.notes import Notes, dead_ends
from ivr.proofs.stimuli import Stimuli, Stimulus
from ivr.proofs.values import SECRET_DIGITS, Representatives
from ivr.proofs.walked import ENDED, Broken, Node, Walked
from ivr.proofs.watch import Watched, WatchedMoment
from ivr.proofs.ways_in import Opening, openings

DEEPEST = 12
"""Menus a session stands in before the walk goes no deeper: a tree that leads round in circles would have no end."""
MOST_STATES = 150_000
"""States before the walk gives up."""
MOST_SWITCHES = 4
"""Switches that one step may ask for and still be tried in every combination."""


class Explorer:
    """Walks one model. `watch` is told from time to time how many states there are and how many of them still wait."""

    def __init__(
        self,
        model: Model,
        services: Mapping[str, Service],
        now: datetime.datetime,
        kinds: Mapping[str, str] | None = None,
        languages: Iterable[str] | None = None,
        watch: Callable[[int, int], None] = lambda states, waiting: None,
    ) -> None:
        self.model, self._watch = model, watch
        self.values = Representatives(model.operator)
        self.questions, of_line = questions_by_menu(model), questions_of_line(model)
        self.lines = lines(model, self.questions, of_line, self.values, kinds)
        self.moments = moments(model, now)
        self.languages = tuple(languages or model.operator.languages)
        self.stimuli = Stimuli(model, services, self.questions, of_line, self.values, now)
        self.walked = Walked(model)
        self._numbers: dict[Hashable, int] = {}
        self._marks = Marks()
        self._notes = Notes(self.walked)
        self._waiting: deque[int] = deque()
        self._secrets = (SECRET_DIGITS[:4],) if any(item.type.secret for menu in model.menus.values() for item in menu.ask) else ()

    def walk(self) -> Walked:
        """Walk until nothing new comes, or a bound is reached."""
        for opening in openings(self.model, self.lines, self.languages, self.moments[0], self.stimuli):
            self._open(opening)
        self._exhaust()
        for opening in [*self._dialled(), *self._dropped()]:
            self._open(opening)
        self._exhaust()
        for number in dead_ends(self.walked, self.moments[0]):
            self._broken(number, "", f"a dead end in {self.walked.nodes[number].state.frames[-1].menu}: nothing that can be typed leads on")
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
            if number % 500 == 0:
                self._watch(len(self.walked.nodes), len(self._waiting))
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
        for what in broken(self.model, state_before, done, self._secrets, self._paid(before, stimulus)):
            self._broken(before, stimulus.label, what)
        self._notes.step(before, stimulus, done)
        if done.state.ended:
            if before is not None:
                walked.edges[before].append((self._kind(stimulus, done), ENDED))
            return
        call = next((effect for effect in done.effects if isinstance(effect, Call)), None)
        mark = self._marks.of(done.state)
        number = self._numbers.get(mark)
        if number is None:
            number = self._numbers[mark] = len(walked.nodes)
            walked.nodes.append(Node(done.state, call, before, stimulus.label, stimulus.kind, opening))
            walked.edges.append([])
            self._waiting.append(number)
            self._notes.hidden(number, stimulus)
            if call is not None and call.late == "send_by_sms" and not done.state.by_sms:
                # the answer that comes when the session is over: it goes on by itself, and nobody hears of it before
                late = dataclasses.replace(done, state=by_sms(done.state))
                self._take(number, opening, Stimulus(f"{call.service}: late, then by SMS", "late", stimulus.event), late)
        if before is not None:
            walked.edges[before].append((self._kind(stimulus, done), number))

    def _paid(self, before: int | None, stimulus: Stimulus) -> str:
        """The fee that an answer says was taken."""
        call = None if before is None else self.walked.nodes[before].call
        if call is None or not isinstance(stimulus.event, Answered):
            return ""
        fee = call.fee_for(stimulus.event.answer.outcome)
        return "" if fee is None else fee.name

    def _kind(self, stimulus: Stimulus, done: Step) -> str:
        """What an edge is: `gone`, `wrong` (a mistake or silence), `on` (through a menu or a choice), or `same`."""
        told = {traced.what for traced in done.trace}
        if stimulus.kind == "gone":
            return "gone"
        if stimulus.kind == "late":
            return "same"
        return "wrong" if told & {"no_match", "no_input"} else "on" if told & {"menu", "choice"} else "same"

    def _broken(self, before: int | None, label: str, what: str) -> None:
        if len(self.walked.broken) < 200:
            self.walked.broken.append(Broken(what, self.walked.way(before, label)))

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

    def _dropped(self) -> list[Opening]:
        """Sessions that were cut off where an entry offers to go on: each state that waits, dialled again."""
        found = []
        for number, node in enumerate(self.walked.nodes):
            event, state = node.opening.event, node.state
            resumes = state.entry >= 0 and self.model.entries[state.entry].resume and event.dropped is None
            if resumes and node.call is None and not state.mistakes and not state.silences and state.waiting != "connect":
                label = f"{', '.join(self.walked.way(number))}, cut off; {event.address}"
                found.append(Opening(label, dataclasses.replace(event, line=state.line, dropped=load(dump(state)))))
        return found
