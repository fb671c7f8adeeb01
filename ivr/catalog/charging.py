"""What operator.yaml says of charging: the prices of tariffs, `rating`, `billing`."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.charging import Billing, Rating, TariffPrices
from ivr.engine.values import MICRO, Money

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_ABOVE_ZERO = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)


def tariffs_of(node: Node, reader: Reader, currency: str) -> dict[str, TariffPrices]:
    """`tariffs`: the prices of each, by name."""
    found = {}
    for key, tariff in reader.pairs(node.get("tariffs"), "tariffs"):
        prices = {name: _price(tariff.get(name), reader, currency) for name in ("call", "sms", "mb")}
        found[key.text] = TariffPrices(**prices)
    return found


def _price(node: Node | None, reader: Reader, currency: str) -> Money | None:
    if node is None:
        return None
    text = reader.text(node, "a price")
    if text == "free":
        return Money(0, currency)
    try:
        amount = Money.parse(text, currency)
    except ValueError:
        amount = Money(-1, currency)
    if amount.micro < 0:
        reader.fault(node, "E010", f'a price is free or a decimal in quotes, such as "0.10"; not {text!r}')
        return None
    return amount


def rating_of(node: Node, reader: Reader) -> Rating:
    """`rating`: how usage becomes a charge; what it does not say is as services.md has it."""
    rating, usual = node.get("rating"), Rating()
    if rating is None or not reader.shape(rating, "rating", "rating"):
        return usual
    interval = reader.span(rating.get("interval"), "interval", usual.interval)
    bonuses_first = reader.switch(rating.get("bonuses_first"), "bonuses_first", usual.bonuses_first)
    amounts = {"round_to": usual.round_to, "roaming_times": usual.roaming_times}
    for name in amounts:
        value = rating.get(name)
        if value is None:
            continue
        if _ABOVE_ZERO.fullmatch(value.text) and Decimal(value.text) > 0:
            amounts[name] = int(Decimal(value.text) * MICRO)
        else:
            reader.fault(value, "E010", f'{name} is a decimal above zero in quotes, such as "0.01"')
    short = rating.get("short_numbers")
    if short is not None:
        reader.known(short, reader.text(short, "short_numbers"), ("free", "rated"), "E010", "way to rate short numbers")
    short_free = short is None or short.text != "rated"
    short_digits = reader.count(rating.get("short_digits"), "short_digits", usual.short_digits, 15)
    return Rating(interval, amounts["round_to"], amounts["roaming_times"], short_free, bonuses_first, short_digits)


def billing_of(node: Node, reader: Reader) -> Billing | None:
    """`billing`: the nights in which it runs, and when a cycle opens. None where there is none, or it cannot be read."""
    billing = node.get("billing")
    if billing is None or not reader.shape(billing, "billing", "billing"):
        return None
    runs, cycle = billing.get("runs"), billing.get("cycle")
    if runs is None or cycle is None or not reader.shape(runs, "runs", "runs") or not reader.shape(cycle, "cycle", "cycle"):
        return None
    days = re.fullmatch(r"(\d{1,2})-(\d{1,2})", reader.text(runs.get("days"), "days"), re.ASCII)
    if days is None or not 1 <= int(days.group(1)) <= int(days.group(2)) <= 31:
        reader.fault(runs.get("days") or runs, "E010", 'days are a span of a month in quotes, such as "4-24"')
        days = None
    begins, ends = (_clock(runs.get(name), name, reader) for name in ("from", "until"))
    day, at = reader.count(cycle.get("day"), "day", 1, 28), _clock(cycle.get("at"), "at", reader)
    if days is None or begins is None or ends is None or at is None:
        return None
    return Billing(int(days.group(1)), int(days.group(2)), begins, ends, day, at)


def _clock(node: Node | None, name: str, reader: Reader) -> datetime.time | None:
    if node is None:
        return None
    if not _CLOCK.fullmatch(reader.text(node, name)):
        reader.fault(node, "E010", f'{name} is a time of day in quotes, such as "23:00"')
        return None
    return datetime.time.fromisoformat(node.text)
