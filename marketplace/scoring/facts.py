"""Facts the marketplace knows itself, beside what bidders answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class AreaFact:
    """The share of the buyers' patients inside a body's area: between ``low`` and ``high``, equal when fully known.

    ``area`` is the code that was looked up; ``gap`` says what the register lacks, None if nothing.
    """

    area: str
    low: Fraction
    high: Fraction
    gap: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a bid is judged.

    ``tiers`` are the tiers of the functions bought. ``area`` is LA1's check; None means that nobody checked, so the
    answer stands. ``support_spend_share`` is IN1's share from the buyer's own ledger; None: the answer counts.
    """

    tiers: frozenset[str] = frozenset()
    area: AreaFact | None = None
    support_spend_share: Fraction | None = None


@dataclass(frozen=True, slots=True)
class AreaRegister:
    """Each group's people by council area: ``shares[group code][area code]``, shares of the group's people."""

    shares: Mapping[str, Mapping[str, Fraction]]
    areas: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "areas", frozenset(area for row in self.shares.values() for area in row))

    def check(self, area: str, buyers: Sequence[tuple[str | None, int]]) -> AreaFact:
        """The share of the buyers' patients inside the area; ``buyers`` are (group code or None, patients).

        A buyer that the register does not know may be inside or outside. An area that it does not know leaves all open.
        """
        everyone = sum(patients for _, patients in buyers)
        if area not in self.areas:
            return AreaFact(area, Fraction(0), Fraction(1), f"the register has no area {area}")
        inside, unknown, lacking = Fraction(0), 0, []
        for code, patients in buyers:
            if code is None or code not in self.shares:
                unknown += patients
                lacking.append(code or "a buyer without a code")
            else:
                inside += patients * self.shares[code].get(area, Fraction(0))
        gap = f"the register has no areas for {', '.join(lacking)}" if lacking else None
        return AreaFact(area, inside / everyone, (inside + unknown) / everyone, gap)
