"""`ivr say` as a person or a script uses it."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import commands_say
from tests.catalog.test_compile_faults import OPERATOR

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    commands_say.add_parsers(parser.add_subparsers(required=True))
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
        ("en phone_grouped +994501110001", "nine hundred ninety-four, fifty, one hundred eleven, zero zero, zero one"),
        ("az duration 5400", "bir saat otuz dəqiqə"),
        ("ru ordinal 3 f genitive", "третьей"),
        ("en text Send 1 to 2112 (0.10 AZN).", "Send one to twenty-one, twelve (ten gapiks)."),
        ("en cardinal -1000000000000", "minus one trillion"),
        ("en phone_grouped 994501110001", "nine hundred ninety-four, fifty, one hundred eleven, zero zero, zero one"),
    ],
)
def test_say(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("say", *words.split()) == 0
    assert capsys.readouterr().out == said + "\n"


@pytest.mark.parametrize(
    "words",
    [
        "ru money NaN AZN",
        "ru cardinal 1 x",
        "az date 2027-02-31",
        "en money 5 USD",
        "en count 5 minut",
        "en text 5<b>x</b>",
        "ru ordinal -1",
    ],
)
def test_say_refuses(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("say", *words.split()) == 1
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith("error: ") and shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "see ivr say --help"),
        ("ru", "see ivr say --help"),
        ("ru cardinal", "cardinal takes N [GENDER], not 0 values"),
        ("ru cardinal 1 --jsonl", "--jsonl takes no values"),
        ("ru money 1", "money takes AMOUNT CURRENCY [FORM], not 1 value"),
        ("ru cardinal 1 f x", "cardinal takes N [GENDER], not 3 values"),
        ("de cardinal 1", "language 'de': not one of az, en, ru"),
        ("RU cardinal 1", "did you mean ru?"),
        ("rus cardinal 1", "did you mean ru?"),
        ("de", "language 'de'"),
        ("ru weather 1", "kind 'weather': not one of cardinal"),
        ("ru cardnal 1", "did you mean cardinal?"),
        ("ru phone 1", "phone_grouped"),
        ("ru cardinal 1 --operator azercel", 'did you mean "azercell"?'),
    ],
)
def test_say_wrong_usage(words: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("say", *words.split()) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith("ivr say: ") and told in shown.err and shown.err.count("\n") == 1


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
    told = capsys.readouterr()
    shown = told.out.splitlines()
    assert len(shown) == len(rows) and told.err == f"ivr say: {len(bad)} of {len(rows)} lines could not be said\n"
    assert shown[0::2] == ["двадцать одна"] * (len(bad) + 1)
    assert [line.split(": ")[:2] for line in shown[1::2]] == [["error", f"line {number}"] for number in range(2, len(rows) + 1, 2)]


def test_jsonl_of_all_cases(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cases = json.loads((Path(__file__).parents[1] / "data" / "spoken_cases.json").read_text(encoding="utf-8"))
    lines_of(monkeypatch, "".join(json.dumps(case) + "\n" for case in cases).encode())
    assert run("say", "--jsonl") == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line in (case["expected"], *case["alternates"]) for line, case in zip(shown, cases, strict=True)] == [True] * len(cases)


def answered(raw: bytes) -> tuple[list[str], int]:
    target = io.BytesIO()
    code = commands_say._say_lines(io.BytesIO(raw), target, commands_say.PLAIN)
    return target.getvalue().decode().split("\n"), code


@pytest.mark.parametrize("raw", [b"", b"\n", b"\n\n", b"x", b"x\n", b"\r\n", b" \n{}"])
def test_jsonl_answers_each_line_once(raw: bytes) -> None:
    shown, code = answered(raw)
    lines = raw.split(b"\n")
    assert len(shown) - 1 == len(lines) - (lines[-1] == b"") and shown[-1] == ""
    assert code == (1 if raw else 0)


def test_jsonl_answers_what_is_there_before_the_rest_comes() -> None:
    row = json.dumps({"lang": "en", "kind": "cardinal", "input": {"n": 7}}) + "\n"
    with subprocess.Popen(
        [sys.executable, "-m", "ivr", "say", "--jsonl"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for _ in range(3):
            process.stdin.write(row)
            process.stdin.flush()
            assert process.stdout.readline() == "seven\n"
        process.stdin.close()
    assert process.returncode == 0


def test_a_line_without_an_end_is_not_kept_whole() -> None:
    good = b'{"lang": "en", "kind": "cardinal", "input": {"n": 7}}'
    shown, code = answered(b"x" * (3 * commands_say.LONGEST_LINE) + b"\n" + good + b"\n")
    assert shown == ["error: line 1: longer than 1000000 bytes", "seven", ""] and code == 1


@settings(derandomize=True, deadline=None)
@given(st.lists(st.binary(max_size=60).filter(lambda raw: b"\n" not in raw), max_size=6))
def test_any_bytes_get_a_line_each(rows: list[bytes]) -> None:
    shown, _ = answered(b"".join(row + b"\n" for row in rows))
    assert len(shown) == len(rows) + 1 and all(line.isprintable() for line in shown)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(derandomize=True, deadline=None)
@given(
    st.sampled_from(["az", "en", "ru"]) | json_values,
    st.sampled_from(sorted(commands_say.spell.KINDS)) | json_values,
    st.dictionaries(st.sampled_from("n unit amount currency form date time seconds digits groups gender case text".split()), json_values)
    | json_values,
)
def test_any_object_gets_a_line(language: object, kind: object, given_input: object) -> None:
    row = json.dumps({"lang": language, "kind": kind, "input": given_input})
    shown, code = answered(row.encode())
    assert len(shown) == 2 and shown[0] and shown[0].startswith("error: line 1: ") == (code == 1)


def test_the_rules_of_an_operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, speech in (("small", "speech: {and: true}\n"), ("wrong", "speech: {and: 3}\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "operator.yaml").write_text(OPERATOR + speech, encoding="utf-8")
    monkeypatch.setenv("IVR_MENUS", str(tmp_path))
    monkeypatch.delenv("IVR_OPERATOR", raising=False)
    assert run("say", "en", "cardinal", "101") == 0
    assert run("say", "en", "cardinal", "101", "--operator", "small") == 0
    monkeypatch.setenv("IVR_OPERATOR", "small")
    assert run("say", "en", "cardinal", "101") == 0
    assert capsys.readouterr().out.splitlines() == ["one hundred one", "one hundred and one", "one hundred and one"]
    assert run("say", "en", "cardinal", "101", "--operator", "wrong") == 1
    assert "operator.yaml:" in (told := capsys.readouterr().err) and "and is true or false" in told and told.count("\n") == 1
    monkeypatch.delenv("IVR_OPERATOR")
    (tmp_path / "wrong" / "operator.yaml").unlink()
    assert run("say", "en", "cardinal", "101") == 0, "the only operator there is"
    assert capsys.readouterr().out == "one hundred and one\n"


def test_a_terminal_without_the_letters_gets_them_escaped() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "ivr", "say", "ru", "cardinal", "2"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, b"\\u0434\\u0432\\u0430\n", b"")


def test_help_shows_every_kind_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        run("say", "--help")
    shown = capsys.readouterr().out
    assert "examples:" in shown and all(kind in shown for kind in commands_say.spell.KINDS)
    assert set(commands_say._SHAPES) == set(commands_say.spell.KINDS)


def test_the_examples_of_the_help_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    examples = [part.strip() for line in commands_say._HELP.splitlines() for part in line.split("ivr say ")[1:] if "ivr say" in line]
    examples = [one for one in examples if one and not one.startswith("--")]
    assert len(examples) >= 6
    for one in examples:
        assert run("say", *one.split()) == 0, one
    assert capsys.readouterr().err == ""
