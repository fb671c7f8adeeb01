"""`ivr fmt`: the keys of menus in order, and not a sign lost."""

from __future__ import annotations

import os
import random
import re
import stat
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import commands_fmt
from ivr.catalog.faults import Faults
from ivr.catalog.formatting import Unsortable, in_order
from ivr.catalog.reader import Reader
from ivr.catalog.shapes import SHAPES
from ivr.catalog.source import Node, read_text
from ivr.cli import main

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [path for path in sorted((ROOT / "menus").glob("*/*.yaml")) if path.name != "operator.yaml"]


def fmt(text: str) -> str:
    return in_order(text.encode(), "x.yaml").decode()


def tree(text: str) -> Node:
    faults = Faults()
    node = read_text(text.encode(), "x.yaml", faults)
    assert node is not None, [str(fault) for fault in faults.found]
    return node


def meaning(node: Node, ordered: bool = True) -> object:
    """What a tree says; with `ordered` false the keys of the top's menus count in any order."""
    if node.kind == "map":
        pairs = [(key.text, key.quoted, meaning(value)) for key, value in node.pairs]
        return pairs if ordered else sorted(pairs, key=str)
    return [meaning(item) for item in node.items] if node.kind == "list" else (node.text, node.quoted)


def all_of(text: str) -> tuple[object, object]:
    top = tree(text)
    menus = top.get("menus")
    rest = [(key.text, meaning(value)) for key, value in top.pairs if key.text != "menus"]
    return rest, [(key.text, meaning(menu, ordered=False)) for key, menu in menus.pairs] if menus is not None else None


def warned(text: str) -> bool:
    faults = Faults()
    Reader(faults).shape(tree(text), "file", "a menu file")
    return any(fault.code == "W001" for fault in faults.found)


def right(before: str) -> str:
    """The sorted text, after everything that must be true of it was looked at."""
    after = fmt(before)
    assert not warned(after)
    assert all_of(after) == all_of(before)
    assert Counter(after) == Counter(before)
    assert Counter(re.findall(r"#.*", after)) == Counter(re.findall(r"#.*", before))
    assert fmt(after) == after
    return after


CASES = {
    "comments and blank lines": (
        """\
# head
menus:
  # about one
  one:   # beside one
    # about say
    # in two lines
    say: Hello   # beside say

    # far from fee

    fee: balance
    get:
      # inner
      account: accounts.balance   # beside account
      # below account
    # at the end
  two:
    say: Hi
""",
        """\
# head
menus:
  # about one
  one:   # beside one
    get:
      # inner
      account: accounts.balance   # beside account
      # below account

    fee: balance
    # about say
    # in two lines
    say: Hello   # beside say

    # far from fee
    # at the end
  two:
    say: Hi
""",
    ),
    "texts of several lines": (
        """\
menus:
  one:
    then: two
    say: |
      Hello
      # no comment

      more

    note: >-
      folded
       text
    back: false
  two:
    say: "in
      quotes"
    note: plain
      text
""",
        """\
menus:
  one:
    note: >-
      folded
       text
    back: false

    say: |
      Hello
      # no comment

      more
    then: two
  two:
    note: plain
      text
    say: "in
      quotes"
""",
    ),
    "in braces": (
        'menus: {one: {say: "a, b", fee: balance, get: {a: b}}, two: {say: x}, three: {then: one,say: "}"}}\n',
        'menus: {one: {get: {a: b}, fee: balance, say: "a, b"}, two: {say: x}, three: {say: "}",then: one}}\n',
    ),
    "in braces over lines": (
        """\
menus:
  one: {
    then: two,
    say: {default: x,   # inside, so it goes along
          call: z},
  }
  two: {say: x}
""",
        """\
menus:
  one: {
    say: {default: x,   # inside, so it goes along
          call: z},
    then: two,
  }
  two: {say: x}
""",
    ),
    "a key that nobody knows stays behind its neighbour": (
        "menus:\n  one:\n    then: two\n    sya: x\n    say: y1\n",
        "menus:\n  one:\n    say: y1\n    then: two\n    sya: x\n",
    ),
    "the last line without a line break": ("menus:\n  one:\n    then: two\n    say: x", "menus:\n  one:\n    say: x\n    then: two"),
    "line breaks of another system": (
        "menus:\r\n  one:\r\n    then: two\r\n    # c\r\n    say: x",
        "menus:\r\n  one:\r\n    # c\r\n    say: x\r\n    then: two",
    ),
    "a mark of byte order": ("\ufeffmenus:\n  one:\n    then: two\n    say: x\n", "\ufeffmenus:\n  one:\n    say: x\n    then: two\n"),
    "quoted keys and letters of all kinds": (
        'menus:\n  one:\n    "then": two\n    \'say\': "Dil seçin — 🎉"   # ə\n',
        'menus:\n  one:\n    \'say\': "Dil seçin — 🎉"   # ə\n    "then": two\n',
    ),
    "a list that is not indented": (
        'menus:\n  one:\n    choices:\n      "1": {label: x, go: one}\n    say:\n    - x\n    # of the list\n    - z\n',
        'menus:\n  one:\n    say:\n    - x\n    # of the list\n    - z\n    choices:\n      "1": {label: x, go: one}\n',
    ),
    "text that keeps its blank lines": (
        "menus:\n  one:\n    then: two\n    say: |+\n      x\n\n    note: z\n  two: {say: x}\n",
        "menus:\n  one:\n    note: z\n    say: |+\n      x\n\n    then: two\n  two: {say: x}\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_keys_take_along_what_belongs_to_them(before: str, after: str) -> None:
    assert fmt(before) == after
    assert fmt(after) == after
    if "\ufeff" not in before:
        right(before)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_menus_are_in_order(path: Path) -> None:
    data = path.read_bytes()
    assert in_order(data, path.name) == data


@pytest.mark.parametrize(
    "text",
    ["serves: everyone\n", "menus: {}\n", "menus: text\n", "menus: {one: text}\n", "[1, 2]\n", "operator: azercell\nswitches: {}\n"],
)
def test_a_file_without_menus_stays(text: str) -> None:
    assert fmt(text) == text


def shuffled(text: str, seed: random.Random, comments: bool) -> str:
    """A shipped file with the keys of each menu in another order, each with its lines; and comments above and beside them."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("menus:")]
    if not starts:
        return text
    result, menu = lines[: starts[0] + 1], []  # type: ignore[var-annotated]

    def put() -> None:
        seed.shuffle(menu)
        for number, block in enumerate(menu):
            if comments and seed.random() < 0.5:
                result.append(f"    # note {number} {seed.randrange(1000)}")
            result.extend(block)
            if comments and seed.random() < 0.2:
                result.append("")
        menu.clear()

    for line in lines[starts[0] + 1 :]:
        if re.match(r"    [a-z_]+:", line):
            menu.append([line + ("   # beside" if comments and line.endswith(":") and seed.random() < 0.3 else "")])
        elif menu and line.startswith(("      ", "    #")):
            menu[-1].append(line)
        else:
            put()
            result.append(line)
    put()
    return "\n".join(result)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SHIPPED), st.randoms(use_true_random=False), st.booleans())
def test_shuffled_menus_come_back(path: Path, seed: random.Random, comments: bool) -> None:
    text = path.read_text("utf-8")
    before = shuffled(text, seed, comments)
    after = right(before)
    assert all_of(after) == all_of(text)
    menus = tree(after).get("menus")
    known = list(SHAPES["menu"])
    for _, menu in menus.pairs if menus is not None else ():
        assert list(menu.names()) == sorted(menu.names(), key=known.index)


SCALARS = st.sampled_from(["x", '"a: b"', "'it''s'", '"1*{a}"', "3", "true", '"#"', '"{"', "plain text", '"}, fee: x"', '""'])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
        | st.dictionaries(st.sampled_from(["say", "fee", '"1"', "x"]), inner, min_size=1, max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=5,
)
KEYS = st.lists(st.sampled_from([*SHAPES["menu"], "unknown"]), min_size=1, max_size=6, unique=True)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            KEYS,
            st.booleans(),
            st.lists(VALUES, min_size=6, max_size=6),
            st.lists(st.sampled_from(["", " ", "  # c", "\n", "\n    # above"]), min_size=6, max_size=6),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_menus_of_any_keys_in_lines_and_in_braces(menus: list[tuple[list[str], bool, list[str], list[str]]]) -> None:
    text = "menus:\n"
    for number, (keys, braces, values, around) in enumerate(menus):
        if braces:
            text += f"  m{number}: {{" + ", ".join(f"{key}: {value}" for key, value in zip(keys, values, strict=False)) + "}\n"
        else:
            text += f"  m{number}:\n" + "".join(f"    {key}: {value}{gap}\n" for key, value, gap in zip(keys, values, around, strict=False))
    after = fmt(text)
    assert all_of(after) == all_of(text) and Counter(after) == Counter(text) and fmt(after) == after and not warned(after)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:{}[],#|>+- \n\"'&*!?\u2028\x85é", max_size=60))
def test_any_text_is_sorted_or_left_alone(text: str) -> None:
    whole = f"menus:\n  m:\n    then: x\n    say: {text}\n    get: {{a: b}}\n"
    try:
        after = fmt(whole)
    except Unsortable as reason:
        assert str(reason)
        return
    assert all_of(after) == all_of(whole) and fmt(after) == after


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("menus:\n  one:\n    then: x\n    then: z\n", 'x.yaml:4:5 E001 "then" stands here twice'),
        ("menus:\n  one: [\n", "E006"),
        ("menus:\n  one: &a {then: x, say: z}\n", "x.yaml:2:8 E005"),
        ("menus:\n  one: {\n    then: x,   # why\n    say: z\n  }\n", "x.yaml:2:8: comments stand between the braces"),
        ("menus:\n  one:\n    ? then\n    : x\n    ? say\n    : z\n", "x.yaml:3:1: this key does not begin its line"),
        ("", "E004"),
    ],
)
def test_what_cannot_be_sorted_is_left_alone(text: str, said: str) -> None:
    with pytest.raises(Unsortable) as refused:
        fmt(text)
    assert said in str(refused.value)


# -- the command

OUT_OF_ORDER = "menus:\n  one:\n    then: x\n    # c\n    say: z\n"
IN_ORDER = "menus:\n  one:\n    # c\n    say: z\n    then: x\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "menus" / "small"
    home.mkdir(parents=True)
    (home / "operator.yaml").write_text("operator: small\n")
    (home / "a.yaml").write_text(OUT_OF_ORDER)
    (home / "b.yaml").write_text(IN_ORDER)
    (home / ".hidden.yaml").write_text(OUT_OF_ORDER)
    return tmp_path / "menus"


def test_a_folder_is_sorted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = folder / "small"
    os.utime(small / "b.yaml", (1, 1))
    assert main(["fmt", str(folder)]) == 0
    assert capsys.readouterr().out.endswith("small/a.yaml\n3 files, 1 changed\n")
    assert (small / "a.yaml").read_text() == IN_ORDER
    assert (small / "b.yaml").stat().st_mtime == 1, "nothing to change, nothing written"
    assert (small / ".hidden.yaml").read_text() == OUT_OF_ORDER
    assert main(["fmt", str(small)]) == 0
    assert capsys.readouterr().out == "3 files, 0 changed\n"
    assert sorted(path.name for path in small.iterdir()) == [".hidden.yaml", "a.yaml", "b.yaml", "operator.yaml"]


def test_check_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", str(folder)]) == 1
    assert capsys.readouterr().out.endswith("small/a.yaml\n3 files, 1 would change\n")
    assert (folder / "small" / "a.yaml").read_text() == OUT_OF_ORDER
    assert main(["fmt", "--check", str(folder / "small" / "b.yaml")]) == 0


def test_the_default_is_the_menu_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_MENUS", str(folder))
    assert main(["fmt"]) == 0
    assert (folder / "small" / "a.yaml").read_text() == IN_ORDER


def test_files_are_named_once_and_keep_their_mode(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "small" / "a.yaml"
    file.chmod(0o640)
    before = file.stat()
    assert main(["fmt", str(file), str(folder)]) == 0
    assert "3 files, 1 changed" in capsys.readouterr().out
    after = file.stat()
    assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (0o640, before.st_uid, before.st_gid)


def test_links_and_faults_are_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = folder / "small"
    (small / "c.yaml").symlink_to(small / "a.yaml")
    (small / "d.yaml").write_text("menus: [\n")
    os.mkfifo(small / "e.yaml")
    assert main(["fmt", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert "6 files, 1 changed, 3 left alone" in out
    assert re.search(r"c\.yaml: this is a link", err) and re.search(r"d\.yaml:\d+:\d+ E006", err) and "e.yaml: this is no plain file" in err
    assert "Traceback" not in err
    assert (small / "c.yaml").is_symlink() and (small / "d.yaml").read_text() == "menus: [\n"


@pytest.mark.parametrize("name", ["nothing.yaml", "empty"])
def test_what_is_not_there_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["fmt", str(tmp_path / name)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_that_was_changed_meanwhile_is_left_alone(folder: Path) -> None:
    file = folder / "small" / "a.yaml"
    with pytest.raises(Unsortable, match="changed meanwhile"):
        commands_fmt.replace(file, b"what it was", b"what it shall be")
    assert file.read_text() == OUT_OF_ORDER
    assert not list(file.parent.glob("*.tmp")) + list(file.parent.glob(".*.tmp"))


def test_a_write_that_fails_leaves_the_file_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["fmt", str(folder)]) == 1
    assert "a.yaml: No space left on device" in capsys.readouterr().err
    assert (folder / "small" / "a.yaml").read_text() == OUT_OF_ORDER
    assert sorted(path.name for path in (folder / "small").iterdir()) == [".hidden.yaml", "a.yaml", "b.yaml", "operator.yaml"]
