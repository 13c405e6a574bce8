"""Relative times of the example market ("-20d", "+2m"), and a clock that walks through its made-up past."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta

from marketplace.kit.clock import LONDON, to_london
from marketplace.needs.calendar import bank_holidays
from marketplace.needs.rules import closing_warnings

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_NOON = time(12)


def moment(base: datetime, text: str) -> datetime:
    """The instant that is `text` away from `base`: "+2m", "+22h", "-20d". Whole minutes."""
    match = re.fullmatch(r"([+-]\d+)([mhd])", text)
    if match is None:
        raise ValueError(f"not a relative time: {text}")
    return (base + timedelta(**{_UNITS[match[2]]: int(match[1])})).replace(second=0, microsecond=0)


def closing(base: datetime, text: str) -> datetime:
    """A closing time: days end at noon in London on a day that needs no warning; shorter spans are whole minutes."""
    at = moment(base, text)
    if not text.endswith("d"):
        return at + timedelta(minutes=1) if at < base + timedelta(seconds=100) else at
    day = to_london(at).date()
    while True:
        noon = datetime.combine(day, _NOON, LONDON)
        if not closing_warnings(noon, bank_holidays(day.year)):
            return noon.astimezone(at.tzinfo)
        day += timedelta(days=1 if text.startswith("+") else -1)


class Timeline:
    """Events in the order of their made-up times, so that the journal's times never go backwards."""

    def __init__(self, now: datetime) -> None:
        self.base = now
        self.now = now
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []

    def at(self, when: datetime, act: Callable[[], None]) -> None:
        """Do `act` at that time; never later than the real present."""
        self._events.append((min(when, self.base), len(self._events), act))

    def run(self) -> None:
        """Do all events. An event may add no others."""
        for when, _, act in sorted(self._events, key=lambda event: event[:2]):
            self.now = when
            act()
