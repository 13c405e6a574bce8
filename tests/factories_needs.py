"""Needs for tests: complete drafts and published ones, made by the actions that people use."""

from datetime import date, datetime, timedelta
from typing import Any

from marketplace.identity.models import Organisation, User
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.clock import london_to_utc, to_london
from marketplace.needs import actions, drafting, method, rules
from marketplace.needs.calendar import bank_holidays
from marketplace.needs.models import Need
from tests.factories import make_organisation, make_user, viewer_of

SERVICE: dict[str, Any] = {
    "volumes": "About 95 employees, 12 starters and 10 leavers a year.",
    "service_levels": "Answer the telephone within 20 seconds; correct 99.5 % of payslips the first time.",
    "current_cost_pence": 9_000_000,
    "staff": 2,
    "staff_note": "Band 5 and 6, NHS Pension Scheme.",
    "data": "Personnel files on paper and in ESR.",
    "systems": "ESR stays.",
}


def make_buyer(work: Work, **facts: Any) -> tuple[Organisation, User, User]:
    """A CCG with a manager and an approver."""
    organisation = make_organisation(work, Kind.CCG, **facts)
    return organisation, make_user(work, organisation, Role.MANAGER), make_user(work, organisation, Role.APPROVER)


def good_closing(now: datetime, days: int = 14) -> datetime:
    """Noon of a Tuesday to Thursday that is no bank holiday, at least so many days ahead."""
    day = to_london(now).date() + timedelta(days=days)
    while True:
        noon = london_to_utc(day, datetime.min.time().replace(hour=12))
        if day.weekday() in (1, 2, 3) and not rules.closing_warnings(noon, bank_holidays(day.year)):
            return noon
        day += timedelta(days=1)


def make_draft(
    work: Work,
    viewer: Viewer,
    *,
    title: str = "HR and IT back office",
    functions: tuple[str, ...] = ("hr", "it"),
    together: bool = True,
    ceiling_pence: int = 90_000_000,
    floor_pence: int | None = None,
    population: int = 145_000,
    days: int = 14,
    **judging: Any,
) -> Need:
    """A complete draft: every page saved."""
    now = work.now()
    need = drafting.create(
        work,
        viewer,
        title=title,
        functions=functions,
        together=together,
        term_years=3,
        starts_on=date(to_london(now).year + 1, 12, 1),
    )
    for code in functions:
        drafting.save_service(work, viewer, need_id=need.id, function=code, values=SERVICE)
    lots = 1 if together else len(functions)
    drafting.save_budget(
        work,
        viewer,
        need_id=need.id,
        lots=dict.fromkeys(range(1, lots + 1), (ceiling_pence, floor_pence)),
        population=population,
    )
    drafting.save_judging(work, viewer, need_id=need.id, judging={**method.default_judging(), **judging})
    drafting.save_dates(work, viewer, need_id=need.id, questions_until=None, closes_at=good_closing(now, days))
    return need


def make_published(work: Work, organisation: Organisation, approver: User, **choices: Any) -> Need:
    """A published need of this buyer."""
    viewer = viewer_of(approver, organisation)
    need = make_draft(work, viewer, **choices)
    return actions.publish(work, viewer, need_id=need.id, address="http://example.org")
