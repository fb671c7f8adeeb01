"""A menu file compiled: its menus as frozen nodes, every name in them checked against what it names."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.catalog.choices import choices_of, listing_of
from ivr.catalog.context import Context, MenuScope
from ivr.catalog.entries import entries_of
from ivr.catalog.outcomes import outcomes_of, tries_of
from ivr.catalog.questions import field_types, question
from ivr.catalog.services import Service, Type
from ivr.catalog.shapes import RESERVED_MENUS
from ivr.catalog.source import Node
from ivr.engine.fields import WrongValue, read
from ivr.engine.model import Entry, FieldType, Invocation, Menu, Reference, Say
from ivr.engine.values import Value

RESULTS_TAKEN = ("line", "fee", "fees", "limits", "numbers", "hours", "switches", "result", "event")
"""Names that mean something everywhere: no look-up can have them."""
LATE = ("fail", "wait", "send_by_sms")


class MenuFile:
    """One menu file: `stem.yaml`."""

    def __init__(self, context: Context) -> None:
        self.context, self.stem, self.node, self.reader = context, context.stem, context.node, context.reader
        self.names: dict[str, Node] = {}
        if self.reader.shape(self.node, "file", "a menu file"):
            for key, _ in self.reader.pairs(self.node.get("menus"), "menus"):
                if self.reader.name(key, "a menu") and key.text in RESERVED_MENUS:
                    self.reader.fault(key, "E015", f'"{key.text}" is a word of the language; call the menu something else')
                self.names[f"{self.stem}.{key.text}"] = key
        self.serves = context.group(self.node.get("serves"), "everyone")
        self.switch = context.switch(self.node.get("switch"))

    def target(self, node: Node | None) -> str | None:
        """The menu that a name in this file means; see `Context.target`."""
        return self.context.target(node)

    def compile_entries(self) -> list[Entry]:
        """The file's ways in."""
        return entries_of(self.context, self.serves, self.switch)

    def compile_menus(self) -> dict[str, Menu]:
        """The file's menus by id."""
        menus = {}
        for key, node in self.reader.pairs(self.node.get("menus"), "menus"):
            if self.reader.shape(node, "menu", f'menu "{key.text}"'):
                menus[f"{self.stem}.{key.text}"] = self._menu(f"{self.stem}.{key.text}", key, node)
        return menus

    def _menu(self, name: str, key: Node, node: Node) -> Menu:
        reader, context = self.reader, self.context
        gets = self.reader.pairs(node.get("get"), "get")
        act = node.get("do")
        looked_up = [self._service(value, "read") for _, value in gets]
        doing = self._service(act, "change") if act is not None else None
        types: dict[str, Mapping[str, Type]] = {
            got.text: service.gives if service else {} for (got, _), service in zip(gets, looked_up, strict=True)
        }
        fields = field_types(context, node.get("ask"), [*looked_up, doing])
        scope = MenuScope(context, types, doing.gives if doing is not None else {}, fields)
        for (got, value), service in zip(gets, looked_up, strict=True):
            if got.text in fields or got.text in RESULTS_TAKEN:
                reader.fault(got, "E015", f'"{got.text}" already means something here')
            self._handed(value, service, fields)
        if act is not None:
            self._handed(act, doing, fields)
        for field in fields:
            if field in RESULTS_TAKEN:
                reader.fault((node.get("ask") or node).key(field), "E015", f'"{field}" already means something here')
        then = context.target(node.get("then"), ("home", "back", "end"))
        if node.get("then") is not None and node.get("choices") is not None:
            reader.fault(node.key("then"), "E043", "a menu with choices cannot go on by itself; take `then` or `choices` away")
        listing = listing_of(context, name, node.get("list"), scope)
        if listing is not None and listing.choose is not None and node.get("choices") is not None:
            reader.fault(
                node.key("choices"), "E025", "the items of the list have the keys 1, 2 ...: `choose` and `choices` cannot be in one menu"
            )
        return Menu(
            name=name,
            place=key.place,
            serves=self.serves,
            switch=context.switch(node.get("switch")) or self.switch,
            back=reader.switch(node.get("back"), "back", True),
            ask=tuple(
                question(context, name, field, value, fields[field.text], scope) for field, value in reader.pairs(node.get("ask"), "ask")
            ),
            confirm=context.wordings.say(node.get("confirm"), name, scope, "confirm"),
            get=tuple(
                self._invocation(got.text, value, service, fields, scope)
                for (got, value), service in zip(gets, looked_up, strict=True)
                if service
            ),
            do=self._invocation("result", act, doing, fields, scope) if act is not None and doing is not None else None,
            fee=self._fee(node),
            say=context.wordings.say(node.get("say"), name, scope, "say"),
            list=listing,
            after=context.wordings.say(node.get("after"), name, scope, "after"),
            choices=choices_of(context, name, node.get("choices"), scope, listing is not None),
            then=then,
            no_input=tries_of(context, node.get("no_input"), name, scope, context.operator.no_input),
            no_match=tries_of(context, node.get("no_match"), name, scope, context.operator.no_match),
            otherwise=outcomes_of(
                context,
                name,
                node.get("otherwise"),
                [*looked_up, doing],
                reader.text(node.get("connect"), "connect") or None,
                fields,
                scope,
            ),
            connect=self._person(node.get("connect")),
            also_sms=self._receipt(name, node.get("also_sms"), scope),
            fee_place=(node.get("fee") or node).place,
        )

    # -- parts of a menu

    def _fee(self, node: Node) -> str | None:
        named = node.get("fee")
        fee = self.reader.text(named, "fee") or None
        if named is None or fee is None or not self.reader.known(named, fee, self.context.house.fees, "E013", "fee"):
            return None
        return fee

    def _person(self, node: Node | None) -> str | None:
        name = self.reader.text(node, "connect") or None
        if node is not None and name is not None and not self.reader.known(node, name, self.context.house.people, "E013", "person"):
            return None
        return name

    def _receipt(self, name: str, node: Node | None, scope: MenuScope) -> Say | None:
        if node is None or (node.kind == "text" and not node.quoted and node.text == "false"):
            return None
        if node.kind == "text" and not node.quoted and node.text == "true":
            return ()
        return self.context.wordings.say(node, name, scope, "also_sms", frozenset(["sms"]))

    def _service(self, node: Node, kind: str) -> Service | None:
        named = node.get("from" if kind == "read" else "call") if node.kind == "map" else node
        if node.kind == "map":
            self.reader.shape(node, "get" if kind == "read" else "invocation", "a call of a service")
        if named is None:
            return None
        name = self.reader.text(named, "a service")
        if not self.reader.known(named, name, self.context.services, "E014", "service"):
            return None
        service = self.context.services[name]
        if service.kind != kind:
            wrong = (
                "`get` looks up and may be repeated; this changes something: use `do`"
                if kind == "read"
                else "`do` acts; this only looks up: use `get`"
            )
            self.reader.fault(named, "E037", f"{name}: {wrong}")
        return service

    def _handed(self, node: Node, service: Service | None, fields: Mapping[str, FieldType]) -> None:
        if service is None:
            return
        handed = node.get("with") if node.kind == "map" else None
        given = {*fields, *(handed.names() if handed is not None else ())}
        for name in service.takes:
            if name not in given:
                self.reader.fault(node, "E038", f'{service.name} takes "{name}": ask for it, or hand it over `with`')
        for key, value in handed.pairs if handed is not None else ():
            if not self.reader.known(key, key.text, service.takes, "E033", f"input of {service.name} called"):
                continue
            source = value.text.removeprefix("{").removesuffix("}")
            if source in fields and fields[source].secret and not service.takes[key.text].secret:
                self.reader.fault(value, "E050", f'"{source}" is a secret, and {service.name} does not take "{key.text}" as one')
        for name, kind in fields.items():
            if kind.secret and name in service.takes and not service.takes[name].secret and (handed is None or name not in handed.names()):
                self.reader.fault(node, "E050", f'"{name}" is a secret here, and {service.name} does not take it as one')

    def _invocation(self, name: str, node: Node, service: Service, fields: Mapping[str, FieldType], scope: MenuScope) -> Invocation:
        hand: dict[str, Reference | Value] = {field: Reference((field,)) for field in service.takes if field in fields}
        hand.update(self.context.hand(node.get("with") if node.kind == "map" else None, scope))
        late = node.get("late") if node.kind == "map" else None
        when_late = self.reader.text(late, "late", "fail")
        if late is not None and not self.reader.known(late, when_late, LATE, "E010", "way to be late"):
            when_late = "fail"
        return Invocation(name, service.name, hand, node.place, service.balance, when_late)

    def values_fit(self, menus: Mapping[str, Menu], menu: Menu) -> None:
        """Whether what is handed over are values that fields take, and whether fields that are not asked are filled."""
        ways = [(choice.go, choice.hand, choice.place, "") for choice in menu.choices]
        if menu.list is not None and menu.list.choose is not None:
            ways.append((menu.list.choose.go, menu.list.choose.hand, menu.list.choose.place, ""))
        ways += [(outcome.go, {}, outcome.place, "an outcome") for outcome in menu.otherwise.values() if outcome.go]
        if menu.then is not None:
            ways.append((menu.then, {}, menu.place, "`then`"))
        for go, hand, where, what in ways:
            target = menus.get(go or "")
            if target is not None:
                self._handed_over(target, hand, Node("text", where), what)

    def _handed_over(self, target: Menu, hand: Mapping[str, Reference | Value], place: Node, what: str) -> None:
        for field in target.ask:
            value = hand.get(field.name)
            if value is None and not field.say:
                instead = f", and {what} hands nothing over: give it `say`" if what else ": hand it over `with`"
                self.reader.fault(place, "E031", f'"{field.name}" of {target.name} is never asked{instead}')
            elif isinstance(value, str):
                try:
                    read(value, field.type, self.context.operator)
                except WrongValue:
                    self.reader.fault(place, "E010", f'"{value}" is no value that {target.name} takes as "{field.name}"')
        for name in hand:
            self.reader.known(place, name, [field.name for field in target.ask], "E033", f"field of {target.name} called")
