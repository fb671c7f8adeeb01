"""Whatever stands in a menu file: compiling it never raises, never hangs, takes no memory to speak of, and says where each fault is."""

from __future__ import annotations

import functools
import gc
import re
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.catalog.compile import UNTRANSLATED, Compiled, compile_operator
from tests.fuzz.profiles import few, many

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "menus" / "azercell").glob("*.yaml"))
TEXTS = {path.name: path.read_text("utf-8") for path in FILES}
BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
TOKENS = re.compile(r"\s+|[A-Za-z_əğışöüç]+|\d+|.", re.DOTALL)
SIGNS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    ",",
    "- ",
    '"',
    "'",
    "\n",
    "\n  ",
    "\n      ",
    "#",
    " #",
    "&a ",
    "*a",
    "*111#",
    "!t ",
    "|\n",
    ">\n",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "?",
    "\t",
    "\r",
    "\x00",
    "\x85",
    "\u2028",
    "\ufeff",
    "é",
    "😀",
    "no",
    "~",
    "01",
    "1:30",
    "0.10",
    "true",
    "when",
    "say",
    "go",
    "menus",
    "entries",
    "choices",
    "{account.main}",
    "{",
    "{{",
    "}}",
    "not " * 30,
    "(" * 40,
    "9" * 30,
    "-1",
    "<<",
    "=",
    "@",
    "`",
    "x" * 300,
]
"""What a mutation puts in: signs of YAML, traps, words of the language."""
WHOLE = UNTRANSLATED | {"E075"}
"""Errors that leave a tree whole: what is said in English until it is translated, and pages that do not fit."""
MOST_MEMORY = 60_000_000
"""Bytes that compiling a folder of some 15 KB may take at its peak: a bomb takes them by the gigabyte."""


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="yaml-fuzz-")) / "menus" / "azercell"
    shutil.copytree(ROOT / "menus" / "azercell", folder, ignore=lambda _, names: [name for name in names if not name.endswith(".yaml")])
    return folder


@pytest.fixture(scope="module", autouse=True)
def _tidy() -> object:
    yield
    shutil.rmtree(_folder().parents[1], ignore_errors=True)
    _folder.cache_clear()


def compile_with(name: str, data: bytes) -> Compiled:
    folder = _folder()
    path = folder / name
    path.write_bytes(data)
    try:
        return compile_operator(folder, ROOT / "locales", "fuzz")
    finally:
        if name in TEXTS:
            path.write_text(TEXTS[name], "utf-8")
        else:
            path.unlink()


def check(name: str, data: bytes) -> Compiled:
    """What must be true of every compilation."""
    compiled = compile_with(name, data)
    assert compiled.faults == tuple(sorted(compiled.faults)), "faults are not in file order"
    assert len(set(compiled.faults)) == len(compiled.faults), "a fault is told twice"
    assert (compiled.model is None) == any(fault.code not in WHOLE for fault in compiled.errors)
    texts = {**TEXTS, name: data.decode("utf-8-sig", "replace")}
    lines = {where: BREAK.split(texts[where]) for where in {fault.file.rsplit("/", 1)[-1] for fault in compiled.faults} if where in texts}
    for fault in compiled.faults:
        where = fault.file.rsplit("/", 1)[-1]
        assert re.fullmatch(r"[EW]\d{3}", fault.code) and fault.message.strip() and len(str(fault).splitlines()) == 1, fault
        if fault.file.startswith("menus/azercell/"):
            assert where in lines, f"there is no file {fault.file}"
            assert 1 <= fault.line <= len(lines[where]), f"{fault}: the file has {len(lines[where])} lines"
            length = len(lines[where][fault.line - 1])
            assert 1 <= fault.column <= length + 1, f"{fault}: that line has {length} characters"
    return compiled


def mutated(random: Random) -> tuple[str, str]:
    """One shipped file with a few tokens or lines deleted, doubled, exchanged, or put in."""
    name = random.choice(sorted(TEXTS))
    text = TEXTS[name]
    for _ in range(random.randint(1, 4)):
        by_line = random.random() < 0.4
        pieces = text.splitlines(keepends=True) if by_line else TOKENS.findall(text)
        if not pieces:
            return name, text
        at, other = random.randrange(len(pieces)), random.randrange(len(pieces))
        match random.randrange(6):
            case 0:
                del pieces[at : at + random.randint(1, 3)]
            case 1:
                pieces.insert(at, pieces[at])
            case 2:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 3:
                pieces.insert(at, random.choice(SIGNS))
            case 4:
                pieces[at] = random.choice(SIGNS)
            case 5:
                pieces.insert(other, pieces.pop(at))
        text = "".join(pieces)
    return name, text


NAMES = st.sampled_from([*sorted(TEXTS), "new.yaml"])
YAMLISH = st.lists(st.sampled_from([*SIGNS, *TOKENS.findall(TEXTS["prepaid.yaml"])[:400]]), max_size=120).map("".join)


def bytes_of_any_kind(name: str, data: bytes) -> None:
    check(name, data)


def text_like_yaml(name: str, text: str) -> None:
    check(name, text.encode("utf-8", "surrogatepass"))


def shipped_files_with_mutations(random: Random) -> None:
    name, text = mutated(random)
    check(name, text.encode("utf-8", "surrogatepass"))


def _test(runs: Callable[..., None], *strategies: st.SearchStrategy[object]) -> Callable[[], None]:
    return given(*strategies)(runs)


test_bytes_of_any_kind = few(60)(_test(bytes_of_any_kind, NAMES, st.binary(max_size=400)))
test_text_like_yaml = few(100)(_test(text_like_yaml, NAMES, YAMLISH))
test_shipped_files_with_mutations = few(150)(_test(shipped_files_with_mutations, st.integers(0, 2**32 - 1).map(Random)))

test_many_bytes = many(5_000)(_test(bytes_of_any_kind, NAMES, st.binary(max_size=2_000)))
test_much_text_like_yaml = many(5_000)(_test(text_like_yaml, NAMES, YAMLISH))
test_many_mutations = many(15_000)(_test(shipped_files_with_mutations, st.integers(0, 2**32 - 1).map(Random)))


BOMBS = {
    "lists in lists": "menus: " + "[" * 5_000,
    "lists closed": "menus: " + "[" * 2_000 + "]" * 2_000,
    "maps in maps": "menus: " + "{a: " * 5_000,
    "questions": "? " * 3_000,
    "dashes": "- " * 3_000,
    "aliases": "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(12)),
    "one long word": "menus: {" + "a" * 500_000 + ": 1}",
    "one long line": "menus: {m: {say: '" + "word " * 100_000 + "'}}",
    "many menus": "menus:\n" + "".join(f"  m{n}: {{say: x}}\n" for n in range(3_000)),
    "many keys": "menus: {m: {say: x, choices: {" + ", ".join(f'"{n}": {{label: a, go: m}}' for n in range(2_000)) + "}}}",
    "parentheses": "menus: {m: {say: [x, {when: '" + "(" * 199 + "', say: y}]}}",
    "many nots": "menus: {m: {say: [x, {when: '" + "not " * 49 + "a', say: y}]}}",
    "many slots": "menus: {m: {say: '" + "{line.tariff} " * 20_000 + "'}}",
    "many parts": "menus: {m: {say: [" + "x, " * 20_000 + "y]}}",
    "braces": "menus: {m: {say: '" + "{" * 50_000 + "'}}",
    "long code": 'entries: [{ussd: "*' + "1*" * 20_000 + '1#", go: m}]\nmenus: {m: {say: x}}',
    "a long pattern": 'entries: [{sms: "2112", text: "' + "{a}" * 5_000 + '", go: m}]\nmenus: {m: {say: x}}',
    "same as itself": "menus: {m: {say: x, choices: {same_as: m}}}",
    "a chain": "menus:\n" + "".join(f"  m{n}: {{say: x, then: m{n + 1}}}\n" for n in range(2_000)) + "  m2000: {say: x}\n",
    "a circle": "menus:\n" + "".join(f"  m{n}: {{say: x, then: m{(n + 1) % 2_000}}}\n" for n in range(2_000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_stay_small(name: str) -> None:
    tracemalloc.start()
    try:
        check("new.yaml", BOMBS[name].encode())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY + 200 * len(BOMBS[name]), f"{peak:,} bytes for {len(BOMBS[name]):,}"


def test_memory_does_not_grow_with_what_was_compiled_before() -> None:
    """Other compilations leave nothing behind that the first did not."""

    def rounds(count: int) -> None:
        for seed in range(count):
            name, text = mutated(Random(seed))
            compile_with(name, text.encode("utf-8", "surrogatepass"))
        gc.collect()

    rounds(5)
    tracemalloc.start()
    try:
        rounds(5)
        first, _ = tracemalloc.get_traced_memory()
        rounds(20)
        later, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert later - first < 2_000_000, f"{later - first:,} bytes are kept of 20 compilations"
