"""The schemas and the loader: one verdict on every file, as far as a schema can see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.catalog.compile import compile_operator
from ivr.catalog.entries import PAGES
from ivr.catalog.faults import Fault, Faults
from ivr.catalog.key_notes import FILES, KEY_NOTES, SHAPE_NOTES
from ivr.catalog.kinds import TOGETHER, parsed
from ivr.catalog.menu_files import LATE
from ivr.catalog.operator_file import LEAST_OCTETS
from ivr.catalog.own_services import offered
from ivr.catalog.reader import Reader
from ivr.catalog.schema import between, file_name, schema, whole, written
from ivr.catalog.services import KINDS as INPUTS
from ivr.catalog.services import LARGEST, LONGEST_TEXT, SIMPLE
from ivr.catalog.shapes import SHAPES
from ivr.catalog.source import Node, read_text
from ivr.catalog.structure import STRUCTURAL, Structure
from ivr.catalog.value_kinds import KEYS, RANGES, SIMPLE_TYPES, VALUES
from ivr.cli import main
from ivr.scenarios.read import read_scenarios
from tests.catalog.broken import Case, built, cases
from tests.tools.trees import OPERATOR

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "ivr" / "services" / "services.yaml"
SHIPPED = sorted((ROOT / "menus").glob("*/*.yaml")) + sorted((ROOT / "menus").glob("*/scenarios/*.yaml")) + [SERVICES]


# -- what a YAML language server makes of a file: YAML 1.2's core types (YAML 1.2.2, 10.3.2), whatever the loader thinks of it


def core(node: Node) -> Any:
    if node.kind == "map":
        return {key.text: core(value) for key, value in node.pairs}
    if node.kind == "list":
        return [core(item) for item in node.items]
    if node.quoted:
        return node.text
    for pattern, made in CORE:
        if re.fullmatch(pattern, node.text):
            return made(node.text)
    return node.text


CORE: list[tuple[str, Any]] = [
    (r"null|Null|NULL|~|", lambda text: None),
    (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    (r"[-+]?[0-9]+", int),
    (r"0o[0-7]+", lambda text: int(text[2:], 8)),
    (r"0x[0-9a-fA-F]+", lambda text: int(text, 16)),
    (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
    (r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN", lambda text: float("inf")),
]


def ecmascript_pattern(validator: Any, pattern: str, instance: object, schema: object) -> Iterator[jsonschema.ValidationError]:
    # Python's $ also matches before a last line break; that of a JSON schema does not
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


Validator = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": ecmascript_pattern})


@cache
def whole_file(name: str) -> Any:
    return Validator(schema(name))


@cache
def one_shape(shape: str) -> Any:
    name = next(name for name in FILES if shape == FILES[name] or f"{shape}_map" in schema(name)["definitions"])
    if shape == FILES[name]:
        return whole_file(name)
    return Validator({"$ref": f"#/definitions/{shape}_map", "definitions": schema(name)["definitions"]})


def structural(node: Node, shape: str) -> list[Fault]:
    return [fault for fault in shaped(node, shape) if fault.code in STRUCTURAL]


def shaped(node: Node, shape: str) -> list[Fault]:
    faults = Faults()
    Reader(faults).shape(node, shape, "this")
    return faults.errors()


def read(text: str) -> Node | None:
    return read_text(text.encode(), "x.yaml", Faults())


def tree(text: str) -> Node:
    node = read(text)
    assert node is not None, text
    return node


def value(text: str) -> Node:
    return tree(f"x: {text}").pairs[0][1]


def kind_of(path: Path, node: Node) -> str:
    if path.parent.name == "scenarios" or "scenarios" in node.names():
        return "scenarios"
    if path.name == "services.yaml" or {"services", "records", "events"} & set(node.names()):
        return "services"
    return "operator" if path.stem == "operator" or "operator" in node.names() else "menus"


# -- the files that there are


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_file_is_right_to_both(path: Path) -> None:
    node = tree(path.read_text("utf-8"))
    name = kind_of(path, node)
    assert [str(error.message)[:200] for error in whole_file(name).iter_errors(core(node))] == []
    assert structural(node, FILES[name]) == []


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_broken_folder_gets_one_verdict(tmp_path: Path, case: Case) -> None:
    folder = built(case, tmp_path)
    found = [path for path in (*folder.glob("*.yaml"), *folder.glob("scenarios/*.yaml"), folder.parent / "services.yaml") if path.is_file()]
    assert found
    for path in found:
        shown = path.relative_to(tmp_path).as_posix()
        node = read_text(path.read_bytes(), shown, Faults())
        if node is None:
            continue  # a fault of YAML itself: the loader reads no further, and a language server sees it as such
        name = kind_of(path, node)
        both(node, FILES[name], whole_file(name))
        if name in ("menus", "operator") and node.get("operator" if name == "operator" else "menus") is not None:
            said_by_both(structural(node, FILES[name]), list(compile_operator(folder, tmp_path / "locales").faults), path.name)


def both(node: Node, shape: str, validator: Any) -> bool:
    """Asserts one verdict; whether it is right."""
    errors = [f"{list(error.absolute_path)} {error.message[:200]}" for error in validator.iter_errors(core(node))]
    faults = shaped(node, shape)
    if any(fault.code not in STRUCTURAL for fault in faults):
        return False  # how a number or a switch is written (E002, E003): to a schema 1e+5 is 100000
    assert bool(errors) == bool(faults), f"{node.place} {core(node)}\nschema: {errors}\nloader: {[str(fault) for fault in faults]}"
    return not errors


@pytest.mark.parametrize("name", FILES)
def test_the_schema_files_are_up_to_date(name: str) -> None:
    assert (ROOT / "menus" / "schemas" / file_name(name)).read_text("utf-8") == written(name), "run `make docs`"


@pytest.mark.parametrize("path", [path for path in SHIPPED if path != SERVICES], ids=lambda path: path.name)
def test_a_shipped_file_names_its_schema(path: Path) -> None:
    first = path.read_text("utf-8").split("\n", 1)[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert found, first
    target = (path.parent / found[1]).resolve()
    assert target == ROOT / "menus" / "schemas" / file_name(kind_of(path, tree(path.read_text("utf-8"))))
    assert target.is_file()


@pytest.mark.parametrize("name", FILES)
def test_a_schema_is_one(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(schema(name))


# -- the tables that both are made from


def test_every_kind_and_key_is_described() -> None:
    kinds = {(shape, key): parsed(kind) for shape, keys in SHAPES.items() for key, kind in keys.items()}
    assert [(where, kind) for where, (form, kind) in kinds.items() if form == "any" and kind != "any"] == []
    inner = {(where, parsed(kind)) for where, (form, kind) in kinds.items() if form in ("map", "list")}
    assert [found for found in inner if found[1][0] == "any" and found[1][1] != "any"] == []
    assert {shape: set(notes) for shape, notes in KEY_NOTES.items()} == {shape: set(keys) for shape, keys in SHAPES.items()}
    assert set(SHAPE_NOTES) == set(SHAPES)


def test_no_table_speaks_of_keys_that_are_not_there() -> None:
    there = {(shape, key) for shape, keys in SHAPES.items() for key in keys}
    assert {where for where in (*VALUES, *RANGES, *KEYS) if where[0] and where not in there} == set()
    assert {(shape, key) for shape, rules in TOGETHER.items() for rule in rules for key in rule.keys} <= there


def test_the_tables_and_the_loader_know_the_same_types() -> None:
    assert set(SIMPLE_TYPES) == SIMPLE and set(VALUES["", "input_type"].words) == set(INPUTS)
    assert {key: RANGES["sized_type", key].most for key in SHAPES["sized_type"]} == dict.fromkeys(LARGEST, 999_999_999) | {
        "text": LONGEST_TEXT
    }
    assert set(VALUES["field", "type"].words) == set(INPUTS)
    assert RANGES["ussd", "octets"].least == LEAST_OCTETS
    assert VALUES["get", "late"].words == LATE and VALUES["entry", "web"].words == PAGES


@pytest.mark.parametrize(("shape", "key"), [(shape, key) for shape, keys in KEY_NOTES.items() for key in keys])
def test_the_example_of_a_key_is_right_to_both(shape: str, key: str) -> None:
    meaning, example = KEY_NOTES[shape][key]
    assert meaning.endswith((".", "..."))
    if not example:
        assert key == "answers"
        return
    faults: list[str] = []
    Structure(lambda node, code, message: faults.append(f"{code} {message}")).value(value(example), SHAPES[shape][key], (shape, key), key)
    assert faults == []
    named = {**one_shape(shape).schema}
    while "$ref" in named:
        named = named["definitions"][named["$ref"].rsplit("/", 1)[1]] | {"definitions": named["definitions"]}
    described = named["additionalProperties"] if key == "*" else named["properties"][key]
    assert described["description"] and described["markdownDescription"]
    checked = Validator({"allOf": [described], "definitions": named["definitions"]})
    assert [error.message for error in checked.iter_errors(core(value(example)))] == []


# -- one verdict on what somebody may write, right or wrong

TEXTS = (
    [
        "x",
        "main",
        "ussd",
        "prepaid",
        "free",
        "session",
        "az",
        "60s",
        "0s",
        "05m",
        '"60s"',
        "mon-fri",
        "accounts.bill",
        "line.kind == prepaid",
    ]
    + [
        '""',
        '" "',
        '"x\\n"',
        '"true"',
        "true",
        "false",
        '"3"',
        "3",
        "0",
        "1",
        "7",
        "11",
        "51",
        "159",
        "161",
        "100001",
        '"03"',
        '"0"',
        '"50"',
    ]
    + ['"0.10"', '"0.1234567"', '"-1"', '"*111#"', '"*111*{a}#"', '"*{a}#"', '"111"', '"*#"', '"4-20"', '"4-61"', '"23:00"', '"24:30"']
    + ['"00:00-24:00"', '"12-31"', '"2027-02-30"', '"994#########"', "1e+5", '"1e+5"', "99999999999999999999", '"{label}: {key}"', '"٣"']
)
JUNK = [*TEXTS, "{}", "[]", "[x]", '["0.10", free]', "{x: why}", "{default: x}", "{ussd: x, default: {count: a.b, one: x, other: why}}"] + [
    "{when: a, say: x}",
    "{only: call, say: {default: x}}",
    "{count: a.b, one: x}",
    "{most: 3, say: x}",
    "{most: 3, lock: 1h}",
    "{say: x, retry: why}",
    "{say: x, retry: why, go: z}",
    "{say: x, when: why}",
    "{same_as: main}",
    '{"1": {label: x, go: why}}',
    '{"0": {label: x, go: why}}',
    "[{when: a, say: x}, x]",
    "[[x]]",
    "[{}]",
    "{from: x, late: wait}",
    "{of: a.b, item: x, choose: {label: x, go: why}}",
    '{mon-fri: "09:00-18:00"}',
    '{too_small: x, other: "y"}',
    '{to: "994501110001", get: x}',
    "{list: bonus, most: 20}",
    "{text: 24}",
    "{digits: 10, secret: true}",
]
ANSWERED = "{" + ", ".join(f"{name}: {example or name}" for name, (_, example) in KEY_NOTES["answers"].items()) + "}"
NAMES = ["x", "sya", "default", "1", "Main", "goodbye", "mon", "-"]


def documents(shape: str) -> st.SearchStrategy[str]:
    """Maps of a shape as somebody may write them: examples, now and then one of something else, a key too many, a key that is missing."""
    keys = [key for key in SHAPES[shape] if key != "*"] or ["mon-fri"]
    required = [key for key, kind in SHAPES[shape].items() if kind.endswith("!")]
    some = st.lists(st.sampled_from(keys), max_size=4, unique=True)

    def pair(key: str) -> st.SearchStrategy[str]:
        example = KEY_NOTES[shape].get(key, KEY_NOTES[shape].get("*", ("", "x")))[1] or ANSWERED
        return st.one_of(st.just(example), st.just(example), st.sampled_from(JUNK)).map(lambda text: f'"{key}": {text}')

    def written_out(chosen: tuple[list[str], bool, str | None]) -> st.SearchStrategy[str]:
        names, complete, extra = chosen
        found = [*(required if complete else []), *names, *([extra] if extra else [])]
        return st.tuples(*(pair(key) for key in dict.fromkeys(found))).map(lambda pairs: "{" + ", ".join(pairs) + "}")

    extras = st.one_of(st.none(), st.none(), st.sampled_from(NAMES))
    return st.tuples(some, st.sampled_from([True, True, True, False]), extras).flatmap(written_out)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "answers"])
def test_any_map_gets_one_verdict(shape: str) -> None:
    verdicts = []

    @settings(max_examples=60, deadline=None, database=None)
    @given(documents(shape))
    def check(text: str) -> None:
        node = read(text)
        if node is not None:
            verdicts.append(both(node, shape, one_shape(shape)))

    check()
    assert True in verdicts and False in verdicts, "the cases are all alike"


@pytest.mark.parametrize(("shape", "key"), [(shape, key) for shape, keys in SHAPES.items() for key in keys if key != "*"])
def test_any_value_of_a_key_gets_one_verdict(shape: str, key: str) -> None:
    examples = {name: KEY_NOTES[shape][name][1] for name, kind in SHAPES[shape].items() if kind.endswith("!") and KEY_NOTES[shape][name][1]}
    for text in JUNK:
        node = read("{" + ", ".join(f'"{name}": {given}' for name, given in {**examples, key: text}.items()) + "}")
        assert node is not None
        both(node, shape, one_shape(shape))


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for inner in (*(value for _, value in node.pairs), *node.items):
        yield from nodes(inner)


def replaced(node: Node, old: Node, new: Node | None) -> Node:
    """`node` with one of its nodes exchanged, or taken out."""
    if node is old:
        assert new is not None
        return new
    pairs = tuple((key, replaced(inner, old, new)) for key, inner in node.pairs if not (inner is old and new is None))
    items = tuple(replaced(item, old, new) for item in node.items if not (item is old and new is None))
    return made(node, pairs, items)


def renamed(node: Node, old: Node, name: str) -> Node:
    """`node` with the key before `old` called otherwise."""
    pairs = tuple(
        (Node("text", key.place, name, quoted=key.quoted) if inner is old else key, renamed(inner, old, name)) for key, inner in node.pairs
    )
    return made(node, pairs, tuple(renamed(item, old, name) for item in node.items))


def made(node: Node, pairs: tuple[tuple[Node, Node], ...], items: tuple[Node, ...]) -> Node:
    positions = {key.text: position for position, (key, _) in enumerate(pairs)}
    return Node(node.kind, node.place, node.text, pairs, items, node.quoted, positions)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_shipped_file_with_one_thing_changed_gets_one_verdict(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(SHIPPED))
    node = tree(path.read_text("utf-8"))
    old = data.draw(st.sampled_from(list(nodes(node))[1:]))
    how = data.draw(st.sampled_from(["another value", "taken out", "another name"]))
    changed = (
        replaced(node, old, value(data.draw(st.sampled_from(JUNK))))
        if how == "another value"
        else replaced(node, old, None)
        if how == "taken out"
        else renamed(node, old, data.draw(st.sampled_from(NAMES)))
    )
    name = kind_of(path, node)
    both(changed, FILES[name], whole_file(name))


# -- what the loader as a whole says

MENU = """\
serves: everyone
entries:
  - {ussd: "*1#", go: main}
menus:
  main:
    say: Hello
    choices:
      "1": {label: More, go: more}
  more:
    get: {account: accounts.balance}
    fee: balance
    say: "You have {account.main}"
    list: {of: account.bonuses, item: "{left} till {until:until}", none: Nothing, speak: 3}
    no_input: {most: 2, then: continue}
"""
BREAKAGES = [
    ("say: Hello", "sya: Hello"),
    ("say: Hello", "say: {default: Hello, usd: Hi}"),
    ("say: Hello", "say: [Hello, [Hi]]"),
    ("say: Hello", "say: []"),
    ("say: Hello", "say: {}"),
    ("say: Hello", 'say: ""'),
    ("say: Hello", "say: true"),
    ("say: Hello", "say: {only: usdd, say: Hello}"),
    ("say: Hello", "say: {only: [], say: Hello}"),
    ("say: Hello", "say: {only: call}"),
    ("say: Hello", "say: {default: {ussd: Hello}}"),
    ("say: Hello", "say: {count: line.number, one: Hello}"),
    ("say: Hello", "note: {a: b}\n    say: Hello"),
    ("say: Hello", "back: maybe\n    say: Hello"),
    ("say: Hello", 'back: "false"\n    say: Hello'),
    ("say: Hello", "ask: [amount]\n    say: Hello"),
    ("say: Hello", "ask: {amount: {say: How much, type: sum}}\n    say: Hello"),
    ("say: Hello", "ask: {amount: {say: How much, digits: many}}\n    say: Hello"),
    ("say: Hello", "ask: {Amount: {say: How much, type: money}}\n    say: Hello"),
    ("label: More, ", ""),
    ("go: more", "go: {to: more}"),
    ("go: more", "go: more, only: phone"),
    ("go: more", "go: more, with: more"),
    ('"1": {', '"0": {'),
    ('"1": {', '"x": {'),
    ("choices:", "then: more\n    choices:"),
    ("more:\n    get", "goodbye:\n    get"),
    ("  more:\n    get", "  More:\n    get"),
    ("{account: accounts.balance}", "accounts.balance"),
    ("{account: accounts.balance}", "{account: [accounts.balance]}"),
    ("{account: accounts.balance}", "{account: {with: {}}}"),
    ("{account: accounts.balance}", "{account: {from: accounts.balance, late: never}}"),
    ("speak: 3", "speak: 0"),
    ("speak: 3", "speak: 51"),
    ("speak: 3", "speak: many"),
    ("of: account.bonuses, ", ""),
    ("most: 2", "most: 11"),
    ("then: continue", "than: continue"),
    ('{ussd: "*1#", go: main}', '{ussd: "1#", go: main}'),
    ('{ussd: "*1#", go: main}', '{ussd: "*1#", call: "1", go: main}'),
    ('{ussd: "*1#", go: main}', "{go: main}"),
    ('{ussd: "*1#", go: main}', '{ussd: "*1#"}'),
    ('{ussd: "*1#", go: main}', '{sms: "1", go: main}'),
    ('{ussd: "*1#", go: main}', '{ussd: "*1#", text: "", go: main}'),
    ('{ussd: "*1#", go: main}', '{call: "1", resume: true, go: main}'),
    ('  - {ussd: "*1#", go: main}\n', "  main: main\n"),
    ("serves: everyone", "serves: [everyone]"),
    ("serves: everyone", "severs: everyone"),
]
OPERATOR_BREAKAGES = [
    ("currency: AZN", "currency: manat"),
    ("currency: AZN\n", ""),
    ("default: en", "default: [en]"),
    ("offered: [en]", "offered: []"),
    ("offered: [en]", "offered: english"),
    ("length: 9", 'length: "nine"'),
    ("length: 9", "length: 15"),
    ("support:", "Support:"),
    ("line: prepaid", "line: both"),
    ('ussd: "0.10"', "ussd: cheap"),
    ('ussd: "0.10"', 'usdd: "0.10"'),
    ("balance: {", "Balance: {"),
    ('largest: "99.99"', "largest: much"),
    ('largest: "99.99"', "largest: {at_most: 3}"),
    ("octets: 160", "octets: 99"),
    ("wait: 60s", "wait: 60"),
    ("wait: 60s", "wait: 0s"),
    ("stay_open: true", "stay_open: sometimes"),
    ('back: "0"', 'back: "000"'),
    ('back: "0"', 'bakc: "0"'),
    ('confirm: "1"', 'confirm: "12"'),
    ("shop: true", "shop: maybe"),
    ("shop: true", 'shop: "true"'),
    ("sessions: {late: 3s}", "sessions: []"),
    ("  goodbye: ", "  godbye: "),
]
ELSEWHERE = re.compile(
    r"there is no (tariff|kind of tariff|time zone|answer) |the answer |\"[^\"]*\" is no value that |operator\.yaml|may only narrow|the service takes"
    r"|is so many in a time|is a time, such as"
)
"""Messages of E010 for what a schema cannot see: names and values that must fit something elsewhere, or a limit that must suit its name."""


def loader(folder: Path, menu: str, operator: str) -> list[Fault]:
    home = folder / "menus" / "small"
    home.mkdir(parents=True, exist_ok=True)
    (home / "operator.yaml").write_text(operator, "utf-8")
    (home / "m.yaml").write_text(menu, "utf-8")
    return list(compile_operator(home, folder / "locales").faults)


def test_the_unbroken_files_are_right_to_all(tmp_path: Path) -> None:
    assert loader(tmp_path, MENU, OPERATOR_WHOLE) == []
    assert both(tree(MENU), "file", whole_file("menus")) and both(tree(OPERATOR_WHOLE), "operator", whole_file("operator"))


OPERATOR_WHOLE = (
    OPERATOR
    if OPERATOR.rstrip().endswith("answers:") is False
    else OPERATOR + "".join(f"  {name}: Answer {name.replace('_', ' ')}\n" for name in SHAPES["answers"])
)


@pytest.mark.parametrize(("before", "after"), BREAKAGES)
def test_a_broken_menu_file_is_refused_by_schema_and_loader(tmp_path: Path, before: str, after: str) -> None:
    assert before in MENU
    menu = MENU.replace(before, after, 1)
    assert not both(tree(menu), "file", whole_file("menus"))
    said_by_both(structural(tree(menu), "file"), loader(tmp_path, menu, OPERATOR_WHOLE), "m.yaml")


@pytest.mark.parametrize(("before", "after"), OPERATOR_BREAKAGES)
def test_a_broken_operator_file_is_refused_by_schema_and_loader(tmp_path: Path, before: str, after: str) -> None:
    assert before in OPERATOR_WHOLE
    operator = OPERATOR_WHOLE.replace(before, after, 1)
    assert not both(tree(operator), "operator", whole_file("operator"))
    said_by_both(structural(tree(operator), "operator"), loader(tmp_path, MENU, operator), "operator.yaml")


SCENARIO = """\
now: "2026-11-22 12:00"
scenarios:
  one:
    line: "994501110001"
    language: en
    switches: {shop: true}
    services: {accounts.balance: unavailable}
    steps:
      - {dial: "*1#", see: "1. More", charged: "0"}
      - {press: "1", see: We cannot, encoding: gsm7, hidden: secret, ends: true}
      - {call: "1", hear: [Hello]}
      - {silence: 1, wait: 30m, person: busy, hang_up: true}
      - {sms: "1", text: hello, get: Answer, told: {to: "994501110002", get: x}}
"""
SCENARIO_BREAKAGES = [
    ('now: "2026-11-22 12:00"', "now: noon"),
    ("scenarios:", "scenario:"),
    ("  one:\n", "  One:\n"),
    ('line: "994501110001"\n    ', ""),
    ('line: "994501110001"', "line: somebody"),
    ("language: en", "language: [en]"),
    ("shop: true", "shop: maybe"),
    ("accounts.balance: unavailable", "accounts.balance: []"),
    ("accounts.balance: unavailable", "accounts.balance: {outcom: late}"),
    ("    steps:", "    golden: old\n    steps:"),
    ('dial: "*1#"', 'dail: "*1#"'),
    ('dial: "*1#"', "dial: one"),
    ('see: "1. More"', "see: []"),
    ('see: "1. More"', "see: {a: b}"),
    ('charged: "0"', "charged: nothing"),
    ("encoding: gsm7", "encoding: utf8"),
    ("ends: true", "ends: soon"),
    ("silence: 1", "silence: 0"),
    ("wait: 30m", "wait: long"),
    ("person: busy", "person: away"),
    ("hang_up: true", "hang_up: now"),
    ('told: {to: "994501110002", get: x}', 'told: {to: "994501110002"}'),
    ('told: {to: "994501110002", get: x}', "told: x"),
    ('sms: "1"', "sms: one"),
    ('{press: "1", see: We cannot, encoding: gsm7, hidden: secret, ends: true}', "{}"),
    ('{call: "1", hear: [Hello]}', '{call: "1", dial: "*1#"}'),
    ('{call: "1", hear: [Hello]}', '{call: "1", text: x}'),
]


def scenario_faults(folder: Path, text: str) -> list[str]:
    faults = Faults()
    home = folder / "menus" / "small"
    loader(folder, MENU, OPERATOR_WHOLE)
    model = compile_operator(home, folder / "locales").model
    assert model is not None
    (home / "scenarios").mkdir(exist_ok=True)
    (home / "scenarios" / "s.yaml").write_text(text, "utf-8")
    read_scenarios(home / "scenarios" / "s.yaml", model, offered(SERVICES, None, faults), faults)
    return [str(fault) for fault in faults.errors()]


def test_an_unbroken_scenario_is_right_to_both(tmp_path: Path) -> None:
    assert both(tree(SCENARIO), "scenarios", whole_file("scenarios"))
    assert [fault for fault in scenario_faults(tmp_path, SCENARIO) if "nothing is open" not in fault] == []


@pytest.mark.parametrize(("before", "after"), SCENARIO_BREAKAGES)
def test_a_broken_scenario_is_refused_by_schema_and_reader(tmp_path: Path, before: str, after: str) -> None:
    assert before in SCENARIO
    text = SCENARIO.replace(before, after, 1)
    assert not both(tree(text), "scenarios", whole_file("scenarios"))
    assert scenario_faults(tmp_path, text)


def said_by_both(alone: list[Fault], compiled: list[Fault], name: str) -> None:
    """What the structure says is what the loader says, and the loader has no fault of structure besides."""
    places = {(fault.line, fault.column, fault.code) for fault in alone}
    found = [fault for fault in compiled if fault.file.endswith(name)]
    assert places <= {(fault.line, fault.column, fault.code) for fault in found}
    besides = [fault for fault in found if fault.code == "E010" and (fault.line, fault.column, fault.code) not in places]
    assert [str(fault) for fault in besides if not ELSEWHERE.search(fault.message)] == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("limits: {a: 3}", True),
        ('limits: {a: "0.10"}', True),
        ("limits: {a: 0.10}", False),
        ("limits: {a: 1.5}", False),
        ("limits: {a: ~}", False),
        ("limits: {a: }", False),
        ("limits: {a: 30m}", True),
        ("limits: {a: true}", False),
    ],
)
def test_what_is_not_in_quotes(text: str, right: bool) -> None:
    # The loader refuses 0.10 while it reads (E003) and nothing at all (E004); to a language server they are a number and null.
    whole_text = re.sub(r"^limits: .*$", text, OPERATOR_WHOLE, flags=re.MULTILINE)
    faults = Faults()
    node = read_text(whole_text.encode(), "operator.yaml", faults)
    assert (node is not None and not structural(node, "operator")) == right
    assert any(whole_file("operator").iter_errors(core(unchecked(whole_text)))) != right


def unchecked(text: str) -> Node:
    """The tree of a text with faults that keep the loader from going on: its values without quotes are put in, one by one."""
    found = re.search(r"limits: \{a: (.*)\}", text)
    assert found is not None
    node = tree(text.replace(found[0], "limits: {a: here}"))
    old = next(inner for inner in nodes(node) if inner.text == "here")
    return replaced(node, old, Node("text", old.place, found[1].strip(' "'), quoted='"' in found[1]))


@pytest.mark.parametrize("said", ['"a\\nb"', '"\\u2028"', f'"{"1" * 900}"', "9" * 900])
def test_a_message_is_one_short_line(said: str) -> None:
    texts = [
        f"menus: {{main: {{get: {{a: {{from: x, late: {said}}}}}, {said}: x, choices: {{{said}: {{label: x, go: x, in: {said}}}}}}}}}",
        f"serves: [x]\nentries: [{{ussd: {said}, go: x}}, {{web: {said}, go: x}}]\nmenus: {{{said}: {{say: x, sya: x}}}}",
    ]
    faults = [fault for text in texts for fault in structural(tree(text), "file")]
    assert len(faults) >= 7
    assert [fault.message for fault in faults if len(fault.message.splitlines()) > 1 or len(fault.message) > 400] == []


def test_a_switch_in_capitals_is_no_matter_of_structure() -> None:
    faults = Faults()
    Reader(faults).shape(tree("menus: {main: {back: True}}"), "file", "a menu file")
    assert [fault.code for fault in faults.errors()] == ["E002"] and "E002" not in STRUCTURAL


@given(st.integers(1, 3000), st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_a_pattern_of_numbers_takes_those_and_no_others(least: int, more: int) -> None:
    pattern = re.compile(whole(between(least, least + more)))
    assert [number for number in range(7000) if pattern.match(str(number))] == list(range(least, least + more + 1))


# -- the command


@pytest.mark.parametrize("name", FILES)
def test_the_command_prints_a_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", name]) == 0
    assert json.loads(capsys.readouterr().out) == schema(name)


def test_the_command_without_a_name_prints_that_of_menus(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema("menus")


def test_the_command_writes_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "operator", "--output", str(tmp_path / "one")]) == 0
    assert main(["schema", "--output", str(tmp_path / "all")]) == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["operator.schema.json"]
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == sorted(map(file_name, FILES))
    assert (tmp_path / "all" / "menus.schema.json").read_text("utf-8") == written("menus")
    assert "operator.schema.json" in capsys.readouterr().out


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert main(["schema", "--output", str(tmp_path / "file")]) == 2
    with pytest.raises(SystemExit) as left:
        main(["schema", "menu"])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "is no folder" in said and "invalid choice: 'menu'" in said
