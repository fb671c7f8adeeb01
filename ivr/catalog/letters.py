"""W002: the letter that forces UCS-2. One ə in a page leaves it 80 characters of 182 (3GPP TS 23.038), in a language that needs none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ivr.catalog.extent import Sheet
from ivr.catalog.largest import Place
from ivr.engine.model import Menu, Message, Reference, Say, Wording
from ivr.engine.text import GSM7, GSM7_EXTENSION
from ivr.engine.values import Tariff

_BOTH = GSM7 | GSM7_EXTENSION
_SIZES = {"ussd": "a page holds 80 characters and not 182", "sms": "an SMS holds 70 characters and not 160"}
_FEW = 4
"""Wordings of a language that are warned of one by one, however few wordings it has."""


def letters(sheet: Sheet, menus: Sequence[Menu], place_of: Callable[[str], str]) -> Iterator[tuple[str, str, str]]:
    """The warnings for one language on one channel. A language of another script (Russian) has none; one that nobody folds has one."""
    found: list[tuple[str, str, str]] = []
    all_letters = outside = count = 0
    warned = 0
    for wording, place, where in _wordings(sheet, menus, place_of):
        message = sheet.message(wording)
        if message is None or message.language != sheet.language:
            continue
        count += 1
        text = _written(sheet, message)
        if _BOTH.issuperset(text) and len(message.forms) == 1 and len(message.forms[0]) == 1:
            all_letters += len(text)
            continue
        foreign = [letter for letter in text if letter not in _BOTH]
        said = sum(map(str.isalpha, _fixed(sheet, message)))
        strange = sum(map(str.isalpha, foreign))
        all_letters += said
        outside += strange
        if strange * 2 > said:
            continue  # it is in a script of its own
        if foreign:
            warned += 1
            at = text.index(foreign[0]) + 1
            others = "".join(dict.fromkeys(foreign[1:])).replace(foreign[0], "")
            more = f" (and {' '.join(others)})" if others else ""
            found.append(
                (
                    place,
                    "W002",
                    f'{_head(sheet)}: "{foreign[0]}", letter {at} of "{_short(text)}"{more}, makes the page UCS-2: {_loss(sheet)}',
                )
            )
        found += _names(sheet, message, where, place)
    if outside * 2 > all_letters:
        return
    if warned > max(_FEW, count // 2):
        yield (
            place_of("languages"),
            "W002",
            f"{_head(sheet)}: {warned} of {count} wordings have letters that make their page UCS-2: {_loss(sheet)}; "
            f"fold them to plain letters there, languages: {{fold: {{{sheet.language}: [{sheet.channel}]}}}}",
        )
        return
    yield from dict.fromkeys(found)


def _names(sheet: Sheet, message: Message, where: Place, place: str) -> Iterator[tuple[str, str, str]]:
    """A tariff's name that is not folded here."""
    for piece in (piece for form in message.forms for piece in form if isinstance(piece, Reference)):
        for value in sheet.largest.values(piece.path, where, sheet.channel):
            if not isinstance(value, Tariff):
                break
            name = sheet.shown(piece, value, message.language)
            letter = next((letter for letter in name if letter not in _BOTH), None)
            if letter is not None:
                yield (
                    place,
                    "W002",
                    f'{_head(sheet)}: "{letter}" in the tariff name "{name}" makes the page UCS-2: {_loss(sheet)}; '
                    f"fold names there, languages: {{fold_names: [{sheet.channel}]}}",
                )


def _wordings(sheet: Sheet, menus: Sequence[Menu], place_of: Callable[[str], str]) -> Iterator[tuple[Wording, str, Place]]:
    operator, channel = sheet.model.operator, sheet.channel
    for name, wording in operator.answers.items():
        yield wording, place_of(name), Place()
    if operator.no_match.say is not None:
        yield operator.no_match.say, place_of("no_match"), Place()
    for entry in sheet.model.entries:
        if entry.channel == channel:
            yield from ((part.wording, part.place, Place()) for part in _here(entry.not_served, channel))
    for menu in menus:
        place = Place(menu)
        says: list[tuple[Say, Place]] = [(menu.confirm, place), (menu.say, place), (menu.after, place)]
        says += [(say, place) for field in menu.ask for say in (field.say, field.again)]
        says += [(outcome.say, Place(menu, name)) for name, outcome in menu.otherwise.items()]
        for say, where in says:
            yield from ((part.wording, part.place, where) for part in _here(say, channel))
        if menu.list is not None:
            yield menu.list.item, menu.list.place, Place(menu, item=True)
            if menu.list.none is not None:
                yield menu.list.none, menu.list.place, place
        if channel == "ussd":
            yield from ((choice.label, choice.place, place) for choice in menu.choices if choice.only is None or channel in choice.only)
        if menu.no_match is not None and menu.no_match.say is not None and menu.no_match.say is not operator.no_match.say:
            yield menu.no_match.say, menu.place, place
        yield from ((wording, field.place, place) for field in menu.ask for wording in field.no_match.values())


def _here(say: Say, channel: str) -> Say:
    return tuple(part for part in say if part.only is None or channel in part.only)


def _written(sheet: Sheet, message: Message) -> str:
    """A wording as an author knows it: folded where it is folded, its slots by name."""
    if len(message.forms) == 1 and len(message.forms[0]) == 1 and isinstance(message.forms[0][0], str):
        return sheet.written(message, message.forms[0][0])
    return "\n".join(
        "".join(sheet.written(message, piece) if isinstance(piece, str) else f"{{{'.'.join(piece.path)}}}" for piece in form)
        for form in message.forms
    )


def _fixed(sheet: Sheet, message: Message) -> str:
    """The words of a wording without its slots."""
    return "".join(sheet.written(message, piece) for form in message.forms for piece in form if isinstance(piece, str))


def _head(sheet: Sheet) -> str:
    return f"{sheet.language}, {sheet.channel.upper()}"


def _loss(sheet: Sheet) -> str:
    return _SIZES[sheet.channel]


def _short(text: str) -> str:
    text = text.replace("\n", " / ")
    return text if len(text) <= 50 else f"{text[:47]}..."
