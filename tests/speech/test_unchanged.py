"""A build that has nothing to do is told from the outside of files, and nothing that matters is overlooked by that."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.engine.speech_rules import SpeechRules
from ivr.speech import cli, cli_actions, voice
from ivr.speech.inventory import OperatorSpeech, inventory_of
from ivr.speech.unchanged import LastBuild, fingerprint
from ivr.speech.voice import by_language
from tests.speech.conftest import Humming
from tests.speech.test_library import record

WORDS = [("en", "Goodbye."), ("en", "Your balance is"), ("az", "Sağ olun.")]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a menu and recordings; no values are readied, so that a build takes a moment."""
    monkeypatch.setattr(voice, "voices_here", lambda: by_language([Humming(broken=("unspeakable.",))]))
    monkeypatch.setattr(cli_actions, "inventory_of", lambda operators, languages: ())
    (tmp_path / "menus").mkdir()
    (tmp_path / "menus" / "one.yaml").write_text("a: b\n")
    record(tmp_path / "prompts", "Goodbye.", "en")
    return tmp_path


def build(place: Path, *more: str, words: list[tuple[str, str]] = WORDS) -> int:
    parser = argparse.ArgumentParser()
    operators = [OperatorSpeech(("az", "en"), ("AZN",))]
    cli.add_parsers(parser.add_subparsers(required=True), lambda: words, tuple, lambda: operators, lambda: [place / "menus"])
    args = parser.parse_args(["prompts", "build", "--recordings", str(place / "prompts"), *more])
    return int(args.run(args))


def looks(place: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> bool:
    """Whether another build looks at the prompts themselves."""
    looked: list[bool] = []
    with monkeypatch.context() as patched:
        patched.setattr(cli_actions, "build", lambda *given: looked.append(True) or 0)
        assert build(place, *more) == 0
    return bool(looked)


def test_a_second_build_looks_at_nothing(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert looks(place, monkeypatch), "nothing was ever built"
    assert build(place) == 0 and "4 made" in capsys.readouterr().out, "the recording, and all three by the voice"
    assert not looks(place, monkeypatch)
    assert capsys.readouterr().out.startswith("prompts: 0 made, 3 were ready, 0 failed")


def cached(place: Path) -> Path:
    return sorted((place / "prompts" / "cache" / "en").glob("*.alaw"))[0]


CHANGES: dict[str, Callable[[Path], object]] = {
    "a prompt is gone": lambda place: cached(place).unlink(),
    "a prompt is cut": lambda place: cached(place).write_bytes(b"x"),
    "a prompt is overwritten": lambda place: cached(place).write_bytes(bytes(cached(place).stat().st_size)),
    "the manifest is gone": lambda place: (place / "prompts" / "cache" / "manifest.json").unlink(),
    "the converted recording is gone": lambda place: next((place / "prompts" / "cache" / "recorded").rglob("*.alaw")).unlink(),
    "a recording is added": lambda place: record(place / "prompts", "Your balance is", "en"),
    "a recording is changed": lambda place: record(place / "prompts", "Goodbye.", "en", tone=700),
    "a recording is gone": lambda place: next((place / "prompts" / "en").rglob("*.wav")).unlink(),
    "a menu is changed": lambda place: (place / "menus" / "one.yaml").write_text("a: c, \n"),
    "a menu is added": lambda place: (place / "menus" / "two.yaml").write_text(""),
    "a menu is gone": lambda place: (place / "menus" / "one.yaml").unlink(),
    "a setting is changed": lambda place: os.environ.update({"IVR_PROMPT_MASTERS": "1"}),
    "other programs are found": lambda place: os.environ.update({"PATH": str(place)}),
    "what was noted is broken": lambda place: (place / "prompts" / "cache" / "built.json").write_text("{"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_looked_at(place: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    assert build(place) == 0 and not looks(place, monkeypatch)
    for name in ("IVR_PROMPT_MASTERS", "PATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    (place / "bin").mkdir()
    if change == "other programs are found":
        (place / "flite").write_text("#!/bin/sh\n")
        (place / "flite").chmod(0o755)
    CHANGES[change](place)
    assert looks(place, monkeypatch)


def test_other_languages_and_another_voice_are_looked_at(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(place) == 0
    assert looks(place, monkeypatch, "--language", "en") and looks(place, monkeypatch, "--engine", "espeak-ng")
    assert not looks(place, monkeypatch), "and that one's word still holds"


def test_replies_that_calls_join_change_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(place) == 0
    reply = place / "prompts" / "cache" / "joined" / "ab" / "abc.alaw"
    reply.parent.mkdir(parents=True)
    reply.write_bytes(b"x")
    assert not looks(place, monkeypatch)


def test_a_build_with_a_failure_is_done_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(place, words=[*WORDS, ("en", "unspeakable.")]) == 1
    assert looks(place, monkeypatch)


def test_a_file_that_nobody_names_is_looked_at_until_it_is_old_enough_to_go(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(place) == 0
    left = cached(place).with_name("left-by-somebody-123456.alaw")
    left.write_bytes(b"x")
    assert build(place) == 0 and left.exists() and looks(place, monkeypatch), "a build in another process may be about to name it"
    os.utime(left, (time.time() - 7200, time.time() - 7200))
    assert build(place) == 0 and not left.exists() and not looks(place, monkeypatch)


def test_a_fingerprint_is_of_names_sizes_times_and_texts(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_text("1")
    os.utime(tmp_path / "a" / "one", ns=(1, 1))
    first = fingerprint(["x"], [tmp_path / "a", tmp_path / "none"])
    assert first == fingerprint(["x"], [tmp_path / "a", tmp_path / "none"])
    assert first != fingerprint(["y"], [tmp_path / "a", tmp_path / "none"]) and first != fingerprint(["x"], [tmp_path / "a"])
    (tmp_path / "a" / "one").write_text("2")
    assert first != fingerprint(["x"], [tmp_path / "a", tmp_path / "none"])
    os.utime(tmp_path / "a" / "one", ns=(1, 1))
    assert first == fingerprint(["x"], [tmp_path / "a", tmp_path / "none"]), "the same size and time: nobody looks inside"
    (tmp_path / "a" / ".hidden").write_text("")
    assert first == fingerprint(["x"], [tmp_path / "a", tmp_path / "none"])


def test_what_was_noted_by_others_is_never_an_error(tmp_path: Path) -> None:
    last = LastBuild(tmp_path)
    last.note("inputs", 7)
    assert last.ready("inputs") == 7 and last.ready("others") is None
    for content in ("", "[]", '{"inputs": "inputs"}', json.dumps({"inputs": "inputs", "cache": 5, "prompts": "x"})):
        (tmp_path / "built.json").write_text(content)
        assert last.ready("inputs") is None
    last.forget()
    last.forget()
    assert last.ready("inputs") is None


def test_a_build_with_nothing_to_do_loads_no_library_for_sound(tmp_path: Path) -> None:
    script = (
        "import sys; from ivr.speech.unchanged import LastBuild, inputs; from ivr.speech import cli; import ivr.cli, ivr.commands_prompts;"
        "print(sorted({'numpy', 'soundfile', 'yaml', 'sqlalchemy', 'babel'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_operators_own_currency_and_rules() -> None:
    plain = OperatorSpeech(("az", "en"), ("AZN",))
    own = OperatorSpeech(("az", "en"), ("AZN", "TJS", "XXX"), SpeechRules("bir min", True))
    assert plain.said_in("en") == ("AZN",) and own.said_in("en") == ("AZN", "TJS"), "no words for XXX, and nobody is owed any"
    theirs = {one.words for one in inventory_of([own], ["az", "en"])}
    usual = {one.words for one in inventory_of([plain], ["az", "en"])}
    assert "min" in usual and "min" not in theirs, "a thousand is always said with its one"
    assert "and one days" in theirs and "one days" in usual and "one days" not in theirs
    assert any("somoni" in one for one in theirs) and not any("somoni" in one for one in usual)
    both = inventory_of([plain, own], ["en"])
    assert {one.language for one in both} == {"en"} and len({one.id for one in both}) == len(both)
