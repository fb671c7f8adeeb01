"""The canary: passwords and PIN2s go in by every channel, right and wrong, and then they are nowhere.

A server with everything logged, commands beside it, calls over its FastAGI port. What is searched afterwards: the data folder (books, their
write-ahead log, sessions, releases), logs with a forced traceback, what was printed and answered, metrics, the arguments and environments
of every process that was started, the prompts' cache. tests/secrets/test_search.py shows that such a search would find one.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ivr.accounts import passwords
from ivr.accounts.books import open_books
from ivr.accounts.guarded import open_keys
from ivr.accounts.store import Store
from ivr.channels.standin import StandIn
from ivr.clock import StandingClock
from ivr.engine.values import Secret
from ivr.settings import ROOT, Settings
from tests.accounts.money_help import NOON
from tests.phones.fixtures import free_ports
from tests.secrets.search import everything, found

WATCHED = Path(__file__).with_name("watched.py")
BY_SMS, BY_USSD, BY_CALL, BY_POST, BY_COMMAND = "992931110001", "992931110002", "992931110004", "992931110009", "992931110011"
TO = "992931110006"
CANARIES = {
    "PIN2": "80417395",
    "another PIN2": "61728395",
    "the first password": "73190582641",
    "the second password": "8462019357",
    "a wrong password": "190375628401",
    "a password nobody asked for": "5502938174665",
    "too long for a password": "948172635409182736450",
}
PIN2, OTHER_PIN2, FIRST, SECOND, WRONG, STRAY, LONG = CANARIES.values()
START = 120.0
"""Seconds that a start may take: on a fresh machine it makes prompts."""


def menus() -> Path:
    """The menus that have SMS-money."""
    return ROOT / "menus"


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    return kept | {"IVR_HOME": str(home), "IVR_MENUS": str(menus()), "IVR_CLOCK": NOON.isoformat(), "PYTHONPATH": str(ROOT), **more}


class Scene:
    """A server that runs, and everything that was seen of it in `seen`."""

    def __init__(self, folder: Path) -> None:
        self.home, self.seen, self.flag = folder / "home", folder / "seen", folder / "fail"
        self.seen.mkdir()
        self.left: list[tuple[Path, bytes]] = []
        self._numbers, self.began = 0, time.time()
        self._prepare()
        self.port = free_ports(2, socket.SOCK_STREAM)
        words = ["serve", "--port", str(self.port), "--agi-port", str(self.port + 1), "--no-asterisk"]
        with open(self.seen / "server.out", "wb") as out, open(self.seen / "server.err", "wb") as err:
            self._server = subprocess.Popen(
                [sys.executable, str(WATCHED), str(self.seen / "server.log"), *words],
                env=environment(self.home, CANARY_FAIL=str(self.flag)),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        until = time.monotonic() + START
        while b"stop with Ctrl-C" not in (self.seen / "server.out").read_bytes():
            assert self._server.poll() is None and time.monotonic() < until, (self.seen / "server.err").read_text()
            time.sleep(0.05)

    def _prepare(self) -> None:
        """Books whose lines speak English and have a PIN2 that nothing else resembles."""
        store = open_books(Settings.from_environment({"IVR_HOME": str(self.home)}), StandingClock(NOON))
        keys = open_keys(store, self.home, StandingClock(NOON))
        hashed = {line: keys.passwords.make(line, "pin2", Secret(PIN2)) for line in (BY_SMS, BY_USSD, BY_CALL, BY_POST, BY_COMMAND)}
        store.write(lambda connection: [passwords.keep(connection, line, "pin2", made, NOON) for line, made in hashed.items()] and None)
        store.write(lambda connection: connection.execute("UPDATE line SET language = 'en' WHERE operator = 'tcell'") and None)
        store.close()

    # -- ways in

    def ivr(self, *words: str, given: str | None = None) -> str:
        """One command, with what it takes on standard input."""
        self._numbers += 1
        log = self.seen / f"command-{self._numbers}.log"
        done = subprocess.run(
            [sys.executable, str(WATCHED), str(log), *words],
            env=environment(self.home),
            cwd=ROOT,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
        )
        # a caller's own keys are shown to the caller: `ivr call` prints what it was given
        told = re.sub(r"(?m)^     key: .*$", "", done.stdout)
        (self.seen / f"command-{self._numbers}.out").write_text(told + done.stderr)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def http(self, method: str, path: str, form: Mapping[str, str] | None = None) -> str:
        """One request; the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = None if form is None else urllib.parse.urlencode(form)
        connection.request(method, path, body, {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self._numbers += 1
        (self.seen / f"answer-{self._numbers}").write_text(f"{answer.status} {answer.headers}\n{text}")
        return text

    def ussd(self, session: str, line: str, *typed: str) -> str:
        """The page after everything typed so far, as a gateway repeats it."""
        form = {"sessionId": session, "phoneNumber": f"+{line}", "serviceCode": "*202#", "networkCode": "43604"}
        return self.http("POST", "/ussd", {**form, "text": "*".join(typed)})

    def dial(self, session: str, line: str, *typed: str) -> str:
        """Type one after the other."""
        page = self.ussd(session, line)
        for number in range(1, len(typed) + 1):
            page = self.ussd(session, line, *typed[:number])
        return page

    def sms(self, line: str, text: str, identity: str) -> str:
        return self.http("POST", "/sms", {"from": line, "to": "202", "text": text, "id": identity})

    def call(self, line: str, keys: str) -> StandIn:
        """A call over the server's own FastAGI port; the caller hangs up when the keys have run out."""
        caller = StandIn("202", line, keys, leaves=True, unique_id=f"{line}.{self._numbers}")
        asyncio.run(caller.run("127.0.0.1", self.port + 1))
        return caller

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        store = Store(f"sqlite:///{self.home / 'books.db'}")
        with store.reading() as connection:
            found_rows = connection.execute(sql).fetchall()
        store.close()
        return found_rows

    def keep_a_copy(self, name: str) -> None:
        """What is in the data folder now, while the server runs: sessions that are open, what is not yet in the books' file itself."""
        for path, data in everything(self.home):
            if path.is_file():
                (self.seen / f"{name}-{path.relative_to(self.home).as_posix().replace('/', '-')}").write_bytes(data)

    def stop(self) -> None:
        if self._server.poll() is None:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait(60)


def key_of(page: str, label: str) -> str:
    """The key of a choice that a page shows."""
    match = re.search(rf"(?m)^(?:CON )?(\d+)\. {label}", page)
    assert match is not None, page
    return match[1]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Every canary has gone in by every channel that takes it; the server has stopped."""
    scene = Scene(tmp_path_factory.mktemp("canary"))
    try:
        over_sms(scene)
        over_post(scene)
        over_ussd(scene)
        over_calls(scene)
        by_commands(scene)
        for path in ("/metrics", "/readyz", "/healthz"):
            scene.http("GET", path)
        scene.keep_a_copy("while it ran")
    finally:
        scene.stop()
    # the prompts are the project's, and many: those that are new since
    cached = [path for path in (ROOT / "prompts" / "cache").rglob("*") if path.stat().st_mtime >= scene.began]
    scene.left = [*everything(scene.home, scene.seen), *everything(*cached)]
    yield scene


def over_sms(scene: Scene) -> None:
    """`ivr sms --stdin` beside the server: right, wrong, malformed, unasked."""
    for text in (
        f"0*{OTHER_PIN2}*{FIRST}",
        f"0*{PIN2}*{FIRST}",
        f"1*{FIRST}*{TO}*2.22",
        f"2*{FIRST}*{SECOND}",
        f"2*{SECOND}*{LONG}",
        f"my password is {STRAY}",
    ):
        scene.ivr("sms", "202", "--from", BY_SMS, "--stdin", given=text)


def over_post(scene: Scene) -> None:
    texts = [
        f"0*{PIN2}*{FIRST}",
        f"1*{WRONG}*{TO}*1",
        *[f"1*{FIRST}*{TO}*1"] * 2,
        f"2*{FIRST}*{SECOND}",
        f"1*{SECOND}*{STRAY}*1",
        f"1*{SECOND}*{TO}*no",
        f"1*{SECOND}",
        f"2*{SECOND}*{LONG}",
        STRAY,
    ]
    for text in texts:
        scene.sms(BY_POST, text, f"post-{texts.index(text)}")


def over_ussd(scene: Scene) -> None:
    register = key_of(scene.ussd("u1", BY_USSD), "Register")
    scene.dial("u1", BY_USSD, register, OTHER_PIN2, FIRST, FIRST)
    scene.dial("u2", BY_USSD, register, PIN2, FIRST, SECOND, FIRST, FIRST)
    send = key_of(scene.ussd("u3", BY_USSD), "Send")
    scene.dial("u3", BY_USSD, send, TO, "1.11", WRONG, "1", FIRST, "1")
    scene.dial("u4", BY_USSD, send, TO, "1.12", LONG, FIRST)  # left open: asked whether to send
    change = key_of(scene.ussd("u5", BY_CALL), "Register")
    scene.dial("u5", BY_CALL, change, PIN2, FIRST, FIRST)
    scene.flag.touch()
    scene.dial("u6", BY_CALL, send, TO, "1.13", FIRST, "1")
    scene.flag.unlink()


def over_calls(scene: Scene) -> None:
    scene.call(BY_CALL, f"1 {TO}# 3# {WRONG}# 1 {FIRST}# 1")
    scene.call(BY_CALL, f"3 {FIRST}# {SECOND}# {SECOND}#")
    scene.flag.touch()
    scene.call(BY_CALL, f"1 {TO}# 4# {SECOND}# 1")
    scene.flag.unlink()
    scene.call(BY_CALL, f"1 {TO}# 4# {STRAY}#")


def by_commands(scene: Scene) -> None:
    """`--keys` stands in the arguments of the command that somebody types, and nowhere else."""
    record = str(scene.seen / "recorded.yaml")
    scene.ivr("ussd", "*202*2#", "--from", BY_COMMAND, "--keys", f"{PIN2} {FIRST} {FIRST}", "--record", record)
    scene.ivr("call", "202", "--from", BY_COMMAND, "--keys", f"3 {FIRST}# {SECOND}# {SECOND}#")
    scene.ivr("account", BY_COMMAND, "--json")
    scene.ivr("inbox", TO, "--json")


def test_everything_went_in_as_it_was_meant_to(scene: Scene) -> None:
    """Else nothing would be shown by what is not found."""
    registered = {row[0] for row in scene.rows("SELECT msisdn FROM password WHERE service = 'sms_money'")}
    assert registered == {BY_SMS, BY_USSD, BY_CALL, BY_POST, BY_COMMAND}
    sent = scene.rows("SELECT sender, amount FROM transfer ORDER BY sender, id")
    assert sent == [(BY_SMS, 2_220_000), (BY_USSD, 1_110_000), (BY_CALL, 3_000_000), (BY_POST, 1_000_000)]
    changed = {
        row[0] for row in scene.rows("SELECT msisdn FROM operation WHERE kind = 'sms_money.change_password' AND outcome LIKE '%\"ok\"%'")
    }
    assert changed == {BY_SMS, BY_CALL, BY_POST, BY_COMMAND}
    assert len(scene.rows("SELECT 1 FROM operation WHERE outcome LIKE '%wrong_p%'")) >= 5


def test_the_forced_failures_are_in_the_log(scene: Scene) -> None:
    log = (scene.seen / "server.log").read_text()
    assert log.count("RuntimeError") >= 2
    assert "DEBUG ivr a password of sms_money is looked at: Secret(***)" in log, "everything was logged, also below INFO"


def test_what_stood_beside_the_secrets_is_found(scene: Scene) -> None:
    """The live control: amounts and numbers of the same inputs are where the secrets are searched for."""
    kept = {path.name for path, data in everything(scene.home, scene.seen) if found(TO, data)}
    assert "books.db" in kept
    for kind in ("answer-", "command-", "while it ran-books.db", "while it ran-sessions.db"):
        assert any(name.startswith(kind) for name in kept), kind
    texts = scene.rows(f"SELECT text FROM message WHERE recipient = '{TO}'")
    assert texts, "SMS were stored"


@pytest.mark.parametrize("name", CANARIES)
def test_no_secret_is_found_anywhere(scene: Scene, name: str) -> None:
    where = [(str(path), how) for path, data in scene.left if (how := found(CANARIES[name], data))]
    assert not where


def test_the_search_of_the_logs_would_find_one(scene: Scene) -> None:
    """The same command with its masks broken."""
    log = scene.home.parent / "leak.log"
    subprocess.run(
        [sys.executable, str(WATCHED), str(log), "sms", "202", "--from", BY_SMS, "--stdin"],
        env=environment(scene.home, CANARY_LEAK="1"),
        cwd=ROOT,
        input=f"1*{WRONG}*{TO}*1",
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert found(WRONG, log.read_bytes())


def test_the_processes_that_were_started_are_known(scene: Scene) -> None:
    """The hook notes every start, so that an empty note means that there was none."""
    probe = scene.home.parent / "probe.log"
    code = f"import sys, runpy; sys.argv = ['watched.py', {str(probe)!r}, 'no such command']\n"
    code += "import subprocess\ntry:\n    runpy.run_path(" + repr(str(WATCHED)) + ", run_name='__main__')\nexcept SystemExit:\n    pass\n"
    code += f"subprocess.run(['true', {WRONG!r}])"
    subprocess.run([sys.executable, "-c", code], env=environment(scene.home), cwd=ROOT, capture_output=True, timeout=120, check=True)
    assert found(WRONG, Path(f"{probe}.started").read_bytes())
