"""What stands in one page or message together: the wordings of a menu at their longest, and all that may stand before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ivr.catalog.alternatives import together
from ivr.catalog.entry_proofs import lines_of
from ivr.catalog.extent import Block, Extent, Sheet, whole
from ivr.catalog.largest import Place
from ivr.catalog.source import Node as Source
from ivr.engine.expressions import Node
from ivr.engine.model import Field, Menu, Model, Outcome, Say, Tries, Wording

EVERYWHERE = ("unavailable", "late")
"""Outcomes that every service may have."""

Found = tuple[str, str, str]
"""A fault: place, code, message."""


class Piece(NamedTuple):
    """Something that stands in a page: a wording at its longest, and when it does; `menu` owns the names of `when`."""

    block: Block
    menu: str = ""
    when: Node | None = None
    place: str = ""


class Places:
    """Where operator.yaml says what the engine says itself."""

    def __init__(self, model: Model, house: Source | None) -> None:
        known = next((menu.place for menu in model.menus.values()), "operator.yaml:1:1")
        folder = known.rsplit(":", 2)[0].rpartition("/")[0]
        self._top = f"{folder}/operator.yaml:1:1" if folder else "operator.yaml:1:1"
        self._found: dict[str, str] = {} if house is None else {key.text: key.place for key, _ in house.pairs}
        for section in ("answers", "tries"):
            node = None if house is None else house.get(section)
            self._found.update({key.text: key.place for key, _ in (node.pairs if node is not None else ())})

    def of(self, name: str) -> str:
        """The place of an answer, of tries, or of a section; the file's beginning where it has none."""
        return self._found.get(name, self._top)


class Pages:
    """What USSD and SMS have in common, in one language."""

    def __init__(self, sheet: Sheet, places: Places, menus: Sequence[Menu]) -> None:
        self.sheet, self.places, self.menus = sheet, places, menus
        self.model, self.operator = sheet.model, sheet.model.operator
        self.channel, self.language = sheet.channel, sheet.language
        self.entries = [entry for entry in self.model.entries if entry.channel == self.channel]
        self._bodies: dict[tuple[str, bool], list[Piece]] = {}

    # -- what is said

    def said(self, say: Say, place: Place) -> list[Piece]:
        """The parts of a `say` that are for this channel."""
        name = "" if place.menu is None else place.menu.name
        return [
            Piece(self.sheet.block(part.wording, place), name, part.when, part.place)
            for part in say
            if part.only is None or self.channel in part.only
        ]

    def answer(self, name: str, place: str = "") -> Piece:
        """One of the operator's answers."""
        return Piece(self.sheet.block(self.operator.answers.get(name), Place()), place=place or self.places.of(name))

    def no_match(self, menu: Menu | None = None) -> Piece:
        """What a wrong key is answered by: the menu's own words, else the operator's."""
        tries = None if menu is None else menu.no_match
        if menu is None or tries is None or tries.say is None or tries.say is self.operator.no_match.say:
            return Piece(self.sheet.block(self.operator.no_match.say, Place()), place=self.places.of("no_match"))
        return Piece(self.sheet.block(tries.say, Place(menu)), menu.name, place=menu.place)

    def wrong(self, menu: Menu) -> Iterator[tuple[Field, str, Piece]]:
        """What a wrong value is told, by field and cause: the field's own words, else the operator's answer."""
        for field in menu.ask:
            causes: dict[str, Wording] = dict(field.no_match)
            for cause, wording in causes.items():
                yield field, cause, Piece(self.sheet.block(wording, Place(menu)), menu.name, place=field.place)
            if "other" not in causes:
                yield field, "other", self.answer("wrong_value")
            if field.again and "differs" not in causes:
                yield field, "differs", self.answer("differs")

    def body(self, menu: Menu, choices: bool) -> list[Piece]:
        """A menu's page without what stands before it: what it says, its list at its longest, perhaps its choices."""
        key = (menu.name, choices)
        if key not in self._bodies:
            place = Place(menu)
            pieces = [*self.said(menu.say, place), *self._listed(menu), *self.said(menu.after, place)]
            if choices:
                pieces += [
                    Piece(self.sheet.key_line(choice.key, choice.label, place), menu.name, choice.when, choice.place)
                    for choice in menu.choices
                    if choice.only is None or self.channel in choice.only
                ]
            self._bodies[key] = pieces
        return self._bodies[key]

    def _listed(self, menu: Menu) -> list[Piece]:
        if menu.list is None:
            return []
        item = self.sheet.block(menu.list.item, Place(menu, item=True))
        times = menu.list.most
        if item.lines and menu.list.choose is not None and self.channel == "ussd":
            before = len(f"{times}. ")
            first = item.lines[0]
            numbered = Extent(first.septets + before, first.units + before, first.outside, f"{times}. {first.sample}")
            item = Block((numbered, *item.lines[1:]), item.septets + before, item.units + before, item.outside)
        # the same lines many times: they are looked at once and counted as often
        items = Block(item.lines, item.septets * times, item.units * times, item.outside)
        longest = max(items, self.sheet.block(menu.list.none, Place(menu)), key=lambda block: block.units)
        return [Piece(longest, menu.name, place=menu.list.place)]

    def outcomes(self, menu: Menu) -> Iterator[tuple[str, Outcome]]:
        """The outcomes that a menu can have here; nobody is connected to a person but in a call."""
        called = [*menu.get, *([menu.do] if menu.do is not None else [])]
        services = self.sheet.largest.services
        possible = {name for one in called if one.service in services for name in services[one.service].outcomes}
        for name, outcome in menu.otherwise.items():
            if name in possible or (name in EVERYWHERE and called):
                yield name, outcome

    def tries(self, menu: Menu, field: Field | None = None) -> Tries:
        """How often wrong input is forgiven, and what then."""
        return (field.tries if field is not None else None) or menu.no_match or self.operator.no_match

    def failing(self, menu: Menu) -> list[str]:
        """The engine's own answers that may end a session on the way into a menu."""
        named = [menu.fee, *(outcome.fee for outcome in menu.otherwise.values())]
        known = [self.operator.fees[fee].prices for fee in named if fee is not None and fee in self.operator.fees]
        prices = [by_channel.get(self.channel) for by_channel in known]
        fees = any(price is not None and price.micro > 0 for price in prices)
        failing = ["not_enough"] if fees else []
        if menu.switch is not None:
            failing.append("switched_off")
        if any(not field.say for field in menu.ask) or (menu.ask and self.channel == "sms"):
            failing.append("no_reply")
        if any(invocation.late == "send_by_sms" for invocation in menu.get):
            failing.append("sms_follows")
        if menu.get or menu.do is not None or fees:
            failing += [name for name in EVERYWHERE if name not in menu.otherwise]
        return failing

    # -- how long it is

    def longest(self, pieces: Sequence[Piece]) -> Block:
        """The pieces under each other at their longest: all at once where that fits, else the longest set that can stand together."""
        everything = whole(piece.block for piece in pieces)
        if self.over(everything) <= 0 or all(piece.when is None for piece in pieces):
            return everything
        conditions = [(piece.menu, piece.when) for piece in pieces]
        sets = (whole(piece.block for piece, holds in zip(pieces, held, strict=True) if holds) for held in together(conditions))
        return max(sets, key=self.over, default=everything)

    def over(self, block: Block) -> int:
        """By how many characters a text is too long; 0 or less where it fits."""
        raise NotImplementedError

    def too_long(self, what: str, pieces: Sequence[Piece], hint: str, place: str = "") -> Iterator[Found]:
        """The fault of a text that has no pages; at its last piece that has a place, where none is given."""
        block = self.longest(pieces)
        over = self.over(block)
        if over > 0:
            at = place or next((piece.place for piece in reversed(pieces) if piece.place and piece.block.lines), self.places.of(""))
            size = f"{characters(over)} too long with the largest values{forced(block)}"
            yield at, "E075", f"{self.language}, {what} is {size}: {quoted(block)}; {hint}"

    # -- what stands before

    def before(self) -> dict[str, list[Piece]]:
        """By menu, the longest that may stand before what it says or fails with, because nothing was awaited since it was said."""
        edges: list[tuple[str, Menu | None, list[Piece]]] = []
        homes_by_group: dict[str, set[str]] = {}

        def homes_of(menu: Menu) -> set[str]:
            """Where lines that this menu serves are sent home to."""
            if menu.serves not in homes_by_group:
                here = lines_of(self.model.operator, menu.serves)
                mine = (entry for entry in self.entries if here & lines_of(self.model.operator, entry.serves))
                homes_by_group[menu.serves] = {entry.then or entry.go for entry in mine}
            return homes_by_group[menu.serves]

        sms = self.channel == "sms"
        dialled = [] if sms else [self.no_match()]  # a direct dial that goes on with digits that nobody expects
        for menu in self.menus:
            homes = homes_of(menu)
            if menu.then in self.model.menus:
                edges.append((menu.then or "", menu, [*dialled, *self.body(menu, choices=False)]))
            elif menu.then == "home":
                edges += [(home, menu, [*dialled, *self.body(menu, choices=False)]) for home in homes]
            if sms:
                continue
            for name, outcome in self.outcomes(menu):
                targets = homes if outcome.go == "home" else {outcome.go} if outcome.go else set()
                edges += [(target, menu, self.said(outcome.say, Place(menu, name))) for target in targets]
            if menu.confirm:
                edges += [(home, None, [self.answer("not_sent")]) for home in homes]
            edges.append((self.tries(menu).then, None, [self.no_match(menu)]))
            for field, _, piece in self.wrong(menu):
                edges.append((self.tries(menu, field).then, None, [piece]))
                if not field.say:
                    edges += [(home, None, [piece]) for home in homes]
        for then, starts in self._pending().items():
            for name in self._below(starts):
                menu = self.model.menus[name]
                edges.append((then, menu, [*dialled, *self.body(menu, choices=not sms)]))
                edges += [
                    (then, menu, self.said(outcome.say, Place(menu, told)))
                    for told, outcome in self.outcomes(menu)
                    if sms or (outcome.go is None and outcome.retry is None)
                ]
        return self._longest_ways([edge for edge in edges if edge[0] in self.model.menus])

    def _longest_ways(self, edges: list[tuple[str, Menu | None, list[Piece]]]) -> dict[str, list[Piece]]:
        best: dict[str, list[Piece]] = {}
        for _ in range(4):  # menus that go on by themselves in a circle are a fault of their own (E061)
            ways: dict[str, list[Piece]] = {}
            for target, source, pieces in edges:
                asks = source is None or source.confirm or any(field.when is None for field in source.ask)
                way = pieces if asks or source is None else [*best.get(source.name, []), *pieces]
                if target not in ways or self._size(way) > self._size(ways[target]):
                    ways[target] = way
            if ways == best:
                break
            best = ways
        return best

    def _size(self, pieces: list[Piece]) -> int:
        block = whole(piece.block for piece in pieces)
        return block.units * 2 if block.outside else block.septets

    def _pending(self) -> dict[str, list[str]]:
        """Where a pending `then` leads, and from which menus on it is pending."""
        found: dict[str, list[str]] = {}
        ways = [(entry.go, entry.then) for entry in self.entries]
        if self.channel != "sms":
            ways += [(choice.go, choice.then) for menu in self.menus for choice in menu.choices]
        for start, then in ways:
            if then is not None:
                found.setdefault(then, []).append(start)
        return found

    def _below(self, starts: list[str]) -> set[str]:
        """The menus from `starts` on that may be finished: those without choices of their own, or whose choices may be given up on."""
        seen: set[str] = set()
        waiting = list(starts)
        while waiting:
            name = waiting.pop()
            if name in seen or name not in self.model.menus:
                continue
            seen.add(name)
            menu = self.model.menus[name]
            waiting += [menu.then] if menu.then else []
            if self.channel != "sms":
                waiting += [choice.go for choice in menu.choices]
                waiting += [menu.list.choose.go] if menu.list is not None and menu.list.choose is not None else []
                waiting += [outcome.go for outcome in menu.otherwise.values() if outcome.go]
        return {name for name in seen if self._finishes(self.model.menus[name])}

    def _finishes(self, menu: Menu) -> bool:
        here = [choice for choice in menu.choices if choice.only is None or self.channel in choice.only]
        hidden = all(choice.when is not None or choice.switch is not None or choice.go in self.model.menus for choice in here)
        return self.channel == "sms" or hidden or self.tries(menu).then == "continue"


def characters(number: int) -> str:
    """`1 character`, `2 characters`."""
    return f"{number} character" if number == 1 else f"{number} characters"


def forced(block: Block) -> str:
    """The letter that makes a text UCS-2, where one does."""
    return f' ("{block.outside[0]}" makes it UCS-2)' if block.outside else ""


def quoted(block: Block) -> str:
    """What stands in a text, each line once, cut short."""
    lines = list(dict.fromkeys(line.sample for line in block.lines))
    return ", ".join(f'"{short(line, 40)}"' for line in lines[:4]) + (" ..." if len(lines) > 4 else "")


def short(text: str, most: int = 70) -> str:
    """A text on one line, cut where it is long."""
    text = text.replace("\n", " / ")
    return text if len(text) <= most else f"{text[: most - 3]}..."
