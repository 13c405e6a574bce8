"""The life of a need: asked for approval, sent back, published, closed, opened, scored."""

from datetime import datetime, timedelta
from typing import Any

from marketplace import policy
from marketplace.identity import queries as people
from marketplace.identity.models import Organisation
from marketplace.identity.roles import Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.clock import to_london
from marketplace.kit.database import lock_row
from marketplace.kit.errors import Invalid, NotHere
from marketplace.needs import method, queries, search, tasks, wording
from marketplace.needs.calendar import bank_holidays
from marketplace.needs.drafting import lock_draft
from marketplace.needs.models import Need
from marketplace.needs.states import NEED_STAGES, Stage
from marketplace.notices.actions import send
from marketplace.register import queries as register


class NotReady(Invalid):
    """The need lacks something that bidders rely on; `missing` has the tasks that say what."""

    def __init__(self, missing: list[tasks.Task]) -> None:
        first = missing[0]
        super().__init__(
            "This need is not complete yet.",
            f"{first.title}: {first.problems[0]}.",
            "Open the pages marked “to do” in the task list."
            if len(missing) > 1
            else "Open that page and complete it.",
        )
        self.missing = missing


def lock(work: Work, need_id: str) -> Need:
    """The need, locked until the end of the transaction: bids and the closing take this same lock. Raises NotHere."""
    need: Need | None = lock_row(work.session, Need, need_id)
    if need is None:
        raise NotHere(f"need {need_id}")
    return need


def _own(work: Work, viewer: Viewer, need_id: str) -> Need:
    lock(work, need_id)
    return queries.own_need(work.session, viewer, need_id)


def missing_tasks(draft: tasks.Draft, now: datetime) -> list[tasks.Task]:
    """The pages that still lack something at `now`."""
    year = to_london(draft.closes_at or now).year
    return [task for task in tasks.tasks(draft, now, bank_holidays(year)) if task.status == "todo"]


def _require_complete(work: Work, need: Need, now: datetime, *, short_notice: bool = False) -> tasks.Draft:
    draft = queries.draft(work.session, need)
    missing = missing_tasks(draft, now)
    if short_notice and need.closes_at is not None and need.closes_at > now:
        missing = [task for task in missing if task.page != "dates"]
    if missing:
        raise NotReady(missing)
    return draft


def ask_approval(work: Work, viewer: Viewer, *, need_id: str, note: str = "", address: str = "") -> Need:
    """Hand a complete draft to the approvers with a note.

    They get a mail. `address`: the site's, for the link in it.
    """
    need = lock_draft(work, viewer, need_id)
    _require_complete(work, need, work.now())
    NEED_STAGES.move(need, Stage.REVIEW)
    _note(work, need, {"note": note, "asked_by": viewer.user_id, "asked_by_name": viewer.name})
    work.record(viewer, "need.approval_asked", f"need:{need.id}", thread=need.id)
    _mail(work, need, (Role.APPROVER,), "approval", wording.approval_asked(need, viewer.name, note, address))
    return need


def send_back(work: Work, viewer: Viewer, *, need_id: str, reason: str, address: str = "") -> Need:
    """Return a need to its drafter with a reason."""
    need = _own(work, viewer, need_id)
    if not reason.strip():
        raise Invalid("Say what has to change before you can publish it", field="reason")
    NEED_STAGES.move(need, Stage.DRAFT)
    asked_by = need.details.get("approval", {}).get("asked_by")
    _note(work, need, {"reason": reason, "returned_by_name": viewer.name})
    work.record(viewer, "need.sent_back", f"need:{need.id}", thread=need.id)
    _mail(
        work,
        need,
        (Role.MANAGER, Role.APPROVER),
        "returned",
        wording.sent_back(need, viewer.name, reason, address),
        only=asked_by,
    )
    return need


def _note(work: Work, need: Need, values: dict[str, Any]) -> None:
    need.details = {**need.details, "approval": values}
    need.revision += 1
    need.changed_at = work.now()
    work.session.add(need)


def publish(work: Work, viewer: Viewer, *, need_id: str, address: str = "", short_notice: bool = False) -> Need:
    """Publish a complete need: everything is checked again, the register's figures are copied, the method is frozen
    with its hash.

    `short_notice` leaves out the least time that bidding is open and the warnings about the date; only the example
    market uses it. Raises NotReady, WrongStage, NotHere.
    """
    need = _own(work, viewer, need_id)
    with work.session.no_autoflush:  # a stage and its facts reach the database together: a CHECK constraint ties them
        NEED_STAGES.move(need, Stage.OPEN)
        now = work.now()
        draft = _require_complete(work, need, now, short_notice=short_notice)
        if draft.population is None or draft.term_years is None:
            raise NotReady(missing_tasks(draft, now))
        need.method = method.build(
            title=need.title,
            population=draft.population,
            term_years=draft.term_years,
            lots=draft.lots,
            judging=draft.judging,
        )
        method.check(need.method)
        need.method_hash = method.method_hash(need.method)
        _copy_facts(work, need, draft, now)
        need.published_at, need.published_by, need.changed_at = now, viewer.user_id or viewer.actor[:12], now
        need.next_due = need.closes_at
        need.revision += 1
        work.session.add(need)
    work.session.flush()
    search.put(work.session, need.id, need.search_text)
    work.record(
        viewer,
        "need.published",
        f"need:{need.id}",
        thread=need.id,
        facts={
            "title": need.title,
            "closes_at": need.closes_at,
            "method_hash": need.method_hash,
            "method_version": need.method_version,
            "lots": len(draft.lots),
            "total_ceiling_pence": need.total_ceiling_pence,
        },
    )
    _mail(
        work,
        need,
        (Role.MANAGER, Role.APPROVER, Role.EVALUATOR),
        "published",
        wording.published(need, viewer.name, address),
    )
    for organisation_id in draft.bidders.get("invited", ()):
        _mail(work, need, (Role.BIDDER,), "invited", wording.invited(need, address), organisation_id=organisation_id)
    return need


def _copy_facts(work: Work, need: Need, draft: tasks.Draft, now: datetime) -> None:
    """An old page must explain itself when the register has moved on."""
    organisation = work.session.get(Organisation, need.organisation_id)
    if organisation is None:
        raise NotHere("organisation")
    body = register.body(work.session, organisation.register_code) if organisation.register_code else None
    allowance = queries.allowance(work.session, organisation, to_london(now).date())
    need.buyer_name, need.population = organisation.name, draft.population
    need.region = body.region if body else need.region
    need.allowance_pence = allowance[0] if allowance else None
    need.total_ceiling_pence = sum(lot.ceiling_pence or 0 for lot in draft.lots)
    need.functions = f" {' '.join(draft.functions)} "
    need.search_text = search_text(need, draft)


def search_text(need: Need, draft: tasks.Draft) -> str:
    """What the public search looks through, lower case: title, buyer, region, functions, volumes, requirements."""
    parts = [need.title, need.buyer_name, need.region]
    for code, details in draft.functions.items():
        parts += [policy.function(code).name, details.get("volumes", ""), details.get("service_levels", "")]
    wishes = draft.details.get("requirements", {})
    parts += [*wishes.get("essential", ()), *wishes.get("nice", ())]
    return "\n".join(part for part in parts if part).lower()


def mark_closed(work: Work, viewer: Viewer, need: Need) -> None:
    """The deadline has passed and every bid in time is in. The opening is due at once. Call under `lock()`."""
    NEED_STAGES.move(need, Stage.CLOSED)
    need.closed_at = need.next_due = work.now()
    work.session.add(need)
    work.record(viewer, "need.closed", f"need:{need.id}", thread=need.id)
    work.nudge("need", need.id)


def mark_opened(work: Work, viewer: Viewer, need: Need) -> None:
    """The bids are open to the buyer. The scoring is due at once. Call under `lock()`."""
    NEED_STAGES.move(need, Stage.OPENED)
    need.opened_at = need.next_due = work.now()
    work.session.add(need)
    work.record(viewer, "need.opened", f"need:{need.id}", thread=need.id)
    work.nudge("need", need.id)


def mark_scored(work: Work, viewer: Viewer, need: Need) -> None:
    """Every lot is scored; nothing is due any more. Call under `lock()`."""
    NEED_STAGES.move(need, Stage.SCORED)
    need.scored_at, need.next_due = work.now(), None
    work.session.add(need)
    work.record(viewer, "need.scored", f"need:{need.id}", thread=need.id, facts={"method_hash": need.method_hash})


def postpone(work: Work, need: Need, by: timedelta) -> None:
    """Ask the worker again later: after a failed attempt. Call under `lock()`."""
    need.next_due = work.now() + by
    work.session.add(need)


def _mail(
    work: Work,
    need: Need,
    roles: tuple[Role, ...],
    kind: str,
    words: tuple[str, str],
    *,
    only: str | None = None,
    organisation_id: str | None = None,
) -> None:
    """One mail to each active person of the roles (only the one named by `only`, when that person is still there)."""
    found = people.people(work.session, organisation_id or need.organisation_id, roles)
    chosen = [person for person in found if person.id == only] or list(found)
    subject, text = words
    for person in chosen:
        send(
            work,
            stable_id=f"need-{kind}:{need.id}:{need.revision}:{person.id}",
            to=person.email,
            subject=subject,
            text=text,
            kind=f"need.{kind}",
        )
