"""What a file's keys and values look like, checked before anything is looked up: what a JSON schema can see, and nothing else.

`ivr.catalog.shapes` says which keys there are, `kinds` and `value_kinds` what their values may be. `ivr.catalog.schema` writes the same
tables as JSON schemas, and a test holds both to one verdict on every file. Not seen here: names that must exist elsewhere, slots and
conditions, and what is a fault of YAML itself (`ivr.catalog.source`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from ivr.catalog.faults import suggest
from ivr.catalog.kinds import NEVER_EMPTY, SAYS_SOMETHING, TELLING, TEXTS, TOGETHER, UNIONS, maps_of, parsed, required, value_of
from ivr.catalog.shapes import CHANNELS, SHAPES
from ivr.catalog.source import Node
from ivr.catalog.value_kinds import COUNT, KEYS, RANGES, SPAN_PATTERN, TEXT, VALUES, KeyRule, Range, Value

STRUCTURAL = frozenset(["E004", "E010", "E015", "E016", "E025", "E042", "E043"])
"""The codes of faults found here. The loader has some of them too, for what depends on names that stand elsewhere.

Not among them, though reported here: E002 for `True` where `true` is meant, and E003 for a number such as 1e+5. Both are a matter of how
YAML is written; a schema sees a switch and a whole number.
"""

CHOSEN_TWICE = "the items of the list have the keys 1, 2 ...: `choose` and `choices` cannot be in one menu"

NOUNS: Mapping[str, str] = {
    "file": "a menu file",
    "menu": 'menu "{key}"',
    "entry": "an entry",
    "notice": 'notice "{key}"',
    "field": "a field",
    "choice": "a choice",
    "list": "a list",
    "get": "a call of a service",
    "invocation": "a call of a service",
    "outcome": "an outcome",
    "part": "a part",
    "by_channel": "a wording",
    "counted": "a wording by number",
    "group": "a group",
    "fee": "a fee",
    "tariff": "a tariff",
    "limit": "a limit",
    "person": "a person",
    "currency": "a currency",
    "currency_words": "a currency in a language",
    "noun_forms": "a noun",
    "service": 'service "{key}"',
    "event": 'event "{key}"',
    "scenario": 'scenario "{key}"',
    "step": "a step",
}
"""What messages call a map of a shape; any other is called by its key."""
_WHAT = {("operator", "switches"): "a switch", ("file", "menus"): "a menu", ("menu", "ask"): "a field", ("operator", "fees"): "a fee"}
_MISSING = {
    "answers": 'the answer "{key}" is missing: the engine says it itself',
    "counted": "a wording by number needs one: and other:",
}
_UNKNOWN = {"answers": 'there is no answer "{key}"', "by_channel": 'a wording has no key "{key}"', "causes": 'there is no cause "{key}"'}
_MEANT = {"by_channel": ("default", *CHANNELS, "count", "one", "other")}

LONGEST_SHOWN = 60
"""Characters of a text that a message quotes."""

_SPAN = re.compile(SPAN_PATTERN)
_WHOLE = re.compile(r"0|[1-9][0-9]*")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TRUTH = frozenset(["true", "True", "TRUE", "false", "False", "FALSE"])

Report = Callable[[Node, str, str], None]


class Structure:
    """Checks nodes against shapes, each once, and reports what is wrong: node, code, message.

    `wrong` holds place and kind of every value and key that was refused, so that nobody needs to refuse it again.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self.seen: set[tuple[str, str, str]] = set()
        self.wrong: set[tuple[str, str]] = set()

    def shape(self, node: Node, name: str, what: str) -> None:
        """Whether `node` is a map of shape `name`, and everything below it what the shape says."""
        if (node.place, node.kind, name) in self.seen:
            return
        self.seen.add((node.place, node.kind, name))
        known = SHAPES[name]
        if node.kind != "map":
            self._refuse(node, "E010", f"{what} is a map of keys here, such as {', '.join([key for key in known if key != '*'][:3])}")
            return
        free = known.get("*")
        for key, value in node.pairs:
            kind = known.get(key.text)
            if kind is not None and key.text != "*":
                self.value(value, kind, (name, key.text), key.text)
            elif free is not None:
                self._key(key, KEYS.get((name, "*")), what)
                self.value(value, free, (name, "*"), shown(key.text))
            else:
                unknown = _UNKNOWN.get(name, '{what} has no key "{key}"').format(what=what, key=shown(key.text))
                self._refuse(key, "E010", unknown + suggest(key.text, _MEANT.get(name, known)))
        missing = [key for key in required(name) if node.get(key) is None]
        for key_name in missing if name != "counted" else missing[:1]:
            self._report(node, "E010", _MISSING.get(name, '{what} needs the key "{key}"').format(what=what, key=key_name))
        if name in SAYS_SOMETHING and not node.pairs:
            self._refuse(node, "E010", f"{what} says nothing: write a text, or some of {', '.join(list(known)[:4])}")
        for rule in TOGETHER.get(name, ()):
            self._together(node, rule.kind, rule.keys, rule.code, rule.wanted)
        if name == "menu":
            self._chosen_twice(node)

    def value(self, node: Node, kind: str, where: tuple[str, str], what: str) -> None:
        """Whether `node`, the value of key `where` (shape, key), is of `kind`. A kind that nobody described takes anything."""
        form, inner = parsed(kind)
        match form:
            case "union":
                self._one_of(node, inner, where, what)
            case "shape":
                self.shape(node, inner, NOUNS[inner].format(key=what) if inner in NOUNS else what)
            case "map":
                self._map(node, inner, where, what)
            case "list":
                if node.kind != "list":
                    self._refuse(node, "E010", f"{what} is a list here: write each under a dash, or in [ ]")
                elif not node.items and inner in NEVER_EMPTY:
                    self._refuse(node, "E010", f"{what} is an empty list: leave the key out, or write what belongs there")
                for item in node.items:
                    self.value(item, inner, where, what)
            case "texts":
                if node.kind == "map" or (node.kind == "list" and not node.items):
                    wrong = (
                        "is a text or a list of texts here" if node.items or node.kind == "map" else "has an empty list; leave the key out"
                    )
                    self._refuse(node, "E010", f"{what} {wrong}")
                for item in (node,) if node.kind == "text" else node.items:
                    self._text(item, VALUES.get(where, TEXT), what)
            case "text":
                self._text(node, value_of(kind, where), what)
            case "said":
                self._said(node, what)
            case "switch":
                self._switch(node, _WHAT.get(where, what))
            case "count":
                self._count(node, RANGES.get(where, COUNT), what)
            case "span":
                if node.kind != "text" or not _SPAN.fullmatch(node.text):
                    self._refuse(node, "E010", f"{what} is a length of time such as 60s, 5m or 2h")

    # -- ways to write a value

    def _one_of(self, node: Node, kind: str, where: tuple[str, str], what: str) -> None:
        ways, maps = UNIONS[kind], maps_of(kind)
        if node.kind == "map" and maps:
            names = set(node.names())
            way = next((way for way in maps if names & TELLING.get(way[1:-1], frozenset())), maps[-1])
            self.value(node, way, where, what)
        elif node.kind == "list" and ways[-1].startswith("list:"):
            self.value(node, ways[-1], where, what)
        elif node.kind == "text" and (texts := [way for way in ways if parsed(way)[0] in TEXTS]):
            self.value(node, "switch" if texts[0] == "switch" and is_plain(node, _TRUTH) else texts[-1], where, what)
        elif node.kind == "text":
            self.value(node, maps[0] if maps else ways[-1], where, what)
        elif "said" in ways:
            self._refuse(node, "E010", f"{what} is one wording here, no {node.kind}")
        else:
            self._refuse(
                node, "E010", f"{what} is a text here, or a map of keys" if "text" in ways else f"{what} is a map here, no {node.kind}"
            )

    def _map(self, node: Node, inner: str, where: tuple[str, str], what: str) -> None:
        if node.kind != "map":
            self._refuse(node, "E010", f"{what} is a map of names here")
            return
        rule = KEYS.get(where)
        for key, value in node.pairs:
            self._key(key, rule, _WHAT.get(where, what))
            self.value(value, inner, where, shown(key.text) if parsed(inner)[0] in ("shape", "union") else what)

    def _key(self, key: Node, rule: KeyRule | None, what: str) -> None:
        if rule is None:
            return
        if not compiled(rule.pattern).fullmatch(key.text):
            self._refuse(key, rule.code, rule.wanted.format(what=what, text=shown(key.text)))
        elif key.text in rule.reserved:
            self._refuse(key, rule.taken, rule.taken_wanted.format(what=what, text=shown(key.text)))

    # -- texts

    def _text(self, node: Node, value: Value, what: str) -> None:
        if node.kind != "text":
            self._refuse(node, "E010", f"{what} is a text here")
        elif not node.text and not value.empty:
            self._refuse(node, "E010", _nothing(value, what))
        elif self._plain(node, what, value.whole is not None, value) and not fits(node, value):
            wanted = value.wanted.format(what=what, text=shown(node.text))
            self._refuse(node, "E010", wanted + (suggest(node.text, value.words) if value.words and "{text}" in value.wanted else ""))

    def _said(self, node: Node, what: str) -> None:
        if node.kind != "text":
            self._refuse(node, "E010", f"{what} is a text here" if node.kind == "map" else f"{what} is one wording here, no list")
        elif not node.text:
            self._refuse(node, "E004", f"{what} is empty; leave the key out, or say something")
        else:
            self._plain(node, what, True, None)

    def _plain(self, node: Node, what: str, whole: bool, value: Value | None) -> bool:
        if node.quoted:
            return True
        if node.text in _TRUTH:
            self._refuse(node, "E010", f'{what} is a text here, and {node.text} is a switch; put it in quotes: "{node.text}"')
            return False
        if self._number_elsewhere(node):
            return False
        if not whole and _WHOLE.fullmatch(node.text):
            wanted = value.wanted.format(what=what, text=shown(node.text)) if value is not None and (value.pattern or value.words) else ""
            self._refuse(node, "E010", wanted or f'{what} is a text here; put it in quotes: "{shown(node.text)}"')
            return False
        return True

    def _number_elsewhere(self, node: Node) -> bool:
        if not _DECIMAL.fullmatch(node.text) or _WHOLE.fullmatch(node.text):
            return False
        # 1e+5: the source lets it pass
        text = shown(node.text)
        self._refuse(node, "E003", f'{text} is read as a number, time or date elsewhere; write it in quotes: "{text}"')
        return True

    def _switch(self, node: Node, what: str) -> None:
        if node.kind != "text" or node.text not in ("true", "false"):
            self._refuse(node, "E002" if is_plain(node, _TRUTH) else "E010", f"{what} is true or false")
        elif node.quoted:
            self._refuse(node, "E010", f"{what} is true or false, without quotes")

    def _count(self, node: Node, span: Range, what: str) -> None:
        if node.kind == "text" and not node.quoted and self._number_elsewhere(node):
            return
        if node.kind == "text" and _WHOLE.fullmatch(node.text) and len(node.text) < 10:
            if span.least <= int(node.text) <= span.most:
                return
            if 1 <= int(node.text) < span.least:
                self._refuse(node, "E010", f"{what} is from {span.least} to {span.most}: {span.why}")
                return
        self._refuse(node, "E010", f"{what} is a whole number from 1 to {span.most}, such as {span.example}")

    # -- rules over several keys

    def _together(self, node: Node, kind: str, keys: tuple[str, ...], code: str, wanted: str) -> None:
        there = [key for key in keys if node.get(key) is not None]
        if kind in ("one_of", "some"):
            if not there or (kind == "one_of" and len(there) > 1):
                self._refuse(node, code, wanted)
        elif kind == "apart":
            if len(there) == len(keys):
                self._refuse(node.key(keys[-1]), code, wanted)
        elif kind == "with":
            if there == [keys[0]]:
                self._refuse(node, code, wanted)
        elif there == [keys[0]] and (len(keys) == 2 or is_plain(node.get(keys[0]), frozenset(["true"]))):
            self._refuse(node.key(keys[0]), code, wanted)

    def _chosen_twice(self, node: Node) -> None:
        listed = node.get("list")
        if node.get("choices") is not None and listed is not None and listed.kind == "map" and listed.get("choose") is not None:
            self._refuse(node.key("choices"), "E025", CHOSEN_TWICE)

    def _refuse(self, node: Node, code: str, message: str) -> None:
        self.wrong.add((node.place, node.kind))
        self._report(node, code, message)


def shown(text: str) -> str:
    """A text as a message quotes it: in one line, and not too long."""
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def is_plain(node: Node | None, words: frozenset[str]) -> bool:
    """Whether `node` is one of `words` without quotes."""
    return node is not None and node.kind == "text" and not node.quoted and node.text in words


def fits(node: Node, value: Value) -> bool:
    """Whether the text `node` is what `value` describes."""
    text = node.text
    if value.words:
        return text in value.words
    if not node.quoted and value.whole is not None and _WHOLE.fullmatch(text):
        least, most = value.whole
        return int(text[:20]) >= least and (most is None or (len(text) < 20 and int(text) <= most))
    return not value.pattern or compiled(value.pattern).fullmatch(text) is not None


def _nothing(value: Value, what: str) -> str:
    return (
        value.wanted.format(what=what, text="") if value.pattern or value.words else f"{what} is empty; leave the key out, or write a text"
    )


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the tables, ready."""
    return re.compile(pattern)
