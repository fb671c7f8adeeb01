"""Building, the cache's honesty, recordings, joining: what a call relies on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.engine.effects import Pause, Slot, Words
from ivr.engine.values import Money, Tariff
from ivr.speech import audio
from ivr.speech.inventory import fixed
from ivr.speech.joined import Joined, JoinedStore
from ivr.speech.library import MissingPrompt, PromptLibrary
from ivr.speech.parts import SpeechError
from ivr.speech.units import Unit, plan, shaped, unit
from tests.speech.conftest import Humming

UNITS = fixed([("en", "Your balance is"), ("en", "Goodbye"), ("ru", "До свидания"), ("az", "Sağ olun")])


def library(root: Path, voice: Humming | None, **more: object) -> PromptLibrary:
    engines = dict.fromkeys(voice.languages, voice) if voice else None
    return PromptLibrary(root, engines=engines, **more)


def record(root: Path, words: str, language: str, tone: int = 500, voice: str = "leyla") -> Path:
    path = root / language / voice / f"{unit(words, language).id}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.2 * np.sin(2 * np.pi * tone * np.arange(22_050) / 44_100), 44_100)
    return path


def sound(joined: Joined) -> bytes:
    return joined.path.with_suffix(".alaw").read_bytes()


def pitch(joined: Joined) -> float:
    """Hz of the loudest tone of a reply."""
    samples = np.frombuffer(joined.path.with_suffix(".sln").read_bytes(), "<i2")
    return float(np.abs(np.fft.rfft(samples)).argmax() * 8000 / len(samples))


def files(prompts: PromptLibrary) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in prompts.cache.glob("*/*.alaw")}


def test_build_makes_each_once_and_a_second_build_nothing(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    report = prompts.build(UNITS)
    assert (report.made, report.kept, report.failed) == (4, 0, ())
    before = {path: path.stat().st_mtime_ns for path in prompts.cache.rglob("*") if path.is_file()}
    again = library(tmp_path, humming).build(UNITS)
    assert (again.made, again.kept, len(humming.asked)) == (0, 4, 4)
    assert before == {path: path.stat().st_mtime_ns for path in prompts.cache.rglob("*") if path.is_file()}
    manifest = json.loads((prompts.cache / "manifest.json").read_text())
    entry = manifest[UNITS[0].id]
    assert set(entry) == {"words", "language", "file", "digest", "voice", "made_of", "milliseconds"}
    assert entry["words"] == "Your balance is" and (prompts.cache / entry["file"]).stat().st_size == entry["milliseconds"] * 8


@pytest.mark.parametrize("content", [b"", b"\xd5" * 160, None])
def test_a_damaged_file_is_made_again(tmp_path: Path, humming: Humming, content: bytes | None) -> None:
    prompts = library(tmp_path, humming)
    prompts.build(UNITS)
    good = files(prompts)
    victim = prompts.cache / "en" / f"{UNITS[0].id}.alaw"
    victim.unlink() if content is None else victim.write_bytes(content)
    assert [one.id for one in prompts.missing(UNITS)] == [UNITS[0].id]
    assert library(tmp_path, humming).build(UNITS).made == 1
    assert files(prompts) == good


def test_same_length_damage_is_found_by_digest(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    prompts.build(UNITS)
    victim = prompts.cache / "en" / f"{UNITS[0].id}.alaw"
    victim.write_bytes(bytes(victim.stat().st_size))
    assert library(tmp_path, humming).build(UNITS).made == 1


def test_a_new_voice_version_speaks_anew_another_voice_only_when_asked(tmp_path: Path) -> None:
    library(tmp_path, Humming("1")).build(UNITS)
    assert library(tmp_path, Humming("2")).build(UNITS).made == 4
    other = Humming("1")
    other.name = "whistling"
    assert library(tmp_path, other).build(UNITS).made == 0
    assert library(tmp_path, other).build(UNITS, replace=True).made == 4


def test_a_broken_manifest_is_made_anew(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    prompts.build(UNITS)
    for broken in ("", "[]", "{", '{"x": 1}', '{"x": {"words": 1}}'):
        (prompts.cache / "manifest.json").write_text(broken)
        assert library(tmp_path, humming).build(UNITS).made == 4


def test_one_bad_text_costs_one_prompt(tmp_path: Path) -> None:
    report = library(tmp_path, Humming(broken=("Goodbye,",))).build(UNITS)
    assert report.made == 3
    assert [(one.words, reason) for one, reason in report.failed] == [("Goodbye", "humming: 'Goodbye,'")]
    assert not list(tmp_path.rglob("goodbye*"))


def test_an_outage_is_given_up_soon(tmp_path: Path) -> None:
    units = fixed([("en", f"word {'x' * n}") for n in range(1, 60)])
    voice = Humming(broken=tuple(shaped(one) for one in units))
    voice.offline = False
    report = library(tmp_path, voice).build(units)
    assert len(report.failed) == len(units) and not list(tmp_path.rglob("*.alaw"))
    assert len(voice.asked) < 20, "each would have cost a time-out"


def test_without_a_voice_a_build_says_which_prompt_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingPrompt, match=UNITS[0].id):
        library(tmp_path, None).build(UNITS)


def test_recordings_win_and_their_change_is_noticed(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    prompts.build(UNITS)
    spoken = files(prompts)
    goodbye = (Words("Goodbye", "en"),)
    by_voice = sound(prompts.join(goodbye))
    path = record(tmp_path, "Goodbye", "en")
    assert library(tmp_path, humming).build(UNITS).made == 1
    by_human = sound(library(tmp_path, humming).join(goodbye))
    assert by_human != by_voice and files(prompts) == spoken, "the voice's own stays beside it"
    record(tmp_path, "Goodbye", "en", tone=900)
    assert library(tmp_path, humming).build(UNITS).made == 1
    again = sound(library(tmp_path, humming).join(goodbye))
    assert again not in (by_human, by_voice)
    assert library(tmp_path, humming).build(UNITS).made == 0
    path.unlink()
    assert library(tmp_path, humming).build(UNITS).made == 0
    assert sound(library(tmp_path, humming).join(goodbye)) == by_voice


def test_recordings_need_no_voice_and_the_preferred_one_wins(tmp_path: Path) -> None:
    record(tmp_path, "Goodbye", "en", voice="aaron")
    record(tmp_path, "Goodbye", "en", voice="zoe", tone=900)
    goodbye = fixed([("en", "Goodbye")])
    assert library(tmp_path, None).build(goodbye).made == 2
    assert not library(tmp_path, None).missing(goodbye)
    said = (Words("Goodbye", "en"),)
    aaron, zoe = (pitch(library(tmp_path, None, voices={"en": voice}).join(said)) for voice in ("aaron", "zoe"))
    assert (aaron, zoe) == pytest.approx((500, 900), abs=5) and pitch(library(tmp_path, None).join(said)) == aaron


def test_a_recording_that_is_no_sound_is_reported_and_the_voice_speaks(tmp_path: Path, humming: Humming) -> None:
    record(tmp_path, "Goodbye", "en").write_bytes(b"no sound")
    prompts = library(tmp_path, humming)
    report = prompts.build(UNITS)
    assert [one.words for one, _ in report.failed] == ["Goodbye"]
    assert not prompts.missing(UNITS)
    assert prompts.join((Words("Goodbye", "en"),)).milliseconds > 0


def test_join_is_the_units_in_order(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    parts = (Words("Your balance is", "en"), Slot(Money(12_340_000, "AZN"), "", "en"), Pause(300), Words("Goodbye.", "en"))
    joined = prompts.join(parts)
    planned = plan(parts)
    linear = b"".join((prompts.cache / "en" / f"{one.id}.sln").read_bytes() if isinstance(one, Unit) else bytes(4800) for one in planned)
    expected = b"".join(
        (prompts.cache / "en" / f"{one.id}.alaw").read_bytes() if isinstance(one, Unit) else b"\xd5" * 2400 for one in planned
    )
    assert joined.path.with_suffix(".alaw").read_bytes() == expected
    assert joined.path.with_suffix(".sln").read_bytes() == linear
    assert joined.milliseconds == len(expected) // 8 and len(expected) % audio.FRAME == 0
    words = "Your balance is twelve manats and thirty-four gapiks Goodbye."
    for name in (joined.path, joined.path.with_suffix(".alaw"), str(joined.path)):
        assert prompts.said(name) == library(tmp_path, None).said(name) == words
    assert prompts.said(prompts.cache / "en" / f"{unit('Goodbye.', 'en').id}.alaw") == "Goodbye."
    with pytest.raises(SpeechError, match="elsewhere"):
        prompts.said(tmp_path / "elsewhere.alaw")


def test_other_order_is_another_reply(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    one, two = Words("one", "en"), Words("two", "en")
    paths = {prompts.join(parts).path for parts in ((one, two), (two, one), (one, Pause(20), two), (one, Pause(40), two), (one,))}
    assert len(paths) == 5


def test_nothing_to_say_is_a_frame_of_silence(tmp_path: Path) -> None:
    joined = library(tmp_path, None).join((Words(".", "en"),))
    assert joined.path.with_suffix(".alaw").read_bytes() == b"\xd5" * 160 and joined.units == ()


def test_a_missing_prompt_is_named_or_made(tmp_path: Path, humming: Humming) -> None:
    parts = (Slot(Tariff("GəncOL"), "", "az", spoken="gənc ol"),)
    with pytest.raises(MissingPrompt, match=r"genc-ol-.*gənc ol"):
        library(tmp_path, None).join(parts)
    remote = Humming()
    remote.offline = False
    with pytest.raises(MissingPrompt, match="may not speak during a call"):
        library(tmp_path, remote).join(parts)
    assert not remote.asked
    server = library(tmp_path, humming)
    server.join(parts)
    server.join(parts)
    assert humming.asked == ["gənc ol."]
    assert library(tmp_path, None).join(parts).units[0].words == "gənc ol"


def test_a_damaged_unit_is_made_again_during_a_call(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    prompts.build(UNITS)
    (prompts.cache / "en" / f"{unit('Goodbye', 'en').id}.alaw").write_bytes(b"")
    assert prompts.join((Words("Goodbye", "en"),)).milliseconds > 100


def test_a_server_notices_prompts_built_beside_it(tmp_path: Path, humming: Humming) -> None:
    server = library(tmp_path, None)
    library(tmp_path, humming).build(UNITS)
    assert server.join((Words("Goodbye", "en"),)).units


def test_a_changed_prompt_changes_the_reply(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    prompts.build(UNITS)
    old = prompts.join((Words("Goodbye", "en"),)).path
    record(tmp_path, "Goodbye", "en")
    prompts.build(UNITS)
    assert prompts.join((Words("Goodbye", "en"),)).path != old


def test_a_reply_gone_from_disk_is_joined_again(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    joined = prompts.join((Words("Goodbye", "en"),))
    for suffix in (".json", ".alaw", ".sln"):
        joined.path.with_suffix(suffix).unlink()
    assert prompts.join((Words("Goodbye", "en"),)).path.with_suffix(".alaw").exists()


def test_half_a_reply_is_not_taken(tmp_path: Path, humming: Humming) -> None:
    joined = library(tmp_path, humming).join((Words("Goodbye", "en"),))
    whole = joined.path.with_suffix(".alaw").read_bytes()
    joined.path.with_suffix(".alaw").write_bytes(whole[:160])
    assert library(tmp_path, humming).join((Words("Goodbye", "en"),)).path.with_suffix(".alaw").read_bytes() == whole


def _join_many(root: str) -> set[str]:
    prompts = library(Path(root), Humming(), store=JoinedStore(Path(root) / "cache" / "joined", most=3, keep=60.0))
    found = set()
    for _ in range(10):
        for amount in range(1, 5):
            joined = prompts.join((Words("Your balance is", "en"), Slot(Money(amount * 1_000_000, "AZN"), "", "en")))
            alaw = joined.path.with_suffix(".alaw").read_bytes()
            assert len(alaw) == joined.milliseconds * 8 and joined.path.with_suffix(".sln").stat().st_size == 2 * len(alaw)
            found.add(joined.path.name)
    return found


def test_the_same_replies_from_many_threads_and_processes(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        jobs = [pool.submit(_join_many, str(tmp_path)) for pool in (threads, processes) for _ in range(4)]
        found = [job.result(timeout=30) for job in jobs]
    assert all(names == found[0] and len(names) == 4 for names in found)
    assert not list(tmp_path.rglob("*.part"))


def test_one_library_from_many_threads(tmp_path: Path, humming: Humming) -> None:
    prompts = library(tmp_path, humming)
    start = threading.Barrier(8)

    def call(_: int) -> str:
        start.wait()
        return prompts.join((Words("Your balance is", "en"), Words("Goodbye", "en"))).path.name

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(call, range(8)))) == 1
    assert sorted(humming.asked) == ["Goodbye.", "Your balance is,"]


def test_replies_on_disk_are_bounded_and_young_ones_stay(tmp_path: Path, humming: Humming) -> None:
    root = tmp_path / "joined"
    store = JoinedStore(root, most=5, keep=0.0)
    prompts = library(tmp_path, humming, store=store)
    for amount in range(12):
        joined = prompts.join((Slot(amount, "", "en"),))
        os.utime(joined.path.with_suffix(".json"), (time.time() - 1000 + amount,) * 2)
    assert store.sweep() == 7
    assert len(list(root.glob("*/*.json"))) == len(list(root.glob("*/*.alaw"))) == len(list(root.glob("*/*.sln"))) == 5
    assert joined.path.with_suffix(".json").exists(), "the last used stays"
    assert JoinedStore(root, most_bytes=3 * 3 * joined.milliseconds * 8, keep=0.0).sweep() == 2
    assert JoinedStore(root, most=0, keep=3600.0).sweep() == 0


def test_writing_sweeps_by_itself(tmp_path: Path, humming: Humming) -> None:
    store = JoinedStore(tmp_path / "joined", most=10, keep=0.0)
    prompts = library(tmp_path, humming, store=store)
    for amount in range(200):
        prompts.join((Slot(amount, "", "en"),))
        store.settle()
    assert len(list((tmp_path / "joined").glob("*/*.json"))) <= 10 + 65


KILLED = """
import sys
from pathlib import Path
from ivr.speech.inventory import inventory
from ivr.speech.library import PromptLibrary
sys.path.insert(0, {tests!r})
from tests.speech.conftest import Humming
voice = Humming()
prompts = PromptLibrary(Path(sys.argv[1]), engines={{"en": voice}})
print("begun", flush=True)
prompts.build(inventory(["en"], ["AZN"]))
"""


def test_a_killed_build_leaves_no_half_file(tmp_path: Path, humming: Humming) -> None:
    root = Path(__file__).parents[2]
    script = KILLED.format(tests=str(root))
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout and process.stdout.readline() == b"begun\n"
        deadline = time.monotonic() + 20
        while len(list(tmp_path.rglob("*.alaw"))) < 50 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert process.returncode == -signal.SIGKILL
    left = list(tmp_path.rglob("*.alaw"))
    assert len(left) >= 50
    assert all(path.stat().st_size and path.stat().st_size % audio.FRAME == 0 for path in left)
    goodbye = fixed([("en", "Goodbye")])
    assert library(tmp_path, humming).build(goodbye).made == 1
