"""`ivr prompts script` and `ivr prompts status`: what a speaker reads, and what is told about what they made of it."""

from __future__ import annotations

import argparse
import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.speech import cli
from ivr.speech.inventory import OperatorSpeech, inventory
from ivr.speech.library import PromptLibrary
from ivr.speech.recordings import Recordings
from ivr.speech.script import COLUMNS, Line, Row, as_csv, as_html, rows
from ivr.speech.units import Unit, unit
from ivr.speech.voice import EspeakEngine
from tests.speech.conftest import Humming

LINES = [
    Line("en", "Your balance is", False, "Your balance is {account.main}."),
    Line("en", "Roaming: on", True, "Roaming: on"),
    Line("en", "Sure?", True, "Sure?"),
    Line("az", "Sağ olun.", True, "Sağ olun."),
]


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_parsers(parser.add_subparsers(required=True), lambda: [(line.language, line.words) for line in LINES], lambda: LINES)
    args = parser.parse_args(words)
    return int(args.run(args))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_every_prompt_once_with_its_intonation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("prompts", "script", "--lang", "en", "--recordings", str(tmp_path)) == 0
    found = table(capsys.readouterr().out)
    assert tuple(found[0]) == COLUMNS and COLUMNS[:4] == ("id", "words", "context", "intonation")
    assert {row["language"] for row in found} == {"en"} and len({row["id"] for row in found}) == len(found)
    assert {one.id for one in inventory(["en"], cli.CURRENCIES)} <= {row["id"] for row in found}
    shown = {row["words"]: row for row in found[:3]}
    assert shown["Your balance is"]["context"] == "Your balance is {account.main}."
    assert [row["intonation"] for row in found[:3]] == ["medial", "final", "question"]
    assert shown["Roaming: on"]["id"] == unit("Roaming: on", "en", final=True).id
    for row in found:
        assert row["file"] == f"prompts/en/VOICE/{row['id']}.wav" and (row["intonation"] == "final") == row["id"].endswith("-final")
        assert row["words"] in row["context"].replace(",", ""), row


def test_a_cell_is_never_a_formula() -> None:
    text = as_csv([Row(unit("=1+1", "en"), '=HYPERLINK("x")', value=False)])
    (row,) = table(text)
    assert row["context"].startswith("'=") and row["words"].startswith("'=")


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if self._inside or tag == "td":
            self._inside = True
            self.cells += [""] if tag == "td" else []

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data


def test_the_page_can_be_printed_and_shows_words_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nasty = [*LINES, Line("en", 'A <b>& "B"</b><script>alert(1)</script>', True, "<img src=x>")]
    page = as_html(rows(nasty, ["az", "en"], [OperatorSpeech(("az", "en"), cli.CURRENCIES)]))
    parsed = Cells()
    parsed.feed(page)
    assert 'A <b>& "B"</b><script>alert(1)</script>' in parsed.cells and not parsed.tags & {"script", "img", "link"}
    assert page.startswith("<!doctype html>") and 'charset="utf-8"' in page and 'lang="az">Sağ olun.<' in page
    assert "http" not in page, "a page to print needs nothing from elsewhere"
    assert run("prompts", "script", "--lang", "az", "--format", "html", "--recordings", str(tmp_path)) == 0
    shown = capsys.readouterr().out
    parsed = Cells()
    parsed.feed(shown)
    assert f"{unit('Sağ olun.', 'az').id}.wav" in parsed.cells and "Your balance is" not in shown


def test_only_what_a_voice_has_not_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = tmp_path / "en" / "leyla" / f"{unit('Your balance is', 'en').id}.wav"
    done.parent.mkdir(parents=True)
    done.touch()
    where = ("prompts", "script", "--lang", "en", "--recordings", str(tmp_path))
    assert run(*where) == 0
    everything = {row["id"] for row in table(capsys.readouterr().out)}
    assert run(*where, "--voice", "leyla") == 0
    assert everything - {row["id"] for row in table(capsys.readouterr().out)} == {done.stem}
    assert run(*where, "--voice", "../x") == 2
    assert capsys.readouterr().err.count("\n") == 1


def tone(path: Path, seconds: float, loud: float = 0.2, rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.clip(loud * np.sin(2 * np.pi * 500 * np.arange(int(rate * seconds)) / rate), -1, 1), rate)


def test_status_tells_coverage_by_voice_and_every_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(EspeakEngine, "find", classmethod(lambda cls: Humming()))
    where = ["--recordings", str(tmp_path), "--language", "en"]
    folder = tmp_path / "en" / "leyla"
    tone(folder / f"{unit('Your balance is', 'en').id}.wav", 1.2)
    assert run("prompts", "build", *where) == 0
    capsys.readouterr()
    assert run("prompts", "status", *where) == 0
    assert "1 by recording leyla" in capsys.readouterr().out

    files = {
        "clipped": ("Roaming: on", lambda path: tone(path, 1.0, 6)),
        "quiet": ("one hundred", lambda path: tone(path, 1.0, 0.004)),
        "long": ("two hundred", lambda path: tone(path, 20)),
        "empty": ("three hundred", lambda path: path.write_bytes(b"")),
    }
    expected = {kind: str(folder / f"{unit(words, 'en', kind == 'clipped').id}.wav") for kind, (words, _) in files.items()}
    for kind, (_, write) in files.items():
        write(Path(expected[kind]))
    tone(folder / f"{unit('four hundred', 'en').id}.wav", 1.0)
    tone(folder / "four-hundrd-952046.wav", 1.0)
    (folder / "five.mp3").write_bytes(b"x")
    assert run("prompts", "status", "--json", *where) == 1
    found = json.loads(capsys.readouterr().out)
    for kind, path in expected.items():
        assert found[kind] == [path], kind
    assert found["new"] == [str(folder / f"{unit('four hundred', 'en').id}.wav")]
    assert found["unknown"] == [str(folder / "four-hundrd-952046.wav")] and found["format"] == [str(folder / "five.mp3")]
    (hint,) = (one["message"] for one in found["defects"] if one["kind"] == "unknown")
    assert "did you mean four-hundred-952046.wav?" in hint
    row = found["languages"]["en"]
    assert (row["recorded"], row["missing"], row["stale"], row["new"]) == (1, 0, 0, 1)
    assert row["voices"]["recording leyla"] == 1 and sum(row["voices"].values()) == row["ready"] == row["prompts"]


def test_a_name_in_capitals_is_told_what_it_was_to_be(tmp_path: Path) -> None:
    one = unit("Your balance is", "en")
    tone(tmp_path / "en" / "leyla" / f"{one.id.upper()}.WAV", 1.0)
    (defect,) = Recordings(tmp_path).strays([one], {("en", one.id): one})
    assert defect.kind == "unknown" and f"did you mean {one.id}.wav?" in defect.told


def test_status_tells_what_is_missing_and_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library = PromptLibrary(tmp_path, engines={"en": Humming()})
    known = [one for one in plan_units() if not one.final]
    library.build(known)
    changed = library.manifest.get(known[0].id)
    assert changed is not None
    library.manifest.add({known[0].id: type(changed)(**{**row_of(changed), "made_of": "older settings"})}, without=[known[1].id])
    assert run("prompts", "status", "--json", "--recordings", str(tmp_path), "--language", "en") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["stale"] == [known[0].id] and known[1].id in found["missing"] and known[2].id not in found["missing"]


def plan_units() -> list[Unit]:
    return list(inventory(["en"], cli.CURRENCIES)[:4])


def row_of(entry: object) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__slots__}  # type: ignore[attr-defined]
