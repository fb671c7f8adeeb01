"""YAML read with positions: every scalar is text, every trap is a fault that says what to write.

The usual YAML loaders turn `no` into false, `01` into 1 and 1:30 into 90, let the second of two equal keys win, and crash or hang on
nests and alias bombs. So this reads only the parser's events (libyaml's, which keep no deep stack of ours), refuses what a menu never
needs (anchors, aliases, tags, several documents), and bounds size and depth before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from ivr.catalog.faults import Faults
from ivr.catalog.plain_files import LARGEST_FILE, Refused, content, plain_bytes

DEEPEST = 20
"""How deep maps and lists may nest."""
MOST_NODES = 200_000
"""Values a file may have."""

_PARSER: Any = getattr(yaml, "CLoader", yaml.Loader)

_BOOLEANS = frozenset("yes no on off y n null ~".split())
_NUMBER_BEGINS = frozenset("+-.0123456789")
_NUMBER_TRAP = re.compile(
    r"[+-].*\d.*|0\d+|0[xob][0-9a-fA-F_]+|\d[\d_]*\.\d*(?:[eE][+-]?\d+)?|\.\d+|\d+[eE]\d+|\d+(?::\d+)+(?:\.\d+)?|\d+_[\d_]+|\d{4}-\d\d?-\d\d?.*|\.(?i:inf|nan)"
)

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML 1.1 takes for the end of a line, so that its line numbers are ours."""
_NOWHERE: Mapping[str, int] = MappingProxyType({})


class Node(NamedTuple):
    """A value of a YAML file: `text` (str), `map` (pairs of key node and value node) or `list`. `place` is `file:line:col`.

    A tuple, because a big operator has a hundred thousand of them: it is made in a quarter of a frozen dataclass's time. `positions`: where
    in `pairs` a key stands, so that a map of thousands of menus is not searched through.
    """

    kind: str
    place: str
    text: str = ""
    pairs: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = ()
    quoted: bool = False
    positions: Mapping[str, int] = _NOWHERE

    def get(self, name: str) -> Node | None:
        """The value of key `name`; None where it is not there."""
        position = self.positions.get(name)
        return None if position is None else self.pairs[position][1]

    def key(self, name: str) -> Node:
        """The key `name` itself, for its place; the node where there is none."""
        position = self.positions.get(name)
        return self if position is None else self.pairs[position][0]

    def names(self) -> tuple[str, ...]:
        """The keys in written order."""
        return tuple(self.positions)


def read_content(path: Path, shown: str, root: Path, faults: Faults) -> bytes | None:
    """The file's bytes, or None where it is not one to read: then `faults` says why. `root` is the folder that it may not lead out of."""
    place = f"{shown}:1:1"
    try:
        data = content(path)
        if path.parent != root and not path.parent.resolve().is_relative_to(root.resolve()):
            raise Refused("this is a link out of the menu folder; put the file itself here")
    except Refused as reason:
        faults.add(place, "E005", str(reason))
    except OSError as error:
        faults.add(place, "E005", f"the file cannot be read: {error.strerror}")
    else:
        return data
    return None


def read_file(path: Path, shown: str, root: Path, faults: Faults) -> Node | None:
    """The file's top node, or None where it has faults that keep it from being read. `shown` is its name in faults."""
    data = read_content(path, shown, root, faults)
    return None if data is None else read_text(data, shown, faults)


def read_text(data: bytes, shown: str, faults: Faults) -> Node | None:
    """What `read_file` does, for bytes that are already here."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _reached(data[: error.start].decode("utf-8-sig"))
        faults.add(f"{shown}:{line}:{column}", "E005", "this is not UTF-8; save the file as UTF-8")
        return None
    own = Faults()
    try:
        node = _Builder(text, shown, own).build()
    except yaml.YAMLError as error:
        _syntax(error, shown, text, own)
        node = None
    for fault in own.found:
        faults.put(fault)
    return node if all(fault.warning for fault in own.found) else None


class _Builder:
    """Builds the tree from libyaml's events, in one loop and without recursion: this is where most of a file's time goes."""

    def __init__(self, text: str, shown: str, faults: Faults) -> None:
        self.text, self.shown, self.faults = text, shown, faults
        self._lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        """The text's lines; they are only cut where a fault needs one."""
        if self._lines is None:
            self._lines = _BREAK.split(self.text)
        return self._lines

    def at(self, mark: Any) -> str:
        """A mark's place."""
        return f"{self.shown}:{mark.line + 1}:{mark.column + 1}"

    def build(self) -> Node | None:
        """The top node; None where building stopped at a fault or nothing is there."""
        shown, commented = self.shown, " #" in self.text
        top: Node | None = None
        children: list[Node] = []
        stack: list[tuple[str, str, list[Node]]] = []
        kind = ""
        documents = nodes = 0
        parser = _PARSER(self.text)
        while (event_type := type(event := parser.get_event())) is not yaml.StreamEndEvent:
            if event_type is yaml.ScalarEvent:
                mark = event.start_mark
                value, place = event.value, f"{shown}:{mark.line + 1}:{mark.column + 1}"
                if event.anchor is not None or event.tag is not None:
                    self.check_marks(event)
                if event.style:  # libyaml says '' where the pure parser says None
                    node = Node("text", place, value, quoted=True)
                else:
                    node = Node("text", place, value)
                    if not value or value[0] in _NUMBER_BEGINS or len(value) < 5:
                        self.check_plain(value, place)
                    if commented and value and not (kind == "map" and len(children) % 2 == 0):
                        self.swallowed(event)
            elif event_type is yaml.MappingStartEvent or event_type is yaml.SequenceStartEvent:
                self.check_marks(event)
                if len(stack) >= DEEPEST:
                    self.faults.add(self.at(event.start_mark), "E005", f"nested deeper than {DEEPEST} levels")
                    return None
                stack.append((kind, self.at(event.start_mark), children))
                kind, children = "map" if event_type is yaml.MappingStartEvent else "list", []
                continue
            elif event_type is yaml.MappingEndEvent or event_type is yaml.SequenceEndEvent:
                ended, (kind, place, outer) = kind, stack.pop()
                node = self.map(place, children) if ended == "map" else Node("list", place, items=tuple(children))
                children = outer
            elif event_type is yaml.AliasEvent:
                place, written = self.at(event.start_mark), self.written(event.start_mark)
                self.faults.add(place, "E005", f'an alias has no place here; a code is written in quotes: "{written}"')
                node = Node("text", place)
            else:
                documents += event_type is yaml.DocumentStartEvent
                if documents > 1:
                    self.faults.add(self.at(event.start_mark), "E005", "a second document (---): a menu file holds one")
                    return None
                continue
            nodes += 1
            if nodes > MOST_NODES:
                self.faults.add(node.place, "E005", f"more than {MOST_NODES:,} values in one file")
                return None
            if stack:
                children.append(node)
            else:
                top = node
        if top is None or (top.kind == "text" and not top.text and not top.quoted):
            self.faults.add(f"{shown}:1:1", "E004", "the file is empty")
            return None
        return top

    def written(self, mark: Any) -> str:
        """What stands at a mark, up to the next comma."""
        return self.lines[int(mark.line)][int(mark.column) :].split(",")[0].strip()

    def check_marks(self, event: Any) -> None:
        """Anchors and tags are faults."""
        if event.anchor is not None:
            self.faults.add(
                self.at(event.start_mark), "E005", f"an anchor (&{event.anchor}) has no place here; write the value out, or in quotes"
            )
        if event.tag is not None and event.tag != "!":
            self.faults.add(self.at(event.start_mark), "E005", f"a tag ({event.tag}) has no place here; write the value in quotes")

    def map(self, place: str, children: list[Node]) -> Node:
        """A map of keys and values by turns; a key that is no name, or stands there twice, is a fault."""
        positions: dict[str, int] = {}
        pairs: list[tuple[Node, Node]] = []
        for key, value in zip(children[::2], children[1::2], strict=True):
            name = key.text
            if key.kind != "text":
                self.faults.add(key.place, "E010", "a key is a plain name")
            elif name in positions:
                first = pairs[positions[name]][0].place.rsplit(":", 2)[1]
                self.faults.add(key.place, "E001", f'"{name}" stands here twice; the first is in line {first}')
            else:
                positions[name] = len(pairs)
                pairs.append((key, value))
        return Node("map", place, pairs=tuple(pairs), positions=positions)

    def check_plain(self, value: str, place: str) -> None:
        """What other readers of YAML make something else of."""
        if not value:
            if int(place.rsplit(":", 2)[1]) > len(self.lines):
                # libyaml sees the end of the file in the line after the last
                place = f"{self.shown}:{len(self.lines)}:{len(self.lines[-1]) + 1}"
            self.faults.add(place, "E004", 'nothing stands here; write a value, or "" for an empty text')
        elif value.lower() in _BOOLEANS:
            what = "true or false, or in quotes" if value.lower() not in ("null", "~") else "in quotes"
            self.faults.add(place, "E002", f'{value} means different things to different readers; write {what}: "{value}"')
        elif _NUMBER_TRAP.fullmatch(value) and not re.fullmatch(r"[+-]\D*", value):
            self.faults.add(place, "E003", f'{value} is read as a number, time or date elsewhere; write it in quotes: "{value}"')

    def swallowed(self, event: Any) -> None:
        """A comment that swallows part of a value: `say: Dial *111 #1 now`. A comment has a space after its #, or stands apart."""
        end = event.end_mark
        line = self.lines[end.line] if end.line < len(self.lines) else ""
        if not line.startswith(" #", end.column) or (value := event.value).lower() in _BOOLEANS or _is_number(value):
            return
        rest = line[end.column :]
        if len(rest) > 2 and not rest[2].isspace():
            self.faults.add(self.at(end), "E004", f'all from the # on is a comment; put the text in quotes: "{value}{rest.rstrip()}"')


def _reached(text: str) -> tuple[int, int]:
    """Line and column of what follows `text`, both from 1."""
    lines = _BREAK.split(text)
    return len(lines), len(lines[-1]) + 1


def _is_number(value: str) -> bool:
    return value[0] in _NUMBER_BEGINS and _NUMBER_TRAP.fullmatch(value) is not None and not re.fullmatch(r"[+-]\D*", value)


def _syntax(error: yaml.YAMLError, shown: str, text: str, faults: Faults) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    position = getattr(error, "position", None)
    if mark is None and isinstance(position, int):
        line, column = _reached(text[:position])
    lines = _BREAK.split(text)
    if line > len(lines):
        # libyaml sees the end of the file in the line after the last
        line, column = len(lines), len(lines[-1]) + 1
    place = f"{shown}:{line}:{column}"
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
    context = getattr(error, "context", None)
    written = lines[line - 1]
    if "alias" in str(problem) or "alias" in str(context) or re.search(r"(^|[\s,{:\[])\*[^\"'\s]*", written):
        found = re.search(r"(?:^|[\s,{\[])(\*[^\s,}\]]*)", written)
        code = found.group(1).rstrip(":") if found else "*111#"
        # the parser stumbles behind the code; the author looks for the code
        faults.add(f"{shown}:{line}:{found.start(1) + 1}" if found else place, "E005", f'a code must be in quotes: "{code}"')
    elif "\t" in written[: len(written) - len(written.lstrip())]:
        faults.add(place, "E006", "a tab indents this line; use spaces")
    elif "mapping values are not allowed" in str(problem):
        faults.add(place, "E006", "a colon inside a text: put the text in quotes")
    else:
        faults.add(place, "E006", f"this is not YAML: {problem}" + (f" ({context})" if context else ""))


__all__ = ["LARGEST_FILE", "Node", "Refused", "content", "plain_bytes", "read_content", "read_file", "read_text"]
