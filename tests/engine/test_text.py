"""What fits on a phone: the alphabet of 3GPP TS 23.038, sizes, folding, pages."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.engine.text import GSM7, GSM7_EXTENSION, fold, is_gsm7, measure, paginate

# 3GPP TS 23.038, clause 6.2.1, row by row as the table prints it (0x00 upwards; 0x1B is the escape)
TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def test_the_default_alphabet_is_the_table_of_the_standard() -> None:
    assert len(TABLE) == 128
    assert set(TABLE) - {"\x1b"} == GSM7


def test_the_extension_table() -> None:
    # 0x0A form feed, 0x14 ^, 0x28 {, 0x29 }, 0x2F \, 0x3C [, 0x3D ~, 0x3E ], 0x40 |, 0x65 euro
    assert set("\f^{}\\[~]|€") == GSM7_EXTENSION
    assert len(GSM7_EXTENSION) == 10


@pytest.mark.parametrize("sign", sorted(GSM7_EXTENSION))
def test_a_character_of_the_extension_counts_two(sign: str) -> None:
    size = measure(f"a{sign}b{sign}")
    assert (size.encoding, size.length, size.limit) == ("gsm7", 6, 182)


@pytest.mark.parametrize("letter", "əƏğĞıİşŞçяЯё`\x1b\u00a0–₼№“")
def test_one_letter_outside_the_alphabet_makes_the_page_ucs2(letter: str) -> None:
    size = measure("Balance " + letter)
    assert (size.encoding, size.length, size.limit) == ("ucs2", 9, 80)
    assert not is_gsm7(letter)


@pytest.mark.parametrize("letter", "öüÖÜÇ")
def test_azerbaijani_letters_that_are_in_the_alphabet(letter: str) -> None:
    assert is_gsm7(letter)


def test_a_character_beyond_the_basic_plane_is_two_units() -> None:
    assert measure("🙂").length == 2
    assert measure("я🙂я").length == 4


def test_a_lone_surrogate_does_not_crash() -> None:
    assert measure("\ud83d").length == 1


@pytest.mark.parametrize(("octets", "gsm7", "ucs2"), [(160, 182, 80), (140, 160, 70), (100, 114, 50), (1, 1, 0)])
def test_limits_follow_from_the_octets(octets: int, gsm7: int, ucs2: int) -> None:
    assert measure("a", octets).limit == gsm7
    assert measure("я", octets).limit == ucs2


def test_the_edge_of_a_page() -> None:
    assert measure("a" * 182).fits and not measure("a" * 183).fits
    assert measure("a" * 180 + "€").fits and not measure("a" * 181 + "€").fits
    assert measure("я" * 80).fits and not measure("я" * 81).fits


def test_folding_writes_as_operators_do() -> None:
    assert fold("Hədsiz") == "Hedsiz"
    assert fold("GəncOL") == "GencOL"
    assert fold("ƏəĞğIıİiŞşÇçÖöÜü") == "EeGgIiIiSsCcOoUu"
    assert fold("Баланс 12.34 AZN") == "Баланс 12.34 AZN"


@given(st.text("abcçdeəfgğhxıijkqlmnoöprsştuüvyzABCÇDEƏFGĞHXIİJKQLMNOÖPRSŞTUÜVYZ 0123456789.,:*#\n"))
def test_folded_azerbaijani_is_always_gsm7_and_keeps_its_length(text: str) -> None:
    assert is_gsm7(fold(text))
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=100))
def test_the_encoding_is_gsm7_exactly_where_every_character_is_in_it(text: str) -> None:
    size = measure(text)
    assert (size.encoding == "gsm7") == all(sign in TABLE.replace("\x1b", "") or sign in "\f^{}\\[~]|€" for sign in text)
    assert size.length == (
        sum(2 if sign in "\f^{}\\[~]|€" else 1 for sign in text)
        if size.encoding == "gsm7"
        else sum(2 if ord(sign) > 0xFFFF else 1 for sign in text)
    )


BACK, HOME, MORE = "0. Back", "00. Menu", "98. More"


def test_what_fits_is_one_page_with_its_navigation() -> None:
    assert paginate(["one", "two"], [BACK, HOME], [BACK, HOME], MORE, 160) == ("one\ntwo\n0. Back\n00. Menu",)


def test_pages_by_hand() -> None:
    # 35 characters a page (31 octets): "0. Back" takes 8 with its line break, "98. More" 9
    lines = ["first line", "second", "third line here, long", "4"]
    assert paginate(lines, [BACK, HOME], [BACK], MORE, 31) == (
        "first line\nsecond\n98. More\n0. Back",  # 34
        "third\n98. More\n0. Back\n00. Menu",  # 31; "third line" would be 36
        "line here, long\n4\n0. Back\n00. Menu",  # 34
    )


def test_a_long_line_is_cut_at_a_space_else_anywhere() -> None:
    pages = paginate(["abc def ghi"], [], [], "+", 8)  # nine septets
    assert pages == ("abc def\n+", "ghi")
    assert paginate(["abcdefghijkl"], [], [], "+", 8) == ("abcdefg\n+", "hijkl")


def test_navigation_that_fills_a_page_is_an_error_and_no_endless_loop() -> None:
    with pytest.raises(ValueError, match="navigation"):
        paginate(["some text"], ["x" * 30], ["x" * 30], MORE, 20)


def test_one_letter_shrinks_only_the_page_it_stands_on() -> None:
    lines = ["a" * 60, "b" * 60, "c" * 60, "ə" * 10]
    pages = paginate(lines, [BACK], [BACK], MORE, 160)
    assert [measure(page).encoding for page in pages] == ["gsm7", "ucs2"]


WORDS = st.text("abcdeəяz €[", min_size=1, max_size=200).filter(lambda text: text == text.strip() and "  " not in text)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=12), st.booleans(), st.sampled_from([160, 140, 100]))
def test_every_page_fits_and_nothing_is_lost(lines: list[str], cyrillic: bool, octets: int) -> None:
    more, back, home = ("98. Далее", "0. Назад", "00. Меню") if cyrillic else (MORE, BACK, HOME)
    pages = paginate(lines, [back, home], [back], more, octets)
    body: list[str] = []
    for number, page in enumerate(pages):
        assert measure(page, octets).fits
        tail = ([more] if number < len(pages) - 1 else []) + ([back] if number == 0 else [back, home])
        rows = page.split("\n")
        assert rows[-len(tail) :] == tail
        content = rows[: -len(tail)]
        assert content, "a page with nothing but navigation"
        body += content
    # a line may have been cut, at a space or inside a word; everything else is as it was and in order
    position = 0
    for line in lines:
        rest = line
        while rest:
            assert rest.startswith(body[position])
            rest = rest[len(body[position]) :].lstrip(" ")
            position += 1
    assert position == len(body)


@settings(deadline=None)
@given(st.lists(st.text("ab", min_size=1, max_size=20), min_size=1, max_size=40))
def test_lines_that_fit_are_never_cut(lines: list[str]) -> None:
    pages = paginate(lines, [BACK], [BACK], MORE, 60)
    shown = itertools.chain.from_iterable(page.split("\n") for page in pages)
    assert [line for line in shown if line not in (BACK, MORE)] == lines
