"""Operators written for tests: the small one whose files a test changes, and a large one of any number of menus."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from ivr.catalog.shapes import ANSWERS

OPERATOR = """\
operator: small
name: Small
currency: AZN
time_zone: Asia/Baku
languages: {offered: [en], default: en}
numbers: {country: "994", length: 9, prefixes: ["50"], written: ["994#########"], support: "111"}
groups: {prepaid: {line: prepaid}, postpaid: {line: postpaid}}
fees:
  balance: {ussd: "0.10", call: free, sms: "0.10", web: free}
  line_info: {ussd: free, call: free, sms: "0.02", web: free}
tariffs: {SimSim: {line: prepaid}}
limits: {largest: "99.99"}
ussd: {octets: 160, wait: 60s, longest: 180s, stay_open: true}
call: {first_digit: 6s, between_digits: 3s, barge_in: true, longest: 10m, choice: "{label}: press {key}", point: "*"}
keys: {ussd: {back: "0", home: "00", next: "98"}, call: {back: "*", repeat: "#", next: "9"}, confirm: "1", refuse: "2"}
tries: {no_input: {most: 3, say: No key, then: goodbye}, no_match: {most: 3, say: No choice, then: goodbye}}
switches: {shop: true}
sessions: {late: 3s}
answers:
""" + "".join(f"  {name}: Answer {name.replace('_', ' ')}\n" for name in ANSWERS)

PREPAID = """\
serves: everyone
entries:
  - {ussd: "*1#", go: main}
  - {call: "1", go: balance, then: main}
published: {"*1*1*2#": balance}
menus:
  main:
    say: {default: Hello, call: "Main menu."}
    choices:
      "1": {label: Account, go: account}
      "2": {label: Language, go: settings.language}
      "3": {label: Notices, go: turn_off, when: line.notices}
      "4": {label: Good day, go: end}
  account:
    say: Account
    choices:
      "1": {label: Charges, go: charges}
      "2": {label: Balance, go: balance}
  balance:
    get: {account: accounts.balance}
    fee: balance
    say: {default: "You have {account.main}", call: "Your balance is {account.main}."}
  charges:
    get: {statement: accounts.statement}
    say: Charges
    list: {of: statement.postings, item: "{at} {amount}", none: Nothing yet}
  turn_off:
    do: accounts.notices_off
    say: Notices off
    otherwise: {already: {say: Off already, go: main}}
"""
SETTINGS = """\
serves: everyone
menus:
  language:
    say: Language
    choices:
      "1": {label: English, go: change, with: {language: en}}
      "2": {label: Azerbaijani, go: change, with: {language: az}}
    no_match: {most: 2, say: Again, then: language}
  change:
    ask: {language: {say: Which}}
    do: accounts.set_language
    say: Done
"""
SMALL = {"operator": OPERATOR, "prepaid": PREPAID, "settings": SETTINGS}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write an operator's files by name into `folder/menus/small`; gives that folder. Nothing else stays there."""
    home = folder / "menus" / "small"
    home.mkdir(parents=True, exist_ok=True)
    (folder / "locales").mkdir(exist_ok=True)
    for old in home.glob("*.yaml"):
        old.unlink()
    for name, text in files.items():
        (home / f"{name}.yaml").write_text(text, "utf-8")
    return home


_WORDS = (
    "Balance, Last charges, Top up, Roaming abroad, Data packages for a month, Minutes, SMS bundles, Notices after each charge, Language, Help and"
    " contacts, Your tariff, Change tariff, Friends and family, Transfer, Bonus points, Coverage, Shops near you, Invoices, Payment history, Settings"
).split(", ")
_FILES = "prepaid postpaid packages money roaming help shop loyalty".split()


def large(menus: int, seed: int = 1) -> dict[str, str]:
    """An operator of `menus` menus in several files: trees of uneven depth, links across files and back, forms, fees, outcomes."""
    chance = random.Random(seed)
    share = [0.27, 0.19, 0.14, 0.11, 0.09, 0.08, 0.07, 0.05]
    sizes = [max(2, round(menus * part)) for part in share]
    sizes[0] += menus - sum(sizes)
    heads = {file: f"{file}.main" for file in _FILES}
    return {"operator": OPERATOR} | {
        file: _file(file, size, number, heads, chance) for number, (file, size) in enumerate(zip(_FILES, sizes, strict=True))
    }


def _file(file: str, size: int, number: int, heads: Mapping[str, str], chance: random.Random) -> str:
    names = ["main"] + [f"{chance.choice(_WORDS).split()[0].strip(',').lower()}_{place}" for place in range(1, size)]
    children: dict[int, list[int]] = {place: [] for place in range(size)}
    for place in range(1, size):
        open_ones = [above for above in range(place) if len(children[above]) < 5]
        children[chance.choice(open_ones[: max(3, len(open_ones) // 2)])].append(place)
    lines = ["serves: everyone", "entries:", f'  - {{ussd: "*{100 + number}#", go: main}}']
    if number < 3:
        lines.append(f'  - {{call: "{2100 + number}", go: {names[-1]}, then: main}}')
    lines.append("menus:")
    for place, name in enumerate(names):
        words = chance.choice(_WORDS)
        lines.append(f"  {name}:")
        if place and not children[place] and place % 3 == 0:
            lines += ["    do: accounts.notices_off", f'    say: "{words}: done"', "    otherwise: {already: {say: Already, go: main}}"]
            continue
        if place % 2:
            lines += ["    get: {account: accounts.balance}", f"    fee: {chance.choice(('balance', 'line_info'))}"]
        lines.append(f'    say: {{default: "{words}", call: "{words}, and what else there is to say about it."}}')
        rows = [(names[child], chance.choice(_WORDS)) for child in children[place]]
        if place == 0:
            rows += [(head, chance.choice(_WORDS)) for other, head in heads.items() if other != file][:3]
        elif rows and chance.random() < 0.4:
            rows.append((chance.choice(list(heads.values())), "Elsewhere"))
        if rows:
            lines.append("    choices:")
            lines += [f'      "{key}": {{label: "{label}", go: {target}}}' for key, (target, label) in enumerate(rows, 1)]
    return "\n".join(lines) + "\n"


RICH = {
    "operator": OPERATOR.replace("between_digits: 3s,", "between_digits: 3s, person: help.person,")
    .replace('call: {back: "*", repeat: "#", next: "9"}', 'call: {back: "*", repeat: "#", next: "9", person: "0"}')
    .replace("switches: ", 'hours: {support: {mon-fri: "08:00-22:00"}}\nholidays: ["01-01"]\npeople: {support: {call: "111", hours: support, ring: 45s}}\nswitches: ')
    .replace("sessions: {late: 3s}", "sessions: {late: 3s, resume: 5m}\nsms: {parts: 3}\nrating: {interval: 60s}"),
    "help": """\
serves: everyone
not_served: For prepaid lines
entries:
  - {ussd: "*2#", go: charges, resume: true, serves: prepaid}
  - {sms: "2112", text: "1*{amount}", go: send}
  - {sms: "2112", text: "", go: charges}
notices:
  charged: {about: usage.charged, serves: prepaid, when: line.notices, by: [flash, sms], say: "Charged {charge}"}
  bill: {about: bill.ready, by: [ussd_session, sms], switch: shop, say: Your bill, go: charges}
menus:
  person:
    say: Wait
    connect: support
    otherwise: {closed: Closed, busy: {say: Busy, go: home}, no_answer: {say: Nobody, go: home}}
  charges:
    get: {statement: accounts.statement}
    fee: line_info
    say: Charges
    list:
      of: statement.postings
      item: "{at} {amount}"
      none: None yet
      speak: 3
      choose: {label: "For {amount} press {key}", go: send, with: {amount: "{amount}"}}
    after: Choose one
    also_sms: Your charges were shown
  send:
    switch: shop
    ask:
      amount: {say: How much, type: money, min: "1", again: Once more, when: line.notices, no_match: {too_small: Too little, other: Wrong}}
    confirm: Sure?
    do: accounts.notices_off
    say: Sent
    no_input: {most: 2, say: Silence, then: charges}
    otherwise: {already: {say: Sent already, fee: line_info, retry: amount}}
""",
}  # fmt: skip
"""An operator with a little of everything."""
