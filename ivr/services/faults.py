"""Services that fail or dawdle on order: for tests, and for trying in the demo what a caller hears while a look-up stalls."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping

from ivr.engine.effects import Call
from ivr.engine.values import Answer, Line
from ivr.services.port import ServiceError, Services
from ivr.settings import Settings


def slowed(services: Services, settings: Settings) -> Services:
    """`services` as IVR_SLOW_LOOKUP wants them tried (demo mode only); as they are where it is not set."""
    return Programmed(services, delay=settings.slow_lookups) if settings.slow_lookups else services


class Programmed:
    """Wraps `services`. `outcomes` forces an answer by service (the inner services are not asked; `line`: a ServiceError).

    `delay` is seconds before every call, or seconds by service name (`accounts.balance`, `line`). `sleep` is given in tests.
    """

    def __init__(
        self,
        services: Services,
        outcomes: Mapping[str, str] | None = None,
        delay: float | Mapping[str, float] = 0.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._services = services
        self._outcomes = dict(outcomes or {})
        self._delay = delay
        self._sleep = sleep

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        """The inner services' line, late where `delay` says so. Raises ServiceError where `outcomes` names `line`."""
        self._wait("line")
        if "line" in self._outcomes:
            raise ServiceError("programmed to fail")
        return self._services.line(msisdn, now)

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """The programmed outcome without values, else the inner services' answer; late where `delay` says so."""
        self._wait(call.service)
        if call.service in self._outcomes:
            return Answer(self._outcomes[call.service], {})
        return self._services.call(line, call, now)

    def _wait(self, service: str) -> None:
        seconds = self._delay.get(service, 0.0) if isinstance(self._delay, Mapping) else self._delay
        if seconds > 0:
            self._sleep(seconds)
