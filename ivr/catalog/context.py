"""One menu file while it is compiled: whose menus there are, and the checks of names that all parts of a menu share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.catalog.menu_names import MenuNames
from ivr.catalog.operator_file import OperatorFile
from ivr.catalog.reader import Reader
from ivr.catalog.services import ListType, Service, Type
from ivr.catalog.source import Node
from ivr.catalog.wordings import Scope, Wordings, cut
from ivr.engine.model import FieldType, Operator, Reference
from ivr.engine.values import Value


@dataclass(slots=True)
class Context:
    """What the parts of one file need: its stem and tree, the readers, the operator, the services, every menu of the operator by id.

    `unread` are stems of files that have faults of their own: what they hold is not known, so nothing is said about it.
    """

    stem: str
    node: Node
    reader: Reader
    wordings: Wordings
    house: OperatorFile
    operator: Operator
    services: Mapping[str, Service]
    unread: frozenset[str]
    everything: MenuNames = field(default_factory=lambda: MenuNames({}))

    def target(self, node: Node | None, words: tuple[str, ...] = ()) -> str | None:
        """The menu that a `go` or `then` means, by its full id; `words` are targets that are no menus. Faults: E012."""
        if node is None:
            return None
        name = self.reader.text(node, "a menu's name")
        if name in words:
            return name
        for menu in (f"{self.stem}.{name}", name):
            if menu in self.everything:
                return menu
        if name.split(".")[0] in self.unread:
            return None
        self.reader.fault(node, "E012", f'there is no menu "{name}"{self.everything.suggest(name, self.stem, words)}')
        return None

    def group(self, node: Node | None, default: str) -> str:
        """A group of operator.yaml; `everyone` where it is unknown. Faults: E013."""
        name = self.reader.text(node, "serves", default)
        if node is not None and not self.reader.known(node, name, self.house.groups, "E013", "group"):
            return "everyone"
        return name

    def switch(self, node: Node | None) -> str | None:
        """A feature switch of operator.yaml. Faults: E013."""
        name = self.reader.text(node, "switch") or None
        if node is not None and name is not None and not self.reader.known(node, name, self.house.switches, "E013", "switch"):
            return None
        return name

    def hand(self, node: Node | None, scope: Scope) -> dict[str, Reference | Value]:
        """A `with`: constants, or names in braces. Faults: E021 where nothing here has that name."""
        hand: dict[str, Reference | Value] = {}
        for key, value in self.reader.pairs(node, "with"):
            text = self.reader.text(value, "a value")
            template = cut(text)
            if len(template) == 1 and isinstance(template[0], Reference):
                if scope(template[0].path) is None:
                    self.reader.fault(value, "E021", f"nothing here is called {text}")
                    continue
                hand[key.text] = template[0]
            else:
                if any(isinstance(piece, Reference) for piece in template):
                    self.reader.fault(value, "E010", f'a value is handed over whole: a constant, or one name in braces, not "{text}"')
                hand[key.text] = text
        return hand


@dataclass(slots=True)
class MenuScope:
    """What the wordings of one menu may name, with its type: look-ups, the result of its act, its fields, then what is known everywhere."""

    context: Context
    types: Mapping[str, Mapping[str, Type]]
    result: Mapping[str, Type]
    fields: Mapping[str, FieldType]

    def __call__(self, path: tuple[str, ...]) -> str | None:
        """The type of the value that `path` names; None where nothing has that name."""
        if path[0] in self.types and len(path) == 2:
            return plain(self.types[path[0]].get(path[1]))
        if path[0] == "result" and len(path) == 2:
            return plain(self.result.get(path[1]))
        if len(path) == 1 and path[0] in self.fields:
            return typed(self.fields[path[0]])
        return self.context.house.scope(path)

    def known(self) -> list[str]:
        """Names an author may have meant, for suggestions."""
        found = [f"{name}.{field}" for name, gives in self.types.items() for field in gives]
        return [*found, *(f"result.{field}" for field in self.result), *self.fields, *self.context.house.known()]

    def words(self, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """The words that a field of this menu takes; None for any other name."""
        kind = self.fields.get(path[0]) if len(path) == 1 else None
        return kind.words if kind is not None and kind.kind == "one_of" else None

    def widened(self, own: Mapping[tuple[str, ...], str]) -> Widened:
        """The same with more names: a choice's `{key}`, an item's."""
        return Widened(self, own)


@dataclass(slots=True)
class Widened:
    """A menu's scope with names of its own in front of it."""

    scope: MenuScope
    own: Mapping[tuple[str, ...], str]

    def __call__(self, path: tuple[str, ...]) -> str | None:
        """As in `MenuScope`."""
        return self.own.get(path) or self.scope(path)

    def known(self) -> list[str]:
        """As in `MenuScope`."""
        return [*(".".join(path) for path in self.own), *self.scope.known()]

    def words(self, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """As in `MenuScope`."""
        return None if path in self.own else self.scope.words(path)


def plain(kind: Type | None) -> str | None:
    """A type as scopes tell it: `list` for a list."""
    return "list" if isinstance(kind, ListType) else kind


def typed(kind: FieldType) -> str:
    """The type of a field's value as wordings know it; `secret` for one that no wording may show."""
    return "secret" if kind.secret else {"one_of": "text", "digits": "text"}.get(kind.kind, kind.kind)
