"""The menus' words as whoever reads them aloud needs them: each piece that calls say, the wording it stands in, and whether it ends it."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.catalog.spoken import spoken_words, templates_at
from ivr.engine.model import Model, Reference, Template
from ivr.engine.render import fixed_words
from ivr.speech.script import Line

_SIGNS = " .,:;!?-"
_ANSWERS = ("confirm", "refuse")
"""Labels that calls put into `call.choice` themselves, where they ask yes or no; menus' labels stand in it since they were compiled."""


def script_lines(model: Model) -> Iterator[Line]:
    """Every fixed piece of an operator's calls, in the order of the files; what no wording holds by itself (names, days) stands
    alone, once as inside a sentence and once as at its end."""
    seen: set[tuple[str, str]] = set()
    for language, template in (*((language, template) for _, language, template in templates_at(model)), *_asked(model)):
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
            yield from (Line(language, words, final, words) for final in (False, True))


def _asked(model: Model) -> Iterator[tuple[str, Template]]:
    """The answers to a question as calls say them: "Yes: press {key}" is one piece, not two."""
    operator = model.operator
    for language in operator.languages:
        for name in _ANSWERS:
            around = operator.call.choice.get("call", {}).get(language)
            label = operator.answers.get(name, {}).get("call", {}).get(language)
            if around is not None and label is not None:
                yield language, _filled(around.forms[0], label.forms[0])


def _filled(around: Template, label: Template) -> Template:
    """`around` with `label` in its place, texts that meet made one."""
    filled: list[str | Reference] = []
    for outer in around:
        for piece in label if isinstance(outer, Reference) and outer.path == ("label",) else (outer,):
            if isinstance(piece, str) and filled and isinstance(filled[-1], str):
                filled[-1] += piece
            else:
                filled.append(piece)
    return tuple(filled)


def _shown(template: Template) -> str:
    return " ".join("".join(piece if isinstance(piece, str) else f"{{{'.'.join(piece.path)}}}" for piece in template).split())
