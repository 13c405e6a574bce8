"""The method of judging (pure): built from the buyer's choices and the rubric, frozen by its hash at publication.

Form of a method: {"form": 1, "rubric": edition, "formula", "weights": {criterion: whole percent}, "thresholds":
{criterion: points}, "over_ceiling", "tie_break", "ordered_by", "indicators": [{"id", "criterion", "base_weight",
"source", "missing", "min_level"?}], "mandatory": [ids that must be answered], "lots": [{"number", "functions",
"ceiling_pence", "floor_pence", "score_file": {...}}]}. Each lot's `score_file` is a whole document of the score file
without bids: there the weight of an indicator is its base weight times its greatest relevance among the functions of
the lot. Numbers are integers or decimal strings, never floats.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace import policy
from marketplace.scoring.canonical import decimal_text, digest
from marketplace.scoring.score_file import exchange_rate, parse_method

FORM = 1
FORMULAS = ("ceiling", "linear", "monetised", "lowest_ratio")
NEEDS_FLOOR = frozenset({"linear"})
USES_FLOOR = frozenset({"linear", "monetised"})
REGISTER = "register"


@dataclass(frozen=True)
class Lot:
    """What is ranked on its own: number from 1, codes of its functions, ceiling and optional floor in pence for the
    whole term.

    A ceiling of None is a draft that has none yet.
    """

    number: int
    functions: tuple[str, ...]
    ceiling_pence: int | None
    floor_pence: int | None = None

    @property
    def name(self) -> str:
        """The names of its functions: "Human resources and Payroll"."""
        return name_functions(self.functions)


def name_functions(codes: Iterable[str]) -> str:
    """The names of functions in one phrase: "Human resources, Payroll and Estates"."""
    names = [policy.function(code).name for code in codes]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""


def default_judging() -> dict[str, Any]:
    """The choices that a need starts with, from the rubric, in the form of Need.details["judging"]."""
    return {
        "formula": policy.default_formula(),
        "weights": {criterion.name: criterion.default_weight for criterion in policy.criteria()},
        "base_weights": {spec.id: decimal_text(spec.weight) for spec in policy.indicators()},
        "min_levels": {},
        "thresholds": {},
        "mandatory": [spec.id for spec in policy.indicators() if spec.mandatory],
        "ordered_by": "",
    }


def fixed_min_level(spec: policy.IndicatorSpec, functions: Iterable[str]) -> int | None:
    """The least level that the rubric's own stops demand for these functions: 1, or None where there is no stop."""
    tiers = {policy.function(code).tier for code in functions}
    stopped = spec.stop is not None and (not spec.stop.tiers or bool(tiers & set(spec.stop.tiers)))
    return 1 if stopped else None


def lot_weight(spec: policy.IndicatorSpec, base: Decimal, functions: Iterable[str]) -> Decimal:
    """An indicator's weight in a lot: the base weight times its greatest relevance among the functions."""
    return base * max(spec.relevance[policy.function(code).tier] for code in functions)


def tie_break(weights: Mapping[str, int]) -> list[str]:
    """Criteria by falling weight (equal weights: by name), then the price."""
    return [*sorted(weights, key=lambda name: (-weights[name], name)), "price"]


def build(
    *, title: str, population: int, term_years: int, lots: Sequence[Lot], judging: Mapping[str, Any]
) -> dict[str, Any]:
    """The method of a need.

    The choices must have passed `problems()`; raises KeyError or PolicyError for unknown names.
    """
    weights = {criterion.name: int(judging["weights"][criterion.name]) for criterion in policy.criteria()}
    mandatory = [spec.id for spec in policy.indicators() if spec.id in judging["mandatory"]]
    common = {
        "formula": judging["formula"],
        "weights": weights,
        "thresholds": dict(judging["thresholds"]),
        "over_ceiling": "reject",
        "tie_break": tie_break(weights),
    }
    several = len(lots) > 1
    return {
        "form": FORM,
        "rubric": policy.edition(),
        **common,
        "ordered_by": judging.get("ordered_by", ""),
        "indicators": [_need_indicator(spec, judging) for spec in policy.indicators()],
        "mandatory": mandatory,
        "lots": [
            {
                "number": lot.number,
                "functions": list(lot.functions),
                "ceiling_pence": lot.ceiling_pence,
                "floor_pence": lot.floor_pence,
                "score_file": {
                    "tender": f"{title}: lot {lot.number}, {lot.name}" if several else title,
                    "ceiling_pence": lot.ceiling_pence,
                    "floor_pence": (lot.floor_pence or 0) if judging["formula"] in USES_FLOOR else 0,
                    "population": population,
                    "term_years": term_years,
                    "indicators": [_lot_indicator(spec, judging, lot.functions) for spec in policy.indicators()],
                    **common,
                },
            }
            for lot in lots
        ],
    }


def _base(spec: policy.IndicatorSpec, judging: Mapping[str, Any]) -> Decimal:
    return Decimal(str(judging["base_weights"].get(spec.id, spec.weight)))


def _number(value: Decimal) -> int | str:
    return int(value) if value == value.to_integral_value() else decimal_text(value)


def _missing(spec: policy.IndicatorSpec, judging: Mapping[str, Any]) -> str:
    if spec.source == REGISTER:
        return "hold"  # a missing register fact is the marketplace's gap, not the bidder's fault
    return "fail" if spec.id in judging["mandatory"] else "zero"


def _need_indicator(spec: policy.IndicatorSpec, judging: Mapping[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": spec.id,
        "criterion": spec.criterion,
        "base_weight": _number(_base(spec, judging)),
        "source": spec.source,
        "missing": _missing(spec, judging),
    }
    if spec.id in judging["min_levels"]:
        entry["min_level"] = judging["min_levels"][spec.id]
    return entry


def _lot_indicator(spec: policy.IndicatorSpec, judging: Mapping[str, Any], functions: Sequence[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": spec.id,
        "criterion": spec.criterion,
        "weight": _number(lot_weight(spec, _base(spec, judging), functions)),
        "source": spec.source,
        "missing": _missing(spec, judging),
    }
    least = max(filter(None, (judging["min_levels"].get(spec.id), fixed_min_level(spec, functions))), default=None)
    if least is not None:
        entry["min_level"] = least
    return entry


def problems(judging: Mapping[str, Any], lots: Iterable[Lot]) -> list[tuple[str, str]]:
    """What is wrong with the choices: (name of the choice, one sentence). Empty when they can be published."""
    found: list[tuple[str, str]] = []
    weights = judging["weights"]
    for criterion in policy.criteria():
        if not criterion.lowest_weight <= weights[criterion.name] <= criterion.highest_weight:
            found.append(
                (
                    criterion.name,
                    f"The weight of {criterion.title.lower()} must be from {criterion.lowest_weight} to "
                    f"{criterion.highest_weight} percent",
                )
            )
    total = sum(weights.values())
    if total != 100:
        way = f"{100 - total} to add" if total < 100 else f"{total - 100} too many"
        found.append(
            ("weights", f"The three weights must add up to 100 percent: they add up to {total}, so there are {way}")
        )
    for name, title in (("accountability", "local accountability"), ("independence", "independence")):
        if not any(_base(spec, judging) for spec in policy.indicators() if spec.criterion == name):
            found.append((name, f"At least one question about {title} must have a weight above 0"))
    formula = judging["formula"]
    if formula not in FORMULAS:
        found.append(("formula", "Choose one of the formulas"))
    if formula == "lowest_ratio" and not judging.get("ordered_by"):
        found.append(
            (
                "ordered_by",
                "This formula is only for a buyer who is ordered to use it: say who ordered it, or choose another",
            )
        )
    if formula in NEEDS_FLOOR and any(not lot.floor_pence for lot in lots):
        found.append(
            (
                "formula",
                "The formula “between floor and ceiling” needs a floor: give every lot a floor on the budget page, "
                "or choose another formula",
            )
        )
    return found


def method_hash(method: Mapping[str, Any]) -> str:
    """The SHA-256 of the method's canonical JSON: what the notice shows and the download can be checked against."""
    return digest(method)


def lots_of(method: Mapping[str, Any]) -> list[Lot]:
    """The lots as frozen in a method."""
    return [
        Lot(lot["number"], tuple(lot["functions"]), lot["ceiling_pence"], lot["floor_pence"]) for lot in method["lots"]
    ]


def lot_method(method: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The score-file document (without bids) of one lot. Raises KeyError for an unknown lot."""
    for lot in method["lots"]:
        if lot["number"] == number:
            return dict(lot["score_file"])
    raise KeyError(f"the method has no lot {number}")


def exchange_rates(score_file: Mapping[str, Any]) -> dict[str, str]:
    """Pence (decimal strings, 2 places) that one point of each criterion other than cost is worth: (C - F) w_c / (100
    w_cost).

    Empty for `lowest_ratio`, where it depends on the lowest bid.
    """
    return exchange_rate(parse_method(score_file))


def check(method: Mapping[str, Any]) -> None:
    """Raise ScoreFileError when the engine could not score by this method.

    A method that was published must always work.
    """
    for lot in method["lots"]:
        parse_method(lot["score_file"])
