"""A copy of the shipped menus without their scenarios, and scenarios written into it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.house import locales_of
from ivr.scenarios.model import Scenario
from ivr.scenarios.suite import Result, Suite, opened
from ivr.settings import ROOT

LINE, POSTPAID, POOR = "994501110001", "994501110103", "994501110004"


class Folder:
    """`menus` of a test, with what its scenario file holds."""

    def __init__(self, home: Path) -> None:
        self.menus = home / "menus"
        shutil.copytree(ROOT / "menus", self.menus, ignore=shutil.ignore_patterns("scenarios"))
        self.scenarios = self.menus / "azercell" / "scenarios"
        self.scenarios.mkdir()

    def write(self, text: str, name: str = "try") -> Path:
        """A whole scenario file."""
        path = self.scenarios / f"{name}.yaml"
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    def steps(self, steps: str, head: str = "language: en", line: str = LINE, name: str = "one") -> Path:
        """A file with one scenario of these steps."""
        body = textwrap.indent(textwrap.dedent(steps).strip("\n"), "      ")
        heads = textwrap.indent(textwrap.dedent(head).strip("\n"), "    ")
        return self.write(f'now: "2026-11-22 12:00"\nscenarios:\n  {name}:\n    line: "{line}"\n{heads}\n    steps:\n{body}\n')

    @contextmanager
    def suite(self, target: Path | None = None) -> Iterator[Suite]:
        with opened(target or self.menus / "azercell", locales_of) as suite:
            yield suite

    def run(self) -> list[Result]:
        with self.suite() as suite:
            assert not suite.faults, "\n".join(map(str, suite.faults))
            return suite.run()

    def one(self, steps: str, head: str = "language: en", line: str = LINE) -> Result:
        self.steps(steps, head, line)
        [result] = self.run()
        return result

    def faults(self) -> list[str]:
        with self.suite() as suite:
            return [str(fault) for fault in suite.faults]

    def scenario(self) -> Scenario:
        with self.suite() as suite:
            return suite.scenarios[0]


def problems(result: Result) -> list[str]:
    """`line:col message` of each failure."""
    return [f"{failure.place.split(':', 1)[1]} {failure.message}" for failure in result.failures]
