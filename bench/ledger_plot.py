"""A line chart as SVG: figures of several sides over named steps, the scale from nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 720, 400, 70, 60, 50, 30
COLOURS = ("#0b6e99", "#b35c00", "#4a7c2c")


@dataclass(frozen=True, slots=True)
class Line:
    """One side: its name and a figure for each step."""

    name: str
    figures: Sequence[float]


def plot(title: str, unit: str, steps: Sequence[str], lines: Sequence[Line]) -> str:
    """The chart. Figures are written beside their points, so that it can be read without a ruler."""
    top = _round_up(max(max(line.figures) for line in lines) * 1.1)
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(step: int) -> float:
        return LEFT + across * (step + 0.5) / len(steps)

    def y(figure: float) -> float:
        return TOP + down * (1 - figure / top)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="16">{escape(title)}</text>',
    ]
    for number in range(5):
        figure = top * number / 4
        parts.append(f'<line x1="{LEFT}" y1="{y(figure):.1f}" x2="{WIDTH - RIGHT}" y2="{y(figure):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(figure) + 4:.1f}" text-anchor="end">{figure:g} {escape(unit)}</text>')
    for number, step in enumerate(steps):
        parts.append(f'<text x="{x(number):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{escape(step)}</text>')
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(step):.1f},{y(figure):.1f}" for step, figure in enumerate(line.figures))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for step, figure in enumerate(line.figures):
            parts.append(f'<circle cx="{x(step):.1f}" cy="{y(figure):.1f}" r="4" fill="{colour}"/>')
            parts.append(f'<text x="{x(step):.1f}" y="{y(figure) - 9:.1f}" text-anchor="middle" fill="{colour}">{figure:.0f}</text>')
        parts.append(f'<text x="{LEFT + number * 260}" y="46" fill="{colour}">&#9679; {escape(line.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _round_up(figure: float) -> float:
    """The next figure of a scale: 1, 2, 4, 5, 6 or 8 times a power of ten."""
    power = 10 ** math.floor(math.log10(figure))
    return next(power * step for step in (1, 2, 4, 5, 6, 8, 10) if power * step >= figure)
