"""An operator's folder compiled once: sources in, frozen nodes or faults out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.catalog.faults import Fault, Faults, suggest
from ivr.catalog.menu_files import MenuFile
from ivr.catalog.operator_file import OperatorFile
from ivr.catalog.reader import NAME, Reader
from ivr.catalog.services import Service, load_services
from ivr.catalog.shapes import RESERVED_FILES
from ivr.catalog.source import Node, plain_bytes, read_file
from ivr.catalog.translations import load_translations
from ivr.catalog.wordings import Wordings
from ivr.engine.model import Menu, Model
from ivr.engine.ways_in import code_parts

SERVICES = Path(__file__).resolve().parent.parent / "services" / "services.yaml"
"""The services of the embedded accounts."""


LARGEST_CATALOG = 20_000_000
"""Bytes a gettext catalog may have."""
UNTRANSLATED = frozenset(["E070", "E071"])
"""Errors that leave a tree whole: what is not translated yet is said in English until it is."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of a folder: everything that was found, and a model where nothing worse is wrong than a missing translation."""

    model: Model | None
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """What is no mere warning."""
        return tuple(fault for fault in self.faults if not fault.warning)


def menu_files(folder: Path) -> list[Path]:
    """The YAML files of an operator's folder. Hidden ones are an editor's own (Emacs' lock `.#prepaid.yaml` is a link to nowhere)."""
    return sorted(path for path in folder.glob("*.yaml") if not path.name.startswith("."))


def content_hash(folder: Path, locales: Path) -> str:
    """The release id of what is on disk: a hash over menus, operator file, catalogs and services, 12 hexadecimal digits."""
    digest = hashlib.sha256()
    files = [*menu_files(folder), *locales.glob("*/LC_MESSAGES/*.po"), SERVICES]
    for path in sorted(files):
        digest.update(path.name.encode() + b"\0" + (path.parent.parent.name.encode() if path.suffix == ".po" else b"") + b"\0")
        # comments of a catalog name lines of the menus, which move without anything being said differently
        lines = plain_bytes(path, LARGEST_CATALOG).split(b"\n")
        digest.update(
            b"\n".join(line for line in lines if path.suffix != ".po" or line.startswith(b"#,") or not line.startswith(b"#")) + b"\0"
        )
    return digest.hexdigest()[:12]


def compile_operator(folder: Path, locales: Path, release: str = "") -> Compiled:
    """Everything in `folder` (operator.yaml and menu files), with the catalogs in `locales`."""
    faults = Faults()
    reader = Reader(faults)
    root = folder.parent
    services = load_services(SERVICES, faults)
    nodes: dict[str, Node] = {}
    unread: set[str] = set()
    for path in menu_files(folder):
        node = read_file(path, f"{root.name}/{folder.name}/{path.name}", root, faults)
        if path.stem != "operator" and (path.stem in RESERVED_FILES or not NAME.fullmatch(path.stem)):
            faults.add(f"{root.name}/{folder.name}/{path.name}:1:1", "E015", f'a menu file cannot be called "{path.stem}"')
        elif node is not None:
            nodes[path.stem] = node
        else:
            unread.add(path.stem)
    if "operator" not in nodes:
        if not (folder / "operator.yaml").exists():
            faults.add(f"{root.name}/{folder.name}/operator.yaml:1:1", "E010", "there is no operator.yaml in this folder")
        return Compiled(None, tuple(faults.sorted()))
    house = OperatorFile(nodes.pop("operator"), reader)
    catalogs = {language: load_translations(locales, language, faults) for language in house.languages}
    wordings = Wordings(reader, house.languages, catalogs)
    operator = house.compile(wordings, catalogs)
    if faults.errors() and not operator.answers:
        return Compiled(None, tuple(faults.sorted()))
    files = [MenuFile(stem, node, reader, wordings, house, operator, services, frozenset(unread)) for stem, node in nodes.items()]
    everything = {name: key for file in files for name, key in file.names.items()}
    menus = {name: menu for file in files for name, menu in file.compile_menus(everything).items()}
    entries = tuple(entry for file in files for entry in file.compile_entries(everything))
    model = Model(operator, menus, entries, release or content_hash(folder, locales))
    for file in files:
        for name in file.names:
            if name in menus:
                file.values_fit(menus, menus[name])
        if not unread:
            _published(file, model, everything, reader)
    for entry in entries:
        known = [field.name for field in menus[entry.go].ask] if entry.go in menus else list(entry.hand)
        for name in entry.hand:
            if name not in known:
                reader.fault(Node("text", entry.place), "E033", f'{entry.go} has no field "{name}"{suggest(name, known)}')
    _loops(model, reader)
    if not unread:
        _reachable(model, reader)
    if operator.first_call is not None and operator.first_call not in menus and operator.first_call.split(".")[0] not in unread:
        languages = house.node.get("languages") or house.node
        reader.known(languages.get("first_call") or languages, operator.first_call, menus, "E012", "menu")
    broken = any(fault.code not in UNTRANSLATED for fault in faults.errors())
    return Compiled(None if broken else model, tuple(faults.sorted()))


def _published(file: MenuFile, model: Model, everything: Mapping[str, Node], reader: Reader) -> None:
    for key, node in reader.pairs(file.node.get("published"), "published"):
        wanted = file.target(node, everything)
        parts = code_parts(key.text)
        if wanted is None:
            continue
        ways = [entry for entry in model.entries if parts and entry.channel == "ussd" and parts[: len(entry.parts)] == entry.parts]
        ends = {_walk(model, entry.go, parts[len(entry.parts) :]) for entry in ways if parts}
        if wanted not in ends:
            leads = next(iter(end for end in ends if end), None)
            reader.fault(key, "E060", f"{key.text} is printed for {wanted} and leads " + (f"to {leads}" if leads else "nowhere"))


def _walk(model: Model, menu: str, parts: tuple[str, ...]) -> str | None:
    for part in parts:
        if menu not in model.menus:
            return None
        choice = next((choice for choice in model.menus[menu].choices if choice.key == part), None)
        if choice is None:
            return None
        menu = choice.go
    return menu


def _reachable(model: Model, reader: Reader) -> None:
    waiting = [target for entry in model.entries for target in (entry.go, entry.then) if target]
    waiting += [model.operator.first_call] if model.operator.first_call else []
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in model.menus:
            continue
        seen.add(name)
        waiting += _leads(model.menus[name])
    for name, menu in model.menus.items():
        if name not in seen:
            reader.fault(Node("text", menu.place), "E011", f'nobody can reach menu "{name}": no entry, choice or `then` leads to it')


def _loops(model: Model, reader: Reader) -> None:
    """Menus that go on by themselves in a circle, so that nobody is ever asked for a key."""
    reported: set[str] = set()
    for start in model.menus:
        path: list[str] = []
        name = start
        while name in model.menus and name not in path and not model.menus[name].ask and not model.menus[name].confirm:
            path.append(name)
            name = model.menus[name].then or ""
        if name in path and name not in reported:
            circle = path[path.index(name) :]
            reported.update(circle)
            leads = " to ".join([*circle, name])
            reader.fault(Node("text", model.menus[name].place), "E061", f"this goes round without a key or a way out: {leads}")


def _leads(menu: Menu) -> list[str]:
    targets = [target for choice in menu.choices for target in (choice.go, choice.then)]
    targets += [menu.then, *(outcome.go for outcome in menu.otherwise.values())]
    targets += [tries.then for tries in (menu.no_input, menu.no_match) if tries]
    return [target for target in targets if target]


__all__ = ["Compiled", "Service", "compile_operator", "content_hash"]
