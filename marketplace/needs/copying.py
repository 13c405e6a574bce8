"""Copying a need into a new draft, and deleting a draft."""

import sqlalchemy as sa
from sqlmodel import col, select

from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.needs import queries
from marketplace.needs.drafting import lock_draft
from marketplace.needs.models import Need, NeedDocument, NeedFunction, NeedLot

_COPIED = ("what", "requirements", "budget", "judging", "bidders")


def copy(work: Work, viewer: Viewer, *, need_id: str) -> Need:
    """A new draft like an earlier need of the same buyer. Dates are not copied; its documents' current versions are."""
    old = queries.own_need(work.session, viewer, need_id)
    now = work.now()
    new = Need(
        organisation_id=old.organisation_id,
        buyer_name=old.buyer_name,
        title=f"Copy of {old.title}"[:160],
        term_years=old.term_years,
        details={page: old.details[page] for page in _COPIED if page in old.details},
        copied_from=old.id,
        created_by=viewer.user_id or "",
        created_at=now,
        changed_at=now,
    )
    work.session.add(new)
    work.session.flush()
    for lot in work.session.exec(select(NeedLot).where(NeedLot.need_id == old.id)).all():
        work.session.add(
            NeedLot(need_id=new.id, number=lot.number, ceiling_pence=lot.ceiling_pence, floor_pence=lot.floor_pence)
        )
    for row in queries.function_rows(work.session, old.id):
        work.session.add(NeedFunction(need_id=new.id, function=row.function, lot=row.lot, details=dict(row.details)))
    documents = select(NeedDocument).where(NeedDocument.need_id == old.id, col(NeedDocument.dropped).is_(False))
    for document in work.session.exec(documents).all():
        values = document.model_dump(exclude={"id", "need_id", "version", "added_at", "added_by"})
        work.session.add(NeedDocument(**values, need_id=new.id, version=1, added_at=now, added_by=viewer.user_id or ""))
    work.record(viewer, "need.copied", f"need:{new.id}", thread=new.id, facts={"from": old.id})
    return new


def delete(work: Work, viewer: Viewer, *, need_id: str) -> None:
    """Delete an unpublished draft with all that was written for it. The journal keeps that there was one."""
    need = lock_draft(work, viewer, need_id)
    title = need.title
    for table in (NeedDocument, NeedFunction, NeedLot):
        work.session.connection().execute(sa.delete(table).where(col(table.need_id) == need_id))
    work.session.expire_all()
    work.session.delete(work.session.get(Need, need_id))
    work.record(viewer, "need.deleted", f"need:{need_id}", thread=need_id, facts={"title": title})
