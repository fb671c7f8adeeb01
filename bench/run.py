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
    made = {"date": time.strftime("%Y-%m-%d"), "rows": fields, "machine": machine, "seconds": round(seconds, 1)}
    part.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def overview() -> str:
    """The text of bench/results/README.md: every saved figure in one table."""
    lines = [
        "# Figures",
        "",
        "Written by `make bench` from the JSON files beside it; each figure is a median of runs that took turns with its peer's. What is",
        "compared, and how: docs/benchmarks.md. A ratio above 1 means that ours is better, whichever way the unit counts.",
    ]
    for path in sorted(RESULTS.glob("*.json")):
        made = json.loads(path.read_text(encoding="utf-8"))
        machine = made["machine"]
        when = f"{made.get('date', 'no date')}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}"
        lines += [
            "",
            f"## {path.stem} ({when}, {made['seconds']:.0f} s)",
            "",
            "| | ours | peer | ratio | unit | beside |",
            "|---|---:|---:|---:|---|---|",
        ]
        for row in made["rows"]:
            figures = [_figure(row["ours"]), _figure(row["peer"]), _figure(row["ratio"], "x")]
            lines.append(f"| {' | '.join([row['name'], *figures, row['unit'], row['peer_name']])} |")
        for picture in sorted(RESULTS.glob(f"{path.stem}*.svg")):
            lines += ["", f"![{picture.stem}]({picture.name})"]
    return "\n".join(lines) + "\n"


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
        print(f"bench: {name} ...", file=sys.stderr, flush=True)
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
        (RESULTS / "README.md").write_text(overview(), encoding="utf-8")
        print(table(shown))
    return int(failed)


def _figure(value: float | None, suffix: str = "") -> str:
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f}{suffix}"


if __name__ == "__main__":
    sys.exit(main())
