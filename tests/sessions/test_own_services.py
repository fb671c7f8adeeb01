"""services.yaml beside the operators: part of every release, kept with it, and published on save."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

from ivr.catalog.releases import Releases
from ivr.engine.effects import Call
from ivr.engine.values import Answer, Line
from ivr.services.port import Services
from tests.sessions.desk import Desk, text

Make = Callable[..., Desk]
MENU = """
entries: [{ussd: "*800#", go: find}, {ussd: "*801#", go: hello}]
menus:
  hello: {say: Hello, choices: {"1": {label: Parcel, go: find}}}
  find:
    get: {parcel: parcels.find}
    say: "Your parcel weighs {parcel.weight}."
"""
OWN = "services:\n  parcels.find: {kind: read, gives: {weight: number}}\n"


class Parcels:
    def __init__(self, inner: Services) -> None:
        self.inner = inner

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        return self.inner.line(msisdn, now)

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        return Answer("ok", {"weight": 7}) if call.service == "parcels.find" else self.inner.call(line, call, now)


def test_an_operators_own_service_is_called_and_kept_with_the_release(make: Make, tmp_path: Path) -> None:
    menus = tmp_path / "home" / "menus"
    desk = make(own_menus=True, wrap=Parcels)
    (menus / "services.yaml").write_text(OWN, "utf-8")
    (menus / "azercell" / "parcels.yaml").write_text(MENU, "utf-8")
    desk.releases._strict = False
    assert desk.releases.refresh()
    assert text(desk.dial("a", "*800#")).startswith("Your parcel weighs 7.")
    desk.dial("b", "*801#")
    record = desk.runner.store.get("b")
    assert record is not None
    (menus / "services.yaml").write_text(OWN + "events:\n  parcels.lost: {to: line, gives: {}}\n", "utf-8")
    assert desk.releases.refresh(), "a change of it is a release of its own"
    current = desk.releases.current["azercell"].release
    assert current != record.release
    (menus / "services.yaml").unlink()
    desk.releases.refresh()  # the menus that do not need it are published without it
    assert desk.releases.current["azercell"].release == current and any(fault.code == "E014" for fault in desk.releases.faults)
    # another process, which compiles the pinned release from what was kept of it
    kept = Releases(desk.menus, desk.locales, tmp_path / "home" / "releases", strict=False)
    pinned = kept.pinned("azercell", record.release)
    assert pinned is not None and pinned.menus["parcels.find"].get[0].service == "parcels.find"
    assert text(desk.type("b", "1")).startswith("Your parcel weighs 7.")
