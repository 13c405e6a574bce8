"""Checking, submitting and withdrawing a bid; its receipts and versions."""

import json
from uuid import uuid4

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import policy
from marketplace.bids import access, actions, draft, drafting, forms, judging, queries
from marketplace.bids.blueprint import blueprint
from marketplace.bids.draft_views import filled, may_change, open_page, to_page
from marketplace.bids.offer import CLIENT_SIDE, ONE_OFFS, parse
from marketplace.identity.roles import READ_OWN_BID, WRITE_BID
from marketplace.kit.errors import Refusal
from marketplace.needs.queries import published_need
from marketplace.scoring.answer_values import read_answers, value_words
from marketplace.scoring.canonical import decimal_text
from marketplace.web.context import act, database, reading, settings, viewer
from marketplace.web.guards import guard


def _check_page(bid_id: str, form: forms.DraftForm | None = None, status: int = 200) -> ResponseReturnValue:
    stored, need = open_page(bid_id)
    form = form or filled(forms.SubmitForm, stored, {})
    live = stored.bid.live_version
    page = render_template(
        "bids/check.html",
        form=form,
        bid=stored.bid,
        need=need,
        open_now=may_change(need),
        now=database().now(reading()),
        gaps=[(gap.text, to_page(bid_id, gap.page)) for gap in draft.missing(stored.content, need.method)],
        lots=queries.check_lots(reading(), need, stored.content),
        where=lambda each: to_page(bid_id, draft.page_of(each)),
        next_level=judging.next_level,
        policy=policy,
        same=live is not None and _same(bid_id, live, stored),
    )
    return page, status


def _same(bid_id: str, live: int, stored: access.Draft) -> bool:
    """Whether the live version says what the draft says, so that submitting it again would change nothing."""
    _version, content = access.own_version(reading(), viewer(), bid_id, live)
    return stored.complete_revision == stored.bid.revision and json.loads(content)["offer"] == stored.complete


@blueprint.get("/bids/<bid_id>/check")
@guard(READ_OWN_BID)
def check(bid_id: str) -> ResponseReturnValue:
    """What is missing, the evaluated cost, and the bidder's own estimate."""
    return _check_page(bid_id)


@blueprint.post("/bids/<bid_id>/submit")
@guard(WRITE_BID)
def submit(bid_id: str) -> ResponseReturnValue:
    """Submit or replace. The same form sent twice leads to the same receipt."""
    form = filled(forms.SubmitForm, open_page(bid_id)[0], {})
    if not form.validate_on_submit():
        return _check_page(bid_id, form, 422)
    key = form["key"].data
    try:
        prepared = actions.prepare(reading(), viewer(), bid_id, key=key, revision=form.seen)
        if isinstance(prepared, actions.Prepared):
            with act() as work:
                receipt = actions.submit(
                    work, viewer(), prepared, key=key, revision=form.seen, address=settings().address
                )
        else:
            receipt = prepared
    except Refusal as refusal:
        fresh = filled(forms.SubmitForm, open_page(bid_id)[0], {})
        fresh.revision.data, fresh["key"].data = str(open_page(bid_id)[0].bid.revision), uuid4().hex
        fresh.refuse(refusal)
        return _check_page(bid_id, fresh, refusal.status)
    return redirect(url_for("bids.version", bid_id=bid_id, number=receipt.version), 303)


@blueprint.get("/bids/<bid_id>/versions/<int:number>")
@guard(READ_OWN_BID)
def version(bid_id: str, number: int) -> ResponseReturnValue:
    """The receipt of one version, and what it says."""
    bid = access.own_bid(reading(), viewer(), bid_id)
    receipt, content = access.own_version(reading(), viewer(), bid_id, number)
    document = json.loads(content)["offer"]
    need = published_need(reading(), bid.need_id)
    return render_template(
        "bids/version.html",
        bid=bid,
        need=need,
        version=receipt,
        offer=parse(document),
        one_offs={**ONE_OFFS, CLIENT_SIDE: "The buyer's own management, a year"},
        policy=policy,
        indicators=[policy.indicator(each) for each in draft.asked_indicators(need.method)],
        said=_said(document["answers"]),
        open_now=may_change(need),
        percent=lambda share: f"{decimal_text(share * 100)}%",
        form=None,
    )


def _said(answers: dict[str, object]) -> dict[str, list[tuple[str, str]]]:
    """The answers in words, by indicator: (question, answer)."""
    values = read_answers(answers)
    fields = policy.answer_fields()
    found: dict[str, list[tuple[str, str]]] = {}
    for key, value in values.items():
        spec, field = fields[key]
        found.setdefault(spec.id, []).append((field.label, value_words(field, value)))
    return found


@blueprint.get("/bids/<bid_id>/versions/<int:number>/envelope.json")
@guard(READ_OWN_BID)
def envelope(bid_id: str, number: int) -> ResponseReturnValue:
    """The sealed text itself: its SHA-256 is the digest on the receipt."""
    receipt, content = access.own_version(reading(), viewer(), bid_id, number)
    name = f"{receipt.receipt}.json"
    return Response(
        content,
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@blueprint.route("/bids/<bid_id>/withdraw", methods=["GET", "POST"])
@guard(WRITE_BID)
def withdraw(bid_id: str) -> ResponseReturnValue:
    """Withdraw, after a page that says what it means."""
    stored, need = open_page(bid_id)
    form = forms.PressForm()
    if request.method == "POST" and form.validate_on_submit():
        with act() as work:
            actions.withdraw(work, viewer(), bid_id=bid_id, address=settings().address)
        flash("Your bid was withdrawn. It will not be opened.", "success")
        return redirect(to_page(bid_id, ""), 303)
    if not drafting.may_withdraw(stored.bid) or not may_change(need):
        return redirect(to_page(bid_id, ""), 303)
    return render_template("bids/withdraw.html", form=form, bid=stored.bid, need=need)


@blueprint.post("/bids/<bid_id>/at-closing")
@guard(WRITE_BID)
def at_closing(bid_id: str) -> ResponseReturnValue:
    """Tick or untick "submit my last complete version at closing"."""
    wanted = request.form.get("wanted") == "yes"
    if forms.PressForm().validate_on_submit():
        with act() as work:
            drafting.ask_at_closing(work, viewer(), bid_id=bid_id, wanted=wanted)
        flash(
            "Your last complete draft will be submitted when bidding closes."
            if wanted
            else "Nothing will be submitted for you at closing.",
            "success",
        )
    return redirect(to_page(bid_id, ""), 303)
