"""What is said by whom: longest match, recordings before the built set before a voice, one speaker for a value; intonation and pauses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from ivr.engine.effects import Pause, Slot, Spoken, Words
from ivr.engine.values import MICRO, Money, Msisdn
from ivr.speech import audio
from ivr.speech.files import Entry
from ivr.speech.inventory import fixed, inventory, recorded
from ivr.speech.joined import Joined
from ivr.speech.library import MissingPrompt, PromptLibrary
from ivr.speech.parts import SpeechError
from ivr.speech.stock import Sound
from ivr.speech.stock import Words as Index
from ivr.speech.units import Unit, Utterance, finished, plan, shaped, unit, utterances
from ivr.speech.voice import EspeakEngine
from tests.speech.conftest import Humming

AMOUNT = Slot(Money(112_340_000, "AZN"), "", "en")
"""one hundred | twelve manats | and thirty-four gapiks"""


def record(root: Path, words: str, language: str = "en", tone: int = 500, voice: str = "leyla", final: bool = False) -> Path:
    path = root / language / voice / f"{unit(words, language, final).id}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    seconds = 0.3 + len(words) / 13
    soundfile.write(path, 0.2 * np.sin(2 * np.pi * tone * np.arange(int(16_000 * seconds)) / 16_000), 16_000)
    return path


def library(root: Path, voice: Humming | None, **more: object) -> PromptLibrary:
    return PromptLibrary(root, engines=dict.fromkeys(voice.languages, voice) if voice else None, **more)


def planned(prompts: PromptLibrary, *parts: Spoken) -> list[tuple[str, str] | int]:
    """What says the parts: (who, words of the sound), or milliseconds of silence."""
    sounds: list[Sound | Pause] = []
    for one in utterances(parts):
        sounds += [one] if isinstance(one, Pause) else prompts.human.cover(one) or prompts.machine.cover(one)
    return [(one.entry.voice.split(" ")[-1], one.unit.words) if isinstance(one, Sound) else one.milliseconds for one in sounds]


MACHINE = [("en", "one hundred"), ("en", "twelve manats"), ("en", "and thirty-four gapiks")]


def test_a_value_is_said_by_one_speaker_from_end_to_end(tmp_path: Path, humming: Humming) -> None:
    for words in ("one hundred", "twelve manats"):
        record(tmp_path, words)
    record(tmp_path, "and thirty-four gapiks", voice="murad")
    prompts = library(tmp_path, humming)
    assert planned(prompts, AMOUNT) == MACHINE, "two people or a human and a machine would share the amount"
    record(tmp_path, "and thirty-four gapiks")
    assert planned(library(tmp_path, humming), AMOUNT) == [("leyla", words) for _, words in MACHINE]
    assert prompts.join((AMOUNT,)).path != library(tmp_path, humming).join((AMOUNT,)).path


def test_the_longest_recording_wins(tmp_path: Path, humming: Humming) -> None:
    for words in ("one hundred", "twelve manats", "twelve", "manats", "and thirty-four gapiks", "and", "thirty-four", "gapiks"):
        record(tmp_path, words)
    assert planned(library(tmp_path, humming), AMOUNT) == [("leyla", words) for _, words in MACHINE], "slot phrases before words"
    record(tmp_path, "one hundred twelve manats")
    assert planned(library(tmp_path, humming), AMOUNT) == [("leyla", "one hundred twelve manats"), ("leyla", "and thirty-four gapiks")]
    record(tmp_path, "one hundred twelve manats and thirty-four gapiks")
    assert planned(library(tmp_path, humming), AMOUNT) == [("leyla", "one hundred twelve manats and thirty-four gapiks")]


def test_words_where_nothing_longer_is_recorded(tmp_path: Path, humming: Humming) -> None:
    for words in ("one", "hundred", "twelve", "manats", "and thirty-four", "gapiks"):
        record(tmp_path, words)
    assert [words for _, words in planned(library(tmp_path, humming), AMOUNT)] == [
        "one",
        "hundred",
        "twelve",
        "manats",
        "and thirty-four",
        "gapiks",
    ]


def test_chunks_of_a_prompt_keep_the_pause_at_its_comma(tmp_path: Path, humming: Humming) -> None:
    for words in ("Your line is open", "call us", "free of charge."):
        record(tmp_path, words)
    text = Words("Your line is open, call us free of charge.", "en")
    assert planned(library(tmp_path, humming), text) == [
        ("leyla", "Your line is open"),
        140,
        ("leyla", "call us"),
        ("leyla", "free of charge."),
    ]
    record(tmp_path, text.text)
    assert planned(library(tmp_path, humming), text) == [("leyla", text.text)]


def test_a_greedy_choice_is_undone_where_it_leads_nowhere() -> None:
    def entry(words: str) -> tuple[str, Entry]:
        return unit(words, "en").id, Entry(words, "en", "", "", "x", "", 20)

    index = Index(entry(words) for words in ("a b", "a", "b c"))
    covered = index.cover(Utterance(("a b c",), "en", final=False, value=False))
    assert covered is not None and [one.unit.words for one in covered if isinstance(one, Sound)] == ["a", "b c"]
    assert index.cover(Utterance(("a c",), "en", final=False, value=False)) is None


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=7), st.sets(st.text("abc", min_size=1, max_size=3), max_size=8))
def test_cover_is_the_fewest_sounds_in_order(letters: list[str], known: set[str]) -> None:
    index = Index((unit(" ".join(one), "en").id, Entry(" ".join(one), "en", "", "", "x", "", 20)) for one in known)
    text = "".join(letters)
    fewest: list[float] = [0.0] + [float("inf")] * len(text)
    for end in range(1, len(text) + 1):
        fewest[end] = min((fewest[start] + 1 for start in range(end) if text[start:end] in known), default=float("inf"))
    covered = index.cover(Utterance((" ".join(letters),), "en", final=False, value=False))
    if fewest[-1] == float("inf"):
        assert covered is None
    else:
        assert covered is not None and len(covered) == fewest[-1]
        assert " ".join(one.unit.words for one in covered if isinstance(one, Sound)) == " ".join(letters)


def test_the_built_set_comes_before_a_voice_and_words_before_nothing(tmp_path: Path, humming: Humming) -> None:
    library(tmp_path, humming).build(unit(words, "en") for words in ("one hundred", "twelve manats", "and", "thirty-four", "gapiks"))
    asked = len(humming.asked)
    assert [words for _, words in planned(library(tmp_path, None), AMOUNT)] == [
        "one hundred",
        "twelve manats",
        "and",
        "thirty-four",
        "gapiks",
    ]
    assert planned(library(tmp_path, humming), AMOUNT) == MACHINE and humming.asked[asked:] == ["and thirty-four gapiks."]
    with pytest.raises(MissingPrompt, match="seventy-seven"):
        library(tmp_path, None).join((Slot(77, "", "en"),))


def test_two_machines_do_not_share_a_value(tmp_path: Path, humming: Humming) -> None:
    library(tmp_path, humming).build(unit(words, "en") for words in ("one hundred", "twelve manats"))
    other = Humming()
    other.name = "whistling"
    assert planned(library(tmp_path, other), AMOUNT) == [("en", "one hundred twelve manats and thirty-four gapiks")]
    assert other.asked == ["one hundred twelve manats and thirty-four gapiks."]


# -- intonation


def test_a_value_that_ends_a_sentence_is_final() -> None:
    inside, last = unit("and thirty-four gapiks", "en"), unit("and thirty-four gapiks", "en", final=True)
    assert (last.id, last.intonation, inside.intonation) == (inside.id + "-final", "final", "medial")
    for parts, ends in (
        ((AMOUNT,), True),
        ((AMOUNT, Pause(350), Words("Goodbye.", "en")), True),
        ((AMOUNT, Pause(150), AMOUNT), False),
        ((AMOUNT, Words("and your balance is", "en"), AMOUNT), False),
    ):
        told = [one for one in plan(parts) if isinstance(one, Unit)]
        assert [one.id for one in told[:3]] == [unit("one hundred", "en").id, unit("twelve manats", "en").id, (last if ends else inside).id]


def test_what_a_voice_is_given_falls_or_stays_up() -> None:
    assert shaped(unit("four hundred manats", "en")) == "four hundred manats,"
    assert shaped(finished(unit("four hundred manats", "en"))) == shaped(unit("four hundred manats.", "en")) == "four hundred manats."
    assert shaped(unit("Sure?", "en")) == shaped(unit("Sure?", "en", final=True)) == "Sure?"
    assert shaped(unit("Press 1", "en")) == "Press one,"


def test_the_other_way_stands_in(tmp_path: Path, humming: Humming) -> None:
    record(tmp_path, "Goodbye")
    assert planned(library(tmp_path, humming), Words("Goodbye.", "en")) == [("leyla", "Goodbye.")]
    record(tmp_path, "Goodbye", tone=900, final=True)
    prompts = library(tmp_path, humming)
    medial, final = prompts.join((Words("Goodbye", "en"), AMOUNT)), prompts.join((Words("Goodbye.", "en"),))
    assert (first_tone(medial), first_tone(final)) == pytest.approx((500, 900), abs=15)
    library(tmp_path, humming).build([unit("Help", "en")])
    assert planned(library(tmp_path, None), Words("Help.", "en")) == [("en", "Help.")], "the built set's too"
    assert not library(tmp_path, None).missing([unit("Help.", "en")])


def first_tone(joined: Joined) -> float:
    samples = np.frombuffer(joined.path.with_suffix(".sln").read_bytes(), "<i2")[400:2000]
    return float(np.abs(np.fft.rfft(samples)).argmax() * 8000 / len(samples))


def test_stock_ends_everyday_values_and_falls_back_for_others() -> None:
    stock = {one.id for one in inventory(["en"], ["AZN"])}
    for value in (Money(34 * MICRO, "AZN"), Money(12_340_000, "AZN"), 7, 300):
        (*_, last) = plan((Slot(value, "", "en"),))
        assert isinstance(last, Unit) and last.final and last.id in stock
    (*_, rare) = plan((Slot(Msisdn("994501110001"), "", "en"),))
    assert isinstance(rare, Unit) and rare.id not in stock and rare.other in stock


def test_pauses_stand_where_words_end_with_a_comma() -> None:
    told = plan((Words("Dear customer,", "en"), AMOUNT, Words("Thanks.", "en"), AMOUNT))
    assert [one.milliseconds for one in told if isinstance(one, Pause)] == [140, 350]
    assert not any(isinstance(one, Pause) for one in plan((Words("Balance:", "en"), AMOUNT)))
    assert [one.milliseconds for one in plan((Words("Well,", "en"), Pause(150), AMOUNT)) if isinstance(one, Pause)] == [150]


def test_endings_of_words_without_a_sign() -> None:
    found = fixed([("en", "Roaming: on"), ("en", "Goodbye."), ("en", "Tariff:")], endings=True)
    assert [(one.words, one.intonation) for one in found] == [
        ("Roaming: on", "medial"),
        ("Roaming: on", "final"),
        ("Goodbye.", "final"),
        ("Tariff", "medial"),
    ]


def test_recorded_says_whether_a_human_has_said_it(tmp_path: Path) -> None:
    assert not recorded("en", "Goodbye.", tmp_path)
    record(tmp_path, "Goodbye")
    assert recorded("en", "Goodbye.", tmp_path) and recorded("en", "Goodbye", tmp_path, "leyla")
    assert not recorded("en", "Goodbye", tmp_path, "murad") and not recorded("az", "Goodbye", tmp_path)
    assert recorded("en", " - ", tmp_path), "there is nothing to say"
    with pytest.raises(SpeechError, match="'de'"):
        recorded("de", "Hallo", tmp_path)


@pytest.mark.parametrize(
    ("language", "words"), [("az", "otuz dörd qəpik"), ("en", "and thirty-four gapiks"), ("ru", "тридцать четыре гяпика")]
)
def test_espeak_says_both_ways_apart_and_as_long(language: str, words: str) -> None:
    try:
        espeak = EspeakEngine.find()
    except SpeechError as error:
        pytest.skip(str(error))
    medial, final = (
        audio.prepare(*espeak.render(shaped(one), language)) for one in (unit(words, language), unit(words, language, final=True))
    )
    assert medial != final and abs(len(medial) - len(final)) <= 4 * 320, "another melody over the same words, the sign itself is not heard"
