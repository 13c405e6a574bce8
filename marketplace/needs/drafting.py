"""Writing a draft, page by page. Each save is one act; a published need is never changed here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import select

from marketplace import policy
from marketplace.identity.models import Organisation
from marketplace.identity.roles import PROVIDERS
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.clock import to_london
from marketplace.kit.database import lock_row
from marketplace.kit.errors import Invalid, NotHere, Refusal
from marketplace.needs import method, queries, rules, tasks
from marketplace.needs.calendar import bank_holidays
from marketplace.needs.models import Need, NeedFunction, NeedLot
from marketplace.needs.states import PUBLISHED, Stage


class NotADraft(Refusal):
    """The need is waiting for approval or published: its pages cannot be changed."""


class StaleDraft(Refusal):
    """Somebody else saved the same page since it was opened."""


def refuse_unless_draft(need: Need) -> None:
    """Raise NotADraft for a need that waits for approval or is published."""
    if need.stage is Stage.REVIEW:
        raise NotADraft(
            "This need cannot be changed now.", "It is waiting for approval.", "Ask an approver to send it back to you."
        )
    if need.stage in PUBLISHED:
        raise NotADraft(
            "This need cannot be changed.",
            "It is published: bidders rely on what it says.",
            "Copy it to start a new one.",
        )


def lock_draft(work: Work, viewer: Viewer, need_id: str, *, page: str = "", seen: str | None = None) -> Need:
    """The viewer's own draft, locked. `seen` is the mark of the page as the viewer saw it; None does not ask.

    Raises NotHere for foreign needs, NotADraft, and StaleDraft when the page was saved by somebody else in between.
    """
    lock_row(work.session, Need, need_id)
    need = queries.own_need(work.session, viewer, need_id)
    refuse_unless_draft(need)
    if seen is not None and seen != tasks.page_mark(queries.draft(work.session, need), page):
        raise StaleDraft(
            "Your page was not saved yet.",
            "Somebody else saved the same page after you opened it.",
            "Compare the two below. Save again to keep what you typed instead of what is stored.",
        )
    return need


def _saved(work: Work, viewer: Viewer, need: Need, page: str) -> Need:
    need.revision += 1
    need.changed_at = work.now()
    work.session.add(need)
    work.record(
        viewer, "need.saved", f"need:{need.id}", thread=need.id, facts={"page": page, "revision": need.revision}
    )
    return need


def _keep(need: Need, page: str, values: Mapping[str, Any]) -> None:
    need.details = {**need.details, page: dict(values)}  # a new object: SQLAlchemy does not look inside JSON


def create(
    work: Work,
    viewer: Viewer,
    *,
    title: str,
    functions: Sequence[str],
    together: bool,
    term_years: int,
    starts_on: date,
) -> Need:
    """A new draft of the viewer's organisation with its first page. Raises Invalid for what cannot be taken."""
    now = work.now()
    organisation = work.session.get(Organisation, viewer.organisation_id)
    if organisation is None:
        raise NotHere("organisation")
    need = Need(
        organisation_id=organisation.id,
        buyer_name=organisation.name,
        created_by=viewer.user_id or viewer.actor[:12],
        created_at=now,
        changed_at=now,
    )
    _check_what(title, functions, term_years, starts_on, to_london(now).date())
    work.session.add(need)
    work.session.flush()
    _put_what(work, need, title, functions, together, term_years, starts_on)
    work.record(viewer, "need.drafted", f"need:{need.id}", thread=need.id, facts={"functions": list(functions)})
    return need


def save_what(
    work: Work,
    viewer: Viewer,
    *,
    need_id: str,
    title: str,
    functions: Sequence[str],
    together: bool,
    term_years: int,
    starts_on: date,
    seen: str | None = None,
) -> Need:
    """Title, functions, lots, term and start.

    What was written about a function that is dropped comes back if it is chosen again.
    """
    need = lock_draft(work, viewer, need_id, page="what", seen=seen)
    _check_what(title, functions, term_years, starts_on, to_london(work.now()).date())
    _put_what(work, need, title, functions, together, term_years, starts_on)
    return _saved(work, viewer, need, "what")


def _check_what(title: str, functions: Sequence[str], term_years: int, starts_on: date, today: date) -> None:
    known = {function.code for function in policy.functions()}
    longest = int(policy.parameter("need_longest_term_years", today).value)
    if not title.strip():
        raise Invalid("Enter a title for the need", field="title")
    if not functions or not set(functions) <= known or len(set(functions)) != len(functions):
        raise Invalid("Choose at least one function", field="functions")
    if not 1 <= term_years <= longest:
        raise Invalid(f"The term must be from 1 to {longest} years", field="term_years")
    if starts_on <= today:
        raise Invalid("The service must start in the future", field="starts_on")


def _put_what(
    work: Work, need: Need, title: str, functions: Sequence[str], together: bool, term_years: int, starts_on: date
) -> None:
    before = queries.draft(work.session, need)
    ordered = [function.code for function in policy.functions() if function.code in set(functions)]
    groups = [tuple(ordered)] if together else [(code,) for code in ordered]
    dropped = {code: dict(details) for code, details in before.functions.items() if code not in ordered and details}
    kept = {**need.details.get("dropped", {}), **dropped}
    money = {lot.functions: lot for lot in before.lots}
    written = {code: dict(before.functions.get(code) or kept.get(code) or {}) for code in ordered}
    _clear_lots(work, need.id)
    for number, group in enumerate(groups, 1):
        old = money.get(group)
        work.session.add(
            NeedLot(
                need_id=need.id,
                number=number,
                ceiling_pence=old.ceiling_pence if old else None,
                floor_pence=old.floor_pence if old else None,
            )
        )
        work.session.add_all(
            NeedFunction(need_id=need.id, function=code, lot=number, details=written[code]) for code in group
        )
    need.title, need.term_years, need.starts_on = title.strip(), term_years, starts_on
    _keep(need, "dropped", kept)
    _keep(need, "what", {"together": together})
    work.session.add(need)
    work.session.flush()


def _clear_lots(work: Work, need_id: str) -> None:
    for table in (NeedFunction, NeedLot):
        for row in work.session.exec(select(table).where(table.need_id == need_id)).all():
            work.session.delete(row)
    work.session.flush()


def save_service(
    work: Work, viewer: Viewer, *, need_id: str, function: str, values: Mapping[str, Any], seen: str | None = None
) -> Need:
    """What is asked of one function.

    Volumes, service_levels, data, systems, staff_note (text), current_cost_pence, staff (int or None).
    """
    page = tasks.SERVICE + function
    need = lock_draft(work, viewer, need_id)
    row = work.session.get(NeedFunction, (need_id, function))
    if row is None:
        raise NotHere(f"function {function} of need {need_id}")
    need = lock_draft(work, viewer, need_id, page=page, seen=seen)
    row.details = dict(values)
    work.session.add(row)
    return _saved(work, viewer, need, page)


def save_requirements(
    work: Work, viewer: Viewer, *, need_id: str, essential: Sequence[str], nice: Sequence[str], seen: str | None = None
) -> Need:
    """Requirements, at most as many and as long as policy says."""
    need = lock_draft(work, viewer, need_id, page="requirements", seen=seen)
    today = to_london(work.now()).date()
    most, words = (
        int(policy.parameter(name, today).value) for name in ("need_requirements_most", "need_requirement_words")
    )
    for kind, field, rows in (("essential", "essential", essential), ("nice-to-have", "nice", nice)):
        if len(rows) > most:
            raise Invalid(
                f"Write at most {most} {kind} requirements, one on a line: there are {len(rows)}", field=field
            )
        for number, row in enumerate(rows, 1):
            count = len(row.split())
            if count > words:
                raise Invalid(
                    f"Requirement {number} has {count} words: shorten it to {words}, or make two of it", field=field
                )
    _keep(need, "requirements", {"essential": list(essential), "nice": list(nice)})
    return _saved(work, viewer, need, "requirements")


def save_budget(
    work: Work,
    viewer: Viewer,
    *,
    need_id: str,
    lots: Mapping[int, tuple[int | None, int | None]],
    population: int | None = None,
    seen: str | None = None,
) -> Need:
    """Ceiling and floor in pence for the whole term of each lot, {number.

    (ceiling, floor)}; people served where the register has none.
    """
    need = lock_draft(work, viewer, need_id, page="budget", seen=seen)
    for row in work.session.exec(select(NeedLot).where(NeedLot.need_id == need_id)).all():
        ceiling, floor = lots.get(row.number, (None, None))
        if ceiling is None or ceiling <= 0:
            raise Invalid("The ceiling must be more than £0", field=f"ceiling_{row.number}")
        if floor is not None and not 0 <= floor < ceiling:
            raise Invalid(
                "The floor must be below the ceiling: it is the price that earns all points for cost",
                field=f"floor_{row.number}",
            )
        row.ceiling_pence, row.floor_pence = ceiling, floor or None
        work.session.add(row)
    _keep(need, "budget", {"population": population} if population else {})
    return _saved(work, viewer, need, "budget")


def save_judging(
    work: Work, viewer: Viewer, *, need_id: str, judging: Mapping[str, Any], seen: str | None = None
) -> Need:
    """How bids are judged, in the form of method.default_judging(). Raises Invalid at the first fault."""
    need = lock_draft(work, viewer, need_id, page="judging", seen=seen)
    for field, sentence in method.problems(judging, queries.lots(work.session, need_id)):
        raise Invalid(sentence, field=field)
    _keep(need, "judging", judging)
    return _saved(work, viewer, need, "judging")


def save_dates(
    work: Work,
    viewer: Viewer,
    *,
    need_id: str,
    questions_until: datetime | None,
    closes_at: datetime,
    accepted: Iterable[str] = (),
    seen: str | None = None,
) -> Need:
    """The last time for questions and the deadline (aware UTC). `accepted`: codes of the warnings that the buyer
    ticked.

    Raises Invalid for a hard fault, and (at the field "accept") while a warning is not accepted.
    """
    need = lock_draft(work, viewer, need_id, page="dates", seen=seen)
    now = work.now()
    for field, sentence in rules.date_problems(
        questions_until=questions_until, closes_at=closes_at, starts_on=need.starts_on, now=now
    ):
        raise Invalid(sentence, field=field)
    warned = {warning.code for warning in rules.closing_warnings(closes_at, bank_holidays(to_london(closes_at).year))}
    if not warned <= set(accepted):
        raise Invalid("Tick that you want this closing time all the same, or choose another", field="accept")
    need.questions_until, need.closes_at = questions_until, closes_at
    _keep(need, "dates", {"accepted": sorted(warned)})
    return _saved(work, viewer, need, "dates")


def save_bidders(
    work: Work,
    viewer: Viewer,
    *,
    need_id: str,
    mode: str,
    kinds: Sequence[str] = (),
    invited: Sequence[str] = (),
    seen: str | None = None,
) -> Need:
    """Who may bid: mode "all", "kinds" (of provider) or "invited" (ids of providers)."""
    need = lock_draft(work, viewer, need_id, page="bidders", seen=seen)
    if mode not in ("all", "kinds", "invited"):
        raise Invalid("Choose who may bid", field="mode")
    if mode == "kinds" and (not kinds or not set(kinds) <= {kind.value for kind in PROVIDERS}):
        raise Invalid("Choose at least one kind of provider", field="kinds")
    if mode == "invited":
        known = {organisation.id for organisation in queries.providers(work.session)}
        if not invited or not set(invited) <= known:
            raise Invalid("Choose at least one provider to invite", field="invited")
    _keep(
        need,
        "bidders",
        {
            "mode": mode,
            "kinds": sorted(kinds) if mode == "kinds" else [],
            "invited": sorted(invited) if mode == "invited" else [],
        },
    )
    return _saved(work, viewer, need, "bidders")
