"""Notices compiled: what the operator says without being asked, once an event of services.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.catalog.context import Context, plain, typed
from ivr.catalog.entry_proofs import lines_of
from ivr.catalog.menu_files import RESULTS_TAKEN
from ivr.catalog.reader import Reader
from ivr.catalog.services import Event, Type
from ivr.catalog.source import Node
from ivr.engine.model import Model, Notice
from ivr.engine.notices import WAYS

_SAID = frozenset(["sms", "ussd"])
"""Channels whose wordings a notice may have: its messages are an SMS's, its USSD notifications a page's."""
_NAMED = ("text", "digits", "one_of")


@dataclass(slots=True)
class EventScope:
    """What the wordings and the condition of a notice may name: the event's own values, then what is known everywhere but a fee."""

    context: Context
    gives: Mapping[str, Type]

    def __call__(self, path: tuple[str, ...]) -> str | None:
        """The type of the value that `path` names; None where nothing has that name."""
        if len(path) == 1 and path[0] in self.gives:
            return plain(self.gives[path[0]])
        return None if path == ("fee",) else self.context.house.scope(path)

    def known(self) -> list[str]:
        """Names an author may have meant."""
        return list(self.gives)


def notices_of(context: Context, serves: str, switch: str | None, events: Mapping[str, Event]) -> list[Notice]:
    """The notices of one file; `serves` and `switch` are the file's own. Faults: E010, E012, E013, E014, E015, and those of wordings."""
    found = []
    for key, node in context.reader.pairs(context.node.get("notices"), "notices"):
        context.reader.name(key, "a notice")
        if context.reader.shape(node, "notice", f'notice "{key.text}"'):
            notice = _notice(context, key, node, serves, switch, events)
            if notice is not None:
                found.append(notice)
    return found


def _notice(context: Context, key: Node, node: Node, serves: str, switch: str | None, events: Mapping[str, Event]) -> Notice | None:
    reader = context.reader
    about = node.get("about")
    name = reader.text(about, "about")
    group, own_switch = context.group(node.get("serves"), serves), context.switch(node.get("switch")) or switch
    go, by = context.target(node.get("go")), _ways(context, node)
    if about is None or not reader.known(about, name, events, "E014", "event"):
        return None
    for taken in events[name].gives:
        if taken in RESULTS_TAKEN:
            reader.fault(about, "E015", f'the event {name} brings "{taken}", which already means something here')
    scope = EventScope(context, events[name].gives)
    when = context.wordings.condition(node.get("when"), scope)
    say = context.wordings.say(node.get("say"), f"notices.{key.text}", scope, "say", _SAID)
    if node.get("go") is not None and go is None:
        return None
    return Notice(key.text, name, by, group, own_switch, when, say, go, key.place)


def _ways(context: Context, node: Node) -> tuple[str, ...]:
    reader, by, go = context.reader, node.get("by"), node.get("go")
    ways = reader.texts(by, "by")
    if by is not None and not ways:
        reader.fault(by, "E010", f"by is at least one of {', '.join(WAYS)}")
    known = tuple(dict.fromkeys(way for way in ways if reader.known(by or node, way, WAYS, "E010", "way to tell a line")))
    if known != tuple(dict.fromkeys(ways)):
        return known
    if go is None and node.get("say") is None:
        reader.fault(node, "E010", "a notice says nothing: give it `say`, or `go` for a session that the network opens")
    if go is not None and "ussd_session" not in known:
        reader.fault(node.key("go"), "E010", "`go` is for a session that the network opens: put ussd_session into `by`, or take `go` away")
    if "ussd_session" in known and go is None:
        reader.fault(by or node, "E010", "ussd_session opens a menu: say which with `go`")
    if go is not None and node.get("say") is None:
        for way in known:
            if way in ("flash", "ussd_notice"):
                reader.fault(by or node, "E010", f"{way} shows words: give the notice `say` (an SMS carries those of the menu without)")
    return known


def notice_faults(model: Model, events: Mapping[str, Event], reader: Reader) -> None:
    """What can be seen only beside all menus: names that two files use (E015), lines (E019) and fields (E031) of the menus they lead to."""
    first: dict[str, Notice] = {}
    for notice in model.notices:
        place = Node("text", notice.place)
        if first.setdefault(notice.name, notice) is not notice:
            reader.fault(place, "E015", f'there is a notice "{notice.name}" already, at {first[notice.name].place}')
        menu = model.menus.get(notice.go or "")
        if menu is None:
            continue
        if lines_of(model.operator, notice.serves) - lines_of(model.operator, menu.serves):
            served = f"{menu.name} serves {menu.serves} only"
            reader.fault(place, "E019", f"this tells lines that it cannot lead on: {served}, so write `serves: {menu.serves}`")
        gives = events[notice.about].gives
        for field in menu.ask:
            brought = plain(gives.get(field.name))
            if brought is None and not field.say:
                reader.fault(place, "E031", f'"{field.name}" of {menu.name} is never asked, and the event {notice.about} does not bring it')
            elif brought is not None and brought != typed(field.type) and not (brought == "text" and field.type.kind in _NAMED):
                wanted = "secret" if field.type.secret else field.type.kind
                reader.fault(place, "E010", f'the event brings "{field.name}" as {brought}, and {menu.name} takes a {wanted}')
