"""Dates and times as three or four boxes. Numbers only: 4/3 means different days to different people, boxes do not."""

import calendar
import re
from datetime import date, datetime, time
from typing import Any

from wtforms.utils import unset_value

from marketplace.kit import clock
from marketplace.web.text import FieldBase

PARTS = ("day", "month", "year")
YEARS = (1900, 2200)  # outside these a year is a slip of the finger
_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?\s*(am|pm)?", re.ASCII | re.IGNORECASE)


class DateField(FieldBase):
    """A day, typed as day, month and year in boxes named NAME-day, NAME-month and NAME-year: datetime.date, or None."""

    component = "date-input"
    parts: tuple[str, ...] = PARTS

    def __init__(self, label: str = "", validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.typed: dict[str, str] | None = None  # what stands in the boxes; None: the data speaks
        self.wrong: set[str] = set()  # the boxes at fault; empty: all of them

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(None, data, extra_filters)
        if formdata is None:
            return
        self.typed = {part: (formdata.getlist(f"{self.name}-{part}") or [""])[0] for part in self.parts}
        self.raw_data = list(self.typed.values())
        self.data = None
        try:
            self.data = self._read(self.typed)
        except ValueError as error:
            self.process_errors.append(str(error))  # type: ignore[attr-defined]  # a list in truth

    def boxes(self) -> dict[str, str]:
        """What stands in each box."""
        if self.typed is not None:
            return self.typed
        return dict.fromkeys(self.parts, "") if self.data is None else self._split(self.data)

    def _split(self, value: Any) -> dict[str, str]:
        return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}

    def _read(self, typed: dict[str, str]) -> Any:
        return self._day(typed) if any(text.strip() for text in typed.values()) else None

    def _day(self, typed: dict[str, str]) -> date:
        missing = [part for part in PARTS if not typed[part].strip()]
        if missing:
            self.wrong = set(missing)
            raise ValueError(f"{self.named} must include a {' and a '.join(missing)}")
        numbers = {part: self._box(part, typed[part].strip()) for part in PARTS}
        days = calendar.monthrange(numbers["year"], numbers["month"])[1]
        if numbers["day"] > days:
            self.wrong = {"day"}
            month = f"{calendar.month_name[numbers['month']]} {numbers['year']}"
            raise ValueError(f"{self.named} must be a real date: {month} has {days} days")
        return date(numbers["year"], numbers["month"], numbers["day"])

    def _box(self, part: str, text: str) -> int:
        least, most = {"day": (1, 31), "month": (1, 12), "year": YEARS}[part]
        if re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) and least <= int(text) <= most:
            return int(text)
        self.wrong = {part}
        limits = f"of four digits from {least} to {most}" if part == "year" else f"as a number from {least} to {most}"
        raise ValueError(f"{self.named} must have a {part} {limits}, in the digits 0 to 9")


class LondonDateTimeField(DateField):
    """A day and a time of day in London: an aware UTC datetime, or None. The fourth box takes "14:00" or "2pm".

    The hour that the clocks skip in spring and the one that they repeat in autumn are refused with a sentence.
    """

    parts = (*PARTS, "time")

    def _split(self, value: Any) -> dict[str, str]:
        local = clock.to_london(value)
        return {**super()._split(local), "time": f"{local:%H:%M}"}

    def _read(self, typed: dict[str, str]) -> datetime | None:
        if not any(text.strip() for text in typed.values()):
            return None
        day = self._day(typed)
        at = self._time(typed["time"].strip())
        try:
            return clock.london_to_utc(day, at)
        except ValueError as error:
            self.wrong = {"time"}
            raise ValueError(f"{self.named}: {error}. Choose another time, such as 12:00") from error

    def _time(self, text: str) -> time:
        self.wrong = {"time"}
        if not text:
            raise ValueError(f"{self.named} must include a time of day, for example 14:00")
        match = _TIME.fullmatch(text)
        if match is None or not (match[2] or match[3]):
            raise ValueError(f"{self.named} must have a time of day such as 14:00 or 2pm, in the digits 0 to 9")
        hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
        if minute > 59 or (hour > 23 if not half else not 1 <= hour <= 12):
            raise ValueError(f"{self.named} must have a time of day from 00:00 to 23:59")
        self.wrong = set()
        return time(hour % 12 + (12 if half == "pm" else 0) if half else hour, minute)
