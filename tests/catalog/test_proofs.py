"""The proofs of the catalog: what they must not say of folders that are right, and that their truth tables miss no case."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.catalog.compile import compile_operator
from ivr.catalog.proofs.alphabets import wrong_letters
from ivr.catalog.proofs.cases import Table
from ivr.catalog.proofs.conditions import fixed_words, wrong_with
from ivr.catalog.proofs.loops import components
from ivr.catalog.proofs.plural_forms import wrong_rule
from ivr.catalog.translations import rule_of
from ivr.engine.expressions import evaluate, parse
from tests.catalog.broken import CORPUS

KINDS = {
    ("line", "kind"): "text",
    ("line", "status"): "text",
    ("line", "roaming"): "flag",
    ("line", "tariff"): "tariff",
    ("line", "number"): "msisdn",
    ("account", "main"): "money",
    ("account", "expires"): "date",
    ("rooms", "total"): "number",
    ("hours", "support"): "hours",
    ("limits", "wait"): "span",
    ("name",): "text",
    ("pin",): "secret",
    ("fee",): "money",
}


def kind(path: tuple[str, ...]) -> str | None:
    return KINDS.get(path)


def words(path: tuple[str, ...]) -> object:
    return fixed_words(path, kind(path), ("az", "en"), ("Sim", "Biznes 30"))


def said_of(text: str) -> list[str]:
    return [f"{wrong.at} {wrong.code} {wrong.message}" for wrong in wrong_with(parse(text), kind, words)]  # type: ignore[arg-type]


RIGHT = """\
line.kind == prepaid
prepaid == line.kind
line.kind != postpaid and not line.roaming
account.main > 0
account.main * 2 > account.main + 5
rooms.total * account.main > 5
rooms.total + 1 >= 3
-account.main < 3
fee > 0
account.expires == account.expires or line.roaming
hours.support and not line.roaming
line.roaming == true
line.number == '994501110001'
line.tariff == 'Biznes 30'
name == 'anna'
limits.wait > limits.wait + limits.wait
(line.kind == prepaid) == line.roaming"""


@pytest.mark.parametrize("text", RIGHT.split("\n"))
def test_conditions_that_are_right(text: str) -> None:
    assert said_of(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("line.kind == prepaied", '13 E026 "line.kind" is never "prepaied" - did you mean "prepaid"?'),
        ("line.status == actve", '15 E026 "line.status" is never "actve" - did you mean "active"?'),
        ("line.tariff == 'Biznes'", '16 E026 "line.tariff" is never "Biznes" - did you mean "Biznes 30"?'),
        (
            "line.roaming and account.main",
            '17 E026 "account.main" is an amount of money and neither true nor false; compare it, such as account.main > 0',
        ),
        ("not line.kind", '4 E026 "line.kind" is a text and neither true nor false; compare it, such as line.kind == prepaid'),
        (
            "account.main > rooms.total",
            '0 E026 "account.main > rooms.total" compares an amount of money with a number, which are never alike',
        ),
        ("account.expires > 3", '0 E026 "account.expires > 3" compares a date with a number'),
        ("account.expires < account.expires", '0 E026 "account.expires < account.expires": two dates can only be equal (==) or not (!=)'),
        ("limits.wait > 30", '0 E026 "limits.wait > 30" compares a length of time with a bare number; name a limit'),
        ("line.number == anna", '15 E026 "line.number" is a telephone number'),
        ("name == anna", "8 E026 \"name\" can be any text: put what it is compared with in quotes: 'anna'"),
        ("foo == bar", '0 E026 nothing here is called "foo"'),
        ("line.kind < prepaid", '12 E026 "line.kind < prepaid": two texts can only be equal'),
        ("name + 1 > 2", '0 E026 "name" is a text; only numbers and amounts can be reckoned with'),
        ("account.main * account.main > 1", '0 E026 "account.main * account.main" multiplies'),
        ("account.main - limits.wait > 1", '0 E026 "account.main - limits.wait" puts'),
        ("pin == '1234'", '0 E050 "pin" is a secret'),
        ("1 > 2", '0 E026 "1 > 2" never holds'),
        ("line.roaming or not line.roaming", '0 E026 "line.roaming or not line.roaming" always holds; leave `when` out'),
        ("rooms.total >= 0", '0 E026 "rooms.total >= 0" always holds'),
        ("account.main > 5 and account.main < 3", '0 E026 "account.main > 5 and account.main < 3" never holds'),
    ],
)
def test_conditions_that_are_wrong(text: str, said: str) -> None:
    (found,) = said_of(text)
    assert found.startswith(said), found


def conditions() -> st.SearchStrategy[str]:
    figures = st.sampled_from(["0", "1", "2.5", "10"])
    comparisons = st.sampled_from(["<", "<=", "==", "!=", ">", ">="])
    atoms = st.one_of(
        st.sampled_from(
            ["line.roaming", "hours.support", "line.kind == prepaid", "line.kind != prepaid", "name == 'anna'", "name == 'otto'"]
        ),
        st.builds(lambda sign, figure: f"account.main {sign} {figure}", comparisons, figures),
        st.builds(lambda sign, figure: f"{figure} {sign} account.main", comparisons, figures),
        st.builds(lambda sign: f"rooms.total {sign} {2}", comparisons),
    )
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.builds("not ({})".format, inner),
            st.builds("({}) and ({})".format, inner, inner),
            st.builds("({}) or ({})".format, inner, inner),
        ),
        max_leaves=3,
    )


VALUES = st.fixed_dictionaries(
    {
        ("line", "roaming"): st.booleans(),
        ("hours", "support"): st.booleans(),
        ("line", "kind"): st.sampled_from(["prepaid", "postpaid"]),
        ("name",): st.sampled_from(["anna", "otto", "eve"]),
        ("account", "main"): st.decimals(-5, 12, places=1),
        ("rooms", "total"): st.integers(0, 5).map(Decimal),
    }
)


@given(st.lists(conditions(), min_size=1, max_size=2), VALUES)
def test_a_truth_table_misses_no_case(texts: list[str], values: dict[tuple[str, ...], object]) -> None:
    trees = [parse(text) for text in texts]
    table = Table(trees, kind, words, [("prepaid", ""), ("postpaid", "")])  # type: ignore[arg-type]
    plain = {path: int(value) if path == ("rooms", "total") else value for path, value in values.items()}

    def look(path: tuple[str, ...]) -> object:
        return plain[path] if not isinstance(plain[path], Decimal) else _Amount(plain[path])

    held = tuple(evaluate(tree, look) for tree in trees)  # type: ignore[arg-type]
    assert held in {tuple(table.holds(tree, case) for tree in trees) for case in table.cases()}


def _Amount(value: object) -> object:
    from ivr.engine.values import MICRO, Money

    return Money(int(Decimal(str(value)) * MICRO), "AZN")


# -- menus that are right, and look as if they were not

MENU = """\
serves: everyone
entries:
  - {ussd: "*1#", go: main}
  - {call: "1", go: main}
menus:
  main:
    say: Hello
    choices:
      "1": {label: Page, go: page}
      "9": {label: End, go: end}
  page:
"""


def checked(folder: Path, page: str, operator: dict[str, str] | None = None, **files: str) -> list[str]:
    home = folder / "menus" / "small"
    shutil.copytree(CORPUS / "base" / "menus" / "small", home)
    (home / "p.yaml").unlink()
    (home / "m.yaml").write_text(MENU + page, "utf-8")
    for name, text in files.items():
        (home / f"{name}.yaml").write_text(text, "utf-8")
    text = (home / "operator.yaml").read_text("utf-8")
    for before, after in (operator or {}).items():
        assert before in text
        text = text.replace(before, after)
    (home / "operator.yaml").write_text(text, "utf-8")
    return [
        f"{fault.file[12:]}:{fault.line}:{fault.column} {fault.code} {fault.message}"
        for fault in compile_operator(home, folder / "locales").faults
    ]


FINE = {
    "complementary": "    say: [{when: line.roaming, say: Abroad}, {when: not line.roaming, say: Here}]\n",
    "every kind of line": "    say: [{when: line.kind == prepaid, say: Pre}, {when: line.kind == postpaid, say: Post}]\n",
    "every figure": "    get: {bill: accounts.bill}\n    say: [{when: bill.advance > 0, say: Much}, {when: bill.advance <= 0, say: Little}]\n",
    "every count": "    ask: {rooms: {type: number, say: How many}}\n    say: [{when: rooms < 1, say: Zero}, {when: rooms == 1, say: One}, {when: rooms >= 2, say: More}]\n",
    "by channel": "    say: [{only: call, say: Heard}, {only: [ussd, web], say: Seen}]\n",
    "a list that says when it is empty": (
        "    get: {account: accounts.balance}\n    list: {of: account.bonuses, item: '{left}', none: Nothing}\n"
    ),
    "choices on top": "    say: {when: line.roaming, say: Abroad}\n    choices: {'1': {label: Home, go: home}}\n",
    "complementary choices": (
        "    back: false\n    choices:\n      '1': {label: 'On', when: line.roaming, go: home}\n      '2': {label: 'Off', when: not line.roaming, go: home}\n"
    ),
    "choices that may all be hidden under figures": (
        "    back: false\n    get: {account: accounts.balance}\n    say: '{account.main}'\n    choices: {'1': {label: Home, when: line.roaming, go: home}}\n"
    ),
    "choices hidden, and a way back": "    say: Page\n    choices: {'1': {label: Home, when: line.roaming, go: home}}\n",
    "the same label, never twice": (
        "    say: Page\n    choices:\n      '1': {label: Home, when: line.roaming, go: home}\n      '2': {label: Home, when: not line.roaming, go: back}\n"
    ),
    "an outcome that asks again": (
        "    ask: {language: {say: {ussd: Which}}}\n    do: accounts.set_language\n    say: Done\n    otherwise: {late: {say: Late, retry: language}}\n"
    ),
    "a failure that leads to a question": "    do: accounts.notices_on\n    say: Done\n    otherwise: {already: {say: Already, go: main}}\n",
    "a label of the only channel": "    say: Page\n    choices: {'1': {label: {ussd: Home}, only: ussd, go: home}, '2': {label: Back, go: back}}\n",
    "an outcome told by the case": (
        "    do: accounts.notices_on\n    say: Done\n    otherwise: {already: [{when: line.roaming, say: Abroad}, {when: not line.roaming, say: Here}]}\n"
    ),
    "an outcome that leads on without a word": "    do: accounts.notices_on\n    say: Done\n    otherwise: {already: {go: home}}\n",
    "causes that can be": (
        "    ask: {rooms: {type: number, min: 1, max: 5, say: How many, no_match: {too_small: Less, too_large: More, other: Other}}}\n    say: Page\n"
    ),
    "a field that is asked where it is named": (
        "    ask: {rooms: {type: number, when: line.roaming, say: How many}}\n    say: [{when: line.roaming, say: '{rooms}'}, {when: not line.roaming, say: Here}]\n"
    ),
    "fields named in later questions": (
        "    ask: {rooms: {type: number, say: How many}, days: {type: number, say: 'How long, for {rooms}'}}\n    confirm: '{rooms} for {days}'\n    say: '{rooms} {days}'\n"
    ),
    "one look-up handed to the next": (
        "    get: {account: accounts.balance, line_now: accounts.line}\n    say: '{account.main} {line_now.tariff}'\n    otherwise: {unavailable: Not now}\n"
    ),
    "nothing is said before what follows": "    do: accounts.notices_on\n    then: main\n    otherwise: {already: Already}\n",
}


@pytest.mark.parametrize("page", FINE.values(), ids=FINE)
def test_pages_that_are_right(tmp_path: Path, page: str) -> None:
    assert checked(tmp_path, page) == []


def test_the_lines_of_a_group_need_no_part_for_others(tmp_path: Path) -> None:
    own = "serves: prepaid\nnot_served: Others\nentries:\n  - {ussd: '*5#', go: main}\nmenus:\n  main:\n    say: {when: line.kind == prepaid, say: Hi}\n"
    assert checked(tmp_path, "    say: Page\n", q=own) == []
    found = checked(tmp_path / "other", "    say: Page\n", q=own.replace("serves: prepaid\nnot_served: Others\n", "serves: everyone\n"))
    assert [fault.split(" ")[:2] for fault in found] == [["q.yaml:6:10", "E026"]] and "where the line is postpaid; add" in found[0], found


def test_a_choice_is_hidden_where_everything_else_leads_on(tmp_path: Path) -> None:
    own = "serves: postpaid\nnot_served: Others\nentries:\n  - {ussd: '*5#', go: main}\nmenus:\n  main:\n    say: Hi\n"
    choice = "    say: Page\n    choices: {'1': {label: Mine, go: q.main}}\n"
    assert checked(tmp_path / "choice", choice, q=own) == []
    (found,) = checked(tmp_path / "then", "    say: Page\n    then: q.main\n", q=own)
    assert "E019 `then` of m.page leads prepaid lines to q.main" in found
    # a condition keeps the others away from the choice, so whoever comes is served
    kept = "    say: Page\n    choices: {'1': {label: Mine, when: line.kind == postpaid, go: further}}\n  further:\n    say: Further\n    then: q.main\n"
    assert checked(tmp_path / "kept", kept, q=own) == []


def test_a_fee_needs_a_price_only_where_the_menu_is_reached(tmp_path: Path) -> None:
    dear = {'fees: {balance: {ussd: "0.10", call: free, sms: "0.10"}}': 'fees: {dear: {ussd: "1"}}'}
    (found,) = checked(tmp_path / "both", "    fee: dear\n    say: Page\n", dear)
    assert found.startswith('m.yaml:12:10 E030 the fee "dear" has no price for call') or "has no price for call" in found
    hidden = MENU.replace("go: page}", "only: ussd, go: page}")
    home = tmp_path / "ussd" / "menus" / "small"
    shutil.copytree(tmp_path / "both" / "menus" / "small", home)
    (home / "m.yaml").write_text(hidden + "    fee: dear\n    say: Page\n", "utf-8")
    assert compile_operator(home, tmp_path / "locales").faults == ()


# -- letters and plural rules


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Balansınız: {account.main}", "az"),
        ("Əlavə müddət, ğışçöü", "az"),
        ("“Quoted” – dash…", "en"),
        ("Press 3 for Русский", "en"),
        ("SMS 2112, PIN2, тариф GəncOL", "ru"),
        ("SMS-сообщение, 5Гб и 3G", "ru"),
        ("план B и тариф X", "ru"),
        ("за\u0301мок", "ru"),
        ("№ 5", "ru"),
        ("Ҷавоб, ғайр", "tg"),
    ],
)
def test_letters_that_are_right(text: str, language: str) -> None:
    assert wrong_letters(text, language) == []


@pytest.mark.parametrize(
    ("text", "language", "at", "said"),
    [
        ("Bаlance", "en", 2, 'write "a" (U+0061'),
        ("Әlavə", "az", 1, 'write "Ə" (U+018F'),
        ("ǝl", "az", 1, 'write "ə" (U+0259'),
        ("СМС", "en", 1, 'write "CMC"'),
        ("Ваш бaланс", "ru", 6, 'write "а" (U+0430'),
        ("c 1 мая", "ru", 1, 'write "с" (U+0441'),
        ("Баланс", "az", 1, "in: ru"),
        ("a\u00a0b", "en", 2, "write a plain space"),
        ("a\u200bb", "ru", 2, "take it away"),
        ("s\u0327ey", "az", 2, 'write the one letter "ş"'),
        ("i\u0307l", "az", 2, "write i without it"),
    ],
)
def test_letters_that_are_wrong(text: str, language: str, at: int, said: str) -> None:
    (found,) = wrong_letters(text, language)
    assert found.at == at and said in found.message, found


def test_plural_rules() -> None:
    russian = "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2"
    turned = "n%10==1 && n%100!=11 ? 2 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 0 : 1"
    for language, forms, expression in (
        ("ru", 3, russian),
        ("ru", 3, turned),
        ("az", 2, "n != 1"),
        ("tg", 2, "n > 1"),
        ("ja", 1, "0"),
        ("xx", 2, "n > 3"),
    ):
        assert wrong_rule(language, forms, rule_of(expression, forms)) is None
    for language, forms, expression in (("ru", 2, "n != 1"), ("az", 1, "0"), ("az", 2, "n > 1"), ("ru", 3, "n==1 ? 0 : n==2 ? 1 : 2")):
        assert "this is no rule of" in (wrong_rule(language, forms, rule_of(expression, forms)) or "")


@given(st.lists(st.lists(st.integers(0, 7), max_size=3), min_size=8, max_size=8))
def test_sets_that_lead_to_each_other(edges: list[list[int]]) -> None:
    goes = {str(number): [str(after) for after in after_it] for number, after_it in enumerate(edges)}

    def from_(name: str) -> set[str]:
        seen, waiting = {name}, [name]
        while waiting:
            waiting += [after for after in goes[waiting.pop()] if after not in seen and not seen.add(after)]  # type: ignore[func-returns-value]
        return seen

    found = [frozenset(members) for members in components(goes)]
    assert sorted(name for members in found for name in members) == sorted(goes)
    for one in goes:
        for two in goes:
            together = any({one, two} <= members for members in found)
            assert together == (two in from_(one) and one in from_(two))
