"""The steps of a scenario as read: what a step does and expects, and whether there is anything open for it to act in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ivr.catalog.faults import suggest
from ivr.catalog.source import Node
from ivr.engine.notices import WAYS
from ivr.scenarios.model import ACTS, EXPECTATIONS, OPENINGS, PEOPLE, Act, Step, Wanted
from ivr.scenarios.values import seconds_of

if TYPE_CHECKING:
    from ivr.scenarios.read import FileReader

KEYS = ("as", *ACTS, "text", *EXPECTATIONS)
EVENT_KEYS = ("name", "to", "ways")
MOST_SILENCES = 100
LONGEST_WAIT = 3650 * 86_400
"""Seconds: a clock must not run out of the calendar."""
CHANNELS = {"dial": "ussd", "call": "call", "sms": "sms"}
SHOWN = {"see": "ussd", "page": "ussd", "hear": "call", "heard": "call"}
"""The channel that an expectation is about."""
INSTEAD = {"ussd": "see (or page)", "call": "hear (or heard)", "sms": "get"}
ENCODINGS = ("gsm7", "ucs2")


class StepReader:
    """Reads the steps of one scenario; `file` gives places, faults and the operator."""

    def __init__(self, file: FileReader) -> None:
        self.file = file
        self.channels: dict[str, str] = {}

    def steps(self, node: Node | None, line: str) -> tuple[Step, ...]:
        """Every step in written order; `line` acts where a step does not say `as`."""
        if node is None:
            return ()
        if node.kind != "list" or not node.items:
            self.file.fault(node, 'steps is a list here: - {dial: "*111#", see: Account}')
            return ()
        return tuple(self.step(number, item, line) for number, item in enumerate(node.items, 1))

    def step(self, number: int, node: Node, line: str) -> Step:
        """One step; what is wrong in it is reported."""
        if not self.file.keys(node, KEYS, "a step"):
            return Step(number, line, node.place, (), ())
        if node.get("as") is not None:
            line = self.file.number(node.get("as"), "as") or line
        acts = tuple(act for kind in ACTS if (key := node.get(kind)) is not None and (act := self.act(kind, key, node)) is not None)
        self.follow(node, line)
        wanted = tuple(want for kind in EXPECTATIONS if (key := node.get(kind)) is not None for want in self.wanted(kind, key))
        if not set(node.names()) - {"as", "text"}:
            self.file.fault(node, "this step does nothing and expects nothing: write dial, call, sms or press, and see, hear or get")
        if node.get("text") is not None and node.get("sms") is None:
            self.file.fault(node.key("text"), 'text belongs to an SMS: {sms: "2112", text: "..."}')
        self.fits(node, line)
        return Step(number, line, node.place, acts, wanted)

    # -- acts

    def act(self, kind: str, node: Node, step: Node) -> Act | None:
        """One act."""
        read: Mapping[str, Callable[[Node], str | None]] = {
            "wait": self._wait,
            "hang_up": lambda value: "true" if self.file.switch(value, "hang_up") else None,
            "dial": lambda value: self._signs(value, "[0-9*#]{1,182}", "dial", "digits, * and #", "*111#"),
            "call": lambda value: self._signs(value, "[0-9*#]{1,32}", "call", "a number", "2112"),
            "sms": lambda value: self._signs(value, "[0-9]{1,15}", "sms", "a short code", "2112"),
            "press": lambda value: self.file.text(value, "press"),
            "silence": self._silence,
            "person": lambda value: self._word(value, "person", PEOPLE),
        }
        if kind == "event":
            return self._event(node)
        argument = read[kind](node)
        text = self.file.text(step.get("text"), "text") if kind == "sms" else ""
        return None if argument is None else Act(kind, argument, step.key(kind).place, text)

    def _signs(self, node: Node, pattern: str, what: str, signs: str, example: str) -> str | None:
        text = self.file.text(node, what)
        if node.kind == "text" and not re.fullmatch(pattern, text):
            self.file.fault(node, f'{what} takes {signs}, such as "{example}", not {text[:40]!r}')
            return None
        return text

    def _word(self, node: Node, what: str, words: tuple[str, ...]) -> str | None:
        text = self.file.text(node, what)
        if node.kind == "text" and text not in words:
            self.file.fault(node, f"{what} is {', '.join(words[:-1])} or {words[-1]}, not {text[:40]!r}")
            return None
        return text

    def _wait(self, node: Node) -> str | None:
        seconds = seconds_of(self.file.text(node, "wait"))
        if seconds is None and node.kind == "text":
            self.file.fault(node, f"wait is a length of time such as 30s, 5m, 2h or 9d, not {node.text[:40]!r}")
        if seconds is not None and seconds > LONGEST_WAIT:
            self.file.fault(node, "wait is ten years at the most: 3650d")
            return None
        return None if seconds is None else str(seconds)

    def _silence(self, node: Node) -> str | None:
        text = self.file.text(node, "silence")
        if node.kind == "text" and not (re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= MOST_SILENCES):
            self.file.fault(node, f"silence is how many times nothing is pressed, 1 to {MOST_SILENCES}, not {text[:40]!r}")
            return None
        return text

    def _event(self, node: Node) -> Act | None:
        if node.kind != "map":
            self.file.fault(node, 'event is a map here: {name: usage.charged, to: "994501110001", charge: "0.05"}')
            return None
        for name in ("name", "to"):
            if node.get(name) is None:
                self.file.fault(node, f'an event needs the key "{name}"')
        name = self.file.text(node.get("name"), "name")
        event = self.file.events.get(name)
        if event is None:
            if name:
                self.file.fault(node.get("name") or node, f'there is no event "{name}"{suggest(name, self.file.events)}')
            return None
        brought = [(key, value) for key, value in node.pairs if key.text not in EVENT_KEYS]
        values = self.file.values(brought, event.gives, name)
        if missing := [key for key in event.gives if node.get(key) is None]:
            self.file.fault(node, f"{name} brings {', '.join(event.gives)}; missing here: {', '.join(missing)}")
        return Act("event", name, node.place, "", self.file.number(node.get("to"), "to"), values, self._ways(node.get("ways")))

    def _ways(self, node: Node | None) -> tuple[str, ...]:
        """The ways in which the network can tell a line something, where they are not the demo network's."""
        items = () if node is None else node.items if node.kind == "list" else (node,)
        return tuple(way for item in items if (way := self._word(item, "a way", WAYS)) is not None)

    def follow(self, node: Node, line: str) -> None:
        """Keep what is open for `line`, and report acts that have nothing to act in."""
        opened = [kind for kind in OPENINGS if node.get(kind) is not None]
        for extra in opened[1:]:
            self.file.fault(node.key(extra), f"a step opens one session: {opened[0]} stands here already; make {extra} a step of its own")
        if node.get("hang_up") is not None and line not in self.channels:
            self.file.fault(node.key("hang_up"), "nothing is open for this line: dial or call first")
        if node.get("hang_up") is not None:
            self.channels.pop(line, None)
        event = node.get("event")
        if event is not None and (to := event.get("to")) is not None and "ussd_session" in self._ways(event.get("ways")):
            self.channels[to.text] = "ussd"
        if opened:
            self.channels[line] = CHANNELS[opened[0]]
        channel = self.channels.get(line)
        for kind in ("press", "silence", "person"):
            value = node.get(kind)
            if value is None:
                continue
            if channel in (None, "sms"):
                self.file.fault(node.key(kind), "nothing is open for this line: dial or call first")
            elif kind == "person" and channel != "call":
                self.file.fault(node.key(kind), "only a call is handed to a person")
            elif kind == "press" and channel == "call" and not re.fullmatch("[0-9*#]{1,64}", value.text):
                self.file.fault(value, f"in a call keys are 0-9, * and #, not {value.text[:40]!r}")

    # -- expectations

    def wanted(self, kind: str, node: Node) -> list[Wanted]:
        """The expectations that one key holds."""
        if kind == "told":
            return [want for item in (node.items if node.kind == "list" else (node,)) for want in self._told(item)]
        if kind in ("page", "heard"):
            return [Wanted(kind, self.file.text(node, kind), node.place)]
        if kind == "ends":
            return [Wanted(kind, "true" if self.file.switch(node, "ends") else "false", node.place)]
        if kind == "encoding":
            return [Wanted(kind, self._word(node, "encoding", ENCODINGS) or "", node.place)]
        if kind == "charged":
            text = self.file.text(node, "charged")
            if node.kind == "text" and not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
                self.file.fault(node, f'charged is an amount in quotes, such as "0.10" or "0", not {text[:40]!r}')
            return [Wanted(kind, text, node.place)]
        return self._texts(kind, node)

    def _texts(self, kind: str, node: Node, to: str = "") -> list[Wanted]:
        items = node.items if node.kind == "list" else (node,)
        if node.kind == "map" or not items:
            self.file.fault(node, f"{kind} is a text or a list of texts here")
            return []
        texts = [Wanted(kind, self.file.text(item, kind), item.place, to) for item in items]
        for item in items:
            if item.kind == "text" and not item.text.strip():
                self.file.fault(item, f"an empty text is part of everything; write what {kind} shall find")
        return texts

    def _told(self, node: Node) -> list[Wanted]:
        if not self.file.keys(node, ("to", "get"), "told"):
            return []
        to = self.file.number(node.get("to"), "to")
        if node.get("to") is None:
            self.file.fault(node, 'told needs the key "to"')
        got = node.get("get")
        if got is None:
            self.file.fault(node, 'told needs the key "get"')
            return []
        return [Wanted("told", want.text, want.place, to) for want in self._texts("get", got)]

    def fits(self, node: Node, line: str) -> None:
        """Report an expectation of another channel than the one that is open."""
        channel = self.channels.get(line)
        for kind, wants in SHOWN.items():
            if node.get(kind) is not None and channel != wants:
                if channel is None:
                    self.file.fault(node.key(kind), "nothing is open for this line: dial or call first")
                else:
                    told = {"ussd": "a USSD page is seen", "call": "a call is heard", "sms": "an SMS is got"}[channel]
                    self.file.fault(node.key(kind), f"{told}: write {INSTEAD[channel]} instead of {kind}")
