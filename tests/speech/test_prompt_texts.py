"""What the script lists is what calls say: the shipped menus walked at random, every unit of every reply looked up."""

from __future__ import annotations

import pytest

from ivr.commands import script_lines
from ivr.speech import cli
from ivr.speech.inventory import OperatorSpeech, inventory
from ivr.speech.script import rows
from ivr.speech.units import Unit, Utterance, pieces, unit, utterances
from tests.engine.fake import Walk
from tests.engine.test_call_walks import prepaid

LINES = list(script_lines())
LANGUAGES = ("az", "en", "ru")


def test_every_line_stands_in_its_wording_and_is_listed_once() -> None:
    assert {line.language for line in LINES} == set(LANGUAGES) and len(LINES) > 200
    for line in LINES:
        assert " ".join(line.words.split()) in line.context
    listed = [row for row in rows(LINES, LANGUAGES, [OperatorSpeech(LANGUAGES, cli.CURRENCIES)]) if not row.value]
    assert len({row.unit.id for row in listed}) == len(listed) >= 200
    assert {row.unit.intonation for row in listed} == {"medial", "final", "question"}


def test_a_question_is_answered_in_one_piece() -> None:
    assert {("en", "Yes: press"), ("en", "No: press")} <= {(line.language, line.words) for line in LINES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_calls_say_is_in_the_script_as_it_ends_there(language: str) -> None:
    known = {unit(line.words, line.language, line.final).id for line in LINES} | {one.id for one in inventory(LANGUAGES, cli.CURRENCIES)}
    heard = 0
    for keys in ("", "1", "2", "3", "4", "6", "8", "9", "1 1", "1 2", "3 1", "4 1", "4 1 1", "6 1", "9 1", "9 2", "5"):
        walk = Walk("2112", prepaid(language))
        pressed = (walk.press(key).speak for key in keys.split() if walk.end is None and walk.speak.collect is not None)
        replies = [walk.speak, *pressed]
        for said in (said for speak in replies for said in utterances(speak.parts)):
            for one in pieces(said) if isinstance(said, Utterance) else ():
                if isinstance(one, Unit):
                    heard += 1
                    assert one.id in known or (said.value and one.other in known), f"{one.intonation} {one.words!r} is not in the script"
    assert heard > 100
