"""SMS: which answers need more parts than the operator allows, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.catalog.extent import Block, Sheet
from ivr.catalog.largest import Place
from ivr.catalog.pages import Found, Pages, Places
from ivr.engine.model import Menu
from ivr.engine.text import SINGLE_SMS

_ON_SCREENS = frozenset(["back", "home", "next", "next_call", "confirm", "refuse", "person", "resume", "differs", "not_sent", "timed_out"])
"""Answers that no SMS carries."""


class Sms(Pages):
    """The messages that answer an SMS, and those that go out beside a page (`beside`), in one language."""

    def __init__(self, sheet: Sheet, places: Places, menus: Sequence[Menu], beside: Sequence[Menu]) -> None:
        super().__init__(sheet, places, menus)
        self.beside = beside

    def over(self, block: Block) -> int:
        """See `Pages.over`: over the parts that the operator allows."""
        parts = self.operator.sms.parts
        single, part = SINGLE_SMS["ucs2" if block.outside else "gsm7"]
        length = block.units - 1 if block.outside else block.septets - 1
        if parts == 1 or length <= single:
            return length - single
        # what takes two places (an escaped letter, an emoji) is not divided between two parts, so each part may lack one
        divided = any(line.septets != line.units or line.units != len(line.sample) for line in block.lines)
        return length - (parts * part - (parts if divided else 0))

    def faults(self) -> Iterator[Found]:
        """Every E075 of this language."""
        parts = self.operator.sms.parts
        hint = f"an SMS has {parts} {'part' if parts == 1 else 'parts'} (operator.yaml, sms: parts); shorten it"
        if self.entries:
            for name in self.operator.answers:
                if name not in _ON_SCREENS:
                    yield from self.too_long(f'SMS: the answer "{name}"', [self.answer(name)], hint)
        for say in {id(entry.not_served): entry.not_served for entry in self.entries}.values():
            yield from self.too_long("SMS: not_served", self.said(say, Place()), hint)
        before = self.before()
        for menu in self.menus:
            first = before.get(menu.name, [])
            yield from self.too_long("SMS: this menu", [*first, *self.body(menu, choices=False)], hint, menu.place)
            for name, outcome in self.outcomes(menu):
                yield from self.too_long(f'SMS: the answer to "{name}"', [*first, *self.said(outcome.say, Place(menu, name))], hint)
            for field, _, piece in self.wrong(menu):
                yield from self.too_long(f'SMS: the complaint about "{field.name}"', [*first, piece], hint)
            for failing in self.failing(menu) if first else ():
                yield from self.too_long(
                    f'SMS: the answer "{failing}" behind what was said before it', [*first, self.answer(failing)], hint, menu.place
                )
        answered = {menu.name for menu in self.menus}
        for menu in self.beside:
            own = [*self.said(menu.also_sms, Place(menu))] if menu.also_sms else []
            if own or menu.name not in answered:
                yield from self.too_long("SMS: what this menu sends", own or self.body(menu, choices=False), hint, menu.place)
        for notice in self.model.notices:
            if {"sms", "flash"} & set(notice.by):
                yield from self.too_long(
                    f'SMS: the notice "{notice.name}"', self.said(notice.say, Place(about=notice.about)), hint, notice.place
                )
