"""A draft: the offer so far, what is still missing in it, and the offer that it makes (pure).

content = {"lots": {"1": {"offered": true | false | null, "lines": {function: {...}}, one-off costs}}, "answers":
{key: value},
"evidence": {indicator: {...}}, "organisation": {"ceases": "yes" | "no" | null, "ceases_months", contact...},
"prefilled": [indicators whose answers come from the last bid and were not looked at yet]}
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from marketplace import policy
from marketplace.bids.offer import CLIENT_SIDE, FORM, NOT_ASKED, ONE_OFFS

LINE_PARTS = {
    "index": "the yearly price increase",
    "vat_rate": "the VAT rate",
    "vat_recoverable_share": "the share of VAT that the buyer gets back",
    "vat_confirmed_by": "who confirmed the VAT",
}
PAGES = {  # the answers, in four pages of four indicators
    "accountability-1": ("LA1", "LA2", "LA3", "LA4"),
    "accountability-2": ("LA5", "LA6", "LA7", "LA8"),
    "independence-1": ("IN1", "IN2", "IN3", "IN4"),
    "independence-2": ("IN5", "IN6", "IN7", "IN8"),
}
PAGE_TITLES = {
    "accountability-1": "Local accountability: who the service answers to",
    "accountability-2": "Local accountability: openness",
    "independence-1": "Independence: leaving, exit and data",
    "independence-2": "Independence: decisions, interests and surplus",
}


@dataclass(frozen=True)
class Missing:
    """One thing to do before the bid can be submitted: the page where (such as "lots/1"), and a sentence."""

    page: str
    text: str


def lots_of(method: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lots of a need's method, in order: number, functions, ceiling_pence, score_file."""
    return list(method["lots"])


def term_years(method: Mapping[str, Any], number: int) -> int:
    """The contract years that a lot is priced for."""
    return int(next(lot for lot in lots_of(method) if lot["number"] == number)["score_file"]["term_years"])


def asked_indicators(method: Mapping[str, Any]) -> list[str]:
    """The indicators of the method, in the order of the rubric."""
    chosen = {entry["id"] for entry in method["indicators"]}
    return [spec.id for spec in policy.indicators() if spec.id in chosen]


def page_of(indicator: str) -> str:
    """The page of the draft with this indicator's questions."""
    return "answers/" + next(page for page, ids in PAGES.items() if indicator in ids)


def asked_fields(indicator: str) -> list[policy.Field]:
    """The fields that a bidder fills in for an indicator (what the buyer's ledger says is not asked)."""
    return [field for field in policy.indicator(indicator).fields if field.key not in NOT_ASKED]


def blank(
    method: Mapping[str, Any], last_answers: Mapping[str, Any], organisation: Mapping[str, str]
) -> dict[str, Any]:
    """The draft that a bid starts with: answers of the last bid filled in, to be checked; one lot alone is offered
    already.
    """
    lots = lots_of(method)
    answers, prefilled = {}, []
    for indicator in asked_indicators(method):
        reused = {field.key: last_answers[field.key] for field in asked_fields(indicator) if field.key in last_answers}
        if reused:
            answers.update(deepcopy(reused))
            prefilled.append(indicator)
    return {
        "lots": {str(lot["number"]): {"offered": True if len(lots) == 1 else None, "lines": {}} for lot in lots},
        "answers": answers,
        "evidence": {},
        "organisation": {"ceases": None, **organisation},
        "prefilled": prefilled,
    }


def missing(content: Mapping[str, Any], method: Mapping[str, Any]) -> list[Missing]:
    """What must be done before this draft can be submitted; empty when it is complete."""
    lots = [missed for lot in lots_of(method) for missed in _missing_in_lot(content, lot)]
    if not any(content["lots"].get(str(lot["number"]), {}).get("offered") for lot in lots_of(method)) and not lots:
        first = lots_of(method)[0]["number"]
        lots.append(Missing(f"lots/{first}", "Offer at least one lot."))
    return lots + _missing_organisation(content["organisation"]) + _missing_answers(content, method)


def _missing_in_lot(content: Mapping[str, Any], lot: Mapping[str, Any]) -> list[Missing]:
    number, named = lot["number"], f"Lot {lot['number']}: "
    part = content["lots"].get(str(number), {})
    if part.get("offered") is None:
        return [Missing(f"lots/{number}", f"{named}say whether you offer it.")]
    if not part["offered"]:
        return []
    found = []
    for code in lot["functions"]:
        line, name = part["lines"].get(code, {}), policy.function(code).name
        prices = line.get("prices_pence") or []
        years = [
            year
            for year in range(1, lot["score_file"]["term_years"] + 1)
            if year > len(prices) or prices[year - 1] is None
        ]
        if years:
            found.append(
                Missing(f"lots/{number}", f"{named}enter the price of {name} for year {', '.join(map(str, years))}.")
            )
        found += [
            Missing(f"lots/{number}", f"{named}enter {words} for {name}.")
            for key, words in LINE_PARTS.items()
            if line.get(key) in (None, "")
        ]
    costs = (
        dict(ONE_OFFS)
        if fixed_client_side(lot) is not None
        else {**ONE_OFFS, CLIENT_SIDE: "The buyer's own management of the contract"}
    )
    blank_costs = [words for key, words in costs.items() if part.get(key) is None]
    if blank_costs:
        found.append(
            Missing(
                f"lots/{number}/costs",
                f"{named}enter one-off and management costs, 0 where there are none: {'; '.join(blank_costs)}.",
            )
        )
    return found


def fixed_client_side(lot: Mapping[str, Any]) -> int | None:
    """Pence a year of the buyer's own management of the contract where the notice fixes it for every bid, else None."""
    value = lot.get(CLIENT_SIDE)
    return None if value is None else int(value)


def _missing_organisation(organisation: Mapping[str, Any]) -> list[Missing]:
    if organisation.get("ceases") not in ("yes", "no"):
        return [Missing("organisation", "Say whether your organisation will cease to exist before the contract ends.")]
    if organisation["ceases"] == "yes" and organisation.get("ceases_months") is None:
        return [Missing("organisation", "Say how many months after the start your organisation will cease to exist.")]
    return []


def _missing_answers(content: Mapping[str, Any], method: Mapping[str, Any]) -> list[Missing]:
    asked = asked_indicators(method)
    found = [
        Missing(page_of(each), f"{each}: check the answers filled in from your last bid, and save the page.")
        for each in asked
        if each in content["prefilled"]
    ]
    mandatory = required_indicators(method)
    return found + [
        Missing(page_of(each), f"{each}: answer “{policy.indicator(each).question}” Every bidder has to.")
        for each in asked
        if each in mandatory and not answered(content["answers"], each)
    ]


def required_indicators(method: Mapping[str, Any]) -> set[str]:
    """The indicators without which a bid cannot be submitted: those that the buyer made mandatory, and those that the
    register checks, where a gap would otherwise look like a fact that the marketplace lacks.
    """
    checked = {
        each
        for each in asked_indicators(method)
        if policy.indicator(each).source == "register" and any(field.required for field in asked_fields(each))
    }
    return checked | set(method.get("mandatory", ()))


def answered(answers: Mapping[str, Any], indicator: str) -> bool:
    """Whether every required question of the indicator that the bidder is asked has an answer (null counts where it
    means something).
    """
    needed = [field.key for field in asked_fields(indicator) if field.required]
    return all(key in answers for key in needed)


def complete(content: Mapping[str, Any], method: Mapping[str, Any]) -> dict[str, Any] | None:
    """The offer that the draft makes, in the form of offer.py; None while something is missing."""
    return None if missing(content, method) else offer_so_far(content, method)


def offer_so_far(content: Mapping[str, Any], method: Mapping[str, Any]) -> dict[str, Any]:
    """The draft as an offer document: lots not offered and answers not asked left out. Only a complete draft makes a
    readable one.
    """
    lots = {}
    for lot in lots_of(method):
        part = content["lots"].get(str(lot["number"]), {})
        if part.get("offered"):
            lots[str(lot["number"])] = _lot(part, lot)
    asked = asked_indicators(method)
    keys = {field.key for each in asked for field in asked_fields(each)}
    organisation = content["organisation"]
    return {
        "form": FORM,
        "lots": lots,
        "answers": {key: value for key, value in content["answers"].items() if key in keys},
        "evidence": {key: value for key, value in content["evidence"].items() if key in asked},
        "organisation": {
            "ceases_months": organisation.get("ceases_months") if organisation.get("ceases") == "yes" else None,
            **{key: organisation.get(key) or "" for key in ("contact_name", "contact_email", "contact_phone")},
        },
    }


def _lot(part: Mapping[str, Any], lot: Mapping[str, Any]) -> dict[str, Any]:
    fixed = fixed_client_side(lot)
    return {
        "lines": {
            code: {"prices_pence": line.get("prices_pence"), **{key: line.get(key) for key in LINE_PARTS}}
            for code in lot["functions"]
            for line in [part["lines"].get(code, {})]
        },
        **{key: part.get(key) for key in ONE_OFFS},
        CLIENT_SIDE: part.get(CLIENT_SIDE) if fixed is None else fixed,
    }
