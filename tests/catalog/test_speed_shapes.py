"""How the work grows with the menus, counted in calls and not in seconds; and that compiling what changed gives what compiling all gives."""

from __future__ import annotations

import dataclasses
import gc
import logging
import random
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from babel.messages.pofile import read_po

from bench.models.operators import menu_id, menu_name, write_operator
from ivr.catalog.compile import Compiled, compile_operator
from ivr.catalog.faults import Faults, Names, suggest
from ivr.catalog.memory import Memory
from ivr.catalog.releases import KEPT, Releases
from ivr.catalog.spoken import spoken_words
from ivr.catalog.translations import Translations, read_catalog, rule_of, translations_of
from tests.catalog.test_compile_faults import OPERATOR

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator of seventy menus in three files."""
    home = tmp_path_factory.mktemp("whole")
    write_operator(home, 70)
    return home


def compiled(home: Path, memory: Memory | None = None) -> Compiled:
    return compile_operator(home / "menus" / "azercell", home / "locales", memory=memory)


def plain(value: Any) -> Any:
    """A model as values that compare; of a plural rule, what it says of a hundred numbers."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *(plain(getattr(value, field.name)) for field in dataclasses.fields(value)))
    if isinstance(value, Mapping):
        return [(key, plain(item)) for key, item in value.items()]
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if callable(value):
        return [value(number) for number in range(100)]
    return value


def calls(run: Callable[[], object]) -> int:
    """How many functions, ours and Python's own, `run` calls."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


# -- in proportion


def test_a_made_up_operator_has_no_faults(whole: Path) -> None:
    made = compiled(whole)
    assert [str(fault) for fault in made.errors] == []
    assert made.model is not None and len(made.model.menus) == 70
    assert {len(wording["ussd"]) for menu in made.model.menus.values() for part in menu.say if (wording := part.wording).get("ussd")} == {3}


@pytest.mark.parametrize("wrong", [False, True], ids=["whole", "a fault or more in every menu"])
def test_four_times_the_menus_are_four_times_the_work(tmp_path: Path, wrong: bool) -> None:
    counts, faults = [], []
    for menus in (60, 240):
        folder = write_operator(tmp_path / str(menus), menus)
        if wrong:
            for path in folder.glob("part*.yaml"):
                spoiled = re.sub(
                    r"(?m)^(  [a-z]+_[0-9]+:)$", r"\1\n    nto: x\n    switch: none\n    no_input: {most: 0}", path.read_text()
                )
                path.write_text(spoiled.replace("{account.", "{acount.").replace("go: ", "go: x"))
        made: list[Compiled] = []
        counts.append(calls(lambda made=made, menus=menus: made.append(compiled(tmp_path / str(menus)))))
        faults.append(len(made[0].faults))
    assert counts[1] < counts[0] * 4.4, counts
    assert (faults[1] > 240 * 2) == wrong, faults


def test_four_times_the_ways_in_are_four_times_the_work(tmp_path: Path) -> None:
    counts = []
    for ways in (80, 320):
        folder = tmp_path / str(ways)
        folder.mkdir()
        (folder / "operator.yaml").write_text(OPERATOR)
        numbers = range(1000, 1000 + ways)
        lines = ["serves: everyone", "entries:"]
        lines += [f'  - {{ussd: "*{number}#", go: m{number}}}\n  - {{call: "{number}", go: m{number}}}' for number in numbers]
        lines += ["published:", *(f'  "*{number}#": m{number}' for number in numbers)]
        lines += ["menus:", *(f"  m{number}: {{say: Hello}}" for number in numbers)]
        (folder / "m.yaml").write_text("\n".join(lines) + "\n")
        made: list[Compiled] = []
        counts.append(calls(lambda folder=folder, made=made: made.append(compile_operator(folder, tmp_path))))
        assert made[0].errors == ()
    assert counts[1] < counts[0] * 4.4, counts


def test_many_faults_are_put_in_once_and_cheaply() -> None:
    faults = Faults()

    def fill() -> None:
        for number in range(5_000):
            faults.add(f"m.yaml:{number % 2_500 + 1}:1", "E010", "wrong")

    assert calls(fill) < 5_000 * 12
    assert len(faults.found) == 2_500


def test_a_slip_is_found_among_ten_thousand_names() -> None:
    names = Names([menu_id(number) for number in range(10_000)])
    assert suggest("part77.bonus_2312", names) == ' - did you mean "part77.bonus_2321"?'
    assert suggest("part33.gft_1002", names) == ' - did you mean "part33.gift_1002"?'
    assert suggest("qqqqqqqq", names) == ""
    assert calls(lambda: names.nearest("part77.bonus_2312")) < 30_000


# -- only what changed


def test_what_did_not_change_is_not_compiled_again(whole: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole, home)
    memory = Memory()
    compiled(home, memory)
    a_file = (memory.compiled - 3) / 3  # without the services, the operator file and the operator
    size = memory.size
    compiled(home, memory)
    assert memory.compiled == 0 and memory.size == size
    part = home / "menus" / "azercell" / "part1.yaml"
    part.write_text("# a comment moves every line\n" + part.read_text())
    compiled(home, memory)
    assert memory.compiled == a_file > 1
    catalog = home / "locales" / "ru" / "LC_MESSAGES" / "messages.po"
    catalog.write_text(catalog.read_text().replace("No balance ж", "Баланса нет", 1))
    compiled(home, memory)
    assert 1 <= memory.compiled <= a_file, "the file that says it"
    catalog.write_text("# moved by a line\n" + catalog.read_text())
    compiled(home, memory)
    assert memory.compiled == 0


def edit(text: str, dice: random.Random) -> str:
    """Something that an author, or a careless one, may do to a file."""
    lines = text.split("\n")
    at = dice.randrange(len(lines))
    match dice.randrange(12):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[dice.randrange(len(lines))])
        case 2:
            lines.insert(0, "# a line more")
        case 3:
            lines[at] = lines[at].replace("{", "{x", 1)
        case 4:
            lines[at] = re.sub(r"[0-9]+", lambda found: str(int(found[0]) + 1)[:9], lines[at], count=1)
        case 5:
            one, two = dice.randrange(len(lines)), dice.randrange(len(lines))
            lines[one], lines[two] = lines[two], lines[one]
        case 6:
            lines[at] = lines[at].replace("balance", "balanse")
        case 7:
            lines[at] = lines[at].replace("go: ", "go: part0.")
        case 8:
            return text.replace("msgctxt", "#, fuzzy\nmsgctxt", dice.randrange(3))
        case 9:
            return text[: dice.randrange(len(text))]
        case 10:
            lines[at] += " "
        case _:
            lines[at] = lines[at].upper()
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(3))
def test_random_edits_give_what_a_whole_compilation_gives(whole: Path, tmp_path: Path, seed: int) -> None:
    dice, home, memory = random.Random(seed), tmp_path / "home", Memory()
    shutil.copytree(whole, home)
    files = sorted(home.glob("menus/*/*.yaml")) + sorted(home.glob("locales/*/*/*.po"))
    originals = {path: path.read_text() for path in files}
    broken = again = 0
    for _ in range(30):
        path = dice.choice(files)
        match dice.randrange(8):
            case 0 | 1 | 2:
                path.write_text(originals[path])
            case 3:
                for other in files:
                    other.write_text(originals[other])
            case 4 if path.name.startswith("part"):
                path.unlink(missing_ok=True)
            case _:
                path.write_text(edit(path.read_text() if path.exists() else originals[path], dice))
        one, all_anew = compiled(home, memory), compiled(home)
        again += memory.compiled < memory.size / 2
        assert one.faults == all_anew.faults
        assert (one.model is None) == (all_anew.model is None)
        assert plain(one.model) == plain(all_anew.model)
        broken += bool(one.faults)
    assert broken > 5 and again > 5, "the edits show nothing"


def test_a_renamed_menu_is_missed_in_every_file(whole: Path, tmp_path: Path) -> None:
    home, memory = tmp_path / "home", Memory()
    shutil.copytree(whole, home)
    compiled(home, memory)
    path = home / "menus" / "azercell" / "part1.yaml"
    name = menu_name(33)
    path.write_text(path.read_text().replace(f"  {name}:", "  renamed:"))
    faults = compiled(home, memory).faults
    assert any(fault.code == "E012" and fault.file.endswith("part0.yaml") and name in fault.message for fault in faults), faults
    path.write_text(path.read_text().replace("  renamed:", f"  {name}:"))
    assert compiled(home, memory).faults == compiled(whole).faults


def test_the_words_that_calls_speak_are_those_of_the_new_release(whole: Path, tmp_path: Path) -> None:
    home, memory = tmp_path / "home", Memory()
    shutil.copytree(whole, home)
    first = compiled(home, memory).model
    assert first is not None
    before = spoken_words(first)
    path = home / "menus" / "azercell" / "part1.yaml"
    path.write_text(path.read_text().replace("You have no", "There is no"))
    for catalog in home.glob("locales/*/*/*.po"):
        catalog.write_text(catalog.read_text().replace('"You have no', '"There is no'))
    second = compiled(home, memory).model
    assert second is not None
    after = spoken_words(second)
    again = compiled(home).model
    assert again is not None and before != after == spoken_words(again)
    assert spoken_words(first) == before


# -- memory


def test_two_hundred_reloads_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # what is kept of the log would count too
    monkeypatch.setattr("ivr.catalog.lookout.SETTLED", 0.0)
    write_operator(tmp_path, 20)
    releases = Releases(tmp_path / "menus", tmp_path / "locales", tmp_path / "releases")
    releases.load()
    path = tmp_path / "menus" / "azercell" / "part0.yaml"
    text = path.read_text()
    sizes, objects = [], []
    for number in range(200):
        whole = number % 5 != 0
        path.write_text(f"# edit {number}\n" + (text if whole else text.replace("fee: balance", "fee: balanse")))
        assert releases.refresh() == whole
        releases.forget([])
        if number % 50 == 49:
            gc.collect()
            sizes.append(
                (len(releases._models), releases._memories["azercell"].size, len(list((tmp_path / "releases" / "azercell").iterdir())))
            )
            objects.append(len(gc.get_objects()))
    assert len(set(sizes)) == 1 and sizes[0][0] == 1 and sizes[0][2] <= KEPT + 2, sizes
    assert objects[-1] < objects[1] + 1_000, objects


# -- catalogs


def by_babel(path: Path, language: str) -> dict[tuple[str, str], tuple[tuple[str, ...], bool, int]]:
    """What Babel finds: texts, fuzzy, line, by context and text."""
    found = {}
    with path.open("rb") as file:
        for message in read_po(file, locale=language, abort_invalid=True):
            if message.id:
                texts = tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)
                singular = message.id[0] if isinstance(message.id, list | tuple) else message.id
                found[(message.context or "", singular)] = (texts, message.fuzzy, message.lineno or 0)
    return found


def ours(path: Path, language: str) -> dict[tuple[str, str], tuple[tuple[str, ...], bool, int]]:
    faults = Faults()
    catalog = translations_of(path.read_bytes(), language, "messages.po", faults)
    assert faults.found == []
    return {key: (found.texts, found.fuzzy, found.line) for key, found in catalog.messages.items()}


@pytest.mark.parametrize("language", ["az", "ru"])
def test_the_shipped_and_the_made_up_catalogs_are_read_as_babel_reads_them(whole: Path, language: str) -> None:
    for home in (ROOT, whole):
        path = home / "locales" / language / "LC_MESSAGES" / "messages.po"
        assert ours(path, language) == by_babel(path, language) != {}


ODD = r'''# a translator's note
#, fuzzy
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n"

#: a.yaml:1
#, fuzzy, python-format
#| msgid "before"
msgctxt "a"
msgid "One \"quoted\"\tword\\n"
msgstr "Одно \"слово\"\t\\n"
msgid "no empty line before this"
msgstr ""
"begins "
"and ends\n"

#, python-format
#, fuzzy
msgctxt ""
msgid ""
"two "
"lines"
msgstr "две"

msgctxt "b"
msgid "bonus"
msgid_plural "bonuses"
msgstr[0] "бонус"
msgstr[1] "бонуса"

   msgid "indented"
   msgstr "так"

#~ msgctxt "old"
#~ msgid "gone"
#~ msgstr "нет"

#, fuzzy

msgid "apart from its flag"
msgstr "врозь"
msgid "last, without an end of line"
msgstr "x"'''


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_everything_that_gettext_may_write_is_read_as_babel_reads_it(tmp_path: Path, end: str) -> None:
    path = tmp_path / "messages.po"
    path.write_bytes(ODD.replace("\n", end).encode())
    assert ours(path, "ru") == by_babel(path, "ru")
    assert len(ours(path, "ru")) == 7


HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('msgid "a"\nmsgid "b"\nmsgstr ""', 4, "no msgstr"),
        ('msgid "a"', 4, "no msgstr"),
        ('msgctxt "a"', 4, "no msgid"),
        ('# note\n"nowhere"', 5, "stands behind no keyword"),
        ('msgid "a"\nmsgstr "b', 5, "ends without its quote"),
        ('msgid "a"\nmsgstr "b"\n"c', 6, "ends without its quote"),
        ('msgid "a "quote" "\nmsgstr ""', 4, "a quote inside a text is written"),
        ('msgid "a"\nmsgstr "b"\nmsgstr "c"', 6, "msgstr is not what stands next"),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr "c"', 6, "has msgstr[0]"),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr[1] "c"', 6, "counted from msgstr[0]"),
        ('msgid "a"\nmsgstr[0] "c"', 5, "any other has one msgstr"),
        ("<<<<<<< HEAD", 4, "no line of a catalog"),
        ('domain "x"', 4, "no line of a catalog"),
        ("msgid a", 4, "no line of a catalog"),
    ],
)
def test_a_broken_catalog_has_a_fault_with_its_line(text: str, line: int, why: str) -> None:
    faults = Faults()
    assert translations_of((HEAD + text).encode(), "ru", "messages.po", faults).messages == {}
    (fault,) = faults.found
    assert (fault.line, fault.code) == (line, "E070") and why in fault.message, fault


def test_a_message_that_stands_twice_is_a_fault() -> None:
    faults = Faults()
    catalog = translations_of((HEAD + 'msgid "a"\nmsgstr "1"\n\nmsgid "a"\nmsgstr "2"\n').encode(), "ru", "messages.po", faults)
    assert catalog.messages[("", "a")].texts == ("1",)
    assert [str(fault) for fault in faults.found] == ['messages.po:7:1 E070 "a" (context ) is translated twice; the first is in line 4']


def test_another_encoding_is_refused() -> None:
    for data, line, why in (
        (HEAD.replace("utf-8", "koi8-r").encode(), 1, "charset=koi8-r"),
        (HEAD.encode() + 'msgid "a"\nmsgstr "б"'.encode("koi8-r"), 5, "not UTF-8"),
    ):
        faults = Faults()
        translations_of(data, "ru", "messages.po", faults)
        assert faults.found[0].line == line and why in faults.found[0].message


def plural(expression: str, forms: str = "2") -> tuple[Translations, list[str]]:
    faults = Faults()
    head = HEAD.replace("\\n", f"\\nPlural-Forms: nplurals={forms}; plural={expression};\\n", 1)
    return translations_of(head.encode(), "ru", "messages.po", faults), [str(fault) for fault in faults.found]


@pytest.mark.parametrize(
    ("expression", "forms", "why"),
    [
        ("n**n**n", "2", "cannot be used"),
        ("n?" * 10_000 + "1" + ":0" * 10_000, "2", "too long"),
        ("(" * 400 + "n" + ")" * 400, "2", "too complex"),
        ("n/0", "2", "divides by zero"),
        ("n", "2", "gives form 1000"),
        ("0", "99", "no language has 99 forms"),
        ("__import__('os')", "2", "cannot be used"),
        ("", "2", "not of the right form"),
        ("1" * 990, "2", "gives form"),
    ],
)
def test_plural_expressions_that_are_none(expression: str, forms: str, why: str) -> None:
    catalog, faults = plural(expression, forms)
    (fault,) = faults
    assert fault.startswith("messages.po:1:1 E073 Plural-Forms cannot be used: ") and why in fault, fault
    assert [catalog.rule(number) for number in (0, 1, 2)] == [2, 0, 1], "Russian's own rule stands in for it"


def test_a_rule_never_fails_and_never_leaves_its_forms() -> None:
    rule = rule_of("n < 1001 ? 0 : 1/(n - 5000)", 2)
    assert [rule(1), rule(5000), rule(5001), rule(10**40)] == [0, 0, 1, 0]


def test_a_catalog_of_twenty_megabytes_is_refused_or_read_without_more_memory_than_it_takes(tmp_path: Path) -> None:
    block = 'msgctxt "part.menu{0}"\nmsgid "text {0}"\nmsgstr "текст"\n\n'
    data = (HEAD + "".join(block.format(number) for number in range(20_000))).encode()
    faults = Faults()
    messages, _, _ = read_catalog(data, "messages.po", faults)
    assert len(messages) == 20_000 and faults.found == []
