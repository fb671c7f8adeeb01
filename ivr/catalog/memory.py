"""What one compilation of an operator leaves for the next, so that saving one file of a thousand menus compiles that file alone.

The trees of files and catalogs are kept by their content. A part that was compiled (the menus of a file, its entries) is kept with what
it was made from: the tree, the operator, and every name of another menu and every translation that it asked for. It is taken again where
all of these are as they were, with the faults that it had; so what comes of it is what a compilation from nothing gives, and a test
compares the two over random edits. What looks at the whole tree (can every menu be reached?) is done anew each time.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from ivr.catalog.faults import Fault, Faults
from ivr.catalog.menu_names import MenuNames
from ivr.catalog.reader import Reader
from ivr.catalog.source import Node, read_text
from ivr.catalog.sources import Source, Sources
from ivr.catalog.translations import Translation, Translations, load_translations, translations_of

MANY_OBJECTS = 200_000
"""From so many new objects on (some hundred menus) they are taken out of the garbage collector's sight for good."""

T = TypeVar("T")
K = TypeVar("K")


@dataclass(slots=True)
class _Notes:
    """What a part asked for while it was made: translations by language, names of menus; `listed` where it went through all names."""

    translations: dict[str, dict[tuple[str, str], Translation | None]] = field(default_factory=dict)
    names: dict[str, Node | bool] = field(default_factory=dict)
    listed: bool = False


@dataclass(slots=True)
class _Part:
    """A part with all that it was made from. `catalogs` and `everything` are those that it was last compared with."""

    inputs: tuple[object, ...]
    value: object
    faults: tuple[Fault, ...]
    notes: _Notes
    seen: set[tuple[str, str, str]]
    wrong: set[tuple[str, str]]
    catalogs: Mapping[str, Translations]
    everything: Mapping[str, Node]


class _Above(set[K]):
    """A set on top of another: what is in either is in it, what is added goes into this one."""

    def __init__(self, below: set[K]) -> None:
        super().__init__()
        self.below = below

    def __contains__(self, item: object) -> bool:
        return super().__contains__(item) or item in self.below


class _NotedTranslations(Translations):
    """A catalog that notes what it is asked for."""

    def __init__(self, catalog: Translations, memory: Memory) -> None:
        super().__init__(catalog.language, catalog.messages, catalog.rule, catalog.forms, catalog.file)
        self.memory = memory

    def find(self, context: str, text: str) -> Translation | None:
        """See `Translations`."""
        found = self.messages.get((context, text))
        notes = self.memory.notes
        if notes is not None:
            notes.translations.setdefault(self.language, {})[(context, text)] = found
        return found


class _NotedNames(MenuNames):
    """Every menu by its id, noting which are asked for."""

    def __init__(self, names: dict[str, Node], memory: Memory) -> None:
        super().__init__(names)
        self.memory = memory

    def __contains__(self, name: object) -> bool:
        found = name in self.names
        if self.memory.notes is not None and isinstance(name, str):
            self.memory.notes.names.setdefault(name, found)
        return found

    def __getitem__(self, name: str) -> Node:
        if name not in self:
            raise KeyError(name)
        if self.memory.notes is not None:
            self.memory.notes.names[name] = self.names[name]
        return self.names[name]

    def __iter__(self) -> Iterator[str]:
        if self.memory.notes is not None:
            self.memory.notes.listed = True
        return iter(self.names)

    def suggest(self, wrong: str, stem: str, words: tuple[str, ...]) -> str:
        """See `MenuNames`. It depends on all names."""
        if self.memory.notes is not None:
            self.memory.notes.listed = True
        return super().suggest(wrong, stem, words)


class Memory:
    """The parts of one operator's last compilation. One compilation at a time; what the last one did not use is dropped."""

    def __init__(self) -> None:
        self.reader = Reader(Faults())
        self.notes: _Notes | None = None
        self._trees: dict[str, tuple[bytes, Node | None, tuple[Fault, ...]]] = {}
        self._catalogs: dict[str, tuple[bytes, Translations, tuple[Fault, ...]]] = {}
        self._parts: dict[Hashable, _Part] = {}
        self._now: Mapping[str, Translations] = {}
        self._everything: Mapping[str, Node] = {}
        self._used: set[Hashable] = set()
        self.compiled = 0
        """Parts that were compiled and not taken from memory, by the last compilation."""

    @contextlib.contextmanager
    def compilation(self, faults: Faults) -> Iterator[Reader]:
        """The reader for one compilation, which reports to `faults`."""
        self.reader.faults = faults
        self.reader.structure.seen, self.reader.structure.wrong = set(), set()
        self._now, self._everything, self._used, self.compiled = {}, {}, set(), 0
        try:
            with _uncollected():
                yield self.reader
        finally:
            self.reader.faults = Faults()
            for kept in (self._trees, self._catalogs, self._parts):
                for name in [name for name in kept if (id(kept), name) not in self._used]:
                    del cast(dict[Any, Any], kept)[name]

    @property
    def size(self) -> int:
        """How many things are remembered."""
        return len(self._trees) + len(self._catalogs) + len(self._parts)

    def tree(self, source: Source, faults: Faults) -> Node | None:
        """A file's top node; None where it cannot be read. The same node again while the file is the same."""
        if source.data is None:
            _put(source.faults, faults)
            return None
        kept = self._trees.get(source.shown)
        if kept is None or kept[0] != source.digest:
            own = Faults()
            kept = self._trees[source.shown] = (source.digest, read_text(source.data, source.shown, own), tuple(own.found))
        self._used.add((id(self._trees), source.shown))
        _put(kept[2], faults)
        return kept[1]

    def catalogs(self, languages: tuple[str, ...], sources: Sources, faults: Faults) -> dict[str, Translations]:
        """The catalogs of `languages`. What is asked of them while a part is made is noted."""
        catalogs = {}
        for language in languages:
            source = sources.catalogs.get(language)
            if source is None or source.data is None or language == "en":
                catalogs[language] = load_translations(sources.locales, language, faults)
            else:
                kept = self._catalogs.get(language)
                if kept is None or kept[0] != source.digest:
                    own = Faults()
                    read = translations_of(source.data, language, source.shown, own)
                    kept = self._catalogs[language] = (source.digest, read, tuple(own.found))
                self._used.add((id(self._catalogs), language))
                _put(kept[2], faults)
                catalogs[language] = kept[1]
        self._now = catalogs
        return {language: _NotedTranslations(catalog, self) for language, catalog in catalogs.items()}

    def everything(self, names: dict[str, Node]) -> MenuNames:
        """Every menu by its id, for the parts that are made from here on. What is asked of it is noted."""
        self._everything = names
        return _NotedNames(names, self)

    def part(self, name: Hashable, inputs: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` gives, or gave when everything that it looks at was as it is now. `inputs` are compared by identity, plain values
        by their content; translations and names of menus that `make` asks for are noted by themselves."""
        kept = self._parts.get(name)
        if kept is not None and self._holds(kept, inputs):
            kept.catalogs, kept.everything = self._now, self._everything
        else:
            kept = self._parts[name] = self._make(inputs, make)
        self._used.add((id(self._parts), name))
        _put(kept.faults, self.reader.faults)
        self.reader.structure.seen.update(kept.seen)
        self.reader.structure.wrong.update(kept.wrong)
        return cast(T, kept.value)

    def _make(self, inputs: tuple[object, ...], make: Callable[[], object]) -> _Part:
        reader = self.reader
        faults, seen, wrong = reader.faults, reader.structure.seen, reader.structure.wrong
        own, notes, now_seen, now_wrong = Faults(), _Notes(), _Above(seen), _Above(wrong)
        reader.faults, reader.structure.seen, reader.structure.wrong, self.notes = own, now_seen, now_wrong, notes
        try:
            value = make()
        finally:
            reader.faults, reader.structure.seen, reader.structure.wrong, self.notes = faults, seen, wrong, None
        self.compiled += 1
        return _Part(inputs, value, tuple(own.found), notes, set(now_seen), set(now_wrong), self._now, self._everything)

    def _holds(self, kept: _Part, inputs: tuple[object, ...]) -> bool:
        if len(kept.inputs) != len(inputs) or not all(map(_same, kept.inputs, inputs)):
            return False
        if kept.everything is not self._everything and not self._names_hold(kept):
            return False
        return all(
            self._now.get(language) is kept.catalogs.get(language) or self._catalog_holds(kept, language) for language in kept.catalogs
        )

    def _names_hold(self, kept: _Part) -> bool:
        if kept.notes.listed and list(kept.everything) != list(self._everything):
            return False
        for name, found in kept.notes.names.items():
            now = self._everything.get(name)
            if (now is None) == bool(found) or (isinstance(found, tuple) and found != now):
                return False
        return True

    def _catalog_holds(self, kept: _Part, language: str) -> bool:
        before, now = kept.catalogs[language], self._now.get(language)
        if now is None or (before.forms, before.rule, before.file) != (now.forms, now.rule, now.file):
            return False
        # a message may have moved to another line of the catalog; that matters where a fault names the line
        moved_matters = any(fault.file == before.file for fault in kept.faults)
        for key, found in kept.notes.translations.get(language, {}).items():
            other = now.messages.get(key)
            if found is other:
                continue
            if found is None or other is None or found.texts != other.texts or found.fuzzy != other.fuzzy:
                return False
            if moved_matters and found.line != other.line:
                return False
        return True


def _same(one: object, other: object) -> bool:
    return one is other or (isinstance(one, str | bytes | frozenset | tuple) and not isinstance(one, Node) and one == other)


def _put(found: tuple[Fault, ...], faults: Faults) -> None:
    for fault in found:
        faults.put(fault)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cyclic garbage collector: a compilation makes millions of objects and hardly a circle, and the collector would go through
    all of them again and again (nearly half of the time of ten thousand menus)."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if gc.get_count()[0] > MANY_OBJECTS:
                gc.freeze()  # else the next small collection would go through all that was made
            gc.enable()
