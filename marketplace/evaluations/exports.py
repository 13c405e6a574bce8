"""The ranking as a table for spreadsheets (pure). Money in pounds and pence, points as in the result, exact."""

from collections.abc import Sequence
from decimal import Decimal

from marketplace.evaluations.explained import Page, Row
from marketplace.kit.spreadsheets import Cell


def ranking_table(page: Page) -> list[list[Cell]]:
    """The ranking with a heading row: ranked bids first, then the excluded ones with their reasons."""
    titles = [f"Points for {title.lower()} (weight {weight}%)" for _, title, weight in page.criteria]
    heading: list[Cell] = [
        "Rank",
        "Bidder",
        "Evaluated cost (pounds)",
        "Pounds a head a year",
        "Share of running-cost allowance (percent)",
        *titles,
        "Total points",
        "Would have been first at (pounds)",
        "Status",
        "Reasons and notes",
    ]
    return [heading, *(_cells(page, row) for row in page.rows)]


def _cells(page: Page, row: Row) -> list[Cell]:
    notes = [*row.reasons, *([row.tie_note] if row.tie_note else [])]
    if row.held:
        notes.append(f"held for {', '.join(row.held)}: the total is provisional")
    scores: Sequence[Cell] = [_number(row.scores.get(name)) for name, _, _ in page.criteria]
    return [
        row.rank if row.status == "ranked" else None,
        row.name,
        _pounds(row.price_pence),
        Decimal(row.per_head.removeprefix("£").replace(",", "")),
        None if row.share_e3 is None else Decimal(row.share_e3) / 10,
        *scores,
        _number(row.total),
        _pounds(row.price_to_win_pence),
        "Ranked" if row.status == "ranked" else "Excluded",
        page.say("; ".join(notes)),
    ]


def _number(text: str | None) -> Cell:
    return None if text is None else Decimal(text)


def _pounds(pence: int | None) -> Cell:
    return None if pence is None else Decimal(pence) / 100


def facts_table(page: Page, *, hashes: Sequence[tuple[str, str]]) -> list[list[Cell]]:
    """The second sheet of the workbook: what the ranking rests on."""
    method = page.method
    rows: list[list[Cell]] = [["What", "Value"], ["Need and lot", page.tender], ["Formula for cost", method.formula]]
    rows += [[f"Weight of {title.lower()} (percent)", weight] for _, title, weight in page.criteria]
    rows += [["Ceiling (pounds)", _pounds(method.ceiling)], ["Floor (pounds)", _pounds(method.floor)]]
    rows += [["People served", method.population], ["Term in years", method.term_years]]
    return rows + [[name, value] for name, value in hashes]
