"""Menu files compiled: entries and menus as frozen nodes, every name in them checked against what it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ivr.catalog.faults import suggest
from ivr.catalog.operator_file import OperatorFile
from ivr.catalog.reader import Reader
from ivr.catalog.services import ListType, Service, Type, span_of
from ivr.catalog.shapes import CAUSES, CHANNELS, RESERVED_MENUS
from ivr.catalog.source import Node
from ivr.catalog.wordings import SLOT, Scope, Wordings, cut
from ivr.engine.fields import WrongValue, read
from ivr.engine.model import (
    Choice,
    Entry,
    Field,
    FieldType,
    Invocation,
    Listing,
    Menu,
    Message,
    Operator,
    Outcome,
    Reference,
    Template,
    Tries,
    Wording,
)
from ivr.engine.values import Value
from ivr.engine.ways_in import code_parts


class MenuFile:
    """One menu file: `stem.yaml`."""

    def __init__(
        self,
        stem: str,
        node: Node,
        reader: Reader,
        wordings: Wordings,
        house: OperatorFile,
        operator: Operator,
        services: Mapping[str, Service],
        unread: frozenset[str],
    ) -> None:
        self.stem, self.node, self.reader, self.wordings = stem, node, reader, wordings
        self.house, self.operator, self.services = house, operator, services
        self.unread = unread
        self.names: dict[str, Node] = {}
        if reader.shape(node, "file", "a menu file"):
            for key, _ in reader.pairs(node.get("menus"), "menus"):
                if reader.name(key, "a menu") and key.text in RESERVED_MENUS:
                    reader.fault(key, "E015", f'"{key.text}" is a word of the language; call the menu something else')
                self.names[f"{stem}.{key.text}"] = key
        self.serves = self._group(node.get("serves"), "everyone")
        self.switch = self._switch(node.get("switch"))

    def target(self, node: Node | None, everything: Mapping[str, Node], words: tuple[str, ...] = ()) -> str | None:
        """The menu that a `go` or `then` means, by its full id; `words` are targets that are no menus."""
        if node is None:
            return None
        name = self.reader.text(node, "a menu's name")
        if name in words:
            return name
        for menu in (f"{self.stem}.{name}", name):
            if menu in everything:
                return menu
        if name.split(".")[0] in self.unread:
            # that file has faults of its own; what it holds is not known, so nothing is said about it
            return None
        known = [menu.removeprefix(f"{self.stem}.") for menu in everything] + list(words)
        self.reader.fault(node, "E012", f'there is no menu "{name}"{suggest(name, known)}')
        return None

    def compile_entries(self, everything: Mapping[str, Node]) -> list[Entry]:
        """The file's ways in."""
        node = self.node.get("entries")
        if node is None:
            return []
        if node.kind != "list":
            self.reader.fault(node, "E010", "entries is a list of ways in")
            return []
        serves_all = self.serves == "everyone" and all(item.get("serves") is None for item in node.items if item.kind == "map")
        said = self.node.get("not_served")
        if said is None and not serves_all:
            self.reader.fault(node, "E032", "some lines are not served here: word not_served, what they are told")
        not_served = self.wordings.say(said, f"{self.stem}.not_served", self.house.scope, "not_served")
        entries: list[Entry] = []
        for item in node.items:
            if not self.reader.shape(item, "entry", "an entry"):
                continue
            ways = [channel for channel in ("ussd", "call") if item.get(channel) is not None]
            go = self.target(item.get("go"), everything)
            if len(ways) != 1:
                self.reader.fault(item, "E010", "an entry has exactly one of ussd and call")
            elif go is not None:
                then = self.target(item.get("then"), everything)
                serves = self._group(item.get("serves"), self.serves)
                hand = self._hand(item.get("with"))
                codes = self._parts(ways[0], item.get(ways[0]) or item)
                entries += [Entry(ways[0], parts, go, serves, hand, then, self.switch, not_served, item.place) for parts in codes]
        return entries

    def _parts(self, channel: str, node: Node) -> list[tuple[str, ...]]:
        if channel == "call":
            return [(number,) for number in self.reader.texts(node, "call")]
        parts = code_parts(self.reader.text(node, "ussd"))
        if parts is None:
            self.reader.fault(node, "E010", 'a USSD code is written "*111#" or "*111*5#"')
            return []
        return [parts]

    def compile_menus(self, everything: Mapping[str, Node]) -> dict[str, Menu]:
        """The file's menus by id."""
        menus = {}
        for key, node in self.reader.pairs(self.node.get("menus"), "menus"):
            if self.reader.shape(node, "menu", f'menu "{key.text}"'):
                menus[f"{self.stem}.{key.text}"] = self._menu(f"{self.stem}.{key.text}", key, node, everything)
        return menus

    def _menu(self, name: str, key: Node, node: Node, everything: Mapping[str, Node]) -> Menu:
        reader = self.reader
        gets = [(got, value) for got, value in reader.pairs(node.get("get"), "get")]
        act = node.get("do")
        types: dict[str, Mapping[str, Type]] = {}
        services = [self._service(value, "read") for _, value in gets]
        for (got, _), service in zip(gets, services, strict=True):
            types[got.text] = service.gives if service else {}
        doing = self._service(act, "change") if act is not None else None
        asked = self._fields(node.get("ask"), [*services, doing])
        fields = {field: kind for field, (_, kind) in asked.items()}

        def scope(path: tuple[str, ...]) -> str | None:
            if path[0] in types and len(path) == 2:
                found = types[path[0]].get(path[1])
                return "list" if isinstance(found, ListType) else found
            if path[0] == "result" and doing is not None and len(path) == 2:
                found = doing.gives.get(path[1])
                return "list" if isinstance(found, ListType) else found
            if len(path) == 1 and path[0] in fields:
                return {"one_of": "text", "digits": "text"}.get(fields[path[0]].kind, fields[path[0]].kind)
            return self.house.scope(path)

        say = self.wordings.say(node.get("say"), name, scope, "say")
        fee = reader.text(node.get("fee"), "fee") or None
        if fee is not None and reader.known(node.get("fee") or node, fee, self.house.fees, "E013", "fee"):
            self._priced(node.get("fee") or node, fee)
        then = self.target(node.get("then"), everything, ("home", "back", "end"))
        if then is not None and node.get("choices") is not None:
            reader.fault(node.key("then"), "E043", "a menu with choices cannot go on by itself; take `then` or `choices` away")
        for (got, value), service in zip(gets, services, strict=True):
            if got.text in fields or got.text in ("line", "fee", "fees", "limits", "numbers", "switches", "result"):
                reader.fault(got, "E015", f'"{got.text}" already means something here')
            self._handed(value, service, fields)
        if act is not None:
            self._handed(act, doing, fields)
        return Menu(
            name=name,
            place=key.place,
            serves=self.serves,
            switch=self._switch(node.get("switch")) or self.switch,
            back=reader.switch(node.get("back"), "back", True),
            ask=tuple(self._field(name, field, value, fields[field.text], scope) for field, value in reader.pairs(node.get("ask"), "ask")),
            confirm=self.wordings.say(node.get("confirm"), name, scope, "confirm"),
            get=tuple(
                self._invocation(got.text, value, service, fields) for (got, value), service in zip(gets, services, strict=True) if service
            ),
            do=self._invocation("result", act, doing, fields) if act is not None and doing is not None else None,
            fee=fee if fee in self.house.fees else None,
            say=say,
            list=self._listing(name, node.get("list"), types, scope),
            after=self.wordings.say(node.get("after"), name, scope, "after"),
            choices=self._choices(name, node.get("choices"), everything, scope, bool(node.get("list"))),
            then=then,
            no_input=self._tries(node.get("no_input"), name, self.operator.no_input, everything),
            no_match=self._tries(node.get("no_match"), name, self.operator.no_match, everything),
            otherwise=self._outcomes(name, node.get("otherwise"), [*services, doing], fields, everything, scope),
        )

    # -- parts of a menu

    def _group(self, node: Node | None, default: str) -> str:
        name = self.reader.text(node, "serves", default)
        if node is not None and not self.reader.known(node, name, self.house.groups, "E013", "group"):
            return "everyone"
        return name

    def _switch(self, node: Node | None) -> str | None:
        name = self.reader.text(node, "switch") or None
        if node is not None and name is not None and not self.reader.known(node, name, self.house.switches, "E013", "switch"):
            return None
        return name

    def _priced(self, node: Node, fee: str) -> None:
        for channel in ("ussd", "call"):
            if channel not in self.house.fees[fee].prices:
                self.reader.fault(node, "E030", f'the fee "{fee}" has no price for {channel}; write one in operator.yaml, or free')

    def _service(self, node: Node, kind: str) -> Service | None:
        named = node.get("from" if kind == "read" else "call") if node.kind == "map" else node
        if node.kind == "map":
            self.reader.shape(node, "get" if kind == "read" else "invocation", "a call of a service")
        if named is None:
            return None
        name = self.reader.text(named, "a service")
        if not self.reader.known(named, name, self.services, "E014", "service"):
            return None
        service = self.services[name]
        if service.kind != kind:
            wrong = (
                "`get` looks up and may be repeated; this changes something: use `do`"
                if kind == "read"
                else "`do` acts; this only looks up: use `get`"
            )
            self.reader.fault(named, "E037", f"{name}: {wrong}")
        return service

    def _fields(self, node: Node | None, services: list[Service | None]) -> dict[str, tuple[Node, FieldType]]:
        fields = {}
        for key, value in self.reader.pairs(node, "ask"):
            self.reader.name(key, "a field")
            self.reader.shape(value, "field", "a field")
            kind = next((service.takes[key.text] for service in services if service and key.text in service.takes), None)
            fields[key.text] = (key, self._type(key, value, kind))
        return fields

    def _type(self, key: Node, node: Node, kind: FieldType | None) -> FieldType:
        if (words := node.get("one_of")) is not None:
            kind = FieldType("one_of", words=self.reader.texts(words, "one_of"), secret=bool(kind and kind.secret))
        elif (digits := node.get("digits")) is not None:
            least, most = span_of(self.reader.text(digits, "digits"))
            if least is None:
                self.reader.fault(digits, "E010", 'digits is a length such as "10" or "4-20"')
            kind = FieldType("digits", least, most, secret=bool(kind and kind.secret))
        elif (named := node.get("type")) is not None:
            name = self.reader.text(named, "type")
            if self.reader.known(named, name, ("money", "msisdn", "number", "text"), "E010", "type"):
                kind = FieldType(name, secret=bool(kind and kind.secret))
        if kind is None:
            self.reader.fault(key, "E036", f'no service here takes "{key.text}", so say what it is: type, digits or one_of')
            kind = FieldType("text")
        return replace(kind, secret=True) if self.reader.switch(node.get("secret"), "secret", False) else kind

    def _field(self, context: str, key: Node, node: Node, kind: FieldType, scope: Scope) -> Field:
        causes: dict[str, Wording] = {}
        wrong = node.get("no_match")
        if wrong is not None and wrong.kind == "map" and set(wrong.names()) & set(CAUSES):
            for cause, value in wrong.pairs:
                if self.reader.known(cause, cause.text, CAUSES, "E010", "cause"):
                    causes[cause.text] = self.wordings.wording(value, context, scope, "no_match")
        elif wrong is not None:
            causes["other"] = self.wordings.wording(wrong, context, scope, "no_match")
        say = self.wordings.say(node.get("say"), context, scope, "say")
        when = self.wordings.condition(node.get("when"), scope)
        return Field(key.text, kind, say, when, causes, key.place)

    def _handed(self, node: Node, service: Service | None, fields: Mapping[str, FieldType]) -> None:
        if service is None:
            return
        given = set(fields) | {key.text for key, _ in (node.get("with").pairs if node.kind == "map" and node.get("with") else ())}  # type: ignore[union-attr]
        for name in service.takes:
            if name not in given:
                self.reader.fault(node, "E038", f'{service.name} takes "{name}": ask for it, or hand it over `with`')

    def _invocation(self, name: str, node: Node, service: Service, fields: Mapping[str, FieldType]) -> Invocation:
        hand: dict[str, Reference | Value] = {field: Reference((field,)) for field in service.takes if field in fields}
        hand.update(self._hand(node.get("with") if node.kind == "map" else None))
        return Invocation(name, service.name, hand, node.place, service.balance)

    def _hand(self, node: Node | None) -> dict[str, Reference | Value]:
        hand: dict[str, Reference | Value] = {}
        for key, value in self.reader.pairs(node, "with"):
            text = self.reader.text(value, "a value")
            template = cut(text)
            hand[key.text] = template[0] if len(template) == 1 and isinstance(template[0], Reference) else text
        return hand

    def _listing(self, context: str, node: Node | None, types: Mapping[str, Mapping[str, Type]], scope: Scope) -> Listing | None:
        if node is None or not self.reader.shape(node, "list", "a list"):
            return None
        of = node.get("of") or node
        path = tuple(self.reader.text(of, "of").split("."))
        found = types.get(path[0], {}).get(path[1]) if len(path) == 2 else None
        if not isinstance(found, ListType):
            lists = [f"{name}.{field}" for name, gives in types.items() for field, kind in gives.items() if isinstance(kind, ListType)]
            self.reader.fault(of, "E023", f'"{".".join(path)}" is no list that a look-up here gives{suggest(".".join(path), lists)}')
            return None
        record = found.record

        def item_scope(inner: tuple[str, ...]) -> str | None:
            kind = record.get(inner[0]) if len(inner) == 1 else None
            return kind if isinstance(kind, str) else scope(inner)

        item, none = node.get("item"), node.get("none")
        speak = self.reader.count(node.get("speak"), "speak", 1, 50) if node.get("speak") is not None else None
        return Listing(
            path,
            self.wordings.wording(item, context, item_scope, "item") if item is not None else {},
            self.wordings.wording(none, context, scope, "none") if none is not None else None,
            speak,
            node.place,
        )

    def _choices(self, context: str, node: Node | None, everything: Mapping[str, Node], scope: Scope, has_list: bool) -> tuple[Choice, ...]:
        if node is None:
            return ()
        if node.kind == "map" and node.names() == ("same_as",):
            other = node.pairs[0][1]
            name = self.reader.text(other, "same_as")
            shared = (self.node.get("menus") or node).get(name)
            choices = shared.get("choices") if shared is not None else None
            if choices is None or choices.names() == ("same_as",):
                self.reader.fault(
                    other,
                    "E012",
                    f'there is no menu "{name}" with choices in this file{suggest(name, [n.split(".")[1] for n in self.names])}',
                )
                return ()
            return self._choices(f"{self.stem}.{name}", choices, everything, scope, has_list)
        found = []
        for key, value in self.reader.pairs(node, "choices"):
            if self._choice_key(key, has_list) and self.reader.shape(value, "choice", "a choice"):
                choice = self._choice(context, key, value, everything, scope)
                if choice is not None:
                    found.append(choice)
        return tuple(found)

    def _choice_key(self, key: Node, has_list: bool) -> bool:
        keys = self.operator.keys
        if not re.fullmatch(r"[1-9][0-9]?", key.text):
            self.reader.fault(key, "E016", f'a choice\'s key is a number from 1 to 99 in quotes, not "{key.text}"')
            return False
        if key.text in (keys.ussd_back, keys.ussd_home, keys.ussd_next):
            self.reader.fault(key, "E016", f"the key {key.text} is taken: operator.yaml uses it in USSD for back, home or next")
        if len(key.text) > 1:
            self.reader.fault(key, "E017", f"a call has keys of one digit only; {key.text} cannot be pressed")
        elif has_list and key.text == keys.call_next:
            self.reader.fault(key, "E016", f"the key {key.text} is taken: in a call it leads on where a list speaks in parts")
        return True

    def _choice(self, context: str, key: Node, node: Node, everything: Mapping[str, Node], scope: Scope) -> Choice | None:
        go = self.target(node.get("go"), everything, ("back", "home", "end"))
        label = node.get("label")
        if go is None or label is None:
            return None
        own = node.get("in")
        language = self.reader.text(own, "in") or None
        if (
            own is not None
            and language is not None
            and not self.reader.known(own, language, self.operator.languages, "E018", "offered language")
        ):
            language = None

        def label_scope(path: tuple[str, ...]) -> str | None:
            return "number" if path == ("key",) else scope(path)

        wording = dict(self.wordings.wording(label, context, label_scope, "a label", language=language))
        if "call" in wording and not any(SLOT.search(text) and "{key}" in text for text in _texts(label)):
            wording["call"] = {lang: _around(self.operator.call.choice, message, lang) for lang, message in wording["call"].items()}
        for channel in CHANNELS:
            if (
                channel != "call"
                and channel in wording
                and any(Reference(("key",)) in message.forms[0] for message in wording[channel].values())
            ):
                self.reader.fault(label, "E021", "{key} is for calls; the key stands before the label elsewhere")
        return Choice(
            key.text,
            wording,
            go,
            self._hand(node.get("with")),
            self.target(node.get("then"), everything),
            self.wordings.condition(node.get("when"), scope),
            self._switch(node.get("switch")),
            self.wordings.only(node.get("only")),
            key.place,
        )

    def _tries(self, node: Node | None, context: str, default: Tries, everything: Mapping[str, Node]) -> Tries | None:
        if node is None:
            return None
        tries = self.house.tries(node, self.wordings, context, default)
        then = node.get("then") if node.kind == "map" else None
        if then is not None and tries.then not in ("goodbye", "continue", "end"):
            target = self.target(then, everything, ("goodbye", "continue", "end"))
            tries = replace(tries, then=target or "goodbye")
        return tries

    def _outcomes(
        self,
        context: str,
        node: Node | None,
        services: list[Service | None],
        fields: Mapping[str, FieldType],
        everything: Mapping[str, Node],
        scope: Scope,
    ) -> dict[str, Outcome]:
        possible: dict[str, Mapping[str, Type]] = {"unavailable": {}, "late": {}}
        for service in services:
            possible.update(service.outcomes if service else {})
        outcomes: dict[str, Outcome] = {}
        for key, value in self.reader.pairs(node, "otherwise"):
            if not self.reader.known(key, key.text, possible, "E041", "outcome"):
                continue
            brings = possible[key.text]

            def outcome_scope(path: tuple[str, ...], brings: Mapping[str, Type] = brings) -> str | None:
                kind = brings.get(path[1]) if path[0] == "result" and len(path) == 2 else None
                return kind if isinstance(kind, str) else scope(path)

            whole = value.kind == "map" and bool(set(value.names()) & {"say", "fee", "retry", "go"})
            if whole and not self.reader.shape(value, "outcome", "an outcome"):
                continue
            said = value.get("say") if whole else value
            fee = self.reader.text(value.get("fee"), "fee") or None if whole else None
            if fee is not None and self.reader.known(value.get("fee") or value, fee, self.house.fees, "E013", "fee"):
                self._priced(value.get("fee") or value, fee)
            retry = self.reader.text(value.get("retry"), "retry") or None if whole else None
            if retry is not None:
                self.reader.known(value.get("retry") or value, retry, fields, "E042", "field of this menu")
            go = self.target(value.get("go"), everything, ("back", "home", "end")) if whole else None
            outcomes[key.text] = Outcome(self.wordings.say(said, context, outcome_scope, "say"), fee, retry, go, key.place)
        unanswered = [name for name in possible if name not in outcomes and name not in ("unavailable", "late")]
        if unanswered:
            self.reader.fault(node or self.names[context], "E040", f"no answer for: {', '.join(unanswered)}")
        return outcomes

    def values_fit(self, menus: Mapping[str, Menu], menu: Menu) -> None:
        """Whether the constants that choices hand over are values their fields take, and whether fields that are not asked are filled."""
        for choice in menu.choices:
            target = menus.get(choice.go)
            for field in target.ask if target else ():
                value = choice.hand.get(field.name)
                place = Node("text", choice.place)
                if value is None and not field.say:
                    self.reader.fault(place, "E031", f'"{field.name}" of {choice.go} is never asked: hand it over `with`')
                elif isinstance(value, str):
                    try:
                        read(value, field.type, self.operator)
                    except WrongValue:
                        self.reader.fault(place, "E010", f'"{value}" is no value that {choice.go} takes as "{field.name}"')
            for name in choice.hand:
                if target is not None and name not in [field.name for field in target.ask]:
                    self.reader.fault(Node("text", choice.place), "E033", f'{choice.go} has no field "{name}"')


def _texts(label: Node) -> list[str]:
    """What a label says in a call."""
    said = label.get("call") or label.get("default")
    return [label.text] if label.kind == "text" else [] if said is None else [said.text]


def _around(choice: Wording, label: Message, language: str) -> Message:
    around = choice.get("call", {})
    found = around.get(label.language) or around.get(language)
    if found is None:
        return label  # operator.yaml lacks call.choice, which is a fault of its own
    return replace(label, forms=tuple(_put_in(found.forms[0], form) for form in label.forms))


def _put_in(around: Template, label: Template) -> Template:
    pieces: list[str | Reference] = []
    for piece in around:
        for inner in label if piece == Reference(("label",)) else (piece,):
            if isinstance(inner, str) and pieces and isinstance(pieces[-1], str):
                pieces[-1] += inner
            else:
                pieces.append(inner)
    return tuple(pieces)
