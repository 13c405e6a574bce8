"""Reading JSON strictly: what is not expected is refused with the path of its key; nothing is silently ignored."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.kit.money import MAX_PENCE

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class ScoreFileError(ValueError):
    """The document cannot be scored. ``path`` names the key, such as ``bids[1].levels.LA1``; "" is the document."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


def read_json(text: str, *, decimals: bool = False) -> Any:
    """JSON text as Python values; keys that occur twice are refused.

    Numbers with a point become Decimal with ``decimals`` (tender files), else float, which the score file refuses by
    its path. Raises ScoreFileError for anything that is no JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_no_doubles, parse_float=Decimal if decimals else float)
    except ScoreFileError:
        raise
    except RecursionError:
        raise ScoreFileError("", "the document is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ScoreFileError("", f"this is not JSON: {error.msg}, line {error.lineno}, column {error.colno}") from None
    except (ValueError, ArithmeticError):  # such as a number of more than 4,300 digits
        raise ScoreFileError("", "a number cannot be read: it has far too many digits") from None


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ScoreFileError(show(key), "this key occurs twice in the same object")
        found[key] = value
    return found


def show(value: object) -> str:
    """A value of the document for an error message: short and on one line."""
    text = value if isinstance(value, str) else ascii(value)
    text = _CONTROL.sub("?", text)
    return text if len(text) <= 60 else text[:57] + "..."


def below(path: str, key: str | int) -> str:
    """The path of a key or place inside ``path``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{show(key)}" if path else show(key)


def kind_of(value: object) -> str:
    """What a JSON value is, in the words of an error message."""
    names = {bool: "true or false", int: "a whole number", str: "text", list: "a list", dict: "an object"}
    if value is None:
        return "null"
    return names.get(type(value), "a number with a point" if isinstance(value, float | Decimal) else "something else")


def mapping(value: object, path: str, known: Collection[str] | None = None) -> Mapping[str, Any]:
    """The value as an object; with ``known`` other keys are refused by name."""
    if not isinstance(value, Mapping):
        raise ScoreFileError(path, f"an object was expected, not {kind_of(value)}")
    for key in value:
        if not isinstance(key, str):
            raise ScoreFileError(below(path, show(key)), "keys are text")
        if known is not None and key not in known:
            raise ScoreFileError(below(path, key), "this key is not known here")
    return value


def sequence(value: object, path: str) -> Sequence[Any]:
    """The value as a list."""
    if not isinstance(value, list | tuple):
        raise ScoreFileError(path, f"a list was expected, not {kind_of(value)}")
    return value


def need(document: Mapping[str, Any], key: str, path: str = "") -> Any:
    """The value of a key that must be there."""
    if key not in document:
        raise ScoreFileError(below(path, key), "this key is missing")
    return document[key]


def text(value: object, path: str, *, longest: int = 1000) -> str:
    """The value as text that is not blank and has no control characters."""
    if not isinstance(value, str):
        raise ScoreFileError(path, f"text was expected, not {kind_of(value)}")
    if not value.strip():
        raise ScoreFileError(path, "text was expected, and this is blank")
    if _CONTROL.search(value):
        raise ScoreFileError(path, "this text has control characters")
    if len(value) > longest:
        raise ScoreFileError(path, f"this text is longer than {longest} characters")
    return value


def one_of(value: object, path: str, choices: Collection[str]) -> str:
    """The value as one of the given words."""
    if not isinstance(value, str) or value not in choices:
        raise ScoreFileError(path, f"{show(value)} is not one of {', '.join(choices)}")
    return value


def whole(value: object, path: str, *, least: int = 0, most: int = MAX_PENCE) -> int:
    """The value as a whole number within bounds; true and false are not numbers, and 3.0 is refused."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScoreFileError(path, f"a whole number was expected, not {_number_words(value)}")
    if not least <= value <= most:
        raise ScoreFileError(path, f"{show(value)} is not between {least} and {most}")
    return value


def exact(value: object, path: str, *, least: int = 0, most: int = 10**12) -> Fraction:
    """The value as an exact number of at least ``least``: a whole number, or a decimal written as text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ScoreFileError(
            path, f'a whole number or a decimal written as text ("0.5") was expected, not {_number_words(value)}'
        )
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        raise ScoreFileError(path, f"{show(value)!r} is not a decimal such as 0.5")
    number = Fraction(value)
    if not least <= number <= most:
        raise ScoreFileError(path, f"{show(value)} is not between {least} and {most}")
    return number


def _number_words(value: object) -> str:
    if isinstance(value, float | Decimal):
        return f"the number {value} with a point"
    return kind_of(value)
