"""USSD: which lines, questions, confirmations and last words do not fit a page, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ivr.catalog.extent import Block, Extent, Sheet, block_of, whole
from ivr.catalog.largest import Place
from ivr.catalog.pages import Found, Pages, Piece, Places, characters, forced, quoted, short
from ivr.engine.model import Menu

LEAST_ROOM = 10
"""Characters that navigation must leave to a page."""
_ENDING = (
    "unknown_code",
    "unknown_line",
    "barred",
    "expired",
    "unavailable",
    "late",
    "sms_follows",
    "no_reply",
    "timed_out",
    "goodbye",
    "switched_off",
    "not_enough",
)
"""Answers of the engine that end a session: a last word each."""
PAGED_QUESTIONS = True
"""Whether a key leads to the second page of a question or a confirmation; the engine takes what is typed there for the answer."""
_ONE_PAGE = "a last word has one page; shorten it"


class Ussd(Pages):
    """The pages of a USSD session in one language."""

    def __init__(self, sheet: Sheet, places: Places, menus: Sequence[Menu]) -> None:
        super().__init__(sheet, places, menus)
        keys = self.operator.keys
        self.octets = self.operator.ussd.octets
        self.back, self.home, self.more = (
            [self._key_line(key, name)] if key else []
            for key, name in ((keys.ussd_back, "back"), (keys.ussd_home, "home"), (keys.ussd_next, "next"))
        )
        self.tail = whole([*self.more, *self.back, *self.home])
        self.entered = {choice.go for menu in menus for choice in menu.choices}
        self.entered |= {target for menu in menus for target in (menu.then, *(choice.then for choice in menu.choices)) if target}
        self.entered |= {outcome.go for menu in menus for outcome in menu.otherwise.values() if outcome.go}
        self.entered |= {menu.list.choose.go for menu in menus if menu.list is not None and menu.list.choose is not None}

    def _key_line(self, key: str, name: str) -> Block:
        return self.sheet.key_line(key, self.operator.answers.get(name, {}), Place())

    def over(self, block: Block) -> int:
        """See `Pages.over`: over one page."""
        return block.units - 1 - self.octets // 2 if block.outside else block.septets - 1 - self.octets * 8 // 7

    def faults(self) -> Iterator[Found]:
        """Every E075 of this language."""
        yield from self._notices()
        if not self.menus:
            return
        room = -self.over(self.tail) - 1
        if room < LEAST_ROOM:
            yield (
                self.places.of("next"),
                "E075",
                f"{self.language}, USSD: {quoted(self.tail)} leave {characters(max(room, 0))} of a page{forced(self.tail)} "
                f"to what it says; shorten the answers next, back and home, so that at least {LEAST_ROOM} are left",
            )
            return
        # a block is no shorter than any of its lines, and UCS-2 is the smaller page: most wordings need no closer look
        easy = self.octets // 2 - self.tail.units
        for block, place, menu in self._blocks():
            if block.units > easy:
                for line in block.lines:
                    yield from self._line(line, place, menu)
        before = self.before()
        if not PAGED_QUESTIONS:
            for menu in self.menus:
                if menu.ask or menu.confirm:
                    yield from self._forms(menu, before.get(menu.name, []))
        yield from self._resume()
        yield from self._last_words(before)

    def _blocks(self) -> Iterator[tuple[Block, str, Menu | None]]:
        """Every wording that may stand in a page, with its place."""
        for piece in (*map(self.answer, ("wrong_value", "not_sent", "differs")), self.no_match()):
            yield piece.block, piece.place, None
        for key, name in ((self.operator.keys.confirm, "confirm"), (self.operator.keys.refuse, "refuse")):
            yield self._key_line(key, name), self.places.of(name), None
        for menu in self.menus:
            pieces = self.body(menu, choices=True)
            if menu.ask or menu.no_match or menu.otherwise:
                # questions and confirmations have one page, with all that may stand above them: see `_forms`
                pieces = [*pieces, self.no_match(menu), *(piece for _, _, piece in self.wrong(menu))]
                for name, outcome in self.outcomes(menu):
                    pieces += self.said(outcome.say, Place(menu, name))
            if PAGED_QUESTIONS:
                asked = [*(say for field in menu.ask for say in (field.say, field.again)), menu.confirm]
                pieces = [*pieces, *(piece for say in asked for piece in self.said(say, Place(menu)))]
            for piece in pieces:
                yield piece.block, piece.place or menu.place, menu

    def _line(self, line: Extent, place: str, menu: Menu | None) -> Iterator[Found]:
        tail = self.tail
        if menu is not None and not (menu.back and menu.name in self.entered):
            tail = whole([*self.more, *self.home])
        block = whole([block_of([line]), tail])
        over = self.over(block)
        if over > 0:
            room = (line.units if block.outside else line.septets) - over
            yield (
                place,
                "E075",
                f"{self.language}, USSD: this line is {characters(over)} too long for a page with the largest values{forced(block)}: "
                f'"{short(line.sample)}"; beside {quoted(tail)} fit {room}. Shorten it, or break it into two lines',
            )

    # -- what has one page: its answer is a value or a key of its own, and no key leads to a second page

    def _navigation(self, menu: Menu) -> Piece:
        """Back and home, unless nobody can ever be below this menu, or everybody's home is this menu."""
        back = self.back if menu.back and menu.name in self.entered else []
        home = self.home if {entry.then or entry.go for entry in self.entries} != {menu.name} else []
        return Piece(whole([*back, *home]))

    def _forms(self, menu: Menu, before: list[Piece]) -> Iterator[Found]:
        place, navigation = Place(menu), self._navigation(menu)
        retried = {outcome.retry: self.said(outcome.say, Place(menu, name)) for name, outcome in self.outcomes(menu) if outcome.retry}
        complaints = list(self.wrong(menu))
        asked = False  # whether a question of the menu is always answered before this, so that what was said earlier is gone
        for field in menu.ask:
            ways = [[piece] for about, _, piece in complaints if about is field]
            ways += [retried[field.name]] if field.name in retried else []
            ways += [before] if not asked else []
            worst = max(ways, key=lambda way: self.longest(way).units, default=[])
            for say, what in ((field.say, "the question"), (field.again, "the second question")):
                if say:
                    yield from self.too_long(
                        f'USSD: {what} for "{field.name}" with the longest that may stand above it',
                        [*worst, *self.said(say, place), navigation],
                        "a question has one page; shorten it, or the complaint",
                        next((part.place for part in say), field.place),
                    )
            asked = asked or field.when is None
        if menu.confirm:
            above = max([self.no_match(menu)], [] if asked else before, key=lambda way: self.longest(way).units)
            yield from self.too_long(
                "USSD: the confirmation with the longest that may stand above it",
                [*above, *self.said(menu.confirm, place), *self._yes_or_no(), navigation],
                "a confirmation has one page; shorten it, or the complaint",
                next((part.place for part in menu.confirm), menu.place),
            )

    def _yes_or_no(self) -> list[Piece]:
        keys = self.operator.keys
        return [Piece(self._key_line(key, name)) for key, name in ((keys.confirm, "confirm"), (keys.refuse, "refuse"))]

    def _resume(self) -> Iterator[Found]:
        if any(entry.resume for entry in self.entries):
            pieces = [self.no_match(), self.answer("resume"), *self._yes_or_no()]
            yield from self.too_long(
                'USSD: "resume" with a complaint above it', pieces, "it has one page; shorten it", self.places.of("resume")
            )

    # -- last words: nothing is kept that could show a second page

    def _last_words(self, before: Mapping[str, list[Piece]]) -> Iterator[Found]:
        for name in _ENDING:
            yield from self.too_long(f'USSD: the answer "{name}"', [self.answer(name)], _ONE_PAGE)
        for say in {id(entry.not_served): entry.not_served for entry in self.entries}.values():
            yield from self.too_long("USSD: not_served", self.said(say, Place()), _ONE_PAGE)
        yield from self._ending([self.no_match()], self.operator.no_match.then, "no_match and goodbye")
        for menu in self.menus:
            if menu.no_match is not None:
                yield from self._ending([self.no_match(menu)], menu.no_match.then, "no_match and goodbye")
            for field, _, piece in self.wrong(menu):
                yield from self._ending([piece], self.tries(menu, field).then, f'the complaint about "{field.name}" and goodbye')
            for name, outcome in self.outcomes(menu):
                said = [*before.get(menu.name, []), *self.said(outcome.say, Place(menu, name))]
                yield from self._ending(said, outcome.go or "", f'"{name}" and goodbye')
            if menu.then == "end":
                said = [self.no_match(), *before.get(menu.name, []), *self.body(menu, choices=False)]
                yield from self._ending(said, "end", "the menu and goodbye")
            for failing in self.failing(menu) if menu.name in before else ():
                pieces = [*before[menu.name], self.answer(failing)]
                yield from self.too_long(
                    f'USSD: the answer "{failing}" behind what was said before it', pieces, f"{_ONE_PAGE}, or what comes before", menu.place
                )

    def _ending(self, pieces: list[Piece], then: str, what: str) -> Iterator[Found]:
        if then in ("goodbye", "end"):
            yield from self.too_long(f"USSD: {what}", [*pieces, self.answer("goodbye")._replace(place="")], _ONE_PAGE)

    def _notices(self) -> Iterator[Found]:
        for notice in self.model.notices:
            if notice.say and "ussd_notice" in notice.by:
                yield from self.too_long(
                    f'USSD: the notice "{notice.name}"',
                    self.said(notice.say, Place(about=notice.about)),
                    "it has one page; shorten it",
                    notice.place,
                )
