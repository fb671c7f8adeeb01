"""The engine alone: `step()` through A3 (`*111*1*7#` to the page of figures) in Russian, with wordings compiled once and frozen.

The peers are the same engine with one thing changed, the way a wording becomes text: looked up in a gettext catalog and its slots found
each time it is shown, or rendered by a Jinja template (loaded once, kept by the environment). Every page must be the same.
"""

from __future__ import annotations

import contextlib
import gettext
import re
import tempfile
import time
from collections.abc import Callable, Iterator

import jinja2

from bench.load import LoadError
from bench.rows import Row, take_turns
from ivr.engine import render
from ivr.engine import step as engine
from ivr.engine.effects import Call, Page
from ivr.engine.events import Answered, Begin
from ivr.engine.model import Message, Reference, Wording
from ivr.engine.text import fold
from ivr.engine.values import Answer, Line
from ivr.house import House
from ivr.settings import Settings

LINE, LANGUAGE, SOURCE, CHANNEL = "994501110001", "ru", "en", "ussd"
SESSIONS = 400
_SLOT = re.compile(r"\{([a-z_.]+)(?::([a-z]+))?\}")


def bench() -> list[Row]:
    """Microseconds and steps for each CPU second, ours beside both peers."""
    with tempfile.TemporaryDirectory(prefix="bench-step-") as folder:
        house = House(Settings.from_environment({"IVR_HOME": folder}))
        try:
            walk = Walk(house)
        finally:
            house.close()
    wanted = walk.page()
    renderers = {"gettext": by_gettext(walk), "jinja": by_jinja(walk)}
    for name, renderer in renderers.items():
        with replaced(renderer):
            if walk.page() != wanted:
                raise LoadError(f"{name} gives {walk.page()!r} instead of {wanted!r}")

    def measured(renderer: Callable[[render.View, Wording], str] | None) -> Callable[[], float]:
        def measure() -> float:
            with replaced(renderer):
                begun = time.thread_time()
                steps = sum(walk() for _ in range(SESSIONS))
                return steps / (time.thread_time() - begun)

        return measure

    sides = {"ours": measured(None), **{name: measured(renderer) for name, renderer in renderers.items()}}
    medians = take_turns(sides)
    steps = walk()
    return [
        Row("step, A3 in Russian: steps per CPU second", medians["ours"], medians["gettext"], "1/s", peer_name="gettext each time"),
        Row("step, A3 in Russian: steps per CPU second", medians["ours"], medians["jinja"], "1/s", peer_name="jinja2 each time"),
        Row("step, A3 in Russian: one step", 1e6 / medians["ours"], 1e6 / medians["gettext"], "µs", False, "gettext each time"),
        Row(f"step, A3 in Russian: from dial to page, {steps} steps", steps * 1e6 / medians["ours"], None, "µs", False),
    ]


class Walk:
    """One A3, with answers of the books taken beforehand: what is measured is the engine."""

    def __init__(self, house: House) -> None:
        self.model = house.releases.current["azercell"]
        self.now = house.clock.now()
        line = house.runner.services.line(LINE, self.now)
        assert line is not None
        self.line: Line = line
        self.answers: dict[str, Answer] = {}
        step = self._begin()
        while (call := _call(step)) is not None:
            self.answers[call.service] = house.runner.services.call(line, call, self.now)
            step = engine.step(self.model, step.state, Answered(self.answers[call.service], self.now))

    def _begin(self) -> engine.Step:
        return engine.begin(self.model, "bench", Begin(CHANNEL, "*111*1*7#", LINE, self.line, self.now, language=LANGUAGE))

    def _run(self) -> tuple[engine.Step, int]:
        step, count = self._begin(), 1
        while (call := _call(step)) is not None:
            step, count = engine.step(self.model, step.state, Answered(self.answers[call.service], self.now)), count + 1
        return step, count

    def __call__(self) -> int:
        """Run it; how many steps it took."""
        return self._run()[1]

    def page(self) -> str:
        """The text of the page it ends with."""
        return next(effect.text for effect in self._run()[0].effects if isinstance(effect, Page))


def _call(step: engine.Step) -> Call | None:
    return next((effect for effect in step.effects if isinstance(effect, Call)), None)


@contextlib.contextmanager
def replaced(renderer: Callable[[render.View, Wording], str] | None) -> Iterator[None]:
    """`View.text` is `renderer` meanwhile (None: our own)."""
    own = render.View.text
    if renderer is not None:
        render.View.text = renderer  # type: ignore[method-assign]
    try:
        yield
    finally:
        render.View.text = own  # type: ignore[method-assign]


def by_gettext(walk: Walk) -> Callable[[render.View, Wording], str]:
    """A wording looked up by its English text in a gettext catalog, its slots found in what comes back."""
    catalogs = {language: gettext.GNUTranslations() for language in walk.model.operator.languages}
    sources: dict[int, str] = {}
    for wording in wordings(walk):
        sources[id(wording)] = source = _written(wording[CHANNEL][SOURCE])
        for language, message in wording[CHANNEL].items():
            catalogs[language].__dict__.setdefault("_catalog", {})[source] = _written(message)
    for catalog in catalogs.values():
        catalog.__dict__.setdefault("plural", lambda number: int(number != 1))

    def text(view: render.View, wording: Wording) -> str:
        if view.message(wording) is None:
            return ""
        found = catalogs[view.language].gettext(sources[id(wording)])
        slot = lambda match: view._write(Reference(tuple(match[1].split(".")), match[2] or ""), view.language)  # noqa: E731
        return _folded(view, _SLOT.sub(slot, found))

    return text


def by_jinja(walk: Walk) -> Callable[[render.View, Wording], str]:
    """A wording as a Jinja template for each language, compiled at its first use and kept by the environment."""
    sources: dict[str, str] = {}
    for wording in wordings(walk):
        for language, message in wording[CHANNEL].items():
            sources[f"{id(wording)}.{language}"] = _SLOT.sub(r"{{ slot('\1', '\2') }}", _written(message))
    environment = jinja2.Environment(loader=jinja2.DictLoader(sources), cache_size=4096, autoescape=False)

    def text(view: render.View, wording: Wording) -> str:
        if view.message(wording) is None:
            return ""

        def slot(path: str, form: str) -> str:
            return view._write(Reference(tuple(path.split(".")), form), view.language)

        return _folded(view, environment.get_template(f"{id(wording)}.{view.language}").render(slot=slot))

    return text


def wordings(walk: Walk) -> list[Wording]:
    """Every wording that the walk asks for."""
    found: dict[int, Wording] = {}
    own = render.View.text

    def note(view: render.View, wording: Wording) -> str:
        if view.message(wording) is not None:
            found[id(wording)] = wording
        return own(view, wording)

    with replaced(note):
        walk()
    return list(found.values())


def _written(message: Message) -> str:
    """The first form as its author wrote it."""
    return "".join(
        piece if isinstance(piece, str) else "{" + ".".join(piece.path) + (f":{piece.form}" if piece.form else "") + "}"
        for piece in message.forms[0]
    )


def _folded(view: render.View, text: str) -> str:
    return fold(text) if view.channel in view.model.operator.fold.get(view.language, ()) else text
