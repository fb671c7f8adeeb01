"""What is on disk, read once: every file of an operator, bounded, with its digest.

The release id, the compiled menus and the kept copy all come from these same bytes, so a file that is saved meanwhile cannot end up in one
of them and not in the others.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ivr.catalog.faults import Fault, Faults
from ivr.catalog.source import Refused, content, plain_bytes, read_content
from ivr.catalog.translations import LARGEST_CATALOG, catalog_file

SERVICES = Path(__file__).resolve().parent.parent / "services" / "services.yaml"
"""The services of the embedded accounts."""
OWN_SERVICES = "services.yaml"
"""The file beside the operators' folders that describes an operator's own back-end."""
MOST_BYTES = 100_000_000
"""Bytes that the menu files of an operator may have together; ten thousand menus have about five million."""
_COMMENT = re.compile(rb"(?m)^#(?!,).*\n?")


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `data` is None where it is not one to read; for a menu file `faults` says why. `digest` is of the bytes."""

    path: Path
    shown: str
    data: bytes | None
    digest: bytes
    faults: tuple[Fault, ...] = ()

    @property
    def stem(self) -> str:
        """The file's name without `.yaml`."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class Sources:
    """An operator's files. `catalogs` by language; `own_services` the services.yaml beside the operators, where there is one; `release` is
    the id that this content has."""

    folder: Path
    locales: Path
    menus: tuple[Source, ...]
    catalogs: Mapping[str, Source]
    services: bytes
    release: str
    own_services: Source | None = None

    def files(self) -> Iterator[tuple[Path, Source]]:
        """Each file that is kept of a release, with its place in the release's folder."""
        for source in self.menus:
            if source.data is not None:
                yield Path("menus", self.folder.name, source.path.name), source
        for language, source in self.catalogs.items():
            if source.data is not None:
                yield catalog_file(Path("locales"), language), source
        if self.own_services is not None and self.own_services.data is not None:
            yield Path("menus", OWN_SERVICES), self.own_services


def menu_files(folder: Path) -> list[Path]:
    """The YAML files of an operator's folder. Hidden ones are an editor's own (Emacs' lock `.#prepaid.yaml` is a link to nowhere)."""
    try:
        with os.scandir(folder) as entries:
            return sorted(folder / entry.name for entry in entries if entry.name.endswith(".yaml") and not entry.name.startswith("."))
    except OSError:
        return []


def catalog_files(locales: Path) -> dict[str, Path]:
    """The catalogs in `locales`, by language."""
    try:
        with os.scandir(locales) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return {}
    return {name: path for name in names if (path := catalog_file(locales, name)).is_symlink() or path.exists()}


def read_sources(folder: Path, locales: Path) -> Sources:
    """Read what is on disk now. No exception for whatever stands there: what cannot be read has faults instead of bytes."""
    menus = tuple(_menu_sources(folder))
    catalogs = {language: _catalog_source(path, language) for language, path in catalog_files(locales).items()}
    services = hashlib.sha256(plain_bytes(SERVICES)).digest()
    digest = hashlib.sha256(services)
    for source in menus:
        digest.update(source.path.name.encode("utf-8", "surrogateescape") + b"\0" + source.digest)
    for language, source in catalogs.items():
        digest.update(language.encode("utf-8", "surrogateescape") + b"\0" + (b"" if source.data is None else _said(source)))
    own = _own_services(folder)
    if own is not None:
        digest.update(b"services\0" + own.digest)
    return Sources(folder, locales, menus, catalogs, services, digest.hexdigest()[:12], own)


def content_hash(folder: Path, locales: Path) -> str:
    """The release id of what is on disk: a hash over menus, operator file, catalogs and services, 12 hexadecimal digits."""
    return read_sources(folder, locales).release


def _menu_sources(folder: Path) -> Iterator[Source]:
    total = 0
    for path in menu_files(folder):
        source = _menu_source(path, folder)
        total += len(source.data or b"")
        if total > MOST_BYTES:
            told = f"the menu files have more than the {MOST_BYTES:,} bytes together that an operator may have"
            source = replace(source, data=None, faults=(Fault(source.shown, 1, 1, "E005", told),))
        yield source


def _menu_source(path: Path, folder: Path) -> Source:
    root = folder.parent
    shown = f"{root.name}/{folder.name}/{path.name}"
    faults = Faults()
    data = read_content(path, shown, root, faults)
    return Source(path, shown, data, hashlib.sha256(data or b"").digest(), tuple(faults.found))


def _own_services(folder: Path) -> Source | None:
    """The file beside the operators. One that is there and cannot be read has faults, so that no menu compiles as if it were not."""
    path = folder.parent / OWN_SERVICES
    if not path.is_symlink() and not path.is_file():
        return None
    shown, faults = f"{folder.parent.name}/{OWN_SERVICES}", Faults()
    data = read_content(path, shown, folder.parent, faults)
    return Source(path, shown, data, hashlib.sha256(data or b"").digest(), tuple(faults.found))


def _catalog_source(path: Path, language: str) -> Source:
    try:
        data: bytes | None = content(path, LARGEST_CATALOG)
    except (OSError, Refused):
        data = None  # what is wrong with it is said by who reads it as a catalog
    return Source(path, f"locales/{language}/LC_MESSAGES/messages.po", data, hashlib.sha256(data or b"").digest())


_DIGESTS: dict[bytes, bytes] = {}
_MOST_DIGESTS = 256


def _said(source: Source) -> bytes:
    """The digest of what a catalog says: its comments name lines of the menus, which move without anything being said differently."""
    known = _DIGESTS.get(source.digest)
    if known is None:
        if len(_DIGESTS) >= _MOST_DIGESTS:
            _DIGESTS.clear()
        known = _DIGESTS[source.digest] = hashlib.sha256(_COMMENT.sub(b"", source.data or b"")).digest()
    return known
