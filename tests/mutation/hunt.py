"""Hunts the mutants: `python -m tests.mutation.hunt --count 500` says who is caught by what, and lists who survives.

A mutant is caught by `ivr check` (an error or a warning) or by a scenario that fails.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ivr.catalog.compile import compile_operator
from ivr.catalog.releases import NoMenus
from ivr.scenarios.suite import opened, run_scenario
from ivr.settings import ROOT
from tests.mutation.mutants import Files, Mutant, mutants


@dataclass(frozen=True, slots=True)
class Caught:
    """By whom: `check CODE`, `scenario NAME`, or nobody (empty)."""

    mutant: Mutant
    by: str


def shipped() -> Files:
    """The files that may be mutated."""
    paths = [*(ROOT / "menus" / "azercell").glob("*.yaml"), *(ROOT / "locales").glob("*/LC_MESSAGES/messages.po")]
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in sorted(paths)}


class NotClean(Exception):
    """The shipped menus have a fault or a failing scenario of their own: every mutant would seem to be caught."""


class Hunt:
    """A copy of the shipped menus in which one mutant at a time lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = shipped()
        shutil.copytree(ROOT / "menus", folder / "menus")
        shutil.copytree(ROOT / "locales", folder / "locales")
        # the scenario that caught a mutant before is likely to catch the next one of that file
        self._likely: dict[str, Counter[str]] = {}

    def catch(self, mutant: Mutant) -> Caught:
        """Let the mutant live, look for it, and put the file back."""
        path = self.folder / mutant.file
        path.write_text(mutant.text, "utf-8")
        try:
            return Caught(mutant, self.look(mutant.file))
        finally:
            path.write_text(self.files[mutant.file], "utf-8")

    def look(self, file: str = "") -> str:
        """What is wrong with the menus as they stand; nothing where they are right."""
        return self._by_check() or self._by_scenarios(file)

    def _by_check(self) -> str:
        faults = compile_operator(self.folder / "menus" / "azercell", self.folder / "locales").faults
        return f"check {faults[0].code}" if faults else ""

    def _by_scenarios(self, file: str) -> str:
        likely = self._likely.setdefault(file, Counter())
        try:
            with opened(self.folder / "menus", lambda menus: menus.parent / "locales") as suite:
                if suite.faults:
                    return "scenario file"
                for scenario in sorted(suite.scenarios, key=lambda scenario: -likely[scenario.name]):
                    if not run_scenario(suite.stage, scenario).passed:
                        likely[scenario.name] += 1
                        return f"scenario {scenario.name}"
        except NoMenus as error:
            return f"check {error.faults[0].code}"
        return ""


def hunt(count: int, seed: int, watch: Callable[[int, int], None] = lambda done, alive: None) -> Iterator[Caught]:
    """Catch `count` mutants; `watch` hears how many are done and how many of them live."""
    with tempfile.TemporaryDirectory(prefix="ivr-mutants-") as folder:
        ground = Hunt(Path(folder))
        if found := ground.look():
            raise NotClean(f"without any mutant, this is found already: {found}")
        alive = 0
        for number, mutant in enumerate(mutants(ground.files, count, seed), 1):
            caught = ground.catch(mutant)
            alive += not caught.by
            watch(number, alive)
            yield caught


def main() -> int:
    """The hunt as a command; exit code 1 where fewer than 95 of 100 are caught."""
    parser = argparse.ArgumentParser(description="Put single faults into the shipped menus and see who notices.")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20261122)
    arguments = parser.parse_args()

    def watch(done: int, alive: int) -> None:
        if sys.stderr.isatty() or done % 50 == 0:
            print(f"\rmutants: {done} of {arguments.count}, {alive} alive", end="" if sys.stderr.isatty() else "\n", file=sys.stderr)

    try:
        rows = list(hunt(arguments.count, arguments.seed, watch))
    except NotClean as error:
        print(f"hunt: {error}", file=sys.stderr)
        return 1
    print(f"\n{'kind':32}{'made':>6}{'check':>7}{'scenario':>10}{'alive':>7}")
    for kind in sorted({row.mutant.kind for row in rows}):
        of_kind = [row for row in rows if row.mutant.kind == kind]
        by = Counter(row.by.partition(" ")[0] for row in of_kind)
        print(f"{kind:32}{len(of_kind):>6}{by['check']:>7}{by['scenario']:>10}{by['']:>7}")
    alive = [row.mutant for row in rows if not row.by]
    print(f"{len(rows) - len(alive)} of {len(rows)} caught, {100 * (len(rows) - len(alive)) / len(rows):.1f} %")
    for mutant in alive:
        print(f"  {mutant.file}:{mutant.line} {mutant.kind}: {mutant.before.strip()[:70]!r} -> {mutant.after.strip()[:70]!r}")
    return 0 if len(alive) * 20 <= len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
