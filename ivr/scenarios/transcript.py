"""A scenario as a person reads it: what was done, what came, and where it differs from what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from ivr.engine.effects import Sms
from ivr.scenarios.expect import Failure, folded
from ivr.scenarios.model import Act, Scenario, Step
from ivr.scenarios.play import Seen
from ivr.scenarios.world import decimal

BEFORE = 2
"""Steps before the failing one that are shown with it."""
WIDEST = 130
"""Characters of a line of a file that are shown."""
LOUD = ("WARNING", "ERROR", "CRITICAL")
"""What of the log belongs to a transcript."""


def transcript(played: Sequence[Seen]) -> str:
    """The whole dialogue."""
    return "\n".join(line for seen in played for line in (f"  {_title(seen.step)}", *(f"    {line}" for line in came(seen))))


def difference(played: Sequence[Seen], failures: Sequence[Failure]) -> str:
    """The dialogue around the failing steps in the manner of a unified diff: `-` what was expected, `+` what came, `>` the step."""
    lines = ["--- expected", "+++ came"]
    for number, seen in enumerate(played):
        wrong = [failure for failure in failures if failure.step == seen.step.number]
        if wrong:
            lines += [f"> {_title(seen.step)}", *_compared(seen, wrong)]
        elif any(failure.step in range(seen.step.number + 1, seen.step.number + BEFORE + 1) for failure in failures):
            lines += [f"  {_title(seen.step)}", *(f"      {line}" for line in came(seen))]
        elif number == 0:
            lines.append("  ...")
    reached = {seen.step.number for seen in played}
    lines += [f"> step {failure.step}  {failure.message}" for failure in failures if failure.step not in reached]
    return "\n".join(lines)


def source(scenario: Scenario, failure: Failure) -> str:
    """The line of the scenario file that a failure is about: `12 | - {press: "1", see: Balance}`."""
    number = int(failure.place.rsplit(":", 2)[1])
    try:
        lines = scenario.path.read_text("utf-8-sig").splitlines()
    except OSError:
        return ""
    text = lines[number - 1].strip() if number <= len(lines) else ""
    return f"{number} | {text if len(text) <= WIDEST else text[:WIDEST] + '…'}"


def came(seen: Seen) -> list[str]:
    """What came of a step, line by line: pages, words, messages, then one line of facts."""
    lines = [] if seen.page is None else seen.page.text.split("\n")
    lines += [line for said in seen.said for line in said.split("\n")]
    for message in seen.messages:
        first, *rest = message.text.split("\n")
        kind = "SMS" if isinstance(message, Sms) else "notice"
        lines += [f"{kind} to {message.to}: {first}", *rest]
    return [*lines, *(f"log: {line}" for line in seen.log if line.startswith(LOUD)), facts(seen)]


def facts(seen: Seen) -> str:
    """`(gsm7, en, charged 0.10, waits)`"""
    told = []
    if seen.page is not None:
        told.append(seen.page.encoding)
    if seen.language:
        told.append(seen.language)
    told += [f"charged {decimal(micro)}" + ("" if line == seen.step.line else f" to {line}") for line, micro in seen.charged.items()]
    if seen.ended is not None:
        told.append("ended" if seen.ended else "waits")
    return f"({', '.join(told) or 'no answer'})"


def described(act: Act) -> str:
    """An act as it is written in a scenario."""
    if act.kind == "sms":
        return f'sms: "{act.argument}", text: "{act.text}"'
    if act.kind == "event":
        return f"event: {act.argument}, to: {act.to}"
    return f'{act.kind}: "{act.argument}"' if act.kind in ("dial", "call", "press") else f"{act.kind}: {act.argument}"


def _title(step: Step) -> str:
    acts = "; ".join(_with_unit(act) for act in step.acts) or "looks again"
    return f"step {step.number}  {step.line}  {acts}"


def _with_unit(act: Act) -> str:
    return f"wait: {act.argument}s" if act.kind == "wait" else described(act)


def _compared(seen: Seen, failures: Sequence[Failure]) -> list[str]:
    actual = came(seen)
    expected = list(actual)
    for failure in failures:
        want = failure.wanted
        if want is None:
            continue
        if want.kind in ("page", "heard"):
            whole = seen.page.text.split("\n") if seen.page is not None else [line for said in seen.said for line in said.split("\n")]
            expected = want.text.rstrip("\n").split("\n") + expected[len(whole) :]
        elif want.kind in ("see", "hear", "get", "told"):
            expected = _with(expected, actual, want.text, f"SMS to {want.to or seen.step.line}: " if want.kind in ("get", "told") else "")
        elif want.kind == "hidden":
            expected = [line.replace(want.text, "…") for line in expected]
        else:
            expected = [*expected, f"({failure.message})"]
    rows = difflib.ndiff(expected, actual)
    return [f"{row[0]}     {row[2:]}" for row in rows if not row.startswith("?")]


def _with(lines: list[str], actual: list[str], wanted: str, prefix: str) -> list[str]:
    """`lines` with `wanted` in the place of those of `actual` it is most like, or before the line of facts where it is like none."""
    wanted_lines = (prefix + wanted).split("\n")
    body = lines[:-1]
    size = len(wanted_lines)
    best, place = 0.5, -1
    for number in range(max(len(body) - size + 1, 0)):
        window = body[number : number + size]
        likeness = difflib.SequenceMatcher(None, folded(" ".join(window)), folded(prefix + wanted)).ratio()
        if likeness > best and all(line in actual for line in window):
            best, place = likeness, number
    if place < 0:
        return [*body, *wanted_lines, lines[-1]]
    return [*body[:place], *wanted_lines, *body[place + size :], lines[-1]]
