"""Runs the benchmarks: `python -m bench.run [NAME...]` for bench_NAME.py, all of them by default.

Each bench file has `bench()`, which returns rows; the table goes to the screen and the rows to bench/results/NAME.json.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.rows import Row, Unavailable

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"


def names() -> list[str]:
    """The benchmarks there are."""
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def table(rows: Sequence[Row]) -> str:
    """The rows as text, columns aligned."""
    lines = [("", "ours", "peer", "ratio", "")]
    lines += [
        (row.name, _figure(row.ours), _figure(row.peer), _figure(row.ratio, "x"), f"{row.unit}  {row.peer_name}".rstrip()) for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *(line[column].rjust(widths[column]) for column in (1, 2, 3)), line[4]]).rstrip()
        for line in lines
    )


def save(name: str, rows: Sequence[Row], seconds: float) -> Path:
    """Write bench/results/NAME.json, whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    fields = [
        {"name": row.name, "ours": row.ours, "peer": row.peer, "ratio": row.ratio, "unit": row.unit, "peer_name": row.peer_name}
        for row in rows
    ]
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.machine()}
    part = path.with_suffix(".tmp")
    part.write_text(json.dumps({"rows": fields, "machine": machine, "seconds": round(seconds, 1)}, indent=2) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, save; 1 when a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="Benchmarks, each beside its peer in the same run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(names())} (all by default)")
    wanted = parser.parse_args(arguments).names or names()
    if unknown := sorted(set(wanted) - set(names())):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(names())}")
    failed = False
    shown: list[Row] = []
    for name in wanted:
        print(f"bench: {name} ...", flush=True)
        begun = time.perf_counter()
        try:
            rows = importlib.import_module(f"bench.bench_{name}").bench()
        except Unavailable as fault:
            print(f"bench: {name} left out: {fault}")
            continue
        except Exception as fault:  # the others still get their turn
            print(f"bench: {name} failed: {type(fault).__name__}: {fault}", file=sys.stderr)
            failed = True
            continue
        save(name, rows, time.perf_counter() - begun)
        shown += rows
    if shown:
        print(table(shown))
    return int(failed)


def _figure(value: float | None, suffix: str = "") -> str:
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f}{suffix}"


if __name__ == "__main__":
    sys.exit(main())
