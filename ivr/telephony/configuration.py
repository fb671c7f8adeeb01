"""Asterisk's configuration: the templates in `conf/`, filled from the settings and the softphone logins."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.engine.values import Secret
from ivr.telephony.installation import TEMPLATES, Installation

# Asterisk complains at start about every file of a core part that is not there.
_EMPTY_FILES = ("acl.conf", "ccss.conf", "features.conf", "pjproject.conf", "stasis.conf", "udptl.conf")


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """Where Asterisk listens and whom it trusts.

    `sip_host` is the address it is bound to and `rtp_ports` the first and the last UDP port for sound (two a call);
    `agi_host` and `agi_port` are where the menus answer; `trunk_peers` the addresses or networks whose calls come without a
    login and whose P-Asserted-Identity is believed (none: there is no trunk); `manager_port` opens AMI on loopback.
    `ValueError` where one of them cannot be.
    """

    sip_host: str = "127.0.0.1"
    sip_port: int = 5060
    rtp_ports: tuple[int, int] = (20000, 20999)
    agi_host: str = "127.0.0.1"
    agi_port: int = 4573
    trunk_peers: tuple[str, ...] = ()
    manager_port: int | None = None

    def __post_init__(self) -> None:
        # Every value is written into configuration files: what is no address or port must not get that far.
        ipaddress.IPv4Address(self.sip_host)
        for peer in self.trunk_peers:
            ipaddress.ip_network(peer, strict=False)
        if not re.fullmatch(r"[A-Za-z0-9.-]+", self.agi_host):
            raise ValueError(f"not a host for FastAGI: {self.agi_host!r}")
        for port in (self.sip_port, *self.rtp_ports, self.agi_port, self.manager_port or 1):
            if not 0 < port < 65536:
                raise ValueError(f"not a port: {port}")
        if self.rtp_ports[1] - self.rtp_ports[0] < 3:
            raise ValueError("the RTP range needs at least four ports")


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one Asterisk: `state` is its own, `run` holds the control socket and the PID file."""

    state: Path
    run: Path

    @property
    def configuration(self) -> Path:
        """The file that Asterisk is started with."""
        return self.state / "etc" / "asterisk.conf"

    @property
    def control_socket(self) -> Path:
        """Where it takes commands."""
        return self.run / "asterisk.ctl"

    @property
    def log(self) -> Path:
        """Its notices, warnings and errors."""
        return self.state / "log" / "messages"


def write_configuration(
    folders: Folders,
    installation: Installation,
    settings: AsteriskSettings,
    accounts: Mapping[str, Secret],
    manager_password: Secret,
) -> None:
    """Writes every file of `<state>/etc`, readable for this user only; what stood there before is replaced."""
    for name in ("etc", "lib", "spool", "log"):
        (folders.state / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    folders.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    # On loopback the sound must stay there too: Asterisk binds RTP to every address of the machine unless told.
    on_loopback = ipaddress.IPv4Address(settings.sip_host).is_loopback
    values = {
        "state": str(folders.state),
        "run": str(folders.run),
        "modules": str(installation.modules),
        "data": str(installation.data),
        "agi": f"{settings.agi_host}:{settings.agi_port}",
        "sip_host": settings.sip_host,
        "sip_port": str(settings.sip_port),
        "rtp_first": str(settings.rtp_ports[0]),
        "rtp_last": str(settings.rtp_ports[1]),
        "media_address": f"media_address={settings.sip_host}\nbind_rtp_to_media_address=yes" if on_loopback else "",
        "peers": "\n".join(f"match={peer}" for peer in settings.trunk_peers),
        "manager_enabled": "yes" if settings.manager_port else "no",
        "manager_port": str(settings.manager_port or 5038),
        "manager_secret": manager_password.reveal(),
    }
    trunk = _filled("pjsip_trunk.conf", values) if settings.trunk_peers else "; no trunk"
    values |= {"trunk": trunk, "lines": "\n".join(_line(msisdn, password) for msisdn, password in accounts.items())}
    for template in sorted(TEMPLATES.glob("*.conf")):
        if template.name != "pjsip_trunk.conf":
            _write(folders.state / "etc" / template.name, _filled(template.name, values))
    for name in _EMPTY_FILES:
        _write(folders.state / "etc" / name, "; empty on purpose\n")


def _line(msisdn: str, password: Secret) -> str:
    """One softphone: who it is (endpoint), its password (auth), where it is reached (aor), all under the MSISDN."""
    if not msisdn.isascii() or not msisdn.isdigit():
        raise ValueError(f"a login is an MSISDN in digits, not {msisdn!r}")
    # The caller id is ours as well: without it Asterisk would pass on the name and number of the From header.
    return (
        f"[{msisdn}](line)\nauth={msisdn}\naors={msisdn}\ncallerid={msisdn} <{msisdn}>\n\n"
        f"[{msisdn}](login)\nusername={msisdn}\npassword={password.reveal()}\n\n[{msisdn}](place)\n"
    )


def _filled(name: str, values: Mapping[str, str]) -> str:
    # Not string.Template: the dialplan is full of dollar signs.
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    return re.sub(r"@([a-z_]+)@", lambda found: values[found[1]], text)


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
