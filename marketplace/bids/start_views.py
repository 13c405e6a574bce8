"""Before a bid: whether you can bid, and whether you mean to. And the list of your bids."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.bids import drafting, queries, rules
from marketplace.bids.blueprint import blueprint
from marketplace.bids.forms import IntentionForm, PressForm
from marketplace.identity.roles import PUBLIC, READ_OWN_BID, WRITE_BID
from marketplace.kit.errors import Refusal
from marketplace.needs.queries import lots, published_need
from marketplace.web.context import act, database, reading, viewer
from marketplace.web.guards import guard


def _start_page(need_id: str, form: IntentionForm | None, status: int = 200) -> ResponseReturnValue:
    session, who = reading(), viewer()
    need, now = published_need(session, need_id), database().now(session)
    barred = rules.why_not(
        who,
        need,
        now,
        buyer_id=need.organisation_id,
        bidders=need.details.get("bidders", {}),
        standing=queries.standing(session, who),
    )
    said = queries.own_intention(session, who, need_id)
    if form is None:
        form = IntentionForm(
            formdata=None,
            data={
                "intends": ("yes" if said.intends else "no") if said else None,
                "reason": said.reason if said else "",
            },
        )
    page = render_template(
        "bids/start.html",
        need=need,
        now=now,
        barred=barred,
        lots=lots(session, need_id),
        said=said,
        intention=form,
        bid_id=queries.own_bid_for(session, who, need_id),
        form=form if form.problems else None,
    )
    return page, status


@blueprint.get("/needs/<need_id>/bid")
@guard(PUBLIC)
def start(need_id: str) -> ResponseReturnValue:
    """Whether the viewer can bid, or the exact reason why not."""
    return _start_page(need_id, None)


@blueprint.post("/needs/<need_id>/bid")
@guard(WRITE_BID)
def start_now(need_id: str) -> ResponseReturnValue:
    """Start the draft, or go on with the one there is."""
    if not PressForm().validate_on_submit():
        return _start_page(need_id, None, 422)
    with act() as work:
        bid = drafting.start(work, viewer(), need_id=need_id)
    return redirect(url_for("bids.task_list", bid_id=bid.id), 303)


@blueprint.post("/needs/<need_id>/bid/intention")
@guard(WRITE_BID)
def say_intention(need_id: str) -> ResponseReturnValue:
    """Say whether the organisation means to bid."""
    form = IntentionForm()
    if not form.validate_on_submit():
        return _start_page(need_id, form, 422)
    try:
        with act() as work:
            drafting.say_intention(
                work, viewer(), need_id=need_id, intends=form.intends.data == "yes", reason=form.reason.data or ""
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _start_page(need_id, form, refusal.status)
    flash("Thank you. The buyer sees what you said after bidding has closed.", "success")
    return redirect(url_for("bids.start", need_id=need_id), 303)


@blueprint.get("/bids")
@guard(READ_OWN_BID)
def mine() -> ResponseReturnValue:
    """All bids of the organisation."""
    session = reading()
    return render_template("bids/mine.html", bids=queries.mine(session, viewer()), now=database().now(session))
