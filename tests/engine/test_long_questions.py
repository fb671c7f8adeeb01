"""Questions and confirmations that are longer than a page: the key for more leads on, and is no answer while it does."""

from __future__ import annotations

from pathlib import Path

from tests.catalog.fit_trees import LINE, model_of
from tests.engine.fake import Walk

MENU = """\
serves: everyone
entries:
  - {ussd: "*1#", go: main}
menus:
  main:
    choices:
      "1": {label: Change, go: change}
  change:
    ask:
      language: {say: "%s", no_match: "%s"}
    confirm: "%s"
    do: accounts.set_language
    say: Done
"""
LONG = "\\n".join(letter * 100 for letter in "abc")


def test_a_long_question_is_read_page_by_page_and_answered_on_any(tmp_path: Path) -> None:
    model = model_of(tmp_path, MENU % (LONG, "Wrong", "Sure"))
    walk = Walk("*1*1#", LINE, model=model)
    assert walk.text.startswith("a" * 100) and "98. Answer next" in walk.text and walk.state.waiting == "field:language"
    walk.press("98")
    assert walk.text.startswith("b" * 100) and walk.state.waiting == "field:language"
    walk.press("98")
    assert walk.text.startswith("c" * 100) and "98. " not in walk.text
    walk.press("98")
    assert walk.text.startswith("Wrong\na"), "on the last page it is an answer like any other, and the complaint stands on the first"
    walk.press("98", "en")
    assert walk.text.startswith("Sure") and walk.state.waiting == "confirm"


def test_a_long_confirmation_is_read_page_by_page(tmp_path: Path) -> None:
    model = model_of(tmp_path, MENU % ("Which", "Wrong", LONG))
    walk = Walk("*1*1#", LINE, model=model).press("en")
    assert walk.text.startswith("a" * 100) and "1. Answer confirm" not in walk.text
    walk.press("98", "98")
    assert "1. Answer confirm" in walk.text
    walk.press("1")
    assert walk.text.startswith("Done")


def test_back_and_home_work_on_every_page_of_a_question(tmp_path: Path) -> None:
    model = model_of(tmp_path, MENU % (LONG, "Wrong", "Sure"))
    assert Walk("*1*1#", LINE, model=model).press("98", "0").text.startswith("1. Change")
    assert Walk("*1*1#", LINE, model=model).press("98", "00").text.startswith("1. Change")
