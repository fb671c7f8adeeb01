"""Which languages can be spelled, and where they are found: `numbers_xx.py` beside this file, or in a folder that IVR_LANGUAGES names.

A file of one's own needs no change here: put `numbers_tr.py` with a class `Numbers` into a folder, name the folder, and `tr` is a language
like the others. A language of one's own counts before ours of the same code.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from ivr.engine.speech_rules import PLAIN, SpeechRules
from ivr.settings import SettingsError
from ivr.speech.language import Language
from ivr.speech.parts import SpeechError, short, suggestion

OURS = ("az", "en", "ru")
"""The languages that come with the product, in the order in which they are listed."""

_CODE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?", re.ASCII)
_FILE = re.compile(r"numbers_([a-z]{2,3}(?:_[A-Z]{2})?)\.py", re.ASCII)


def folders() -> tuple[Path, ...]:
    """The folders that IVR_LANGUAGES names, parted as in PATH; whether they are there is another question."""
    return tuple(Path(name).expanduser().absolute() for name in os.environ.get("IVR_LANGUAGES", "").split(os.pathsep) if name)


class Languages(Mapping[str, type[Language]]):
    """The classes of all languages by their codes. A language is loaded when it is first asked for, and once."""

    def __init__(self) -> None:
        self._loaded: dict[Path | None, dict[str, type[Language]]] = {}

    def __getitem__(self, code: str) -> type[Language]:
        """The class of a language.

        Raises KeyError where there is none, SpeechError where its file cannot be used, SettingsError for a folder that is not there.
        """
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise KeyError(code)
        for folder in (*folders(), None):
            known = self._loaded.setdefault(folder, {})
            if code not in known and (found := _load(folder, code)) is not None:
                known[code] = found
            if code in known:
                return known[code]
        raise KeyError(code)

    def __iter__(self) -> Iterator[str]:
        own = (found[1] for folder in folders() for path in _files(folder) if (found := _FILE.fullmatch(path.name)))
        return iter(dict.fromkeys((*OURS, *own)))

    def __len__(self) -> int:
        return len(list(iter(self)))


LANGUAGES: Mapping[str, type[Language]] = Languages()
"""Every language that can be spelled."""


def speller(language: str, rules: SpeechRules = PLAIN) -> Language:
    """A language under the rules of an operator. Raises SpeechError where there is none, or its file cannot be used."""
    try:
        return _speller(language, rules)
    except (KeyError, TypeError):
        raise SpeechError(f"language {short(language)}: {suggestion(language, LANGUAGES)}") from None


@lru_cache(maxsize=64)
def _speller(language: str, rules: SpeechRules) -> Language:
    return LANGUAGES[language](rules)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # a list of languages is no place to fail; asking for one is


def _load(folder: Path | None, code: str) -> type[Language] | None:
    """The class of a language in a folder, or of ours; None where it is not there."""
    if folder is None:
        return _class(importlib.import_module(f"ivr.speech.numbers_{code}"), code) if code in OURS else None
    if not folder.is_dir():
        raise SettingsError(f"IVR_LANGUAGES: there is no folder {folder}")
    path = folder / f"numbers_{code}.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"ivr_languages.numbers_{code}", path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a file of somebody's own may raise anything
        raise SpeechError(f"language {code}: {path} cannot be loaded: {type(error).__name__}: {error}") from error
    return _class(module, code)


def _class(module: ModuleType, code: str) -> type[Language]:
    found = getattr(module, "Numbers", None)
    where = getattr(module, "__file__", module.__name__)
    if not isinstance(found, type) or not issubclass(found, Language):
        raise SpeechError(f"language {code}: {where} has no class Numbers made from ivr.speech.language.Language")
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    if missing:
        raise SpeechError(f"language {code}: the class Numbers of {where} lacks {', '.join(missing)}")
    found().check()
    if code != found.LANGUAGE:
        raise SpeechError(f"language {code}: the class Numbers of {where} says that it is {found.LANGUAGE!r}")
    return found
