"""The commands as a person or a script uses them."""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path

import pytest

import ivr.cli
from ivr.settings import SettingsError
from ivr.speech import cli, voice
from ivr.speech.inventory import OperatorSpeech
from ivr.speech.progress import Bar
from ivr.speech.voice import by_language
from tests.speech.conftest import Humming


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_parsers(parser.add_subparsers(required=True), lambda: [("en", "Goodbye."), ("az", "Sağ olun.")])
    args = parser.parse_args(words)
    return int(args.run(args))


def lines_of(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_build_then_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(voice, "voices_here", lambda: by_language([Humming()]))
    where = ["--recordings", str(tmp_path), "--language", "az"]
    assert run("prompts", "status", *where) == 1
    assert "az: 0 of 3" in capsys.readouterr().out
    assert run("prompts", "build", *where) == 0
    shown = capsys.readouterr()
    assert "0 were ready, 0 failed" in shown.out and shown.err.count("\n") == 11, "a plain line every tenth"
    assert run("prompts", "status", "--json", *where) == 0
    status = json.loads(capsys.readouterr().out)["languages"]["az"]
    assert status["missing"] == 0 and status["prompts"] == status["ready"] > 2000
    assert run("prompts", "script", *where) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) >= status["prompts"] - 1 and {row["language"] for row in rows} == {"az"}


def test_build_by_gtts_refuses_azerbaijani(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("prompts", "build", "--engine", "gtts", "--language", "az", "--recordings", str(tmp_path)) == 1
    assert "gtts: does not speak 'az'" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["prompts", "build"], ["prompts", "status"], ["prompts", "script"]])
def test_help_shows_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        run(*command, "--help")
    assert "example" in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere() -> None:
    for stream in (Terminal(), io.StringIO()):
        bar = Bar("prompts", stream)
        bar.begin(40)
        for _ in range(40):
            bar.advance()
        shown = stream.getvalue()
        if stream.isatty():
            assert shown.count("\n") == 1 and shown.endswith("\n") and f"[{'#' * 30}] 40 of 40" in shown
        else:
            assert shown.splitlines() == [f"prompts: {done} of 40" for done in range(0, 41, 4)]


def test_progress_of_nothing_is_silent() -> None:
    stream = Terminal()
    Bar("prompts", stream).begin(0)
    assert stream.getvalue() == ""


BAD = {
    "IVR_REPLIES_MB": "many",
    "IVR_PROMPT_FORMATS": "mp3",
    "IVR_PROMPT_MASTERS": "yes please",
    "IVR_VOICE_EN": "siri",
    "IVR_VOICE_AZ": "gtts",
    "IVR_LANGUAGES": "/there/is/no/such/folder",
}


@pytest.mark.parametrize("command", [("call", "2112", "--from", "994501110001"), ("serve", "--no-asterisk"), ("prompts", "build")])
@pytest.mark.parametrize("setting", BAD)
def test_a_wrong_setting_of_speech_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: str, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    monkeypatch.setenv(setting, BAD[setting])
    more = ("--recordings", str(tmp_path / "prompts")) if command[0] == "prompts" else ()
    assert ivr.cli.main([*command, *more]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1, "and not as a fault of the menus"
    assert setting in told.err and BAD[setting] in told.err


def test_a_language_file_that_cannot_be_used_is_no_missing_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numbers_tr.py").write_text("class Numbers: pass\n")
    monkeypatch.setenv("IVR_LANGUAGES", str(tmp_path))
    with pytest.raises(SettingsError, match="IVR_LANGUAGES: language tr: .*numbers_tr.py has no class Numbers"):
        voice.voices_here({})


def test_a_language_that_no_calls_speak_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    cli.add_parsers(parser.add_subparsers(required=True), operators=lambda: [OperatorSpeech(("az",), ("AZN",))])
    for action in ("build", "status", "script"):
        args = parser.parse_args(["prompts", action, "--language", "ru", "--recordings", str(tmp_path)])
        assert args.run(args) == 2
        assert "--language ru: no operator's calls speak it here; they speak az" in capsys.readouterr().err


def test_a_currency_without_words_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    cli.add_parsers(parser.add_subparsers(required=True), operators=lambda: [OperatorSpeech(("en",), ("EUR",))])
    for action in ("build", "status", "script"):
        args = parser.parse_args(["prompts", action, "--recordings", str(tmp_path)])
        assert args.run(args) == 1
        assert "currency 'EUR': not one of AZN, TJS" in capsys.readouterr().err
