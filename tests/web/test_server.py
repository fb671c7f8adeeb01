"""The whole process: starts, answers while a page hangs, stops cleanly with connections open."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.server import listen
from tests.web.fakes import LINE

ROOT = Path(__file__).resolve().parents[2]
FORM = "sessionId=s1&phoneNumber=%2B994501110001&serviceCode=*111%23&networkCode=1&text="
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


class Running:
    """The fakes' server as a process."""

    def __init__(self, prompts: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.web.fakes", str(prompts)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        if first != "part started\n":
            raise AssertionError(f"the server did not start: {first}{self.process.communicate()[1]}")
        self.address = self.process.stdout.readline().strip()
        self.port = int(self.address.rsplit(":", 1)[1])

    def ask(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def stop(self, number: int = signal.SIGTERM) -> tuple[float, str, str]:
        """Seconds it took, and all that was printed."""
        begun = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=15)
        return time.monotonic() - begun, out, err


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "prompts")
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate()


def test_routes(server: Running) -> None:
    assert server.ask("GET", "/healthz") == (200, "ok\n")
    status, text = server.ask("GET", "/readyz")
    assert (status, json.loads(text)) == (200, {"ready": True, "release": "r1"})
    assert server.ask("POST", "/ussd", FORM, HEADERS)[1].startswith("CON Balansiniz")
    assert "ivr_ussd_requests_total" in server.ask("GET", "/metrics")[1]
    assert "Handset" in server.ask("GET", "/")[1]
    assert server.ask("GET", "/nothing")[0] == 404
    assert server.ask("GET", "/?q=%C6%8F")[0] == 200
    assert server.ask("GET", "/prompts/..%2f..%2fetc%2fpasswd.wav")[0] == 404
    assert server.ask("GET", "/api/call/unknown-call/events")[1].count('"ended"') == 1
    assert server.ask("POST", "/ussd", "a" * 70000, HEADERS)[0] == 413


def test_pages_that_block_delay_nobody_on_ussd(server: Running) -> None:
    threads = [threading.Thread(target=server.ask, args=("GET", "/block")) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    begun = time.monotonic()
    for _ in range(20):
        assert server.ask("POST", "/ussd", FORM, HEADERS)[0] == 200
    assert server.ask("GET", "/readyz")[0] == 200
    assert time.monotonic() - begun < 0.5
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_with_open_connections_is_clean_and_quick(server: Running, number: int) -> None:
    call = json.loads(
        server.ask("POST", "/api/call", json.dumps({"msisdn": LINE, "number": "2112"}), {"Content-Type": "application/json"})[1]
    )["call"]
    streams = []
    for _ in range(20):
        stream = socket.create_connection(("127.0.0.1", server.port))
        stream.sendall(f"GET /api/call/{call}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert b"text/event-stream" in stream.recv(4096)
        streams.append(stream)
    idle = socket.create_connection(("127.0.0.1", server.port))
    half = socket.create_connection(("127.0.0.1", server.port))
    half.sendall(b"POST /ussd HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsess")
    took, out, err = server.stop(number)
    assert took < 3
    assert server.process.returncode == 0
    assert "part stopped" in out
    assert "code behind serve runs" in out
    assert "Traceback" not in err
    for open_one in (*streams, idle, half):
        open_one.close()


def test_a_stop_does_not_wait_for_a_page_that_hangs(server: Running) -> None:
    answers: list[tuple[int, str]] = []
    thread = threading.Thread(target=lambda: answers.append(server.ask("GET", "/hang")))
    thread.start()
    time.sleep(0.3)
    took, out, err = server.stop()
    thread.join()
    assert took < 3
    assert answers == [(503, "the server is stopping: try again\n")]
    assert "Traceback" not in err
    assert "code behind serve runs" in out


def test_an_answer_in_progress_is_finished(server: Running) -> None:
    answers: list[tuple[int, str]] = []
    thread = threading.Thread(target=lambda: answers.append(server.ask("POST", "/ussd", FORM + "slow", HEADERS)))
    thread.start()
    time.sleep(0.3)
    took, _, _ = server.stop()
    thread.join()
    assert answers == [(200, "END Sag olun: slow")]
    assert took < 3


def test_a_taken_port_is_named() -> None:
    with listen("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1 port {port}"):
            listen("127.0.0.1", port)
