"""The evaluated (whole-life) cost of a bid, exact until one rounding half up to a whole penny at the total.

Source: rubric, "Evaluated cost": the sum over years and lines of
price x (1 + index)^year x (1 + VAT x (1 - recoverable)), plus what is paid once, plus the buyer's own management for
each year. The first contract year is not indexed (power 0). The VAT rate and the recoverable share are said for each
line; nothing is assumed from the kind of the provider.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

# What is paid once, in the order shown.
ONE_OFFS: Mapping[str, str] = {
    "mobilisation": "Mobilisation",
    "transfer": "Redundancy, staff transfer and pensions",
    "double_running": "Double running",
    "exit": "Exit",
}
CLIENT_SIDE = "client_side"


class CostError(ValueError):
    """The figures of a cost cannot be used; the message names the line and the figure."""


@dataclass(frozen=True, slots=True)
class CostLine:
    """The price of one function: pence without VAT for each contract year, the rates as exact shares.

    ``index`` is the yearly rise put on the second year and later ones. ``vat_recoverable`` is the share of the VAT the
    buyer gets back.
    """

    function: str
    pence_by_year: tuple[int, ...]
    vat_rate: Decimal
    vat_recoverable: Decimal
    index: Decimal = Decimal(0)

    @classmethod
    def flat(
        cls,
        function: str,
        annual_pence: int,
        term_years: int,
        *,
        vat_rate: Decimal,
        vat_recoverable: Decimal,
        index: Decimal = Decimal(0),
    ) -> CostLine:
        """A line with the same price in every year."""
        return cls(function, (annual_pence,) * term_years, vat_rate, vat_recoverable, index)


@dataclass(frozen=True, slots=True)
class CostPart:
    """One addend. ``kind``: line, one_off or client_side; ``year`` counts from 1, None for what is paid once.

    ``pence`` are shared out so that all parts add to the total; ``exact`` is the value before that.
    """

    kind: str
    name: str
    year: int | None
    pence: int
    exact: Fraction


@dataclass(frozen=True, slots=True)
class Cost:
    """The total in whole pence and the parts that add to it."""

    total: int
    parts: tuple[CostPart, ...]

    def per_head_per_year(self, population: int, term_years: int) -> Fraction:
        """Pence a head a year, exact."""
        return Fraction(self.total, population * term_years)


def evaluated_cost(
    lines: Sequence[CostLine],
    *,
    term_years: int,
    one_offs: Mapping[str, int],
    client_side_per_year: int = 0,
) -> Cost:
    """The whole-life cost. ``one_offs`` are pence by the names in ONE_OFFS; ``client_side_per_year`` is pence a year.

    Raises CostError for a negative figure, a share outside 0 to 1, or a line without one price for each year.
    """
    found: list[tuple[str, str, int | None, Fraction]] = []
    for line in lines:
        found += _years(line, term_years)
    for name in one_offs:
        if name not in ONE_OFFS:
            raise CostError(f"{name} is not a cost that is known here")
    for name in ONE_OFFS:
        pence = _figure(one_offs.get(name, 0), name)
        if name in one_offs:
            found.append(("one_off", name, None, pence))
    yearly = _figure(client_side_per_year, CLIENT_SIDE)
    found += [("client_side", CLIENT_SIDE, year, yearly) for year in range(1, term_years + 1)]
    exact = [part[3] for part in found]
    whole = sum(exact, Fraction(0))
    total = half_up(whole)
    shares = share_out(exact, total)
    parts = zip(found, shares, strict=True)
    return Cost(total, tuple(CostPart(kind, name, year, pence, value) for (kind, name, year, value), pence in parts))


def _years(line: CostLine, term_years: int) -> list[tuple[str, str, int | None, Fraction]]:
    if len(line.pence_by_year) != term_years:
        raise CostError(f"{line.function}: {len(line.pence_by_year)} yearly prices for a term of {term_years} years")
    for name, share in (("VAT rate", line.vat_rate), ("recoverable share", line.vat_recoverable)):
        if not share.is_finite() or not 0 <= share <= 1:
            raise CostError(f"{line.function}: the {name} of {share} is not between 0 and 1")
    if not line.index.is_finite() or not -1 < line.index <= 1:
        raise CostError(f"{line.function}: the index of {line.index} is not between -1 and 1")
    burden = 1 + Fraction(line.vat_rate) * (1 - Fraction(line.vat_recoverable))
    rise = 1 + Fraction(line.index)
    return [
        ("line", line.function, year + 1, _figure(price, line.function) * rise**year * burden)
        for year, price in enumerate(line.pence_by_year)
    ]


def _figure(pence: int, name: str) -> Fraction:
    if type(pence) is not int or pence < 0:
        raise CostError(f"{name}: {pence!r} is not a whole number of pence of 0 or more")
    return Fraction(pence)


def half_up(number: Fraction) -> int:
    """The nearest whole number, halves upwards."""
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def share_out(parts: Sequence[Fraction], total: int) -> list[int]:
    """Whole numbers near the parts that add to ``total`` exactly, by largest remainder (equal ones: earlier first).

    ``total`` must be within the number of parts of their sum, else ValueError.
    """
    whole = [part.numerator // part.denominator for part in parts]
    left = total - sum(whole)
    if not 0 <= left <= len(parts):
        raise ValueError(f"{total} is not the rounded sum of the parts")
    order = sorted(range(len(parts)), key=lambda place: (whole[place] - parts[place], place))
    for place in order[:left]:
        whole[place] += 1
    return whole
