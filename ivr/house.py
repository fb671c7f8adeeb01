"""The composition root: everything one process is made of, put together once from the settings."""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ivr.accounts.books import make_home, open_books
from ivr.accounts.guarded import open_keys
from ivr.accounts.incoming import IncomingSms, same_sms
from ivr.accounts.messages import BooksMessages
from ivr.accounts.outbox import DemoNetwork
from ivr.accounts.rules import LiveTerms
from ivr.accounts.store import FAILURES, Store
from ivr.catalog.folders import locales_of
from ivr.catalog.releases import Releases
from ivr.catalog.spoken import spoken_words
from ivr.channels.call import Joined
from ivr.clock import clock_of
from ivr.due import Done, DueWork, anything_due
from ivr.engine.effects import Spoken
from ivr.engine.model import Model, Operator
from ivr.engine.ways_in import carries_secret
from ivr.recordings import told, unrecorded
from ivr.services.embedded import EmbeddedServices
from ivr.services.faults import slowed
from ivr.services.guard import checked
from ivr.services.port import Services
from ivr.sessions.late_answers import LONGEST
from ivr.sessions.pins import pinned
from ivr.sessions.runner import Runner
from ivr.sessions.store import MemoryStore, WriteBehindStore
from ivr.sessions.switches import FILE_NAME as SWITCHES
from ivr.sessions.switches import SwitchFile
from ivr.settings import ROOT, Settings, SettingsError
from ivr.speakable import unsaid_values, unspeakable
from ivr.speech.inventory import fixed
from ivr.speech.library import PromptLibrary
from ivr.speech.parts import SpeechError
from ivr.speech.progress import Bar, Progress, Quiet
from ivr.speech.voice import voices_here

log = logging.getLogger("ivr")


class House:
    """One process's parts. `keep_sessions`: they outlive the process (the server); else they live in memory (a command), and in demo mode
    what is due is done at the beginning and the end, unless `due` is off: there may be no server that does it."""

    def __init__(
        self,
        settings: Settings,
        *,
        voice: bool = False,
        keep_sessions: bool = False,
        due: bool = True,
        progress: Callable[[], Progress] = Quiet,
    ) -> None:
        self.settings = settings
        self.clock = clock_of(settings)
        make_home(settings.home)
        self.locales = locales_of(settings.menus)
        # opened at once where there are calls: else a wrong setting of speech would be told as a fault of the menus
        self._library: PromptLibrary | None = _open_library() if voice else None
        self._progress = progress
        self.releases = Releases(
            settings.menus,
            self.locales,
            settings.home / "releases",
            self.ready_prompts if voice else None,
            strict=not settings.demo,
            on_save=settings.demo,
            others=lambda: pinned(settings.home / "sessions.db"),
        )
        self.releases.load()
        if settings.operator is not None and settings.operator not in self.releases.current:
            raise SettingsError(f"IVR_OPERATOR={settings.operator!r}: the operators here are {', '.join(self.releases.current)}")
        self.books: Store = open_books(settings, self.clock)
        self.terms = LiveTerms(lambda: {name: model.operator for name, model in self.releases.current.items()})
        embedded = EmbeddedServices(self.books, self.terms, open_keys(self.books, settings.home, self.clock))
        if unknown := set(settings.slow_lookups) - embedded.names - {"line"}:
            raise SettingsError(f"IVR_SLOW_LOOKUP: there is no service {min(unknown)!r}; there are {', '.join(sorted(embedded.names))}")
        services: Services = checked(slowed(embedded, settings), self._operator_of, settings.menus)
        sessions = WriteBehindStore(settings.home / "sessions.db") if keep_sessions else MemoryStore()
        secret = _secret(settings.home / "session.key")
        self.runner = Runner(
            self.releases,
            services,
            sessions,
            self.clock,
            preferred=settings.operator,
            secret=secret,
            patient=bool(settings.slow_lookups),
            messages=BooksMessages(self.books, at_once=settings.demo),
            turned=SwitchFile(settings.home / SWITCHES),
        )
        self._incoming = IncomingSms(self.books, secret)
        network = DemoNetwork() if settings.demo else None
        self.due_work = DueWork(self.books, self.runner.tell_event, network, settings.retention_days)
        self._keep_sessions = keep_sessions
        self._due = due and settings.demo and not keep_sessions
        if self._due:
            self._due_quietly()

    def due(self) -> Done:
        """Do what is due now. Raises FAILURES of the books."""
        return self.due_work.run(self.clock.now())

    def sms_identity(self, sender: str, code: str, text: str) -> str:
        """The id of an SMS that came without one: a fresh one, unless it is an order (it carries a secret) that came before within
        `limits.same_sms`. Anything else in the same words is another wish: a language, a right given and taken back, a balance.

        Blocks; raises FAILURES of the books.
        """
        model = self.releases.operator_of(sender, code, self.settings.operator)
        within = None if model is None else same_sms(model.operator.limits)
        if model is None or within is None or not carries_secret(model, code, text):
            return secrets.token_hex(16)
        return self._incoming.identity(sender, code, text, self.clock.now(), within)

    def _due_quietly(self) -> None:
        """Due work beside a command: there may be no server that does it. What fails stays due."""
        try:
            if anything_due(self.books, self.clock.now()):
                self.due()
        except FAILURES as error:
            log.warning("due work was not done: %s", type(error).__name__)

    def _operator_of(self, msisdn: str) -> Operator | None:
        model = self.releases.operator_of(msisdn)
        return None if model is None else model.operator

    @property
    def library(self) -> PromptLibrary:
        """The prompts; opened when first asked for, since USSD needs none."""
        if self._library is None:
            self._library = _open_library()
        return self._library

    def ready_prompts(self, model: Model) -> None:
        """Make the fixed words of `model` that are missing. Raises SpeechError naming the first that cannot be made, or that nobody has
        recorded where no voice may speak."""
        missing = [unit for _, unit in unrecorded(model)]
        if missing:
            more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise SpeechError(f"{told(missing[0])}{more}; `ivr check` names each")
        for place, told_of in unspeakable(model):
            raise SpeechError(f"{place}: {told_of}; `ivr check` names each")
        units = fixed(spoken_words(model), endings=True)
        if self.library.missing(units):
            report = self.library.build(units, self._progress())
            if report.failed:
                unit, reason = report.failed[0]
                raise SpeechError(f'"{unit.words}" ({unit.language}): {reason}')
        for unit, reason in unsaid_values(model, self.library):
            raise SpeechError(f'"{unit.words}" ({unit.language}), a piece of amounts and numbers: {reason}')

    def warm_prompts(self) -> None:
        """Load what the first call would load, so that it is as fast as the second."""
        self.library.warm(fixed([pair for model in self.releases.current.values() for pair in spoken_words(model)], endings=True))

    def books_writable(self) -> bool:
        """Whether the books take a booking now: an empty transaction is begun and undone."""
        try:
            with self.books.reading() as connection:
                connection.rollback()
                connection.execute("BEGIN IMMEDIATE")
                connection.rollback()
        except FAILURES:
            return False
        return True

    def prompts_missing(self) -> int:
        """How many fixed words of the current releases a call could not speak now."""
        words = [pair for model in self.releases.current.values() for pair in spoken_words(model)]
        return len(self.library.missing(fixed(words)))

    def close(self) -> None:
        """Write what is left and close the books. A command waits for answers that it promised by SMS; a server has no time for that."""
        if not self._keep_sessions:
            self.runner.settle(LONGEST)
            if self._due:
                self._due_quietly()
        self.runner.close()
        self.due_work.close()
        self.books.close()


class LibraryPrompts:
    """The prompt library as calls want it: replies joined into one file, and the engine's own sentences of the last resort."""

    def __init__(self, house: House) -> None:
        self._house = house

    def join(self, parts: Sequence[Spoken]) -> Joined:
        """See `ivr.channels.call.Prompts`."""
        joined = self._house.library.join(tuple(parts))
        return Joined(str(joined.path), joined.milliseconds)

    def apology(self, language: str) -> Joined | None:
        """What is said where nothing else can be."""
        return self._answer("unavailable", language)

    def farewell(self, language: str) -> Joined | None:
        """What ends a call that has lasted too long."""
        return self._answer("goodbye", language)

    def _answer(self, name: str, language: str) -> Joined | None:
        from ivr.engine.step import spoken_sentence

        model = next((model for model in self._house.releases.current.values() if language in model.operator.languages), None)
        if model is None:
            return None
        try:
            return self.join(spoken_sentence(model, language, name))
        except (SpeechError, OSError):
            log.exception("the prompt %s cannot be played", name)
            return None

    def describe(self, file: str) -> tuple[str, str]:
        """The words and the language of a file that was played."""
        joined = self._house.library.reply(Path(file))
        if joined is None:
            return "", ""
        languages = [unit.language for unit in joined.units]
        return " ".join(unit.words for unit in joined.units), max(set(languages), key=languages.count) if languages else ""


def _open_library() -> PromptLibrary:
    return PromptLibrary(ROOT / "prompts", None, voices_here())


def _secret(path: Path) -> bytes:
    """A key of this data folder, made at first use, readable by its owner only; whole from the moment it can be seen."""
    if not path.exists():
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".key-")
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(partial, path)
        except FileExistsError:
            pass  # another process was first
        finally:
            os.unlink(partial)
    return path.read_bytes()


def progress_bar() -> Progress:
    """A progress bar for prompts that are made while somebody waits."""
    return Bar("prompts")


__all__ = ["House", "LibraryPrompts", "locales_of", "progress_bar"]
