"""The disk as SQLite uses it: every write and fsync of Python's own sqlite3, counted, recorded or failed.

A VFS in front of SQLite's default one, made with ctypes in the library that `sqlite3` runs on, so that what is looked at is the product
as it is. While a `Disk` is in place every connection opened anywhere in the process goes through it.
`Disk.sync` is SQLite's xSync, which is one fsync or fdatasync of the file (os_unix.c, `unixSync`).
"""

from __future__ import annotations

import _sqlite3
import ctypes
import itertools
import random
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

OK, IO_ERROR, FULL = 0, 10, 13
IO_ERROR_FSYNC = IO_ERROR | 4 << 8
SECTOR = 512
"""Bytes that a disk writes whole or not at all."""

_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_Close = CFUNCTYPE(c_int, c_void_p)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
_numbers = itertools.count()


class _Vfs(ctypes.Structure):
    """sqlite3_vfs (sqlite3.h), as far as it is looked at; what stands behind is copied with it."""

    _fields_ = [
        *(("version", c_int), ("file_size", c_int), ("longest_path", c_int), ("next", c_void_p), ("name", c_char_p), ("data", c_void_p)),
        *(("open", c_void_p), ("delete", c_void_p), ("others", c_void_p * 13)),
    ]


class _Methods(ctypes.Structure):
    """sqlite3_io_methods (sqlite3.h)."""

    _fields_ = [
        *(("version", c_int), ("close", c_void_p), ("read", c_void_p), ("write", c_void_p), ("truncate", c_void_p), ("sync", c_void_p)),
        ("others", c_void_p * 13),
    ]


def _library() -> ctypes.CDLL:
    """The SQLite that Python's sqlite3 runs on: as it is linked, or built into the module."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    library.sqlite3_vfs_register.argtypes = [c_void_p, c_int]
    library.sqlite3_vfs_unregister.argtypes = [c_void_p]
    return library


@dataclass(slots=True)
class Disk:
    """What the connections opened inside `with Disk() as disk:` do to the disk.

    `events` (where `record`): (what, file name, offset, bytes) with what one of write, truncate, sync, delete, and `note`d marks. `size`,
    while it is set, is how many bytes all the files together may have; `broken_syncs` is how many fsyncs will fail next.
    """

    record: bool = False
    size: int | None = None
    broken_syncs: int = 0
    syncs: int = 0
    written: int = 0
    events: list[tuple[str, str, int, bytes]] = field(default_factory=list)
    _files: dict[int, str] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _vfs: _Vfs = field(default_factory=_Vfs)
    _callbacks: list[object] = field(default_factory=list)
    _patched: dict[int, _Methods] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, text: str) -> None:
        """Put a mark of one's own among the events: what was told to the world between two of them."""
        with self._lock:
            self.events.append(("note", text, 0, b""))

    def __enter__(self) -> Disk:
        library = _library()
        found = library.sqlite3_vfs_find(None)
        ctypes.memmove(ctypes.byref(self._vfs), found, ctypes.sizeof(_Vfs))
        original = ctypes.cast(found, c_void_p).value
        really_open, really_delete = _Open(self._vfs.open), _Delete(self._vfs.delete)

        def opened(_vfs: int, name: int | None, file: int, flags: int, flags_out: int | None) -> int:
            code = really_open(original, name, file, flags, flags_out)
            if code == OK and name:  # without a name: a temporary file, which is never needed after a crash
                self._watch(file, Path(ctypes.string_at(name).decode()).name)
            return code

        def deleted(_vfs: int, name: bytes, sync_folder: int) -> int:
            base = Path(name.decode()).name
            with self._lock:
                self._sizes.pop(base, None)
                if self.record:
                    self.events.append(("delete", base, 0, b""))
            return really_delete(original, name, sync_folder)

        callbacks = (_Open(opened), _Delete(deleted))
        self._callbacks += callbacks
        self._vfs.name = f"disk{next(_numbers)}".encode()
        self._vfs.open, self._vfs.delete = (ctypes.cast(one, c_void_p).value for one in callbacks)
        library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        _library().sqlite3_vfs_unregister(ctypes.byref(self._vfs))  # SQLite's own is the default again
        _forever.append(self)  # a connection that is still open calls back into this

    def _watch(self, file: int, name: str) -> None:
        """Put our methods in place of the file's own."""
        pointer = c_void_p.from_address(file)
        address = pointer.value
        if not address:
            return
        with self._lock:
            self._files[file] = name
            methods = self._patched.get(address) or self._patch(address)
        pointer.value = ctypes.addressof(methods)

    def _patch(self, address: int) -> _Methods:
        methods = _Methods.from_buffer_copy(_Methods.from_address(address))
        close, write, truncate, sync = _Close(methods.close), _Write(methods.write), _Truncate(methods.truncate), _Sync(methods.sync)

        def closed(file: int) -> int:
            with self._lock:
                self._files.pop(file, None)
            return close(file)

        def wrote(file: int, data: int, amount: int, offset: int) -> int:
            with self._lock:
                name = self._files[file]
                grows = offset + amount - self._sizes[name]
                if self.size is not None and grows > 0 and sum(self._sizes.values()) + grows > self.size:
                    return FULL
                self.written += amount
                self._sizes[name] = max(self._sizes[name], offset + amount)
                if self.record:
                    self.events.append(("write", name, offset, ctypes.string_at(data, amount)))
            return write(file, data, amount, offset)

        def truncated(file: int, size: int) -> int:
            with self._lock:
                self._sizes[self._files[file]] = size
                if self.record:
                    self.events.append(("truncate", self._files[file], size, b""))
            return truncate(file, size)

        def synced(file: int, flags: int) -> int:
            with self._lock:
                if self.broken_syncs:
                    self.broken_syncs -= 1
                    return IO_ERROR_FSYNC
            code = sync(file, flags)
            with self._lock:
                self.syncs += 1
                if self.record and code == OK:
                    self.events.append(("sync", self._files[file], 0, b""))
            return code

        callbacks = (_Close(closed), _Write(wrote), _Truncate(truncated), _Sync(synced))
        methods.close, methods.write, methods.truncate, methods.sync = (ctypes.cast(one, c_void_p).value for one in callbacks)
        self._callbacks += callbacks
        self._patched[address] = methods
        return methods


_forever: list[Disk] = []


class Platter:
    """What is left on the disk when the power goes, built from recorded events one after the other.

    What was synced stays. Of what was written since, each write stays, is lost, or is torn at a sector, as `chance` has it. A file that was
    made stays and one that was deleted is gone (SQLite syncs the folder where that matters).
    """

    def __init__(self) -> None:
        self.durable: dict[str, bytearray] = {}
        self.pending: dict[str, list[tuple[str, int, bytes]]] = defaultdict(list)

    def apply(self, events: Iterable[tuple[str, str, int, bytes]]) -> None:
        """Go on by `events`."""
        for what, name, offset, data in events:
            if what == "sync":
                for change in self.pending.pop(name, ()):
                    _change(self.durable.setdefault(name, bytearray()), *change)
            elif what == "delete":
                self.durable.pop(name, None)
                self.pending.pop(name, None)
            elif what != "note":
                self.pending[name].append((what, offset, data))

    def after_power_cut(self, folder: Path, chance: random.Random) -> None:
        """Write the files as the next start finds them into `folder`."""
        for name in {*self.durable, *self.pending}:
            content = bytearray(self.durable.get(name, b""))
            for what, offset, data in self.pending.get(name, ()):
                fate = chance.random()
                if fate < 0.4:
                    continue
                if fate < 0.6 and what == "write":
                    data = data[: SECTOR * chance.randrange(len(data) // SECTOR + 1)]
                _change(content, what, offset, data)
            (folder / name).write_bytes(content)


def notes(events: Sequence[tuple[str, str, int, bytes]]) -> list[str]:
    """The marks among `events`, in their order."""
    return [name for what, name, _, _ in events if what == "note"]


def _change(content: bytearray, what: str, offset: int, data: bytes) -> None:
    if what == "truncate":
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    content.extend(bytes(max(0, offset + len(data) - len(content))))
    content[offset : offset + len(data)] = data
