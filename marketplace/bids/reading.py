"""Reading a document with a sentence for everything that is wrong in it, and where (pure)."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marketplace.kit.money import MAX_PENCE
from marketplace.policy import Field

_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_NOTHING = object()


class OfferError(ValueError):
    """The document of an offer cannot be read: `path` names the part ("lots.1.lines.hr.index"), `message` says what
    it must be.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path or 'the offer'} {message}")
        self.path = path
        self.message = message


def decimal_of(value: object, path: str) -> Decimal:
    """The number of a whole number or a decimal string. Raises OfferError; floats, NaN and exponents are refused."""
    if type(value) is int and abs(value) <= MAX_PENCE:
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise OfferError(path, 'must be a decimal string such as "0.025"')


class Reader:
    """One object of the document, and where it stands."""

    def __init__(self, document: object, path: str) -> None:
        if not isinstance(document, Mapping):
            raise OfferError(path, "must be an object")
        self.document: Mapping[Any, Any] = document
        self.path = path

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def names(self) -> list[str]:
        """The keys, all text."""
        for key in self.document:
            if not isinstance(key, str):
                raise OfferError(self.path, f"has a key that is not text: {key!r}")
        return list(self.document)

    def only(self, *known: str) -> None:
        """Refuse keys that nobody knows: a misspelt key must not be lost in silence."""
        for key in self.names():
            if key not in known:
                raise OfferError(self._at(key), "is not known")

    def value(self, key: str, default: object = _NOTHING) -> Any:
        """The value of a key. Raises OfferError when it is missing and there is no default."""
        value = self.document.get(key, default)
        if value is _NOTHING:
            raise OfferError(self._at(key), "is missing")
        return value

    def part(self, key: str) -> "Reader":
        """The object below a key."""
        return Reader(self.value(key), self._at(key))

    def pence(self, key: str) -> int:
        """An amount of money in whole pence."""
        return _pence(self.value(key), self._at(key))

    def pence_list(self, key: str) -> tuple[int, ...]:
        """Amounts in whole pence, one for each contract year."""
        value = self.value(key)
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= 30:
            raise OfferError(self._at(key), "must be a list of amounts, one for each contract year")
        return tuple(_pence(each, f"{self._at(key)}[{place}]") for place, each in enumerate(value))

    def share(self, key: str) -> Decimal:
        """A share from 0 to 1."""
        share = decimal_of(self.value(key), self._at(key))
        if share > 1:
            raise OfferError(self._at(key), "must be from 0 to 1")
        return share

    def text(self, key: str, *, least: int = 0, most: int = 300, default: object = _NOTHING) -> str:
        """Text of so many characters."""
        value = self.value(key, default)
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise OfferError(self._at(key), f"must be text of {least} to {most} characters")
        return value

    def answer(self, key: str, field: Field) -> Any:
        """An answer, of the kind that its field asks for; numbers as Decimal or int."""
        return _answer(self.value(key), field, self._at(key))


def _pence(value: object, path: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_PENCE:
        raise OfferError(path, f"must be whole pence from 0 to {MAX_PENCE}")
    return value


def _answer(value: object, field: Field, path: str) -> Any:
    if value is None:
        if field.nullable:
            return None
        raise OfferError(path, "must not be null")
    if field.kind in ("choice", "multi_choice"):
        return _chosen(value, field, path)
    if field.kind == "boolean":
        if not isinstance(value, bool):
            raise OfferError(path, "must be true or false")
        return value
    if field.kind == "text":
        if (
            not isinstance(value, str)
            or len(value) > field.longest
            or (field.pattern and value and not re.fullmatch(field.pattern, value))
        ):
            raise OfferError(
                path,
                f"must be text of at most {field.longest} characters"
                + (" in the form asked for" if field.pattern else ""),
            )
        return value
    number = decimal_of(value, path)
    if (field.least is not None and number < field.least) or (field.most is not None and number > field.most):
        raise OfferError(path, f"must be from {field.least} to {field.most}")
    if field.kind == "integer":
        if number != int(number):
            raise OfferError(path, "must be a whole number")
        return int(number)
    return number


def _chosen(value: object, field: Field, path: str) -> Any:
    allowed = [choice.value for choice in field.choices]
    if field.kind == "choice":
        if not isinstance(value, str) or value not in allowed:
            raise OfferError(path, f"must be one of {', '.join(allowed)}")
        return value
    if not isinstance(value, list | tuple) or any(not isinstance(each, str) or each not in allowed for each in value):
        raise OfferError(path, f"must be a list of any of {', '.join(allowed)}")
    return [each for each in allowed if each in value]
