"""`ivr prompts` with the menus' words: what the operators on disk say in calls."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.settings import Settings
from ivr.speech import cli

if TYPE_CHECKING:
    from ivr.engine.model import Model
    from ivr.speech.inventory import OperatorSpeech
    from ivr.speech.script import Line


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `prompts` to the command line."""
    said = OnDisk()
    cli.add_parsers(subparsers, fixed=said.fixed_words, lines=said.script_lines, operators=said.speech, menus=said.places)


class OnDisk:
    """What the operators say that stand on disk and can be compiled; each is compiled once, when something is first asked."""

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """The operators' menus. One whose files have faults is left out, and told on standard error."""
        from ivr.catalog.compile import compile_operator
        from ivr.catalog.folders import locales_of

        menus, models = Settings.from_environment().menus, []
        for folder in sorted(path.parent for path in menus.glob("*/operator.yaml")):
            compiled = compile_operator(folder, locales_of(menus), measured=False)
            if compiled.model is not None:
                models.append(compiled.model)
            else:
                print(f"ivr: {folder.name} is left out: its menus have faults; `ivr check` lists them", file=sys.stderr)
        return tuple(models)

    def fixed_words(self) -> Iterator[tuple[str, str]]:
        """(language, words) that calls may speak."""
        from ivr.catalog.spoken import spoken_words

        for model in self.models:
            yield from spoken_words(model)

    def script_lines(self) -> Iterator[Line]:
        """The same with the wordings they stand in, for whoever reads them aloud."""
        from ivr.prompt_texts import script_lines

        for model in self.models:
            yield from script_lines(model)

    def speech(self) -> Iterator[OperatorSpeech]:
        """How each operator that can be called says values."""
        from ivr.speech.inventory import OperatorSpeech

        for model in self.models:
            operator = model.operator
            if any(entry.channel == "call" for entry in model.entries):
                currencies = dict.fromkeys((operator.currency, *operator.speech.currencies))
                yield OperatorSpeech(operator.languages, tuple(currencies), operator.speech)

    def places(self) -> tuple[Path, ...]:
        """The folders that all of it comes from."""
        from ivr.catalog.folders import locales_of

        menus = Settings.from_environment().menus
        return (menus, locales_of(menus))
