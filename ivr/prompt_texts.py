"""The menus' words as whoever reads them aloud needs them: each piece that calls say, the wording it stands in, and whether it ends it."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.catalog.spoken import spoken_words, templates_at
from ivr.engine.model import Model, Template
from ivr.engine.render import fixed_words
from ivr.speech.script import Line

_SIGNS = " .,:;!?-"


def script_lines(model: Model) -> Iterator[Line]:
    """Every fixed piece of an operator's calls, in the order of the files; what no wording holds by itself (names, days) stands alone."""
    seen: set[tuple[str, str]] = set()
    for _, language, template in templates_at(model):
        shown = _shown(template)
        for place, piece in enumerate(template):
            words = fixed_words(piece) if isinstance(piece, str) else ""
            if words:
                # a sign that opens the next piece is not part of this one, but ends it as well
                rest = template[place + 1 :]
                ends = not any(not isinstance(more, str) or more.strip(_SIGNS) for more in rest)
                seen.add((language, words))
                yield Line(language, words, ends and not words.endswith((",", ":", ";")), shown)
    for language, words in spoken_words(model):
        if (language, words) not in seen:
            yield Line(language, words, final=False, context=words)


def _shown(template: Template) -> str:
    return " ".join("".join(piece if isinstance(piece, str) else f"{{{'.'.join(piece.path)}}}" for piece in template).split())
