"""The outbox: what the operator sees of mails, and what everybody sees in an example market."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from marketplace.accounts.blueprints import identity, operator
from marketplace.accounts.forms import PressForm
from marketplace.accounts.organisation_views import asked_page
from marketplace.identity.roles import PUBLIC, RUN_SITE
from marketplace.kit.errors import NotHere
from marketplace.notices import actions, queries
from marketplace.web.context import act, reading, settings, viewer
from marketplace.web.guards import guard
from marketplace.web.pages import at


@operator.get("/outbox")
@guard(RUN_SITE)
def outbox() -> ResponseReturnValue:
    failed = request.args.get("state") == "failed"
    page = queries.outbox(reading(), page=asked_page(), failed_only=failed)
    return render_template(
        "operator/outbox.html",
        form=None,
        page=page,
        failed=failed,
        state=queries.state,
        counts=queries.counts(reading()),
    )


@operator.get("/outbox/<mail_id>")
@guard(RUN_SITE)
def mail(mail_id: str) -> ResponseReturnValue:
    found = queries.mail(reading(), mail_id)
    hidden = found.secret and not settings().example_market
    return render_template("operator/mail.html", form=None, mail=found, state=queries.state(found), hidden=hidden)


@operator.post("/outbox/<mail_id>/again")
@guard(RUN_SITE)
def mail_again(mail_id: str) -> ResponseReturnValue:
    who = viewer()
    if PressForm().validate_on_submit():
        with act() as work:
            actions.try_again(work, who, mail_id=mail_id)
        flash("The mail is tried again.", "success")
    return redirect(at(f"/operator/outbox/{mail_id}"), 303)


@identity.get("/demo/outbox")
@guard(PUBLIC)
def demo_outbox() -> ResponseReturnValue:
    _only_in_example()
    page = queries.outbox(reading(), page=asked_page())
    return render_template("identity/demo_outbox.html", form=None, page=page, state=queries.state)


@identity.get("/demo/outbox/<mail_id>")
@guard(PUBLIC)
def demo_mail(mail_id: str) -> ResponseReturnValue:
    _only_in_example()
    return render_template("identity/demo_mail.html", form=None, mail=queries.mail(reading(), mail_id))


def _only_in_example() -> None:
    """Every mail with its links is public here: only where everything is made up. Elsewhere the page does not exist."""
    if not settings().example_market:
        raise NotHere("outbox")
