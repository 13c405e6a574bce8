"""Fields for money, whole numbers and percentages: ASCII digits only, exact values, never a float."""

import re
from decimal import Decimal
from typing import Any

from marketplace.kit import money
from marketplace.web.text import FieldBase

_NUMBER = re.compile(r"[0-9]+|[0-9]{1,3}(,[0-9]{3})+", re.ASCII)
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)


class PoundsField(FieldBase):
    """Pounds as people type them: whole pence (int), or None when optional and blank."""

    defaults = {"prefix": "£", "inputmode": "decimal", "spellcheck": False, "width": "10"}

    def ask(self) -> str:
        return f"Enter {self.called} in pounds, for example 1250000 or 1,250,000.50"

    def parse(self, text: str) -> int:
        return money.parse_pounds(text, self.called)

    def say(self, value: Any) -> str:
        return money.pounds(int(value)).removeprefix("£")


class WholeNumberField(FieldBase):
    """A whole number from `least` to `most`: int, or None. Accepts thousands commas."""

    defaults = {"inputmode": "numeric", "spellcheck": False, "width": "5"}

    def __init__(
        self, label: str = "", validators: Any = None, *, least: int = 0, most: int = 10**9, **kwargs: Any
    ) -> None:
        self.least, self.most = least, most
        super().__init__(label, validators, **kwargs)

    def ask(self) -> str:
        return f"Enter {self.called} as a whole number"

    def parse(self, text: str) -> int:
        text = text.strip()
        bare = text.removesuffix("%").strip() if self.defaults.get("suffix") == "%" else text
        if bare.startswith(("-", "−", "–")) and bare[1:].isdigit() and self.least >= 0:
            raise ValueError(f"{self.named} must be {self.least:,} or more: it cannot be negative")
        _only_ascii_digits(bare, self.called)
        if re.fullmatch(r"[0-9,]+\.[0-9]+", bare, re.ASCII):
            raise ValueError(f"{self.named} must be a whole number, without decimals")
        if not _NUMBER.fullmatch(bare) or len(bare) > 20:
            limits = f"from {self.least:,} to {self.most:,}"
            raise ValueError(f"{self.named} must be a whole number {limits}, in the digits 0 to 9")
        value = int(bare.replace(",", ""))
        if not self.least <= value <= self.most:
            raise ValueError(f"{self.named} must be from {self.least:,} to {self.most:,}")
        return value

    def say(self, value: Any) -> str:
        return f"{value:,}"


def _only_ascii_digits(text: str, called: str) -> None:
    if any(char.isdigit() and not char.isascii() for char in text):
        raise ValueError(f"Use the digits 0 to 9 for {called}: some of its characters only look like them")


class PercentField(WholeNumberField):
    """A whole percent from `least` to `most`: int."""

    defaults = {"suffix": "%", "inputmode": "numeric", "spellcheck": False, "width": "3"}

    def __init__(
        self, label: str = "", validators: Any = None, *, least: int = 0, most: int = 100, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, least=least, most=most, **kwargs)

    def ask(self) -> str:
        return f"Enter {self.called} as a whole percentage"


class DecimalPercentField(FieldBase):
    """A percentage with up to `places` decimals: "2.5" is Decimal("0.025"). Negative only when `least` is."""

    defaults = {"suffix": "%", "inputmode": "decimal", "spellcheck": False, "width": "5"}

    def __init__(
        self,
        label: str = "",
        validators: Any = None,
        *,
        least: Decimal = Decimal(0),
        most: Decimal = Decimal(100),
        places: int = 2,
        **kwargs: Any,
    ) -> None:
        self.least, self.most, self.places = least, most, places
        super().__init__(label, validators, **kwargs)

    def ask(self) -> str:
        return f"Enter {self.called} as a percentage, for example 2.5"

    def parse(self, text: str) -> Decimal:
        bare = text.strip().removesuffix("%").strip().replace("−", "-")
        _only_ascii_digits(bare, self.called)
        if not _DECIMAL.fullmatch(bare.removeprefix("-")) or len(bare) > 20:
            raise ValueError(f"{self.named} must be a percentage in the digits 0 to 9, for example 2.5")
        value = Decimal(bare)
        if len(bare.partition(".")[2]) > self.places:
            raise ValueError(f"{self.named} must have at most {self.places} decimals")
        if not self.least <= value <= self.most:
            raise ValueError(f"{self.named} must be from {self.least} to {self.most} percent")
        return value / 100

    def say(self, value: Any) -> str:
        text = f"{Decimal(value) * 100:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
