"""Subscriber numbers as logs may show them."""

from __future__ import annotations


def masked(msisdn: str) -> str:
    """The number with its middle hidden: `994501110001` becomes `99450*****01`. Short ones are hidden whole."""
    return f"{msisdn[:5]}{'*' * (len(msisdn) - 7)}{msisdn[-2:]}" if len(msisdn) > 7 else "*" * len(msisdn)
