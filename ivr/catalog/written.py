"""Pieces of a compiled model as their author would write them: templates with slots in braces, conditions, SMS patterns, prices.

What `ivr graph` draws and `ivr diff` compares. Nothing here looks at the YAML: two files that are laid out differently and compile to the
same model are written the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ivr.catalog.shapes import CHANNELS
from ivr.engine.expressions import Constant, Name, Node
from ivr.engine.model import Entry, FeePrices, Reference, Say, Template, Wording
from ivr.engine.values import Count, Money, Msisdn, Span, Tariff, Value

_WEIGHT = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "negative": 7}
"""How strongly an operator binds; comparisons bind with 4."""
_SCREEN_FIRST = ("web", "ussd", "sms", "call")


def template_text(template: Template) -> str:
    """`("Till ", Reference(("until",), "until"))` as `Till {until:until}`."""
    return "".join(piece if isinstance(piece, str) else reference_text(piece) for piece in template)


def reference_text(reference: Reference) -> str:
    """A slot in its braces."""
    return "{" + ".".join(reference.path) + (f":{reference.form}" if reference.form else "") + "}"


def wording_text(wording: Wording, language: str) -> str:
    """A wording in `language` as a screen shows it (else as a call says it); empty where it has none."""
    for channel in _SCREEN_FIRST:
        messages = wording.get(channel, {})
        if language in messages:
            return template_text(messages[language].forms[0])
    return ""


def say_text(say: Say, language: str) -> str:
    """The parts of a say, one after the other."""
    return " / ".join(text for part in say if (text := wording_text(part.wording, language)))


def condition_text(node: Node | None) -> str:
    """A `when` as it is written, with the parentheses it needs; empty where there is none."""
    return "" if node is None else _condition(node)[0]


def _condition(node: Node) -> tuple[str, int]:
    if isinstance(node, Constant):
        if isinstance(node.value, bool):
            return ("true" if node.value else "false"), 9
        return (f"{node.value:f}" if isinstance(node.value, Decimal) else f"'{node.value}'"), 9
    if isinstance(node, Name):
        return ".".join(node.path), 9
    weight = _WEIGHT.get(node.operator, 4)
    written = []
    for number, operand in enumerate(node.operands):
        text, inner = _condition(operand)
        # the second operand of a chain was grouped on purpose: a - (b - c)
        needs = inner < weight or (inner == weight and (number > 0 or weight == 4))
        written.append(f"({text})" if needs else text)
    if len(written) == 1:
        return (f"-{written[0]}" if node.operator == "negative" else f"{node.operator} {written[0]}"), weight
    return f" {node.operator} ".join(written), weight


def value_text(value: Reference | Value) -> str:
    """A constant or limit as operator.yaml writes it."""
    match value:
        case Reference():
            return reference_text(value)
        case Money():
            return f"{value.exact_text()} {value.currency}"
        case Span():
            return span_text(value.seconds)
        case Count():
            return f"{value.number} {value.unit}"
        case Tariff():
            return value.name
        case Msisdn():
            return value.digits
        case bool():
            return "true" if value else "false"
        case Mapping():
            return ", ".join(f"{name} {value_text(item)}" for name, item in value.items())
    return str(value)


def span_text(seconds: float) -> str:
    """Seconds as a span of the menu language: `60s`, `10m`, `1d`."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:g}s"


def hand_text(hand: Mapping[str, Reference | Value]) -> str:
    """What a choice hands over: `language az, number {number}`."""
    return ", ".join(f"{name} {value_text(value)}" for name, value in sorted(hand.items()))


def code_text(parts: tuple[str | Reference, ...]) -> str:
    """A USSD code from its parts: `*111*1*{amount}#`."""
    return "*" + "*".join(part if isinstance(part, str) else reference_text(part) for part in parts) + "#"


def entry_text(entry: Entry) -> str:
    """A way in as a subscriber knows it: `*111#`, `call 2112`, `SMS "1*{amount}" to 2112`, `web home`."""
    if entry.channel == "ussd":
        return code_text(entry.parts)
    address = "*".join(part if isinstance(part, str) else reference_text(part) for part in entry.parts)
    if entry.channel == "sms":
        return f'SMS "{template_text(entry.text or ())}" to {address}' if entry.text else f"blank SMS to {address}"
    return f"{entry.channel} {address}"


def price_text(price: Money) -> str:
    """`0.10`, or `free`."""
    return price.exact_text() if price.micro else "free"


def prices_text(fee: FeePrices) -> str:
    """What a fee costs, dear channels only: `0.10 sms ussd`, `0.0236 sms`, `free`."""
    by_price: dict[int, list[str]] = {}
    for channel in CHANNELS:
        price = fee.prices.get(channel)
        if price is not None and price.micro:
            by_price.setdefault(price.micro, []).append(channel)
    return ", ".join(f"{fee.prices[channels[0]].exact_text()} {' '.join(channels)}" for channels in by_price.values()) or "free"
