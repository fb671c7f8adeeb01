"""The shipped menus in a call, prompt by prompt; values stand in angle brackets, as the speller will say them."""

from __future__ import annotations

import pytest

from ivr.engine.effects import Pause, Speak
from tests.engine.fake import TEN, Operator, Walk, postpaid, prepaid

MAIN = {
    "en": "Main menu. Account: press <1> Bonuses: press <2> Tariff: press <3> Roaming: press <4> Card check: press <5> Notices: press <6>"
    " To hear the bill of another number, press <7> Language: press <8> Help: press <9>",
    "az": "Əsas menyu. "
    + " ".join(
        f"{label} üçün <{key}> düyməsini basın"
        for key, label in enumerate(
            ("Hesab", "Bonuslar", "Tarif", "Rouminq", "Kart yoxlaması", "Bildirişlər", "Başqa nömrənin fakturası", "Dil", "Kömək"), 1
        )
    ),
    "ru": "Главное меню. "
    + " ".join(
        f"{label}{':' if key != 7 else ','} нажмите <{key}>"
        for key, label in enumerate(
            (
                *("Счёт", "Бонусы", "Тариф", "Роуминг", "Проверка карты", "Уведомления"),
                *("Чтобы прослушать счёт другого номера", "Язык", "Помощь"),
            ),
            1,
        )
    ),
}
PERSON = {
    "en": "To speak to an operator, press <0>",
    "az": "Operatorla danışmaq üçün <0> düyməsini basın",
    "ru": "Для разговора с оператором нажмите <0>",
}
MAIN = {language: f"{said} {PERSON[language]}" for language, said in MAIN.items()}
A1 = {
    "en": "Your balance is <12.34 AZN> <1500 megabyte> valid until <2026-12-31:until> <121 minute> valid until <2026-12-31:until>"
    " <50 message> valid until <2027-01-15:until> Your balance is valid until <2027-03-05:until>",
    "az": "Balansınız <12.34 AZN> təşkil edir. <1500 megabyte> istifadə müddəti <2026-12-31:until> <121 minute> istifadə müddəti <2026-12-31:until>"
    " <50 message> istifadə müddəti <2027-01-15:until> Balansınızdan <2027-03-05:until> istifadə edə bilərsiniz.",
    "ru": "На вашем счёте <12.34 AZN> <1500 megabyte> срок действия <2026-12-31:until> <121 minute> срок действия <2026-12-31:until>"
    " <50 message> срок действия <2027-01-15:until> Баланс действует <2027-03-05:until>",
}
BILL_CHOICES = {
    "en": "To choose who may hear your bill, press <1> To hear the bill of another number, press <2>"
    " Line: press <3> Card check: press <4> Language: press <5> Help: press <6>",
    "az": "Fakturanıza icazə vermək üçün <1> düyməsini basın Başqa nömrənin fakturası üçün <2> düyməsini basın"
    " Nömrə üçün <3> düyməsini basın Kart yoxlaması üçün <4> düyməsini basın Dil üçün <5> düyməsini basın Kömək üçün <6> düyməsini basın",
    "ru": "Для управления доступом к счёту нажмите <1> Чтобы прослушать счёт другого номера, нажмите <2>"
    " Номер: нажмите <3> Проверка карты: нажмите <4> Язык: нажмите <5> Помощь: нажмите <6>",
}
BILL_CHOICES = {language: f"{said} {PERSON[language]}" for language, said in BILL_CHOICES.items()}
A6 = {
    "en": "You were billed <45.60 AZN> Your current amount is <12.07 AZN> You paid <20.00 AZN> in advance. Please pay until <2026-12-20:until>",
    "az": "Fakturanızın məbləği <45.60 AZN> təşkil edir. Cari məbləğ <12.07 AZN> təşkil edir. Avans ödənişiniz <20.00 AZN> təşkil edir."
    " Zəhmət olmasa, <2026-12-20:until> ödəniş edin.",
    "ru": "Сумма счёта: <45.60 AZN> Текущая сумма: <12.07 AZN> Ваш аванс: <20.00 AZN> Пожалуйста, оплатите счёт <2026-12-20:until>",
}
ASK = "Azərbaycan dili üçün <1> düyməsini basın For English, press <2> Для русского языка нажмите <3>"
LANGUAGES = ["en", "az", "ru"]


def plain(text: str) -> str:
    """Full stops inside do not matter to what is heard."""
    return text.replace(". ", " ").rstrip(".")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a1_figures_first_then_the_menu(language: str) -> None:
    walk = Walk("2112", prepaid(language))
    assert plain(walk.said) == plain(f"{A1[language]} {MAIN[language]}")
    assert walk.services == ["accounts.balance"], "a call is free: no fee is looked at or taken"
    assert walk.speak.language == language
    assert {part.language for part in walk.speak.parts if not isinstance(part, Pause)} == {language}


def test_a1_without_bonuses() -> None:
    assert " You have no bonuses. Your balance is valid" in Walk("2112", prepaid("en"), operator=Operator(())).said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a6_figures_first_then_the_choices(language: str) -> None:
    walk = Walk("650", postpaid(language))
    assert plain(walk.said) == plain(f"{A6[language]} {BILL_CHOICES[language]}")
    assert walk.services == ["accounts.bill"]


def test_a_call_collects_one_key_with_the_operators_times() -> None:
    collect = Walk("2112", prepaid("en")).speak.collect
    assert collect is not None
    assert (collect.most, collect.first_digit, collect.between_digits, collect.interrupt, collect.end, collect.secret) == (
        1,
        6,
        3,
        True,
        "",
        False,
    )


def test_between_two_sentences_is_a_pause_and_none_at_the_end() -> None:
    parts = Walk("2112", prepaid("en")).speak.parts
    assert isinstance(parts[2], Pause)
    assert not isinstance(parts[-1], Pause)


def test_the_same_tree_by_keys() -> None:
    walk = Walk("2112", prepaid("en")).press("1")
    assert walk.said == "Your account. Balance: press <1> Last charges: press <2> Expiry, tariff, bonuses: press <7>"
    walk.press("7")
    # a menu without choices has been said: the call returns to the last menu that had some
    assert plain(walk.said) == plain(
        f"{A1['en']} Your account. Balance: press <1> Last charges: press <2> Expiry, tariff, bonuses: press <7>"
    )
    assert walk.press("*").said == MAIN["en"]
    assert walk.operator.charged == []


def test_the_repeat_key_says_the_figures_again_without_a_look_up() -> None:
    walk = Walk("2112", prepaid("en"))
    first = walk.said
    for _ in range(5):
        assert walk.press("#").said == first
        assert walk.services == []


def test_repeat_is_no_mistake() -> None:
    walk = Walk("2112", prepaid("en")).press("*", "*", "#", "#", "#", "#")
    assert walk.state.mistakes == 2 and not walk.state.ended


def test_back_at_the_first_menu_is_no_choice() -> None:
    assert Walk("2112", prepaid("en")).press("*").said.startswith("There is no such choice.")


@pytest.mark.parametrize(
    ("language", "unheard"), [("en", "I did not hear a key."), ("az", "Heç bir düymə basılmadı."), ("ru", "Вы ничего не нажали.")]
)
def test_silence(language: str, unheard: str) -> None:
    walk = Walk("2112", prepaid(language)).silent()
    assert walk.said == f"{unheard} {MAIN[language]}"


GOODBYE = {"en": "Thank you. Goodbye.", "az": "Təşəkkür edirik. Sağ olun.", "ru": "Спасибо. До свидания."}


@pytest.mark.parametrize("language", LANGUAGES)
def test_goodbye_after_three_silences(language: str) -> None:
    walk = Walk("2112", prepaid(language)).silent(2)
    assert not walk.state.ended
    walk.silent()
    assert walk.said == GOODBYE[language]
    assert walk.speak.collect is None and walk.end == "completed" and walk.state.ended


def test_silence_and_wrong_keys_are_counted_apart() -> None:
    walk = Walk("2112", prepaid("en")).silent().press("*").silent().press("*")
    assert (walk.state.silences, walk.state.mistakes, walk.state.ended) == (2, 2, False)
    assert walk.said == f"There is no such choice. {MAIN['en']}"
    walk.press("*")
    assert walk.said == "There is no such choice. Thank you. Goodbye."
    assert walk.state.ended
    walk = Walk("2112", prepaid("en")).press("*").silent().press("*").silent(2)
    assert walk.said == GOODBYE["en"]


def test_a_right_key_forgives_both() -> None:
    walk = Walk("2112", prepaid("en")).press("*", "*").silent(2).press("1")
    assert (walk.state.silences, walk.state.mistakes) == (0, 0)


# -- the first call of a line without a language (A13)


@pytest.mark.parametrize(
    ("key", "language", "told"),
    [("1", "az", "Bundan sonra Azərbaycan dilində."), ("2", "en", "From now on in English."), ("3", "ru", "Теперь на русском языке.")],
)
def test_a_first_call_asks_for_the_language_and_goes_on(key: str, language: str, told: str) -> None:
    walk = Walk("2112", prepaid(None))
    assert walk.said == ASK
    assert walk.services == []
    walk.press(key)
    assert walk.services == ["accounts.set_language", "accounts.balance"]
    assert plain(walk.said) == plain(f"{told} {A1[language]} {MAIN[language]}")
    assert walk.state.line is not None and walk.state.line.language == language


def test_the_question_is_said_by_voices_of_three_languages() -> None:
    parts = [part for part in Walk("2112", prepaid(None)).speak.parts if not isinstance(part, Pause)]
    assert [part.language for part in parts] == ["az", "az", "az", "en", "en", "ru", "ru"]


def test_silence_twice_goes_on_in_the_default_language_and_keeps_nothing() -> None:
    walk = Walk("2112", prepaid(None)).silent()
    assert walk.said == f"Heç bir düymə basılmadı. {ASK}"
    walk.silent()
    assert plain(walk.said) == plain(f"{A1['az']} {MAIN['az']}")
    assert walk.services == ["accounts.balance"]
    assert walk.state.line is not None and walk.state.line.language is None


def test_the_question_comes_before_the_bill_too_and_has_nothing_behind_it() -> None:
    walk = Walk("650", postpaid(None))
    assert walk.said == ASK
    assert walk.press("*").said.startswith("Belə seçim yoxdur.")
    walk.press("2")
    assert plain(walk.said) == plain(f"From now on in English. {A6['en']} {BILL_CHOICES['en']}")


def test_a_language_given_with_the_call_is_not_asked_for() -> None:
    assert plain(Walk("2112", prepaid(None), language="ru").said) == plain(f"{A1['ru']} {MAIN['ru']}")


@pytest.mark.parametrize(
    ("key", "language", "told"), [("1", "az", "Bundan sonra Azərbaycan dilində."), ("3", "ru", "Теперь на русском языке.")]
)
def test_a_language_changed_in_the_middle_of_a_call(key: str, language: str, told: str) -> None:
    walk = Walk("2112", prepaid("en")).press("8")
    assert walk.said == ASK or walk.said.endswith(ASK)
    walk.press(key)
    # said, then back to the last menu that had choices, in the new language
    assert walk.said.startswith(told) and walk.said.endswith(ASK)
    assert walk.press("*").said == MAIN[language]
    assert walk.press("3").said.startswith({"az": "Tarifiniz: <gənc ol>", "ru": "Ваш тариф: <гяндж ол>"}[language])


# -- lists in parts


def test_a_list_is_said_in_parts() -> None:
    walk = Walk("2112", prepaid("en"), operator=Operator(TEN)).press("2")
    items = [f"<{number} minute> valid until <2026-12-{number:02d}:until>" for number in range(1, 12)]
    assert walk.said == f"Your bonuses. {' '.join(items[:5])} For more, press <9>"
    assert walk.press("9").said == f"{' '.join(items[5:10])} For more, press <9>"
    assert walk.services == [], "a list is kept as it was first read"
    # the last part ends the menu: the call returns to the last one that had choices
    assert walk.press("9").said == f"{items[10]} {MAIN['en']}"


def test_the_repeat_key_repeats_the_part() -> None:
    walk = Walk("2112", prepaid("en"), operator=Operator(TEN)).press("2", "9")
    part = walk.said
    assert part.startswith("<6 minute>") and walk.press("#").said == part


def test_back_from_a_list() -> None:
    walk = Walk("2112", prepaid("en"), operator=Operator(TEN)).press("2", "9", "*")
    assert walk.said == MAIN["en"]


def test_nine_is_a_choice_where_no_list_speaks_in_parts() -> None:
    assert Walk("2112", prepaid("en")).press("9").said == "Help. Codes and numbers: press <1> Fees: press <2> Operator: press <3>"


# -- A17, A18, A19 and failures


@pytest.mark.parametrize(
    ("number", "line", "said"),
    [
        ("2112", postpaid("ru"), "Этот номер для предоплатных линий. Пожалуйста, позвоните по номеру шесть пять ноль."),
        ("2112", postpaid("az"), "Bu nömrə fakturasız xətlər üçündür. Zəhmət olmasa, altı beş sıfır nömrəsinə zəng edin."),
        ("2112", None, "Bu nömrəyə Azercell xidmət göstərmir."),
        ("2112", prepaid("ru", status="barred"), "Ваш номер заблокирован. Позвоните бесплатно по номеру <111:digits>"),
        ("2112", prepaid("en", status="expired"), "Your line expired on <2027-03-05> Top it up to use it again."),
        ("999", prepaid("en"), "There is no service under this code."),
        ("", prepaid("en"), "There is no service under this code."),
    ],
)
def test_a17_a19_who_may_not_come_in(number: str, line: object, said: str) -> None:
    walk = Walk(number, line, channel="call")  # type: ignore[arg-type]
    assert plain(walk.said) == plain(said)
    assert walk.services == [] and walk.speak.collect is None and walk.end == "refused"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "This number is for postpaid lines. For your own balance please call two one one two."
            " To hear the bill of another number, press <1>",
        ),
        (
            "az",
            "Bu nömrə fakturalı xətlər üçündür. Öz balansınız üçün, zəhmət olmasa, iki bir bir iki nömrəsinə zəng edin."
            " Başqa nömrənin fakturası üçün <1> düyməsini basın",
        ),
        (
            "ru",
            "Этот номер для постоплатных линий. Чтобы узнать свой баланс, позвоните по номеру два один один два."
            " Чтобы прослушать счёт другого номера, нажмите <1>",
        ),
    ],
)
def test_a17_a_prepaid_line_at_650_is_told_its_own_number_and_may_hear_a_granted_bill(language: str, said: str) -> None:
    walk = Walk("650", prepaid(language))
    assert plain(walk.said) == plain(f"{said} {PERSON[language]}")
    assert walk.services == [] and not walk.state.ended


def test_a_figure_that_cannot_be_had_leaves_the_menu() -> None:
    walk = Walk("2112", prepaid("en"), operator=Operator(outcomes={"accounts.balance": "late"}))
    assert walk.said == f"It takes longer than usual. Please try again later. Nothing was charged. {MAIN['en']}"
    walk = Walk("650", postpaid("en"), operator=Operator(outcomes={"accounts.bill": "unavailable"}))
    assert walk.said == "We cannot answer now. Please try again later. Nothing was charged. Thank you. Goodbye."
    assert walk.state.ended


def test_an_act_that_fails_returns_to_its_menu() -> None:
    walk = Walk("2112", prepaid("en"), operator=Operator(outcomes={"accounts.notices_off": "unavailable"})).press("6", "2")
    assert (
        walk.said == "We cannot answer now. Please try again later. Nothing was charged. Notices after each charge: on Turn off: press <2>"
    )


def test_already() -> None:
    walk = Walk("2112", prepaid("en"), operator=Operator(outcomes={"accounts.notices_off": "already"})).press("6", "2")
    assert walk.said == "Notices were off already. Notices after each charge: on Turn off: press <2>"


@pytest.mark.parametrize("why", ["hung_up", "aborted", "timed_out", "superseded"])
def test_the_caller_is_gone(why: str) -> None:
    walk = Walk("2112", prepaid("en")).press("1").gone(why)
    assert walk.end == why and walk.state.ended
    assert not [effect for effect in walk.effects if isinstance(effect, Speak)]


def test_a_keypad_of_nonsense() -> None:
    for text in ("A", "12", "##", "**", "", "x" * 10_000):
        assert Walk("2112", prepaid("en")).press(text).said == f"There is no such choice. {MAIN['en']}"
