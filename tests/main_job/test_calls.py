"""The main job by telephone: a real Asterisk brings the calls to `ivr serve`, an RTP phone of our own dials, presses, records and listens.

The long calls run side by side in one fixture: a call takes as long as it takes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.main_job.server import Server
from tests.main_job.words import Samples, Words
from tests.phones.rtp_phone import Call, RtpPhone

# a call is made again where the machine stood still meanwhile: three times at the most, up to 90 s each
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# What each line must hear, in order, written by hand; a reference is one or more units in one breath.
AZ_MENU = (
    "Əsas menyu.", "Hesab üçün | bir | düyməsini basın", "Bonuslar üçün | iki | düyməsini basın", "Tarif üçün | üç | düyməsini basın",
    "Rouminq üçün | dörd | düyməsini basın", "Kart yoxlaması üçün | beş | düyməsini basın", "Bildirişlər üçün | altı | düyməsini basın",
    "Başqa nömrənin fakturası üçün | yeddi | düyməsini basın", "Dil üçün | səkkiz | düyməsini basın", "Kömək üçün | doqquz | düyməsini basın",
)  # fmt: skip
RU_MENU = (
    "Главное меню.", "Счёт: нажмите | один", "Бонусы: нажмите | два", "Тариф: нажмите | три", "Роуминг: нажмите | четыре",
    "Проверка карты: нажмите | пять", "Уведомления: нажмите | шесть", "Чтобы прослушать счёт другого номера, нажмите | семь",
    "Язык: нажмите | восемь", "Помощь: нажмите | девять",
)  # fmt: skip
EN_MENU = (
    "Main menu.", "Account: press | one", "Bonuses: press | two", "Tariff: press | three", "Roaming: press | four", "Card check: press | five",
    "Notices: press | six", "To hear the bill of another number, press | seven", "Language: press | eight", "Help: press | nine",
)  # fmt: skip
EN_ACCOUNT = ("Your account.", "Balance: press | one", "Last charges: press | two", "Expiry, tariff, bonuses: press | seven")


@dataclass(frozen=True)
class Heard:
    """A call as one line hears it, and what only other lines may hear."""

    line: str
    number: str
    language: str
    words: tuple[str, ...]
    never: tuple[str, ...]
    keys: tuple[tuple[float, str], ...] = ()


LISTENING = {
    "az": Heard(
        "994501110001", "2112", "az",
        (
            "Balansınız", "on iki manat | otuz dörd qəpik", "təşkil edir.",
            "min | beş yüz meqabayt", "istifadə müddəti", "otuz bir dekabr | iki min iyirmi altıncı il tarixinədək",
            "yüz | iyirmi bir dəqiqə", "istifadə müddəti", "otuz bir dekabr | iki min iyirmi altıncı il tarixinədək",
            "əlli mesaj", "istifadə müddəti", "on beş yanvar | iki min iyirmi yeddinci il tarixinədək",
            "Balansınızdan", "beş mart | iki min iyirmi yeddinci il tarixinədək", "istifadə edə bilərsiniz.",
            *AZ_MENU,
        ),
        ("qırx beş manat | altmış qəpik", "on iki manat | yeddi qəpik", "yüz manat", "Fakturanızın məbləği"),
    ),
    "ru": Heard(
        "994501110002", "2112", "ru",
        (
            "На вашем счёте", "двадцать один манат | двадцать один гяпик",
            "двадцать две минуты", "срок действия", "до двадцать пятого декабря | две тысячи двадцать шестого года",
            "Баланс действует", "до первого января | две тысячи двадцать седьмого года",
            *RU_MENU,
        ),
        ("одиннадцать манатов | одиннадцать гяпиков", "Сумма счёта"),
    ),
    "en": Heard(
        "994501110003", "2112", "en",
        (
            "Your balance is", "one manat | and one gapik", "You have no bonuses.",
            "Your balance is valid until", "the first of December | twenty twenty-six",
            *EN_MENU,
        ),
        ("one hundred manats",),
    ),
    "az postpaid": Heard(
        "994501110101", "650", "az",
        (
            "Fakturanızın məbləği", "qırx beş manat | altmış qəpik", "on iki manat | yeddi qəpik", "Avans ödənişiniz", "iyirmi manat",
            "Zəhmət olmasa", "iyirmi dekabr | iki min iyirmi altıncı il tarixinədək", "ödəniş edin.",
            "Fakturanıza icazə vermək üçün | bir | düyməsini basın", "Başqa nömrənin fakturası üçün | iki | düyməsini basın",
            "Nömrə üçün | üç | düyməsini basın", "Kart yoxlaması üçün | dörd | düyməsini basın", "Dil üçün | beş | düyməsini basın",
            "Kömək üçün | altı | düyməsini basın",
        ),
        ("on iki manat | otuz dörd qəpik", "yüz manat", "Əsas menyu."),
    ),
    "ru postpaid": Heard(
        "994501110102", "650", "ru",
        (
            "Сумма счёта", "ноль манатов", "Текущая сумма", "сто | одиннадцать манатов | одиннадцать гяпиков",
            "Пожалуйста, оплатите счёт", "до двадцатого декабря | две тысячи двадцать шестого года",
            "Для управления доступом к счёту нажмите | один", "Чтобы прослушать счёт другого номера, нажмите | два",
            "Номер: нажмите | три", "Проверка карты: нажмите | четыре", "Язык: нажмите | пять", "Помощь: нажмите | шесть",
        ),
        ("двадцать один манат | двадцать один гяпик", "Ваш аванс", "Главное меню."),
    ),
    "chooses": Heard(
        "994501110007", "2112", "en",
        (
            "For English, press | two",
            "From now on in English.", "Your balance is", "one hundred manats", "You have no bonuses.",
            "Your balance is valid until", "the tenth of June | twenty twenty-seven",
            *EN_MENU,
        ),
        ("one manat | and one gapik",),
        ((9.6, "2"),),
    ),
    # Each key cuts the prompt short, the one before it included.
    "walks": Heard(
        "994501110003", "2112", "en",
        (
            "Your balance is",
            *EN_ACCOUNT[:2],
            "Your balance is", "one manat | and one gapik",
            *EN_MENU[:2],
            *EN_MENU[:2],
            *EN_ACCOUNT[:2],
        ),
        ("You have no bonuses.", "Language: press | eight"),
        ((1.5, "1"), (5.0, "7"), (8.8, "*"), (12.5, "#"), (16.2, "1"), (20.0, "hang up")),
    ),
    # The same line at the same time: its other call goes its own way.
    "twice": Heard("994501110003", "2112", "en", ("Your balance is", "one manat | and one gapik", "Help.", "Codes and numbers: press | one"), EN_ACCOUNT[:1], ((5.0, "9"), (9.0, "hang up"))),
    # The From header claims the az line; the login is the en line's, and so is what is heard.
    "forges": Heard("994501110003", "2112", "en", ("Your balance is", "one manat | and one gapik"), (), ((5.0, "hang up"),)),
    "silent": Heard(
        "994501110003", "2112", "en",
        ("Your balance is", *EN_ACCOUNT, "I did not hear a key.", *EN_ACCOUNT, "I did not hear a key.", *EN_ACCOUNT, "Thank you. Goodbye."),
        ("There is no such choice.",),
        ((1.5, "1"),),
    ),
    "wrong keys, en": Heard(
        "994501110003", "2112", "en",
        ("There is no such choice.", "Main menu.", "There is no such choice.", "Main menu.", "Thank you. Goodbye."),
        ("I did not hear a key.",),
        ((1.0, "*"), (5.0, "*"), (9.0, "*")),
    ),
    "wrong keys, az": Heard(
        "994501110001", "2112", "az",
        ("Belə seçim yoxdur.", "Belə seçim yoxdur.", "Təşəkkür edirik. Sağ olun."),
        ("Heç bir düymə basılmadı.",),
        ((1.0, "*"), (4.0, "*"), (7.0, "*")),
    ),
    "wrong keys, ru": Heard(
        "994501110002", "2112", "ru",
        ("Такого варианта нет.", "Такого варианта нет.", "Спасибо. До свидания."),
        ("Вы ничего не нажали.",),
        ((1.0, "*"), (4.0, "*"), (7.0, "*")),
    ),
}  # fmt: skip
CLAIMS = {"forges": "994501110001"}
AT_ONCE = 6
"""Calls side by side: as many as two cores play and hear without holding each other up."""
ONCE = "chooses"
ENDED_BY_US = ("silent", "wrong keys, en", "wrong keys, az", "wrong keys, ru")


@pytest.fixture(scope="module")
def recordings(server: Server) -> Iterator[Mapping[str, Samples]]:
    """All these calls, some at once, each with its own telephone; what each heard."""
    with contextlib.ExitStack() as phones, ThreadPoolExecutor(AT_ONCE) as pool:
        # a line chooses its language once, so this call cannot be made again: it has the machine to itself
        once = _call(phones.enter_context(server.phone(LISTENING[ONCE].line)), LISTENING[ONCE], False)
        heard: dict[str, Future[Samples]] = {}
        for name, call in LISTENING.items():
            if name != ONCE:
                phone = phones.enter_context(server.phone(call.line, CLAIMS.get(name)))
                heard[name] = pool.submit(_listen, phone, call, name in ENDED_BY_US)
        yield {ONCE: once.recording} | {name: recording.result() for name, recording in heard.items()}
    server.wait_calls_over()


def _listen(phone: RtpPhone, heard: Heard, ended_by_us: bool) -> Samples:
    """What one call heard. On a shared machine that stood still meanwhile the call is made again, three times at the most."""
    for _ in range(3):
        call = _call(phone, heard, ended_by_us)
        if not call.disturbed:
            break
        print(f"the machine held up a call from {heard.line} to {heard.number}; it is made again")
    return call.recording


def _call(phone: RtpPhone, heard: Heard, ended_by_us: bool) -> Call:
    """One call: to our goodbye, to the moment where it hangs up, or until nothing has been played for 2 s."""
    call = phone.dial(heard.number)
    assert call.answered_at is not None, call.status
    for at, key in heard.keys:
        if key != "hang up":
            call.press(key, at)
    if ended_by_us:
        assert call.wait_ended(90)
    elif heard.keys and heard.keys[-1][1] == "hang up":
        assert not call.wait_ended(call.answered_at + heard.keys[-1][0] - time.monotonic()), "ended by itself"
    else:
        assert call.wait_silence(2.0, 90)
    call.hang_up()
    return call


@pytest.mark.parametrize("name", LISTENING)
def test_each_line_hears_its_own_figures_first_and_then_the_menu(recordings: Mapping[str, Samples], name: str) -> None:
    heard = LISTENING[name]
    words = Words(heard.language)
    words.matches(recordings[name], heard.words)
    words.absent(recordings[name], *heard.never)


def test_the_language_question_asks_in_each_language(recordings: Mapping[str, Samples]) -> None:
    recording = recordings["chooses"]
    starts = [
        Words(language).matches(recording, [text])[0].start
        for language, text in (
            ("az", "Azərbaycan dili üçün | bir | düyməsini basın"),
            ("en", "For English, press | two"),
            ("ru", "Для русского языка нажмите | три"),
        )
    ]
    assert starts == sorted(starts)
    Words("az").absent(recording, "Balansınız", "Əsas menyu.")


def test_another_line_is_not_heard_whatever_the_from_header_says(recordings: Mapping[str, Samples]) -> None:
    Words("az").absent(recordings["forges"], "Balansınız", "on iki manat | otuz dörd qəpik", "Əsas menyu.")


def test_a_key_stops_the_prompt_at_once(recordings: Mapping[str, Samples]) -> None:
    """From the key's first packet to the first sound of what it leads to; the key itself is held for 0.1 s."""
    words = Words("en")
    found = words.matches(recordings["walks"], LISTENING["walks"].words)
    pressed = [at for at, _ in LISTENING["walks"].keys]
    follows = {"1": found[1], "7": found[3], "*": found[5], "#": found[7], "1 again": found[9]}
    delays = {key: round(match.start - at, 3) for (key, match), at in zip(follows.items(), pressed, strict=False)}
    print("from a key to the next prompt, seconds:", delays)
    assert all(0.0 < delay < 0.8 for delay in delays.values()), delays


def test_hanging_up_in_mid_prompt(server: Server) -> None:
    with server.phone("994501110008") as phone:
        since = len(server.log)
        call = phone.dial("2112")
        assert call.wait_audio()
        call.hang_up()
        assert "hung_up" in server.log.wait(r"INFO ivr\.channels\.call call .* called 2112", 3, since)
        server.wait_calls_over()
