"""What a walk went through, read from the engine's trace, and the states that lead nowhere."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from ivr.engine.effects import Call
from ivr.engine.state import State
from ivr.engine.step import Step
from ivr.engine.turn import Turn
from ivr.engine.values import Line
from ivr.proofs.stimuli import Stimulus
from ivr.proofs.walked import ENDED, Walked, Way
from ivr.services.schema import ENGINE_OWN


class Notes:
    """Notes in `walked` how each menu, choice and outcome was first reached."""

    def __init__(self, walked: Walked) -> None:
        self.walked = walked

    def step(self, before: int | None, stimulus: Stimulus, done: Step) -> None:
        """Which menus, choices and outcomes a step from state `before` went through."""
        walked, channel = self.walked, done.state.channel
        node = None if before is None else walked.nodes[before]
        menu = node.state.frames[-1].menu if node is not None and node.state.frames else ""
        own = stimulus.label.startswith(ENGINE_OWN)
        for traced in done.trace:
            if traced.what == "menu":
                menu = traced.detail
                if (menu, channel) not in walked.menus:
                    walked.menus[menu, channel] = self._way(before, stimulus)
            elif traced.what == "choice":
                if (menu, traced.detail, channel) not in walked.choices:
                    walked.choices[menu, traced.detail, channel] = self._way(before, stimulus)
            elif traced.what in ("answer", "connect"):
                if node is not None and node.call is not None and _only_in_theory(node.call, traced.detail, done.state.line):
                    continue
                found = walked.outcomes.get((menu, traced.detail, channel))
                # a service of the menu's own says more than the engine's look at the funds, which comes before it
                if found is None or (found[-1].startswith(ENGINE_OWN) and stimulus.label and not own):
                    walked.outcomes[menu, traced.detail, channel] = self._way(before, stimulus)
        # an outcome that no service answered, such as hours that are closed, is known by what the menu says of it
        for frame in [*done.state.frames[-1:], *(head.frame for head in done.state.heads)]:
            if frame.told and frame.told != "late" and (frame.menu, frame.told, channel) not in walked.outcomes:
                walked.outcomes[frame.menu, frame.told, channel] = self._way(before, stimulus)

    def hidden(self, number: int, stimulus: Stimulus) -> None:
        """Whether a menu shows none of its choices in state `number`: as a page, or as what a call has said and left."""
        state = self.walked.nodes[number].state
        turn = Turn.of(self.walked.model, state, stimulus.event.now, getattr(stimulus.event, "switches", {}))
        shown = [state.frames[-1]] if state.waiting == "menu" else []
        for frame in [*shown, *(head.frame for head in state.heads if head.what == "menu")]:
            menu, mark = self.walked.model.menus[frame.menu], (frame.menu, state.channel)
            if menu.choices and not frame.told and not menu.then and mark not in self.walked.hidden and not turn.visible(frame):
                self.walked.hidden[mark] = self.walked.way(number)

    def _way(self, before: int | None, stimulus: Stimulus) -> Way:
        return self.walked.way(before, stimulus.label, stimulus.kind)


def _only_in_theory(call: Call, outcome: str, line: Line | None) -> bool:
    """What a service may answer and ours never do: an act is waited for, so never late; a postpaid line is billed, so it lacks nothing."""
    billed = line is not None and line.kind == "postpaid"
    return (outcome == "late" and call.change) or (outcome == "not_enough" and billed and call.service in ENGINE_OWN)


def dead_ends(walked: Walked, now: datetime.datetime) -> Iterator[int]:
    """States from which neither an end nor another menu can be reached by anything else than mistakes and silence.

    A page of a finished menu, which has more pages and nothing else, is read and left. What a bound kept from being walked is let be.
    """
    leads = {number for number, edges in enumerate(walked.edges) if not edges or _is_finished(walked, walked.nodes[number].state, now)}
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
    yield from (number for number in range(len(walked.nodes)) if number not in leads)


def _is_finished(walked: Walked, state: State, now: datetime.datetime) -> bool:
    return state.channel != "call" and state.waiting == "menu" and not Turn.of(walked.model, state, now, {}).visible()
