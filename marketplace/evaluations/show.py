"""What the pages of an evaluation show, gathered from values (pure): tables, pictures, sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from marketplace import policy
from marketplace.evaluations.explained import Page, approximate, half_up, two
from marketplace.kit.money import pounds
from marketplace.scoring import explain
from marketplace.scoring.canonical import decimal_text
from marketplace.scoring.cost import CLIENT_SIDE, ONE_OFFS
from marketplace.scoring.method import COST

FORMULAS = {
    "ceiling": "absolute, from the published ceiling down to nothing",
    "linear": "absolute, between the published floor and the published ceiling",
    "lowest_ratio": "relative to the lowest cost of the bids still in",
    "monetised": "the cost less what the other points are worth in pounds",
}
MOST_IN_CHART = 25  # bars on one page; the table beside them has every bid
MOST_SENTENCES = 25


def sentences(page: Page) -> dict[str, list[str]]:
    """The plain sentences of a result by what they are about, with names in place of ids."""
    out, titles = page.result, {name: title.lower() for name, title, _ in page.criteria}
    return {
        "outcome": [page.say(text) for text in explain.outcome(out, page.names)[: 1 + int(bool(out["provisional"]))]],
        "exchange": explain.exchange_rates(out["exchange_rate_pence_per_point"], titles),
        "intervals": explain.intervals(out, page.names, titles),
        "shifts": explain.weights_to_win(out, page.names, titles),
        "judgements": [_plain(text) for text in explain.judgements(out, page.names)],
        "withdrawals": explain.withdrawals(out, page.names),
        "warnings": [page.say(text) for text in out["warnings"]],
    }


def _plain(judgement: str) -> str:
    """The sentence without the words that stand in the heading already."""
    return judgement.removeprefix("Check twice: ")


def shares(page: Page) -> list[tuple[str, str, str]]:
    """For each bid that is first somewhere: name, and its share of all weights, within 10 and within 5 points
    (percent).
    """
    out = page.result
    if not out.get("first_share"):
        return []
    found: list[tuple[Fraction, tuple[str, str, str]]] = []
    for bid_id, whole in out["first_share"].items():
        exact = [whole["exact"], *(out[key].get(bid_id, {"exact": "0"})["exact"] for key in ("within_10", "within_5"))]
        if any(map(Fraction, exact)):
            name = page.called([bid_id, *whole.get("with", [])])
            found.append((-Fraction(exact[0]), (name, exact_percent(exact[1]), exact_percent(exact[2]))))
    return [row for _, row in sorted(found)]


def exact_percent(share: str) -> str:
    """An exact share as a percentage of two decimals. What is not quite all or nothing never looks like it."""
    value = Fraction(share) * 100
    shown = half_up(value, 2)
    if value and not shown:
        return "less than 0.01%"
    if value < 100 and shown == 100:
        return "more than 99.99%"
    return f"{decimal_text(shown)}%"


def triangle(page: Page) -> dict[str, Any] | None:
    """The picture of the weight triangle, for macros/charts.html; None without three criteria or without ranked
    bids.
    """
    drawn = page.sheet.get("triangle")
    if not drawn or not drawn["cells"]:
        return None
    out = page.result["first_share"]
    cells = sorted(drawn["cells"], key=lambda cell: -Fraction(_share_of(out, cell["bids"])))
    bids = [
        {
            "label": page.called(cell["bids"]),
            "share": exact_percent(_share_of(out, cell["bids"])),
            "polygons": [cell["corners"]],
        }
        for cell in cells
    ]
    weights = [_plain_percent(each) for each in drawn["weights"]]
    titles = {name: title for name, title, _ in page.criteria}
    return {"corners": [titles[name] for name in drawn["criteria"]], "bids": bids, "published": weights}


def _share_of(out: Mapping[str, Any], ids: Sequence[str]) -> str:
    return str(next(out[bid_id]["exact"] for bid_id in ids if bid_id in out))


def _plain_percent(share: str) -> str:
    return decimal_text(half_up(Fraction(share) * 100, 2))


@dataclass(frozen=True)
class CostYear:
    """One addend of the evaluated cost, with the sum that gives it in words."""

    name: str
    year: str
    working: str
    pence: int


def cost_parts(sheet: Mapping[str, Any]) -> list[CostYear]:
    """The evaluated cost of one bid written out, part by part; the parts add to the total to the penny."""
    lines = {line["function"]: line for line in sheet["lines"]}
    found = []
    for part in sheet["cost"]["parts"]:
        name, year = part["name"], part["year"]
        if part["kind"] == "line":
            found.append(CostYear(policy.function(name).name, str(year), _working(lines[name], year), part["pence"]))
        elif part["kind"] == CLIENT_SIDE:
            found.append(CostYear("The buyer's own management of the contract", str(year), "as offered", part["pence"]))
        else:
            found.append(CostYear(ONE_OFFS.get(name, name), "once", "as offered", part["pence"]))
    return found


def _working(line: Mapping[str, Any], year: int) -> str:
    """ "£120,000 × 1.025² × (1 + 0.2 × (1 − 0.8))" in words that a calculator takes."""
    words = pounds(line["prices_pence"][year - 1])
    rise = 1 + Fraction(line["index"])
    if rise != 1 and year > 1:
        words += f" × {decimal_text(rise)}" + (f" to the power of {year - 1}" if year > 2 else "")
    if Fraction(line["vat_rate"]):
        words += f" × (1 + {line['vat_rate']} × (1 − {line['vat_recoverable_share']}))"
    return words


def vat_confirmed(sheet: Mapping[str, Any]) -> list[str]:
    """Who confirmed the VAT of each line that carries any."""
    return [
        "{}: {}, of which {} is got back, confirmed by {}".format(
            policy.function(line["function"]).name,
            exact_percent(line["vat_rate"]),
            exact_percent(line["vat_recoverable_share"]),
            line["vat_confirmed_by"],
        )
        for line in sheet["lines"]
        if Fraction(line["vat_rate"])
    ]


def cost_points(page: Page, bid_id: str) -> str:
    """How the points for cost come about, in one line that can be worked out by hand."""
    row = page.row(bid_id)
    if row is None or row.scores.get(COST) is None:
        return "No points for cost: the bid was excluded before the costs were compared."
    method, price, score = page.method, row.price_pence, row.scores[COST]
    ceiling = pounds(method.ceiling)
    if price > method.ceiling:
        return f"Its cost is above the ceiling of {ceiling}, which gives 0 points."
    if method.formula == "lowest_ratio":
        lowest = min(each.price_pence for each in page.rows if each.scores.get(COST) is not None)
        return f"100 × {pounds(lowest)} (the lowest) ÷ {pounds(price)} = {score}"
    floor = method.used_floor
    span = method.ceiling - floor
    value = Fraction(100 * (method.ceiling - price), span)
    below = f"({ceiling} − {pounds(floor)})" if floor else ceiling
    ended = f"{approximate(value)}, rounded {two(half_up(value, 2))}" if 0 <= value <= 100 else f"limited to {score}"
    return f"100 × ({ceiling} − {pounds(price)}) ÷ {below} = {ended}"


def bid_sentences(page: Page, bid_id: str) -> list[str]:
    """What would have had to be different for one bid, and which judgements about it to check twice."""
    out = {**page.result, "bids": [each for each in page.result["bids"] if each["id"] == bid_id]}
    out["least_shift"] = {key: each for key, each in page.result.get("least_shift", {}).items() if key == bid_id}
    out["level_flips"] = [each for each in page.result["level_flips"] if each["bid"] == bid_id]
    titles = {name: title.lower() for name, title, _ in page.criteria}
    found = explain.prices_to_win(out, page.names) + explain.weights_to_win(out, page.names, titles)
    return found + explain.judgements(out, page.names)
