"""Scenario files read with positions. Every fault is collected as `file:line:col E090 message`, none is raised."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.catalog.faults import Faults, suggest
from ivr.catalog.own_services import Offered
from ivr.catalog.reader import NAME
from ivr.catalog.services import Type
from ivr.catalog.source import Node, read_file
from ivr.engine.model import Model
from ivr.engine.values import Value
from ivr.scenarios.model import Scenario
from ivr.scenarios.steps import StepReader
from ivr.scenarios.values import Unreadable, moment_of, value_of
from ivr.services.faults import Planned
from ivr.services.schema import ENGINE_OWN

CODE = "E090"
"""The code of every fault of a scenario file that plain YAML rules do not name already."""

FILE_KEYS = ("now", "scenarios")
KEYS = ("line", "now", "language", "switches", "services", "golden", "steps")
GOLDEN = ("unseen", "seen")


def scenario_files(folder: Path) -> list[Path]:
    """The scenario files of an operator's folder; hidden ones are an editor's own."""
    return sorted(path for path in (folder / "scenarios").glob("*.yaml") if not path.name.startswith("."))


def shown_name(path: Path) -> str:
    """A scenario file's name in messages, as menus have theirs: `menus/azercell/scenarios/balance.yaml`."""
    return "/".join(path.absolute().parts[-4:])


def read_scenarios(path: Path, model: Model, offers: Offered, faults: Faults) -> list[Scenario]:
    """The scenarios of one file, in written order. What has a fault is left out and reported."""
    shown = shown_name(path)
    top = read_file(path, shown, path.parent.parent.parent, faults)
    return [] if top is None else FileReader(path, shown, model, offers, faults).file(top)


class FileReader:
    """Reads one scenario file of the operator of `model`. `offers` are the services and events that there are."""

    def __init__(self, path: Path, shown: str, model: Model, offers: Offered, faults: Faults) -> None:
        self.path, self.shown, self.model, self.faults = path, shown, model, faults
        self.services, self.events = offers.services, offers.events
        self.operator = model.operator
        self.zone = ZoneInfo(model.operator.time_zone)

    def file(self, top: Node) -> list[Scenario]:
        """Every scenario below the file's top node."""
        if not self.keys(top, FILE_KEYS, "a scenario file"):
            return []
        every = top.get("scenarios")
        if every is None:
            self.fault(top, 'a scenario file needs the key "scenarios"')
            return []
        if every.kind != "map":
            self.fault(every, "scenarios is a map of names here: scenarios: {my_first: {line: ..., steps: [...]}}")
            return []
        now = self.now(top.get("now"))
        found = (self.scenario(key, node, now, top.get("now") is not None) for key, node in every.pairs)
        return [scenario for scenario in found if scenario is not None]

    def fault(self, node: Node, message: str) -> None:
        """A fault at `node`."""
        self.faults.add(node.place, CODE, message)

    def keys(self, node: Node, known: Iterable[str], what: str) -> bool:
        """Whether `node` is a map; unknown keys are reported."""
        if node.kind != "map":
            self.fault(node, f"{what} is a map of keys here, such as {', '.join(list(known)[:3])}")
            return False
        for key, _ in node.pairs:
            if key.text not in known:
                self.fault(key, f'{what} has no key "{key.text}"{suggest(key.text, known)}')
        return True

    def text(self, node: Node | None, what: str) -> str:
        """A plain text; empty where there is none."""
        if node is None:
            return ""
        if node.kind != "text":
            self.fault(node, f"{what} is a text here")
            return ""
        return node.text

    def switch(self, node: Node, what: str) -> bool:
        """true or false."""
        if node.kind != "text" or node.text not in ("true", "false"):
            self.fault(node, f"{what} is true or false")
            return False
        return node.text == "true"

    def now(self, node: Node | None) -> datetime.datetime | None:
        """The business moment, in the operator's time zone."""
        if node is None:
            return None
        moment = moment_of(self.text(node, "now"), self.zone)
        if moment is None and node.kind == "text":
            self.fault(node, 'now is a moment of the operator\'s local time, such as "2026-11-22 12:00"')
        return moment

    def number(self, node: Node | None, what: str) -> str:
        """A line's number in international digits; empty after a fault. One that nobody has is fine: so an unknown line is played."""
        text = self.text(node, what)
        if node is None or node.kind != "text":
            return ""
        operator = self.operator
        if not re.fullmatch(r"[1-9][0-9]{4,14}", text):  # E.164: no country code begins with 0
            self.fault(
                node, f'{what} is a number in international digits, such as "{operator.country}{"5" * operator.length}", not {text[:40]!r}'
            )
        elif text.startswith(operator.country) and len(text) != len(operator.country) + operator.length:
            self.fault(
                node, f"{what} {text} has {len(text)} digits; a line of {operator.title} has {len(operator.country) + operator.length}"
            )
        else:
            return text
        return ""

    def scenario(self, key: Node, node: Node, now: datetime.datetime | None, now_written: bool) -> Scenario | None:
        """One scenario, or None after a fault."""
        before = len(self.faults.found)
        if not NAME.fullmatch(key.text):
            self.fault(key, f'a scenario\'s name has small letters, digits and _ only, not "{key.text}"')
        if not self.keys(node, KEYS, "a scenario"):
            return None
        own = self.now(node.get("now"))
        if node.get("now") is None and not now_written:
            self.fault(node, 'neither this scenario nor its file says `now`: write now: "2026-11-22 12:00"')
        for name in ("line", "steps"):
            if node.get(name) is None:
                self.fault(node, f'a scenario needs the key "{name}"')
        line = self.number(node.get("line"), "line")
        language = node.get("language")
        if language is not None and self.text(language, "language") not in self.operator.languages and language.kind == "text":
            offered = ", ".join(self.operator.languages)
            self.fault(language, f'{self.operator.title} does not offer the language "{language.text}"; it offers {offered}')
        golden = node.get("golden")
        if golden is not None and self.text(golden, "golden") not in GOLDEN:
            self.fault(golden, "golden is seen or unseen; `ivr test` writes it")
        switches = self.switches(node.get("switches"))
        services = self.programmed(node.get("services"))
        steps = StepReader(self).steps(node.get("steps"), line)
        moment = own or now
        if len(self.faults.found) > before or moment is None:
            return None
        return Scenario(
            *(key.text, self.operator.name, self.path, self.shown, key.place, line, moment),
            language=None if language is None else language.text,
            switches=switches,
            services=services,
            steps=steps,
            golden="" if golden is None else golden.text,
        )

    def switches(self, node: Node | None) -> dict[str, bool]:
        """`switches: {name: false}`."""
        if node is None or not self.keys(node, self.operator.switches, "switches"):
            return {}
        return {key.text: self.switch(value, key.text) for key, value in node.pairs}

    # -- services

    def programmed(self, node: Node | None) -> dict[str, Planned | tuple[Planned, ...]]:
        """`services: {service: outcome}`; an outcome is a word, {outcome, gives}, or a list of them."""
        known = [*self.services, *ENGINE_OWN, "line"]
        if node is None or node.kind != "map":
            if node is not None:
                self.fault(node, "services is a map here: services: {accounts.balance: unavailable}")
            return {}
        found: dict[str, Planned | tuple[Planned, ...]] = {}
        for key, value in node.pairs:
            if key.text not in known:
                self.fault(key, f'there is no service "{key.text}"{suggest(key.text, known)}')
            elif value.kind == "list":
                if not value.items:
                    self.fault(value, "the list is empty: write an outcome for each call in turn")
                found[key.text] = tuple(self.planned(key.text, item) for item in value.items)
            else:
                found[key.text] = self.planned(key.text, value)
        return found

    def planned(self, service: str, node: Node) -> Planned:
        """One answer."""
        possible = self.outcomes(service)
        given: Node | None = None
        word = node
        if node.kind == "map":
            if not self.keys(node, ("outcome", "gives"), "an answer"):
                return Planned("ok")
            word, given = node.get("outcome") or Node("text", node.place, "ok"), node.get("gives")
        outcome = self.text(word, "an outcome")
        if word.kind == "text" and outcome not in possible:
            self.fault(word, f'{service} has no outcome "{outcome}"{suggest(outcome, possible)}')
            return Planned("ok")
        return Planned(outcome, self.given(service, word, given, possible.get(outcome, {})))

    def outcomes(self, service: str) -> dict[str, Mapping[str, Type]]:
        """What `service` can answer, with the values that each brings."""
        if service == "line":
            return {"ok": {}, "unavailable": {}}
        funds: Mapping[str, Type] = {"balance": "money"}
        if service in ENGINE_OWN:
            return {"ok": funds, "not_enough": funds, "unavailable": {}}
        known = self.services[service]
        possible: dict[str, Mapping[str, Type]] = {"ok": known.gives, **known.outcomes, "unavailable": {}, "late": {}}
        if known.kind == "change":
            possible["not_enough"] = funds
        return possible

    def given(self, service: str, word: Node, node: Node | None, types: Mapping[str, Type]) -> dict[str, Value]:
        """What an answer brings. Beside `ok` the real answer fills what is not named; any other outcome has only what stands here."""
        outcome = word.text
        if node is not None and node.kind != "map":
            self.fault(node, f"gives is a map of what {outcome!r} brings: {', '.join(types) or 'nothing'}")
            return {}
        values = {} if node is None else self.values(node.pairs, types, f'"{outcome}" of {service}')
        missing = [name for name in types if node is None or node.get(name) is None]
        if outcome not in ("ok", "not_enough") and missing:
            # the menu's answer to this outcome may name any of them
            whole = f"{{outcome: {outcome}, gives: {{{', '.join(f'{name}: ...' for name in types)}}}}}"
            self.fault(word, f'"{outcome}" of {service} brings {", ".join(types)}: write {whole}')
        return values

    def values(self, pairs: Iterable[tuple[Node, Node]], types: Mapping[str, Type], what: str) -> dict[str, Value]:
        """The values that `what` brings, each as its type wants it; what is no such value is reported and left out."""
        values: dict[str, Value] = {}
        for key, value in pairs:
            if key.text not in types:
                self.fault(key, f'{what} does not bring "{key.text}"{suggest(key.text, types)}')
                continue
            try:
                values[key.text] = value_of(value, types[key.text], self.operator, self.zone)
            except Unreadable as error:
                self.faults.add(error.node.place, CODE, f"{key.text}: {error}")
        return values
