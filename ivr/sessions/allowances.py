"""How often something free is sent to a line: `limits` of operator.yaml, with what counts where it says nothing."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType

from ivr.engine.model import Operator
from ivr.engine.values import Span
from ivr.engine.ways_in import HELP, REFUSALS

DEFAULTS: Mapping[str, tuple[int, int]] = MappingProxyType({HELP: (1, 3600), REFUSALS: (10, 3600)})
"""How many in how many seconds. One help reply says all there is to say; who may not come in may well try several services at once."""


def allowance(operator: Operator, limit: str) -> tuple[int, datetime.timedelta]:
    """How many of `limit` in how long a time."""
    most, seconds = DEFAULTS[limit]
    said = operator.limits.get(limit)
    if isinstance(said, Mapping):
        given, per = said.get("most"), said.get("per")
        most = given if isinstance(given, int) and not isinstance(given, bool) else most
        seconds = per.seconds if isinstance(per, Span) else seconds
    return most, datetime.timedelta(seconds=seconds)
