"""Example needs: every page of the draft saved, as a manager would, and published by an approver."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.clock import to_london
from marketplace.needs import actions, drafting, method
from marketplace.needs.calendar import bank_holidays
from marketplace.needs.models import Need
from marketplace.needs.rules import closing_warnings

ESSENTIAL = ("A named lead whom the practices can telephone", "Staff trained in information governance every year")
NICE = ("Experience with groups of fewer than 200,000 people",)


def write_draft(
    work: Work,
    viewer: Viewer,
    row: Mapping[str, Any],
    service: Mapping[str, Mapping[str, Any]],
    closes_at: datetime | None,
) -> Need:
    """A draft with the pages that the row fills; one in stage "draft" keeps gaps on purpose."""
    opened = to_london(closes_at or work.now()).date()
    need = drafting.create(
        work,
        viewer,
        title=row["title"],
        functions=row["functions"],
        together=row["together"],
        term_years=row["term_years"],
        starts_on=_first_of_month(opened + timedelta(days=75)),
    )
    for code in row["functions"]:
        values = dict(service[code])
        values["current_cost_pence"] = values.pop("current_cost_pounds") * 100
        drafting.save_service(work, viewer, need_id=need.id, function=code, values=values)
    if row.get("stage") == "draft":
        return need
    drafting.save_requirements(work, viewer, need_id=need.id, essential=list(ESSENTIAL), nice=list(NICE))
    floors = row.get("floor_pounds", [])
    money = {
        number: (ceiling * 100, floors[number - 1] * 100 if floors else None)
        for number, ceiling in enumerate(row["ceiling_pounds"], 1)
    }
    drafting.save_budget(work, viewer, need_id=need.id, lots=money)
    judging = method.default_judging() | {"formula": row.get("formula", "ceiling")}
    drafting.save_judging(work, viewer, need_id=need.id, judging=judging)
    drafting.save_bidders(work, viewer, need_id=need.id, mode="all")
    if closes_at is not None:
        drafting.save_dates(
            work,
            viewer,
            need_id=need.id,
            questions_until=_questions(work.now(), closes_at),
            closes_at=closes_at,
            accepted=[
                warning.code for warning in closing_warnings(closes_at, bank_holidays(to_london(closes_at).year))
            ],
        )
    return need


def publish_need(work: Work, viewer: Viewer, need: Need, address: str) -> None:
    """The approver's act."""
    actions.publish(work, viewer, need_id=need.id, address=address)


def _questions(now: datetime, closes_at: datetime) -> datetime:
    return now + (closes_at - now) / 2


def _first_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
