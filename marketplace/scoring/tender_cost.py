"""The cost of a bid as the tender file writes it: pounds as decimals, shares from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.scoring import reading
from marketplace.scoring.answer_values import number_of
from marketplace.scoring.canonical import decimal_text
from marketplace.scoring.cost import Cost, CostError, CostLine, evaluated_cost
from marketplace.scoring.reading import ScoreFileError, below

_LINE_KEYS = ("function", "annual_price_gbp", "price_per_head_gbp", "vat_rate", "vat_recoverable_share")
_ONE_OFFS = {
    "mobilisation_gbp": "mobilisation",
    "tupe_redundancy_pension_gbp": "transfer",
    "transition_double_running_gbp": "double_running",
    "exit_gbp": "exit",
}
_CLIENT_SIDE = "client_side_contract_management_gbp_per_year"
_COST_KEYS = ("lines", "indexation", *_ONE_OFFS, _CLIENT_SIDE)


def read_cost(value: object, path: str, offered: Sequence[str], years: int) -> Cost:
    """The evaluated cost of a bid; ``offered`` are the functions that must each have a line.

    Raises ScoreFileError for a missing or unknown key, a figure that is no money, or a line for something else.
    """
    row = reading.mapping(value, path, _COST_KEYS)
    index = _decimal(reading.need(row, "indexation", path), below(path, "indexation"))
    lines = []
    for place, entry in enumerate(reading.sequence(reading.need(row, "lines", path), below(path, "lines"))):
        lines.append(_line(entry, below(below(path, "lines"), place), offered, years, index))
    for code in offered:
        if code not in [line.function for line in lines]:
            raise ScoreFileError(below(path, "lines"), f"the function {code} is offered and has no price")
    once = {name: pence(reading.need(row, key, path), below(path, key)) for key, name in _ONE_OFFS.items()}
    yearly = pence(reading.need(row, _CLIENT_SIDE, path), below(path, _CLIENT_SIDE))
    try:
        return evaluated_cost(lines, term_years=years, one_offs=once, client_side_per_year=yearly)
    except CostError as error:
        raise ScoreFileError(path, str(error)) from None


def _line(value: object, path: str, offered: Sequence[str], years: int, index: Decimal) -> CostLine:
    row: Mapping[str, Any] = reading.mapping(value, path, _LINE_KEYS)
    function = reading.one_of(reading.need(row, "function", path), below(path, "function"), offered)
    if row.get("price_per_head_gbp") is not None:  # shown beside; the annual price counts
        pence(row["price_per_head_gbp"], below(path, "price_per_head_gbp"), places=None)
    return CostLine.flat(
        function,
        pence(reading.need(row, "annual_price_gbp", path), below(path, "annual_price_gbp")),
        years,
        vat_rate=_share(row, "vat_rate", path),
        vat_recoverable=_share(row, "vat_recoverable_share", path),
        index=index,
    )


def pence(value: object, path: str, *, places: int | None = 2) -> int:
    """Pounds with at most two places as pence; with ``places`` None more are allowed and the result is not exact."""
    number = number_of(value, path)
    if number < 0:
        raise ScoreFileError(path, "this amount is negative")
    amount: Fraction = 100 * number
    if places is not None and amount.denominator != 1:
        raise ScoreFileError(path, "pounds have at most two decimal places")
    return int(amount)


def _decimal(value: object, path: str) -> Decimal:
    return Decimal(decimal_text(number_of(value, path)))


def _share(row: Mapping[str, Any], key: str, path: str) -> Decimal:
    share = _decimal(reading.need(row, key, path), below(path, key))
    if not 0 <= share <= 1:
        raise ScoreFileError(below(path, key), f"{share} is not a share between 0 and 1")
    return share
