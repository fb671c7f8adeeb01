"""Process models: the same three USSD steps through the same runner behind each server that was tried, one process each, logs on.

`ours` is uvicorn with uvloop and httptools, Flask's pages behind it in 8 threads. Two figures for each: requests for each CPU second of
the server, and the 99th percentile of an answer while as many pages as there are threads block for 2 s in Flask.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.bench_ussd import FREE, Pages
from bench.load import Target, dial, drive, free_port
from bench.rows import Row, Unavailable, take_turns
from bench.servers import ROOT, add_lines, postpaid_lines, process

VENV = ROOT / ".cache" / "bench-venv"
PACKAGES = ("granian==2.8.7", "hypercorn==0.18.0", "gunicorn==27.0.1")
REQUESTS, CONNECTIONS, RUNS = 1_800, 32, 3
BLOCKED, MEANWHILE = 8, 480
"""Pages that block, and the requests that are answered meanwhile."""
OURS = "uvicorn, uvloop, httptools"
APP = "bench.models.app"
MODELS: dict[str, Callable[[int], list[str]]] = {
    OURS: lambda port: ["uvicorn", f"{APP}:asgi", "--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"],
    "raw asyncio protocol on uvloop": lambda port: [APP, str(port)],
    "granian, ASGI": lambda port: [*_granian(port, "asgi"), "--loop", "uvloop", f"{APP}:asgi"],
    "granian, Flask as WSGI, 8 threads": lambda port: [*_granian(port, "wsgi"), "--blocking-threads", str(BLOCKED), f"{APP}:wsgi"],
    "hypercorn, uvloop": lambda port: ["hypercorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "uvloop", f"{APP}:asgi"],
    "gunicorn, Flask, gthread, 8 threads": lambda port: [
        *("gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--worker-class", "gthread"),
        *("--threads", str(BLOCKED), "--keep-alive", "75", f"{APP}:wsgi"),
    ],
}  # fmt: skip


def _granian(port: int, interface: str) -> list[str]:
    return ["granian", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--interface", interface, "--log-level", "warning"]


def bench() -> list[Row]:
    """Two rows for each model beside ours."""
    python = install()
    lines = postpaid_lines(CONNECTIONS + 1)
    code, steps = FREE
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-process-")))
        runs: dict[str, Callable[[], float]] = {}
        late: dict[str, float] = {}
        for number, (name, command) in enumerate(MODELS.items()):
            home, port = folder / str(number), free_port()
            add_lines(home, postpaid=lines)
            pid = stack.enter_context(process([python, "-m", *command(port)], port, folder / f"{number}.log", {"IVR_HOME": str(home)}))
            target = Target("127.0.0.1", port, service_code=code, lines=lines[1:])
            pages = Pages(asyncio.run(dial(Target("127.0.0.1", port, service_code=code, lines=lines[:1]), steps)))

            def measure(target: Target = target, pid: int = pid, pages: Pages = pages) -> float:
                return asyncio.run(drive(target, pid, REQUESTS, CONNECTIONS, pages, steps)).per_cpu_second

            runs[name] = measure
        medians = take_turns(runs, RUNS)
        for name, measure in runs.items():
            target, pid, pages = measure.__defaults__  # type: ignore[attr-defined]
            if name.startswith("raw"):
                continue
            with blocked_pages(target.port):
                late[name] = asyncio.run(drive(target, pid, MEANWHILE, CONNECTIONS, pages, steps)).p99_ms
    rows = [
        Row(f"process: requests per CPU second, {OURS}", medians[OURS], medians[name], "1/s", peer_name=name)
        for name in MODELS
        if name != OURS
    ]
    rows += [
        Row(f"process: p99 while {BLOCKED} pages block, {OURS}", late[OURS], late[name], "ms", False, name) for name in late if name != OURS
    ]
    return rows


@contextlib.contextmanager
def blocked_pages(port: int) -> Iterator[None]:
    """As many requests as there are threads, each for a page that blocks; asked for again as soon as they are answered."""
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/slow")
                connection.getresponse().read()
            connection.close()

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(BLOCKED)]
    for thread in threads:
        thread.start()
    stop.wait(0.5)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)


def install() -> str:
    """The other servers in a venv of their own, once, which sees our packages as well; its Python."""
    python = VENV / "bin" / "python"
    done = VENV / "packages.txt"
    if not done.is_file() or done.read_text() != "\n".join(PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True, timeout=120)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        installed = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if installed.returncode:
            raise Unavailable(f"pip could not install {', '.join(PACKAGES)}: {installed.stderr.strip()[-200:]}")
        done.write_text("\n".join(PACKAGES))
    packages = next((VENV / "lib").glob("python*/site-packages"))
    (packages / "ours.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return str(python)
