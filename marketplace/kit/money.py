"""Money is whole pence (int). Text typed by people becomes pence here, and nowhere else."""

import re

MAX_PENCE = (
    10**15
)  # ten thousand billion pounds: beyond it a typed amount is a slip of the finger, and a bigint still holds sums of it

_PLAIN = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]{1,2}))?", re.ASCII)


class NotMoney(ValueError):
    """The text is not an amount of pounds; the message says why and what to type instead."""


def parse_pounds(text: str, called: str = "the amount") -> int:
    """Pence from what a person typed: "1,250,000", "£1250000.50", " 99.5 ".

    `called` names the amount in messages ("the yearly price"). Raises NotMoney for all else: negative, three decimals,
    exponents, Infinity, NaN, digits that are not ASCII, commas in the wrong place.
    """
    named = called[:1].upper() + called[1:]
    bare = text.strip(" \t\r\n").removeprefix("£").strip(" ")
    if not bare:
        raise NotMoney(f"Enter {called} in pounds, for example 1250000 or 1,250,000.50")
    if bare.startswith(("-", "−", "–")):
        raise NotMoney(f"{named} must not be negative: enter 0 or more pounds")
    if any(char.isdigit() and not char.isascii() for char in bare):
        raise NotMoney(f"Use the digits 0 to 9 for {called}: some of its characters only look like them")
    if re.fullmatch(r"[0-9,]+\.[0-9]{3,}", bare, re.ASCII):
        raise NotMoney(f"{named} must have at most two decimals: pounds and whole pence, for example 1250000.50")
    match = _PLAIN.fullmatch(bare)
    if match is None:
        if re.fullmatch(r"[0-9,]+(\.[0-9]{1,2})?", bare, re.ASCII):
            raise NotMoney(f"Put commas in {called} before every three digits, as in 1,250,000, or leave them out")
        raise NotMoney(f"Enter {called} in pounds using digits only, for example 1250000 or 1,250,000.50")
    whole, _, pennies = bare.replace(",", "").partition(".")
    if len(whole.lstrip("0")) > 14:  # before int(): text of any length is cheap to refuse
        raise NotMoney(f"{named} is larger than this service can hold: check the number of digits")
    pence = int(whole) * 100 + int(pennies.ljust(2, "0") or 0)
    if pence > MAX_PENCE:
        raise NotMoney(f"{named} is larger than this service can hold: check the number of digits")
    return pence


def pounds(pence: int, *, exact: bool = False) -> str:
    """ "£1,250,000" or "£1,250,000.50"; the pence are left out when they are zero, unless `exact`."""
    sign = "−" if pence < 0 else ""
    whole, rest = divmod(abs(pence), 100)
    return f"{sign}£{whole:,}.{rest:02d}" if rest or exact else f"{sign}£{whole:,}"
