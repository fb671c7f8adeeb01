"""How a menu looks and sounds: the page under its size limit, the prompt before the keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ivr.engine.effects import Collect, End, Page, Pause, Slot, Sms, Speak, Spoken, Words
from ivr.engine.model import Field, Message, Part, Person, Say
from ivr.engine.render import View
from ivr.engine.state import Frame, Head
from ivr.engine.text import measure, paginate, shorten
from ivr.engine.turn import Turn
from ivr.engine.values import Value


def page(turn: Turn) -> None:
    """Show the top menu and wait for a key."""
    turn.waiting = "menu"
    if turn.writes:
        _sms(turn, _before(turn) + _body(turn, turn.top))
        return
    if turn.channel == "call":
        _speak(turn, _heard(turn), _collect(turn, 1, "", False))
        return
    lines = _before(turn) + _body(turn, turn.top)
    stays = stays_open(turn)
    _screen(turn, lines, stays, waits=bool(turn.visible()) or choosable(turn) or (stays and bool(_navigation(turn))))


def question(turn: Turn, field: Field, say: Say) -> None:
    """Ask for a field's value."""
    keys = turn.model.operator.keys
    if turn.channel == "call":
        end = keys.call_repeat
        spoken = _before_spoken(turn) + turn.view().sentences(say)
        most = (field.type.most if field.type.kind == "digits" else None) or 24
        _speak(turn, spoken, _collect(turn, most + 1, end, field.type.secret))
        return
    _screen(turn, _before(turn) + turn.view().lines(say), True, waits=True, secret=field.type.secret)


def confirmation(turn: Turn) -> None:
    """Ask whether the act shall be done."""
    turn.waiting = "confirm"
    _yes_or_no(turn, turn.menu.confirm)


def offer_to_resume(turn: Turn) -> None:
    """Ask whether to go on where a dropped session stood."""
    turn.waiting = "resume"
    turn.note("offer", "resume", turn.menu.place)
    _yes_or_no(turn, (Part(turn.answer("resume")),))


def _yes_or_no(turn: Turn, say: Say) -> None:
    keys, view = turn.model.operator.keys, turn.view()
    answers = (("confirm", keys.confirm), ("refuse", keys.refuse))
    if turn.channel == "call":
        spoken = _before_spoken(turn) + view.sentences(say)
        for name, key in answers:
            spoken += _choice_words(view, name, key)
        _speak(turn, spoken, _collect(turn, 1, "", False))
        return
    _screen(turn, _before(turn) + _yes_or_no_lines(turn, say), turn.waiting == "confirm", waits=True)


def _yes_or_no_lines(turn: Turn, say: Say) -> list[str]:
    keys, view = turn.model.operator.keys, turn.view()
    answers = (("confirm", keys.confirm), ("refuse", keys.refuse))
    return view.lines(say) + [f"{key}. {view.text(turn.answer(name))}" for name, key in answers]


def transfer(turn: Turn, person: Person) -> None:
    """Say what stands before handing the call to `person`, and hand it over."""
    spoken = _before_spoken(turn) + _said(turn, turn.top)[0]
    turn.waiting = "connect"
    _speak(turn, spoken, None, person)


def receipt(turn: Turn, say: Say) -> None:
    """The SMS that goes out beside the page; without words of its own, those of the page."""
    view, menu = turn.view(channel="sms"), turn.menu
    lines = view.lines(say or menu.say)
    if not say:
        lines += ([] if menu.list is None else view.listed(menu.list)) + view.lines(menu.after)
    _send(turn, lines)


def farewell(turn: Turn, disposition: str) -> None:
    """Say what is left to be said and end the session."""
    turn.waiting = "ended"
    turn.frames = []
    turn.note("end", disposition)
    if turn.writes:
        _sms(turn, _before(turn), disposition)
    elif turn.channel == "call":
        turn.effects += [Speak(tuple(_before_spoken(turn)), turn.language, None), End(disposition)]
    else:
        _screen(turn, _before(turn), False, waits=False, disposition=disposition)


def say_first(turn: Turn, what: str, frame: Frame | None = None, **extra: Value) -> None:
    """Put a sentence before whatever the step shows in the end; `what` as in `Head`."""
    turn.heads.append(Head(what, frame or (turn.top if turn.frames else Frame("")), extra))


def _head_say(turn: Turn, head: Head) -> Say:
    kind, _, name = head.what.partition(":")
    operator = turn.model.operator
    menu = turn.model.menus.get(head.frame.menu)
    match kind:
        case "answer":
            return (Part(operator.answers[name]),)
        case "otherwise" if menu is not None:
            return menu.otherwise[name].say
        case "wrong" if menu is not None:
            field_name, _, cause = name.partition(":")
            by_cause = next(field.no_match for field in menu.ask if field.name == field_name)
            if cause == "differs":
                return (Part(by_cause.get(cause) or operator.answers["differs"]),)
            return (Part(by_cause.get(cause) or by_cause.get("other") or operator.answers["wrong_value"]),)
        case "silent" if menu is not None:
            silence = next(field.no_input for field in menu.ask if field.name == name)
            return () if silence is None or silence.say is None else (Part(silence.say),)
        case "not_served":
            return turn.model.entries[int(name)].not_served
    tries = getattr(menu, kind, None) or getattr(operator, kind)
    return () if tries.say is None else (Part(tries.say),)


# -- text


def _before(turn: Turn, heads: Sequence[Head] | None = None) -> list[str]:
    lines: list[str] = []
    for head in turn.heads if heads is None else heads:
        if head.what == "menu":
            lines += _body(turn, head.frame)
        else:
            lines += turn.view(head.frame, head.extra).lines(_head_say(turn, head))
    return lines


def _body(turn: Turn, frame: Frame) -> list[str]:
    menu, view = turn.model.menus[frame.menu], turn.view(frame)
    if frame.told:
        return view.lines(menu.otherwise[frame.told].say)
    lines = view.lines(menu.say)
    if menu.list is not None:
        lines += view.listed(menu.list, numbered=menu.list.choose is not None and not turn.writes)
    lines += view.lines(menu.after)
    if turn.writes:
        return lines  # an SMS carries the figures only: nothing can be chosen in it
    return lines + [f"{choice.key}. {view.text(choice.label)}" for choice in turn.visible(frame)]


def _navigation(turn: Turn) -> list[str]:
    keys, view = turn.model.operator.keys, turn.view()
    lines = []
    if can_go_back(turn) and keys.ussd_back:
        lines.append(f"{keys.ussd_back}. {view.text(turn.answer('back'))}")
    if can_go_home(turn) and keys.ussd_home:
        lines.append(f"{keys.ussd_home}. {view.text(turn.answer('home'))}")
    return lines


def can_go_back(turn: Turn) -> bool:
    """Whether a menu lies behind this one."""
    return len(turn.frames) > 1 and turn.menu.back


def can_go_home(turn: Turn) -> bool:
    """Whether the entry's own menu is another one than this."""
    return bool(turn.home) and turn.home != turn.top.menu


def _layout(turn: Turn, lines: list[str], stays: bool) -> tuple[str, ...]:
    """All pages of `lines`. On later pages of the first menu the home key leads back to its first page, so the line stands there too."""
    operator, view = turn.model.operator, turn.view()
    first = _navigation(turn) if stays else []
    home = f"{operator.keys.ussd_home}. {view.text(turn.answer('home'))}"
    later = first if home in first or not turn.home else [*first, home]
    more = f"{operator.keys.ussd_next}. {view.text(turn.answer('next'))}"
    return paginate(lines or [""], later, first, more, operator.ussd.octets)


def items(turn: Turn) -> tuple[Mapping[str, Value], ...]:
    """The items of the top menu's list that can be chosen now, in the order of their keys: all on a page, in a call those it says now."""
    listing = turn.menu.list
    if listing is None or listing.choose is None or turn.top.told or turn.writes:
        return ()
    found = tuple(turn.view().items(listing))
    if turn.channel != "call":
        return found
    step = listing.speak or len(found)
    return found[turn.top.page * step : (turn.top.page + 1) * step]


def choosable(turn: Turn) -> bool:
    """Whether the top menu has items to choose from."""
    return bool(items(turn))


def chosen(turn: Turn, text: str) -> Mapping[str, Value] | None:
    """The item whose key `text` is; None where there is none."""
    found = items(turn)
    return found[int(text) - 1] if re.fullmatch(r"[1-9][0-9]?", text, re.ASCII) and int(text) <= len(found) else None


def _screen(turn: Turn, lines: list[str], stays: bool, waits: bool, secret: bool = False, disposition: str = "completed") -> None:
    if turn.channel == "web":
        _web(turn, lines, stays, waits, secret, disposition)
    else:
        _ussd(turn, lines, stays, waits, secret, disposition)


def _web(turn: Turn, lines: list[str], stays: bool, waits: bool, secret: bool, disposition: str) -> None:
    """A page of a browser: everything at once, there is no limit (`limit` 0)."""
    text = "\n".join([*lines, *(_navigation(turn) if stays and turn.frames else ())])
    turn.effects.append(Page(text, "unicode", len(text), 0, waits, turn.language, secret))
    turn.note("page", f"1/1 unicode {len(text)}", turn.menu.place if turn.frames else "")
    if not waits:
        turn.waiting = "ended"
        turn.effects.append(End(disposition))


def _ussd(turn: Turn, lines: list[str], stays: bool, waits: bool, secret: bool = False, disposition: str = "completed") -> None:
    octets = turn.model.operator.ussd.octets
    # a last word has no pages: nothing is kept that could show them, so what does not fit is cut (`ivr check` measures them)
    pages = _layout(turn, lines, stays) if turn.frames else (shorten("\n".join(lines), octets),)
    number = min(turn.top.page, len(pages) - 1) if turn.frames else 0
    text = pages[number]
    size = measure(text, octets)
    waits = waits or number + 1 < len(pages) or (stays and number > 0 and bool(turn.home))
    turn.effects.append(Page(text, size.encoding, size.length, size.limit, waits, turn.language, secret))
    turn.note("page", f"{number + 1}/{len(pages)} {size.encoding} {size.length}/{size.limit}", turn.menu.place if turn.frames else "")
    if not waits:
        turn.waiting = "ended"
        turn.effects.append(End(disposition))


def pages_of(turn: Turn, heads: Sequence[Head]) -> int:
    """How many pages there are of what is awaited now (the top menu's page, a question, a confirmation) with `heads` before it."""
    stage, _, name = turn.waiting.partition(":")
    if stage == "confirm":
        lines, stays = _yes_or_no_lines(turn, turn.menu.confirm), True
    elif stage in ("field", "again"):
        field = next(field for field in turn.menu.ask if field.name == name)
        lines, stays = turn.view().lines(field.again if stage == "again" else field.say), True
    else:
        lines, stays = _body(turn, turn.top), stays_open(turn)
    return len(_layout(turn, _before(turn, heads) + lines, stays))


def stays_open(turn: Turn) -> bool:
    """Whether a page of the top menu keeps the session: it has choices, or the operator leaves last pages open."""
    return turn.model.operator.ussd.stay_open or bool(turn.visible()) or choosable(turn)


def _sms(turn: Turn, lines: list[str], disposition: str = "completed") -> None:
    """The answer to an SMS, or a late answer; the session is over with it."""
    turn.waiting = "ended"
    turn.frames = []
    _send(turn, lines)
    turn.effects.append(End(disposition))


def _send(turn: Turn, lines: list[str]) -> None:
    text = "\n".join(lines)
    if text:
        turn.effects.append(Sms(turn.state.msisdn, turn.state.service, text, turn.language, turn.key()))
        turn.note("sms", f"{len(text)} characters", turn.menu.place if turn.frames else "")


# -- speech


def _before_spoken(turn: Turn) -> list[Spoken]:
    spoken: list[Spoken] = []
    for head in turn.heads:
        if head.what == "menu":
            spoken += _said(turn, head.frame)[0]
        else:
            spoken += turn.view(head.frame, head.extra).sentences(_head_say(turn, head))
    return spoken


def _heard(turn: Turn) -> list[Spoken]:
    spoken, more = _said(turn, turn.top)
    spoken = _before_spoken(turn) + spoken
    if more:
        view = turn.view()
        spoken += view.with_extra({"key": int(turn.model.operator.keys.call_next)}).sentences((Part(turn.answer("next_call")),))
    view = turn.view()
    for choice in turn.visible():
        spoken += view.with_extra({"key": int(choice.key)}).sentences((Part(choice.label),))
    person, keys = turn.model.operator.call.person, turn.model.operator.keys
    if person is not None and keys.call_person and turn.visible() and turn.menu.name == turn.home:
        spoken += view.with_extra({"key": int(keys.call_person)}).sentences((Part(turn.answer("person")),))
    return spoken


def _said(turn: Turn, frame: Frame) -> tuple[list[Spoken], bool]:
    menu, view = turn.model.menus[frame.menu], turn.view(frame)
    if frame.told:
        return view.sentences(menu.otherwise[frame.told].say), False
    spoken, more = view.sentences(menu.say), False
    if menu.list is not None:
        step = menu.list.speak or 0
        chosen = menu.list.choose is not None and bool(turn.frames) and frame is turn.top
        listed, more = view.spoken_list(menu.list, frame.page * step, chosen)
        if frame.page:
            spoken = []
        spoken += listed
    if not more:
        spoken += view.sentences(menu.after)
    return spoken, more


def has_more(turn: Turn) -> bool:
    """Whether a list of the top menu has items that the call has not said yet."""
    return _said(turn, turn.top)[1]


def _choice_words(view: View, name: str, key: str) -> list[Spoken]:
    operator = view.model.operator
    around, label = view.message(operator.call.choice), view.message(operator.answers[name])
    assert around is not None and label is not None
    pieces = tuple(
        inner for piece in around.forms[0] for inner in (label.forms[0] if getattr(piece, "path", None) == ("label",) else (piece,))
    )
    merged = {"call": {view.language: Message((_merge(pieces),), view.language)}}
    return view.with_extra({"key": int(key)}).sentences((Part(merged),))


def _merge(pieces: tuple[object, ...]) -> tuple:  # type: ignore[type-arg]
    merged: list[object] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return tuple(merged)


def _collect(turn: Turn, most: int, end: str, secret: bool) -> Collect:
    settings = turn.model.operator.call
    return Collect(most, settings.first_digit, settings.between_digits, end, settings.barge_in, secret)


def _speak(turn: Turn, spoken: list[Spoken], collect: Collect | None, person: Person | None = None) -> None:
    while spoken and isinstance(spoken[-1], Pause):
        spoken.pop()
    number, ring = (None, 0.0) if person is None else (person.number, person.ring)
    turn.effects.append(Speak(tuple(spoken), turn.language, collect, number, ring))
    words = sum(isinstance(part, Words | Slot) for part in spoken)
    turn.note("speak", f"{words} parts in {turn.language}", turn.menu.place if turn.frames else "")
