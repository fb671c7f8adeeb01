"""The commands for translators: `ivr i18n extract`, `update`, `status`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.pofile import PoFileError

from ivr.catalog import pofiles
from ivr.catalog.extract import Extracted, ExtractError, messages
from ivr.catalog.folders import locales_of
from ivr.settings import Settings, SettingsError

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

_SHOWN = 50
"""How many untranslated messages `status` lists for a language before it only counts them."""


def add_parsers(subparsers: Parsers) -> None:
    """Add `i18n` to `ivr`'s parser; each action sets `run`, which takes the arguments and returns the exit code."""
    shape = argparse.RawDescriptionHelpFormatter
    i18n = subparsers.add_parser("i18n", help="wordings for translators", epilog="example:\n  ivr i18n status", formatter_class=shape)
    actions = i18n.add_subparsers(dest="action", required=True, metavar="ACTION")

    extract = actions.add_parser(
        "extract",
        help="menus to messages.pot",
        description="Writes every wording of the menus to locales/messages.pot, the template of all languages.",
        epilog="example:\n  ivr i18n extract",
        formatter_class=shape,
    )
    _common(extract, _extract)

    update = actions.add_parser(
        "update",
        help="messages.pot into every messages.po",
        description=(
            "Extracts, then merges into every language's messages.po. Translations stay. A changed English text gets the old\n"
            "translation as a guess, marked fuzzy: read it and take the mark away."
        ),
        epilog="examples:\n  ivr i18n update\n  ivr i18n update --add tg",
        formatter_class=shape,
    )
    update.add_argument("--no-fuzzy-matching", action="store_true", help="no guesses from similar texts; new ones stay empty")
    update.add_argument("--add", metavar="LANGUAGE", help="begin a catalog for one more language: tg")
    _common(update, _update)

    status = actions.add_parser(
        "status",
        help="what is left to translate",
        description="Counts translated, fuzzy and missing messages by language and lists what is left. Exit code 1 where anything is.",
        epilog="example:\n  ivr i18n status",
        formatter_class=shape,
    )
    _common(status, _status)


def _common(parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace, list[Extracted]], int]) -> None:
    parser.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="the folder of all menu trees (default: IVR_MENUS, else menus/)")
    parser.add_argument("--locales", type=Path, metavar="DIR", help="the catalogs' folder (default: beside the menu folder, else locales/)")
    parser.set_defaults(run=lambda arguments: _with_messages(arguments, command))


def _with_messages(arguments: argparse.Namespace, command: Callable[[argparse.Namespace, list[Extracted]], int]) -> int:
    try:
        folder: Path = arguments.dir or Settings.from_environment().menus
        if not folder.is_dir():
            print(f"ivr: {folder} is no folder", file=sys.stderr)
            return 2
        # the same that `ivr check` and the releases read
        arguments.locales = arguments.locales or locales_of(folder.absolute())
        return command(arguments, messages(folder))
    except ExtractError as error:
        print(error, file=sys.stderr)
    except (SettingsError, OSError, PoFileError, ValueError) as error:
        print(f"ivr: {error}", file=sys.stderr)
    return 2


def _extract(arguments: argparse.Namespace, found: list[Extracted]) -> int:
    path = arguments.locales / f"{pofiles.DOMAIN}.pot"
    template = pofiles.template(found)
    changed = pofiles.write_catalog(template, path)
    print(f"{path}: {len(template)} messages{'' if changed else ', unchanged'}")
    return 0


def _update(arguments: argparse.Namespace, found: list[Extracted]) -> int:
    locales: Path = arguments.locales
    todo = set(pofiles.languages(locales)) | ({arguments.add} if arguments.add else set())
    catalogs = {}
    for language in sorted(todo):
        path = pofiles.catalog_path(locales, language)
        catalogs[language] = pofiles.read_catalog(path, language) if path.is_file() else pofiles.new_catalog(language)
    # Only now is anything written: a catalog that cannot be read leaves all as they were.
    _extract(arguments, found)
    for language, catalog in catalogs.items():
        path = pofiles.catalog_path(locales, language)
        pofiles.merge(catalog, pofiles.template(found), arguments.no_fuzzy_matching)
        changed = pofiles.write_catalog(catalog, path)
        print(f"{path}: {_counts(pofiles.states(found, catalog))}{'' if changed else ', unchanged'}")
    return 0


def _status(arguments: argparse.Namespace, found: list[Extracted]) -> int:
    left = 0
    begun = pofiles.languages(arguments.locales)
    if not begun:
        print(f"ivr: there is no catalog in {arguments.locales}; begin one with: ivr i18n update --add az", file=sys.stderr)
        return 1
    for language in begun:
        states = pofiles.states(found, pofiles.read_catalog(pofiles.catalog_path(arguments.locales, language), language))
        print(f"{language}: {_counts(states)}")
        undone = [state for state in states if state.state != "translated"]
        for state in undone[:_SHOWN]:
            print(f"  {state.message.place} {state.state} [{state.message.context}] {state.message.singular!r}")
        if len(undone) > _SHOWN:
            print(f"  and {len(undone) - _SHOWN} more")
        left += len(undone)
    return 1 if left else 0


def _counts(states: list[pofiles.State]) -> str:
    by_state = Counter(state.state for state in states)
    return ", ".join(f"{by_state[name]} {name}" for name in ("translated", "fuzzy", "missing"))
