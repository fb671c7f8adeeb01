"""`ivr check`: every fault of menus, locales and services at once."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ivr import __version__
from ivr.catalog.compile import compile_operator
from ivr.catalog.faults import Fault
from ivr.settings import Settings

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    check = subparsers.add_parser(
        "check",
        help="every fault of the menus, at once",
        description="Checks menus, operator files and catalogs; prints file:line:col CODE message. Exit code 1 where there are errors.",
        epilog="example:\n  ivr check menus --format json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="the menu folder, or one operator's (default: menus/)")
    check.add_argument("--format", choices=("text", "json", "sarif"), default="text", help="how the faults are written")
    check.set_defaults(run=run_check)


def run_check(arguments: argparse.Namespace) -> int:
    """Check and print."""
    from ivr.catalog.folders import locales_of
    from ivr.recordings import recording_faults
    from ivr.speakable import speech_faults

    menus = arguments.folder or Settings.from_environment().menus
    if not menus.is_dir():
        print(f"ivr check: there is no folder {menus}", file=sys.stderr)
        return 2
    menus = menus.resolve()
    folders = [menus] if (menus / "operator.yaml").exists() else sorted(path.parent for path in menus.glob("*/operator.yaml"))
    if not folders:
        print(f"ivr check: no operator.yaml in {menus} or a folder of it", file=sys.stderr)
        return 2
    faults: list[Fault] = []
    count = 0
    for folder in folders:
        compiled = compile_operator(folder, locales_of(folder.parent), thorough=True)
        faults += compiled.faults
        if compiled.model is not None:
            faults += recording_faults(compiled.model, folder)
            faults += speech_faults(compiled.model, folder)
        count += len(compiled.model.menus) if compiled.model else 0
    faults = list(dict.fromkeys(faults))  # operators share their catalogs
    print({"text": _text, "json": _json, "sarif": _sarif}[arguments.format](faults, count))
    return 1 if any(not fault.warning for fault in faults) else 0


def _text(faults: list[Fault], menus: int) -> str:
    errors = sum(not fault.warning for fault in faults)
    warnings = len(faults) - errors
    end = f"{errors} errors, {warnings} warnings" if faults else f"{menus} menus, no faults"
    return "\n".join([*map(str, faults), end])


def _json(faults: list[Fault], menus: int) -> str:
    rows = [
        {"file": fault.file, "line": fault.line, "column": fault.column, "code": fault.code, "message": fault.message} for fault in faults
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _sarif(faults: list[Fault], menus: int) -> str:
    """SARIF 2.1.0, as code hosts show it beside the lines."""
    results = [
        {
            "ruleId": fault.code,
            "level": "warning" if fault.warning else "error",
            "message": {"text": fault.message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": fault.file},
                        "region": {"startLine": fault.line, "startColumn": fault.column},
                    }
                }
            ],
        }
        for fault in faults
    ]
    driver = {"name": "ivr check", "version": __version__, "rules": [{"id": code} for code in sorted({fault.code for fault in faults})]}
    log = {
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, ensure_ascii=False, indent=1)
