"""`ivr preview`: a menu as the phone shows it, without dialling: its pages with their size, and the letter that halves them."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.catalog.faults import Fault, suggest
from ivr.engine.effects import Pause, Slot, Sms, Speak, Spoken, Words
from ivr.engine.model import Model
from ivr.engine.text import GSM7, GSM7_EXTENSION, measure
from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.catalog.preview import Shown

    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

CHANNELS = ("ussd", "call", "sms", "web")
_SMS = {"gsm7": (160, 153), "ucs2": (70, 67)}


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    preview = subparsers.add_parser(
        "preview",
        help="a menu as the phone shows it",
        description="Shows MENU as a phone shows it: questions, confirmation, every page with its size, and the letters that force UCS-2.\n"
        "Values are typical ones (12.34, 1500 MB, 05.03.2027, three items), or the largest that services.yaml allows.",
        epilog="example:\n  ivr preview prepaid.balance --lang az --values largest\n  ivr preview balance --channel call --all",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    preview.add_argument("menu", metavar="MENU", help="a menu's id: prepaid.balance; balance alone where only one file has it")
    preview.add_argument("--operator", metavar="NAME", help="whose menu, where several operators have it")
    preview.add_argument("--lang", metavar="LANG", help="the language (default: the operator's)")
    preview.add_argument("--channel", choices=CHANNELS, help="ussd, call, sms or web (default: the first of them that comes to the menu)")
    preview.add_argument("--values", choices=("typical", "largest"), default="typical", help="what the services answer (default typical)")
    preview.add_argument("--outcome", metavar="NAME", help="what it shows on that outcome: unavailable, already ...")
    preview.add_argument("--all", action="store_true", help="also under every condition, with every complaint, on every outcome")
    preview.add_argument("--json", action="store_true", help="a JSON array of rows")
    preview.set_defaults(run=run_preview)


def run_preview(arguments: argparse.Namespace) -> int:
    """Compile, show, print. 1 where something does not fit or the menus have faults."""
    from ivr.catalog.compile import compile_operator
    from ivr.house import locales_of

    menus = Settings.from_environment().menus
    folders = [path.parent for path in sorted(menus.glob("*/operator.yaml"))]
    if arguments.operator is not None:
        known = [folder.name for folder in folders]
        folders = [folder for folder in folders if folder.name == arguments.operator]
        if not folders:
            return _misused(f'there is no operator "{arguments.operator}"{suggest(arguments.operator, known)}')
    if not folders:
        return _misused(f"there is no folder with an operator.yaml in {menus.name}/")
    compiled = [(folder, compile_operator(folder, locales_of(menus))) for folder in folders]
    models = [(folder.name, found.model) for folder, found in compiled if found.model is not None]
    having = [(name, model, menu) for name, model in models for menu in _named(model, arguments.menu)]
    if not having:
        broken = [fault for _, found in compiled if found.model is None for fault in found.errors]
        if broken:
            print("\n".join(map(str, broken)), file=sys.stderr)
            print("ivr preview: the menus have faults, so there is nothing to show yet", file=sys.stderr)
            return 1
        names = [menu for _, model in models for menu in model.menus]
        return _misused(f'there is no menu "{arguments.menu}"{suggest(arguments.menu, [*names, *(name.split(".")[1] for name in names)])}')
    if len(having) > 1:
        told = ", ".join(f"{menu} of {name}" for name, _, menu in having)
        return _misused(f'"{arguments.menu}" is {told}: give the whole id, or --operator')
    operator, model, menu = having[0]
    faults = next(found.faults for folder, found in compiled if folder.name == operator)
    return _show(arguments, model, menu, faults, menus)


def _named(model: Model, name: str) -> list[str]:
    if name in model.menus:
        return [name]
    return [menu for menu in model.menus if menu.partition(".")[2] == name]


def _misused(message: str) -> int:
    print(f"ivr preview: {message}", file=sys.stderr)
    return 2


def _show(arguments: argparse.Namespace, model: Model, menu: str, faults: Sequence[Fault], menus: Path) -> int:
    from ivr.catalog.faults import Faults
    from ivr.catalog.own_services import offered
    from ivr.catalog.preview import Preview, channels_of
    from ivr.catalog.source import read_file
    from ivr.catalog.sources import OWN_SERVICES, SERVICES

    languages = model.operator.languages
    language = arguments.lang or model.operator.default_language
    if language not in languages:
        return _misused(f'{model.operator.title} does not offer "{language}"; it offers {", ".join(languages)}')
    reaching = channels_of(model, menu)
    channel = arguments.channel or next(iter(reaching), "ussd")
    own = menus / OWN_SERVICES
    beside = read_file(own, OWN_SERVICES, menus, Faults()) if own.exists() else None
    services = offered(SERVICES, beside, Faults()).services
    preview = Preview(model, services, channel, language, arguments.values == "largest")
    if arguments.outcome is None:
        shown = list(preview.menu(menu, arguments.all))
    else:
        outcomes = preview.outcomes(model.menus[menu])
        if arguments.outcome not in outcomes:
            return _misused(f'{menu} has no outcome "{arguments.outcome}"{suggest(arguments.outcome, outcomes)}')
        shown = list(preview.outcome(menu, arguments.outcome))
    rows = [row(one, language, model.operator.sms.parts) for one in shown]
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        head = f"{menu}, {channel}, {language}, {arguments.values} values"
        print(head if channel in reaching else f"{head} (no {channel} entry leads here)")
        for one in rows:
            print("\n" + (_heard(one) if "said" in one else _framed(one)))
        if not rows:
            print("\nit says nothing here")
    for fault in _own(model, menu, faults):
        if fault.code in ("E075", "W002") and fault.message.startswith(f"{language}, {channel.upper()}"):
            print(fault if arguments.json else f"\n{fault}", file=sys.stderr)
    return 1 if any(one["fits"] is False for one in rows) else 0


def _own(model: Model, menu: str, faults: Sequence[Fault]) -> list[Fault]:
    """The faults that stand in a menu: from its first line to that of the next one of the file."""
    places = [found.place.rsplit(":", 2) for found in model.menus.values()]
    file, first, _ = model.menus[menu].place.rsplit(":", 2)
    end = min((int(line) for other, line, _ in places if other == file and int(line) > int(first)), default=sys.maxsize)
    return [fault for fault in faults if fault.file == file and int(first) <= fault.line < end]


def row(shown: Shown, language: str, most_parts: int = 3) -> dict[str, object]:
    """One page, prompt or message as a JSON row; the keys that it shares with `ivr ussd`, `ivr call` and `ivr sms` mean the same."""
    effect = shown.effect
    about: dict[str, object] = {"what": shown.what, "when": list(shown.when), "page": shown.number, "pages": shown.pages}
    if shown.goes_on:
        about["goes_on"] = shown.goes_on
    if isinstance(effect, Speak):
        return {**about, "said": words(effect.parts), "language": language, "connects": effect.connect, "fits": True}
    letters = outside(effect.text)
    if isinstance(effect, Sms):
        size = measure(effect.text)
        single, part = _SMS[size.encoding]
        parts = 1 if size.length <= single else math.ceil(size.length / part)
        fits = parts <= most_parts
        sized = {"encoding": size.encoding, "length": size.length, "limit": single if parts == 1 else part * most_parts, "parts": parts}
    else:
        fits = effect.limit == 0 or effect.length <= effect.limit
        if shown.what != "page":
            fits = fits and shown.pages == 1
        sized = {"encoding": effect.encoding, "length": effect.length, "limit": effect.limit, "more": effect.more}
    forced = letters if sized["encoding"] == "ucs2" else []
    return {**about, "text": effect.text, **sized, "language": language, "letters": forced, "fits": fits}


def outside(text: str) -> list[dict[str, object]]:
    """The letters that GSM-7 lacks: each with how often it stands there, and the line and letter where it first does."""
    found: dict[str, dict[str, object]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        for at, letter in enumerate(line, 1):
            if letter not in GSM7 and letter not in GSM7_EXTENSION:
                known = found.setdefault(letter, {"letter": letter, "count": 0, "line": number, "at": at})
                known["count"] = int(str(known["count"])) + 1
    return list(found.values())


def words(parts: Sequence[Spoken]) -> str:
    """What a call says, values spelled out and pauses as `...`."""
    from ivr.speech.parts import SpeechError
    from ivr.speech.spell import words as spelled

    said = []
    for part in parts:
        match part:
            case Words():
                said.append(part.text)
            case Slot():
                try:
                    said.append(part.spoken if part.spoken is not None else spelled(part.value, part.form, part.language, part.rules))
                except SpeechError:
                    said.append(str(part.value))
            case Pause():
                said.append(f"({part.milliseconds / 1000:g} s)")
    return " ".join(said)


def _title(one: dict[str, object]) -> str:
    when = one["when"]
    told = f", {', '.join(map(str, when))}" if isinstance(when, list) and when else ""
    pages = f" {one['page']} of {one['pages']}" if one["what"] == "page" and one["pages"] != 1 else ""
    goes_on = f", then {one['goes_on']}" if "goes_on" in one else ""
    return f"{one['what']}{pages}{told}{goes_on}"


def _heard(one: dict[str, object]) -> str:
    connects = f"\n  hands the call to {one['connects']}" if one["connects"] else ""
    return f"{_title(one)}\n  {one['said']}{connects}"


def _framed(one: dict[str, object]) -> str:
    lines = str(one["text"]).split("\n")
    width = max(28, *map(len, lines))
    body = "\n".join(f"│ {line.ljust(width)} │" for line in lines)
    limit = f"/{one['limit']}" if one["limit"] else ""
    parts = f", {one['parts']} part{'' if one['parts'] == 1 else 's'}" if "parts" in one else ""
    below = f"{one['encoding']} {one['length']}{limit}{parts}, {one['language']}"
    if one["fits"] is False:
        below += ": it does not fit" if "parts" in one or one["pages"] == 1 else f": it needs {one['pages']} pages and has one"
    return f"{_title(one)}\n┌{'─' * (width + 2)}┐\n{body}\n└{'─' * (width + 2)}┘\n  {below}{_forced(one['letters'])}"


def _forced(letters: object) -> str:
    """The letters that made it UCS-2: the first few with their places."""
    if not isinstance(letters, list) or not letters:
        return ""
    shown = letters if len(letters) <= 5 else letters[:1]  # a script of its own is no surprise: one letter of it is enough
    named = [
        f'"{one["letter"]}"' + (f" x{one['count']}" if one["count"] != 1 else "") + f" (line {one['line']}, letter {one['at']})"
        for one in shown
    ]
    more = f" and {len(letters) - 1} other letters" if len(letters) > 5 else ""
    return f"\n  UCS-2 because of {', '.join(named)}{more}"
