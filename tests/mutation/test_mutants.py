"""Single faults in the shipped menus and catalogs are noticed; `python -m tests.mutation.hunt --count 500` is the whole hunt."""

from __future__ import annotations

import pytest

from tests.mutation.hunt import hunt, shipped
from tests.mutation.mutants import CATALOGS, MENUS, OPERATOR, mutants

KINDS = len(MENUS) + len(OPERATOR) + len(CATALOGS)


@pytest.mark.timeout(300)
def test_of_a_few_nine_in_ten_are_caught() -> None:
    """A few are drawn with every edit of the menus, so luck has its part; the soak below is the measure."""
    rows = list(hunt(2 * KINDS, 7))
    alive = [row.mutant for row in rows if not row.by]
    assert len(alive) * 10 <= len(rows), "\n".join(f"{mutant.file}:{mutant.line} {mutant.kind}" for mutant in alive)
    by = {row.by.partition(" ")[0] for row in rows}
    assert {"check", "scenario"} <= by, "both of them find what the other does not"


def test_every_kind_finds_a_place_for_itself() -> None:
    made = {mutant.kind for mutant in mutants(shipped(), 12 * KINDS, 1)}
    assert made == set(MENUS) | set(OPERATOR) | set(CATALOGS)


def test_a_mutant_is_one_change_in_one_file() -> None:
    files = shipped()
    for mutant in mutants(files, 3 * KINDS, 2):
        assert mutant.text != files[mutant.file] and files[mutant.file].count(mutant.before) >= (mutant.before != "")
        assert len(mutant.text) - len(files[mutant.file]) == len(mutant.after) - len(mutant.before)


@pytest.mark.soak
def test_of_500_at_least_95_in_100_are_caught() -> None:
    alive = [row.mutant for row in hunt(500, 20261122) if not row.by]
    assert len(alive) <= 25, "\n".join(f"{mutant.file}:{mutant.line} {mutant.kind}" for mutant in alive)
