"""Every page fits, with the largest values that services.yaml allows: what `ivr check` says of it, and what phones show then."""

from __future__ import annotations

import dataclasses
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from ivr.catalog import fit_ussd
from ivr.catalog.fit import fit_faults
from ivr.catalog.services import Event
from ivr.engine import text as engine_text
from ivr.engine.effects import Page
from ivr.engine.model import Message, Notice, Part, Reference, SmsSettings
from ivr.engine.text import measure
from tests.catalog.fit_trees import LINE, Extremes, faults_of, fit, model_of, services, trees
from tests.engine.fake import Walk, shipped
from tests.tools.trees import OPERATOR

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
    say: "You have {account.main}"
"""


def test_a_small_tree_fits(tmp_path: Path) -> None:
    assert fit(tmp_path, MENU) == []


def test_a_line_that_no_page_holds_whole_is_a_fault(tmp_path: Path) -> None:
    # 182 septets, and beside the line stand "98. Answer next", "0. Answer back", "00. Answer home": 47 with the line breaks
    line = "x" * 115
    assert fit(tmp_path, MENU.replace("You have {account.main}", f"{line} {{account.main}} x")) == []
    (fault,) = fit(tmp_path, MENU.replace("You have {account.main}", f"{line}xxxxx {{account.main}} xx"))
    assert fault.startswith("11:10 E075 en, USSD: this line is 2 characters too long for a page with the largest values: ")
    assert '"98. Answer next", "0. Answer back", "00. Answer home" fit 135.' in fault and "break it into two lines" in fault


def test_what_is_long_but_in_lines_pages_cleanly(tmp_path: Path) -> None:
    lines = "\\n".join(["x" * 100] * 5)
    assert fit(tmp_path, MENU.replace("You have {account.main}", lines)) == []


def test_the_first_menu_has_no_way_back_and_so_more_room(tmp_path: Path) -> None:
    assert fit(tmp_path, MENU.replace("Hello", "x" * 150)) == []
    (fault,) = fit(tmp_path, MENU.replace("Hello", "x" * 151))
    assert "1 character too long" in fault and '"0. Answer back"' not in fault


def test_the_letter_that_makes_a_page_small_is_named(tmp_path: Path) -> None:
    found = fit(tmp_path, MENU.replace("Hello", "x" * 100 + "ə"))
    assert [fault.split(" ", 2)[:2] for fault in found] == [["6:10", "E075"], ["6:10", "W002"]]
    assert '("ə" makes it UCS-2)' in found[0]
    assert found[1] == (
        '6:10 W002 en, USSD: "ə", letter 101 of "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...", '
        "makes the page UCS-2: a page holds 80 characters and not 182"
    )


def test_a_language_in_letters_of_its_own_is_not_warned_of_nor_one_that_is_folded() -> None:
    assert set(shipped().operator.languages) == {"az", "en", "ru"}
    assert [fault for fault in fit_faults(shipped(), services()) if fault[1] == "W002"] == []


def test_the_same_menus_unfolded_are_warned_of_once_a_channel() -> None:
    model = shipped()
    unfolded = dataclasses.replace(model, operator=dataclasses.replace(model.operator, fold={}))
    found = [fault for fault in fit_faults(unfolded, services()) if fault[1] == "W002"]
    assert len(found) == len({entry.channel for entry in model.entries} & {"ussd", "sms"})
    assert all(fault[2].startswith(("az, USSD: ", "az, SMS: ")) and "fold: {az: [" in fault[2] for fault in found)


def test_a_language_that_nobody_folds_is_one_warning(tmp_path: Path) -> None:
    menus = "".join(f"  m{number}: {{say: Hədsiz nömrə {number}}}\n" for number in range(60))
    choices = "".join(f'      "{number + 2}": {{label: Nömrə {number} ə, go: m{number}, only: ussd}}\n' for number in range(60))
    found = fit(tmp_path, MENU.replace('      "1": {label: More, go: more}\n', f'      "1": {{label: More, go: more}}\n{choices}') + menus)
    assert len(found) == 1 and found[0].startswith("operator.yaml:5:1 W002 en, USSD: 120 of ")
    assert "fold: {en: [ussd]}" in found[0]


def test_a_tariff_in_plain_letters_only_where_it_is_folded(tmp_path: Path) -> None:
    menu = MENU.replace("{account.main}", "{account.tariff}")
    operator = OPERATOR.replace("SimSim", "GəncOL")
    (fault,) = fit(tmp_path, menu, operator)
    assert fault.startswith('11:10 W002 en, USSD: "ə" in the tariff name "GəncOL" makes the page UCS-2') and "fold_names: [ussd]" in fault
    assert fit(tmp_path, menu, operator.replace("default: en}", "default: en, fold_names: [ussd]}")) == []


def test_a_free_text_may_be_in_any_letters(tmp_path: Path) -> None:
    menu = MENU.replace("accounts.balance}", "accounts.statement}").replace(
        '    say: "You have {account.main}"\n', '    list: {of: account.postings, item: "%s {information}", none: None}\n'
    )
    # UCS-2, 80 characters: 47 of them navigation, 24 the text
    assert fit(tmp_path, menu % ("x" * 8)) == []
    (fault,) = fit(tmp_path, menu % ("x" * 9))
    assert fault.startswith("11:11 E075 en, USSD: this line is 1 character too long")


@pytest.mark.parametrize(
    ("slot", "longest"),
    [
        ("account.main", "-99999.99 AZN"),
        ("account.main:exact", "-99999.989999 AZN"),
        ("account.expires:until", "31.12.2099"),
        ("account.tariff", "SimSim"),
        ("line.number", "994999999999"),
        ("line.number:grouped", "994 99 999 99 99"),
        ("fees.balance.ussd", "0.10 AZN"),
        ("fee", "0.10 AZN"),
        ("limits.largest", "99.99 AZN"),
        ("numbers.support", "111"),
        ("line.status", "expired"),
    ],
)
def test_every_slot_is_measured_at_its_longest(tmp_path: Path, slot: str, longest: str) -> None:
    room = 135 - len(longest)
    menu = MENU.replace('    say: "You', '    fee: balance\n    say: "You').replace("You have {account.main}", "%s{%s}")
    assert fit(tmp_path, menu % ("x" * room, slot)) == []
    (fault,) = fit(tmp_path, menu % ("x" * (room + 1), slot))
    assert "1 character too long" in fault


def test_the_largest_amount_is_the_operators(tmp_path: Path) -> None:
    menu = MENU.replace("You have {account.main}", "x" * 124 + "{account.main}")
    assert len(fit(tmp_path, menu)) == 1
    assert fit(tmp_path, menu, OPERATOR.replace('largest: "99.99"', 'largest_money: "999.99"')) == []


def test_every_unit_in_every_plural_is_tried(tmp_path: Path) -> None:
    menu = MENU.replace('    say: "You have {account.main}"\n', '    list: {of: account.bonuses, item: "%s{left}", none: None}\n')
    # of megabytes ("MB"), minutes, seconds, months ... the longest is "99999 minutes", as long as "99999 seconds"
    assert fit(tmp_path, menu % ("x" * (135 - len("99999 minutes")))) == []
    assert len(fit(tmp_path, menu % ("x" * (135 - len("99999 minutes") + 1)))) == 1


ASKS = """\
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


@pytest.fixture
def one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions and confirmations without a key for more."""
    monkeypatch.setattr(fit_ussd, "PAGED_QUESTIONS", False)


@pytest.mark.usefixtures("one_page")
def test_a_question_with_its_complaint_has_one_page(tmp_path: Path) -> None:
    # 182 less "00. Answer home" and "0. Answer back", each with its line break
    assert fit(tmp_path, ASKS % ("x" * 100, "y" * 50, "sure?")) == []
    (fault,) = fit(tmp_path, ASKS % ("x" * 100, "y" * 51, "sure?"))
    assert fault.startswith(
        '10:23 E075 en, USSD: the question for "language" with the longest that may stand above it is 1 character too long'
    )


@pytest.mark.usefixtures("one_page")
def test_a_confirmation_has_one_page(tmp_path: Path) -> None:
    assert fit(tmp_path, ASKS % ("x", "y", "z" * 106)) == []
    (fault,) = fit(tmp_path, ASKS % ("x", "y", "z" * 107))
    assert fault.startswith("11:14 E075 en, USSD: the confirmation with the longest that may stand above it is 1 character too long")


def test_where_questions_are_paged_their_lines_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_ussd, "PAGED_QUESTIONS", True)
    assert fit(tmp_path, ASKS % ("x" * 135, "y" * 51, "z" * 135)) == []
    found = fit(tmp_path, ASKS % ("x" * 136, "y" * 51, "z" * 136))
    assert [fault.partition(" E075")[0] for fault in found] == ["10:23", "11:14"]
    assert all("this line is 1 character too long" in fault for fault in found)


def test_a_fee_that_is_free_here_refuses_nobody(tmp_path: Path) -> None:
    chain = MENU.replace('"*1#", go: main}', '"*1#", go: more, then: dear}\n  - {ussd: "*2#", go: main}').replace(
        "You have", "x" * 100 + "\\n" + "y" * 30
    )
    dear = "  dear:\n    fee: balance\n    say: Dear\n"
    operator = OPERATOR.replace("  not_enough: Answer not enough\n", f"  not_enough: {'y' * 60}\n")
    assert "behind what was said before it" in fit(tmp_path, chain + dear, operator)[0]
    assert fit(tmp_path, chain + dear, operator.replace('ussd: "0.10"', "ussd: free")) == []


@pytest.mark.usefixtures("one_page")
def test_a_question_that_another_menu_leads_to_stands_below_its_page(tmp_path: Path) -> None:
    chained = ASKS.replace("go: main}", 'go: first, then: main}\n  - {ussd: "*2#", go: first, then: change}') + '  first:\n    say: "%s"\n'
    assert fit(tmp_path, chained % ("x" * 80, "y", "z", "w" * 50)) == []
    (fault,) = fit(tmp_path, chained % ("x" * 80, "y", "z", "w" * 70))
    assert fault.startswith('11:23 E075 en, USSD: the question for "language"') and '"No choice", "wwww' in fault


def test_an_answer_that_ends_a_session_has_one_page(tmp_path: Path) -> None:
    operator = OPERATOR.replace("  barred: Answer barred\n", f"  barred: {'x' * 183}\n")
    line = operator[: operator.index("  barred:")].count("\n") + 1
    assert fit(tmp_path, MENU, operator.replace("x" * 183, "x" * 182)) == []
    (fault,) = fit(tmp_path, MENU, operator)
    assert fault.startswith(f'operator.yaml:{line}:3 E075 en, USSD: the answer "barred" is 1 character too long')


def test_navigation_must_leave_room(tmp_path: Path) -> None:
    operator = OPERATOR.replace("  home: Answer home\n", f"  home: {'x' * 145}\n")
    (fault,) = fit(tmp_path, MENU, operator)
    assert "E075" in fault and fault.startswith("operator.yaml:") and "leave 1 character of a page" in fault


def test_what_was_said_before_a_refusal_counts(tmp_path: Path) -> None:
    chain = (
        MENU.replace('"*1#", go: main}', '"*1#", go: more, then: main}\n  - {ussd: "*2#", go: main}')
        + "  dear:\n    fee: balance\n    say: Dear\n"
    )
    assert fit(tmp_path, chain.replace("go: more}", "go: dear}")) == []
    dear = chain.replace("then: main", "then: dear").replace("go: more}", "go: dear}").replace("You have", "x" * 100 + "\\n" + "y" * 60)
    found = fit(tmp_path, dear)
    assert [fault.partition(" E075")[0] for fault in found] == ["13:3"] * len(found) and "behind what was said before it" in found[0]


def test_parts_that_exclude_each_other_are_not_added_up(tmp_path: Path) -> None:
    both = 'not_served:\n  - {when: line.roaming, say: "%s"}\n  - {when: not line.roaming, say: "%s"}\n'
    menu = MENU.replace("serves: everyone\n", "serves: prepaid\n" + both % ("x" * 180, "y" * 180))
    assert fit(tmp_path, menu) == []
    found = fit(tmp_path, menu.replace("not line.roaming", "line.notices"))
    assert len(found) == 1 and "not_served is 179 characters too long" in found[0]


SMS = MENU.replace('{ussd: "*1#", go: main}', '{ussd: "*1#", go: main}\n  - {sms: "1", text: "", go: more}')


def test_an_sms_has_as_many_parts_as_the_operator_allows(tmp_path: Path) -> None:
    text = "\\n".join(["x" * 100] * 4)  # 403 characters
    menu = SMS.replace("You have {account.main}", text)
    assert fit(tmp_path, menu) == []
    (fault,) = fit(tmp_path, menu, OPERATOR.replace("sessions:", "sms: {parts: 2}\nsessions:"))
    assert fault.startswith("10:3 E075 en, SMS: this menu is 97 characters too long") and "2 parts (operator.yaml, sms: parts)" in fault


def test_a_list_in_an_sms_is_counted_with_all_its_items(tmp_path: Path) -> None:
    menu = SMS.replace('    say: "You have {account.main}"\n', '    list: {of: account.bonuses, item: "{left}", none: None}\n')
    assert fit(tmp_path, menu) == []
    found = fit(tmp_path, menu.replace('"{left}"', '"{left} till {until:until}, thank you"'))
    assert len(found) == 1 and " SMS: this menu is " in found[0]


def test_menus_that_no_phone_comes_to_are_not_measured(tmp_path: Path) -> None:
    menu = MENU.replace('ussd: "*1#"', 'call: "1"').replace("Hello", "x" * 300)
    assert fit(tmp_path, menu) == []


def test_the_shipped_menus_fit() -> None:
    assert [fault for fault in fit_faults(shipped(), services()) if fault[1] == "E075"] == []


CHOOSE = """\
serves: everyone
entries:
  - {ussd: "*1#", go: list}
menus:
  list:
    get: {account: accounts.balance}
    list:
      of: account.bonuses
      item: "%s{left}"
      none: None
      choose: {label: "{left}", go: one, with: {until: "{until}"}}
  one:
    ask:
      until: {type: date, say: Until when}
    say: "%s{until}"
"""


def test_items_to_choose_from_have_a_number_of_two_digits_before_them(tmp_path: Path) -> None:
    # "20. " and "99999 minutes", beside "98. Answer next" and "00. Answer home"
    assert fit(tmp_path, CHOOSE % ("x" * (182 - 32 - 17), "")) == []
    (fault,) = fit(tmp_path, CHOOSE % ("x" * (182 - 32 - 16), ""))
    assert fault.startswith("8:7 E075 en, USSD: this line is 1 character too long") and '"20. xxx' in fault


def test_a_value_that_is_handed_over_is_measured_where_it_is_shown(tmp_path: Path) -> None:
    assert fit(tmp_path, CHOOSE % ("", "x" * 125)) == []
    assert len(fit(tmp_path, CHOOSE % ("", "x" * 126))) == 1


@pytest.mark.usefixtures("one_page")
def test_the_second_question_has_one_page_too(tmp_path: Path) -> None:
    menu = ASKS.replace("no_match:", 'again: "%s", no_match:') % ("Which", "x" * 137, "Wrong", "sure?")
    assert fit(tmp_path, menu.replace("x" * 137, "x" * 136)) == []
    found = fit(tmp_path, menu)
    assert [fault.partition(" is ")[0] for fault in found] == [
        '10:39 E075 en, USSD: the second question for "language" with the longest that may stand above it'
    ]


def test_offering_to_resume_has_one_page(tmp_path: Path) -> None:
    operator = OPERATOR.replace("  resume: Answer resume\n", f"  resume: {'x' * 140}\n").replace("{late: 3s}", "{late: 3s, resume: 5m}")
    assert fit(tmp_path, MENU, operator) == []
    (fault,) = fit(tmp_path, MENU.replace("go: main}", "go: main, resume: true}", 1), operator)
    assert fault.startswith("operator.yaml:") and '"resume" with a complaint above it is 3 characters too long' in fault


def test_an_sms_beside_the_page_is_measured_as_an_sms(tmp_path: Path) -> None:
    beside = MENU + "    also_sms: true\n"
    many = "\\n".join(["x" * 100] * 5)
    assert fit(tmp_path, beside) == [] and fit(tmp_path, MENU.replace("You have", many)) == []
    (fault,) = fit(tmp_path, beside.replace("You have", many))
    assert fault.startswith("9:3 E075 en, SMS: what this menu sends is ")
    (fault,) = fit(tmp_path, MENU + f"    also_sms: {'y' * 460}\n")
    assert " SMS: what this menu sends is 1 character too long" in fault


def test_notices_have_one_page_or_the_parts_of_an_sms() -> None:
    wording = lambda text: {channel: {"en": Message((text,), "en")} for channel in ("ussd", "sms")}  # noqa: E731
    model, events = shipped(), {"usage.charged": Event("usage.charged", "line", {"balance": "money"})}
    for by, room, told in (("ussd_notice", 182, "USSD"), ("flash", 459, "SMS"), ("sms", 459, "SMS")):
        for longer in (0, 1):
            text = ("x" * (room - len("-99999.99 AZN") + longer), Reference(("balance",)))
            notice = Notice("low", "usage.charged", (by,), say=(Part(wording(text), place="n.yaml:1:1"),), place="n.yaml:1:1")
            small = dataclasses.replace(
                model,
                operator=dataclasses.replace(model.operator, languages=("en",), sms=SmsSettings(3)),
                notices=(notice,),
                menus={},
                entries=(),
            )
            found = list(fit_faults(small, services(), None, events))
            assert len(found) == longer and all(f'{told}: the notice "low" is 1 character too long' in fault[2] for fault in found)


# -- what is proven is so


KEYS = ("1", "2", "3", "4", "5", "98", "98", "0", "00", "en", "wrong", "7")
CODES = ("*1#", "*1#", "*2#", "*2#", "*1*5#", "*1*3*en#", "*2*7#", "*9#")
SLOW = [HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(trees(), st.integers(0, 2**32))
def test_where_nothing_is_said_no_page_is_cut(tree: tuple[str, str], seed: int) -> None:
    """Any operator that has no E075, any session on it, any values that services.yaml allows: pages are whole, and none is too long."""
    menu, operator = tree
    with tempfile.TemporaryDirectory() as folder:
        model = model_of(Path(folder), menu, operator)
    silent = not [fault for fault in faults_of(model, operator) if " E075 " in fault]
    event("fits" if silent else "does not fit")
    assume(silent)
    chance = random.Random(seed)
    extremes = Extremes(chance)

    def never(line: str, *rest: object) -> tuple[str, str]:
        raise AssertionError(f"a line is cut: {line}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_text, "_cut", never)
        for code in chance.sample(CODES, 5):
            walk = Walk(code, LINE, operator=extremes, model=model)  # type: ignore[arg-type]
            check(walk)
            for key in chance.choices(KEYS, k=15):
                if not walk.state.ended:
                    walk.press(key)
                    check(walk)
        for text in ("", "all", "?"):
            messages = Walk("1", LINE, channel="sms", text=text, operator=extremes, model=model).messages  # type: ignore[arg-type]
            assert all(parts(message.text) <= model.operator.sms.parts for message in messages)


def parts(text: str) -> int:
    """The parts of an SMS; what takes two places is kept together."""
    size = measure(text)
    single, part = (160, 153) if size.encoding == "gsm7" else (70, 67)
    if size.length <= single:
        return 1
    count, room = 1, part
    for letter in text:
        takes = measure(letter).length if size.encoding == "gsm7" else len(letter.encode("utf-16-be")) // 2
        if takes > room:
            count, room = count + 1, part
        room -= takes
    return count


def check(walk: Walk) -> None:
    for effect in walk.effects:
        if isinstance(effect, Page):
            size = measure(effect.text)
            assert size.fits and (size.encoding, size.length) == (effect.encoding, effect.length)
    if walk.state.waiting.partition(":")[0] in ("field", "again", "confirm", "resume"):
        (page,) = [line for line in walk.trace if line.startswith("page ")][-1:]
        assert page.startswith("page 1/1 ") or fit_ussd.PAGED_QUESTIONS, "no key leads to the second page of a question"
