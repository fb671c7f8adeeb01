"""What Prometheus reads at `/metrics`: how many, how fast, how it ended. No label ever says who.

One `Metrics` belongs to one server, with a registry of its own, so that two servers in one process (tests) do not meet.
"""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The exposition format's media type: https://prometheus.io/docs/instrumenting/exposition_formats/."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds in seconds. A USSD gateway gives up after about ten."""

OUTCOMES = ("con", "end", "left", "refused", "failed")


@dataclass(frozen=True, slots=True)
class UssdMetrics:
    """Outcomes of USSD requests.

    `con` (waits for input), `end`, `left` (the network's abort), `refused` (status 400 and up), `failed` (a fault of ours).
    """

    by_outcome: dict[str, Counter]
    seconds: Histogram

    def count(self, outcome: str, seconds: float) -> None:
        """One request is over, `seconds` after its first byte reached the route."""
        self.by_outcome[outcome].inc()
        self.seconds.observe(seconds)


@dataclass(frozen=True, slots=True)
class Metrics:
    """All meters of one server. Other modules add theirs to `registry`."""

    registry: CollectorRegistry
    ussd: UssdMetrics
    calls_active: Gauge
    calls_total: Counter
    streams_open: Gauge

    @classmethod
    def create(cls) -> Metrics:
        """Fresh meters, all at nought."""
        registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        requests = Counter("ivr_ussd_requests", "USSD requests by outcome.", ["outcome"], registry=registry)
        return cls(
            registry=registry,
            # Children are looked up once: `labels()` takes a lock and costs more than the counting itself.
            ussd=UssdMetrics(
                by_outcome={outcome: requests.labels(outcome) for outcome in OUTCOMES},
                seconds=Histogram("ivr_ussd_seconds", "Seconds to answer a USSD request.", registry=registry, buckets=BUCKETS),
            ),
            calls_active=Gauge("ivr_calls_active", "Voice calls in progress.", registry=registry),
            calls_total=Counter("ivr_calls", "Voice calls begun.", registry=registry),
            streams_open=Gauge("ivr_event_streams_open", "Server-sent event streams open now.", registry=registry),
        )

    def exposition(self) -> bytes:
        """Every meter in Prometheus's text format."""
        return generate_latest(self.registry)
