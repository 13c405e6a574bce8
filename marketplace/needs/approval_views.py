"""From draft to publication: preview, approval, publishing; copying and deleting."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.identity.roles import DRAFT_NEED, PUBLISH_NEED, READ_NEEDS
from marketplace.kit.errors import Invalid
from marketplace.kit.states import WrongStage
from marketplace.needs import actions, copying, notice, queries
from marketplace.needs.blueprint import blueprint
from marketplace.needs.states import PUBLISHED
from marketplace.needs.step_forms import ApprovalForm, ConfirmForm, PublishForm, SendBackForm
from marketplace.web.context import act, database, reading, settings, viewer
from marketplace.web.guards import guard


@blueprint.get("/needs/<need_id>/preview")
@guard(READ_NEEDS)
def preview(need_id: str) -> ResponseReturnValue:
    """The notice as bidders will see it."""
    need = queries.own_need(reading(), viewer(), need_id)
    if need.stage in PUBLISHED:
        return redirect(url_for("public.notice", need_id=need_id))
    now = database().now(reading())
    shown = notice.of_draft(reading(), need, now)
    missing = actions.missing_tasks(queries.draft(reading(), need), now)
    return render_template("needs/preview.html", notice=shown, need=need, now=now, missing=missing)


@blueprint.route("/needs/<need_id>/approval", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def ask_approval(need_id: str) -> ResponseReturnValue:
    """Ask an approver to publish."""
    need = queries.own_need(reading(), viewer(), need_id)
    if need.stage in PUBLISHED and request.method != "POST":
        return _published_already(need_id)
    missing = actions.missing_tasks(queries.draft(reading(), need), database().now(reading()))
    form = ApprovalForm()
    if form.validate_on_submit():
        try:
            with act() as work:
                actions.ask_approval(work, viewer(), need_id=need_id, note=form.note.data, address=settings().address)
            flash("The approvers have a mail. You hear when it is published or sent back.", "success")
            return redirect(url_for("needs.task_list", need_id=need_id), 303)
        except actions.NotReady as refusal:
            form.refuse(refusal)
    body = render_template("needs/approval.html", need=need, form=form, missing=missing)
    return body, 422 if form.is_submitted() else 200


@blueprint.route("/needs/<need_id>/send-back", methods=["GET", "POST"])
@guard(PUBLISH_NEED)
def send_back(need_id: str) -> ResponseReturnValue:
    """Return a need to its drafter."""
    need = queries.own_need(reading(), viewer(), need_id)
    if need.stage in PUBLISHED and request.method != "POST":
        return _published_already(need_id)
    form = SendBackForm()
    if form.validate_on_submit():
        with act() as work:
            actions.send_back(work, viewer(), need_id=need_id, reason=form.reason.data, address=settings().address)
        flash("Sent back. The drafter has a mail with your reason.", "success")
        return redirect(url_for("needs.task_list", need_id=need_id), 303)
    body = render_template("needs/send_back.html", need=need, form=form)
    return body, 422 if form.is_submitted() else 200


@blueprint.route("/needs/<need_id>/publish", methods=["GET", "POST"])
@guard(PUBLISH_NEED)
def publish(need_id: str) -> ResponseReturnValue:
    """The last look, and publication."""
    need = queries.own_need(reading(), viewer(), need_id)
    if need.stage in PUBLISHED:
        return _published_already(need_id)
    now = database().now(reading())
    draft = queries.draft(reading(), need)
    form = PublishForm()
    if form.validate_on_submit():
        try:
            with act() as work:
                actions.publish(work, viewer(), need_id=need_id, address=settings().address)
            flash("Published. Everybody can read it now, and providers can bid.", "success")
            return redirect(url_for("public.notice", need_id=need_id), 303)
        except WrongStage:  # pressed twice, or somebody else was quicker
            return _published_already(need_id)
        except Invalid as refusal:
            form.refuse(refusal)
    missing = actions.missing_tasks(draft, now)
    shown = notice.of_draft(reading(), need, now)
    body = render_template(
        "needs/publish.html", need=need, draft=draft, form=form, missing=missing, notice=shown, now=now
    )
    return body, 422 if form.is_submitted() else 200


def _published_already(need_id: str) -> ResponseReturnValue:
    """An old page or address: the draft that it speaks of is public now."""
    flash("This need is published already: it can be neither changed nor deleted. You can copy it.", "info")
    return redirect(url_for("needs.task_list", need_id=need_id), 303)


@blueprint.post("/needs/<need_id>/copy")
@guard(DRAFT_NEED)
def copy(need_id: str) -> ResponseReturnValue:
    """A new draft like this need."""
    if not ConfirmForm().validate_on_submit():
        return redirect(url_for("needs.task_list", need_id=need_id), 303)
    with act() as work:
        new = copying.copy(work, viewer(), need_id=need_id)
    flash("Copied. The dates are not copied: choose new ones.", "success")
    return redirect(url_for("needs.task_list", need_id=new.id), 303)


@blueprint.route("/needs/<need_id>/delete", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def delete(need_id: str) -> ResponseReturnValue:
    """Delete an unpublished draft, after asking once more."""
    need = queries.own_need(reading(), viewer(), need_id)
    if need.stage in PUBLISHED and request.method != "POST":
        return _published_already(need_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with act() as work:
            copying.delete(work, viewer(), need_id=need_id)
        flash("The draft is deleted.", "success")
        return redirect(url_for("needs.mine"), 303)
    return render_template("needs/delete.html", need=need, form=form)
