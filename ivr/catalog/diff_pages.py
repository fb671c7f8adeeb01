"""USSD pages compared: how many a menu takes at its longest, and in which encoding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.catalog.alternatives import together
from ivr.catalog.diff_sources import Side
from ivr.catalog.diff_types import Change, Pair
from ivr.catalog.extent import Block, Sheet, whole
from ivr.catalog.fit import reached
from ivr.catalog.largest import Largest, Place
from ivr.engine.expressions import Node
from ivr.engine.model import Menu, Say
from ivr.engine.text import measure, paginate


def page_changes(pair: Pair, before: Side, after: Side) -> Iterator[Change]:
    """Menus that take more or fewer pages than before, or another encoding."""
    both = list(pair.menus())
    sizes = _sizes(pair, before, [old for old, _ in both]), _sizes(pair, after, [new for _, new in both])
    for old, new in both:
        for language in pair.languages():
            was, now = sizes[0].get((old.name, language)), sizes[1].get((new.name, language))
            if was is not None and now is not None and was != now:
                yield Change("page", f"{new.name} at its longest ({language})", was, now, new.place)


def _sizes(pair: Pair, side: Side, menus: list[Menu]) -> Mapping[tuple[str, str], str]:
    largest = Largest(side.model, side.services)
    dialled = reached(side.model, "ussd")
    sizes = {}
    for language in pair.languages():
        sheet = Sheet(side.model, largest, "ussd", language)
        for menu in menus:
            if menu.name in dialled and (size := _pages(sheet, menu)) is not None:
                sizes[(menu.name, language)] = size
    return sizes


def _pages(sheet: Sheet, menu: Menu) -> str | None:
    """`2 pages, ucs2`: with the largest values, the longest list and those parts that can stand together; None where it says nothing."""
    place, operator = Place(menu), sheet.model.operator
    pieces = [*_said(sheet, menu.say, place)]
    if menu.list is not None:
        listed = sheet.largest.listed(menu)
        item = sheet.block(menu.list.item, Place(menu, item=True))
        pieces.append((None, whole([item] * (listed.most if listed is not None else 1))))
    pieces += _said(sheet, menu.after, place)
    pieces += [
        (choice.when, sheet.key_line(choice.key, choice.label, place))
        for choice in menu.choices
        if choice.only is None or "ussd" in choice.only
    ]
    conditions = [(menu.name, when) for when, _ in pieces]
    sets = [whole(block for (_, block), holds in zip(pieces, held, strict=True) if holds) for held in together(conditions)]
    longest = max(sets, key=lambda block: (bool(block.outside), block.units), default=whole(block for _, block in pieces))
    lines = [line.sample for line in longest.lines]
    if not lines:
        return None
    keys = ((operator.keys.ussd_back, "back"), (operator.keys.ussd_home, "home"), (operator.keys.ussd_next, "next"))
    written = {name: _key_line(sheet, key, name) for key, name in keys if key}
    navigation = [written[name] for name in ("back", "home") if name in written]
    try:
        pages = paginate(lines, navigation, navigation, written.get("next", ""), operator.ussd.octets)
    except ValueError:  # navigation alone fills a page, which is a fault of its own
        return None
    encoding = "ucs2" if any(measure(page, operator.ussd.octets).encoding == "ucs2" for page in pages) else "gsm7"
    return f"{len(pages)} {'page' if len(pages) == 1 else 'pages'}, {encoding}"


def _said(sheet: Sheet, say: Say, place: Place) -> Iterator[tuple[Node | None, Block]]:
    for part in say:
        if part.only is None or "ussd" in part.only:
            yield part.when, sheet.block(part.wording, place)


def _key_line(sheet: Sheet, key: str, answer: str) -> str:
    return sheet.key_line(key, sheet.model.operator.answers.get(answer, {}), Place()).lines[0].sample
