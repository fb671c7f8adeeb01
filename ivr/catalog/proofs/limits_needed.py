"""What services of ours need of operator.yaml and cannot work without: limits by name, each of its kind (E013)."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.catalog.operator_file import OperatorFile
from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.model import Model
from ivr.engine.values import Money, Span, Value

_LOCKS = {"wrong_passwords": "lock"}
_TRANSFER = {**_LOCKS, "transfer_min": "amount", "transfer_max": "amount", "transfer_keep": "amount", "same_recipient": "span"}
NEEDED: Mapping[str, Mapping[str, str]] = {
    "grants.give": {"grants": "count"},
    "sms_money.status": {"transfer_min": "amount", "transfer_max": "amount", "transfer_keep": "amount"},
    "sms_money.register": _LOCKS,
    "sms_money.change_password": _LOCKS,
    "sms_money.transfer": _TRANSFER,
}
"""The limits that a service needs, and the kind of each."""
_EXAMPLES = {
    "amount": 'an amount, such as "5"',
    "count": "a count, such as 20",
    "span": "a time, such as 30m",
    "lock": "{most: 3, lock: 30m}",
}


def limits_needed(model: Model, house: OperatorFile, reader: Reader) -> None:
    """E013: at the limit where it is of another kind, at the call of the service where there is none."""
    limits, written, told = house.limits, house.node.get("limits"), set()
    for menu in model.menus.values():
        for call in (*menu.get, *((menu.do,) if menu.do is not None else ())):
            for name, kind in NEEDED.get(call.service, {}).items():
                if name in told or (name in limits and _is(limits[name], kind)):
                    continue
                told.add(name)
                node = written.get(name) if written is not None else None
                wanted = f"{call.service} needs limits.{name} of operator.yaml: {_EXAMPLES[kind]}"
                reader.fault(node or Node("text", call.place), "E013", wanted if node is None else f"{wanted}; this is none")


def _is(value: Value, kind: str) -> bool:
    match kind:
        case "amount":
            return isinstance(value, Money)
        case "count":
            return isinstance(value, int) and not isinstance(value, bool)
        case "span":
            return isinstance(value, Span)
    return isinstance(value, Mapping) and isinstance(value.get("most"), int) and isinstance(value.get("lock"), Span)
