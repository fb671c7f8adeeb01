"""What the subscriber does: a key, a value, a yes or no, nothing at all."""

from __future__ import annotations

from dataclasses import replace

from ivr.engine import show
from ivr.engine.state import Head
from ivr.engine.turn import Turn
from ivr.engine.walk import arrive, ask, back, choose, enter, follow, give_up, go_in, home, question, repeated


def typed(turn: Turn, text: str) -> None:
    """The subscriber typed `text` where a key or a value was awaited."""
    text = text.strip(" ")
    shown, turn.heads = turn.heads, []
    stage, _, name = turn.waiting.partition(":")
    keys = turn.model.operator.keys
    call = turn.channel == "call"
    asking = stage in ("field", "again")
    field = next((field for field in turn.menu.ask if asking and field.name == name), None)
    if call and field is not None and field.type.kind == "money":
        # the star is the point while an amount is entered (services.md, "For both")
        text = text.replace(turn.model.operator.call.point or "*", ".")
    if turn.channel == "ussd" and (asking or stage == "confirm"):
        page = turn.top.page
        if text == keys.ussd_next and page + 1 < show.pages_of(turn, shown):
            # while more follows, the key for it is no answer, as those for back and home are none
            turn.heads = shown
            turn.change(replace(turn.top, page=page + 1))
            if field is None:
                show.confirmation(turn)
            else:
                question(turn, field, again=stage == "again")
            return
        if page:
            turn.change(replace(turn.top, page=0))
    if stage == "resume":
        _resumed(turn, text)
    elif text == (keys.call_back if call else keys.ussd_back) and show.can_go_back(turn):
        back(turn)
    elif not call and text == keys.ussd_home and show.can_go_home(turn):
        home(turn)
    elif call and not asking and keys.call_person and text == keys.call_person and _person(turn) is not None:
        enter(turn, _person(turn) or "home", {}, None)
    elif stage == "field":
        turn.change(replace(turn.top, fields={**turn.top.fields, name: text}))
        turn.typed = name
        ask(turn)
    elif field is not None:
        repeated(turn, field, text)
    elif stage == "confirm":
        _confirmed(turn, text)
    else:
        _key(turn, text, shown)


def _key(turn: Turn, text: str, shown: list[Head]) -> None:
    keys = turn.model.operator.keys
    choice = next((choice for choice in turn.visible() if choice.key == text), None)
    if choice is not None and not turn.top.told:
        turn.mistakes = turn.silences = 0
        follow(turn, choice)
    elif (item := show.chosen(turn, text)) is not None:
        turn.mistakes = turn.silences = 0
        choose(turn, item)
    elif turn.channel == "call" and text == keys.call_repeat:
        # what a call said before this page belongs to it when it is asked to repeat; a complaint about a key does not
        turn.heads = [head for head in shown if head.what == "menu"]
        show.page(turn)
    elif turn.channel == "call" and text == keys.call_next and show.has_more(turn):
        turn.change(replace(turn.top, page=turn.top.page + 1))
        arrive(turn)
    elif turn.channel == "ussd" and text == keys.ussd_next and turn.top.page + 1 < show.pages_of(turn, shown):
        # with all that stood before the page, a complaint too: it took lines, and without it the pages would split elsewhere
        turn.heads = shown
        turn.change(replace(turn.top, page=turn.top.page + 1))
        show.page(turn)
    elif turn.channel == "ussd" and text == keys.ussd_home and turn.top.page > 0:
        home(turn)
    else:
        turn.mistakes += 1
        tries = turn.menu.no_match or turn.model.operator.no_match
        turn.note("no_match", f"{turn.mistakes} of {tries.most}", turn.menu.place)
        show.say_first(turn, "no_match")
        if turn.mistakes >= tries.most:
            give_up(turn, tries)
        else:
            if turn.channel == "ussd":
                # the complaint stands on the first page, so that is the one shown
                turn.change(replace(turn.top, page=0))
            show.page(turn)


def _person(turn: Turn) -> str | None:
    """The menu behind the key for a person; None where there is none, or the caller is in it already."""
    person = turn.model.operator.call.person
    return person if person in turn.model.menus and person != turn.menu.name else None


def _resumed(turn: Turn, text: str) -> None:
    """Yes or no to going on where a dropped session stood."""
    keys = turn.model.operator.keys
    if text == keys.confirm:
        stage, _, name = turn.resuming.partition(":")
        turn.resuming = ""
        turn.note("resume", stage, turn.menu.place)
        if stage != "menu":
            turn.change(replace(turn.top, page=0))
        if stage == "menu":
            show.page(turn)
        elif stage == "again" and turn.top.fields.get(name) is not None:
            field = next(field for field in turn.menu.ask if field.name == name)
            question(turn, field, again=True)
        else:
            ask(turn)
    elif text == keys.refuse:
        turn.frames, turn.paid, turn.resuming = [], (), ""
        go_in(turn)
    else:
        turn.mistakes += 1
        show.say_first(turn, "no_match")
        if turn.mistakes >= turn.model.operator.no_match.most:
            give_up(turn, turn.model.operator.no_match)
        else:
            show.offer_to_resume(turn)


def _confirmed(turn: Turn, text: str) -> None:
    keys = turn.model.operator.keys
    if text == keys.confirm:
        turn.change(replace(turn.top, confirmed=True))
        # not straight to the act: of a session that was loaded again the secrets are gone, and are asked for first
        ask(turn)
    elif text == keys.refuse:
        show.say_first(turn, "answer:not_sent")
        home(turn)
    else:
        turn.mistakes += 1
        tries = turn.menu.no_match or turn.model.operator.no_match
        show.say_first(turn, "no_match")
        if turn.mistakes >= tries.most:
            give_up(turn, tries)
        else:
            show.confirmation(turn)


def silent(turn: Turn) -> None:
    """Nothing was pressed in time: say so and ask again, a few times."""
    turn.heads = []
    turn.silences += 1
    stage, _, name = turn.waiting.partition(":")
    field = next((field for field in turn.menu.ask if stage in ("field", "again") and field.name == name), None)
    tries = (field.no_input if field else None) or turn.menu.no_input or turn.model.operator.no_input
    turn.note("no_input", f"{turn.silences} of {tries.most}", turn.menu.place)
    if turn.silences >= tries.most:
        give_up(turn, tries)
        return
    show.say_first(turn, f"silent:{name}" if field is not None and field.no_input else "no_input")
    if field is not None:
        question(turn, field, again=stage == "again")
    elif stage == "confirm":
        show.confirmation(turn)
    else:
        show.page(turn)
