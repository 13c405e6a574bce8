"""Measuring two ways of doing the same thing, turn by turn, so that a noisy machine disturbs both alike."""

import statistics
import time
from collections.abc import Callable


def interleaved(rounds: int, **ways: Callable[[], object]) -> dict[str, list[float]]:
    """Milliseconds of each round of each way, run in turn; the first round of each warms up and is thrown away."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if number:
                times[name].append(1000 * (time.perf_counter() - began))
    return times


def centile(values: list[float], percent: int) -> float:
    """The value below which `percent` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def row(name: str, ours: list[float], floor: list[float], aim: str, *, percent: int = 50) -> None:
    """Print one ratio with what it was made of."""
    mine, base = centile(ours, percent), centile(floor, percent)
    print(f"{name:<58}{mine:9.2f} ms /{base:8.2f} ms = {mine / base:5.2f}x   (aim {aim})", flush=True)


def median(values: list[float]) -> float:
    """The middle value."""
    return statistics.median(values)
