"""Wordings made ready: split by channel and language, slots checked, templates cut into pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ivr.catalog.faults import suggest
from ivr.catalog.proofs.alphabets import wrong_letters
from ivr.catalog.proofs.conditions import fixed_words, wrong_with
from ivr.catalog.proofs.translated import translation_faults
from ivr.catalog.reader import Reader
from ivr.catalog.shapes import CHANNELS
from ivr.catalog.slots import FORMS, REFERENCE, SLOT, cut, forms_of, stray_brace
from ivr.catalog.source import Node
from ivr.catalog.translations import Translations
from ivr.engine import expressions
from ivr.engine.model import Message, Part, Say, Template, Wording

Scope = Callable[[tuple[str, ...]], str | None]
"""The type of a dotted name in a place; None where nothing has that name."""


class Wordings:
    """Compiles the wordings of one operator."""

    def __init__(
        self, reader: Reader, languages: tuple[str, ...], catalogs: Mapping[str, Translations], tariffs: tuple[str, ...] = ()
    ) -> None:
        self.reader, self.languages, self.catalogs, self.tariffs = reader, languages, catalogs, tariffs

    def say(self, node: Node | None, context: str, scope: Scope, what: str, channels: frozenset[str] | None = None) -> Say:
        """A part or a list of parts; only for `channels` where some are given."""
        if node is None:
            return ()
        parts = node.items if node.kind == "list" else (node,)
        return tuple(part for item in parts if (part := self._part(item, context, scope, what, channels)) is not None)

    def _part(self, node: Node, context: str, scope: Scope, what: str, channels: frozenset[str] | None) -> Part | None:
        if node.kind == "map" and (set(node.names()) & {"when", "only", "say"}):
            if not self.reader.shape(node, "part", "a part"):
                return None
            said = node.get("say")
            only = self.only(node.get("only"))
            when = self.condition(node.get("when"), scope)
            shown = only if channels is None or only is None else only & channels
            wording = {} if said is None else self.wording(said, context, scope, what, channels if only is None else shown)
            return Part(wording, when, only, node.place)
        return Part(self.wording(node, context, scope, what, channels), place=node.place)

    def only(self, node: Node | None) -> frozenset[str] | None:
        """The channels of an `only`."""
        if node is None:
            return None
        channels = self.reader.texts(node, "only")
        for channel in channels:
            self.reader.known(node, channel, CHANNELS, "E010", "channel")
        return frozenset(channels)

    def condition(self, node: Node | None, scope: Scope) -> expressions.Node | None:
        """A `when`, read and its names checked."""
        if node is None:
            return None
        text = self.reader.text(node, "when")
        try:
            tree = expressions.parse(text)
        except expressions.ExpressionError as error:
            self.reader.fault(node, "E022", f"{error} (at character {error.at + 1} of the condition)")
            return None
        known = True
        for path in expressions.names(tree):
            if scope(path) is None and len(path) > 1:
                name, known = ".".join(path), False
                self.reader.fault(node, "E022", f'nothing here is called "{name}"{_meant(name, scope)}')
        for word in expressions.bare_words(tree):
            if scope((word,)) is None:
                known = False
                self.reader.fault(node, "E022", f"nothing here is called \"{word}\"; a word may only stand beside == or !=, or in 'quotes'")
        for wrong in wrong_with(tree, scope, lambda path: self.words(path, scope)) if known else ():
            self.reader.fault(node, wrong.code, f"{wrong.message} (at character {wrong.at + 1} of the condition)")
        return tree

    def words(self, path: tuple[str, ...], scope: Scope) -> Sequence[str] | None:
        """The words that a name may be, where they are fixed: a field's, the tariffs, the languages, what a line can be."""
        own = getattr(scope, "words", None)
        found: Sequence[str] | None = own(path) if own is not None else None
        return found or fixed_words(path, scope(path), self.languages, self.tariffs)

    def wording(
        self, node: Node, context: str, scope: Scope, what: str, only: frozenset[str] | None = None, language: str | None = None
    ) -> Wording:
        """A wording by channel and language. `language`: it is already in that one and stays so."""
        by_channel: dict[str, Mapping[str, Message]] = {}
        if node.kind == "list":
            self.reader.fault(node, "E010", f"{what} is one wording here, no list")
            return by_channel
        plural = node.kind == "map" and node.get("count") is not None
        if node.kind == "map" and not plural:
            default = node.get("default")
            for key, _ in node.pairs:
                if key.text not in ("default", *CHANNELS):
                    names = ("default", *CHANNELS, "count", "one", "other")
                    self.reader.fault(key, "E010", f'a wording has no key "{key.text}"{suggest(key.text, names)}')
            sources = {channel: (own, f"{context}/{channel}") for channel in CHANNELS if (own := node.get(channel)) is not None}
        else:
            default, sources = node, {}
        compiled = self._languages(default, context, scope, what, language) if default is not None else None
        for channel in CHANNELS:
            if only is not None and channel not in only:
                continue
            if channel in sources:
                by_channel[channel] = self._languages(sources[channel][0], sources[channel][1], scope, what, language)
            elif compiled is not None:
                by_channel[channel] = compiled
        return by_channel

    def _languages(self, node: Node, context: str, scope: Scope, what: str, fixed: str | None) -> dict[str, Message]:
        count, texts = self._texts(node, what, scope)
        pieces = tuple(self.template(node, text, scope) for text in texts)
        for text in dict.fromkeys(texts):
            for letter in wrong_letters(text, fixed or "en"):
                self.reader.fault(node, "E076", f"{letter.message} (character {letter.at} of the text)")
        if fixed is not None:
            return dict.fromkeys(self.languages, Message(pieces, fixed))
        return {language: self._translate(node, context, texts, pieces, count, language, scope) for language in self.languages}

    def _texts(self, node: Node, what: str, scope: Scope) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        if node.kind == "map" and (counted := node.get("count")) is not None:
            path = tuple(self.reader.text(counted, "count").split("."))
            if scope(path) not in ("number", "count"):
                self.reader.fault(counted, "E021", f'"{".".join(path)}" is no number here')
            one, other = node.get("one"), node.get("other")
            if one is None or other is None:
                self.reader.fault(node, "E010", "a wording by number needs one: and other:")
            return path, (self.reader.text(one, what), self.reader.text(other, what))
        text = self.reader.text(node, what)
        if not text and node.kind == "text":
            self.reader.fault(node, "E004", f"{what} is empty; leave the key out, or say something")
        return None, (text,)

    def _translate(
        self,
        node: Node,
        context: str,
        texts: tuple[str, ...],
        pieces: tuple[Template, ...],
        count: tuple[str, ...] | None,
        language: str,
        scope: Scope,
    ) -> Message:
        if language == "en":
            return Message(pieces, "en", count, (lambda number: int(number != 1)) if count else None)
        catalog = self.catalogs[language]
        found = catalog.find(context, texts[0])
        if found is None or not all(found.texts):
            self.reader.fault(node, "E070", f'no {language} translation of "{texts[0][:60]}" (context {context}); run `ivr i18n update`')
            return Message(pieces, "en", count, (lambda number: int(number != 1)) if count else None)
        if found.fuzzy:
            self.reader.faults.add(
                found.place, "E071", f'the translation of "{texts[0][:60]}" is marked fuzzy: read it and take the mark away'
            )
        if count is not None and len(found.texts) != catalog.forms:
            self.reader.faults.add(found.place, "E073", f"{len(found.texts)} plural forms; {language} has {catalog.forms}")
        faults, translated = translation_faults(found, texts, pieces, count, catalog, scope), []
        for fault in faults:
            self.reader.faults.add(found.place, fault.code, fault.message)
        unusable = {fault.form for fault in faults if fault.code == "E072"}
        for form, text in enumerate(found.texts):
            translated.append(pieces[-1] if form in unusable else cut(text))
        return Message(tuple(translated), language, count, catalog.rule if count else None)

    def template(self, node: Node, text: str, scope: Scope) -> Template:
        """`text` in pieces, its slots checked against what has a name here."""
        for found in SLOT.finditer(text):
            reference = REFERENCE.fullmatch(found.group(1))
            kind = scope(tuple(reference.group(1).split("."))) if reference else None
            if reference is None or kind is None:
                self.reader.fault(node, "E021", f"nothing here is called {found.group(0)}{_meant(found.group(1), scope)}")
            elif kind == "secret":
                self.reader.fault(node, "E050", f"{found.group(0)} is a secret: no wording may show it")
            elif kind in ("flag", "list"):
                self.reader.fault(
                    node,
                    "E021",
                    f"{found.group(0)} has no words of its own; use two parts with `when`"
                    if kind == "flag"
                    else f"{found.group(0)} is a list",
                )
            elif (form := reference.group(2)) and kind not in FORMS.get(form, frozenset()):
                self.reader.fault(node, "E021", f'{found.group(0)}: a {kind} has no form "{form}"{suggest(form, forms_of(kind))}')
        if stray_brace(text):
            self.reader.fault(node, "E021", f'a brace stands alone in "{text[:60]}"; a slot has both: {{name}}')
        return cut(text)


def _meant(name: str, scope: Scope) -> str:
    known = getattr(scope, "known", None)
    return "" if known is None else suggest(name.partition(":")[0], known())


__all__ = ["FORMS", "SLOT", "Scope", "Wordings", "cut"]
