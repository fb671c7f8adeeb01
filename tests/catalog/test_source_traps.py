"""Every trap of YAML: where it is, its code, and what the author is told to write."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.catalog.faults import Faults, suggest
from ivr.catalog.source import DEEPEST, LARGEST_FILE, Node, read_file, read_text


def faults_of(text: str | bytes) -> list[str]:
    faults = Faults()
    read_text(text if isinstance(text, bytes) else text.encode(), "m.yaml", faults)
    return [str(fault) for fault in faults.sorted()]


def tree(text: str) -> Node:
    faults = Faults()
    node = read_text(text.encode(), "m.yaml", faults)
    assert node is not None, faults.found
    return node


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "n", "Yes", "NO", "On", "OFF", "Y", "N"])
@pytest.mark.parametrize("where", ["value", "key", "item"])
def test_words_that_others_read_as_true_or_false(word: str, where: str) -> None:
    text, place = {
        "value": (f"a: b\nkey: {word}", "2:6"),
        "key": (f"a: b\n{word}: text", "2:1"),
        "item": (f"a: b\nkey: [x, {word}]", "2:10"),
    }[where]
    (fault,) = faults_of(text)
    assert fault.startswith(f"m.yaml:{place} E002 ")
    assert f'true or false, or in quotes: "{word}"' in fault


@pytest.mark.parametrize("word", ["~", "null", "Null", "NULL"])
def test_words_that_others_read_as_nothing(word: str) -> None:
    (fault,) = faults_of(f"key: {word}")
    assert fault.startswith("m.yaml:1:6 E002 ") and f'write in quotes: "{word}"' in fault


@pytest.mark.parametrize(
    "value",
    [
        "01",
        "007",
        "0.10",
        "0.0236",
        "1:30",
        "23:00",
        "1:30:00",
        "2026-11-22",
        "2026-1-2",
        "+994501110001",
        "-5",
        "1e5",
        "0x1F",
        "0o17",
        ".5",
        "5.",
        "1_000",
        ".inf",
        ".NaN",
        "1.0e-3",
    ],
)
@pytest.mark.parametrize("where", ["value", "key"])
def test_numbers_times_and_dates(value: str, where: str) -> None:
    text, place = (f"key: {value}", "1:6") if where == "value" else (f"{value}: text", "1:1")
    (fault,) = faults_of(text)
    assert fault.startswith(f"m.yaml:{place} E003 ") and f'write it in quotes: "{value}"' in fault


@pytest.mark.parametrize(
    "value",
    [
        "3",
        "99999",
        "60s",
        "true",
        "false",
        "text",
        "azercell",
        "1.2.3",
        "4-20",
        "mon-fri",
        "Hello 5.5 there",
        "+",
        "no way",
        "'yes'",
        '"01"',
        '"23:00"',
        "2112",
    ],
)
def test_what_may_stand_without_quotes(value: str) -> None:
    assert faults_of(f"key: {value}") == []


def test_every_scalar_is_text_with_its_position() -> None:
    node = tree('a: 3\nb: [true, "01"]\nc:\n  d: plain words\n')
    assert node.names() == ("a", "b", "c")
    three, listed, inner = node.get("a"), node.get("b"), node.get("c")
    assert three is not None and (three.kind, three.text, three.place, three.quoted) == ("text", "3", "m.yaml:1:4", False)
    assert listed is not None and [(item.text, item.place, item.quoted) for item in listed.items] == [
        ("true", "m.yaml:2:5", False),
        ("01", "m.yaml:2:11", True),
    ]
    assert inner is not None and inner.get("d") == Node("text", "m.yaml:4:6", "plain words")
    assert node.key("c").place == "m.yaml:3:1" and node.get("nothing") is None


def test_a_key_that_stands_twice() -> None:
    assert faults_of("a: 1\nb: 2\na: 3\n") == ['m.yaml:3:1 E001 "a" stands here twice; the first is in line 1']
    assert faults_of('x:\n  "1": {label: A}\n  "1": {label: B}\n') == ['m.yaml:3:3 E001 "1" stands here twice; the first is in line 2']
    assert faults_of("x: {a: b, a: c}") == ['m.yaml:1:11 E001 "a" stands here twice; the first is in line 1']
    assert faults_of("a: {x: p}\nb: {x: q}") == []


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("entries:\n  - ussd: *111#", "2:11", '"*111#"'),
        ("entries:\n  - ussd: *111*1*7#\n    go: main", "2:11", '"*111*1*7#"'),
        ("entries:\n  - {ussd: *650#, go: bill}", "2:12", '"*650#"'),
        ("- *650#", "1:3", '"*650#"'),
        ("*111#: main", "1:1", '"*111#"'),
    ],
)
def test_a_code_without_quotes(text: str, place: str, told: str) -> None:
    found = faults_of(text)
    assert found[0].startswith(f"m.yaml:{place} E005 ") and told in found[0], found


def test_anchors_aliases_tags_merges() -> None:
    assert faults_of("a: &x b\nc: d")[0].startswith("m.yaml:1:4 E005 an anchor (&x)")
    assert faults_of("a: &x {b: c}\nd: *x")[1].startswith("m.yaml:2:4 E005 an alias has no place here")
    assert faults_of("a: !!int 3")[0].startswith("m.yaml:1:4 E005 a tag")
    assert faults_of("a: !!python/object/apply:os.system [ls]")[0].startswith("m.yaml:1:4 E005 a tag")
    assert faults_of("a: &x {b: c}\nd:\n  <<: *x")[-1].startswith("m.yaml:3:7 E005 an alias")


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    started = time.perf_counter()
    assert faults_of(bomb)[0].startswith("m.yaml:1:5 E005 an anchor")
    assert time.perf_counter() - started < 1


def test_two_documents() -> None:
    assert faults_of("a: b\n---\nc: d\n") == ["m.yaml:2:1 E005 a second document (---): a menu file holds one"]
    assert faults_of("---\na: b\n...\n") == []


def test_depth() -> None:
    assert faults_of("[" * DEEPEST + "x" + "]" * DEEPEST) == []
    assert faults_of("[" * (DEEPEST + 1) + "x" + "]" * (DEEPEST + 1)) == [
        f"m.yaml:1:{DEEPEST + 1} E005 nested deeper than {DEEPEST} levels"
    ]


@pytest.mark.parametrize("sign", ["[", "{", "- ", "{a: ", "? "])
def test_fifty_thousand_levels_neither_crash_nor_hang(sign: str) -> None:
    started = time.perf_counter()
    found = faults_of(sign * 50_000)
    assert " E005 nested deeper" in found[0] or " E006 " in found[0]
    assert time.perf_counter() - started < 2


def test_many_values_are_bounded() -> None:
    found = faults_of("a: [" + "x," * 210_000 + "x]")
    assert len(found) == 1 and " E005 more than 200,000 values" in found[0]


def test_size_is_bounded_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    faults = Faults()
    assert read_file(path, "m.yaml", tmp_path, faults) is None
    assert str(faults.found[0]) == "m.yaml:1:1 E005 the file has 1,000,001 bytes; 1,000,000 are allowed. Split it into several menu files"


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"a: b\nc: \xff\n", "2:4"), (b"\xc3", "1:1"), ("a: ə\nb: ".encode() + b"\x80", "2:4"), ("a: ə".encode("utf-16"), "1:1")],
)
def test_what_is_not_utf_8(data: bytes, place: str) -> None:
    assert faults_of(data) == [f"m.yaml:{place} E005 this is not UTF-8; save the file as UTF-8"]


def test_a_byte_order_mark_is_no_fault() -> None:
    assert faults_of(b"\xef\xbb\xbfa: b") == []


def test_links_are_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("a: b")
    folder = tmp_path / "menus"
    folder.mkdir()
    for name, target in (("out.yaml", tmp_path / "outside.yaml"), ("dead.yaml", tmp_path / "nothing"), ("etc.yaml", Path("/etc/passwd"))):
        (folder / name).symlink_to(target)
        faults = Faults()
        assert read_file(folder / name, name, folder, faults) is None
        assert [str(fault).split(" ")[:2] for fault in faults.found] == [[f"{name}:1:1", "E005"]]
    faults = Faults()
    assert read_file(folder / "missing.yaml", "missing.yaml", folder, faults) is None and faults.found[0].code == "E005"
    (folder / "dir.yaml").mkdir()
    assert read_file(folder / "dir.yaml", "dir.yaml", folder, faults) is None


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("say: Dial *111 #1 now", "1:15", '"Dial *111 #1 now"'),
        ("a: [x #y\n  , z]", "1:6", '"x #y"'),
        ("a: b\nsay: Call #2112", "2:10", '"Call #2112"'),
    ],
)
def test_a_hash_that_swallows_the_rest(text: str, place: str, told: str) -> None:
    (fault,) = faults_of(text)
    assert fault.startswith(f"m.yaml:{place} E004 ") and told in fault


def test_a_comment_swallows_nothing() -> None:
    assert faults_of("a: b # a comment\n# one more\nc: d    #far away\ne: 'x #1'\nf: x#1") == []


@pytest.mark.parametrize(
    ("text", "place"),
    [("a:", "1:3"), ("a:\nb: c", "1:3"), ("{label: List, remove}", "1:21"), ("say: {x}", "1:8"), ("a: [x, ]\nb:\n", "2:3"), ("- ", "1:2")],
)
def test_nothing_where_a_value_should_be(text: str, place: str) -> None:
    assert [fault.split(" ")[:2] for fault in faults_of(text)] == [[f"m.yaml:{place}", "E004"]]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_file(text: str) -> None:
    assert faults_of(text)[0].startswith("m.yaml:1:") and " E004 " in faults_of(text)[0]


def test_an_empty_text_in_quotes_is_a_value() -> None:
    assert faults_of('text: ""') == []


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("a:\n\tb: c", "2:1", "a tab indents this line; use spaces"),
        ("a: b: c", "1:5", "a colon inside a text: put the text in quotes"),
        ("say: Balance: {x}", "1:13", "a colon inside a text"),
        ('a: "open', "1:9", "this is not YAML"),
        ("a: [b", "1:6", "this is not YAML"),
        ("a: }", "1:4", "this is not YAML"),
        ("a: @x", "1:4", "this is not YAML"),
        ("a: b\x00", "1:5", "this is not YAML"),
        ("a: b\n  c: d", "2:4", "a colon inside a text"),
    ],
)
def test_what_is_not_yaml(text: str, place: str, told: str) -> None:
    (fault,) = faults_of(text)
    assert fault.startswith(f"m.yaml:{place} E006 ") and told in fault


def test_a_key_that_is_no_name() -> None:
    assert faults_of("? [a]\n: b")[0].startswith("m.yaml:1:3 E010 a key is a plain name")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_are_counted_as_yaml_ends_them(end: str) -> None:
    assert faults_of(f"a: b{end}c: d{end}e: *x").pop().startswith("m.yaml:3:4 E005 an alias")
    assert faults_of(f"a: b{end}c: 01")[0].startswith("m.yaml:2:4 E003")


def test_all_faults_at_once_in_file_order() -> None:
    found = faults_of("a: yes\nb: 01\nc:\nd: &x word\na: z\n")
    assert [fault.split(" ")[:2] for fault in found] == [
        ["m.yaml:1:4", "E002"],
        ["m.yaml:2:4", "E003"],
        ["m.yaml:3:3", "E004"],
        ["m.yaml:4:4", "E005"],
        ["m.yaml:5:1", "E001"],
    ]


def test_suggestions() -> None:
    assert suggest("acount", ["account", "balance"]) == ' - did you mean "account"?'
    assert suggest("zzz", ["account", "balance"]) == " - there is account, balance"
    assert suggest("zzz", [f"menu{number}" for number in range(13)]) == ""
    assert suggest("zzz", []) == ""


@settings(max_examples=300, deadline=2000)
@given(st.text(max_size=200) | st.text("ab:-[]{}&*!|>'\"%@`#?, \n\t01~.\r\x85\u2028", max_size=120) | st.binary(max_size=100))
def test_any_text_is_a_tree_or_faults(text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    faults = Faults()
    node = read_text(data, "m.yaml", faults)
    assert (node is None) == bool(faults.found)
    for fault in faults.sorted():
        assert fault.line >= 1 and fault.column >= 1 and fault.message
