"""Files that a buyer adds to a draft: versions, dropping, reading."""

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.errors import Invalid, NotHere
from marketplace.kit.uploads import check_upload
from marketplace.needs.drafting import lock_draft
from marketplace.needs.models import NeedDocument
from marketplace.scoring.canonical import sha256_hex

MOST_DOCUMENTS = 30


def add(
    work: Work, viewer: Viewer, *, need_id: str, title: str, file_name: str, content: bytes, most_bytes: int
) -> NeedDocument:
    """Add a file to a draft. A title that is there already gets a new version; the old one stays readable for the
    team.

    Raises Invalid for a file whose content is not of an allowed kind, or is the current version again.
    """
    upload = check_upload(file_name, content, most_bytes=most_bytes)
    need = lock_draft(work, viewer, need_id)
    earlier = [row for row in every(work.session, need_id) if row.title.casefold() == title.casefold()]
    digest = sha256_hex(upload.content)
    if any(row.sha256 == digest and not row.dropped for row in earlier):
        raise Invalid("This very file is there already under this title.", field="file")
    if not earlier and len({row.title for row in every(work.session, need_id)}) >= MOST_DOCUMENTS:
        raise Invalid(
            f"A need can have at most {MOST_DOCUMENTS} documents.",
            "",
            "Drop one, or join several into one file.",
            field="file",
        )
    for row in earlier:
        row.dropped = True
        work.session.add(row)
    document = NeedDocument(
        need_id=need_id,
        title=earlier[0].title if earlier else title,
        version=max((row.version for row in earlier), default=0) + 1,
        file_name=upload.name,
        media_type=upload.media_type,
        size=len(upload.content),
        sha256=digest,
        content=upload.content,
        added_by=viewer.user_id or "",
        added_at=work.now(),
    )
    work.session.add(document)
    need.changed_at = work.now()
    work.session.add(need)
    work.record(
        viewer,
        "need.document_added",
        f"need:{need_id}",
        thread=need_id,
        facts={
            "document": document.id,
            "title": document.title,
            "version": document.version,
            "sha256": digest,
            "bytes": document.size,
        },
    )
    return document


def drop(work: Work, viewer: Viewer, *, need_id: str, document_id: str) -> NeedDocument:
    """Take a document out of the draft. It stays in the list of old versions."""
    need = lock_draft(work, viewer, need_id)
    document = find(work.session, need_id, document_id)
    document.dropped = True
    need.changed_at = work.now()
    work.session.add_all((document, need))
    work.record(
        viewer,
        "need.document_dropped",
        f"need:{need_id}",
        thread=need_id,
        facts={
            "document": document.id,
            "title": document.title,
            "version": document.version,
        },
    )
    return document


def every(session: Session, need_id: str) -> list[NeedDocument]:
    """All versions of all documents of a need, without their content; by title, newest version first."""
    found = select(NeedDocument).where(NeedDocument.need_id == need_id).options(defer(NeedDocument.content))  # type: ignore[arg-type]
    return list(session.exec(found.order_by(sa.func.lower(NeedDocument.title), col(NeedDocument.version).desc())))


def current(session: Session, need_id: str) -> list[NeedDocument]:
    """What bidders see: the current version of each document, without content."""
    return [row for row in every(session, need_id) if not row.dropped]


def find(session: Session, need_id: str, document_id: str, *, public: bool = False) -> NeedDocument:
    """One document with its content; with `public` only a current one. Raises NotHere."""
    document = session.get(NeedDocument, document_id)
    if document is None or document.need_id != need_id or (public and document.dropped):
        raise NotHere(f"document {document_id}")
    return document
