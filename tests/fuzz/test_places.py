"""Where a fault is said to stand: inside the file, in one line of text. Each case was found by the fuzzer."""

from __future__ import annotations

import re

import pytest

from tests.fuzz.test_yaml_text import compile_with

BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")

CASES = {
    "a control character behind a carriage return": b"\r\x00",
    "a control character behind a line separator": "a: x\u2028b: \x00".encode(),
    "no UTF-8 behind a letter of two octets": b"\xc3\xa9\xff",
    "no UTF-8 behind a carriage return": b"a: b\rcde: \xff",
    "a flow map that the end of the file cuts off": b'{ "&a *a }blank 2112"# ',
    "nothing at the end": b"menus:",
    "nothing behind a line separator": "a:\u2028".encode(),
    "a tab": b"menus:\n\ta: b",
    "an alias": b"menus: *111#",
}


@pytest.mark.parametrize("name", CASES)
def test_a_place_is_inside_the_file(name: str) -> None:
    data = CASES[name]
    lines = BREAK.split(data.decode("utf-8-sig", "replace"))
    faults = [fault for fault in compile_with("new.yaml", data).faults if fault.file.endswith("/new.yaml")]
    assert faults
    for fault in faults:
        assert 1 <= fault.line <= len(lines), fault
        assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1, fault


MENU = 'entries: [{ussd: "*99#", go: m}]\nmenus:\n  m: {say: %s}\n'


@pytest.mark.parametrize(
    "said",
    ['"one\\ntwo"', '"one\\u2028two"', "a\u2028b #c", "{de fault: a}"],
)
def test_a_fault_is_one_line_of_text(said: str) -> None:
    faults = compile_with("new.yaml", (MENU % said).encode()).faults
    assert faults
    for fault in faults:
        assert len(str(fault).splitlines()) == 1, fault
