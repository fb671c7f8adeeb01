"""What a password costs: argon2id over the peppered HMAC, at the cost the books use, one after the other and on as many threads as cores."""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
import time
from pathlib import Path

from bench.rows import Row, take_turns
from ivr.accounts.passwords import USUAL, Passwords
from ivr.accounts.peppers import Peppers
from ivr.engine.values import Secret

HASHES = 12


def hashing() -> list[Row]:
    """Milliseconds to check one password, and how many are checked in a second by two threads."""
    with tempfile.TemporaryDirectory(prefix="bench-hashing-") as folder:
        passwords = Passwords(Peppers(Path(folder) / "peppers", lambda: False), USUAL)
        known = Secret(secrets.token_hex(4))
        stored = passwords.make("994501110001", "sms_money", known)

        def check(times: int) -> None:
            for _ in range(times):
                assert passwords.verify("994501110001", "sms_money", known, stored)

        def one() -> float:
            begun = time.thread_time()
            check(HASHES)
            return (time.thread_time() - begun) / HASHES * 1e3

        def two() -> float:
            threads = [threading.Thread(target=check, args=(HASHES,)) for _ in range(2)]
            begun = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return 2 * HASHES / (time.perf_counter() - begun)

        medians = take_turns({"one": one, "two": two})
    name = f"ledger, a password checked (argon2id, {USUAL.memory // 1024} MiB, {USUAL.passes} passes)"
    return [
        Row(f"{name}: CPU", medians["one"], None, "ms", False),
        Row(f"{name}: by two threads on {os.cpu_count()} cores", medians["two"], None, "1/s"),
    ]
