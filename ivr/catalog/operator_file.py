"""operator.yaml compiled: numbers, prices, limits, keys and what the engine says itself."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from ivr.catalog.charging import billing_of, rating_of, tariffs_of
from ivr.catalog.constants import days_of, units_of, until_of
from ivr.catalog.house_rules import hours_of, people_of
from ivr.catalog.reader import Reader
from ivr.catalog.shapes import ANSWERS, CHANNELS, SHAPES
from ivr.catalog.source import Node
from ivr.catalog.speech_rules import speech_of
from ivr.catalog.translations import Translations
from ivr.catalog.wordings import Scope, Wordings
from ivr.engine.model import CallSettings, FeePrices, Group, Keys, Operator, SmsSettings, Tries, UssdSettings, Wording
from ivr.engine.values import MICRO, Money, Span, Value
from ivr.engine.ways_in import HELP, REFUSALS

LINE = {
    "number": "msisdn",
    "kind": "text",
    "status": "text",
    "tariff": "tariff",
    "language": "text",
    "roaming": "flag",
    "notices": "flag",
    "expires": "date",
}
"""What every wording may say of the line."""


LEAST_OCTETS = 100
"""The shortest USSD string that still holds a line beside the navigation, in UCS-2: 50 characters."""


LEAST_LARGEST = 100
"""Units of the currency that `limits.largest_money` is at least: less would refuse what lines have."""


class OperatorFile:
    """Reads one operator.yaml. `scope` gives the type of a name that every wording of the operator may use."""

    def __init__(self, node: Node, reader: Reader) -> None:
        self.node, self.reader = node, reader
        reader.shape(node, "operator", "operator.yaml")
        languages = node.get("languages") or node
        self.languages = reader.texts(languages.get("offered"), "offered") or ("en",)
        self.currency = reader.text(node.get("currency"), "currency", "AZN")
        self.fees = {key.text: self._fee(key, value) for key, value in reader.pairs(node.get("fees"), "fees")}
        self.limits = {key.text: self._limit(value) for key, value in reader.pairs(node.get("limits"), "limits")}
        numbers = node.get("numbers") or node
        fixed = ("country", "length", "prefixes", "written")
        self.numbers = {
            key.text: reader.text(value, "a number")
            for key, value in reader.pairs(numbers, "numbers")
            if key.text not in fixed and numbers is not node
        }
        self.switches = {key.text: reader.switch(value, "a switch", True) for key, value in reader.pairs(node.get("switches"), "switches")}
        self.tariffs = tuple(key.text for key, _ in reader.pairs(node.get("tariffs"), "tariffs"))
        self.tariff_kinds = {
            key.text: reader.text(tariff.get("kind"), "kind")
            for key, tariff in reader.pairs(node.get("tariffs"), "tariffs")
            if tariff.get("kind") is not None
        }
        self.groups = {key.text: self._group(value) for key, value in reader.pairs(node.get("groups"), "groups")}
        self.groups.setdefault("everyone", Group())
        self.hours, self.people = hours_of(node, reader), people_of(node, reader)

    def scope(self, path: tuple[str, ...]) -> str | None:
        """The type of a name that has a meaning everywhere."""
        match path:
            case ("line", name):
                return LINE.get(name)
            case ("fee",):
                return "money"
            case ("fees", fee, channel):
                return "money" if fee in self.fees and channel in self.fees[fee].prices else None
            case ("numbers", name):
                return "text" if name in self.numbers else None
            case ("switches", name):
                return "flag" if name in self.switches else None
            case ("hours", name):
                return "hours" if name in self.hours else None
            case ("limits", name) if name in self.limits:
                value = self.limits[name]
                return "money" if isinstance(value, Money) else "span" if isinstance(value, Span) else "number"
        return None

    def known(self) -> list[str]:
        """The names of `scope`, for suggestions."""
        sections = (("line", LINE), ("numbers", self.numbers), ("limits", self.limits), ("hours", self.hours), ("switches", self.switches))
        fees = [f"fees.{name}.{channel}" for name, fee in self.fees.items() for channel in fee.prices]
        return [*(f"{section}.{name}" for section, names in sections for name in names), *fees, "fee"]

    def _money(self, node: Node) -> Money | None:
        text = self.reader.text(node, "a price")
        if text == "free":
            return Money(0, self.currency)
        try:
            amount = Money.parse(text, self.currency)
            if amount.micro >= 0 and Decimal(text).as_tuple().exponent != "n":
                return amount
        except (ValueError, InvalidOperation):
            pass
        self.reader.fault(node, "E010", f'a price is free or a decimal in quotes, such as "0.10"; not {text!r}')
        return None

    def _fee(self, key: Node, node: Node) -> FeePrices:
        self.reader.name(key, "a fee")
        if not self.reader.shape(node, "fee", "a fee"):
            return FeePrices({})
        once = self.reader.text(node.get("once"), "once", "each")
        if once not in ("session", "each"):
            self.reader.fault(node.get("once") or node, "E010", "once is session or each")
        # a price that cannot be read is a fault of its own; it stands as free, lest every place that names it be one too
        free = Money(0, self.currency)
        prices = {channel: self._money(value) or free for channel in CHANNELS if (value := node.get(channel)) is not None}
        return FeePrices(prices, once == "session")

    def _limit(self, node: Node) -> Value:
        if node.kind == "map":
            return {key.text: self._limit(value) for key, value in node.pairs}
        text = self.reader.text(node, "a limit")
        if text and text[-1] in "smhd" and text[:-1].isdigit():
            return Span(self.reader.span(node, "a limit", 0))
        if not node.quoted and re.fullmatch(r"[0-9]{1,15}", text):
            return int(text)
        return self._money(node) or Money(0, self.currency)

    def _group(self, node: Node) -> Group:
        if not self.reader.shape(node, "group", "a group"):
            return Group()
        line = self.reader.text(node.get("line"), "line") or None
        if line not in (None, "prepaid", "postpaid"):
            self.reader.fault(node.get("line") or node, "E010", "a line is prepaid or postpaid")
        tariffs = {key.text for key, _ in self.reader.pairs(self.node.get("tariffs"), "tariffs")}
        sets = []
        for name in ("tariffs", "except_tariffs", "kinds", "except_kinds"):
            listed = node.get(name)
            texts = self.reader.texts(listed, name)
            what, among = ("tariff", tariffs) if name.endswith("tariffs") else ("kind of tariff", set(self.tariff_kinds.values()))
            for text in texts:
                self.reader.known(listed or node, text, among, "E010", what)
            sets.append(frozenset(texts))
        return Group(line, *sets)

    def tries(self, node: Node | None, wordings: Wordings, context: str, default: Tries | None) -> Tries:
        """A no_input or no_match: a wording, or {most, say, then}."""
        fallback = default or Tries(3, None, "goodbye")
        if node is None:
            return fallback
        if node.kind == "text" or (node.kind == "map" and not set(node.names()) & set(SHAPES["tries"])):
            return Tries(fallback.most, wordings.wording(node, context, self.scope, "a wording"), fallback.then)
        if not self.reader.shape(node, "tries", "tries"):
            return fallback
        said = node.get("say")
        return Tries(
            self.reader.count(node.get("most"), "most", fallback.most, 10),
            wordings.wording(said, context, self.scope, "say") if said is not None else fallback.say,
            self.reader.text(node.get("then"), "then", fallback.then),
        )

    def compile(self, wordings: Wordings, catalogs: Mapping[str, Translations]) -> Operator:
        """The operator as the engine knows it."""
        reader, node = self.reader, self.node
        languages, numbers, ussd, call = (node.get(name) or Node("map", node.place) for name in ("languages", "numbers", "ussd", "call"))
        self._sane(node)
        for section, name in (
            (languages, "languages"),
            (ussd, "ussd"),
            (call, "call"),
            (node.get("keys"), "keys"),
            (node.get("sessions"), "sessions"),
        ):
            if section is not None and section.pairs:
                reader.shape(section, name, name)
        default = reader.text(languages.get("default"), "default", self.languages[0])
        reader.known(languages.get("default") or languages, default, self.languages, "E018", "offered language")
        zone = reader.text(node.get("time_zone"), "time_zone", "UTC")
        if zone not in zoneinfo.available_timezones():
            reader.fault(node.get("time_zone") or node, "E010", f"there is no time zone {zone}; write one such as Asia/Baku")
        tries = node.get("tries") or Node("map", node.place)
        choice = call.get("choice")
        keys = node.get("keys") or Node("map", node.place)
        self._keys_apart(keys)
        on_ussd, in_call = keys.get("ussd") or keys, keys.get("call") or keys
        return Operator(
            name=reader.text(node.get("operator"), "operator"),
            title=reader.text(node.get("name"), "name"),
            currency=self.currency,
            time_zone=zone,
            languages=self.languages,
            default_language=default,
            first_call=reader.text(languages.get("first_call"), "first_call") or None,
            fold={key.text: frozenset(reader.texts(value, "fold")) for key, value in reader.pairs(languages.get("fold"), "fold")},
            fold_names=frozenset(reader.texts(languages.get("fold_names"), "fold_names")),
            country=reader.text(numbers.get("country"), "country"),
            length=reader.count(numbers.get("length"), "length", 9, 14),
            prefixes=reader.texts(numbers.get("prefixes"), "prefixes"),
            written=reader.texts(numbers.get("written"), "written"),
            numbers=self.numbers,
            groups=self.groups,
            fees=self.fees,
            limits=self.limits,
            spoken={
                key.text: {language.text: reader.text(words, "spoken") for language, words in reader.pairs(tariff.get("spoken"), "spoken")}
                for key, tariff in reader.pairs(node.get("tariffs"), "tariffs")
                if reader.shape(tariff, "tariff", "a tariff")
            },
            tariffs=tariffs_of(node, reader, self.currency),
            rating=rating_of(node, reader),
            billing=billing_of(node, reader),
            ussd=UssdSettings(
                self._octets(ussd.get("octets")),
                reader.span(ussd.get("wait"), "wait", 60),
                reader.span(ussd.get("longest"), "longest", 180),
                reader.switch(ussd.get("stay_open"), "stay_open", True),
            ),
            call=CallSettings(
                reader.span(call.get("first_digit"), "first_digit", 6),
                reader.span(call.get("between_digits"), "between_digits", 3),
                reader.switch(call.get("barge_in"), "barge_in", True),
                reader.span(call.get("longest"), "longest", 600),
                wordings.wording(choice, "operator.choice", self._choice_scope, "choice") if choice is not None else {},
                reader.text(call.get("point"), "point", "*"),
                self._spoken_numbers(call.get("speak_numbers")),
                reader.text(call.get("person"), "person") or None,
                reader.switch(call.get("synthesis"), "synthesis", True),
            ),
            keys=Keys(
                ussd_back=reader.text(on_ussd.get("back"), "back"),
                ussd_home=reader.text(on_ussd.get("home"), "home"),
                ussd_next=reader.text(on_ussd.get("next"), "next"),
                call_back=reader.text(in_call.get("back"), "back"),
                call_repeat=reader.text(in_call.get("repeat"), "repeat"),
                call_next=reader.text(in_call.get("next"), "next"),
                confirm=reader.text(keys.get("confirm"), "confirm", "1"),
                refuse=reader.text(keys.get("refuse"), "refuse", "2"),
                call_person=reader.text(in_call.get("person"), "person"),
            ),
            no_input=self.tries(tries.get("no_input"), wordings, "operator.no_input", None),
            no_match=self.tries(tries.get("no_match"), wordings, "operator.no_match", None),
            switches=self.switches,
            late=float(reader.span((node.get("sessions") or node).get("late"), "late", 3)),
            answers=self._answers(wordings),
            units=units_of(self.languages, catalogs, reader.faults),
            sms=self._sms(node.get("sms")),
            hours=self.hours,
            people=self.people,
            resume=float(reader.span((node.get("sessions") or node).get("resume"), "resume", 300)),
            tariff_kinds=self.tariff_kinds,
            days=days_of(self.languages, catalogs, reader.faults if self.hours else None),
            speech=speech_of(node.get("speech"), reader),
            until=until_of(self.languages, catalogs, reader.faults),
        )

    def _sane(self, node: Node) -> None:
        """What could be written and would serve nobody."""
        limits, largest = node.get("limits") or node, self.limits.get("largest_money")
        for name in (HELP, REFUSALS):
            value = self.limits.get(name, {"most": 1, "per": Span(1)})
            if not (isinstance(value, Mapping) and isinstance(value.get("most"), int) and isinstance(value.get("per"), Span)):
                self.reader.fault(limits.get(name) or node, "E010", f"{name} is so many in a time: {{most: 1, per: 1h}}")
        if not isinstance(self.limits.get("same_sms", Span(1)), Span):
            self.reader.fault(limits.get("same_sms") or node, "E010", "same_sms is a time, such as 10m")
        if isinstance(largest, Money) and largest.micro < LEAST_LARGEST * MICRO:
            self.reader.fault(
                limits.get("largest_money") or node,
                "E010",
                f'larger amounts than this are refused at run time, balances too: at least {LEAST_LARGEST}, such as "99999.99"',
            )

    def _sms(self, node: Node | None) -> SmsSettings:
        if node is None or not self.reader.shape(node, "sms", "sms"):
            return SmsSettings()
        same: dict[str, str] = {}
        for key, value in self.reader.pairs(node.get("same"), "same"):
            signs = self.reader.text(value, "same")
            if len(key.text) != 1:
                self.reader.fault(key, "E010", f'`same` is a sign and those that count as it, such as "-": "–—"; not "{key.text}"')
            else:
                same.update(dict.fromkeys(signs, key.text))
        return SmsSettings(self.reader.count(node.get("parts"), "parts", 3, 10), same)

    def _spoken_numbers(self, node: Node | None) -> str:
        text = self.reader.text(node, "speak_numbers", "grouped")
        if node is not None and not self.reader.known(node, text, ("grouped", "digits"), "E010", "way to speak numbers"):
            return "grouped"
        return text

    def _octets(self, node: Node | None) -> int:
        octets = self.reader.count(node, "octets", 160, 160)
        if octets >= LEAST_OCTETS:
            return octets
        self.reader.fault(
            node or self.node, "E010", f"octets is from {LEAST_OCTETS} to 160: fewer leave no room beside back, home and next"
        )
        return 160

    def _keys_apart(self, node: Node) -> None:
        for name in ("ussd", "call"):
            taken: dict[str, str] = {}
            for key, value in self.reader.pairs(node.get(name), name):
                if not re.fullmatch(r"[0-9]{1,2}" if name == "ussd" else r"[0-9*#]", value.text):
                    signs = "one or two digits" if name == "ussd" else "one of 0-9, * and #"
                    self.reader.fault(value, "E010", f"a key is {signs}, in quotes")
                elif value.text in taken:
                    self.reader.fault(value, "E016", f'the key {value.text} is taken: it is "{taken[value.text]}" too')
                taken[value.text] = key.text
        confirm, refuse = node.get("confirm"), node.get("refuse")
        if confirm is not None and refuse is not None and confirm.text == refuse.text:
            self.reader.fault(refuse, "E016", f"the key {refuse.text} is taken: it confirms")
        for answer, what in ((confirm, "confirm"), (refuse, "refuse")):
            for name in ("ussd", "call"):
                for key, value in self.reader.pairs(node.get(name), name):
                    if answer is not None and value.text == answer.text and key.text in ("back", "home", "repeat", "person"):
                        told = f'the key {answer.text} is taken: it is "{key.text}" ({name})'
                        self.reader.fault(answer, "E016", f"{told}, and may not {what} too")

    def _choice_scope(self, path: tuple[str, ...]) -> str | None:
        return "text" if path in (("label",), ("key",)) else self.scope(path)

    def _with(self, own: Mapping[tuple[str, ...], str]) -> Scope:
        return lambda path: own.get(path) or self.scope(path)

    def _answers(self, wordings: Wordings) -> dict[str, Wording]:
        node = self.node.get("answers")
        answers: dict[str, Wording] = {}
        if node is None:
            return {}
        extra: dict[str, dict[tuple[str, ...], str]] = {
            "not_enough": {("balance",): "money"},
            "next_call": {("key",): "number"},
            "person": {("key",): "number"},
        }
        for key, value in self.reader.pairs(node, "answers"):
            if not self.reader.known(key, key.text, ANSWERS, "E010", "answer"):
                continue
            answers[key.text] = wordings.wording(value, f"operator.{key.text}", self._with(extra.get(key.text, {})), "an answer")
        for name in ANSWERS:
            if name not in answers:
                self.reader.fault(node, "E010", f'the answer "{name}" is missing: the engine says it itself')
        return answers
