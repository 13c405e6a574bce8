"""Plain sentences about a result, from the result alone: what happened, and what would have had to be different.

``names`` gives a bid's id the name shown, ``titles`` a criterion's; both may lack entries. Wording rule of the domain
notes: how far something would have had to differ, never a probability of being right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from marketplace.kit.money import pounds
from marketplace.scoring.canonical import decimal_text, rounded

Names = Mapping[str, str]


def outcome(out: Mapping[str, Any], names: Names) -> list[str]:
    """Who is first, and how sure that is."""
    ranked = [row for row in out["bids"] if row["status"] == "ranked"]
    found = []
    if not ranked:
        found.append("No bid is ranked, so nobody is first.")
    elif out["winner"] is None:
        found.append(f"{_list(out['joint_winners'], names)} are joint first: people must decide, with a reason.")
    else:
        best = ranked[0]
        lead = f"{_name(best['id'], names)} is first with {best['total']} points of 100"
        if "adjusted_price_pence" in best:
            lead = (
                f"{_name(best['id'], names)} is first with an adjusted price of {_pence(best['adjusted_price_pence'])}"
            )
        found.append(f"{lead}." + (f" {best['tie_note']}" if best["tie_note"] else ""))
    if out["provisional"]:
        sure = "could not change who is first" if out["winner_certain"] else "could still change who is first"
        found.append(f"The result is provisional: facts that the registers lack {sure}.")
    found += [
        f"{_name(row['id'], names)} is excluded: {'; '.join(row['reasons'])}."
        for row in out["bids"]
        if row["status"] == "excluded"
    ]
    return found


def prices_to_win(out: Mapping[str, Any], names: Names) -> list[str]:
    """For each bid that is not first alone, the cost at which it would have been."""
    found = []
    for row in out["bids"]:
        if row["id"] == out["winner"]:
            continue
        price = row["price_to_win_pence"]
        if price is not None:
            found.append(
                f"{_name(row['id'], names)} would have been first at a cost of {pounds(price, exact=True)} or less."
            )
        elif row["status"] == "ranked":
            found.append(
                f"{_name(row['id'], names)} would not have been first at any cost, its levels being what they are."
            )
    return found


def weights_to_win(out: Mapping[str, Any], names: Names, titles: Names) -> list[str]:
    """For each rival, how many points of weight would have had to move; empty without robustness."""
    found = []
    for rival, shift in out.get("least_shift", {}).items():
        if shift is None:
            found.append(f"No weights would have made {_name(rival, names)} level with the first.")
            continue
        weights = ", ".join(
            f"{_title(name, titles)} {_short(weight['exact'])}" for name, weight in sorted(shift["weights"].items())
        )
        found.append(
            f"{_short(shift['points']['exact'])} points of weight would have had to move "
            f"until {_name(rival, names)} was level with the first ({weights})."
        )
    return found


def intervals(out: Mapping[str, Any], names: Names, titles: Names) -> list[str]:
    """Between which weights of each criterion the first stays first; empty without robustness or without a first."""
    found = []
    who = "the first bids" if out["winner"] is None else _name(out["winner"], names)
    for criterion, ends in sorted(out.get("weight_intervals", {}).items()):
        if ends is not None:
            found.append(
                f"With a weight of {_title(criterion, titles)} anywhere from {_short(ends['low']['exact'])} to "
                f"{_short(ends['high']['exact'])} points, the others in proportion, {who} would still be first."
            )
    return found


def judgements(out: Mapping[str, Any], names: Names) -> list[str]:
    """The judgements to check twice: for each indicator of a bid the nearest level that would change who is first."""
    nearest: dict[tuple[str, str], Mapping[str, Any]] = {}
    for flip in out["level_flips"]:
        key = (flip["bid"], flip["indicator"])
        if key not in nearest or _distance(flip) < _distance(nearest[key]):
            nearest[key] = flip
    return [
        f"Check twice: {flip['indicator']} of {_name(flip['bid'], names)} at level {flip['new']} instead of "
        f"{'none' if flip['old'] is None else flip['old']} would make {_list(flip['first'], names) or 'nobody'} first."
        for flip in nearest.values()
    ]


def withdrawals(out: Mapping[str, Any], names: Names) -> list[str]:
    """Losing bids without which somebody else would be first."""
    return [
        f"Without the losing bid of {_name(row['without'], names)} the first would be "
        f"{_list(row['first'], names) or 'nobody'}."
        for row in out["reversals"]
    ]


def exchange_rates(rates: Mapping[str, str], titles: Names | None = None) -> list[str]:
    """What a point of each criterion is worth, from ``exchange_rate_pence_per_point``."""
    return [
        f"One point of {_title(name, titles or {})} is worth {_pence(rate)}: "
        "a bid that is better by one point may cost that much more and still be level."
        for name, rate in sorted(rates.items())
    ]


def _distance(flip: Mapping[str, Any]) -> int:
    return abs(int(flip["new"]) - int(flip["old"] or 0))


def _name(key: str, names: Names) -> str:
    return names.get(key, key)


def _title(key: str, titles: Names) -> str:
    return titles.get(key, key)


def _list(keys: Sequence[str], names: Names) -> str:
    shown = [_name(key, names) for key in keys]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def _short(exact: str) -> str:
    """A fraction as a decimal of one place, as people say it."""
    return decimal_text(rounded(Fraction(exact), 1))


def _pence(text: str) -> str:
    """A decimal string in pence as pounds, rounded half up to a penny."""
    return pounds(int(rounded(Fraction(text), 0)), exact=True)
