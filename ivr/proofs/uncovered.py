"""The walk against the scenarios: what can happen to a subscriber and no scenario plays."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from ivr.proofs.walked import Walked, Way
from ivr.scenarios.model import OPENINGS
from ivr.scenarios.suite import Result


@dataclass(frozen=True, slots=True)
class Covered:
    """What scenarios went through, by channel: menus, choices (menu, key, channel), outcomes (menu, outcome, channel)."""

    menus: Set[tuple[str, str]] = field(default_factory=frozenset)
    choices: Set[tuple[str, str, str]] = field(default_factory=frozenset)
    outcomes: Set[tuple[str, str, str]] = field(default_factory=frozenset)


def covered_by(results: Iterable[Result]) -> Covered:
    """What the scenarios that passed, and that a person vouches for, went through."""
    menus: set[tuple[str, str]] = set()
    choices: set[tuple[str, str, str]] = set()
    outcomes: set[tuple[str, str, str]] = set()
    counted = [result for result in results if result.passed and result.scenario.counts]
    for turned in (turned for result in counted for seen in result.played for turned in seen.turns):
        menu = turned.menu
        for traced in turned.trace:
            match traced.what:
                case "menu":
                    menu = traced.detail
                    menus.add((menu, turned.channel))
                case "back":
                    menu = traced.detail
                case "choice":
                    choices.add((menu, traced.detail, turned.channel))
                case "answer" | "connect":
                    outcomes.add((menu, traced.detail, turned.channel))
    return Covered(menus, choices, outcomes)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """One thing that no scenario plays, with the shortest way there. `what` is the key of a choice or an outcome; empty for a menu."""

    kind: str
    menu: str
    what: str
    channel: str
    way: Way

    def __str__(self) -> str:
        named = {"menu": self.menu, "choice": f"{self.menu}, key {self.what}", "outcome": f"{self.menu}, {self.what}"}[self.kind]
        return f"{self.channel:5} {named}: {', '.join(self.way)}"


PLAYED = frozenset("ussd" if act == "dial" else act for act in OPENINGS)
"""The channels that a scenario can open a session on."""


def uncovered(walked: Walked, covered: Covered) -> list[Uncovered]:
    """Every menu, choice and outcome that can be reached and no scenario reaches, on the channels that scenarios play."""
    found = [
        Uncovered("menu", menu, "", channel, way) for (menu, channel), way in walked.menus.items() if (menu, channel) not in covered.menus
    ]
    found += [
        Uncovered("choice", menu, key, channel, way)
        for (menu, key, channel), way in walked.choices.items()
        if (menu, key, channel) not in covered.choices
    ]
    found += [
        Uncovered("outcome", menu, outcome, channel, way)
        for (menu, outcome, channel), way in walked.outcomes.items()
        if outcome != "ok" and (menu, outcome, channel) not in covered.outcomes
    ]
    order = {"menu": 0, "choice": 1, "outcome": 2}
    found = [one for one in found if one.channel in PLAYED]
    return sorted(found, key=lambda one: (one.menu, one.channel, order[one.kind], one.what))
