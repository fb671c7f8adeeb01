"""Content that is made to crash, hang or fill a reader, read in a process that may have 600 MB and a minute of the processor.

The bounds are the kernel's (RLIMIT_AS, RLIMIT_CPU), not a clock: a process that exceeds one dies, and what it says is not what is expected.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from ivr.catalog import plain_files
from ivr.catalog.compile import compile_operator
from ivr.catalog.faults import Faults
from ivr.catalog.plain_files import LARGEST_FILE, Refused, content
from ivr.catalog.releases import Releases
from ivr.catalog.translations import LARGEST_CATALOG, load_translations
from tests.catalog.test_compile_faults import MENU, OPERATOR, ROOT

MEMORY, SECONDS = 600 << 20, 60


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The folder of a small operator with catalogs in English and Russian."""
    folder = tmp_path / "menus" / "small"
    folder.mkdir(parents=True)
    (folder / "operator.yaml").write_text(OPERATOR.replace("offered: [en]", "offered: [en, ru]"))
    (folder / "m.yaml").write_text(MENU)
    return folder


def limited(*arguments: str) -> list[str]:
    """What a Python process prints under the limits; every exit but 0 and 1 fails, and so does a traceback."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, preexec_fn=limit, check=False, timeout=300)
    assert done.returncode in (0, 1) and done.stderr == "", (done.returncode, done.stderr[-2000:])
    return done.stdout.splitlines()


def check(folder: Path) -> list[str]:
    """What `ivr check` prints of a folder."""
    return limited("-m", "ivr", "check", str(folder))


def bomb() -> str:
    rounds = "".join(f"l{number}: &l{number} [{', '.join([f'*l{number - 1}'] * 9)}]\n" for number in range(1, 12))
    return f"l0: &l0 [lol, lol]\n{rounds}"


YAMLS = {
    "an alias bomb": (bomb(), "m.yaml:1:5 E005 an anchor (&l0)"),
    "a merge bomb": ("a: &a {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(2000)), "m.yaml:1:4 E005 an anchor"),
    "fifty thousand brackets": ("menus: " + "[" * 50_000, "m.yaml:1:27 E005 nested deeper than 20"),
    "fifty thousand brackets that close": ("menus: " + "[" * 50_000 + "]" * 50_000, "m.yaml:1:27 E005 nested deeper"),
    "fifty thousand braces": ("menus: " + "{a: " * 50_000, "m.yaml:1:84 E005 nested deeper"),
    "fifty thousand dashes": ("menus:\n" + "- " * 50_000, "m.yaml:2:39 E005 nested deeper"),
    "a thousand steps of indentation": ("".join(" " * n + "a:\n" for n in range(1000)), "m.yaml:21:21 E005 nested deeper"),
    "fifty thousand questions": ("? " * 50_000, "m.yaml:1:41 E005 nested deeper"),
    "no end of a text": ('say: "' + "x" * 900_000, "E006 this is not YAML"),
    "a key of a megabyte": ("k" * 999_000 + ": x", "E006"),
    "a number of a megabyte": ("9" * 999_000 + ".", "m.yaml:1:1 E003"),
    "three hundred thousand values": ("[" + "x," * 300_000 + "x]", "E005 more than 200,000 values"),
    "many thousand equal keys": ("menus:\n" + "  a: {say: x}\n" * 20_000, 'm.yaml:3:3 E001 "a" stands here twice'),
    "many thousand broken values": ("menus: {a: {say: [" + "no, " * 20_000 + "no]}}", "E002 no means different things"),
    "many thousand unknown menus": ("menus:\n" + "".join(f"  a{n}: {{say: x, then: b{n}}}\n" for n in range(2_000)), "E012"),
    "many thousand unknown slots": ("menus:\n" + "".join(f"  a{n}: {{say: '{{b{n}.c}}'}}\n" for n in range(2_000)), "E021"),
    "slots without end": ("menus: {a: {say: '" + "{" * 500_000 + "'}}", "E0"),
    "a condition of nested parentheses": ("menus: {a: {say: {when: '" + "(" * 100_000 + "', say: x}}}", "E022"),
    "a code of a megabyte": (MENU.replace('"*1#"', '"' + "*1" * 400_000 + '#"'), "m.yaml:"),
    "digits of every alphabet": (MENU.replace('"1": {label: More', '"٣": {label: More'), "E016"),
}


BYTES = {
    "not UTF-8": (b"serves: everyone\nmenus: {a: {say: \xff\xfe}}", "m.yaml:2:18 E005 this is not UTF-8"),
    "a lone half of a surrogate": (b"say: \xed\xa0\x80", "m.yaml:1:6 E005 this is not UTF-8"),
    "UTF-16": ("serves: everyone".encode("utf-16"), "m.yaml:1:1 E005 this is not UTF-8"),
    "an overlong slash": (b"say: \xc0\xaf", "m.yaml:1:6 E005 this is not UTF-8"),
    "NUL": (b"serves: every\0one", "m.yaml:1:14 E006"),
    "only NUL": (b"\0" * 100_000, "m.yaml:1:1 E006"),
    "a bell": (b"serves: every\x07one", "m.yaml:1:14 E006"),
    "half a character at the end": ("say: ə".encode()[:-1], "m.yaml:1:6 E005 this is not UTF-8"),
    "an executable": (b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 100, "E005 this is not UTF-8"),
}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What one `ivr check` says of an operator for each case, by the case's name."""
    home = tmp_path_factory.mktemp("hostile")
    cases = {name: text.encode() for name, (text, _) in YAMLS.items()} | {name: data for name, (data, _) in BYTES.items()}
    for number, data in enumerate(cases.values()):
        folder = home / "menus" / f"case{number}"
        folder.mkdir(parents=True)
        (folder / "operator.yaml").write_text(OPERATOR)
        (folder / "m.yaml").write_bytes(data)
    (home / "locales").mkdir()
    found = check(home / "menus")
    return {name: [line for line in found if line.startswith(f"menus/case{number}/")] for number, name in enumerate(cases)}


@pytest.mark.parametrize("name", [*YAMLS, *BYTES])
def test_files_that_are_made_to_harm(checked: dict[str, list[str]], name: str) -> None:
    told = {**YAMLS, **BYTES}[name][1]
    assert any(str(told) in line for line in checked[name]), [line[:200] for line in checked[name][:10]]


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_other_ends_of_lines_and_a_byte_order_mark_are_as_good(small: Path, end: str) -> None:
    before = check(small)
    (small / "m.yaml").write_bytes(b"\xef\xbb\xbf" + MENU.replace("\n", end).encode())
    assert check(small) == before


def test_fifty_megabytes_are_refused_before_they_are_read(small: Path) -> None:
    (small / "m.yaml").write_bytes(b"a: b\n" * 10_000_000)
    os.truncate(small / "n.yaml", 0) if (small / "n.yaml").exists() else (small / "n.yaml").touch()
    os.truncate(small / "n.yaml", 1 << 40)  # a terabyte that takes no room on the disk
    tracemalloc.start()
    try:
        for name in ("m.yaml", "n.yaml"):
            with pytest.raises(Refused, match="1,000,000 are allowed"):
                content(small / name)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    found = check(small)
    assert any("m.yaml:1:1 E005 the file has 50,000,000 bytes; 1,000,000 are allowed. Split it" in line for line in found), found
    assert any("n.yaml:1:1 E005 the file has 1,099,511,627,776 bytes" in line for line in found), found


def test_a_file_that_grows_while_it_is_read_is_left_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(b"a: b\n")
    real, turns = plain_files._refuse, iter(("before", "behind"))

    def grow(status: os.stat_result, largest: int) -> None:
        real(status, largest)
        if next(turns) == "behind":
            with path.open("ab") as file:
                file.write(b"a: b\n" * (LARGEST_FILE // 5))

    monkeypatch.setattr(plain_files, "_refuse", grow)
    with pytest.raises(Refused, match="more than the 1,000,000 bytes"):
        content(path)


def test_a_file_that_is_exchanged_for_a_link_or_a_pipe_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real, turns = tmp_path / "m.yaml", plain_files._refuse, iter(("link", "pipe"))

    def exchange(status: os.stat_result, largest: int) -> None:
        real(status, largest)
        path.unlink(missing_ok=True)
        if next(turns, None) == "link":
            path.symlink_to("/dev/zero")
        else:
            os.mkfifo(path)

    monkeypatch.setattr(plain_files, "_refuse", exchange)
    for refusal in (OSError, Refused):
        path.unlink(missing_ok=True)
        path.write_text("a: b")
        with pytest.raises(refusal):
            content(path)


def test_many_files_are_bounded_together(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.catalog.sources.MOST_BYTES", len(MENU.encode()) + 2_500)
    (small / "operator.yaml").write_text(OPERATOR)
    for number in range(5):
        (small / f"n{number}.yaml").write_text("menus: {}\n#" + "x" * 900)
    refused = [fault for fault in compile_operator(small, small).faults if "bytes together" in fault.message]
    assert [fault.file.rsplit("/")[-1] for fault in refused] == ["n2.yaml", "n3.yaml", "n4.yaml", "operator.yaml"]


# -- names and links


def test_links_and_names_that_lead_elsewhere(small: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("menus: {leaked: {say: leaked}}")
    (small / "file.yaml").symlink_to("../../secret.yaml")
    (small / "nowhere.yaml").symlink_to("nowhere")
    (small / "round.yaml").symlink_to("round.yaml")
    (small / "inner.yaml").mkdir()
    (small / "..hidden.yaml").write_text("menus: [")
    (small / "a b.yaml").write_text("menus: {a: {say: x}}")
    found = check(small)
    for name in ("file", "nowhere", "round"):
        assert any(line.endswith(f"{name}.yaml:1:1 E005 this is a link out of the menu folder; put the file itself here") for line in found)
    assert any("inner.yaml:1:1 E005 this is no plain file" in line for line in found)
    assert any('E015 a menu file cannot be called "a b"' in line for line in found)
    assert not any("leaked" in line or "hidden" in line for line in found)


def test_a_folder_that_is_a_link_out_is_refused(small: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    small.rename(outside)
    small.symlink_to(outside)
    found = check(small.parent)
    assert any("operator.yaml:1:1 E005 this folder is a link" in line for line in found), found


@pytest.mark.parametrize("language", ["../../etc", "/etc", "..", ".", "az/../ru", "x" * 5000, "ru\0", "RU", ""])
def test_a_language_is_no_path(tmp_path: Path, language: str) -> None:
    (tmp_path / "etc" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "etc" / "LC_MESSAGES" / "messages.po").write_text('msgid "a"\nmsgstr "leaked"\n')
    faults = Faults()
    catalog = load_translations(tmp_path / "a" / "b", language, faults)
    assert catalog.messages == {} and [fault.code for fault in faults.found] == ["E070"]
    assert len(str(faults.found[0])) < 300


def test_an_offered_language_that_is_a_path_is_a_fault(small: Path) -> None:
    operator = (small / "operator.yaml").read_text()
    (small / "operator.yaml").write_text(operator.replace("offered: [en, ru]", 'offered: [en, "../../../etc"]'))
    assert any(" E0" in line and "../../../etc" in line for line in check(small))


# -- catalogs

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {}\\n"\n\n'
RULE = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
CATALOGS = {
    "ten thousand ternaries": (HEAD.format("nplurals=2; plural=" + "n?" * 10_000 + "0" + ":1" * 10_000 + ";"), "E073"),
    "powers of powers": (HEAD.format("nplurals=2; plural=n**n**n;"), "E073"),
    "a product without end": (HEAD.format("nplurals=2; plural=" + "*".join(["n"] * 499) + ";"), "E073"),
    "parentheses": (HEAD.format("nplurals=2; plural=" + "(" * 490 + "n" + ")" * 490 + ";"), "E073"),
    "a billion forms": (HEAD.format("nplurals=999999999; plural=0;"), "E073"),
    "python": (HEAD.format("nplurals=2; plural=__import__('os').abort();"), "E073"),
    "one line of ten megabytes": (HEAD.format(RULE) + 'msgid "' + "x\\n" * 3_000_000 + '"\nmsgstr ""', "this line has 9,000,008"),
    "ten megabytes of backslashes": (HEAD.format(RULE) + 'msgid "' + "\\" * 10_000_001 + '"\nmsgstr ""', "this line has 10,000,009 characters"),
    "ten megabytes of quotes": (HEAD.format(RULE) + 'msgid "' + '"' * 10_000_000 + '"', "E070 the catalog cannot be read"),
    "a million empty lines": (HEAD.format(RULE) + "\n" * 3_000_000 + "x", "messages.po:3000006:1 E070"),
    "a million comments": (HEAD.format(RULE) + "#, fuzzy\n" * 1_000_000 + "x", "messages.po:1000006:1 E070"),
    "forms without end": (HEAD.format(RULE) + 'msgid "a"\nmsgid_plural "b"\n' + "".join(f'msgstr[{n}] "x"\n' for n in range(10)), "messages.po:14:1 E070"),
    "a number of forms": (HEAD.format(RULE) + f'msgid "a"\nmsgid_plural "b"\nmsgstr[{"9" * 10_000}] "x"\n', "messages.po:8:1 E070"),
}  # fmt: skip


READ = """
import sys
from pathlib import Path
from ivr.catalog.faults import Faults
from ivr.catalog.translations import load_translations
for number in range(int(sys.argv[2])):
    faults = Faults()
    load_translations(Path(sys.argv[1]) / str(number), "ru", faults)
    for fault in faults.found:
        print(number, fault)
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What one process says of each catalog, by the case's name."""
    home = tmp_path_factory.mktemp("catalogs")
    for number, (text, _) in enumerate(CATALOGS.values()):
        path = home / str(number) / "ru" / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    found = limited("-c", READ, str(home), str(len(CATALOGS)))
    return {name: [line for line in found if line.startswith(f"{number} ")] for number, name in enumerate(CATALOGS)}


@pytest.mark.parametrize("name", CATALOGS)
def test_catalogs_that_are_made_to_harm(read: dict[str, list[str]], name: str) -> None:
    assert any(CATALOGS[name][1] in line for line in read[name]), [line[:200] for line in read[name][:10]]
    assert all(len(line) < 400 for line in read[name])


def test_catalogs_that_are_no_files_or_too_large_are_not_opened(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "locales" / "ru" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)

    def told() -> str:
        return next(line for line in check(small) if "messages.po:1:1" in line)

    path.symlink_to("/dev/zero")
    assert "E070 the catalog cannot be read: this is a link" in told()
    path.unlink()
    os.mkfifo(path)
    assert "E070 the catalog cannot be read: this is no plain file" in told()
    path.unlink()
    path.touch()
    os.truncate(path, LARGEST_CATALOG + 1)
    assert "E070 the catalog cannot be read: the file has 20,000,001 bytes; 20,000,000 are allowed" in told()


def test_a_server_outlives_all_of_it(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.catalog.lookout.SETTLED", 0.0)
    monkeypatch.setattr("ivr.catalog.releases.log.error", lambda *arguments: None)
    (small / "operator.yaml").write_text(OPERATOR)
    releases = Releases(small.parent, tmp_path / "locales", tmp_path / "releases")
    releases.load()
    release = releases.current["small"].release
    for name in ("an alias bomb", "fifty thousand brackets", "no end of a text", "a condition of nested parentheses", "a merge bomb"):
        (small / "m.yaml").write_text(YAMLS[name][0])
        assert releases.refresh() is False and releases.faults and releases.current["small"].release == release
    for data, _ in BYTES.values():
        (small / "m.yaml").write_bytes(data)
        assert releases.refresh() is False and releases.faults and releases.current["small"].release == release
    (small / "m.yaml").write_text(MENU)
    releases.refresh()
    assert releases.faults == () and releases.current["small"].release == release
