"""What a subscriber types into a field, read strictly: ASCII digits, the whole input, no float."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from ivr.engine.model import FieldType, Operator
from ivr.engine.values import MICRO, Money, Msisdn, Value

LONGEST_INPUT = 182
"""Characters an input may have: what one USSD string carries (3GPP TS 24.080). Longer ones are refused unread."""

_AMOUNT = re.compile(r"\d{1,12}(?:[.,]\d{1,2})?", re.ASCII)


class WrongValue(ValueError):
    """A value that a field does not take; `cause` is `too_small`, `too_large`, `too_short`, `too_long`, `foreign` or `other`."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def read(text: str, kind: FieldType, operator: Operator) -> Value:
    """The value that `text` writes for a field of type `kind`. Raises WrongValue."""
    if len(text) > LONGEST_INPUT:
        raise WrongValue("too_long")
    text = text.strip(" ")
    match kind.kind:
        case "one_of":
            return _word(text, kind)
        case "digits":
            return _digits(text, kind)
        case "number":
            if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
                raise WrongValue("other")
            return _within(int(text), kind)
        case "money":
            return _money(text, kind, operator)
        case "msisdn":
            return msisdn(text, operator)
        case "date":
            return _date(text)
    if not text.isprintable():
        raise WrongValue("other")
    _within(len(text), kind, "too_short", "too_long")
    return text


def msisdn(text: str, operator: Operator) -> Msisdn:
    """A number in any of the forms that the operator's people write. Raises WrongValue, `foreign` for another operator's."""
    for form in operator.written:
        if len(text) == len(form) and all(
            digit == sign or (sign == "#" and "0" <= digit <= "9") for digit, sign in zip(text, form, strict=True)
        ):
            digits = operator.country + "".join(digit for digit, sign in zip(text, form, strict=True) if sign == "#")
            if not digits[len(operator.country) :].startswith(operator.prefixes):
                raise WrongValue("foreign")
            return Msisdn(digits)
    raise WrongValue("other")


def _word(text: str, kind: FieldType) -> str:
    # casefold would fold a dotted capital İ into two characters; ASCII words need no more than lower()
    for word in kind.words:
        if text.lower() == word.lower():
            return word
    raise WrongValue("other")


def _digits(text: str, kind: FieldType) -> str:
    if not re.fullmatch(r"\d+", text, re.ASCII):
        raise WrongValue("other")
    _within(len(text), kind, "too_short", "too_long")
    return text


def _money(text: str, kind: FieldType, operator: Operator) -> Money:
    if not _AMOUNT.fullmatch(text):
        raise WrongValue("other")
    micro = int(Decimal(text.replace(",", ".")) * MICRO)
    _within(micro, kind)
    return Money(micro, operator.currency)


def _date(text: str) -> datetime.date:
    """A day as people write it, `05.03.2027`, or as they type it on a telephone, `05032027`."""
    found = re.fullmatch(r"(\d\d)([.]?)(\d\d)\2(\d{4})", text, re.ASCII)
    if not found:
        raise WrongValue("other")
    try:
        return datetime.date(int(found.group(4)), int(found.group(3)), int(found.group(1)))
    except ValueError:
        raise WrongValue("other") from None


def _within(size: int, kind: FieldType, small: str = "too_small", large: str = "too_large") -> int:
    if kind.least is not None and size < kind.least:
        raise WrongValue(small)
    if kind.most is not None and size > kind.most:
        raise WrongValue(large)
    return size
