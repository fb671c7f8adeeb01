"""The pages of docs/ say what the code does: every command, option, setting and link, and nothing of the machine they were written on."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")
CODE = re.compile(r"\"([EW][0-9]{3})\"")
SETTING = re.compile(r"\bIVR_[A-Z][A-Z_]*[A-Z]\b")
# Written in two halves, so that this file does not name them itself.
NOT_OURS = [
    "/wo" + "rk/",
    "/ro" + "ot/",
    "DESIGN" + ".md",
    "CONTRACT" + ".md",
    "fresh" + ".sh",
    "cla" + "ude",
    "the l" + "ead's",
    "the ta" + "sk card",
]
BINARY = {".png", ".wav", ".ogg", ".opus", ".mp3", ".mo", ".ico", ".woff2", ".sln", ".alaw", ".gz"}


@cache
def files() -> tuple[Path, ...]:
    """The project's own files: those that git has or would take."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        return tuple(ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file())
    outside = {".git", ".venv", ".cache", "var", "node_modules", "__pycache__"}
    return tuple(path for path in ROOT.rglob("*") if path.is_file() and not outside & set(path.relative_to(ROOT).parts))


def text_files() -> list[Path]:
    return [path for path in files() if path.suffix not in BINARY and "vendor" not in path.parts]


def pages() -> list[Path]:
    return [path for path in files() if path.suffix == ".md"]


@cache
def writer(name: str = "commands") -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def settings_in_the_code() -> set[str]:
    """What the product reads; the words of tests and pages do not count."""
    sources = [
        path for path in files() if path.suffix in {".py", ".sh", ".yaml", ".conf", ".html", ".js"} or path.name in {"Makefile", "run"}
    ]
    product = [path for path in sources if path.relative_to(ROOT).parts[0] in {"ivr", "app.py", "deploy", "Makefile"}]
    return {name for path in product for name in SETTING.findall(path.read_text(encoding="utf-8"))}


def test_every_command_and_option_is_documented() -> None:
    module = writer()
    from ivr.cli import build_parser

    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    sections = {part.split("\n", 1)[0].strip(): part for part in page.split("\n## ")[1:]}
    missing = []
    for name, parser in module.commands(build_parser()):
        if name not in sections:
            missing.append(name)
            continue
        missing += [f"{name}: {option}" for option in module.options(parser) if option not in sections[name]]
    assert missing == [], "run `make docs`"


def test_the_commands_page_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("COLUMNS", "120"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)  # put back afterwards
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == writer().written(), "run `make docs`"


def test_every_key_is_documented() -> None:
    from ivr.catalog.key_notes import SHAPE_NOTES
    from ivr.catalog.shapes import SHAPES

    page = (DOCS / "keys.md").read_text(encoding="utf-8")
    sections = {part.split("\n", 1)[0].strip(" #"): part for part in re.split(r"\n(?=###? )", page)}
    assert len({title for title, _ in SHAPE_NOTES.values()}) == len(SHAPE_NOTES), "two headings that are the same"
    missing = []
    for shape, keys in SHAPES.items():
        section = sections.get(SHAPE_NOTES[shape][0], "") if shape in SHAPE_NOTES else ""
        missing += [
            f"{shape}: {key}" for key in keys if f"\n| `{key}` |" not in section and not (key == "*" and "| any other name |" in section)
        ]
    assert missing == [], "write them into ivr/catalog/key_notes.py, then run `make docs`"


def test_the_keys_page_is_up_to_date() -> None:
    assert (DOCS / "keys.md").read_text(encoding="utf-8") == writer("keys").page(), "run `make docs`"


def test_the_example_on_the_keys_page_is_right_and_does_what_it_says(tmp_path: Path) -> None:
    from ivr.catalog.compile import compile_operator

    keys = writer("keys")
    home = tmp_path / "menus" / "small"
    (home / "scenarios").mkdir(parents=True)
    for name, text in (("operator", keys.OPERATOR), ("prepaid", keys.MENUS), ("scenarios/balance", keys.SCENARIOS)):
        (home / f"{name}.yaml").write_text(text, encoding="utf-8")
    compiled = compile_operator(home, tmp_path / "locales")
    assert [str(fault) for fault in compiled.faults] == [] and compiled.model is not None
    played = subprocess.run(
        [sys.executable, "-m", "ivr", "test", str(home)],
        cwd=ROOT,
        env=os.environ | {"IVR_HOME": str(tmp_path / "home"), "IVR_MENUS": str(tmp_path / "menus")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, played.stdout + played.stderr


def test_every_fault_code_is_documented() -> None:
    used = {
        code
        for path in files()
        if path.is_relative_to(ROOT / "ivr") and path.suffix == ".py"
        for code in CODE.findall(path.read_text("utf-8"))
    }
    assert {"E001", "E010", "E090", "W001"} <= used, "the pattern finds nothing"
    told = r"^(?:\|([^|]+)\||#+ (.+))"  # the first cell of a table's row, or a heading
    places = [place for path in DOCS.glob("*.md") for place in re.findall(told, path.read_text("utf-8"), flags=re.MULTILINE)]
    documented = {code for place in places for code in re.findall(r"\b[EW][0-9]{3}\b", " ".join(place))}
    assert used - documented == set(), "given by the code, and in no table and no heading of docs/"


def test_every_command_has_an_example() -> None:
    from ivr.cli import build_parser

    without = [
        name
        for name, parser in writer().commands(build_parser())
        if f"ivr {name.partition(' ')[2]}".strip() not in f"{parser.epilog or ''} {parser.description or ''}"
        and not any(action.dest == "command" for action in parser._actions)
    ]
    assert without == []


def test_every_setting_is_documented() -> None:
    documented = set(SETTING.findall((DOCS / "settings.md").read_text(encoding="utf-8")))
    assert settings_in_the_code() - documented == set(), "read by the code and not in docs/settings.md"


def test_no_page_names_a_setting_that_is_not_there() -> None:
    named = {name for path in pages() for name in SETTING.findall(path.read_text(encoding="utf-8"))}
    assert named - settings_in_the_code() == set()


def test_links_lead_somewhere() -> None:
    broken = []
    for path in pages():
        # What stands in a block of code is no link.
        prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for link in LINK.findall(prose):
            place, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = (path.parent / place).resolve() if place else path
            if not target.exists():
                broken.append(f"{path.relative_to(ROOT)}: {link}")
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                broken.append(f"{path.relative_to(ROOT)}: {link} (no such heading)")
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ +(.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.is_file():
            continue
        reached.add(page)
        links = LINK.findall(page.read_text(encoding="utf-8"))
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links if link.partition("#")[0].endswith(".md")]
    unreached = [path.relative_to(ROOT).as_posix() for path in pages() if DOCS in path.parents and path not in reached]
    assert unreached == []


def test_nothing_names_the_machine_it_was_written_on() -> None:
    named = []
    for path in text_files():
        text = path.read_text(encoding="utf-8", errors="replace").lower()
        named += [f"{path.relative_to(ROOT)}: {word}" for word in NOT_OURS if word.lower() in text]
    assert named == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150
