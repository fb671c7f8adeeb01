"""Every key of the menu language, in the order in which things happen: what the reader accepts.

A shape is a map's keys with what each takes. `!` marks a key that must be there. The kinds: `text`, `wording`, `say`, `switch`
(true or false), `count`, `span` (60s, 5m, 2h, 1d), `texts` (one or a list), `name` and other shapes by name; `map:SHAPE` is a map from
free names to that shape, `list:SHAPE` a list.
"""

from __future__ import annotations

from collections.abc import Mapping

CHANNELS = ("ussd", "call", "sms", "web")
"""The channels that a wording or a fee may differ for."""

SHAPES: Mapping[str, Mapping[str, str]] = {
    "file": {
        "serves": "text",
        "not_served": "say",
        "switch": "text",
        "entries": "list:entry",
        "published": "map:text",
        "menus": "map:menu!",
    },
    "entry": {"ussd": "text", "call": "texts", "go": "text!", "with": "map:text", "then": "text", "serves": "text"},
    "menu": {
        "note": "text",
        "switch": "text",
        "back": "switch",
        "ask": "map:field",
        "confirm": "say",
        "get": "map:get",
        "do": "invocation",
        "fee": "text",
        "say": "say",
        "list": "list",
        "after": "say",
        "choices": "choices",
        "then": "text",
        "no_input": "tries",
        "no_match": "tries",
        "otherwise": "map:outcome",
    },
    "field": {
        "say": "say",
        "type": "text",
        "digits": "text",
        "one_of": "texts",
        "secret": "switch",
        "when": "text",
        "no_match": "causes",
    },
    "invocation": {"call": "text!", "with": "map:text"},
    "get": {"from": "text!", "with": "map:text"},
    "list": {"of": "text!", "item": "wording!", "none": "wording", "speak": "count"},
    "choice": {
        "label": "wording!",
        "in": "text",
        "go": "text!",
        "with": "map:text",
        "then": "text",
        "when": "text",
        "switch": "text",
        "only": "texts",
    },
    "tries": {"most": "count", "say": "wording", "then": "text"},
    "outcome": {"fee": "text", "say": "say", "retry": "text", "go": "text"},
    "part": {"when": "text", "only": "texts", "say": "wording!"},
    "operator": {
        "operator": "text!",
        "name": "text!",
        "currency": "text!",
        "time_zone": "text!",
        "languages": "languages!",
        "numbers": "numbers!",
        "groups": "map:group!",
        "fees": "map:fee",
        "tariffs": "map:tariff",
        "limits": "map:limit",
        "ussd": "ussd!",
        "call": "call!",
        "keys": "keys!",
        "tries": "house_tries!",
        "switches": "map:switch",
        "sessions": "sessions!",
        "answers": "map:wording!",
    },
    "languages": {"offered": "texts!", "default": "text!", "first_call": "text", "fold": "map:texts", "fold_names": "texts"},
    "group": {"line": "text", "tariffs": "texts", "except_tariffs": "texts"},
    "fee": {"sms": "text", "ussd": "text", "call": "text", "web": "text", "once": "text"},
    "tariff": {"line": "text", "kind": "text", "call": "text", "sms": "text", "mb": "text", "spoken": "map:text"},
    "ussd": {"octets": "count", "wait": "span", "longest": "span", "stay_open": "switch"},
    "call": {
        "first_digit": "span",
        "between_digits": "span",
        "barge_in": "switch",
        "longest": "span",
        "synthesis": "switch",
        "choice": "wording!",
        "point": "text",
        "speak_numbers": "text",
    },
    "keys": {"ussd": "map:text!", "call": "map:text!", "confirm": "text!", "refuse": "text!"},
    "house_tries": {"no_input": "tries!", "no_match": "tries!"},
    "sessions": {"late": "span"},
}

ANSWERS = (
    "unknown_code unknown_line barred expired not_enough switched_off unavailable late timed_out not_sent back home next confirm refuse"
    " next_call wrong_value goodbye"
).split()
"""What the engine says itself; operator.yaml must word every one."""

CAUSES = ("too_small", "too_large", "too_short", "too_long", "foreign", "other")
"""Why a field's value may be wrong."""

RESERVED_FILES = frozenset("line result fee fees limits numbers hours switches event operator services units".split())
RESERVED_MENUS = frozenset("back home end continue goodbye".split())
