"""Example bids: drafted page by page and submitted, as a bidder would."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from marketplace import policy
from marketplace.bids import actions, drafting
from marketplace.bids.draft import asked_fields, asked_indicators, lots_of, term_years
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work, unit_of_work
from marketplace.kit.database import Database
from marketplace.needs.models import Need

ONE_OFFS = {
    "mobilisation": "mobilisation_pence",
    "tupe": "tupe_redundancy_pension_pence",
    "double_running": "transition_double_running_pence",
    "exit": "exit_pence",
    "client_side": "client_side_pence_per_year",
}


def submit_bid(
    database: Database, viewer: Viewer, need_id: str, row: Mapping[str, Any], provider: Mapping[str, Any], address: str
) -> None:
    """Draft the bid in one act, submit it in a second."""
    with unit_of_work(database) as work:
        bid_id = _draft(work, viewer, need_id, row, provider)
    key = uuid4().hex
    with database.reading() as session:
        prepared = actions.prepare(session, viewer, bid_id, key=key)
    if isinstance(prepared, actions.Receipt):
        return
    with unit_of_work(database) as work:
        actions.submit(work, viewer, prepared, key=key, revision=prepared.revision, address=address)


def _draft(work: Work, viewer: Viewer, need_id: str, row: Mapping[str, Any], provider: Mapping[str, Any]) -> str:
    bid = drafting.start(work, viewer, need_id=need_id)
    need = work.session.get_one(Need, need_id)
    revision, bid_id = bid.revision, bid.id
    for lot in lots_of(need.method):
        number = lot["number"]
        values = _lot(lot["functions"], term_years(need.method, number), row, len(lots_of(need.method)))
        revision = drafting.save_lot(
            work, viewer, bid_id=bid_id, revision=revision, number=number, values=values
        ).bid.revision
    asked = asked_indicators(need.method)
    keys = {field.key for each in asked for field in asked_fields(each)}
    answers = {key: value for key, value in provider["answers"].items() if key in keys}
    revision = drafting.save_answers(
        work, viewer, bid_id=bid_id, revision=revision, indicators=asked, answers=answers
    ).bid.revision
    revision = drafting.save_organisation(
        work, viewer, bid_id=bid_id, revision=revision, values={"ceases": "no"}
    ).bid.revision
    for each in asked:
        if policy.indicator(each).needs_evidence and each not in provider.get("evidence_missing", ()):
            url = f"https://evidence.example/{provider['key'].replace('_', '-')}/{each.lower()}"
            revision = drafting.attach_link(
                work, viewer, bid_id=bid_id, revision=revision, indicator=each, url=url
            ).bid.revision
    return bid_id


def _lot(functions: list[str], years: int, row: Mapping[str, Any], lots: int) -> dict[str, Any]:
    if not all(code in row["prices"] for code in functions):
        return {"offered": False}
    line = {
        "index": row.get("index", "0"),
        "vat_rate": row.get("vat_rate", "0"),
        "vat_recoverable_share": row.get("vat_recoverable_share", "0"),
        "vat_confirmed_by": "Our finance director, in writing",
    }
    costs = {key: row["one_off"].get(short, 0) * 100 // lots for short, key in ONE_OFFS.items()}
    return {
        "offered": True,
        **costs,
        "lines": {code: {"prices_pence": [row["prices"][code] * 100] * years, **line} for code in functions},
    }
