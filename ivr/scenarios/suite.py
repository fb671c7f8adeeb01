"""A run of scenarios: the files of a folder found and read, each scenario played and judged."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ivr.catalog.faults import Fault, Faults
from ivr.catalog.own_services import Offered, offered
from ivr.catalog.releases import NoMenus, Releases
from ivr.catalog.source import read_file
from ivr.catalog.sources import OWN_SERVICES, SERVICES
from ivr.engine.model import Model
from ivr.scenarios.coverage import Coverage
from ivr.scenarios.expect import Failure, check
from ivr.scenarios.model import Scenario
from ivr.scenarios.play import NothingOpen, Player, Seen
from ivr.scenarios.read import read_scenarios, scenario_files
from ivr.scenarios.world import Stage

MEMORY = Path("/dev/shm")
"""Linux's folder in memory."""


class NothingToTest(ValueError):
    """There is no such folder or file, or no menus in it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one scenario. `seconds` is real time. Steps after the first that failed are not in `played`."""

    scenario: Scenario
    played: tuple[Seen, ...]
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class Suite:
    """The scenarios that were asked for, and the menus that they are about, by operator."""

    stage: Stage
    scenarios: tuple[Scenario, ...]
    models: Mapping[str, Model]
    offers: Offered
    faults: tuple[Fault, ...]

    def run(self, watch: Callable[[int], None] = lambda number: None) -> list[Result]:
        """Play all of them; `watch` is told how many are done after each."""
        results = []
        for number, scenario in enumerate(self.scenarios, 1):
            results.append(run_scenario(self.stage, scenario))
            watch(number)
        return results

    def coverage(self, results: Sequence[Result]) -> list[Coverage]:
        """The coverage by the scenarios that passed and that a person vouches for, an operator each."""
        found = {name: Coverage(model, self.offers.services) for name, model in self.models.items()}
        for result in results:
            if result.passed and result.scenario.counts:
                found[result.scenario.operator].add(result.played)
        return list(found.values())


def run_scenario(stage: Stage, scenario: Scenario, *, to_the_end: bool = False) -> Result:
    """Play and judge one scenario; after a step with failures it stops, unless `to_the_end`."""
    failures: list[Failure] = []
    played: list[Seen] = []
    began = time.perf_counter()

    def judge(seen: Seen, all_seen: list[Seen]) -> bool:
        played.append(seen)
        failures.extend(check(scenario, seen, all_seen))
        return to_the_end or not failures

    try:
        Player(stage, scenario).play(judge)
    except NothingOpen as error:
        failures.append(Failure(error.place, len(played) + 1, None, str(error)))
    except Exception as error:
        # a fault of the engine is a failed scenario, and the others still run
        step = scenario.steps[len(played)] if len(played) < len(scenario.steps) else scenario.steps[-1]
        failures.append(Failure(step.place, step.number, None, f"the menus failed here: {type(error).__name__}: {error}"))
    return Result(scenario, tuple(played), tuple(failures), time.perf_counter() - began)


@contextmanager
def opened(target: Path, locales: Callable[[Path], Path]) -> Iterator[Suite]:
    """The suite of `target`: a folder of operators, one operator's folder, or a scenario file. `locales` finds a menu folder's catalogs.

    Raises NothingToTest where there is nothing of the kind, NoMenus where the menus asked for have faults of their own.
    """
    menus, operators, only = _asked(target)
    with tempfile.TemporaryDirectory(prefix="ivr-test-", dir=_quick_folder()) as folder:
        # an author tries what is not translated yet: it is said in English, and `ivr check` reports it
        releases = Releases(menus, locales(menus), Path(folder) / "releases", strict=False)
        try:
            releases.load()
        except NoMenus as error:
            asked = [fault for fault in error.faults if operators is None or fault.file.split("/")[1:2] == [operators]]
            if asked or operators not in releases.current:
                raise
        models = {name: model for name, model in releases.current.items() if operators in (None, name)}
        offers, faults = _offered(menus), Faults()
        scenarios: list[Scenario] = []
        for name, model in models.items():
            for path in scenario_files(menus / name):
                if only in (None, path):
                    scenarios += read_scenarios(path, model, offers, faults)
        yield Suite(Stage(releases, offers.services, Path(folder)), tuple(scenarios), models, offers, tuple(faults.sorted()))


def _offered(menus: Path) -> Offered:
    """All that the menus may call. What is wrong with the file beside them, the menus' own compilation has said."""
    own = menus / OWN_SERVICES
    return offered(SERVICES, read_file(own, OWN_SERVICES, menus, Faults()) if own.exists() else None, Faults())


def _quick_folder() -> str | None:
    """Where books cost nothing to write: memory, where the system offers it as a folder; None: the usual place for temporary files."""
    return str(MEMORY) if MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK) else None


def _asked(target: Path) -> tuple[Path, str | None, Path | None]:
    """The menu folder, the one operator that was asked for, and the one scenario file."""
    target = target.resolve()
    if target.is_file() and target.parent.name == "scenarios":
        return target.parent.parent.parent, target.parent.parent.name, target
    if not target.is_dir():
        raise NothingToTest(f"there is no folder {target}" if target.suffix != ".yaml" else f"{target} is no file in a folder `scenarios`")
    if (target / "operator.yaml").exists():
        return target.parent, target.name, None
    if not list(target.glob("*/operator.yaml")):
        raise NothingToTest(f"no operator.yaml in {target} or a folder of it")
    return target, None, None
