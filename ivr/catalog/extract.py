"""The wordings of menu files as gettext messages: English text, context, place. For Babel, for `ivr i18n` and for the checks.

The context is the menu's id (`prepaid.balance`), with `/call` where a channel has words of its own, so that one English word may be
two in another language. The walk mirrors `ivr.catalog.wordings`: what is looked up there under a context is extracted here under it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ivr.catalog import units
from ivr.catalog.faults import Faults
from ivr.catalog.shapes import CAUSES, CHANNELS
from ivr.catalog.source import Node, read_text

UNITS_FILE = "ivr/catalog/units.py"
"""Where the constant messages come from; they have no line, so that the catalogs do not change with the code around the table."""

_SAYS = ("confirm", "say", "after")
_TRIES = ("no_input", "no_match")


class ExtractError(ValueError):
    """Menu files that cannot be read. The text has a line for each fault: `file:line:col CODE message`."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """One wording in one place. `plural` is None where it has none; `line` counts from 1 (0: the message has no line)."""

    context: str
    singular: str
    plural: str | None
    file: str
    line: int
    comments: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What a catalog finds it by."""
        return self.context, self.singular

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}" if self.line else self.file


def messages(folder: Path) -> list[Extracted]:
    """Every wording of the menu files in `folder` and below, in file order, then the units. A wording may stand here more than once.

    Files are named from `folder`'s own name on (`menus/azercell/prepaid.yaml`). Raises ExtractError where a file cannot be read.
    """
    faults = Faults()
    found: list[Extracted] = []
    for path in menu_files(folder):
        shown = f"{folder.absolute().name}/{path.relative_to(folder).as_posix()}"
        found += _messages_of(path.read_bytes(), shown, path.stem, faults)
    if faults.errors():
        raise ExtractError("\n".join(str(fault) for fault in faults.errors()))
    return found + constants()


def menu_files(folder: Path) -> list[Path]:
    """The menu files of a folder: those with wordings, so neither scenarios nor services, and no links (the compiler refuses them)."""
    return [
        path
        for path in sorted(folder.rglob("*.yaml"))
        if path.name != "services.yaml"
        and not path.is_symlink()
        and not any(part == "scenarios" or part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def constants() -> list[Extracted]:
    """The messages that no menu file holds: units, the words of opening hours, the end of a period."""
    table = units.UNITS.items()
    found = [Extracted(units.CONTEXT, one, many, UNITS_FILE, 0, (f"unit: {unit}, short, for screens",)) for unit, (one, many) in table]
    notes = {"short": "short, for screens", "from": "spoken: from Monday to Friday", "to": "spoken: from Monday to Friday"}
    for name, text in units.DAYS.items():
        note = notes.get(name.rstrip("0123456"), "opening hours")
        found.append(Extracted(units.DAYS_CONTEXT, text, None, UNITS_FILE, 0, (note,)))
    until = "the form `until` of a date, on screens: the word that stands with it, or {date} alone; wordings do not repeat it"
    return [*found, Extracted(units.DATES_CONTEXT, units.UNTIL, None, UNITS_FILE, 0, (until,))]


def menus(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, tuple[str, ...], list[str]]]:
    """Babel's extraction method (mapped in `locales/babel.cfg`): line, `pgettext` or `npgettext`, (context, texts), comments."""
    path = Path(str(getattr(fileobj, "name", "menu.yaml")))
    if path.name == "services.yaml" or "scenarios" in path.parts:
        return
    faults = Faults()
    # The table of units is mapped to this method too, so that pybabel finds all that `ivr i18n` finds.
    found = constants() if path.suffix == ".py" else _messages_of(fileobj.read(), path.as_posix(), path.stem, faults)
    if faults.errors():
        raise ExtractError("\n".join(str(fault) for fault in faults.errors()))
    for message in found:
        if message.plural is None:
            yield message.line, "pgettext", (message.context, message.singular), list(message.comments)
        else:
            yield message.line, "npgettext", (message.context, message.singular, message.plural), list(message.comments)


def _messages_of(data: bytes, shown: str, stem: str, faults: Faults) -> list[Extracted]:
    node = read_text(data, shown, faults)
    if node is None:
        return []
    walk = _Walk(shown)
    if stem == "operator":
        walk.operator(node)
    else:
        walk.file(node, stem)
    return walk.found


class _Walk:
    """Goes through one file and keeps what it finds in `found`. Keys that are wrong are the compiler's to report, not ours."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.found: list[Extracted] = []

    def operator(self, node: Node) -> None:
        for key, value in _pairs(node.get("tries")):
            self.wording(value, f"operator.{key.text}")
        for key, value in _pairs(node.get("call")):
            if key.text == "choice":
                self.wording(value, "operator.choice", ("said around the label of every choice",))
        for key, value in _pairs(node.get("answers")):
            self.wording(value, f"operator.{key.text}")

    def file(self, node: Node, stem: str) -> None:
        self.wording(node.get("not_served"), f"{stem}.not_served")
        for key, menu in _pairs(node.get("menus")):
            self.menu(menu, f"{stem}.{key.text}")
        for key, notice in _pairs(node.get("notices")):
            # Notices have a context of their own: which file they stand in matters to nobody.
            self.wording(notice.get("say"), f"notices.{key.text}", _note(notice))

    def menu(self, node: Node, context: str) -> None:
        note = _note(node)
        for key, value in node.pairs:
            match key.text:
                case "ask":
                    for _, field in _pairs(value):
                        for part in ("say", "again", *_TRIES):
                            self.wording(field.get(part), context, note)
                case "list":
                    for part in ("item", "none"):
                        self.wording(value.get(part), context, note)
                    if (choose := value.get("choose")) is not None:
                        self.wording(choose.get("label"), context, note)
                case "choices":
                    for choice_key, choice in _pairs(value):
                        if choice.get("in") is None:
                            self.wording(choice.get("label"), context, (*note, f"menu line of key {choice_key.text}"))
                case "also_sms" if not (value.kind == "text" and value.text == "true"):
                    self.wording(value, context, note)
                case "otherwise":
                    for _, outcome in _pairs(value):
                        self.wording(outcome, context, note)
                case name if name in _SAYS or name in _TRIES:
                    self.wording(value, context, note)

    def wording(self, node: Node | None, context: str, comments: tuple[str, ...] = ()) -> None:
        """Any shape that words come in: a text, by channel, by number, by cause, a part, `{say: ...}`, a list of parts."""
        if node is None:
            return
        if node.kind == "text":
            self.add(node, context, node.text, None, comments)
        elif node.kind == "list":
            for item in node.items:
                self.wording(item, context, comments)
        elif node.get("count") is not None:
            one, other = node.get("one"), node.get("other")
            if one is not None and other is not None:
                self.add(one, context, one.text, other.text, comments)
        else:
            only = node.get("only")
            if only is not None:
                channels = [only.text] if only.kind == "text" else [item.text for item in only.items]
                comments = (*comments, f"only on: {', '.join(channels)}")
            for key, value in node.pairs:
                if key.text in CHANNELS:
                    self.wording(value, f"{context}/{key.text}", comments)
                elif key.text in ("default", "say", *CAUSES):
                    self.wording(value, context, comments)

    def add(self, node: Node, context: str, singular: str, plural: str | None, comments: tuple[str, ...]) -> None:
        # An empty msgid would be the catalog's header.
        if singular:
            self.found.append(Extracted(context, singular, plural, self.shown, int(node.place.rsplit(":", 2)[1]), comments))


def _pairs(node: Node | None) -> tuple[tuple[Node, Node], ...]:
    return () if node is None else node.pairs


def _note(menu: Node) -> tuple[str, ...]:
    note = menu.get("note")
    return (note.text,) if note is not None and note.text else ()
