"""A balance enquiry that costs its fee beside the same one for free, through the runner: *111*1*7# from dial to page."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.load import LoadError
from bench.rows import Row, take_turns
from bench.servers import ROOT, add_lines, prepaid_lines
from ivr.accounts.audit import audit
from ivr.house import House
from ivr.sessions.requests import Open
from ivr.settings import Settings

ENQUIRIES, LINES = 300, 20
FEE = 'balance: {sms: "0.10", ussd: "0.10"'
CODE = "*111*1*7#"


def enquiries() -> list[Row]:
    """CPU and waiting time of one enquiry, with its fee and without."""
    with tempfile.TemporaryDirectory(prefix="bench-enquiry-") as name:
        folder = Path(name)
        shutil.copytree(ROOT / "menus", folder / "menus")
        shutil.copytree(ROOT / "locales", folder / "locales")
        operator = folder / "menus" / "azercell" / "operator.yaml"
        text = operator.read_text("utf-8")
        if FEE not in text:
            raise LoadError(f"operator.yaml has no {FEE!r} any more")
        operator.write_text(text.replace(FEE, FEE.replace('ussd: "0.10"', "ussd: free")), encoding="utf-8")
        houses = {"fee": house(folder / "with", ROOT / "menus"), "free": house(folder / "without", folder / "menus")}
        try:
            walls: dict[str, list[float]] = {who: [] for who in houses}
            cpu = take_turns({who: side(one, walls[who]) for who, one in houses.items()})
            fees = [audit(one.books).postings for one in houses.values()]
        finally:
            for one in houses.values():
                one.close()
    taken = (fees[0] - fees[1]) // 2
    if taken != 6 * ENQUIRIES:
        raise LoadError(f"{6 * ENQUIRIES} enquiries with a fee, {taken} fees")
    wall = {who: sorted(times)[len(times) // 2] for who, times in walls.items()}
    return [
        Row("ledger, a balance enquiry with its fee: CPU", cpu["fee"], cpu["free"], "µs", False, "the same without a fee"),
        Row("ledger, a balance enquiry with its fee: until the page", wall["fee"], wall["free"], "µs", False, "the same without a fee"),
    ]


def house(home: Path, menus: Path) -> House:
    """All the parts of a process over books with enough money."""
    add_lines(home, prepaid_lines(LINES))
    return House(Settings.from_environment({"IVR_HOME": str(home), "IVR_MENUS": str(menus)}))


def side(house: House, walls: list[float]) -> Callable[[], float]:
    """A measure: microseconds of the process's CPU for each of ENQUIRIES sessions, one after the other."""
    lines, numbers = prepaid_lines(LINES), itertools.count()

    def measure() -> float:
        begun = time.process_time()
        for _ in range(ENQUIRIES):
            number = next(numbers)
            since = time.perf_counter()
            reply = house.runner.call(f"bench{number}", Open("ussd", CODE, lines[number % LINES]))
            walls.append((time.perf_counter() - since) * 1e6)
            if reply.page is None or "AZN" not in reply.page.text:
                raise LoadError(f"no balance in {reply}")
        return (time.process_time() - begun) / ENQUIRIES * 1e6

    return measure
