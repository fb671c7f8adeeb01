"""Sessions that were cut off and are offered again (LANGUAGE, "How it runs", 15). Spans are of the business clock."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping

from ivr.engine.model import Model
from ivr.engine.state import State
from ivr.sessions.requests import Open
from ivr.sessions.store import Dropped, MemoryStore

CUT_OFF = ("aborted", "timed_out")
"""Why a session may have ended for its subscriber to want it back; who hangs up, ends or dials again does not."""
_SCREENS = ("ussd", "web")
_STOOD = ("menu", "field", "again", "confirm")


def droppable(model: Model, state: State, why: str) -> bool:
    """Whether a session that ends like this may be offered again: on a screen, by an entry that says so, while nothing was under way."""
    return (
        why in CUT_OFF
        and state.channel in _SCREENS
        and bool(state.frames)
        and state.waiting.partition(":")[0] in _STOOD
        and 0 <= state.entry < len(model.entries)
        and model.entries[state.entry].resume
    )


def offered_again(store: MemoryStore, model: Model, opening: Open, now: datetime.datetime) -> Dropped | None:
    """The line's session that was cut off lately, of the same channel and release as the one that begins; None where there is none."""
    dropped = store.dropped_of(opening.msisdn)
    if dropped is None or (dropped.operator, dropped.release) != (model.operator.name, model.release):
        return None
    if dropped.state.channel != opening.channel:
        return None
    return dropped if _lately(dropped, model, now) else None


def forget_old(store: MemoryStore, current: Mapping[str, Model], now: Callable[[Model], datetime.datetime]) -> None:
    """Forget sessions that will never be offered again: too old, or of a release that is no longer current."""
    for dropped in store.all_dropped():
        model = current.get(dropped.operator)
        if model is None or model.release != dropped.release or not _lately(dropped, model, now(model)):
            store.forget_dropped(dropped.state.msisdn)


def _lately(dropped: Dropped, model: Model, now: datetime.datetime) -> bool:
    return 0 <= (now - dropped.at).total_seconds() <= model.operator.resume
