"""Fees compared by what they cost on each channel, and where they are charged."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.catalog.codes import codes_of
from ivr.catalog.diff_sources import Side
from ivr.catalog.diff_types import Change, Pair
from ivr.catalog.shapes import CHANNELS
from ivr.catalog.written import price_text
from ivr.engine.model import FeePrices, Model

NAMED = 5
"""Menus that are named as charging a fee; more are counted."""


def fee_changes(pair: Pair, after: Side) -> Iterator[Change]:
    """Fees of one name that cost something else; a fee that no menu charges costs nobody anything."""
    codes = {menu: str(min(found, key=lambda code: len(code.parts))) for menu, found in codes_of(pair.after).items()}
    for name, new in pair.after.operator.fees.items():
        old = pair.before.operator.fees.get(name)
        charging = charged_by(pair.after, name)
        if old is None or not (charging or charged_by(pair.before, name)):
            continue
        shown = [f"{menu} {codes[menu]}" if menu in codes else menu for menu in charging]
        more = f" and {len(shown) - NAMED} more" if len(shown) > NAMED else ""
        where = f", charged by {', '.join(shown[:NAMED])}{more}" if shown else ", charged nowhere now"
        for channels, was, now in _prices(old, new):
            place = after.place("fees", name, channels[0])
            yield Change("fee", f"{name} by {', '.join(channels)}{where}", was, now, place)
        if old.once != new.once and any(price.micro for price in new.prices.values()):
            yield Change("fee", f"{name} is charged{where}", _once(old), _once(new), after.place("fees", name, "once"))


def _prices(old: FeePrices, new: FeePrices) -> Iterator[tuple[list[str], str | None, str | None]]:
    found: dict[tuple[str | None, str | None], list[str]] = {}
    for channel in CHANNELS:
        was, now = (price_text(fee.prices[channel]) if channel in fee.prices else None for fee in (old, new))
        if was != now:
            found.setdefault((was, now), []).append(channel)
    for (was, now), channels in found.items():
        yield channels, was, now


def _once(fee: FeePrices) -> str:
    return "once a session" if fee.once else "each time"


def charged_by(model: Model, fee: str) -> list[str]:
    """The menus that charge a fee, for `ok` or for another outcome."""
    return [name for name, menu in model.menus.items() if fee == menu.fee or any(outcome.fee == fee for outcome in menu.otherwise.values())]
