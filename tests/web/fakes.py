"""A door, a caller and a site that need nothing else of the product; `python -m tests.web.fakes` serves them on a free port."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.engine.effects import End, Page, Sms
from ivr.server import Options, run
from ivr.sessions.requests import Accumulated, Left, Open, Reply, Request, Typed
from ivr.web.bridge import Bridge
from ivr.web.caller import Heard, NoSuchCall, State
from ivr.web.site import Line, Site

MENU = "Balansiniz: 12.34 AZN\nPaket: 1500 MB 31.12.2026\n\n1. Paketler\n2. Balans artir\n3. Dil / Language\n4. Son odenisler\n0. Geri\n*. Ana menyu"
LINE = "994501110001"


def page(text: str, more: bool, encoding: str = "gsm7", fee: str = "0", secret: bool = False) -> Reply:
    """A reply with one page."""
    limit = 182 if encoding == "gsm7" else 80
    shown = Page(text, encoding, len(text), limit, more, "az", secret)
    return Reply((shown,) if more else (shown, End("completed")), ended=not more, language="az", fee=fee)


@dataclass
class FakeDoor:
    """Answers `*111#` with a menu, 1 with a charged page, 2 by asking for a password, 3 in UCS-2; `boom` fails; notes every request."""

    seen: list[tuple[str, Request]] = field(default_factory=list)

    async def call(self, session: str, request: Request) -> Reply:
        """The page for the last thing typed."""
        self.seen.append((session, request))
        match request:
            case Left():
                return Reply((), ended=True, language="az")
            case Accumulated(_, text):
                typed = text.rsplit("*", 1)[-1]
            case Typed(text):
                typed = text
            case Open(_, address):
                typed = ""
                if address == "*500#":
                    raise RuntimeError("the number 994501110001 must not be logged")
            case _:
                typed = ""
        match typed:
            case "":
                return page(MENU, True)
            case "1":
                reply = page("1.SMS 50 ədəd, 2.50 AZN", True, "ucs2", "0.10")
                sms = Sms(LINE, "2112", "Paketiniz: 1500 MB", "az", "k")
                return Reply((*reply.effects, sms), ended=False, language="az", fee="0.10")
            case "2":
                return page("Password", True, secret=True)
            case "boom":
                raise RuntimeError("the number 994501110001 must not be logged")
            case "slow":
                await asyncio.sleep(1)
        return page(f"Sag olun: {typed}", False)


class FakeCaller:
    """A call whose prompts last two seconds and whose waits last one, after which it says so; every key but 0 goes on, 0 ends the call."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Heard]] = {}
        self._changed = asyncio.Event()
        self._plays: dict[str, asyncio.Task[None]] = {}

    def _add(self, call: str, state: State, said: str = "", files: tuple[str, ...] = (), seconds: float = 0.0) -> None:
        rows = self.rows[call]
        if not rows or rows[-1].state != "ended":
            rows.append(Heard(len(rows) + 1, state, said, "az" if said else "", files, 0.0, seconds))
        self._changed.set()
        self._changed = asyncio.Event()

    async def _say(self, call: str, said: str, last: bool = False) -> None:
        while True:
            for words in said.split("|"):
                self._add(call, "playing", words, ("tone",), 1.0)
                await asyncio.sleep(1)
            if last:
                return self._add(call, "ended")
            self._add(call, "waiting", seconds=1.0)
            await asyncio.sleep(1)
            said = "Eşidilmədi."

    def _now(self, call: str, said: str, last: bool = False) -> None:
        if call in self._plays:
            self._plays[call].cancel()
            self._add(call, "cut")
        self._plays[call] = asyncio.get_running_loop().create_task(self._say(call, said, last))

    async def start(self, number: str, msisdn: str) -> str:
        call = f"call-{len(self.rows):04}"
        self.rows[call] = []
        self._now(call, "Balansınız on iki manat|otuz dörd qəpik.")
        return call

    async def events(self, call: str, after: int) -> Sequence[Heard]:
        if call not in self.rows:
            raise NoSuchCall(call)
        changed = self._changed
        if len(self.rows[call]) <= after:
            try:
                await asyncio.wait_for(changed.wait(), 5)
            except TimeoutError:
                return []
        return self.rows[call][after:]

    async def press(self, call: str, key: str) -> None:
        self._now(call, "Sağ olun." if key == "0" else f"Siz {key} düyməsini basdınız.", key == "0")

    async def hang_up(self, call: str) -> None:
        self._plays[call].cancel()
        self._add(call, "ended")


def site(prompts: Path, door: FakeDoor | None = None, demo: bool = True, ready: bool = True) -> Site:
    """A site over the fakes; its prompt folder gets one prompt, `tone` (a second of silence)."""
    prompts.mkdir(parents=True, exist_ok=True)
    (prompts / "tone.alaw").write_bytes(b"\xd5" * 8000)
    return Site(
        door=door or FakeDoor(),
        lines=lambda: [
            Line(LINE, "prepaid", "az", dials=("*111#", "2112")),
            Line("994501110101", "postpaid", None, dials=("*650#", "650")),
        ],
        prompts_dir=prompts,
        ready=lambda: {"ready": ready, "release": "r1"},
        call=FakeCaller(),
        demo=demo,
        bridge=Bridge(),
    )


class Pages:
    """The site's Flask pages over a loop that runs in a thread, as in the server."""

    def __init__(self, of: Site) -> None:
        from ivr.web.site import build

        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        while not self._loop.is_running():
            time.sleep(0.001)
        of.bridge.attach(self._loop)
        self.client = build(of).test_client()


class _Part:
    async def start(self) -> None:
        print("part started", flush=True)

    async def stop(self) -> None:
        await asyncio.sleep(0.05)
        print("part stopped", flush=True)


def main(prompts: str) -> None:
    """Serve the fakes with a page that blocks (`/block`); prints the address, and a last line after the stop."""
    import ivr.server
    from ivr.web.site import build

    def with_a_blocking_page(of: Site):  # type: ignore[no-untyped-def]
        app = build(of)
        app.add_url_rule("/block", "block", lambda: time.sleep(2) or "done")
        app.add_url_rule("/hang", "hang", lambda: time.sleep(60) or "done")
        return app

    ivr.server.build = with_a_blocking_page
    run(site(Path(prompts)), Options(port=0), [_Part()], lambda address: print(address, flush=True))
    print("code behind serve runs", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
