"""The shipped menus over USSD, page by page. The pages are written from services.md and the glossary, not copied from a run."""

from __future__ import annotations

import dataclasses

import pytest

from ivr.engine.model import Message
from ivr.engine.text import measure
from tests.engine.fake import TEN, Operator, Walk, azn, day, postpaid, prepaid, shipped

A3 = {
    "en": [
        "12.24 AZN till 05.03.2027\nGencOL\n1500 MB till 31.12.2026\n121 minutes till 31.12.2026\n50 SMS till 15.01.2027\n0. Back\n00. Menu"
    ],
    "az": [
        "12.24 AZN 05.03.2027 tarixinedek\nGencOL\n1500 MB 31.12.2026 tarixinedek\n121 deq. 31.12.2026 tarixinedek\n50 SMS 15.01.2027 tarixinedek\n0. Geri\n00. Menyu"
    ],
    "ru": [
        "12.24 AZN до 05.03.2027\nGencOL\n1500 МБ до 31.12.2026\n98. Далее\n0. Назад\n00. Меню",
        "121 мин до 31.12.2026\n50 SMS до 15.01.2027\n0. Назад\n00. Меню",
    ],
}
MAIN = {
    "en": "My line\n1. Account\n2. Bonuses\n3. Tariff\n4. Roaming\n5. Card check\n6. Notices\n7. Another's bill\n8. Language\n9. Help",
    "az": "Nomrem\n1. Hesab\n2. Bonuslar\n3. Tarif\n4. Rouminq\n5. Kart yoxlamasi\n6. Bildirisler\n7. Basqa nomrenin fakturasi\n8. Dil\n9. Komek",
    "ru": "Мой номер\n1. Счёт\n2. Бонусы\n3. Тариф\n4. Роуминг\n5. Проверка карты\n98. Далее",
}
MAIN_BEHIND_98 = "6. Уведомления\n7. Счёт другого номера\n8. Язык\n9. Помощь\n00. Меню"
NO_CHOICE = "There is no such choice.\n"


# -- A3


@pytest.mark.parametrize("language", ["en", "az", "ru"])
def test_a3_expiry_tariff_bonuses_and_the_balance_after_the_fee(language: str) -> None:
    walk = Walk("*111*1*7#", prepaid(language))
    assert walk.services == ["accounts.funds", "accounts.balance", "accounts.charge"]
    assert walk.operator.charged == [("balance", "0.10")]
    pages = [walk.text]
    for _ in A3[language][1:]:
        pages.append(walk.press("98").text)
        assert walk.services == []
    assert pages == A3[language]
    assert walk.page.encoding == ("ucs2" if language == "ru" else "gsm7")
    assert walk.page.more and walk.page.language == language
    assert walk.operator.charged == [("balance", "0.10")]


def test_a3_without_bonuses() -> None:
    assert (
        Walk("*111*1*7#", prepaid("en"), operator=Operator(())).text == "12.24 AZN till 05.03.2027\nGencOL\nNo bonuses\n0. Back\n00. Menu"
    )


@pytest.mark.parametrize(("balance", "shown"), [("2.9764", "2.87"), ("0.10", "0.00"), ("100.00", "99.90"), ("0.109999", "0.00")])
def test_a3_the_balance_is_rounded_down(balance: str, shown: str) -> None:
    assert Walk("*111*1*7#", prepaid("en", balance)).text.startswith(f"{shown} AZN till")


def test_a3_one_fee_a_session_whatever_is_looked_at() -> None:
    walk = Walk("*111*1*7#", prepaid("en"))
    walk.press("0")
    assert walk.text == "Account\n1. Balance\n2. Last charges\n7. Expiry, tariff, bonuses\n0. Back\n00. Menu"
    walk.press("1")
    assert walk.services == ["accounts.balance"]
    assert walk.text == "Balance: 12.24 AZN\n0. Back\n00. Menu"
    walk.press("0", "7")
    assert walk.text == A3["en"][0]
    walk.press("00", "2")
    assert walk.operator.charged == [("balance", "0.10")]


def test_a3_a_new_session_pays_again() -> None:
    operator = Operator()
    Walk("*111*1*7#", prepaid("en"), operator=operator)
    operator.done.clear()  # another session has other keys
    Walk("*111*1*7#", prepaid("en"), operator=operator)
    assert operator.charged == [("balance", "0.10")] * 2


def test_a3_the_same_menus_by_keys() -> None:
    walk = Walk("*111#", prepaid("en"))
    assert walk.services == [] and walk.text == MAIN["en"]
    assert walk.press("1", "7").text == A3["en"][0]
    assert walk.operator.charged == [("balance", "0.10")]


# -- *111#, back, home, next


@pytest.mark.parametrize("language", ["en", "az", "ru"])
def test_the_main_menu(language: str) -> None:
    walk = Walk("*111#", prepaid(language))
    assert walk.text == MAIN[language]
    assert walk.page.more
    if language == "ru":
        assert walk.press("98").text == MAIN_BEHIND_98


def test_a_line_without_a_language_gets_azerbaijani_in_ussd() -> None:
    walk = Walk("*111#", prepaid(None))
    assert walk.text == MAIN["az"]
    assert walk.page.language == "az"


def test_back_shows_the_menu_before_and_home_the_first() -> None:
    walk = Walk("*111#", prepaid("en"))
    walk.press("9", "2")
    assert walk.text == "*111*1*7# 0.10 AZN\nSMS 2112 0.10 AZN\nSMS 1005 0.02 AZN\nSMS 1003 0.02 AZN\nCalls are free.\n0. Back\n00. Menu"
    assert walk.press("0").text == "Help\n1. Codes and numbers\n2. Fees\n3. Operator\n0. Back\n00. Menu"
    assert walk.press("2", "00").text == MAIN["en"]


def test_the_first_menu_has_neither_back_nor_home() -> None:
    for key in ("0", "00", "98"):
        walk = Walk("*111#", prepaid("en")).press(key)
        assert walk.text == NO_CHOICE + MAIN["en"]


def test_back_makes_no_call_and_shows_what_was_read() -> None:
    walk = Walk("*111*1*7#", prepaid("ru")).press("98", "0", "7", "0")
    assert walk.services == []
    walk = Walk("*111*2#", prepaid("en"))
    before = walk.text
    walk.press("00", "2")
    assert walk.text == before


def test_back_from_a_later_page_leads_to_the_menu_before() -> None:
    walk = Walk("*111*1*7#", prepaid("ru")).press("98", "0")
    assert walk.text == "Счёт\n1. Баланс\n2. Последние списания\n7. Срок, тариф, бонусы\n0. Назад\n00. Меню"


def test_no_next_where_there_is_no_other_page() -> None:
    assert Walk("*111*1*7#", prepaid("en")).press("98").text.startswith(NO_CHOICE)
    assert Walk("*111*1*7#", prepaid("ru")).press("98", "98").text.startswith("Такого варианта нет.")


def test_a_list_over_many_pages_shows_every_item_once_and_in_order() -> None:
    walk = Walk("*111*2#", prepaid("ru"), operator=Operator(TEN))
    shown: list[str] = []
    while True:
        assert measure(walk.text).length == walk.page.length <= walk.page.limit == 80
        shown += [line for line in walk.text.split("\n") if " до " in line]
        if "98. Далее" not in walk.text:
            break
        walk.press("98")
    assert shown == [f"{number} мин до {number:02d}.12.2026" for number in range(1, 12)]


def test_after_a_wrong_key_every_line_can_still_be_reached() -> None:
    # the complaint takes a line, so the page splits elsewhere; "98. Далее" must lead to what was pushed off the page
    walk = Walk("*111#", prepaid("ru")).press("55")
    first = walk.text
    assert first.startswith("Такого варианта нет.\nМой номер\n1. Счёт") and "98. Далее" in first
    seen = first
    while "98. Далее" in walk.text:
        walk.press("98")
        assert "Такого варианта нет." not in walk.text
        seen += "\n" + walk.text
    assert [key for key in "123456789" if f"\n{key}. " in seen] == list("123456789")
    assert "9. Помощь" in walk.text


def test_direct_dial_with_a_complaint_shows_every_line() -> None:
    walk = Walk("*111*1*7*5#", prepaid("ru"))
    seen = walk.text
    assert seen.startswith("Такого варианта нет.\n12.24 AZN")
    for _ in range(3):
        if "98. Далее" in walk.text:
            seen += "\n" + walk.press("98").text
    for line in ("GencOL", "1500 МБ до 31.12.2026", "121 мин до 31.12.2026", "50 SMS до 15.01.2027"):
        assert seen.count(line) == 1


# -- direct dial


def test_direct_dial_presses_keys_without_showing_pages() -> None:
    walk = Walk("*111*9*1#", prepaid("en"))
    assert walk.text == "*111*1*7# balance\nSMS 2112 balance\nSMS 1005 tariff\nSMS 1003 card\n0. Back\n00. Menu"
    assert walk.services == []


@pytest.mark.parametrize("code", ["*111*44#", "*111*44*1#", "*111*0#", "*111*98#", "*111*11#", "*111*07#"])
def test_digits_nobody_expects_show_the_page_reached(code: str) -> None:
    walk = Walk(code, prepaid("en"))
    assert walk.text == NO_CHOICE + MAIN["en"]
    assert walk.services == [] and walk.page.more
    assert walk.press("9").text.startswith("Help")


def test_digits_behind_a_figure() -> None:
    walk = Walk("*111*1*7*3*3#", prepaid("en"))
    assert walk.text == NO_CHOICE + A3["en"][0]
    assert walk.operator.charged == [("balance", "0.10")]


@pytest.mark.parametrize(
    "code",
    [
        "*999#",
        "*11#",
        "*1111#",
        "*111",
        "111",
        "*111**1#",
        "*#",
        "**#",
        "*1a1#",
        "*111*" + "1*" * 5000 + "1#",
        "*١١١#",
        "",
        "#",
        "*111#1",
        "*111*1;DROP TABLE line#",
    ],
)
def test_a_code_without_a_service(code: str) -> None:
    walk = Walk(code, prepaid("en"), channel="ussd")
    assert walk.text == "There is no service under this code."
    assert walk.services == [] and walk.end == "refused" and not walk.page.more and walk.state.ended


# -- A8


@pytest.mark.parametrize(
    ("language", "pages"),
    [
        (
            "en",
            [
                "Billed 45.60 AZN\nNow 12.07 AZN\nAdvance 20.00 AZN\nTill 20.12.2026"
                "\n1. Access to my bill\n2. Another's bill\n3. Line\n4. Card check\n5. Language\n6. Help"
            ],
        ),
        (
            "az",
            [
                "Faktura 45.60 AZN\nCari 12.07 AZN\nAvans 20.00 AZN\nOdenis 20.12.2026 tarixinedek"
                "\n1. Fakturama icaze\n2. Basqa nomrenin fakturasi\n3. Nomre\n4. Kart yoxlamasi\n5. Dil\n6. Komek"
            ],
        ),
        (
            "ru",
            [
                "Счёт 45.60 AZN\nТекущая 12.07 AZN\nАванс 20.00 AZN\nОплата до 20.12.2026\n98. Далее",
                "1. Доступ к счёту\n2. Счёт другого номера\n3. Номер\n98. Далее\n00. Меню",
                "4. Проверка карты\n5. Язык\n6. Помощь\n00. Меню",
            ],
        ),
    ],
)
def test_a8_the_bill_with_its_choices_under_the_figures(language: str, pages: list[str]) -> None:
    walk = Walk("*650#", postpaid(language))
    assert walk.services == ["accounts.bill"]
    seen = [walk.text, *(walk.press("98").text for _ in pages[1:])]
    assert seen == pages
    assert walk.operator.charged == []


def test_a8_an_overdue_bill_says_so() -> None:
    assert "\nOVERDUE\n1. Access to my bill" in Walk("*650#", postpaid("en"), operator=Operator(overdue=True)).text


def test_a8_home_on_a_later_page_of_the_first_menu_is_its_first_page() -> None:
    walk = Walk("*650#", postpaid("ru"))
    first = walk.text
    assert walk.press("98", "00").text == first


# -- A13


@pytest.mark.parametrize(
    ("key", "page"),
    [
        ("1", "Indi diliniz Azerbaycan dilidir.\n0. Geri\n00. Menyu"),
        ("2", "Your language is English now.\n0. Back\n00. Menu"),
        ("3", "Теперь ваш язык русский.\n0. Назад\n00. Меню"),
    ],
)
@pytest.mark.parametrize("before", ["az", "en", "ru", None])
def test_a13_what_follows_is_in_the_new_language(before: str | None, key: str, page: str) -> None:
    walk = Walk("*111*8#", prepaid(before)).press(key)
    assert walk.services == ["accounts.set_language"]
    assert walk.text == page
    language = {"1": "az", "2": "en", "3": "ru"}[key]
    assert walk.state.line is not None and walk.state.line.language == language
    assert walk.press("00").text == MAIN[language]


def test_a13_the_choices_are_in_their_own_languages() -> None:
    walk = Walk("*111*8#", prepaid("en"))
    assert walk.text == "Language\n1. Azerbaycanca\n2. English\n3. Russkiy\n0. Back\n00. Menu"
    assert walk.page.encoding == "gsm7"


def test_a13_back_after_the_change_is_the_menu_before_the_act_in_the_new_language() -> None:
    walk = Walk("*111*8*3#", prepaid("en")).press("0")
    assert walk.text == "Язык\n1. Azerbaycanca\n2. English\n3. Russkiy\n0. Назад\n00. Меню"
    assert walk.services == []


def test_a13_by_direct_dial_and_for_postpaid() -> None:
    assert Walk("*111*8*2#", prepaid("az")).text.startswith("Your language is English now.")
    assert Walk("*650*5*1#", postpaid("ru")).text == "Indi diliniz Azerbaycan dilidir.\n0. Geri\n00. Menyu"


def test_a_language_for_this_session_only_asks_nothing_and_changes_nothing() -> None:
    walk = Walk("*111#", prepaid("az"), language="ru")
    assert walk.text == MAIN["ru"]
    assert walk.state.line is not None and walk.state.line.language == "az"
    assert Walk("*111#", prepaid("az"), language="de").text == MAIN["az"]


# -- A16 (an outcome that is not ok)


def test_a16_notices_off_and_off_again() -> None:
    walk = Walk("*111*6#", prepaid("en"))
    assert walk.text == "Notices after each charge: on\n2. Turn off\n0. Back\n00. Menu"
    assert walk.press("2").text == "Notices are off.\n0. Back\n00. Menu"
    # back leads to the menu before the act, which is true by now
    assert walk.press("0").text == "Notices after each charge: off\n1. Turn on\n0. Back\n00. Menu"
    assert walk.press("1").text == "Notices are on. They are free.\n0. Back\n00. Menu"


def test_a_choice_that_is_hidden_cannot_be_pressed() -> None:
    walk = Walk("*111*6#", prepaid("en")).press("1")
    assert walk.text == NO_CHOICE + "Notices after each charge: on\n2. Turn off\n0. Back\n00. Menu"
    assert walk.services == []


def test_an_outcome_leaves_through_otherwise() -> None:
    walk = Walk("*111*6#", prepaid("en"), operator=Operator(outcomes={"accounts.notices_off": "already"})).press("2")
    assert walk.text == "Notices were off already.\n0. Back\n00. Menu"
    assert walk.page.more and walk.press("00").text == MAIN["en"]


# -- A17, A18, A19


@pytest.mark.parametrize(
    ("language", "page"),
    [
        ("en", "This is for postpaid lines.\nYours: *111#, a call or an empty SMS to 2112.\n1. Another's bill"),
        (
            "az",
            "Bu xidmet fakturali xetler ucundur.\nSizin ucun: *111#, 2112 nomresine zeng ve ya bos SMS.\n1. Basqa nomrenin fakturasi",
        ),
        ("ru", "Это для постоплатных линий.\nДля вас: *111# или 2112.\n1. Счёт другого номера"),
    ],
)
def test_a17_a_prepaid_line_on_the_postpaid_code(language: str, page: str) -> None:
    walk = Walk("*650#", prepaid(language))
    assert (walk.text, walk.services, walk.page.more) == (page, [], True)


@pytest.mark.parametrize("code", ["*111#", "*111*1*7#", "*111*8*2#"])
def test_a17_a_postpaid_line_on_the_prepaid_code(code: str) -> None:
    walk = Walk(code, postpaid("en"))
    assert (walk.text, walk.services, walk.end) == (
        "This is for prepaid lines. Yours: *650#, a call to 650 or an empty SMS to 650.",
        [],
        "refused",
    )


@pytest.mark.parametrize(
    ("language", "page"),
    [
        ("en", "The fee is 0.10 AZN and your balance is 0.05 AZN. Nothing was charged."),
        ("az", "Xidmet haqqi 0.10 AZN teskil edir. Balansinizda 0.05 AZN var. Hec bir mebleg cixilmadi."),
        ("ru", "Плата 0.10 AZN, на счёте 0.05 AZN. Ничего не списано."),
    ],
)
def test_a18_not_enough_for_the_fee_calls_nothing(language: str, page: str) -> None:
    walk = Walk("*111*1*7#", prepaid(language, "0.05"))
    assert walk.services == ["accounts.funds"], "nothing may be looked up for a line that cannot pay"
    assert (walk.text, walk.end, walk.page.more) == (page, "refused", False)
    assert walk.operator.charged == []


def test_a18_exactly_the_fee_is_enough_and_one_step_less_is_not() -> None:
    assert Walk("*111*1*7#", prepaid("en", "0.10")).text.startswith("0.00 AZN till")
    assert Walk("*111*1*7#", prepaid("en", "0.099999")).text.startswith("The fee is 0.10 AZN and your balance is 0.09 AZN.")


def test_a18_money_that_goes_between_the_look_and_the_charge() -> None:
    walk = Walk("*111*1*7#", prepaid("en"), operator=Operator(outcomes={"accounts.charge": "not_enough"}))
    assert walk.text == "The fee is 0.10 AZN and your balance is 12.34 AZN. Nothing was charged."
    assert walk.end == "refused" and not walk.state.paid


def test_a18_a_free_menu_is_open_to_a_line_without_money() -> None:
    assert Walk("*111*3#", prepaid("en", "0.00")).text == "Tariff: GencOL\n0. Back\n00. Menu"


@pytest.mark.parametrize("code", ["*111#", "*111*1*7#", "*650#", "*999#"])
def test_a19_unknown_barred_expired(code: str) -> None:
    for line, page in (
        (None, "Bu nomreye Azercell xidmet gostermir."),
        (prepaid("ru", status="barred"), "Ваш номер заблокирован. Позвоните бесплатно по номеру 111."),
        (prepaid("en", status="expired", expires=day("2026-10-01")), "Your line expired on 01.10.2026. Top it up to use it again."),
        (
            prepaid("ru", status="expired", expires=day("2026-10-01")),
            "Ваш номер действовал до 01.10.2026. Пополните счёт, чтобы им пользоваться.",
        ),
        (postpaid("en", status="barred"), "Your line is barred. Call 111, free of charge."),
    ):
        walk = Walk(code, line)
        assert walk.text == page
        assert (walk.services, walk.end, walk.page.more) == ([], "refused", False)
        assert walk.page.length <= walk.page.limit


# -- failures


@pytest.mark.parametrize("service", ["accounts.funds", "accounts.balance", "accounts.charge"])
@pytest.mark.parametrize(
    ("outcome", "page"),
    [
        ("unavailable", "We cannot answer now. Please try again later. Nothing was charged."),
        ("late", "It takes longer than usual. Please try again later. Nothing was charged."),
        ("nonsense", "We cannot answer now. Please try again later. Nothing was charged."),
    ],
)
def test_a_service_that_fails(service: str, outcome: str, page: str) -> None:
    walk = Walk("*111*1*7#", prepaid("en"), operator=Operator(outcomes={service: outcome}))
    assert (walk.text, walk.end, walk.page.more) == (page, "failed", False)
    assert walk.operator.charged == []


def test_three_wrong_keys_end_with_a_goodbye() -> None:
    walk = Walk("*111#", prepaid("en")).press("55", "55")
    assert walk.page.more
    walk.press("55")
    assert walk.text == "There is no such choice.\nThank you. Goodbye."
    assert walk.end == "completed" and walk.state.ended


def test_a_right_key_forgives_the_wrong_ones() -> None:
    walk = Walk("*111#", prepaid("en")).press("55", "55", "9", "5", "5", "1")
    assert walk.page.more and walk.text.startswith("*111*1*7# balance")


def test_home_forgives_the_wrong_keys_too() -> None:
    walk = Walk("*111*9#", prepaid("en")).press("5", "5", "00", "55", "55")
    assert walk.page.more and walk.text == NO_CHOICE + MAIN["en"]


@pytest.mark.parametrize("text", ["x" * 10_000, "", " ", "1 7", "one", "１", "١", "1\n", "\x00", "\ud83d", "1;--", "-1", "1.0", "01"])
def test_a_key_that_is_no_choice(text: str) -> None:
    walk = Walk("*111#", prepaid("en")).press(text)
    assert walk.text == NO_CHOICE + MAIN["en"]
    assert text not in walk.text or len(text.strip()) < 3


def test_spaces_around_a_key_are_forgiven() -> None:
    assert Walk("*111#", prepaid("en")).press(" 9 ").text.startswith("Help")


def test_after_the_end_nothing_follows() -> None:
    walk = Walk("*999#", prepaid("en")).press("1")
    assert walk.effects == () and walk.state.ended
    assert walk.silent().effects == () and walk.gone("aborted").effects == ()


def test_the_network_aborts() -> None:
    walk = Walk("*111#", prepaid("en")).gone("aborted")
    assert walk.end == "aborted" and walk.state.ended and len(walk.effects) == 1


def test_a_switch_closes_at_once() -> None:
    model = shipped()
    menus = dict(model.menus)
    menus["help.main"] = dataclasses.replace(menus["help.main"], switch="help")
    model = dataclasses.replace(
        model, menus=menus, operator=dataclasses.replace(model.operator, switches={**model.operator.switches, "help": True})
    )
    walk = Walk("*111#", prepaid("en"), model=model)
    assert "9. Help" in walk.text
    walk.switches = {"help": False}
    assert walk.press("9").text == NO_CHOICE + MAIN["en"].removesuffix("\n9. Help")


def test_the_fee_is_the_operators_figure() -> None:
    model = shipped()
    fees = {
        **model.operator.fees,
        "balance": dataclasses.replace(model.operator.fees["balance"], prices={"ussd": azn("0.0236")}, once=False),
    }
    model = dataclasses.replace(model, operator=dataclasses.replace(model.operator, fees=fees))
    walk = Walk("*111*1*7#", prepaid("en"), model=model)
    assert walk.text.startswith("12.31 AZN")  # 12.34 - 0.0236 = 12.3164, rounded down
    walk.press("0", "7")
    assert walk.operator.charged == [("balance", "0.0236")] * 2, "`each` charges every time"


def test_a_last_word_longer_than_a_page_is_cut_at_a_word() -> None:
    model = shipped()
    long = {"ussd": {"en": Message(("word " * 50 + "end",), "en")}}
    model = dataclasses.replace(
        model, operator=dataclasses.replace(model.operator, answers={**model.operator.answers, "unknown_code": long})
    )
    walk = Walk("*999#", prepaid("en"), model=model)
    assert walk.state.ended and not walk.page.more and "98" not in walk.page.text
    assert walk.page.length <= walk.page.limit and walk.page.text.endswith("word")
