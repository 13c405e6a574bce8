"""The page of a draft for documents, and reading them as their buyer."""

from io import BytesIO

from flask import flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from marketplace.identity.roles import DRAFT_NEED, READ_NEEDS
from marketplace.kit.errors import Invalid
from marketplace.kit.uploads import ACCEPT, ALLOWED
from marketplace.needs import documents as files
from marketplace.needs import queries
from marketplace.needs.blueprint import blueprint
from marketplace.needs.drafting import refuse_unless_draft
from marketplace.needs.models import NeedDocument
from marketplace.needs.states import Stage
from marketplace.needs.step_forms import ConfirmForm, DocumentForm
from marketplace.web.context import act, reading, settings, viewer
from marketplace.web.guards import guard


@blueprint.route("/needs/<need_id>/documents", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def documents(need_id: str) -> ResponseReturnValue:
    """Add and drop files."""
    need = queries.own_need(reading(), viewer(), need_id)
    form = DocumentForm()
    if form.is_submitted():
        refuse_unless_draft(need)
    megabytes = settings().upload_megabytes
    if form.validate_on_submit():
        try:
            with act() as work:
                added = files.add(
                    work,
                    viewer(),
                    need_id=need_id,
                    title=form.title.data,
                    file_name=form.file.data.filename or "",
                    content=form.file.data.read(),
                    most_bytes=megabytes * 1024 * 1024,
                )
            flash(f"Added: {added.title}, version {added.version}.", "success")
            return redirect(url_for("needs.documents", need_id=need_id), 303)
        except Invalid as refusal:
            form.refuse(refusal)
    rows = files.every(reading(), need_id)
    body = render_template(
        "needs/documents.html",
        need=need,
        form=form,
        allowed=ALLOWED,
        accept=ACCEPT,
        megabytes=megabytes,
        current=[row for row in rows if not row.dropped],
        old=[row for row in rows if row.dropped],
        is_draft=need.stage is Stage.DRAFT,
    )
    return body, 422 if form.is_submitted() else 200


@blueprint.post("/needs/<need_id>/documents/<document_id>/drop")
@guard(DRAFT_NEED)
def drop_document(need_id: str, document_id: str) -> ResponseReturnValue:
    """Take a document out of the draft."""
    if ConfirmForm().validate_on_submit():
        with act() as work:
            dropped = files.drop(work, viewer(), need_id=need_id, document_id=document_id)
        flash(f"Taken out: {dropped.title}.", "success")
    return redirect(url_for("needs.documents", need_id=need_id), 303)


@blueprint.get("/needs/<need_id>/documents/<document_id>")
@guard(READ_NEEDS)
def document(need_id: str, document_id: str) -> Response:
    """Any version of a document, for the buyer's own team."""
    queries.own_need(reading(), viewer(), need_id)
    return download(files.find(reading(), need_id, document_id))


def download(found: NeedDocument) -> Response:
    """A file, always to be saved and never shown inside the site."""
    answer = send_file(
        BytesIO(found.content),
        mimetype=found.media_type,
        as_attachment=True,
        download_name=found.file_name,
        etag=found.sha256,
    )
    answer.headers["Content-Security-Policy"] = "sandbox"
    return answer
