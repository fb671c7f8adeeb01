"""How many examples: few and always the same ones in a usual run, many and other ones each time under `-m soak`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

UNHURRIED = list(HealthCheck)


def few(examples: int) -> Callable[[Any], Any]:
    """The same examples in every run, so that a red build is red again."""
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=UNHURRIED)


def many(examples: int) -> Callable[[Any], Any]:
    """Other examples in every run; left out of usual runs."""

    def mark(test: Any) -> Any:
        run = settings(max_examples=examples, deadline=None, derandomize=False, suppress_health_check=UNHURRIED, phases=list(Phase))(test)
        return pytest.mark.soak(pytest.mark.timeout(1800)(run))

    return mark
