"""Asterisk as our child: it starts, says plainly why it cannot, stops, and never outlives us."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ivr.engine.values import Secret
from ivr.telephony.accounts import AccountsError, ensure_accounts
from ivr.telephony.asterisk import Asterisk, AsteriskError
from ivr.telephony.configuration import AsteriskSettings
from ivr.telephony.installation import Installation, find_installation
from tests.phones.fixtures import free_ports, unavailable
from tests.phones.rtp_phone import RtpPhone

AZ = "994501110001"


@pytest.fixture
def installation() -> Installation:
    found = find_installation()
    if found is None:
        unavailable("Asterisk 20 or newer (`make setup` unpacks one)")
    return found


def settings() -> AsteriskSettings:
    rtp = free_ports(20)
    return AsteriskSettings(sip_port=free_ports(1), rtp_ports=(rtp, rtp + 19), agi_port=free_ports(1, socket.SOCK_STREAM))


def listening(pid: int, protocol: str) -> list[int]:
    """The ports on which a process listens: those of /proc/net whose sockets it holds open."""
    held = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    ports = []
    for family in (protocol, f"{protocol}6"):
        for row in Path(f"/proc/net/{family}").read_text().splitlines()[1:]:
            words = row.split()
            # State 0A is LISTEN; a UDP socket that is bound and not connected is 07.
            if words[3] in ("0A", "07") and f"socket:[{words[9]}]" in held:
                ports.append(int(words[1].rpartition(":")[2], 16))
    return ports


def test_starts_answers_and_stops_without_a_trace(tmp_path: Path, installation: Installation) -> None:
    asterisk = Asterisk(tmp_path, ensure_accounts(tmp_path, [AZ]), settings(), installation)
    assert not asterisk.ready
    asterisk.start()
    asterisk.start()
    pid = asterisk.pid
    assert pid is not None and asterisk.ready
    assert asterisk.command("core show version").startswith(f"Asterisk {installation.version}")
    assert AZ in asterisk.command("pjsip show endpoints")
    assert "ERROR" not in asterisk.log.read_text()
    assert listening(pid, "tcp") == [], "no HTTP, no AMI"
    # Beside SIP there are only the two sockets on which it would ask a name server, at ports the system chose.
    assert [port for port in listening(pid, "udp") if port < 32768] == [asterisk.settings.sip_port]
    asterisk.stop()
    asterisk.stop()
    assert asterisk.pid is None and not asterisk.ready
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(AsteriskError, match="does not answer"):
        asterisk.command("core show version")


def test_passwords_are_for_this_user_only(tmp_path: Path, installation: Installation) -> None:
    accounts = ensure_accounts(tmp_path, [AZ])
    with Asterisk(tmp_path, accounts, settings(), installation):
        files = [path for path in tmp_path.rglob("*") if path.is_file() and accounts[AZ].reveal().encode() in path.read_bytes()]
    assert {path.name for path in files} == {"sip-accounts.json", "pjsip.conf"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)


def test_a_port_in_use_is_named(tmp_path: Path, installation: Installation) -> None:
    wanted = settings()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", wanted.sip_port))
        with pytest.raises(AsteriskError, match=f"127.0.0.1:{wanted.sip_port} cannot be used"):
            Asterisk(tmp_path, {}, wanted, installation).start()


def test_a_home_deeper_than_a_socket_name_allows(tmp_path: Path, installation: Installation) -> None:
    home = tmp_path / ("deep" * 30)
    with Asterisk(home, {}, settings(), installation) as asterisk:
        assert asterisk.ready


def test_manager_only_on_loopback_and_with_our_password(tmp_path: Path, installation: Installation) -> None:
    rtp = free_ports(20)
    port = free_ports(1, socket.SOCK_STREAM)
    with_manager = AsteriskSettings(sip_port=free_ports(1), rtp_ports=(rtp, rtp + 19), manager_port=port)
    with Asterisk(tmp_path, {}, with_manager, installation) as asterisk, socket.create_connection(("127.0.0.1", port), 2) as manager:
        words = f"Action: Login\r\nUsername: ivr\r\nSecret: {asterisk.manager_password.reveal()}\r\nEvents: off\r\n\r\n"
        manager.sendall(words.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += manager.recv(4096)
        assert b"Authentication accepted" in answer


def test_logins_change_while_it_runs(tmp_path: Path, installation: Installation) -> None:
    with Asterisk(tmp_path, ensure_accounts(tmp_path, [AZ]), settings(), installation) as asterisk:
        server = asterisk.settings.sip_host, asterisk.settings.sip_port
        accounts = ensure_accounts(tmp_path, [AZ, "994501110002"])
        with RtpPhone(server, "994501110002", accounts["994501110002"].reveal()) as phone:
            assert phone.register() == 401
            asterisk.change_accounts(accounts)
            deadline = time.monotonic() + 3.0
            while (status := phone.register()) != 200 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert status == 200


def test_dies_with_its_parent(tmp_path: Path, installation: Installation) -> None:
    """The parent starts it from a thread that ends, lives on, and is then killed outright."""
    wanted = settings()
    program = f"""
import threading, time
from pathlib import Path
from ivr.telephony.asterisk import Asterisk
from ivr.telephony.configuration import AsteriskSettings
asterisk = Asterisk(Path({str(tmp_path)!r}), {{}}, AsteriskSettings(sip_port={wanted.sip_port}, rtp_ports={wanted.rtp_ports}))
thread = threading.Thread(target=asterisk.start)
thread.start()
thread.join()
print(asterisk.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    try:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        assert Path(f"/proc/{pid}").exists(), "it outlives the thread that started it"
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 5.0
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        assert not Path(f"/proc/{pid}").exists()
    finally:
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)


def test_one_that_was_left_behind_is_ended_first(tmp_path: Path, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no setpriv, Asterisk can outlive a parent that was killed; the next start finds it by its PID file."""
    monkeypatch.setattr("ivr.telephony.asterisk.shutil.which", lambda name: None)
    wanted = settings()
    left = Asterisk(tmp_path, {}, wanted, installation)
    left.start()
    pid = left.pid
    try:
        with Asterisk(tmp_path, {}, wanted, installation) as asterisk:
            assert asterisk.ready
            assert asterisk.pid != pid
            assert left.pid is None
    finally:
        left.stop()


@pytest.mark.parametrize(
    "wrong",
    [
        {"sip_host": "127.0.0.1\nbind=0.0.0.0"},
        {"sip_port": 0},
        {"agi_port": 70000},
        {"trunk_peers": ("0.0.0.0/0\nendpoint=x",)},
        {"agi_host": "a,b"},
        {"rtp_ports": (2, 1)},
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        AsteriskSettings(**wrong)  # type: ignore[arg-type]


def test_accounts_are_made_once(tmp_path: Path) -> None:
    first = ensure_accounts(tmp_path, [AZ])
    again = ensure_accounts(tmp_path, ["994501110002", AZ])
    assert again[AZ] == first[AZ]
    assert list(again) == ["994501110002", AZ]
    assert again["994501110002"] != again[AZ]
    assert isinstance(first[AZ], Secret) and len(first[AZ].reveal()) == 16
    assert stat.S_IMODE((tmp_path / "sip-accounts.json").stat().st_mode) == 0o600


def test_accounts_refuse_what_would_become_configuration(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an MSISDN"):
        ensure_accounts(tmp_path, ["994501110001]\ntype=x"])
    (tmp_path / "sip-accounts.json").write_text('{"994501110001": "abcdefgh\\ncontext=trunk"}')
    with pytest.raises(AccountsError, match="letters and digits"):
        ensure_accounts(tmp_path, [AZ])
    (tmp_path / "sip-accounts.json").write_text("{")
    with pytest.raises(AccountsError, match="not JSON"):
        ensure_accounts(tmp_path, [AZ])
