"""Replies of one sentence, for sessions that no step can be made from: the books fail, a release is gone, the time is over."""

from __future__ import annotations

from ivr.engine import step as engine
from ivr.engine.effects import Effect, End, Page, Sms, Speak, Words
from ivr.engine.model import Model
from ivr.engine.text import measure
from ivr.engine.values import Line
from ivr.sessions.requests import Open, Reply
from ivr.sessions.store import Record


def sentence(model: Model, channel: str, language: str, answer: str, line: Line | None = None) -> Reply:
    """One of the operator's own answers on `channel` (not `sms`), and the end."""
    if language not in model.operator.languages:
        language = model.operator.default_language
    text = engine.sentence(model, channel, language, answer, line)
    if channel == "call":
        return Reply((Speak((Words(text, language),), language, None), End("failed")), True, language)
    size = measure(text, model.operator.ussd.octets)
    return Reply((Page(text, size.encoding, size.length, size.limit, False, language), End("failed")), True, language)


def apology(model: Model, opening: Open, key: str) -> Reply:
    """Said where a session cannot be opened just now. An SMS gets an SMS, which is not kept: the same one later gets a real answer."""
    language = opening.language or model.operator.default_language
    if opening.channel != "sms":
        return sentence(model, opening.channel, language, "unavailable")
    text = engine.sentence(model, "sms", language, "unavailable", None)
    return Reply((Sms(opening.msisdn, opening.address, text, language, key), End("failed")), True, language)


def said_before(record: Record, model: Model | None) -> Reply:
    """The reply to a request that came before: the same page or the same messages, and nothing is done."""
    page, ended = record.last, record.state.ended
    if record.messages:
        return Reply((*record.messages, End("completed")), True, record.state.language, release=record.release)
    if page is None:
        if model is None or record.state.channel != "ussd":
            return Reply((End("ended"),), True, record.state.language)
        return sentence(model, "ussd", record.state.language, "timed_out")
    effects: tuple[Effect, ...] = (page, End("completed")) if ended else (page,)
    return Reply(effects, ended, page.language, release=record.release)
