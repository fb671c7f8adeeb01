"""`ivr fmt`: the keys of every menu in the order in which they happen."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.catalog.folders import operator_folders
from ivr.catalog.formatting import Unsortable, in_order
from ivr.catalog.source import Refused, content
from ivr.catalog.sources import menu_files
from ivr.settings import Settings

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    fmt = subparsers.add_parser(
        "fmt",
        help="menus' keys into the order in which they happen",
        description=(
            "Puts the keys of every menu into the order in which they happen: get, fee, say, choices. `ivr check` warns of others (W001).\n"
            "Nothing else changes: comments go along with their keys, quotes and line breaks stay. A file that is not YAML is left alone.\n"
            "Exit code 1 where a file was left alone, or, with --check, would change."
        ),
        epilog="examples:\n  ivr fmt\n  ivr fmt menus/azercell/prepaid.yaml\n  ivr fmt --check menus",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fmt.add_argument("paths", metavar="FILE|DIR", nargs="*", type=Path, help="menu files, or folders of them (default: menus/)")
    fmt.add_argument("--check", action="store_true", help="change nothing; list the files that would change")
    fmt.set_defaults(run=run_fmt)


def run_fmt(arguments: argparse.Namespace) -> int:
    """Sort, or say what would be sorted."""
    files: dict[Path, None] = {}
    for path in arguments.paths or [Settings.from_environment().menus]:
        found = _files(path)
        if not found:
            why = f"no operator.yaml in {path} or a folder of it" if path.is_dir() else f"there is no file or folder {path}"
            print(f"ivr fmt: {why}", file=sys.stderr)
            return 2
        files.update(dict.fromkeys(found))
    changed = left = 0
    for path in files:
        try:
            before = content(path)
            after = in_order(before, str(path))
            if after == before:
                continue
            if not arguments.check:
                replace(path, before, after)
        except (Unsortable, Refused) as reason:
            left += 1
            print(reason if isinstance(reason, Unsortable) else f"{path}: {reason}", file=sys.stderr)
        except OSError as error:
            left += 1
            print(f"{path}: {error.strerror or error}", file=sys.stderr)
        else:
            changed += 1
            print(path)
    does = "would change" if arguments.check else "changed"
    print(f"{len(files)} {'file' if len(files) == 1 else 'files'}, {changed} {does}" + (f", {left} left alone" if left else ""))
    return 1 if left or (arguments.check and changed) else 0


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path] if path.is_symlink() or path.exists() else []
    return [file for folder in operator_folders(path).values() for file in menu_files(folder)]


def replace(path: Path, before: bytes, after: bytes) -> None:
    """Exchange a file's content at once, with its mode and owner kept. Raises Unsortable where it was changed meanwhile, OSError."""
    status = path.lstat()
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file may not be written", str(path))
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            with contextlib.suppress(PermissionError):
                # only root may give a file to somebody else; whoever may write here may have it as theirs
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            os.fchmod(file.fileno(), status.st_mode & 0o7777)
            os.fsync(file.fileno())
        if content(path) != before:
            raise Unsortable(f"{path}: it was changed meanwhile; nothing was written")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
