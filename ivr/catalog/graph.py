"""The menus of an operator as a graph: what is drawn by `ivr graph`, whatever the format.

A node is a menu; a link is anything that leads from one menu to another; a way is anything that leads in from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ivr.catalog.codes import codes_of
from ivr.catalog.written import condition_text, entry_text, prices_text, reference_text, say_text, wording_text
from ivr.engine.model import Menu, Model, Reference, Tries

KINDS = ("choice", "item", "then", "outcome", "tries")
"""What a link can be: a key pressed, an item of a list, going on by itself, another outcome than ok, silence or wrong keys too often."""
WORDS = ("back", "home", "end", "goodbye", "continue")
"""Targets that are no menus."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way in. `channel`: `ussd`, `call`, `sms`, `web`, or `event` where the operator begins. `then`: where it goes on afterwards."""

    channel: str
    text: str
    go: str
    then: str | None
    serves: str
    place: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a menu. `key` is what is pressed, or the outcome; `when` the condition under which a choice is shown."""

    source: str
    target: str
    kind: str
    key: str
    label: str
    when: str = ""
    then: str | None = None
    place: str = ""

    @property
    def leaves(self) -> bool:
        """Whether it leads to a word (`back`, `home`, `end`) instead of a menu."""
        return self.target in WORDS


@dataclass(frozen=True, slots=True)
class Mark:
    """A small sign of what a menu does. `kind`: `fee`, `get`, `do`, `ask`, `connect`, `sms` or `switch`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class MenuNode:
    """One menu. `codes`: the shortest direct dial from each USSD entry, shortest first."""

    id: str
    say: str
    serves: str
    place: str
    codes: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def file(self) -> str:
        """The menu file it stands in, without `.yaml`."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id in written order, and the ways in. `focus`: the menu whose neighbourhood this is; None where it is all."""

    operator: str
    title: str
    release: str
    nodes: Mapping[str, MenuNode]
    ways: tuple[Way, ...]
    focus: str | None = None

    def links(self) -> Iterator[Link]:
        """Every link between menus that are here."""
        for node in self.nodes.values():
            yield from (link for link in node.links if link.target in self.nodes)

    def ways_to(self, menu: str) -> tuple[Way, ...]:
        """The ways that lead straight to a menu."""
        return tuple(way for way in self.ways if way.go == menu)


def graph_of(model: Model, *, traced: bool = True) -> Graph:
    """The graph of a compiled operator. Words are English where the operator offers it, else its default language.

    `traced`: whether menus carry their places and the graph its release's id, which change though the picture does not.
    """
    operator = model.operator
    language = "en" if "en" in operator.languages else operator.default_language
    codes = {menu: tuple(map(str, sorted(found, key=lambda code: len(code.parts)))) for menu, found in codes_of(model).items()}
    nodes = {
        name: MenuNode(
            id=name,
            say=_first_words(menu, language),
            serves=menu.serves,
            place=menu.place if traced else "",
            codes=codes.get(name, ()),
            marks=tuple(_marks(model, menu)),
            links=tuple(_links(menu, language)),
        )
        for name, menu in model.menus.items()
    }
    return Graph(operator.name, operator.title or operator.name, model.release if traced else "", nodes, tuple(_ways(model)))


def _ways(model: Model) -> Iterator[Way]:
    for entry in model.entries:
        yield Way(entry.channel, entry_text(entry), entry.go, entry.then, entry.serves, entry.place)
    operator = model.operator
    if operator.first_call:
        yield Way("call", "first call, no language yet", operator.first_call, None, "everyone", "")
    if operator.call.person:
        yield Way("call", f"key {operator.keys.call_person} in any call", operator.call.person, None, "everyone", "")
    for notice in model.notices:
        if notice.go:
            yield Way("event", f"notice {notice.name} ({notice.about})", notice.go, None, notice.serves, notice.place)


def _links(menu: Menu, language: str) -> Iterator[Link]:
    for choice in menu.choices:
        label = label_text(wording_text(choice.label, language))
        yield Link(menu.name, choice.go, "choice", choice.key, label, condition_text(choice.when), choice.then, choice.place)
    if menu.list is not None and menu.list.choose is not None:
        yield Link(menu.name, menu.list.choose.go, "item", "1, 2 ...", "an item", place=menu.list.choose.place)
    if menu.then is not None:
        yield Link(menu.name, menu.then, "then", "then", "", place=menu.place)
    for name, outcome in menu.otherwise.items():
        if outcome.go is not None:
            yield Link(menu.name, outcome.go, "outcome", name, "", place=outcome.place)
    for what, tries in (("no key", menu.no_input), ("wrong keys", menu.no_match)):
        yield from _given_up(menu, what, tries)
    for field in menu.ask:
        for what, tries in (("silence", field.no_input), ("wrong values", field.tries)):
            yield from _given_up(menu, f"{field.name}: {what}", tries)


def _given_up(menu: Menu, what: str, tries: Tries | None) -> Iterator[Link]:
    if tries is not None and tries.then not in WORDS:
        yield Link(menu.name, tries.then, "tries", f"{tries.most} x {what}", "", place=menu.place)


def label_text(text: str) -> str:
    """A choice's label without what a call says of its key."""
    return text.replace("{key}", "…").strip()


def _marks(model: Model, menu: Menu) -> Iterator[Mark]:
    fees = dict.fromkeys([menu.fee, *(outcome.fee for outcome in menu.otherwise.values())])
    for fee in fees:
        if fee is not None:
            yield Mark("fee", f"{fee} {prices_text(model.operator.fees[fee])}")
    for invocation in menu.get:
        yield Mark("get", invocation.service)
    if menu.do is not None:
        yield Mark("do", menu.do.service)
    for field in menu.ask:
        if field.say:
            yield Mark("ask", field.name + (" (secret)" if field.type.secret else ""))
    if menu.connect:
        yield Mark("connect", menu.connect)
    if menu.also_sms is not None:
        yield Mark("sms", "also by SMS")
    if menu.switch:
        yield Mark("switch", menu.switch)


def _first_words(menu: Menu, language: str) -> str:
    asked = [field.say for field in menu.ask if field.say]
    for say in (menu.say, menu.confirm, *asked, menu.after):
        if text := say_text(say, language):
            return " ".join(text.split())
    if menu.list is not None:
        return wording_text(menu.list.item, language) or reference_text(Reference(menu.list.of))
    return ""


def neighbourhood(graph: Graph, menu: str, depth: int) -> Graph:
    """The menus at most `depth` links before or behind `menu`, with the ways that lead straight to one of them. Raises KeyError."""
    forward: dict[str, list[str]] = {name: [] for name in graph.nodes}
    backward: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for link in graph.links():
        forward[link.source].append(link.target)
        backward[link.target].append(link.source)
    kept = {graph.nodes[menu].id}
    for neighbours in (forward, backward):
        edge = {menu}
        for _ in range(depth):
            edge = {target for name in edge for target in neighbours[name]} - {menu}
            kept |= edge
    nodes = {name: node for name, node in graph.nodes.items() if name in kept}
    return replace(graph, nodes=nodes, ways=tuple(way for way in graph.ways if way.go in nodes), focus=menu)
