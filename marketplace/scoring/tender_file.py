"""The tender file: needs and bids with answers, turned into score files and evaluated (docs: domain/tender-file.md).

Numbers must be exact: read the file with ``reading.read_json(text, decimals=True)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.policy import default_indicators, functions, indicators
from marketplace.scoring import reading
from marketplace.scoring.answer_values import number_of, read_answers
from marketplace.scoring.answers import Judged, judge_all
from marketplace.scoring.cost import Cost, half_up
from marketplace.scoring.facts import AreaRegister, Facts
from marketplace.scoring.method import FORMULAS, Tender
from marketplace.scoring.reading import ScoreFileError, below
from marketplace.scoring.score_file import evaluate, parse
from marketplace.scoring.tender_cost import pence, read_cost

_TENDER_KEYS = (
    "id",
    "title",
    "date",
    "buyers",
    "real",
    "population",
    "functions",
    "term_years",
    "ceiling_per_head_gbp",
    "target_per_head_gbp",
    "formula",
    "weights",
    "hwb_areas",
    "bids",
)
_BUYER_KEYS = ("name", "code", "patients", "practices")
_BID_KEYS = (
    "id",
    "provider",
    "provider_type",
    "functions_offered",
    "provider_ceases_months",
    "solo_price_per_head",
    "answers",
    "cost",
)
# The file's names of the criteria, and those of the score file.
_CRITERIA = {"cost": "cost", "local_accountability": "accountability", "independence": "independence"}


@dataclass(frozen=True, slots=True)
class JudgedTender:
    """A tender of the file as a score file, with how each level and cost came about, by bid."""

    id: str
    title: str
    score_file: dict[str, Any]
    levels: Mapping[str, Mapping[str, Judged]]
    costs: Mapping[str, Cost]

    def tender(self) -> Tender:
        """The score file parsed."""
        return parse(self.score_file)


def score_tenders(
    document: object, register: AreaRegister | None = None, *, robustness: bool = False
) -> list[dict[str, Any]]:
    """One result for each tender in the file's order, in the form of the score file.

    Each also has its ``title``, and each bid its ``levels`` (None: held), a reason for each, and the parts of its cost.
    Raises ScoreFileError with the path of the key that is wrong.
    """
    return [result_of(judged, robustness=robustness) for judged in judge_tenders(document, register)]


def judge_tenders(document: object, register: AreaRegister | None = None) -> list[JudgedTender]:
    """The tenders of a file with every answer judged; raises ScoreFileError with the path of the key that is wrong."""
    top = reading.mapping(document, "", ("note", "tenders"))
    rows = reading.sequence(reading.need(top, "tenders"), "tenders")
    found: list[JudgedTender] = []
    for place, row in enumerate(rows):
        path = below("tenders", place)
        judged = _tender(row, path, register)
        if judged.id in [other.id for other in found]:
            raise ScoreFileError(below(path, "id"), f"{reading.show(judged.id)} is the id of another tender too")
        found.append(judged)
    return found


def result_of(judged: JudgedTender, *, robustness: bool = False) -> dict[str, Any]:
    """The result of one tender, levels included, ready for JSON."""
    result = evaluate(judged.tender(), robustness=robustness) | {"title": judged.title}
    for row in result["bids"]:
        levels = judged.levels[row["id"]]
        row["levels"] = {name: entry.level for name, entry in levels.items()}
        row["level_reasons"] = {name: entry.reason for name, entry in levels.items()}
        row["cost_parts"] = [
            {"name": part.name, "year": part.year, "pence": part.pence} for part in judged.costs[row["id"]].parts
        ]
        row["reasons"] += [f"{name}: {entry.stop}" for name, entry in levels.items() if entry.stop]
        if row["status"] == "ranked":
            result["warnings"] += [
                f"{row['id']}: {name} has no answer, which counts as level 0."
                for name, entry in levels.items()
                if not entry.answered and not entry.held
            ]
    return result


def _tender(value: object, path: str, register: AreaRegister | None) -> JudgedTender:
    row = reading.mapping(value, path, _TENDER_KEYS)
    name = reading.text(reading.need(row, "id", path), below(path, "id"), longest=200)
    title = reading.text(reading.need(row, "title", path), below(path, "title"))
    _check_particulars(row, path)
    bought = _functions(reading.need(row, "functions", path), below(path, "functions"))
    population = reading.whole(reading.need(row, "population", path), below(path, "population"), least=1, most=10**10)
    years = reading.whole(reading.need(row, "term_years", path), below(path, "term_years"), least=1, most=100)
    document = _method(row, path, bought, population, years) | {"tender": name, "bids": []}
    buyers = _buyers(reading.need(row, "buyers", path), below(path, "buyers"))
    tiers = frozenset(entry.tier for entry in functions() if entry.code in bought)
    levels: dict[str, dict[str, Judged]] = {}
    costs: dict[str, Cost] = {}
    for place, entry in enumerate(reading.sequence(reading.need(row, "bids", path), below(path, "bids"))):
        where = below(below(path, "bids"), place)
        bid = _Bid.read(entry, where, bought, years)
        if bid.id in levels:
            raise ScoreFileError(below(where, "id"), f"{reading.show(bid.id)} is the id of another bid too")
        area = bid.answers.get("la1_body_area_code")
        fact = register.check(area, buyers) if register and isinstance(area, str) else None
        judged = judge_all(
            bid.answers,
            evidence=bid.evidence,
            facts=Facts(tiers=tiers, area=fact),
            indicators=tuple(spec.id for spec in indicators()),
        )
        levels[bid.id], costs[bid.id] = judged, bid.cost
        document["bids"].append(bid.as_document(judged))
    return JudgedTender(name, title, document, levels, costs)


def _check_particulars(row: Mapping[str, Any], path: str) -> None:
    """What does not count for the score but is still read, so that a slip does not pass unseen."""
    day = reading.text(reading.need(row, "date", path), below(path, "date"))
    try:
        date.fromisoformat(day)
    except ValueError:
        raise ScoreFileError(below(path, "date"), f"{reading.show(day)} is not a day such as 2012-02-20") from None
    where = below(path, "hwb_areas")
    for place, area in enumerate(reading.sequence(row.get("hwb_areas", []), where)):
        reading.text(area, below(where, place))
    if "real" in row:
        reading.text(row["real"], below(path, "real"))


def _method(row: Mapping[str, Any], path: str, bought: tuple[str, ...], population: int, years: int) -> dict[str, Any]:
    people = population * years
    ceiling = _whole_life(row, path, "ceiling_per_head_gbp", people)
    document: dict[str, Any] = {
        "formula": "ceiling",
        "ceiling_pence": ceiling,
        "population": population,
        "term_years": years,
        "weights": _weights(reading.need(row, "weights", path), below(path, "weights")),
        "indicators": [setting.as_document() for setting in default_indicators(bought)],
    }
    if ceiling < 1:
        raise ScoreFileError(below(path, "ceiling_per_head_gbp"), "the ceiling comes to less than a penny")
    if row.get("target_per_head_gbp") is not None:
        floor = _whole_life(row, path, "target_per_head_gbp", people)
        if floor >= ceiling:
            raise ScoreFileError(below(path, "target_per_head_gbp"), "the target is not below the ceiling")
        document |= {"formula": "linear", "floor_pence": floor}
    if "formula" in row:
        document["formula"] = reading.one_of(row["formula"], below(path, "formula"), FORMULAS)
    return document


def _whole_life(row: Mapping[str, Any], path: str, key: str, people: int) -> int:
    """Pounds a head a year as pence for the whole life: a head's price may have more than two places."""
    number = number_of(reading.need(row, key, path), below(path, key))
    if number < 0:
        raise ScoreFileError(below(path, key), "this figure is negative")
    return half_up(100 * number * people)


def _weights(value: object, path: str) -> dict[str, int]:
    row = reading.mapping(value, path, _CRITERIA.keys())
    found: dict[str, int] = {}
    for name, criterion in _CRITERIA.items():
        share = 100 * number_of(reading.need(row, name, path), below(path, name))
        if share.denominator != 1 or not 0 <= share <= 100:
            raise ScoreFileError(below(path, name), "a share of whole percent between 0 and 1 was expected")
        found[criterion] = int(share)
    if sum(found.values()) != 100:
        raise ScoreFileError(path, "the weights do not add to 1")
    return found


def _functions(value: object, path: str) -> tuple[str, ...]:
    known = [entry.code for entry in functions()]
    found = [
        reading.one_of(code, below(path, place), known) for place, code in enumerate(reading.sequence(value, path))
    ]
    if not found:
        raise ScoreFileError(path, "at least one function was expected")
    if len(set(found)) != len(found):
        raise ScoreFileError(path, "a function occurs twice")
    return tuple(found)


def _buyers(value: object, path: str) -> list[tuple[str | None, int]]:
    found: list[tuple[str | None, int]] = []
    for place, entry in enumerate(reading.sequence(value, path)):
        where = below(path, place)
        row = reading.mapping(entry, where, _BUYER_KEYS)
        reading.text(reading.need(row, "name", where), below(where, "name"))
        patients = reading.whole(reading.need(row, "patients", where), below(where, "patients"), least=1, most=10**10)
        if row.get("practices") is not None:
            reading.whole(row["practices"], below(where, "practices"), most=10**6)
        code = row.get("code")
        found.append((None if code is None else reading.text(code, below(where, "code"), longest=20), patients))
    if not found:
        raise ScoreFileError(path, "at least one buyer was expected")
    return found


@dataclass(frozen=True, slots=True)
class _Bid:
    id: str
    answers: Mapping[str, Any]
    evidence: Mapping[str, bool]
    cost: Cost
    fail: tuple[str, ...]

    @classmethod
    def read(cls, value: object, path: str, bought: tuple[str, ...], years: int) -> _Bid:
        row = reading.mapping(value, path, _BID_KEYS)
        for key in ("provider", "provider_type"):
            reading.text(reading.need(row, key, path), below(path, key))
        offered = _functions(reading.need(row, "functions_offered", path), below(path, "functions_offered"))
        fail = []
        lacking = [code for code in bought if code not in offered]
        if lacking:
            fail.append(f"it does not offer every function that is asked for: {', '.join(lacking)}")
        if row.get("provider_ceases_months") is not None:
            months = number_of(row["provider_ceases_months"], below(path, "provider_ceases_months"))
            if months < 0:
                raise ScoreFileError(below(path, "provider_ceases_months"), "this figure is negative")
            if months < 12 * years:
                fail.append("the provider ceases to exist before the term ends")
        if row.get("solo_price_per_head") is not None:
            pence(row["solo_price_per_head"], below(path, "solo_price_per_head"), places=None)
        answers = dict(reading.mapping(reading.need(row, "answers", path), below(path, "answers")))
        evidence = _evidence(answers.pop("evidence", {}), below(below(path, "answers"), "evidence"))
        return cls(
            id=reading.text(reading.need(row, "id", path), below(path, "id"), longest=200),
            answers=read_answers(answers, below(path, "answers")),
            evidence=evidence,
            cost=read_cost(
                reading.need(row, "cost", path),
                below(path, "cost"),
                [code for code in bought if code in offered],
                years,
            ),
            fail=tuple(fail),
        )

    def as_document(self, judged: Mapping[str, Judged]) -> dict[str, Any]:
        return {
            "id": self.id,
            "price_pence": self.cost.total,
            "levels": {name: entry.level for name, entry in judged.items()},
            "fail": list(self.fail),
        }


def _evidence(value: object, path: str) -> dict[str, bool]:
    known = [spec.id for spec in indicators()]
    return {
        name: reading.one_of(kind, below(path, name), ("none", "document")) == "document"
        for name, kind in reading.mapping(value, path, known).items()
    }


__all__ = ["JudgedTender", "judge_tenders", "result_of", "score_tenders"]
