"""Replies on disk: their formats, joins without clicks, the bound, files in use, two processes, and how little is done at call time."""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ivr.engine.effects import Pause, Slot, Spoken, Words
from ivr.engine.values import MICRO, Money
from ivr.settings import SettingsError
from ivr.speech import audio
from ivr.speech.inventory import fixed
from ivr.speech.joined import JoinedStore
from ivr.speech.library import PromptLibrary
from ivr.speech.settings import SpeechSettings
from ivr.speech.units import Unit, plan
from tests.speech.conftest import Humming


def reply(hundredths: int) -> tuple[Spoken, ...]:
    return (Words("Your balance is", "en"), Slot(Money(hundredths * MICRO // 100, "AZN"), "", "en"), Pause(350), Words("Goodbye.", "en"))


@pytest.fixture
def prompts(tmp_path: Path, humming: Humming) -> PromptLibrary:
    made = PromptLibrary(tmp_path, engines={"en": humming})
    made.build(fixed([("en", "Your balance is"), ("en", "Goodbye.")]))
    return made


def test_joins_have_no_jump_and_units_whole_frames(prompts: PromptLibrary) -> None:
    for hundredths in (1, 1234, 99_999_999, 10_000_000):
        joined = prompts.join(reply(hundredths))
        samples = np.frombuffer(joined.path.with_suffix(".sln").read_bytes(), "<i2").astype(int)
        at = 0
        for one in plan(reply(hundredths)):
            if isinstance(one, Unit):
                entry = prompts.entry(one)
                assert entry is not None and entry.milliseconds % 20 == 0
                at += entry.milliseconds * 8
            else:
                at += -(-one.milliseconds // 20) * 160
            around = samples[max(at - 40, 0) : at + 40]
            assert np.abs(np.diff(around)).max() < 0.02 * 32768, f"a click at {at}"
        assert at == len(samples) == joined.milliseconds * 8


def test_a_join_that_clicks_would_be_seen(prompts: PromptLibrary) -> None:
    """The measure itself: units cut out of their pads jump by more than the threshold."""
    sln = np.frombuffer(prompts.join(reply(1234)).path.with_suffix(".sln").read_bytes(), "<i2").astype(int)
    loud = np.flatnonzero(np.abs(sln) > 3000)
    cut = np.concatenate([sln[: loud[0] + 5], sln[loud[-1] :]])
    assert np.abs(np.diff(cut)).max() > 0.02 * 32768


def test_formats_lie_side_by_side(tmp_path: Path, humming: Humming) -> None:
    one = PromptLibrary(tmp_path, engines={"en": humming}).join(reply(100))
    assert sorted(path.suffix for path in one.path.parent.glob(f"{one.path.name}.*")) == [".alaw", ".json", ".sln"]
    asked = PromptLibrary(tmp_path, engines={"en": humming}, settings=SpeechSettings(("alaw", "sln", "ulaw")))
    again = asked.join(reply(100))
    assert again.path == one.path
    sln = one.path.with_suffix(".sln").read_bytes()
    assert one.path.with_suffix(".ulaw").read_bytes() == audio.to_ulaw(sln)
    assert one.path.with_suffix(".alaw").read_bytes() == audio.to_alaw(sln)


def test_masters_are_kept_on_request(tmp_path: Path, humming: Humming) -> None:
    import soundfile

    PromptLibrary(tmp_path, engines={"en": humming}, settings=SpeechSettings(masters=True)).build(fixed([("en", "Goodbye.")]))
    (path,) = tmp_path.rglob("*.flac")
    assert soundfile.info(path).samplerate == 16_000


def test_settings_are_read_and_faults_named() -> None:
    assert SpeechSettings.from_environment({}) == SpeechSettings()
    told = SpeechSettings.from_environment({"IVR_PROMPT_FORMATS": "ulaw", "IVR_REPLIES_MB": "64", "IVR_PROMPT_MASTERS": "1"})
    assert told == SpeechSettings(("alaw", "sln", "ulaw"), 64_000_000, True)
    with pytest.raises(SettingsError, match=r"mp3.*IVR_REPLIES_MB='-1'.*IVR_PROMPT_MASTERS='maybe'"):
        SpeechSettings.from_environment({"IVR_PROMPT_FORMATS": "alaw,mp3", "IVR_REPLIES_MB": "-1", "IVR_PROMPT_MASTERS": "maybe"})
    for text in ("0", "1e9", "²", "9" * 30, " x "):
        with pytest.raises(SettingsError, match="megabytes"):
            SpeechSettings.from_environment({"IVR_REPLIES_MB": text})


def size(root: Path) -> int:
    return sum(path.stat().st_size for suffix in ("alaw", "sln") for path in root.rglob(f"*.{suffix}"))


def test_the_bound_in_bytes_holds_and_the_longest_unused_go(prompts: PromptLibrary) -> None:
    root = prompts.cache / "joined"
    for hundredths in range(1, 80):
        joined = prompts.join(reply(hundredths))
        os.utime(joined.path.with_suffix(".json"), (time.time() - 5000 + hundredths,) * 2)
    bound = size(root) // 3
    store = JoinedStore(root, most_bytes=bound)
    assert store.sweep() > 40 and bound * 0.9 < size(root) <= bound
    left = {prompts.join(reply(hundredths)).path.stem for hundredths in range(70, 80)}
    assert all((root / name[:2] / f"{name}.json").exists() for name in left)
    assert size(root) <= bound, "those used last were all still there"


def test_a_reply_in_use_outlives_any_bound(prompts: PromptLibrary) -> None:
    root = prompts.cache / "joined"
    playing = prompts.join(reply(100))
    old = [prompts.join(reply(200 + n)) for n in range(20)]
    for one in old:
        os.utime(one.path.with_suffix(".json"), (time.time() - 90,) * 2)
    assert JoinedStore(root, most_bytes=size(root) - 1).sweep() == 0, "a little too much: all are younger than ten minutes"
    assert JoinedStore(root, most_bytes=1).sweep() == 20, "far too much: what was used within a minute stays"
    assert playing.path.with_suffix(".alaw").stat().st_size == playing.milliseconds * 8


def test_playing_while_another_process_sweeps(prompts: PromptLibrary) -> None:
    """What `join` hands out is on disk when it is handed out, however hard the folder is swept meanwhile."""
    stop = threading.Event()

    def sweep() -> None:
        other = JoinedStore(prompts.cache / "joined", most_bytes=1, keep=5.0)
        while not stop.is_set():
            other.sweep()

    def call(first: int) -> int:
        whole = 0
        for hundredths in range(first, first + 60):
            joined = prompts.join(reply(hundredths % 40 + 1))
            whole += joined.path.with_suffix(".alaw").stat().st_size == joined.milliseconds * 8
        return whole

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(call, (0, 10, 20, 30))) == [60] * 4
    finally:
        stop.set()
        sweeper.join()


def test_a_call_reads_no_manifest_and_renders_nothing(prompts: PromptLibrary, monkeypatch: pytest.MonkeyPatch, humming: Humming) -> None:
    """What is slow happens before: a first reply reads its units' files and writes its own, a second one reads nothing."""
    prompts.build(one for one in plan(reply(123_456)) if isinstance(one, Unit))
    asked = len(humming.asked)
    server = PromptLibrary(prompts.cache.parent, engines={"en": humming})
    read: list[str] = []
    plain = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path.suffix)
        return plain(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    server.join(reply(123_456))
    units = [one for one in plan(reply(123_456)) if isinstance(one, Unit)]
    assert read.count(".sln") == len(units) == len(read) - read.count(".json") and read.count(".json") <= 1
    read.clear()
    server.join(reply(123_456))
    assert not read and len(humming.asked) == asked


def test_a_reply_says_what_it_holds(prompts: PromptLibrary) -> None:
    joined = prompts.join(reply(1234))
    side = json.loads(joined.path.with_suffix(".json").read_bytes())
    assert [unit["words"] for unit in side["units"]] == ["Your balance is", "twelve manats", "and thirty-four gapiks", "Goodbye."]
    assert prompts.said(joined.path) == "Your balance is twelve manats and thirty-four gapiks Goodbye."


def test_warming_goes_the_whole_way_and_needs_nothing_to_be_there(prompts: PromptLibrary, humming: Humming) -> None:
    asked = len(humming.asked)
    server = PromptLibrary(prompts.cache.parent, engines={"en": humming})
    server.warm((*fixed([("en", "Your balance is"), ("en", "Never built")]), *fixed([("ru", "Нет")])))
    assert len(humming.asked) == asked, "what is missing is left to the call"
    assert [json.loads(path.read_bytes())["units"][0]["words"] for path in prompts.cache.glob("joined/*/*.json")] == ["Your balance is"]
