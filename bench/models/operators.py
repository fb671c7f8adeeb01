"""Big operators, made up but whole: N menus in files of about thirty, reachable from one code, with full az and ru catalogs.

The operator file is the shipped one, so that whatever the language asks of it is there. The same arguments give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ivr.catalog.extract import messages
from ivr.catalog.shapes import ANSWERS
from ivr.catalog.units import DATES_CONTEXT, USUAL_UNTIL
from ivr.settings import ROOT

IN_A_FILE, BRANCHES = 30, 8
LANGUAGES = ("az", "ru")
"""Those that need a catalog; English is the text itself."""
HEADER = """# {language} wordings of a made-up operator.
msgid ""
msgstr ""
"Project-Id-Version: Dynamic IVR\\n"
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""
PLURALS = {
    "az": "nplurals=2; plural=(n != 1);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
}
WORDS = "balance bonus charge tariff roaming notice account packet minute message gift network office bill notice number".split()


def write_operator(home: Path, menus: int, name: str = "azercell") -> Path:
    """Write `home`/menus/`name` and `home`/locales; the operator's folder."""
    folder = home / "menus" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "operator.yaml").write_text(operator_file(), "utf-8")
    for number in range(0, menus, IN_A_FILE):
        write_file(folder, number // IN_A_FILE, range(number, min(menus, number + IN_A_FILE)), menus)
    write_catalogs(home)
    return folder


def operator_file() -> str:
    """The shipped operator file without the menus that it names; an answer that it lacks is made up."""
    shipped = (ROOT / "menus" / "azercell" / "operator.yaml").read_text("utf-8")
    text = re.sub(r"(?m)^ *(first_call|person):.*\n", "", shipped)
    above, _, answers = text.partition("\nanswers:")
    lacking = [name for name in ANSWERS if not re.search(rf"(?m)^  {name}:", answers)]
    return f"{above}\nanswers:{answers.rstrip()}\n" + "".join(f"  {name}: Answer {name.replace('_', ' ')}\n" for name in lacking)


def stem(file: int) -> str:
    """What file number `file` is called."""
    return f"part{file}"


def menu_id(number: int) -> str:
    """A menu's full id."""
    return f"{stem(number // IN_A_FILE)}.{menu_name(number)}"


def menu_name(number: int) -> str:
    """A menu's own name."""
    return f"{WORDS[number % len(WORDS)]}_{number}"


def write_file(folder: Path, file: int, numbers: Iterable[int], total: int) -> Path:
    """One menu file with the menus `numbers` of `total`."""
    lines = ["# Made up.", "serves: everyone"]
    if file == 0:
        lines += ["entries:", f'  - {{ussd: "*111#", go: {menu_name(0)}}}', f'  - {{call: "2112", go: {menu_name(0)}}}']
        if total > 1:
            lines += ["published:", f'  "*111*1#": {menu_name(1)}']
    lines.append("menus:")
    for number in numbers:
        lines += ["", *menu(number, total)]
    path = folder / f"{stem(file)}.yaml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def menu(number: int, total: int) -> list[str]:
    """The lines of menu `number`: one with choices while there are menus below it, else one of six kinds of leaf."""
    children = range(number * BRANCHES + 1, min(total, number * BRANCHES + 1 + BRANCHES))
    word = WORDS[number % len(WORDS)]
    lines = [f"  {menu_name(number)}:"]
    if children:
        lines += [f'    say: {{default: "Your {word} {number}", call: "The {word} menu, number {number}."}}', "    choices:"]
        for key, child in enumerate(children, 1):
            go = menu_name(child) if child // IN_A_FILE == number // IN_A_FILE else menu_id(child)
            given = ", with: {language: ru}" if kind_of(child, total) == 4 else ""
            when = ", when: not line.roaming" if key == 2 else ""
            lines.append(f'      "{key}": {{label: "{WORDS[child % len(WORDS)].capitalize()} {child}", go: {go}{given}{when}}}')
        return lines
    kinds = (
        (
            "    get: {account: accounts.balance}",
            "    fee: balance",
            "    say:",
            f'      - default: "{number}: {{account.main}} till {{account.expires:until}}. {{account.tariff}}"',
            f'        call: "Your {word} is {{account.main}}, offer {number}."',
            f'        ussd: "{number}: {{account.main}} till {{account.expires:until}}\\n{{account.tariff}}"',
            "    list:",
            "      of: account.bonuses",
            f'      item: {{count: left, one: "{{left}} {word} till {{until:until}}", other: "{{left}} {word}s till {{until:until}}"}}',
            f'      none: {{default: "No {word}", call: "You have no {word}, number {number}."}}',
            '    after: {only: call, say: "Valid until {account.expires:until}."}',
        ),
        (
            "    get: {bill: accounts.bill}",
            "    say:",
            f'      - {{default: "{word} {number}: {{bill.billed}}", call: "You were billed {{bill.billed}} for {word}."}}',
            f'      - {{when: bill.advance > 0 and not bill.overdue, say: "Advance {{bill.advance}}, offer {number}"}}',
            '      - {when: bill.overdue, say: "Overdue since {bill.due}"}',
        ),
        (
            "    do: accounts.notices_on",
            f'    say: "Notices of {word} {number} are on."',
            f'    otherwise: {{already: "Notices of {word} {number} were on already."}}',
        ),
        (
            "    get: {statement: accounts.statement}",
            f'    say: {{default: "Last {word} {number}", call: "Your last {word}, number {number}."}}',
            "    list:",
            "      of: statement.postings",
            '      item: {default: "{at} {amount}", call: "{at}: {amount}."}',
            '      none: "Nothing yet"',
            "      speak: 3",
        ),
        (
            "    ask:",
            f'      language: {{say: "Which language for {word} {number}?"}}',
            "    do: accounts.set_language",
            f'    say: "Your language for {word} {number} is set."',
        ),
        (
            "    say:",
            f'      - "Word {number} of {word}: call {{numbers.support}}"',
            f'      - {{only: call, say: "For {word} call {{numbers.support}}, free of charge."}}',
        ),
    )
    return [*lines, *kinds[kind_of(number, total)]]


def kind_of(number: int, total: int) -> int | None:
    """Which kind of leaf a menu is; None where it has menus below it."""
    return None if number * BRANCHES + 1 < total else number % 6


def write_catalogs(home: Path) -> None:
    """Full catalogs of everything in `home`/menus, as `ivr i18n update` writes them. Translations are made up: their slots are right."""
    found = messages(home / "menus")
    entries: dict[tuple[str, str], tuple[list[str], str | None]] = {}
    for message in found:
        places, _ = entries.setdefault(message.key, ([], message.plural))
        places.append(message.place)
    for language in LANGUAGES:
        forms = 3 if language == "ru" else 2
        blocks = [HEADER.format(language=language, plural=PLURALS[language])]
        for (context, text), (places, plural) in entries.items():
            lines = [f"#: {place}" for place in places] + [f"msgctxt {_quoted(context)}", f"msgid {_quoted(text)}"]
            if plural is None:
                # the word for "until" is real: made up, it would stand beside that of the sentence
                said = USUAL_UNTIL.get(language, text) if context == DATES_CONTEXT else _said(text, language)
                lines.append(f"msgstr {_quoted(said)}")
            else:
                lines.append(f"msgid_plural {_quoted(plural)}")
                lines += [f"msgstr[{form}] {_quoted(_said(plural, language))}" for form in range(forms)]
            blocks.append("\n".join(lines) + "\n")
        path = home / "locales" / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(blocks), "utf-8")


def _said(text: str, language: str) -> str:
    # one letter of the language, so that its pages are of its alphabet, and stay short enough for it
    return f"{text} {'ж' if language == 'ru' else 'ə'}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n") + '"'
