"""Cases of broken folders: a small operator that is whole, with a few edits, and the faults that they must give."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from ivr.catalog.compile import compile_operator
from ivr.catalog.faults import Fault, Faults
from ivr.catalog.own_services import offered
from ivr.catalog.source import read_file
from ivr.catalog.sources import SERVICES
from ivr.catalog.spoken import spoken_words
from ivr.engine.model import Model
from ivr.recordings import recording_faults
from ivr.scenarios.read import read_scenarios, scenario_files
from ivr.speakable import speech_faults
from ivr.speech.inventory import fixed

CORPUS = Path(__file__).resolve().parents[1] / "data" / "broken"
_FOLDERS = {"messages.po": Path("locales/ru/LC_MESSAGES"), "services.yaml": Path("menus")}


@dataclass(frozen=True, slots=True)
class Case:
    """One file of the corpus: `CODE/cause.yaml`.

    Its keys: `why`; `edits` ({file, find, put}: the text `find`, which stands there once, becomes `put`); `files` (whole ones, by name); `hex`
    (bytes in place of a file); `silent` (words of calls that nobody has recorded; all else has been); `faults`.
    """

    path: Path

    @property
    def code(self) -> str:
        """The code that the case is for."""
        return self.path.parent.name

    @property
    def name(self) -> str:
        """`E010/unknown_key`."""
        return f"{self.code}/{self.path.stem}"

    def read(self) -> dict[str, Any]:
        """What the file says."""
        found = yaml.safe_load(self.path.read_text("utf-8"))
        assert isinstance(found, dict)
        return found


def cases() -> list[Case]:
    """Every case, by code and cause."""
    return [Case(path) for path in sorted(CORPUS.glob("[EW][0-9][0-9][0-9]/*.yaml"))]


def place_of(home: Path, name: str) -> Path:
    """Where a file of a case stands in the folder `home`."""
    return home / _FOLDERS.get(name, Path("menus/small")) / name


def built(case: Case, home: Path) -> Path:
    """The case's operator, in the empty folder `home`; its own folder is given back."""
    said = case.read()
    shutil.copytree(CORPUS / "base", home, dirs_exist_ok=True)
    for edit in said.get("edits", []):
        path = place_of(home, edit["file"])
        text = path.read_text("utf-8")
        assert text.count(edit["find"]) == 1, f"{case.name}: {edit['find']!r} stands {text.count(edit['find'])} times in {edit['file']}"
        path.write_text(text.replace(edit["find"], edit["put"]), "utf-8")
    whole = {name: text.encode() for name, text in said.get("files", {}).items()}
    whole |= {name: bytes.fromhex(text) for name, text in said.get("hex", {}).items()}
    for name, data in whole.items():
        path = place_of(home, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return home / "menus" / "small"


def faults_of(case: Case, home: Path) -> list[Fault]:
    """All that `ivr check` and the reader of scenarios say of a case, files named from the operator's folder."""
    folder = built(case, home)
    compiled = compile_operator(folder, home / "locales", thorough=True)
    faults = Faults(list(compiled.faults), set(compiled.faults))
    if compiled.model is not None:
        own = read_file(path, "services.yaml", home, faults) if (path := home / "menus" / "services.yaml").exists() else None
        offers = offered(SERVICES, own, faults)
        for scenario in scenario_files(folder):
            read_scenarios(scenario, compiled.model, offers, faults)
        for fault in recording_faults(compiled.model, folder, _recorded(case, compiled.model, home / "prompts")):
            faults.put(fault)
        for fault in speech_faults(compiled.model, folder):
            faults.put(fault)
    return [replace(fault, file=fault.file.removeprefix("menus/small/")) for fault in faults.sorted()]


def _recorded(case: Case, model: Model, folder: Path) -> Path:
    silent = case.read().get("silent", [])
    for unit in fixed(spoken_words(model)):
        if unit.words not in silent:
            path = folder / unit.language / "voice" / f"{unit.id}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return folder
