"""`ivr switch`: features turned on and off by hand, at once, also in sessions that run."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.engine.model import Operator

    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

_TURNS = {"on": True, "off": False, "default": None}


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    switch = subparsers.add_parser(
        "switch",
        help="turn a feature on or off, at once",
        description="Lists an operator's feature switches, or turns one by hand: on, off, or default (as operator.yaml says)."
        " It acts within a quarter of a second, also in sessions that run, whatever release these have.",
        epilog="examples:\n  ivr switch\n  ivr switch azercell bill_ready_push off\n  ivr switch bill_ready_push default",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    switch.add_argument(
        "words", nargs="*", metavar="WORD", help="[OPERATOR] [NAME on|off|default]; the operator may be left out where there is one"
    )
    switch.add_argument("--json", action="store_true", help='a JSON array of rows: "operator", "name", "on", "default", "by_hand"')
    switch.set_defaults(run=run_switch)


def run_switch(arguments: argparse.Namespace) -> int:
    """List or turn."""
    from ivr.catalog.compile import compile_operator
    from ivr.catalog.faults import suggest
    from ivr.catalog.folders import operator_folders
    from ivr.house import locales_of
    from ivr.sessions.switches import FILE_NAME, SwitchesError, read, turn

    settings = Settings.from_environment()
    folders, path = operator_folders(settings.menus), settings.home / FILE_NAME
    if not folders:
        return _wrong(f"no operator.yaml in {settings.menus} or a folder of it")
    words = list(arguments.words)
    named = words.pop(0) if len(words) in (1, 3) else None
    if len(words) not in (0, 2):
        return _wrong("write [OPERATOR] [NAME on|off|default]; `ivr switch --help` has examples")
    if named is not None and named not in folders:
        return _wrong(f'there is no operator "{named}" in {settings.menus}{suggest(named, folders)}')
    operators: dict[str, Operator] = {}
    for name in [named] if named is not None else folders:
        model = compile_operator(folders[name], locales_of(settings.menus)).model
        if model is None:
            print(f"ivr switch: the menus of {name} have faults; `ivr check` lists them", file=sys.stderr)
            return 1
        operators[name] = model.operator
    try:
        if words:
            name, how = words
            if how not in _TURNS:
                return _wrong(f'a switch is turned on, off or default, not "{how}"{suggest(how, _TURNS)}')
            if named is None:
                named = settings.operator if settings.operator in operators else next(iter(operators)) if len(operators) == 1 else None
            if named is None:
                return _wrong(f"several operators are here: say which ({', '.join(operators)})")
            switches = operators[named].switches
            if name not in switches:
                return _wrong(f'{named} has no switch "{name}"{suggest(name, switches) if switches else ": operator.yaml has none"}')
            settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            turn(path, operators[named].name, name, _TURNS[how])
            operators = {named: operators[named]}
        turned = read(path)
    except SwitchesError as error:
        print(f"ivr switch: {error}", file=sys.stderr)
        return 1
    rows = [
        {"operator": operator.name, "name": name, "on": hand.get(name, default), "default": default, "by_hand": name in hand}
        for operator in operators.values()
        for hand in (turned.get(operator.name, {}),)
        for name, default in operator.switches.items()
    ]
    _show(rows, arguments.json)
    return 0


def _show(rows: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    elif not rows:
        print("There are no switches in operator.yaml.")
    for row in () if as_json else rows:
        hand = ", turned by hand" if row["by_hand"] else ""
        print(f"{row['operator']}  {row['name']}  {'on' if row['on'] else 'off'}{hand}")


def _wrong(what: str) -> int:
    print(f"ivr switch: {what}", file=sys.stderr)
    return 2
