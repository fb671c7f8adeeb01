"""What no manifest names leaves the cache, beside calls and other builds; what is of use stays."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.engine.effects import Words
from ivr.speech.inventory import fixed
from ivr.speech.library import PromptLibrary
from ivr.speech.units import unit
from tests.speech.conftest import Humming
from tests.speech.test_library import UNITS, library, record, sound

LONG_AGO = 7200.0


def old(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.read_bytes() if path.exists() else b"x")
        os.utime(path, (time.time() - LONG_AGO, time.time() - LONG_AGO))


def everything(prompts: PromptLibrary) -> set[str]:
    return {path.relative_to(prompts.cache).as_posix() for path in prompts.cache.rglob("*") if path.is_file()}


def test_what_no_manifest_names_goes_and_nothing_else(tmp_path: Path, humming: Humming) -> None:
    record(tmp_path, "Goodbye", "en")
    prompts = library(tmp_path, humming)
    prompts.build(UNITS)
    reply = prompts.join((Words("Goodbye", "en"),))
    prompts.cache.joinpath("az", "notes.txt").write_text("somebody's own")
    old(*(path for path in prompts.cache.rglob("*") if path.is_file()))
    before = everything(prompts)
    nobodys = [
        prompts.cache / name
        for name in ("en/gone-123456.alaw", "en/gone-123456.sln", "en/gone-123456.flac", "xx/gone-1.alaw", "recorded/en/leyla/gone-1.sln")
    ]
    old(*nobodys)
    young = prompts.cache / "en" / "young-123456.alaw"
    young.write_bytes(b"x")
    pruned = prompts.prune()
    assert (pruned.files, pruned.size, pruned.waiting) == (5, 5, 1)
    assert everything(prompts) == before | {"en/young-123456.alaw"}
    assert prompts.join((Words("Goodbye", "en"),)) == reply and humming.asked.count("Goodbye,") == 1
    assert (prompts.prune(older=-1).files, prompts.prune(older=-1).files) == (1, 0)


def test_a_lost_manifest_costs_a_build_and_leaves_no_orphan(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    prompts.build(UNITS)
    prompts.manifest._path.unlink()
    old(*prompts.cache.glob("*/*.*"))
    rebuilt = library(tmp_path, humming)
    rebuilt.build(UNITS[:2])
    assert rebuilt.prune().files == 2 * (len(UNITS) - 2)
    assert {path.name for path in rebuilt.cache.glob("*/*.alaw")} == {f"{one.id}.alaw" for one in UNITS[:2]}


def test_a_server_whose_plan_names_a_file_that_goes_speaks_it_again(tmp_path: Path, humming: Humming) -> None:
    server = library(tmp_path, humming)
    server.build(UNITS)
    one = unit("Goodbye", "en")
    entry = server.manifest.get(one.id)
    assert entry is not None
    before = (server.cache / entry.file).read_bytes()
    other = library(tmp_path, humming)
    other.manifest.add({}, without=[one.id])
    assert other.prune(older=-1).files == 2 and server.manifest.get(one.id) == entry, "the server has not looked yet"
    assert sound(server.join((Words("Goodbye", "en"),))) == before
    assert (server.cache / entry.file).read_bytes() == before and other.prune(older=-1).files == 0


def test_pruning_beside_calls_and_builds(tmp_path: Path, humming: Humming) -> None:
    library(tmp_path, humming).build(UNITS)
    texts = [f"Word {'abcdefghij'[number]}" for number in range(10)]
    failed: list[BaseException] = []
    done = threading.Event()

    def guarded(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:
            failed.append(error)

    def calls() -> None:
        server = library(tmp_path, humming)
        for _ in range(30):
            for text in texts:
                server.join((Words("Goodbye", "en"), Words(text, "en")))

    def builds() -> None:
        for text in texts:
            assert library(tmp_path, humming).build(fixed([("en", f"{text} built")])).failed == ()

    def prunes() -> None:
        cleaner = library(tmp_path, humming)
        while not done.is_set():
            cleaner.prune(older=60)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (calls, builds)]
    cleaner = threading.Thread(target=guarded, args=(prunes,))
    cleaner.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    cleaner.join()
    assert failed == []
    final = library(tmp_path, humming)
    assert not final.missing([*UNITS, *fixed([("en", f"{text} built") for text in texts])])


@pytest.mark.parametrize("offline", [True, False])
def test_what_is_stale_and_nobody_wants_is_forgotten(tmp_path: Path, humming: Humming, offline: bool) -> None:
    prompts = library(tmp_path, humming)
    prompts.build([*UNITS, unit("Made on demand", "en"), unit("Made before", "en"), unit("Сделано раньше", "ru")])
    for words, language in (("Made before", "en"), ("Сделано раньше", "ru"), ("Goodbye", "en")):
        one = unit(words, language)
        entry = prompts.manifest.get(one.id)
        assert entry is not None
        prompts.manifest.add({one.id: replace(entry, made_of="of other settings")})
    humming.offline = offline
    assert prompts.forget_stale(UNITS, ["en"]) == (1 if offline else 0), "nobody else would speak it during a call"
    left = prompts.manifest.entries()
    assert (unit("Made before", "en").id in left) is not offline
    assert {unit("Made on demand", "en").id, unit("Сделано раньше", "ru").id, unit("Goodbye", "en").id} <= set(left)
    assert prompts.prune(older=-1).files == (2 if offline else 0)
