"""Which operator's folder a command means: a menu folder with several, or one operator's own."""

from __future__ import annotations

from pathlib import Path

from ivr.catalog.faults import suggest
from ivr.settings import ROOT


class FolderError(ValueError):
    """No such folder, or no single operator in it. The text says what to write instead."""


def locales_of(menus: Path) -> Path:
    """The catalogs that belong to a menu folder: beside it, else the project's."""
    beside = menus.parent / "locales"
    return beside if beside.is_dir() else ROOT / "locales"


def operator_folders(menus: Path) -> dict[str, Path]:
    """Operators' folders by name: `menus` itself where it has an operator.yaml, else those below it."""
    menus = menus.absolute()
    if (menus / "operator.yaml").is_file():
        return {menus.name: menus}
    return {path.parent.name: path.parent for path in sorted(menus.glob("*/operator.yaml"))}


def operator_folder(menus: Path, operator: str | None, preferred: str | None = None) -> Path:
    """The folder of `operator`, or of `preferred` or the only one there is where it is None. Raises FolderError."""
    if not menus.is_dir():
        raise FolderError(f"there is no folder {menus}")
    folders = operator_folders(menus)
    if not folders:
        raise FolderError(f"no operator.yaml in {menus} or a folder of it")
    if operator is not None:
        if operator not in folders:
            raise FolderError(f'there is no operator "{operator}" in {menus}{suggest(operator, folders)}')
        return folders[operator]
    if len(folders) == 1:
        return next(iter(folders.values()))
    if preferred in folders:
        return folders[preferred]
    raise FolderError(f"several operators are in {menus}: choose one with --operator ({', '.join(folders)})")
