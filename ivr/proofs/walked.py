"""What a walk found: every state, how it was first reached, and what no walk reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ivr.engine.effects import Call
from ivr.engine.model import Model
from ivr.engine.state import State
from ivr.proofs.ways_in import Opening

ENDED = -1
"""Where edges lead that end the session."""

Way = tuple[str, ...]
"""How something is reached: the line and the code first, then keys and answers."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a step broke, and the way there."""

    what: str
    path: Way


@dataclass(frozen=True, slots=True)
class Node:
    """A state, the call it waits for, and the step that first led to it: from which state (None: a way in), by what."""

    state: State
    call: Call | None
    before: int | None
    label: str
    kind: str
    opening: Opening


@dataclass(slots=True)
class Walked:
    """The states and how they hang together. `menus` (menu, channel), `choices` (menu, key, channel) and `outcomes` (menu, outcome,
    channel) say how each was first reached; `hidden` (menu, channel) how a menu with choices comes to show none. `edges` are by state:
    what each is (`on`, `same`, `wrong`, `gone`) and the state it leads to.
    """

    model: Model
    nodes: list[Node] = field(default_factory=list)
    edges: list[list[tuple[str, int]]] = field(default_factory=list)
    transitions: int = 0
    bounds: set[str] = field(default_factory=set)
    broken: list[Broken] = field(default_factory=list)
    menus: dict[tuple[str, str], Way] = field(default_factory=dict)
    choices: dict[tuple[str, str, str], Way] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str], Way] = field(default_factory=dict)
    hidden: dict[tuple[str, str], Way] = field(default_factory=dict)

    def way(self, number: int | None, label: str = "", kind: str = "") -> Way:
        """The shortest way to a state, and from there by `label`. Choices pressed in a row are dialled at once: `*111*1*7#`."""
        steps: list[tuple[str, bool]] = [(label, self._is_choice(number, label, kind))] if label else []
        while number is not None:
            node = self.nodes[number]
            if node.label:
                steps.append((node.label, self._is_choice(node.before, node.label, node.kind)))
            number = node.before
        steps.reverse()
        first = steps[0][0] if steps else ""
        pressed = next((count for count, (_, is_choice) in enumerate(steps[1:]) if not is_choice), len(steps) - 1)
        if pressed > 0 and first.endswith("#"):
            dialled = "".join(f"*{text}" for text, _ in steps[1 : 1 + pressed])
            return (f"{first[:-1]}{dialled}#", *(text for text, _ in steps[1 + pressed :]))
        return tuple(text for text, _ in steps)

    def _is_choice(self, before: int | None, label: str, kind: str) -> bool:
        if before is None or kind != "key":
            return False
        state = self.nodes[before].state
        if state.channel != "ussd" or state.waiting != "menu":
            return False
        return label in [choice.key for choice in self.model.menus[state.frames[-1].menu].choices]

    def never(self) -> Iterator[tuple[str, str]]:
        """What no walk reaches on any channel: the place in the menu files, and what it is. Nothing where a bound was reached."""
        if self.bounds:
            return
        menus = {menu for menu, _ in self.menus}
        choices = {(menu, key) for menu, key, _ in self.choices}
        outcomes = {(menu, outcome) for menu, outcome, _ in self.outcomes}
        for name, menu in self.model.menus.items():
            if name not in menus:
                yield menu.place, f"nobody comes to {name}"
                continue
            for choice in menu.choices:
                if (name, choice.key) not in choices:
                    yield choice.place, f"nobody can press {choice.key} in {name}"
            if menu.list is not None and menu.list.choose is not None and (name, "item") not in choices:
                yield menu.list.choose.place, f"nobody can choose an item in {name}"
            for outcome, answer in menu.otherwise.items():
                if (name, outcome) not in outcomes:
                    yield answer.place, f"{name} never answers {outcome}"
