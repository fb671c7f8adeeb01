"""Golden transcripts: what came of steps without an expectation, written into the scenario file by `ivr test --update`.

They show that nothing has changed, not that it was right, so they count for coverage only after a person has marked them seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ivr.catalog.faults import Faults, suggest
from ivr.scenarios.expect import Failure
from ivr.scenarios.model import Scenario
from ivr.scenarios.play import Seen
from ivr.scenarios.read import read_scenarios
from ivr.scenarios.suite import Result, Suite, run_scenario
from ivr.scenarios.world import decimal
from ivr.scenarios.written import Editor


class NotWritten(Exception):
    """A file that could not be written into and was left as it was."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one scenario: how many steps got an expectation, or a new one."""

    scenario: Scenario
    steps: int


def golden_of(seen: Seen) -> list[tuple[str, object]]:
    """The expectations that hold exactly what came of a step; none where no reply came."""
    wanted: list[tuple[str, object]] = []
    if seen.page is not None:
        wanted.append(("page", seen.page.text))
    elif seen.said:
        wanted.append(("heard", "\n".join(seen.said)))
    got = [message.text for message in seen.got(seen.step.line)]
    if got:
        wanted.append(("get", got[0] if len(got) == 1 else got))
    told = [{"to": message.to, "get": message.text} for message in seen.messages if message.to != seen.step.line]
    if told:
        wanted.append(("told", told))
    if wanted and seen.channel:
        wanted.append(("charged", decimal(seen.charged.get(seen.step.line, 0))))
    if wanted and seen.ended and seen.channel != "sms":
        wanted.append(("ends", True))
    return wanted


def update(suite: Suite) -> list[Written]:
    """Write expectations into every step that has none, and renew golden ones that are no longer true. Raises NotWritten, OSError."""
    written: list[Written] = []
    for path in dict.fromkeys(scenario.path for scenario in suite.scenarios):
        editor = _editor(path)
        of_file = [scenario for scenario in suite.scenarios if scenario.path == path]
        for scenario in of_file:
            steps = _update_scenario(editor, scenario, run_scenario(suite.stage, scenario, to_the_end=True))
            if steps:
                editor.mark(scenario.name, "unseen")
                written.append(Written(scenario, steps))
        if editor.changed:
            _write(path, editor.result, suite, of_file[0].operator)
    return written


def _update_scenario(editor: Editor, scenario: Scenario, result: Result) -> int:
    steps = 0
    for seen in result.played:
        if not seen.step.wanted:
            wanted = golden_of(seen) if seen.step.acts else []
            if wanted:
                editor.expect(scenario.name, seen.step.number, wanted)
                steps += 1
        elif scenario.golden:
            steps += _renew(editor, scenario, seen, result.failures)
    return steps


def _renew(editor: Editor, scenario: Scenario, seen: Seen, failures: Iterable[Failure]) -> int:
    """Put what came in the place of what a command wrote and what is no longer true; 1 where there was any."""
    came = dict(golden_of(seen))
    wrong = {failure.wanted.kind for failure in failures if failure.step == seen.step.number and failure.wanted is not None}
    renewed = [kind for kind in came if kind in wrong]
    for kind in renewed:
        editor.replace(scenario.name, seen.step.number, kind, came[kind])
    return 1 if renewed else 0


def mark_seen(suite: Suite, names: Iterable[str]) -> tuple[list[Scenario], list[str]]:
    """Mark the golden transcripts called `names` as seen by a person. A name is a scenario's, or `file:name` where several files have it.

    Returns what was marked, and a message for each name that could not be. Raises NotWritten, OSError.
    """
    marked: list[Scenario] = []
    problems: list[str] = []
    known = [scenario.name for scenario in suite.scenarios]
    for name in dict.fromkeys(names):
        file, _, plain = name.rpartition(":")
        found = [scenario for scenario in suite.scenarios if scenario.name == plain.strip() and file in ("", scenario.path.stem)]
        if not found:
            problems.append(f'there is no scenario "{name}"{suggest(plain, known)}')
        elif len(found) > 1:
            problems.append(f'"{name}" stands in several files; write one of {", ".join(f"{one.path.stem}:{one.name}" for one in found)}')
        elif not found[0].golden:
            problems.append(f'"{name}" has no golden transcript: it counts already, or has no expectation yet (`ivr test --update`)')
        elif found[0].golden == "unseen":
            marked.append(found[0])
    for path in dict.fromkeys(scenario.path for scenario in marked):
        editor = _editor(path)
        for scenario in marked:
            if scenario.path == path:
                editor.mark(scenario.name, "seen")
        _write(path, editor.result, suite, next(scenario.operator for scenario in marked if scenario.path == path))
    return marked, problems


def _editor(path: Path) -> Editor:
    return Editor(path.read_bytes().decode("utf-8"))


def _write(path: Path, text: str, suite: Suite, operator: str) -> None:
    """Write the file, and put it back as it was where it could then no longer be read: an author's file is never lost to a command."""
    before = path.read_bytes()
    path.write_bytes(text.encode("utf-8"))
    faults = Faults()
    read_scenarios(path, suite.models[operator], suite.offers, faults)
    if faults.errors():
        path.write_bytes(before)
        raise NotWritten(f"{path.name} was left as it was, its form is too unusual to be written into: {faults.errors()[0]}")
