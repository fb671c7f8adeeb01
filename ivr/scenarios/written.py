"""Scenario files written into: expectations added, marks set, everything else kept byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_LITERAL = re.compile(r"[^\s].*[^\s]", re.DOTALL)


class Editor:
    """The text of one scenario file, and changes to it. Places are those of the text as given; `result` applies all changes at once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._changes: list[tuple[int, int, str]] = []
        # the C loader, as everywhere: it takes plain text that the other refuses ("what? is" in a list)
        top = yaml.compose(text, Loader=yaml.CSafeLoader)
        self._scenarios = _pairs(_pairs(top)["scenarios"][1])

    @property
    def names(self) -> tuple[str, ...]:
        """The scenarios of the file."""
        return tuple(self._scenarios)

    @property
    def changed(self) -> bool:
        """Whether there is any change."""
        return bool(self._changes)

    @property
    def result(self) -> str:
        """The text with every change made."""
        text = self.text
        for start, end, new in sorted(self._changes, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def mark(self, scenario: str, golden: str) -> None:
        """Write `golden: seen` or `golden: unseen`."""
        body = self._scenarios[scenario][1]
        pairs = _pairs(body)
        if "golden" in pairs:
            self._replace(pairs["golden"][1], golden)
            return
        first = body.value[0][0].start_mark
        gap = ", " if body.flow_style else self.newline + " " * first.column
        self._changes.append((first.index, first.index, f"golden: {golden}{gap}"))

    def expect(self, scenario: str, step: int, wanted: Sequence[tuple[str, object]]) -> None:
        """Add expectations to a step (counting from 1) that has none: keys with a text, a list of texts, or a list of maps of texts."""
        node = self._step(scenario, step)
        last = node.value[-1][1]
        if node.flow_style:
            end = _end(last)
            self._changes.append((end, end, "".join(f", {key}: {flow(value)}" for key, value in wanted)))
            return
        column = node.value[0][0].start_mark.column
        end = len(self.text[: _end(last)].rstrip())
        found = re.compile(r"\r\n|\n|$").search(self.text, end)
        end = found.start() if found else len(self.text)
        lines = [line for key, value in wanted for line in block(key, value, column)]
        self._changes.append((end, end, "".join(self.newline + line for line in lines)))

    def replace(self, scenario: str, step: int, key: str, value: object) -> None:
        """Write another value in the place of a step's expectation `key`: what `flow` takes."""
        node = self._step(scenario, step)
        old = _pairs(node)[key][1]
        if node.flow_style:
            self._replace(old, flow(value))
        else:
            lines = block(key, value, node.value[0][0].start_mark.column)
            self._replace(old, self.newline.join(lines).lstrip().removeprefix(f"{key}: "))

    def _replace(self, node: Any, new: str) -> None:
        start = node.start_mark.index
        end = start + len(self.text[start : node.end_mark.index].rstrip())
        self._changes.append((start, end, new))

    def _step(self, scenario: str, step: int) -> Any:
        return _pairs(self._scenarios[scenario][1])["steps"][1].value[step - 1]


def flow(value: object) -> str:
    """`value` inside braces: a quoted text, a switch, a list, or a map."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return quoted(str(value))


def block(key: str, value: object, column: int) -> list[str]:
    """A key in lines of its own, indented by `column`; a text of several lines stands as it is read (`|-`)."""
    indent = " " * column
    if isinstance(value, str) and "\n" in value and _LITERAL.fullmatch(value) and all(map(_plain, value.split("\n"))):
        return [f"{indent}{key}: |-", *(f"{indent}  {line}" if line else "" for line in value.split("\n"))]
    return [f"{indent}{key}: {flow(value)}"]


def quoted(text: str) -> str:
    """`text` as a double-quoted YAML scalar."""
    signs = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
    return '"' + "".join(signs.get(sign) or (sign if sign.isprintable() else _escaped(sign)) for sign in text) + '"'


def _escaped(sign: str) -> str:
    number = ord(sign)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _plain(line: str) -> bool:
    return line.isprintable()


def _pairs(node: Any) -> dict[str, tuple[Any, Any]]:
    return {key.value: (key, value) for key, value in node.value}


def _end(node: Any) -> int:
    """Where a value ends in the text. A block's own end mark stands behind the white space and comments after it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)
