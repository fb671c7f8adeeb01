"""What no author means to put into a menu folder: pipes, devices, circles, settings that leave no room. None may hold or fill the reader."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from ivr.catalog.compile import compile_operator, content_hash
from tests.catalog.test_compile_faults import MENU, OPERATOR, ROOT


def faults(folder: Path, menu: str = MENU, operator: str = OPERATOR) -> list[str]:
    """Each fault's code and message, of a small operator with these files."""
    (folder / "small").mkdir(exist_ok=True)
    (folder / "small" / "operator.yaml").write_text(operator)
    (folder / "small" / "m.yaml").write_text(menu)
    return [f"{fault.code} {fault.message}" for fault in compile_operator(folder / "small", ROOT / "locales").faults]


def test_the_small_operator_is_whole(tmp_path: Path) -> None:
    assert faults(tmp_path) == []


def test_a_pipe_is_refused_and_never_opened(tmp_path: Path) -> None:
    faults(tmp_path)
    os.mkfifo(tmp_path / "small" / "pipe.yaml")
    assert re.fullmatch(r"[0-9a-f]{12}", content_hash(tmp_path / "small", ROOT / "locales"))
    assert any(found.startswith("E005 this is no plain file") for found in faults(tmp_path))


def test_a_link_to_an_endless_device_is_refused(tmp_path: Path) -> None:
    faults(tmp_path)
    (tmp_path / "small" / "endless.yaml").symlink_to("/dev/zero")
    before = time.monotonic()
    assert content_hash(tmp_path / "small", ROOT / "locales")
    assert any(found.startswith("E005 this is a link") for found in faults(tmp_path))
    assert time.monotonic() - before < 60, "it was read"


def test_menus_that_go_in_a_circle_are_refused(tmp_path: Path) -> None:
    circle = "  round: {say: One, then: and_round}\n  and_round: {say: Two, then: round}\n"
    menu = MENU.replace('"1": {label: More, go: more}', '"1": {label: More, go: more}\n      "4": {label: Round, go: round}') + circle
    found = [text for text in faults(tmp_path, menu) if text.startswith("E061")]
    assert found == ["E061 this goes round without a key or a way out: m.round to m.and_round to m.round"]


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        ("octets: 160", "octets: 40", "E010 octets is from 100"),
        ("wait: 60s", "wait: 0s", "E010 wait is a length of time"),
        ('home: "00"', 'home: "0"', 'E016 the key 0 is taken: it is "back" too'),
        ('refuse: "2"', 'refuse: "1"', "E016 the key 1 is taken: it confirms"),
        ('back: "*"', 'back: "x"', "E010 a key is one of 0-9"),
        ('balance: {ussd: "0.10"', 'balance: {ussd: "-0.10"', "E010 a price is free or"),
    ],
)
def test_settings_that_would_take_a_service_down(tmp_path: Path, was: str, becomes: str, code: str) -> None:
    assert was in OPERATOR
    found = faults(tmp_path, operator=OPERATOR.replace(was, becomes))
    assert len(found) == 1 and found[0].startswith(code), found


def test_an_entry_hands_over_what_its_menu_asks_for(tmp_path: Path) -> None:
    way = '  - {ussd: "*1#", go: main}\n'
    assert way in MENU
    handed = way + '  - {ussd: "*2#", go: change, with: {language: en}}\n'
    assert faults(tmp_path, MENU.replace(way, handed)) == []
    model = compile_operator(tmp_path / "small", ROOT / "locales").model
    assert model is not None
    assert [dict(entry.hand) for entry in model.entries if entry.parts == ("2",)] == [{"language": "en"}]
    wrong = MENU.replace(way, handed.replace("{language: en}", "{langauge: en}"))
    found = [text for text in faults(tmp_path, wrong) if text.startswith("E033")]
    assert found == ['E033 m.change has no field "langauge" - did you mean "language"?']
