"""One cell of a register file: text to a value, or the reason why not (pure). Numbers are exact: no binary floats."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

Parse = Callable[[str], Any]

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DECIMAL = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,30}))?", re.ASCII)


class CellError(ValueError):
    """The cell cannot be taken: `reason` says why, `next_step` what to put there instead."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(f"{reason}. {next_step}.")
        self.reason = reason
        self.next_step = next_step


def shown(value: str) -> str:
    """The value as it may be printed: cut at 60 characters, invisible characters spelt out."""
    spelt = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in value[:60])
    return spelt + ("…" if len(value) > 60 else "")


def words(longest: int) -> Parse:
    """Text of at most `longest` characters, trimmed; empty and invisible characters are refused."""

    def parse(text: str) -> str:
        bare = text.strip()
        if not bare:
            raise CellError("it is empty", "Fill it in")
        for char in bare:
            if unicodedata.category(char) in _INVISIBLE:
                raise CellError(f"it holds the invisible character U+{ord(char):04X}", "Type the text again without it")
        if len(bare) > longest:
            raise CellError(f"it has {len(bare)} characters, and at most {longest} are kept", "Shorten it")
        return bare

    return parse


def matching(pattern: str, description: str) -> Parse:
    """A code of a fixed shape; `description` completes "it is not ..."."""
    shape = re.compile(pattern, re.ASCII)

    def parse(text: str) -> str:
        bare = text.strip(" ")
        if not bare:
            raise CellError("it is empty", f"Fill in {description}")
        if shape.fullmatch(bare) is None:
            raise CellError(f"it is not {description}", "Copy the code as it was published")
        return bare

    return parse


def decimal(places: int, least: int, most: int, example: str) -> Parse:
    """A decimal as an integer in units of 10**-places, exactly; `least` and `most` are inclusive, in the same units."""

    def parse(text: str) -> int:
        bare = text.strip(" ")
        match = _DECIMAL.fullmatch(bare)
        if match is None:
            raise CellError(_why_no_number(bare), f"Write it with the digits 0 to 9, for example {example}")
        sign, whole, fraction = match[1], match[2], match[3] or ""
        if fraction[places:].strip("0"):
            most_decimals = f"at most {places} decimals are kept" if places else "it must be a whole number"
            raise CellError(f"{most_decimals}, and nothing is rounded silently", f"Round it, for example {example}")
        value = int(whole + fraction[:places].ljust(places, "0")) * (-1 if sign else 1)
        if not least <= value <= most:
            raise CellError(f"it is not between {plain(least, places)} and {plain(most, places)}", "Check the figure")
        return value

    return parse


def plain(units: int, places: int) -> str:
    """An integer in units of 10**-places as a plain decimal: (9940, 4) is "0.994"."""
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), 10**places)
    digits = f"{rest:0{places}d}".rstrip("0") if places else ""
    return f"{sign}{whole:,}.{digits}" if digits else f"{sign}{whole:,}"


def _why_no_number(text: str) -> str:
    if not text:
        return "it is empty"
    if any(char.isdigit() and not char.isascii() for char in text):
        return "some of its characters only look like the digits 0 to 9"
    if text.lower().lstrip("+-") in ("nan", "snan", "inf", "infinity"):
        return "it is not a finite number"
    if "," in text:
        return "it has a comma in it"
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", text, re.ASCII):
        return "it is written with an exponent"
    return "it is not a number"


def day(text: str) -> date:
    """A date as YYYY-MM-DD."""
    bare = text.strip(" ")
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", bare, re.ASCII) is None:
        raise CellError("it is not a date as year-month-day", "Write it as 2013-04-01")
    try:
        return date.fromisoformat(bare)
    except ValueError:
        raise CellError("there is no such day in the calendar", "Check the date") from None


def may_be_empty(parse: Parse, otherwise: Any = None) -> Parse:
    """The same, but an empty cell is taken as `otherwise`."""

    def parse_or_not(text: str) -> Any:
        return parse(text) if text.strip() else otherwise

    return parse_or_not
