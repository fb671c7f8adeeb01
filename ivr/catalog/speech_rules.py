"""`speech` of operator.yaml: how the operator's calls say numbers, and the words of its currencies."""

from __future__ import annotations

from pathlib import Path

from ivr.catalog.faults import Fault, Faults, suggest
from ivr.catalog.reader import Reader
from ivr.catalog.source import Node, read_file
from ivr.engine.speech_rules import THOUSANDS, CurrencyWords, NounForms, SpeechRules


class NoOperator(Exception):
    """There is no such operator. The text says which there are."""


def speech_of(node: Node | None, reader: Reader) -> SpeechRules:
    """The rules that `speech` gives; what is wrong with it goes to `reader`."""
    if node is None or not reader.shape(node, "speech", "speech"):
        return SpeechRules()
    thousand = reader.text(node.get("thousand"), "thousand", THOUSANDS[0])
    return SpeechRules(
        thousand if thousand in THOUSANDS else THOUSANDS[0],
        reader.switch(node.get("and"), "and", False),
        {key.text: _currency(value, reader) for key, value in reader.pairs(node.get("currencies"), "currencies")},
    )


def _currency(node: Node, reader: Reader) -> dict[str, CurrencyWords]:
    decimals = reader.count(node.get("decimals"), "decimals", 2, 3) if node.kind == "map" else 2
    words = {}
    for key, value in reader.pairs(node, "a currency"):
        if key.text != "decimals" and value.kind == "map" and (unit := _noun(value.get("unit"), reader)) is not None:
            words[key.text] = CurrencyWords(unit, _noun(value.get("part"), reader), decimals)
    return words


def _noun(node: Node | None, reader: Reader) -> NounForms | None:
    """A noun: one word that never changes, or its forms."""
    if node is None or node.kind not in ("text", "map"):
        return None
    if node.kind == "text":
        return NounForms.same(node.text)
    one, few, many, other = (reader.text(node.get(form), form) for form in ("one", "few", "many", "other"))
    return NounForms(one, few, many, other, reader.text(node.get("gender"), "gender", "m"))


def rules_in(menus: Path, operator: str) -> tuple[SpeechRules, list[Fault]]:
    """The rules of an operator as its file has them now, and what is wrong with them; nothing else of the file counts.

    Raises NoOperator where `menus` has no such operator.
    """
    names = sorted(path.parent.name for path in menus.glob("*/operator.yaml"))
    if operator not in names:
        raise NoOperator(f'there is no operator "{operator}"{suggest(operator, names)}')
    faults = Faults()
    node = read_file(menus / operator / "operator.yaml", f"{menus.name}/{operator}/operator.yaml", menus, faults)
    if node is None:
        return SpeechRules(), faults.errors()
    faults = Faults()
    return speech_of(node.get("speech"), Reader(faults)), faults.errors()
