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

USSD_OUTCOMES = ("con", "end", "left", "refused", "failed")
"""Of USSD: `con` (waits for input), `end`, `left` (the network's abort), `refused` (status 400 and up), `failed` (a fault of ours)."""

SMS_OUTCOMES = ("answered", "silent", "refused", "failed")
"""Of SMS: `answered`, `silent` (nothing is to be said), `refused` and `failed` as above."""


@dataclass(frozen=True, slots=True)
class RequestMetrics:
    """Outcomes of a gateway's requests, and how long they took."""

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
    ussd: RequestMetrics
    sms: RequestMetrics
    calls_active: Gauge
    calls_total: Counter
    streams_open: Gauge

    @classmethod
    def create(cls) -> Metrics:
        """Fresh meters, all at nought."""
        registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)

        def requests(name: str, title: str, outcomes: tuple[str, ...]) -> RequestMetrics:
            counted = Counter(f"ivr_{name}_requests", f"{title} requests by outcome.", ["outcome"], registry=registry)
            seconds = Histogram(
                f"ivr_{name}_seconds", f"Seconds to answer one of the {title} requests.", registry=registry, buckets=BUCKETS
            )
            # Children are looked up once: `labels()` takes a lock and costs more than the counting itself.
            return RequestMetrics({outcome: counted.labels(outcome) for outcome in outcomes}, seconds)

        return cls(
            registry=registry,
            ussd=requests("ussd", "USSD", USSD_OUTCOMES),
            sms=requests("sms", "SMS", SMS_OUTCOMES),
            calls_active=Gauge("ivr_calls_active", "Voice calls in progress.", registry=registry),
            calls_total=Counter("ivr_calls", "Voice calls begun.", registry=registry),
            streams_open=Gauge("ivr_event_streams_open", "Server-sent event streams open now.", registry=registry),
        )

    def exposition(self) -> bytes:
        """Every meter in Prometheus's text format."""
        return generate_latest(self.registry)
