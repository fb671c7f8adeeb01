"""Services that fail or dawdle on order: for tests and scenarios, and for trying in the demo what a caller hears while a look-up stalls."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ivr.engine.effects import Call
from ivr.engine.values import Answer, Line, Record
from ivr.services.port import ServiceError, Services
from ivr.settings import Settings


@dataclass(frozen=True, slots=True)
class Planned:
    """What a service shall answer. `ok` asks the inner services, and `values` stand over what they gave; any other outcome does not."""

    outcome: str
    values: Record = field(default_factory=dict)


def slowed(services: Services, settings: Settings) -> Services:
    """`services` as IVR_SLOW_LOOKUP wants them tried (demo mode only); as they are where it is not set."""
    return Programmed(services, delay=settings.slow_lookups) if settings.slow_lookups else services


class Programmed:
    """Wraps `services`. `outcomes` says what services answer; `line` (the look-up of who calls) raises ServiceError unless that is `ok`.

    An outcome as text is every call's answer, without values and with the inner services not asked; so is a `Planned`, with its values.
    A sequence is one for each call in turn; after the last the service answers by itself again. `delay` is seconds before every call,
    or seconds by service name (`accounts.balance`, `line`). `sleep` is given in tests.
    """

    def __init__(
        self,
        services: Services,
        outcomes: Mapping[str, str | Planned | Sequence[Planned]] | None = None,
        delay: float | Mapping[str, float] = 0.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._services = services
        self._outcomes: dict[str, str | Planned | list[Planned]] = {
            name: planned if isinstance(planned, str | Planned) else list(planned) for name, planned in (outcomes or {}).items()
        }
        self._delay = delay
        self._sleep = sleep

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        """The inner services' line, late where `delay` says so. Raises ServiceError where `outcomes` wants it."""
        self._wait("line")
        planned = self._next("line")
        if planned is not None and planned != Planned("ok"):
            raise ServiceError("programmed to fail")
        return self._services.line(msisdn, now)

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """The programmed answer, else the inner services'; late where `delay` says so."""
        self._wait(call.service)
        planned = self._next(call.service)
        if isinstance(planned, str):
            return Answer(planned, {})
        if planned is not None and planned.outcome != "ok":
            return Answer(planned.outcome, planned.values)
        answer = self._services.call(line, call, now)
        if planned is not None and answer.outcome == "ok" and planned.values:
            return replace(answer, values={**answer.values, **planned.values})
        return answer

    def _next(self, service: str) -> str | Planned | None:
        planned = self._outcomes.get(service)
        if isinstance(planned, list):
            return planned.pop(0) if planned else None
        return planned

    def _wait(self, service: str) -> None:
        seconds = self._delay.get(service, 0.0) if isinstance(self._delay, Mapping) else self._delay
        if seconds > 0:
            self._sleep(seconds)
