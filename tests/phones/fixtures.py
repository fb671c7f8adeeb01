"""Fixtures that bring up real peers. A peer that cannot be had fails the run where CI=true and is a named skip elsewhere.

For a conftest: `from tests.phones.fixtures import agi_port, asterisk, sip_lines, trunk_peers`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from ivr.engine.values import Secret
from ivr.telephony.accounts import ensure_accounts
from ivr.telephony.asterisk import Asterisk
from ivr.telephony.configuration import AsteriskSettings
from ivr.telephony.installation import find_installation
from tests.phones import baresip
from tests.phones.rtp_phone import RtpPhone

DEMO_LINES = (
    *(f"9945011100{number:02}" for number in range(1, 9)),
    *(f"9945011101{number:02}" for number in range(1, 5)),
    *(f"9929311100{number:02}" for number in range(1, 12)),
)

DESK = "111"
"""Where a person answers whom the menus hand a call to."""


def unavailable(what: str) -> NoReturn:
    """Ends the test: failed where CI=true, skipped with its reason elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"not available: {what}", pytrace=False)
    pytest.skip(f"not available: {what}")


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """The first of `count` neighbouring ports that are free on loopback now, below those the system hands out itself.

    For `kind`; UDP ports are free for TCP too, since SIP programs take both.
    """
    # Several test runs may look at once: each begins at its own place.
    first = 21000 + os.getpid() * 97 % 9000
    while first + count < 32000:
        held: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                for one in {kind, socket.SOCK_STREAM}:
                    held.append(socket.socket(socket.AF_INET, one))
                    held[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            first += count + 1
        finally:
            for holder in held:
                holder.close()
    raise OSError(f"no {count} free ports in a row")


@dataclass(frozen=True)
class RealAsterisk:
    """A running private Asterisk and the way to telephones on it; `agi_port` is where it looks for the menus."""

    asterisk: Asterisk
    accounts: dict[str, Secret]
    agi_port: int

    @property
    def server(self) -> tuple[str, int]:
        """Its SIP address."""
        return self.asterisk.settings.sip_host, self.asterisk.settings.sip_port

    def phone(self, msisdn: str, password: str | None = None, claims: str | None = None) -> RtpPhone:
        """A telephone with that line's login (or a wrong `password`), whose From header may claim another."""
        return RtpPhone(self.server, msisdn, password or self.accounts[msisdn].reveal(), claims)

    def baresip(self, msisdn: str, folder: Path) -> baresip.Baresip:
        """A baresip with that line's login; skips or fails the test where there is no baresip."""
        if not baresip.available():
            unavailable("baresip (Debian: baresip-core)")
        ports = (free_ports(2), free_ports(1, socket.SOCK_STREAM), free_ports(40))
        return baresip.Baresip(folder, self.server, msisdn, self.accounts[msisdn].reveal(), ports)


@pytest.fixture(scope="session")
def agi_port() -> int:
    """The port on which the menus will answer; override it where a server has one already."""
    return free_ports(1, socket.SOCK_STREAM)


@pytest.fixture(scope="session")
def sip_lines() -> tuple[str, ...]:
    """The lines that have a login; override it for others."""
    return (*DEMO_LINES, DESK)


@pytest.fixture(scope="session")
def trunk_peers() -> tuple[str, ...]:
    """The addresses of the trusted network; a telephone with `host` set to one of them plays its exchange."""
    return ("127.0.0.9",)


@pytest.fixture(scope="session")
def asterisk(
    tmp_path_factory: pytest.TempPathFactory, agi_port: int, sip_lines: tuple[str, ...], trunk_peers: tuple[str, ...]
) -> Iterator[RealAsterisk]:
    """One private Asterisk for the whole run, on free loopback ports."""
    installation = find_installation()
    if installation is None:
        unavailable("Asterisk 20 or newer (`make setup` unpacks one)")
    home = tmp_path_factory.mktemp("telephony")
    accounts = ensure_accounts(home, sip_lines)
    rtp_first = free_ports(100)
    settings = AsteriskSettings(sip_port=free_ports(1), rtp_ports=(rtp_first, rtp_first + 99), agi_port=agi_port, trunk_peers=trunk_peers)
    with Asterisk(home, accounts, settings, installation) as running:
        yield RealAsterisk(running, accounts, agi_port)
