"""What the walk and the fuzzers found in the engine, each as the smallest menus that show it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proofs.test_walk import OUT, tree

FIGURES = {"get": {"got": "a.figures"}, "say": "You have {got.main}."}
FORM = {"ask": {"much": {"say": "How much?"}}, "do": "a.number", "say": "Much: {result.much}."}
ITEMS = {
    "get": {"got": "a.items"},
    "say": "Items",
    "list": {"of": "got.items", "item": "{name}", "choose": {"label": "Take it", "go": "other"}},
}
USED = {"ask": {"code": {"say": "Code?"}}, "do": "a.code", "say": "Done."}

CASES: dict[str, dict[str, Any]] = {
    "back where nothing lies behind": {"main": {"say": "Menu", "choices": {"1": {"label": "Back", "go": "back"}, "2": OUT["1"]}}},
    "back after an outcome, in the first menu": {"main": {**USED, "otherwise": {"used": {"say": "Used.", "go": "back"}, "unknown": "No."}}},
    "continue while a field is awaited": {"main": {**FORM, "no_input": {"most": 2, "then": "continue"}}},
    "continue while a yes is awaited": {"main": {**FORM, "confirm": "Really?", "no_match": {"most": 2, "then": "continue"}}},
    "a list to choose from, said before the goodbye": {"main": ITEMS, "other": {"say": "Taken."}},
    "a fee of an outcome, once a session": {
        "main": {"say": "Menu", "choices": {"1": {"label": "Code", "go": "code"}, "2": OUT["1"]}},
        "code": {**USED, "otherwise": {"used": {"say": "Used.", "fee": "small"}, "unknown": "No."}},
    },
    "a switch that is turned off on the way": {
        "main": {"say": "Menu", "choices": {"1": {"label": "News", "go": "news"}, "2": OUT["1"]}},
        "news": {**FIGURES, "switch": "news"},
    },
}


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_broken_in(name: str) -> None:
    walked = tree(CASES[name])
    assert not walked.broken, walked.broken[0]
    assert not walked.bounds
