"""Calls without a synthetic voice: what is not recorded is named with its place, and keeps a release from being published."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.catalog.compile import compile_operator
from ivr.catalog.releases import NoMenus, Releases
from ivr.catalog.spoken import spoken_words
from ivr.engine.model import Model
from ivr.house import House
from ivr.recordings import recording_faults, unrecorded
from ivr.speech.inventory import fixed
from tests.catalog.broken import CORPUS

ROOT = Path(__file__).resolve().parents[2]


def silent(folder: Path) -> Path:
    """The small operator with `synthesis: false`."""
    shutil.copytree(CORPUS / "base", folder, dirs_exist_ok=True)
    path = folder / "menus" / "small" / "operator.yaml"
    path.write_text(path.read_text("utf-8").replace('point: "*"}', 'point: "*", synthesis: false}'), "utf-8")
    return folder / "menus" / "small"


def model_of(folder: Path) -> Model:
    model = compile_operator(folder, folder.parents[1] / "locales").model
    assert model is not None
    return model


def test_every_word_of_a_call_is_asked_for_once_with_its_place(tmp_path: Path) -> None:
    folder = silent(tmp_path)
    model = model_of(folder)
    asked = {unit.id: place for place, unit in unrecorded(model, tmp_path / "prompts")}
    # all that is synthesised elsewhere, less what stands around a label and is never said without one
    assert set(asked) <= {unit.id for unit in fixed(spoken_words(model))} and len(asked) > 40
    faults = recording_faults(model, folder, tmp_path / "prompts")
    assert len(faults) == len(asked) and {fault.code for fault in faults} == {"E080"}
    lines = {name: (folder / name).read_text("utf-8").split("\n") for name in ("operator.yaml", "m.yaml", "p.yaml")}
    at = {fault.message: lines[fault.file.rpartition("/")[2]][fault.line - 1][fault.column - 1 :] for fault in faults}
    for words, begins in (
        ("Open", "Open"),
        ("Answer late", "Answer late"),
        ("sim sim", "sim sim"),
        ("No key", "{most: 3, say: No key"),
        ("Nobody", "Nobody}"),
    ):
        (found,) = [text for message, text in at.items() if f'"{words}"' in message]
        assert found.startswith(begins), (words, found)


def test_what_is_recorded_is_enough(tmp_path: Path) -> None:
    folder = silent(tmp_path)
    model = model_of(folder)
    for _, unit in list(unrecorded(model, tmp_path / "prompts")):
        path = tmp_path / "prompts" / unit.language / "anybody" / f"{unit.id}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert recording_faults(model, folder, tmp_path / "prompts") == ()
    path.unlink()
    (fault,) = recording_faults(model, folder, tmp_path / "prompts")
    assert path.stem in fault.message


def test_where_a_voice_may_speak_nothing_is_asked_for(tmp_path: Path) -> None:
    shutil.copytree(CORPUS / "base", tmp_path, dirs_exist_ok=True)
    folder = tmp_path / "menus" / "small"
    assert recording_faults(model_of(folder), folder, tmp_path / "prompts") == ()


def test_the_command_names_every_prompt(tmp_path: Path) -> None:
    folder = silent(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "ivr", "check", str(folder), "--format", "json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr == ""
    assert {row["code"] for row in json.loads(done.stdout)} == {"E080"}


def test_a_release_is_not_published_without_its_prompts(tmp_path: Path) -> None:
    folder = silent(tmp_path)
    house = House.__new__(House)
    releases = Releases(folder.parent, tmp_path / "locales", tmp_path / "kept", house.ready_prompts)
    with pytest.raises(NoMenus) as refused:
        releases.load()
    (fault,) = refused.value.faults
    assert fault.code == "E080" and "no recording of" in fault.message and "`ivr check` names each" in fault.message
