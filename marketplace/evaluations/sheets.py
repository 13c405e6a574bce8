"""From opened bids to the evaluation of one lot (pure): the score file, its result, and the sheet that explains both.

The sheet holds what the page shows beside the result: every indicator's answer, level, reason and evidence, the parts
of every evaluated cost, what was looked up, and the bids that are not in the ranking with the reason. It is stored, so
that an old page explains itself although the register, the ledger or the rubric have changed since.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from marketplace import policy
from marketplace.bids.judging import Judgement, Row, judge, score_file_bid
from marketplace.bids.offer import LotOffer, Offer, OfferError, parse
from marketplace.evaluations.facts import Known, after_award
from marketplace.evaluations.models import OpenedBid
from marketplace.evaluations.weights_picture import polygons
from marketplace.needs.method import lot_method
from marketplace.scoring import score_file
from marketplace.scoring.canonical import canonical_json, sha256_hex
from marketplace.scoring.cost import CostError
from marketplace.scoring.facts import AreaFact, Facts
from marketplace.scoring.reading import ScoreFileError

AREA_CODE = "la1_body_area_code"
UNJUDGED = "Its prices or answers do not fit the published method"
UNREADABLE = "What is in the envelope is not an offer that can be read"


@dataclass(frozen=True)
class Sealed:
    """One opened bid: its row and its offer; without an offer, `problem` says why."""

    row: OpenedBid
    offer: Offer | None
    problem: str


@dataclass(frozen=True)
class LotScores:
    """What is stored of one lot: three canonical JSON texts, the hash of the result, and counts for the journal."""

    score_file: str
    result: str
    sheet: str
    hash: str
    engine: str
    provisional: bool
    ranked: int
    excluded: int


def read_offers(rows: Iterable[OpenedBid]) -> tuple[Sealed, ...]:
    """The offers of the opened bids. One that cannot be read stops nobody else's: it stays with its problem."""
    return tuple(_read(row) for row in rows)


def _read(row: OpenedBid) -> Sealed:
    if row.problem:
        return Sealed(row, None, row.problem)
    try:
        return Sealed(row, parse(json.loads(row.offer)), "")
    except OfferError as error:
        return Sealed(row, None, f"{UNREADABLE} ({error.path}).")
    except ValueError:
        return Sealed(row, None, f"{UNREADABLE}.")


def area_codes(bids: Iterable[Sealed]) -> set[str]:
    """The areas that bidders named for the body they answer to."""
    return {str(bid.offer.answers[AREA_CODE]) for bid in bids if bid.offer and bid.offer.answers.get(AREA_CODE)}


def score_lot(
    method: Mapping[str, Any],
    number: int,
    bids: Sequence[Sealed],
    known: Known,
    *,
    tick: Callable[[], None] = lambda: None,
    robustness: bool = True,
) -> LotScores:
    """Judge every bid for a lot and evaluate it. `tick` is called after each bid.

    `robustness`: also how far the weights would have had to differ (benchmarks leave it out, to measure it alone).
    """
    base = lot_method(method, number)
    functions = next(lot["functions"] for lot in method["lots"] if lot["number"] == number)
    entries: list[dict[str, Any]] = []
    sheets: dict[str, dict[str, Any]] = {}
    unreadable, absent = [], []
    for bid in bids:
        if bid.offer is None:
            unreadable.append({**_named(bid), "problem": bid.problem})
        elif number not in bid.offer.lots:
            absent.append(_named(bid))
        else:
            facts, looked_up = _facts(bid, bid.offer, number, functions, known)
            try:
                judgement = judge(bid.offer, method, number, facts)
            except (CostError, ScoreFileError) as error:  # told by its kind: the message may quote a price
                unreadable.append({**_named(bid), "problem": f"{UNJUDGED} ({type(error).__name__})."})
            else:
                entry = score_file_bid(judgement, bid.row.bid_id)
                entries.append(entry)
                sheets[bid.row.bid_id] = {
                    **_named(bid),
                    **_judged(judgement, entry["levels"]),
                    "lines": _lines(bid.offer.lots[number]),
                    "looked_up": looked_up,
                }
        tick()
    document = {**base, "bids": sorted(entries, key=lambda entry: str(entry["id"]))}
    result = score_file.evaluate(score_file.parse(document), robustness=robustness)
    sheet = {
        "form": 1,
        "rubric": method["rubric"],
        "lot": number,
        "functions": list(functions),
        "bids": sheets,
        "unreadable": unreadable,
        "not_offered": absent,
        "triangle": polygons(document, result) if robustness else None,
        "ledger_known": known.ledger is not None,
    }
    text = canonical_json(result)
    ranked = sum(row["status"] == "ranked" for row in result["bids"])
    return LotScores(
        score_file=canonical_json(document),
        result=text,
        sheet=canonical_json(sheet),
        hash=sha256_hex(text),
        engine=result["engine"],
        provisional=result["provisional"],
        ranked=ranked,
        excluded=len(result["bids"]) - ranked,
    )


def _named(bid: Sealed) -> dict[str, Any]:
    row = bid.row
    return {
        "organisation": row.organisation_name,
        "bid": row.bid_id,
        "receipt": row.receipt,
        "digest": row.digest,
        "version": row.version,
    }


def _facts(
    bid: Sealed, offer: Offer, number: int, functions: Sequence[str], known: Known
) -> tuple[Facts, dict[str, Any]]:
    """What was looked up for a bid: as the judging wants it, and as the sheet keeps it."""
    code = str(offer.answers.get(AREA_CODE) or "")
    award = after_award(known, bid.row.organisation_id, functions, pence_a_year(offer.lots[number]))
    facts = Facts(
        tiers=frozenset(policy.function(each).tier for each in functions),
        area=_area(code, known) if code else None,
        support_spend_share=award.share if award else None,
    )
    return facts, {
        "area": code or None,
        "area_share_e4": known.area_e4.get(code),
        "spend": award.document() if award else None,
    }


def _area(code: str, known: Known) -> AreaFact:
    share = known.area_e4.get(code)
    if share is None:
        return AreaFact(
            code,
            Fraction(0),
            Fraction(1),
            f"the register cannot tell how many of the buyer's patients live in the area {code}",
        )
    return AreaFact(code, Fraction(share, 10_000), Fraction(share, 10_000))


def pence_a_year(lot: LotOffer) -> int:
    """The price of a lot in an average year, before index and VAT (as the ledger's lines are), half up to a penny."""
    years = max(len(line.prices_pence) for line in lot.lines.values())
    total = sum(sum(line.prices_pence) for line in lot.lines.values())
    return (2 * total + years) // (2 * years)


def _judged(judgement: Judgement, levels: Mapping[str, int | None]) -> dict[str, Any]:
    """What the judging found. Levels are those of the score file: null for no answer, and for a missing fact."""
    cost = judgement.cost
    return {
        "cost": {
            "total_pence": cost.total,
            "parts": [
                {"kind": part.kind, "name": part.name, "year": part.year, "pence": part.pence} for part in cost.parts
            ],
        },
        "rows": [_row(row, levels[row.id]) for row in judgement.rows],
        "fail": list(judgement.fail),
    }


def _lines(lot: LotOffer) -> list[dict[str, Any]]:
    """The prices as offered, so that the evaluated cost can be worked out by hand."""
    return [
        {
            "function": line.function,
            "prices_pence": list(line.prices_pence),
            "index": line.index,
            "vat_rate": line.vat_rate,
            "vat_recoverable_share": line.vat_recoverable_share,
            "vat_confirmed_by": line.vat_confirmed_by,
        }
        for line in lot.lines.values()
    ]


def _row(row: Row, level: int | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "answer": row.answer,
        "level": level,
        "reason": row.reason,
        "evidence": row.evidence,
        "source": row.source,
        "capped": row.capped,
        "held": row.held,
    }
