"""pocketsphinx with its own model of American English and a grammar of amounts: it hears amounts, and which is its to find."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import soxr
from numpy.typing import NDArray

from ivr.speech import audio

Hear = Callable[[NDArray[np.float32]], list[str]]

GRAMMAR = """#JSGF V1.0;
grammar amounts;
<digit> = one | two | three | four | five | six | seven | eight | nine;
<many> = two | three | four | five | six | seven | eight | nine;
<teen> = ten | eleven | twelve | thirteen | fourteen | fifteen | sixteen | seventeen | eighteen | nineteen;
<ten> = twenty | thirty | forty | fifty | sixty | seventy | eighty | ninety;
<several> = <many> | <teen> | <ten> [<digit>];
<thousands> = (<digit> | <teen>) thousand;
<whole> = [<thousands>] ([<digit> hundred] <several> | <digit> hundred [one]) | <thousands> [one] | zero;
<hundredths> = one gapik | <several> gapiks;
public <amount> = (one manat | <whole> manats) [and <hundredths>] | <hundredths>;
"""
"""All amounts from nothing to 19,999.99, and nothing that the speller would not say."""

_SOUNDS = {
    "manat": ("M AE N AE T", "M AA N AA T", "M AH N AE T"),
    "gapik": ("G AE P IH K", "G AA P IH K", "G EY P IH K"),
}


def pattern() -> re.Pattern[str]:
    """The grammar as a regular expression over words with a space behind each."""
    rules = dict(re.findall(r"<(\w+)> = (.*);", GRAMMAR))

    def expanded(rule: str) -> str:
        parts = re.findall(r"<\w+>|\w+|[()|\[\]]", rule)
        signs = {"(": "(?:", ")": ")", "|": "|", "[": "(?:", "]": ")?"}
        return "".join(f"(?:{expanded(rules[part[1:-1]])})" if part[0] == "<" else signs.get(part, f"{part} ") for part in parts)

    return re.compile(expanded("<amount>"))


def listener() -> Hear:
    """Hears sound at 8 kHz."""
    import pocketsphinx  # type: ignore[import-untyped]

    # lw: the grammar says what can be said, not how often; at its usual weight a word among ten costs more than one among nine
    decoder = pocketsphinx.Decoder(lm=None, samprate=16_000, loglevel="FATAL", cmn="batch", lw=1.0)
    words: dict[str, tuple[str, ...]] = {}
    for word, sounds in _SOUNDS.items():
        words[word] = sounds
        words[word + "s"] = tuple(f"{way} S" for way in sounds)
    for word, ways in words.items():
        for place, way in enumerate(ways):
            decoder.add_word(word if place == 0 else f"{word}({place + 1})", way, True)
    decoder.add_jsgf_string("amounts", GRAMMAR)
    decoder.activate_search("amounts")

    def hear(sound: NDArray[np.float32]) -> list[str]:
        wide = soxr.resample(np.pad(sound, 2_000), audio.RATE, 16_000)
        decoder.start_utt()
        decoder.process_raw(np.clip(np.round(wide * 32767), -32768, 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return found.hypstr.split() if found else []

    return hear
