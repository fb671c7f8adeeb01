"""The engine is pure: what it may import is a closed list (import-linter's contract can only forbid)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parent.parent / "ivr" / "engine"
ALLOWED = {
    *(
        "__future__",
        "abc",
        "bisect",
        "collections",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "hashlib",
        "heapq",
        "hmac",
    ),
    *("itertools", "json", "math", "operator", "re", "string", "types", "typing", "unicodedata", "zoneinfo"),
    *("babel", "ivr.engine"),
}
CLOCKS = {"now", "utcnow", "today"}


@pytest.mark.parametrize("path", sorted(ENGINE.rglob("*.py")), ids=lambda path: path.stem)
def test_only_pure_modules(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "written absolutely, so that this test can read it"
            imported.add(node.module or "")
    strangers = {name for name in imported if name not in ALLOWED and not any(name.startswith(f"{allowed}.") for allowed in ALLOWED)}
    assert strangers == set()


@pytest.mark.parametrize("path", sorted(ENGINE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_clock_no_printing_no_files(path: Path) -> None:
    """`datetime` is allowed for its types; its clocks are not, nor `open`, `print` and `input`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [
        call.id for call in calls if isinstance(call, ast.Name) and call.id in {"open", "print", "input", "eval", "exec", "__import__"}
    ] == []
    clocks = [
        call.attr
        for call in calls
        if isinstance(call, ast.Attribute) and call.attr in CLOCKS and ast.unparse(call.value).endswith(("datetime", "date"))
    ]
    assert clocks == []
