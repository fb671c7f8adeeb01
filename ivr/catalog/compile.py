"""An operator's folder compiled once: sources in, frozen nodes or faults out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.catalog.context import Context
from ivr.catalog.entry_proofs import entry_faults
from ivr.catalog.faults import Fault, Faults
from ivr.catalog.fit import fit_faults
from ivr.catalog.memory import Memory
from ivr.catalog.menu_files import MenuFile
from ivr.catalog.notices import notice_faults, notices_of
from ivr.catalog.operator_file import OperatorFile
from ivr.catalog.own_services import Offered, offered
from ivr.catalog.proofs.unused import names_used, unused
from ivr.catalog.proofs.whole import prove
from ivr.catalog.reader import NAME, Reader
from ivr.catalog.services import Service
from ivr.catalog.shapes import RESERVED_FILES
from ivr.catalog.source import Node
from ivr.catalog.sources import SERVICES, Sources, content_hash, menu_files, read_sources
from ivr.catalog.wordings import Wordings
from ivr.engine.model import Entry, Model, Notice
from ivr.engine.ways_in import code_parts

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


def compile_operator(
    folder: Path,
    locales: Path,
    release: str = "",
    *,
    sources: Sources | None = None,
    memory: Memory | None = None,
    thorough: bool = False,
    measured: bool = True,
) -> Compiled:
    """Everything in `folder` (operator.yaml and menu files), with the catalogs in `locales`.

    `sources`: its files where they are read already. `memory`: of the last compilation of this folder; parts that would come out the same
    are taken from it. `thorough`: warn of names that nothing uses, too (W005): an author wants to know, a server need not.
    `measured`: measure every page (E075, W002); a demo server, which publishes all the same, leaves that to `ivr check`.
    """
    memory, faults = Memory() if memory is None else memory, Faults()
    with memory.compilation(faults) as reader:
        return _compile(sources or read_sources(folder, locales), release, memory, reader, faults, thorough, measured)


def _compile(sources: Sources, release: str, memory: Memory, reader: Reader, faults: Faults, thorough: bool, measured: bool) -> Compiled:
    root = sources.folder.parent.name
    if sources.folder.is_symlink():
        faults.add(f"{root}/{sources.folder.name}/operator.yaml:1:1", "E005", "this folder is a link; an operator's folder is one itself")
        return Compiled(None, tuple(faults.sorted()))
    own_services = None if sources.own_services is None else memory.tree(sources.own_services, faults)
    offers = memory.part("services", (sources.services, own_services), lambda: offered(SERVICES, own_services, reader.faults))
    services = offers.services
    nodes: dict[str, Node] = {}
    unread: set[str] = set()
    for source in sources.menus:
        node = memory.tree(source, faults)
        if source.stem != "operator" and (source.stem in RESERVED_FILES or not NAME.fullmatch(source.stem)):
            faults.add(f"{source.shown}:1:1", "E015", f'a menu file cannot be called "{source.stem}"')
        elif node is not None:
            nodes[source.stem] = node
        else:
            unread.add(source.stem)
    if "operator" not in nodes:
        if "operator" not in unread:
            faults.add(f"{root}/{sources.folder.name}/operator.yaml:1:1", "E010", "there is no operator.yaml in this folder")
        return Compiled(None, tuple(faults.sorted()))
    top = nodes.pop("operator")
    house = memory.part("operator.yaml", (top,), lambda: OperatorFile(top, reader))
    catalogs = memory.catalogs(house.languages, sources, faults)
    wordings = Wordings(reader, house.languages, catalogs, house.tariffs)
    operator = memory.part("operator", (house,), lambda: house.compile(wordings, catalogs))
    if faults.errors() and not operator.answers:
        return Compiled(None, tuple(faults.sorted()))
    made = (house, operator, services, frozenset(unread))

    def file_of(stem: str, node: Node) -> MenuFile:
        file = memory.part(
            ("file", stem),
            (node, *made),
            lambda: MenuFile(Context(stem, node, reader, wordings, house, operator, services, frozenset(unread))),
        )
        file.context.wordings = wordings
        return file

    files = [file_of(stem, node) for stem, node in nodes.items()]
    everything = memory.everything({name: key for file in files for name, key in file.names.items()})
    for file in files:
        file.context.everything = everything
    menus = {
        name: menu for file in files for name, menu in memory.part(("menus", file.stem), (file.node, *made), file.compile_menus).items()
    }
    entries = tuple(entry for file in files for entry in memory.part(("entries", file.stem), (file.node, *made), file.compile_entries))
    told = (*made, offers)
    notices = tuple(
        notice
        for file in files
        for notice in memory.part(("notices", file.stem), (file.node, *told), lambda file=file: _notices(file, offers))  # type: ignore[misc]
    )
    model = Model(operator, menus, entries, release or sources.release, notices)
    dialled = _dialled(model)
    for file in files:
        for name in file.names:
            if name in menus:
                file.values_fit(menus, menus[name])
        if not unread:
            _published(file, model, dialled, reader)
    entry_faults(model, reader)
    notice_faults(model, offers.events, reader)
    prove(model, house, services, frozenset(unread), reader)
    if thorough and not unread and not any(fault.code == "E013" for fault in faults.found):  # else what is misspelt would be unused, too
        unused(house.node, map(names_used, nodes.values()), reader)
    broken = any(fault.code not in UNTRANSLATED for fault in faults.errors())
    if measured and not broken:  # what is broken says nothing true of its pages; a page that does not fit leaves the tree whole
        for place, code, message in fit_faults(model, services, house.node, offers.events):
            faults.add(place, code, message)
    return Compiled(None if broken else model, tuple(faults.sorted()))


def _notices(file: MenuFile, offers: Offered) -> list[Notice]:
    return notices_of(file.context, file.serves, file.switch, offers.events)


def _dialled(model: Model) -> dict[object, list[Entry]]:
    """The USSD entries by their code's first part."""
    dialled: dict[object, list[Entry]] = {}
    for entry in model.entries:
        if entry.channel == "ussd":
            dialled.setdefault(entry.parts[0], []).append(entry)
    return dialled


def _published(file: MenuFile, model: Model, dialled: Mapping[object, list[Entry]], reader: Reader) -> None:
    for key, node in reader.pairs(file.node.get("published"), "published"):
        wanted = file.target(node)
        parts = code_parts(key.text)
        if wanted is None:
            continue
        ways = [entry for entry in dialled.get(parts[0], ()) if parts[: len(entry.parts)] == entry.parts] if parts else []
        ends = {_walk(model, entry.go, parts[len(entry.parts) :]) for entry in ways if parts}
        if wanted not in ends:
            leads = next(iter(end for end in ends if end), None)
            told = f"{key.text} is printed for {wanted} and leads {f'to {leads}' if leads else 'nowhere'}"
            reader.fault(key, "E060", f"{told}; lead it there, or correct the code")


def _walk(model: Model, menu: str, parts: tuple[str, ...]) -> str | None:
    for part in parts:
        if menu not in model.menus:
            return None
        choice = next((choice for choice in model.menus[menu].choices if choice.key == part), None)
        if choice is None:
            return None
        menu = choice.go
    return menu


__all__ = ["Compiled", "Service", "compile_operator", "content_hash", "menu_files"]
