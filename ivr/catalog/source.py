"""YAML read with positions: every scalar is text, every trap is a fault that says what to write.

The usual YAML loaders turn `no` into false, `01` into 1 and 1:30 into 90, let the second of two equal keys win, and crash or hang on
nests and alias bombs. So this reads only the parser's events (libyaml's, which keep no deep stack of ours), refuses what a menu never
needs (anchors, aliases, tags, several documents), and bounds size and depth before anything is built.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ivr.catalog.faults import Faults

LARGEST_FILE = 1_000_000
"""Bytes a menu file may have."""
DEEPEST = 20
"""How deep maps and lists may nest."""
MOST_NODES = 200_000
"""Values a file may have."""

_PARSER: Any = getattr(yaml, "CLoader", yaml.Loader)

_BOOLEAN = re.compile(r"(?i:yes|no|on|off|y|n|null)|~")
_NUMBER_TRAP = re.compile(
    r"[+-].*\d.*|0\d+|0[xob][0-9a-fA-F_]+|\d[\d_]*\.\d*(?:[eE][+-]?\d+)?|\.\d+|\d+[eE]\d+|\d+(?::\d+)+(?:\.\d+)?|\d+_[\d_]+|\d{4}-\d\d?-\d\d?.*|\.(?i:inf|nan)"
)

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML 1.1 takes for the end of a line, so that its line numbers are ours."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a YAML file: `text` (str), `map` (pairs of key node and value node) or `list`. `place` is `file:line:col`."""

    kind: str
    place: str
    text: str = ""
    pairs: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = ()
    quoted: bool = False

    def get(self, name: str) -> Node | None:
        """The value of key `name`; None where it is not there."""
        return next((value for key, value in self.pairs if key.text == name), None)

    def key(self, name: str) -> Node:
        """The key `name` itself, for its place; the node where there is none."""
        return next((key for key, _ in self.pairs if key.text == name), self)

    def names(self) -> tuple[str, ...]:
        """The keys in written order."""
        return tuple(key.text for key, _ in self.pairs)


def read_file(path: Path, shown: str, root: Path, faults: Faults) -> Node | None:
    """The file's top node, or None where it has faults that keep it from being read. `shown` is its name in faults."""
    start = f"{shown}:1:1"
    try:
        if not path.is_symlink() and not path.is_file():
            faults.add(start, "E005", "this is no plain file; a menu file is one")
            return None
        if path.is_symlink() or not path.resolve().is_relative_to(root.resolve()):
            faults.add(start, "E005", "this is a link out of the menu folder; put the file itself here")
            return None
        size = path.stat().st_size
        if size > LARGEST_FILE:
            faults.add(start, "E005", f"the file has {size:,} bytes; {LARGEST_FILE:,} are allowed. Split it into several menu files")
            return None
        data = path.read_bytes()
    except OSError as error:
        faults.add(start, "E005", f"the file cannot be read: {error.strerror}")
        return None
    return read_text(data, shown, faults)


def plain_bytes(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """The content of a plain file of at most `largest` bytes; nothing of a link, a pipe, a device, or a file that is larger or gone.

    A pipe would hold the reader for good and a device would never end, so neither is opened.
    """
    try:
        status = path.lstat()
        return path.read_bytes() if stat.S_ISREG(status.st_mode) and status.st_size <= largest else b""
    except OSError:
        return b""


def read_text(data: bytes, shown: str, faults: Faults) -> Node | None:
    """What `read_file` does, for bytes that are already here."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        faults.add(f"{shown}:{line}:{column}", "E005", "this is not UTF-8; save the file as UTF-8")
        return None
    before = len(faults.found)
    try:
        node = _Builder(text, shown, faults).build()
    except yaml.YAMLError as error:
        _syntax(error, shown, text, faults)
        return None
    return node if not any(not fault.warning for fault in faults.found[before:]) else None


class _Builder:
    def __init__(self, text: str, shown: str, faults: Faults) -> None:
        self.text, self.shown, self.faults, self.lines = text, shown, faults, _BREAK.split(text)
        self.nodes = 0

    def place(self, mark: Any) -> str:
        return f"{self.shown}:{mark.line + 1}:{mark.column + 1}"

    def at(self, event: Any) -> str:
        return self.place(event.start_mark)

    def written(self, event: Any) -> str:
        line, column = int(event.start_mark.line), int(event.start_mark.column)
        return self.lines[line][column:].split(",")[0].strip()

    def build(self) -> Node | None:
        top: Node | None = None
        stack: list[tuple[str, str, list[Node]]] = []
        documents = 0
        events: Iterator[Any] = yaml.parse(self.text, Loader=_PARSER)
        for event in events:
            node: Node | None = None
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        self.faults.add(self.at(event), "E005", "a second document (---): a menu file holds one")
                        return None
                case yaml.AliasEvent():
                    written = self.written(event)
                    self.faults.add(self.at(event), "E005", f'an alias has no place here; a code is written in quotes: "{written}"')
                    node = Node("text", self.at(event))
                case yaml.ScalarEvent():
                    self.check_marks(event)
                    node = self.scalar(event, is_key=bool(stack) and stack[-1][0] == "map" and len(stack[-1][2]) % 2 == 0)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self.check_marks(event)
                    if len(stack) >= DEEPEST:
                        self.faults.add(self.at(event), "E005", f"nested deeper than {DEEPEST} levels")
                        return None
                    stack.append(("map" if isinstance(event, yaml.MappingStartEvent) else "list", self.at(event), []))
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    kind, place, children = stack.pop()
                    node = self.map(place, children) if kind == "map" else Node("list", place, items=tuple(children))
            if node is not None:
                self.nodes += 1
                if self.nodes > MOST_NODES:
                    self.faults.add(node.place, "E005", f"more than {MOST_NODES:,} values in one file")
                    return None
                if stack:
                    stack[-1][2].append(node)
                else:
                    top = node
        if top is None or (top.kind == "text" and not top.text and not top.quoted):
            self.faults.add(f"{self.shown}:1:1", "E004", "the file is empty")
            return None
        return top

    def check_marks(self, event: Any) -> None:
        if event.anchor is not None:
            self.faults.add(self.at(event), "E005", f"an anchor (&{event.anchor}) has no place here; write the value out, or in quotes")
        if event.tag is not None and event.tag != "!":
            self.faults.add(self.at(event), "E005", f"a tag ({event.tag}) has no place here; write the value in quotes")

    def map(self, place: str, children: list[Node]) -> Node:
        seen: dict[str, Node] = {}
        pairs = []
        for key, value in zip(children[::2], children[1::2], strict=True):
            if key.kind != "text":
                self.faults.add(key.place, "E010", "a key is a plain name")
                continue
            if key.text in seen:
                first = seen[key.text].place.rsplit(":", 2)[1]
                self.faults.add(key.place, "E001", f'"{key.text}" stands here twice; the first is in line {first}')
                continue
            seen[key.text] = key
            pairs.append((key, value))
        return Node("map", place, pairs=tuple(pairs))

    def scalar(self, event: Any, is_key: bool) -> Node:
        place, value = self.at(event), event.value
        quoted = bool(event.style)  # libyaml says '' where the pure parser says None
        if not quoted:
            if not value:
                self.faults.add(place, "E004", 'nothing stands here; write a value, or "" for an empty text')
            elif _BOOLEAN.fullmatch(value):
                what = "true or false, or in quotes" if value.lower() not in ("null", "~") else "in quotes"
                self.faults.add(place, "E002", f'{value} means different things to different readers; write {what}: "{value}"')
            elif _NUMBER_TRAP.fullmatch(value) and not re.fullmatch(r"[+-]\D*", value):
                self.faults.add(place, "E003", f'{value} is read as a number, time or date elsewhere; write it in quotes: "{value}"')
            elif not is_key:
                self.swallowed(event)
        return Node("text", place, text=value, quoted=quoted)

    def swallowed(self, event: Any) -> None:
        # "say: Dial *111 #1 now" loses all from the #, without a word; a comment has a space after its #, or stands apart
        end = event.end_mark
        rest = self.lines[end.line][end.column :] if end.line < len(self.lines) else ""
        if re.match(r" #\S", rest):
            self.faults.add(
                self.place(end), "E004", f'all from the # on is a comment; put the text in quotes: "{event.value}{rest.rstrip()}"'
            )


def _syntax(error: yaml.YAMLError, shown: str, text: str, faults: Faults) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    position = getattr(error, "position", None)
    if mark is None and isinstance(position, int):
        line, column = text.count("\n", 0, position) + 1, position - (text.rfind("\n", 0, position) + 1) + 1
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
