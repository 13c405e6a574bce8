"""One spelling for one value, so that a hash means the same on every machine, database and day.

Canonical JSON here is: keys sorted by code point, no spaces, characters as UTF-8 (not escaped), exact numbers as plain
decimal strings without trailing zeros, aware times in UTC. Binary floats are refused: 0.1 has no exact spelling.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

# A decimal beyond this many digits is no money, weight or score; spelling it out could fill the memory.
_MOST_DIGITS = 1000


def decimal_text(value: Decimal | Fraction | int) -> str:
    """The plain decimal spelling without trailing zeros: ``2.50`` -> ``"2.5"``, ``1E+2`` -> ``"100"``.

    Raises ValueError for NaN, infinities, absurd exponents and fractions that do not end (such as 1/3).
    """
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not a number that can be written down")
        if abs(value.adjusted()) > _MOST_DIGITS:
            raise ValueError("a decimal with more than a thousand places is refused")
        text = format(value, "f")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return "0" if text in ("-0", "") else text
    number = Fraction(value)
    places, rest = 0, number.denominator
    while rest % 10 == 0:
        places, rest = places + 1, rest // 10
    while rest % 2 == 0:
        places, rest = places + 1, rest // 2
    while rest % 5 == 0:
        places, rest = places + 1, rest // 5
    if rest != 1:
        raise ValueError(f"{number} has no exact decimal spelling")
    if places == 0:
        return str(number.numerator)
    return fixed_text(number.numerator * (10**places // number.denominator), places)


def fixed_text(number: int, places: int) -> str:
    """``number`` / 10 to the power of ``places`` as a plain decimal: (4250, 2) -> "42.5"."""
    whole, part = divmod(abs(number), 10**places)
    digits = f"{part:0{places}d}".rstrip("0") if part else ""
    return f"{'-' if number < 0 else ''}{whole}{'.' if digits else ''}{digits}"


def rounded(number: Fraction, places: int) -> Fraction:
    """The number rounded half up (away from zero) to that many decimal places, so that it can be written down."""
    factor = 10**places
    scaled = abs(number) * factor
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if number >= 0 else -whole, factor)


def canonical_json(value: object) -> str:
    """The canonical JSON text of a value built of mappings, lists, text, integers, exact decimals, dates and None.

    Raises TypeError for floats and unknown types (also for keys that are not text), ValueError for naive times,
    non-finite decimals and text that UTF-8 cannot hold. Reading it back with ``json.loads`` and writing it again gives
    the same text.
    """
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    text.encode("utf-8")  # a lone surrogate has no UTF-8 form: UnicodeEncodeError is a ValueError
    return text


def _plain(value: object) -> Any:
    kind = type(value)
    if value is None or kind is str or kind is int or kind is bool:
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} is not text")
        return {str.__str__(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a binary float; use an integer or a decimal string")
    if isinstance(value, Decimal | Fraction):
        return decimal_text(value)
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(f"the time {value.isoformat()} has no time zone")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):  # an enumeration of words is its word
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"{kind.__name__} has no canonical spelling")


def sha256_hex(text: str | bytes) -> str:
    """The SHA-256 of text (as UTF-8) or bytes, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8") if isinstance(text, str) else text).hexdigest()


def digest(value: object) -> str:
    """The SHA-256 of the canonical JSON of a value, as 64 lower-case hexadecimal digits."""
    return sha256_hex(canonical_json(value))
