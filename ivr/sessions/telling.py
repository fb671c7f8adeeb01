"""Telling a line what happened: the notices of its operator, performed, handed over, and the session that the network opens kept."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from ivr.engine.effects import Effect, End, Page, Sms, Traced, UssdNotice
from ivr.engine.model import Model
from ivr.engine.notices import tell
from ivr.engine.step import Step
from ivr.engine.values import Line, Money, Value
from ivr.sessions.messages import Outgoing
from ivr.sessions.performing import Performer
from ivr.sessions.requests import Reply
from ivr.sessions.store import MemoryStore, Record

log = logging.getLogger("ivr.sessions")
OFFERED = frozenset(["sms", "flash"])
"""What a network offers where nobody says more; the demo's own has these two."""
_ON_SCREEN = frozenset(["ussd_notice", "ussd_session"])


class Teller:
    """Performs notices. An event is told once for its key: messages by their own, what shows on a screen by a mark in the books."""

    def __init__(self, performer: Performer, outgoing: Outgoing, store: MemoryStore) -> None:
        self._performer, self._outgoing, self._store = performer, outgoing, store

    def tell(
        self, model: Model, line: Line, about: str, values: Mapping[str, Value], key: str, offered: Collection[str], opened: float
    ) -> Reply:
        """See `Runner.tell`; `opened` is the monotonic moment for a session that this opens."""
        language = line.language if line.language in model.operator.languages else model.operator.default_language
        nothing, failed = Reply((), True, language or ""), Reply((End("failed"),), True, language or "")
        now = self._performer.now(model)
        if self._store.live_of("ussd", line.msisdn) is not None:
            # the phone shows a session of ours: the network would refuse to open another, or to show something over it
            offered = set(offered) - _ON_SCREEN
        try:
            if self._outgoing.port.told(key):
                return nothing
            steps = tell(model, key, about, values, line, now, self._performer.switches(model), offered)
            done = [self._performer.perform(model, step, "") for step in steps]
            good = [one for one in done if not _went_wrong(one.step)]
            shown = any(isinstance(effect, Page | UssdNotice) for one in good for effect in one.step.effects)
            # messages first: they are told once by their own keys, should the mark fail and the event come again
            self._outgoing.send_now([sms for one in good for sms in one.step.effects if isinstance(sms, Sms)], model.operator.name, now)
            if (shown or (done and len(good) == len(done))) and not self._outgoing.port.first(key, line.msisdn, now):
                return nothing  # somebody else told it in the same moment
        except Exception as error:
            log.error("the event %s could not be told: %s", about, type(error).__name__)
            return failed
        if done and not good:
            return failed
        effects: list[Effect] = [effect for one in good for effect in one.step.effects if not isinstance(effect, End)]
        trace: tuple[Traced, ...] = tuple(traced for one in done for traced in one.step.trace)
        session = next((one.step.state for one in good if any(isinstance(effect, Page) for effect in one.step.effects)), None)
        waits = session is not None and not session.ended
        if session is not None:
            page = next(effect for effect in effects if isinstance(effect, Page))
            name = f"notice:{session.session}"
            self._store.put(Record(name, model.operator.name, model.release, session, opened, opened, (0, ""), page))
        charged = sum(one.charged for one in good)
        fee = Money(charged, "").exact_text() if charged else "0"
        return Reply(tuple(effects), not waits, language or "", fee, trace, model.release, f"notice:{session.session}" if session else "")


def _went_wrong(step: Step) -> bool:
    """Whether what a notice leads to came to nothing: nobody is told unasked that something cannot be said."""
    return any(isinstance(effect, End) and effect.disposition in ("failed", "refused") for effect in step.effects)
