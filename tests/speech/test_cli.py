"""The commands as a person or a script uses them."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import pytest

from ivr.speech import cli
from ivr.speech.progress import Bar
from ivr.speech.voice import EspeakEngine
from tests.speech.conftest import Humming


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_parsers(parser.add_subparsers(required=True), lambda: [("en", "Goodbye."), ("az", "Sağ olun.")])
    args = parser.parse_args(words)
    return int(args.run(args))


def lines_of(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ru money 12.34 AZN", "двенадцать манатов тридцать четыре гяпика"),
        ("en money -3.40 AZN", "minus three manats and forty gapiks"),
        ("en money 0.0236 AZN exact", "two point three six gapiks"),
        ("az date 2027-03-05 until", "beş mart iki min iyirmi yeddinci il tarixinədək"),
        ("ru cardinal 21 f", "двадцать одна"),
        ("ru count 21 minute", "двадцать одна минута"),
        ("az time 14:05", "saat on dörd sıfır beş"),
        ("en span 1800", "thirty minutes"),
        ("en digits 007", "zero zero seven"),
        ("az phone_grouped 055 200 04 05", "sıfır əlli beş, iki yüz, sıfır dörd, sıfır beş"),
        ("en phone_grouped 994501110001", "nine hundred ninety-four, fifty, one hundred eleven, zero zero, zero one"),
    ],
)
def test_say(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("say", *words.split()) == 0
    assert capsys.readouterr().out == said + "\n"


@pytest.mark.parametrize("words", ["de cardinal 1", "ru weather 1", "ru money NaN AZN", "ru money 1", "ru cardinal 1 f x"])
def test_say_refuses(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("say", *words.split()) == 1
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith("error: ") and shown.err.count("\n") == 1


@pytest.mark.parametrize("words", ["", "ru", "ru cardinal", "ru cardinal 1 --jsonl"])
def test_say_wrong_usage(words: str) -> None:
    assert run("say", *words.split()) == 2


def test_jsonl_answers_every_line_in_its_place(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    good = {"lang": "ru", "kind": "cardinal", "input": {"n": 21, "gender": "f"}}
    bad = [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"lang": "ru", "kind": "cardinal", "input": {"n": NaN}}',
        b'{"lang": "ru", "kind": "cardinal", "input": {"n": 1' + b"0" * 5000 + b"}}",
        b'{"lang": "\\ud800\\n", "kind": "cardinal", "input": {"n": 1}}',
        b'{"lang": "ru", "kind": ["cardinal"], "input": {"n": 1}}',
        b'{"lang": "ru", "kind": "cardinal", "input": 1}',
        b'{"lang": "ru", "kind": "cardinal"}',
    ]
    rows = [json.dumps(good).encode()]
    for one in bad:
        rows += [one, json.dumps(good, ensure_ascii=False).encode()]
    lines_of(monkeypatch, b"\n".join(rows))
    assert run("say", "--jsonl") == 1
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == len(rows)
    assert shown[0::2] == ["двадцать одна"] * (len(bad) + 1)
    assert all(line.startswith("error: ") for line in shown[1::2])


def test_jsonl_of_all_cases(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cases = json.loads((Path(__file__).parents[1] / "data" / "spoken_cases.json").read_text(encoding="utf-8"))
    lines_of(monkeypatch, "".join(json.dumps(case) + "\n" for case in cases).encode())
    assert run("say", "--jsonl") == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line in (case["expected"], *case["alternates"]) for line, case in zip(shown, cases, strict=True)] == [True] * len(cases)


def test_build_then_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(EspeakEngine, "find", classmethod(lambda cls: Humming()))
    where = ["--recordings", str(tmp_path), "--language", "az"]
    assert run("prompts", "status", *where) == 1
    assert "0 of 2" in capsys.readouterr().out
    assert run("prompts", "build", *where) == 0
    shown = capsys.readouterr()
    assert "0 were ready, 0 failed" in shown.out and shown.err.count("\n") == 11, "a plain line every tenth"
    assert run("prompts", "status", "--json", *where) == 0
    status = json.loads(capsys.readouterr().out)["languages"]["az"]
    assert status["missing"] == 0 and status["prompts"] == status["ready"] > 2000
    assert run("prompts", "script", *where) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == status["prompts"] and rows[0][1:] == ["az", "Sağ olun."]


def test_build_by_gtts_refuses_azerbaijani(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("prompts", "build", "--engine", "gtts", "--language", "az", "--recordings", str(tmp_path)) == 1
    assert "gtts: does not speak 'az'" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["say"], ["prompts", "build"], ["prompts", "status"], ["prompts", "script"]])
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
