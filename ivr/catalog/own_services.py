"""All that menus may call and be told of: our services.yaml, and beside the operators one of the same shape for a back-end of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.catalog.faults import Faults
from ivr.catalog.reader import Reader
from ivr.catalog.services import Event, Service, events_in, load_events, load_services, services_in
from ivr.catalog.source import Node


@dataclass(frozen=True, slots=True)
class Offered:
    """The services and events by name."""

    services: Mapping[str, Service]
    events: Mapping[str, Event]


def offered(ours: Path, own: Node | None, faults: Faults) -> Offered:
    """Those of our file, and those of the file `own`, which may add names and not give ours another meaning. Faults: E010."""
    services, events = load_services(ours, faults), load_events(ours, faults)
    reader = Reader(faults)
    if own is None or not reader.shape(own, "services", "services.yaml"):
        return Offered(services, events)
    for what, known in (("services", services), ("events", events)):
        for key, _ in reader.pairs(own.get(what), what):
            if key.text in known:
                one = "a service" if what == "services" else "an event"
                reader.fault(key, "E010", f'"{key.text}" is {one} of ours already; give yours another name')
    return Offered({**services_in(own, reader), **services}, {**events_in(own, reader), **events})
