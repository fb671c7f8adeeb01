"""What a back-end answers is held to what services.yaml says, so that no page is larger than the one that was checked.

A look-up with an answer that does not fit is answered `unavailable`, as if the back-end had failed, and so is an outcome that services.yaml
does not name. An act may have been done, and "nothing was charged" would then be a lie: in what an act answers, a text is cut to its size,
a list to its length, and any other value that does not fit is left out, so that the page says what was done and no wrong figure. (Only `ok`
means that it was done; an outcome that nobody knows is a refusal.) Values that services.yaml does not name are dropped. Texts lose line
breaks and control characters, which would break a page's lines or forge one.

The log says which service, field and reason; never a value, never whose it was.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ivr.catalog.faults import Faults
from ivr.catalog.own_services import offered
from ivr.catalog.services import Service, Type
from ivr.catalog.source import read_file
from ivr.catalog.sources import OWN_SERVICES
from ivr.engine.effects import Call
from ivr.engine.model import Operator
from ivr.engine.values import Answer, Line, Tariff, Value
from ivr.services.bounds import Bounds, Wrong, mended, tidy
from ivr.services.port import Services
from ivr.services.schema import SERVICES_FILE

log = logging.getLogger(__name__)
EVERYWHERE = frozenset(["unavailable", "late", "not_enough"])
"""Outcomes that every service may have; `not_enough` is that of a fee and may bring `balance`."""
OWN: Mapping[str, Mapping[str, Type]] = {"accounts.funds": {"balance": "money"}, "accounts.charge": {"balance": "money"}}
"""What the engine's own services bring where the line is prepaid."""

Operators = Callable[[str], Operator | None]
"""The operator of a line by its number."""


def checked(services: Services, operators: Operators, menus: Path) -> Checked:
    """`services` held to the services.yaml that is shipped, and to the one in the folder `menus` where there is one."""
    path = menus / OWN_SERVICES
    own = read_file(path, OWN_SERVICES, menus, Faults()) if path.exists() else None
    return Checked(services, offered(SERVICES_FILE, own, Faults()).services, operators)


class Checked:
    """Implements `ivr.services.port.Services` over `services`, each answer held to `schemas` (of services.yaml)."""

    def __init__(self, services: Services, schemas: Mapping[str, Service], operators: Operators) -> None:
        self._services, self._schemas, self._operators = services, schemas, operators
        self._bounds: dict[int, Bounds] = {}

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        """The inner services' line; a name of a tariff that does not fit is cut. Raises what the inner services raise."""
        line = self._services.line(msisdn, now)
        bounds = None if line is None else self._of(line.msisdn)
        # a line of an operator whose menus are not here is shown to nobody
        if line is None or bounds is None or line.tariff in bounds.tariffs or not line.msisdn.startswith(bounds.operator.country):
            return line
        try:
            bounds.check("tariff")(Tariff(line.tariff))
        except Wrong as wrong:
            log.error("the tariff of a line does not fit: %s", wrong)
            return replace(line, tariff=tidy(line.tariff)[: bounds.letters])
        return line

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """The inner services' answer where it fits, else what is left of it."""
        answer = self._services.call(line, call, now)
        bounds = self._of(line.msisdn)
        if bounds is None:
            return answer
        outcome = answer.outcome
        service = self._schemas.get(call.service)
        if service is None:
            # what no services.yaml names is called by no menu, only by the engine itself
            own = OWN.get(call.service)
            return answer if own is None else self._own(call, answer, bounds, own)
        if outcome == "ok":
            kinds = service.gives
        elif outcome in service.outcomes:
            kinds = service.outcomes[outcome]
        elif outcome == "not_enough":
            return self._own(call, answer, bounds, OWN["accounts.charge"])
        elif outcome in EVERYWHERE:
            return answer if answer.values == {} else replace(answer, values={})
        else:
            return self._refused(call, "", "an outcome that services.yaml does not name", answer)
        return self._held(call, answer, kinds, bounds, mend=service.kind == "change")

    # -- inside

    def _of(self, msisdn: str) -> Bounds | None:
        operator = self._operators(msisdn)
        if operator is None:
            return None
        bounds = self._bounds.get(id(operator))
        if bounds is None or bounds.operator is not operator:
            if len(self._bounds) > 100:  # releases come and go
                self._bounds.clear()
            bounds = self._bounds[id(operator)] = Bounds(operator)
        return bounds

    def _held(self, call: Call, answer: Answer, kinds: Mapping[str, Type], bounds: Bounds, mend: bool) -> Answer:
        values = answer.values if isinstance(answer.values, Mapping) else {}
        kept: dict[str, Value] = {}
        same = values is answer.values and len(values) == len(kinds)
        for name, kind, check in bounds.record(kinds):
            try:
                if name not in values:
                    raise Wrong("it is missing")
                value = values[name]
                found = check(value)
            except Wrong as wrong:
                if not mend:
                    return self._refused(call, name, str(wrong), answer)
                log.error("%s answered %s with %s that does not fit: %s", call.service, answer.outcome, name, wrong)
                found = mended(values.get(name), kind, bounds)
                same = False
            else:
                same = same and found is value
            kept[name] = found
        return answer if same else replace(answer, values=kept)

    def _own(self, call: Call, answer: Answer, bounds: Bounds, kinds: Mapping[str, Type]) -> Answer:
        """An answer to do with a fee: the balance may be missing (postpaid), and where it does not fit, it is not shown."""
        balance = answer.values.get("balance") if isinstance(answer.values, Mapping) else None
        if balance is None:
            return answer
        try:
            bounds.check(kinds["balance"])(balance)
        except Wrong as wrong:
            log.error("%s answered %s with balance that does not fit: %s", call.service, answer.outcome, wrong)
            return replace(answer, values={name: value for name, value in answer.values.items() if name != "balance"})
        return answer

    def _refused(self, call: Call, name: str, reason: str, answer: Answer) -> Answer:
        log.error("%s: its answer does not fit services.yaml%s: %s", call.service, f", {name}" if name else "", reason)
        return Answer("unavailable", {}, answer.line)
