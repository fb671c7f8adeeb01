"""What a step expects against what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ivr.engine.text import measure
from ivr.scenarios.model import Scenario, Wanted
from ivr.scenarios.play import Seen
from ivr.scenarios.world import decimal

OCTETS = 140
"""Octets of an SMS (3GPP TS 23.040): which encoding it needs does not depend on them."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that was not met. `step` counts from 1; `message` says what was expected and what came instead, in one line."""

    place: str
    step: int
    wanted: Wanted | None
    message: str


def folded(text: str) -> str:
    """`text` with every run of spaces and line breaks as one space."""
    return " ".join(text.split())


def check(scenario: Scenario, seen: Seen, all_seen: Sequence[Seen]) -> list[Failure]:
    """The expectations of one step that were not met; `all_seen` is every step so far, this one the last."""
    found = []
    for want in seen.step.wanted:
        problem = "" if want.kind == "hidden" else _PROBLEM[want.kind](want, seen)
        if problem:
            found.append(Failure(want.place, seen.step.number, want, problem))
    # what shall be hidden stays hidden to the end
    for earlier in scenario.steps[: seen.step.number]:
        looked = all_seen if earlier is seen.step else [seen]
        hidden = [(want, _shown(want.text, looked)) for want in earlier.wanted if want.kind == "hidden"]
        found += [
            Failure(want.place, seen.step.number, want, f"must stay hidden, and stands in {place}: {quoted(want.text)}")
            for want, place in hidden
            if place
        ]
    return found


def quoted(text: str) -> str:
    """A text as a message shows it, in one line."""
    return '"' + text.replace("\n", "\\n") + '"'


def _see(want: Wanted, seen: Seen) -> str:
    if seen.page is None:
        return f"should see {quoted(want.text)}, and no page was shown"
    return "" if folded(want.text) in folded(seen.page.text) else f"should see {quoted(want.text)}"


def _page(want: Wanted, seen: Seen) -> str:
    if seen.page is None:
        return "should show a page, and none was shown"
    return "" if want.text == seen.page.text else "should show exactly this page"


def _hear(want: Wanted, seen: Seen) -> str:
    if not seen.said:
        return f"should hear {quoted(want.text)}, and nothing was said"
    return "" if folded(want.text) in folded(" ".join(seen.said)) else f"should hear {quoted(want.text)}"


def _heard(want: Wanted, seen: Seen) -> str:
    if not seen.said:
        return "should say exactly this, and nothing was said"
    return "" if folded(want.text) == folded(" ".join(seen.said)) else "should say exactly this"


def _get(want: Wanted, seen: Seen) -> str:
    to = want.to or seen.step.line
    got = seen.got(to)
    if any(folded(want.text) in folded(message.text) for message in got):
        return ""
    return f"{to} should get {quoted(want.text)}" + ("" if got else ", and got no SMS")


def _encoding(want: Wanted, seen: Seen) -> str:
    got = seen.got(seen.step.line)
    if seen.page is None and not got:
        return f"should be written in {want.text}, and nothing was"
    encoding = seen.page.encoding if seen.page is not None else measure(got[-1].text, OCTETS).encoding
    return "" if encoding == want.text else f"should be written in {want.text}, not in {encoding}"


def _charged(want: Wanted, seen: Seen) -> str:
    micro = seen.charged.get(seen.step.line, 0)
    return "" if Decimal(want.text) == Decimal(decimal(micro)) else f"should charge {want.text}, and charged {decimal(micro)}"


def _ends(want: Wanted, seen: Seen) -> str:
    if seen.ended is None:
        return "should tell whether the session ends, and no session was asked in this step"
    if seen.ended == (want.text == "true"):
        return ""
    return "should end the session, and it goes on" if want.text == "true" else "should go on, and the session ended"


_PROBLEM = {
    "see": _see,
    "page": _page,
    "hear": _hear,
    "heard": _heard,
    "get": _get,
    "told": _get,
    "encoding": _encoding,
    "charged": _charged,
    "ends": _ends,
}


def _shown(secret: str, all_seen: Sequence[Seen]) -> str:
    """Where `secret` was shown, said, sent, logged or traced; empty where it was not."""
    for seen in all_seen:
        step = f"step {seen.step.number}"
        if seen.page is not None and secret in seen.page.text:
            return f"the page of {step}"
        if any(secret in said for said in seen.said):
            return f"what {step} said"
        if any(secret in message.text for message in seen.messages):
            return f"an SMS of {step}"
        if any(secret in line for line in seen.log):
            return f"the log of {step}"
        if any(secret in traced.detail for turned in seen.turns for traced in turned.trace):
            return f"the trace of {step}"
    return ""
