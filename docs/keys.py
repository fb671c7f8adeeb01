"""Writes docs/keys.md, every key of the YAML files, and the JSON schemas in menus/schemas/: `make docs`.

What a key means stands in `ivr.catalog.key_notes`. tests/test_docs.py compiles the examples and fails while the page is behind.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ivr.catalog.key_notes import FILES, KEY_NOTES, SHAPE_NOTES  # noqa: E402
from ivr.catalog.kinds import UNIONS, parsed, value_of  # noqa: E402
from ivr.catalog.schema import write  # noqa: E402
from ivr.catalog.shapes import SHAPES  # noqa: E402
from ivr.catalog.value_kinds import COUNT, RANGES  # noqa: E402

PAGE = ROOT / "docs" / "keys.md"
SCHEMAS = ROOT / "menus" / "schemas"

OPERATOR = """\
operator: small
name: Small
currency: AZN
time_zone: Asia/Baku
languages: {offered: [en], default: en}
numbers: {country: "994", length: 9, prefixes: ["50"], written: ["994#########", "0#########"], support: "111"}
groups:
  prepaid: {line: prepaid}
  everyone: {}
fees:
  balance: {sms: "0.10", ussd: "0.10", call: free, web: free, once: session}
tariffs:
  GəncOL: {line: prepaid, call: "0.059", sms: "0.05", mb: "0.08", spoken: {en: "ganj ol"}}
limits: {largest_money: "99999.99", help_replies: {most: 1, per: 1h}}
ussd: {octets: 160, wait: 60s, longest: 180s, stay_open: true}
sms: {parts: 6, same: {"-": "–—"}}
call: {first_digit: 6s, between_digits: 3s, longest: 10m, choice: "{label}: press {key}", point: "*", speak_numbers: grouped}
keys:
  ussd: {back: "0", home: "00", next: "98"}
  call: {back: "*", repeat: "#", next: "9"}
  confirm: "1"
  refuse: "2"
tries:
  no_input: {most: 3, say: "I did not hear a key.", then: goodbye}
  no_match: {most: 3, say: "There is no such choice.", then: goodbye}
hours: {support: {mon-fri: ["09:00-13:00", "14:00-18:00"], sat: "10:00-14:00"}}
holidays: ["01-01", "2027-03-20"]
people: {support: {call: "111", hours: support, ring: 45s}}
switches: {notices: true}
sessions: {resume: 5m, late: 3s}
answers:
""" + "".join(f"  {key}: {example}\n" for key, (_, example) in KEY_NOTES["answers"].items())

MENUS = """\
serves: prepaid
not_served: "This is for prepaid lines."
entries:
  - {ussd: "*111#", go: main, resume: true}
  - {call: "2112", go: balance, then: main}       # figures first, then the menu
  - {sms: "2112", text: "", go: balance}
published: {"*111*1#": balance}

menus:
  main:
    say: {default: "My line", call: "Main menu."}
    choices:
      "1": {label: Balance, go: balance}
      "2": {label: Turn notices on, when: not line.notices, switch: notices, go: turn_on}
      "3": {label: {default: Operator, call: "To speak to an operator, press {key}"}, go: person}

  balance:
    get: {account: accounts.balance}
    fee: balance
    say:
      - {default: "{account.main} till {account.expires:until}", call: "Your balance is {account.main}."}
      - {when: account.main < 1, say: "Please top up."}
    list: {of: account.bonuses, item: "{left} till {until:until}", none: "No bonuses", speak: 5}
    after: {only: call, say: "That was all."}

  turn_on:
    confirm: "Turn notices on? They are free."
    do: accounts.notices_on
    say: "Notices are on."
    otherwise:
      already: {say: "They were on already.", go: main}

  person:
    say: {default: "Call {numbers.support}, free of charge.", call: "Please wait."}
    connect: support
    otherwise:
      closed: "Our operators answer {hours.support}."
      busy: {say: "All operators are busy.", go: home}
      no_answer: {say: "Nobody answered.", go: home}
"""

SCENARIOS = """\
now: "2026-11-22 12:00"
scenarios:
  balance_by_code:
    line: "994501110001"
    language: en
    steps:
      - {dial: "*111*1#", see: "12.24 AZN till 05.03.2027", charged: "0.10"}
      - {press: "00", see: ["1. Balance", "3. Operator"], charged: "0"}
  a_balance_that_cannot_be_read:
    line: "994501110001"
    language: en
    services: {accounts.balance: unavailable}
    steps:
      - {dial: "*111*1#", see: "We cannot answer now.", charged: "0", ends: true}
"""

HEAD = f"""# Every key

What each key of the YAML files means and takes. How they play together is in [the menu language](menu-language.md). The same tables are
JSON schemas ([`menus/schemas/`](../menus/schemas/), or `ivr schema`): a file whose first line names one is completed and checked by any
editor with a YAML language server, such as the YAML extension of Visual Studio Code.

```text
# yaml-language-server: $schema=../schemas/menus.schema.json
```

<!-- Written by `make docs` from ivr/catalog/key_notes.py. Change the notes there, not this page. -->

## A whole operator

`operator.yaml`:

```yaml
{OPERATOR}```

`prepaid.yaml`, beside it:

```yaml
{MENUS}```

`scenarios/balance.yaml`, below it:

```yaml
{SCENARIOS}```
"""

_TITLES = {
    "said": "text",
    "message": "text, or [by number](#wording-by-number)",
    "wording": "wording: a text, [by channel](#wording-by-channel) or [by number](#wording-by-number)",
    "say": "wording, [part](#part), or a list of them",
    "also_sms": "`true`, wording, [part](#part), or a list of them",
    "simple_type": "`" + "`, `".join(value_of("simple_type", ("", "")).words) + "`",
    "input_type": "`" + "`, `".join(value_of("input_type", ("", "")).words) + "`",
    "any": "any",
}


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    tops = set(FILES.values())
    for shape, (title, introduction) in SHAPE_NOTES.items():
        parts.append(f"## {title}\n\n{introduction}\n" if shape in tops else f"### {title}\n\n{introduction}\n")
        parts.append(table(shape))
    return "\n".join(parts)


def table(shape: str) -> str:
    """The keys of a shape, in the order in which they are written."""
    rows = ["| key | takes | meaning | example |", "|---|---|---|---|"]
    for key, kind in SHAPES[shape].items():
        meaning, example = KEY_NOTES[shape][key]
        shown = "any other name" if key == "*" else f"`{key}`"
        must = " (required)" if kind.endswith("!") else ""
        cells = (shown, takes(kind, (shape, key)) + must, meaning, f"`{example}`" if example else "above")
        rows.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def takes(kind: str, where: tuple[str, str]) -> str:
    """What a value may be, in words."""
    form, inner = parsed(kind)
    if inner in _TITLES:
        return _TITLES[inner]
    match form:
        case "union":
            return ", or ".join(dict.fromkeys(takes(way, where) for way in UNIONS[inner]))
        case "shape":
            title = SHAPE_NOTES[inner][0]
            return f"[{title if title.isupper() else title.lower()}](#{anchor(title)})"
        case "map":
            return f"map of names: {takes(inner, where)}"
        case "list":
            return f"list of {takes(inner, where)}" if inner != "say_item" else "a list of them"
        case "texts":
            return f"{words(where)}, or a list"
        case "text":
            return words(where)
        case "switch":
            return "`true` or `false`"
        case "span":
            return "span: `60s`, `5m`, `2h`, `1d`"
        case "count":
            span = RANGES.get(where, COUNT)
            return f"whole number, {span.least} to {span.most}" if span is not COUNT else "whole number"
    return "any"


def words(where: tuple[str, str]) -> str:
    """What a text may be: its closed list of words, else `text`."""
    listed = value_of("text", where).words
    return ", ".join(f"`{word}`" for word in listed) if listed else "text"


def anchor(title: str) -> str:
    """A heading as links name it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
    for name in FILES:
        print(f"wrote {write(name, SCHEMAS).relative_to(ROOT)}")
