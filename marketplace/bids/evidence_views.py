"""Evidence for answers: a list, and for each indicator a document or a link."""

from io import BytesIO
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from marketplace import policy
from marketplace.bids import access, draft, drafting, forms
from marketplace.bids.blueprint import blueprint
from marketplace.bids.draft_views import filled, may_change, open_page, to_page
from marketplace.identity.roles import READ_OWN_BID, WRITE_BID
from marketplace.kit.errors import Invalid, NotHere, Refusal
from marketplace.kit.uploads import ACCEPT, ALLOWED, check_upload
from marketplace.needs.models import Need
from marketplace.web.context import act, reading, settings, viewer
from marketplace.web.guards import guard


def _wanted(need: Need) -> list[policy.IndicatorSpec]:
    return [
        policy.indicator(each) for each in draft.asked_indicators(need.method) if policy.indicator(each).needs_evidence
    ]


@blueprint.get("/bids/<bid_id>/evidence")
@guard(READ_OWN_BID)
def evidence(bid_id: str) -> ResponseReturnValue:
    """What backs which answer."""
    stored, need = open_page(bid_id)
    return render_template(
        "bids/evidence.html",
        bid=stored.bid,
        need=need,
        content=stored.content,
        indicators=_wanted(need),
        open_now=may_change(need),
        cap=policy.evidence_cap(),
        form=None,
    )


@blueprint.route("/bids/<bid_id>/evidence/<indicator>", methods=["GET", "POST"])
@guard(WRITE_BID)
def evidence_for(bid_id: str, indicator: str) -> ResponseReturnValue:
    """Add a document or a link for one answer, in place of what there was."""
    stored, need = open_page(bid_id)
    spec = next((each for each in _wanted(need) if each.id == indicator), None)
    if spec is None:
        raise NotHere(indicator)
    if not may_change(need):
        flash("Bidding has closed: the bid cannot be changed any more.", "info")
        return redirect(to_page(bid_id, ""), 303)
    form, status = filled(forms.EvidenceForm, stored, {}), 200
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                _attach(bid_id, indicator, form)
                flash(f"The evidence for {indicator} is stored.", "success")
                return redirect(url_for("bids.evidence", bid_id=bid_id), 303)
            except drafting.StaleDraft as refusal:
                status = refusal.status
                form.revision.data = str(open_page(bid_id)[0].bid.revision)
                form.refuse(refusal)
            except Invalid as refusal:
                form.refuse(refusal)
    page = render_template(
        "bids/evidence_for.html",
        form=form,
        bid=stored.bid,
        need=need,
        spec=spec,
        given=stored.content["evidence"].get(indicator),
        allowed=ALLOWED,
        accept=ACCEPT,
        most=settings().upload_megabytes,
        cap=policy.evidence_cap(),
    )
    return page, status


def _attach(bid_id: str, indicator: str, form: forms.DraftForm) -> None:
    """Store the one thing that was given. Raises Invalid for none or two."""
    file, url = form["document"].data, form["url"].data
    if bool(file) == bool(url):
        raise Invalid(
            "Give either a document or a link, not both." if file else "Choose a document or give a link.",
            field="document" if not file else "url",
        )
    where: dict[str, Any] = {"bid_id": bid_id, "revision": form.seen, "indicator": indicator}
    if not file:
        with act() as work:
            drafting.attach_link(work, viewer(), url=url, **where)
        return
    most = settings().upload_megabytes * 1024 * 1024
    upload = check_upload(file.filename or "", file.stream.read(most + 1), most_bytes=most, field="document")
    with act() as work:
        drafting.attach_document(work, viewer(), upload=upload, **where)


@blueprint.post("/bids/<bid_id>/evidence/<indicator>/remove")
@guard(WRITE_BID)
def remove_evidence(bid_id: str, indicator: str) -> ResponseReturnValue:
    """Take the evidence away from an answer."""
    form = forms.DraftForm()
    try:
        if form.validate_on_submit():
            with act() as work:
                drafting.remove_evidence(work, viewer(), bid_id=bid_id, revision=form.seen, indicator=indicator)
            flash(f"The evidence for {indicator} was removed. Versions submitted before keep it.", "success")
    except Refusal as refusal:
        flash(str(refusal), "warning")
    return redirect(url_for("bids.evidence", bid_id=bid_id), 303)


@blueprint.get("/bids/<bid_id>/documents/<document_id>")
@guard(READ_OWN_BID)
def document(bid_id: str, document_id: str) -> ResponseReturnValue:
    """One's own document, always as a download."""
    file = access.own_document(reading(), viewer(), bid_id, document_id)
    return send_file(
        BytesIO(file.content), mimetype=file.media_type, as_attachment=True, download_name=file.name, max_age=0
    )
