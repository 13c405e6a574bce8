"""Links in mails: taking up an invitation, a new password, confirming an address. And asking for a new password."""

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from marketplace.accounts import sessions as browser
from marketplace.accounts.blueprints import identity
from marketplace.accounts.forms import ChoosePasswordForm, FirstPasswordForm, ResetForm
from marketplace.identity import joining, links, own, queries, sessions
from marketplace.identity.models import LinkPurpose, MailLink
from marketplace.identity.passwords import check_new
from marketplace.identity.roles import PUBLIC, PUBLIC_FORM
from marketplace.journal.work import Work
from marketplace.kit.errors import Invalid
from marketplace.policy.service import service_policy
from marketplace.web import limits
from marketplace.web.context import act, database, reading, settings
from marketplace.web.guards import guard
from marketplace.web.pages import at


@identity.get("/reset")
@guard(PUBLIC)
def reset() -> ResponseReturnValue:
    return render_template("identity/reset.html", form=ResetForm(formdata=None))


@identity.post("/reset")
@guard(PUBLIC_FORM)
def reset_now() -> ResponseReturnValue:
    form = ResetForm()
    if not form.validate_on_submit():
        return render_template("identity/reset.html", form=form), 422
    policy = service_policy()
    limits.check("mail from", policy.tries_mail_from_one_place)
    limits.check("mail to", policy.tries_mail_to_one_address, form.email.data.lower())
    with act() as work:
        own.ask_for_reset(work, email=form.email.data, address=settings().address)
    return render_template("identity/look_in_mail.html", email=form.email.data, again="/reset")


@identity.get("/link/<token>")
@guard(PUBLIC)
def link(token: str) -> ResponseReturnValue:
    found = links.look_at(reading(), token, database().now(reading()))
    return _page(found, _form(found, blank=True))


@identity.post("/link/<token>")
@guard(PUBLIC_FORM)
def link_now(token: str) -> ResponseReturnValue:
    found = links.look_at(reading(), token, database().now(reading()))
    form = _form(found)
    if not form.validate_on_submit():
        return _page(found, form), 422
    email, name = _whose(found)
    try:
        check_new(form.password.data, email=email, name=name)
    except Invalid as refusal:
        form.refuse(refusal)
        return _page(found, form), 422
    password_hash = browser.passwords().hash(form.password.data)  # outside the transaction: it is slow on purpose
    with act() as work:
        used = links.use(work, token)
        if used.purpose is LinkPurpose.JOIN:
            user, organisation = joining.confirm_joining(
                work, used, password_hash=password_hash, address=settings().address
            )
            return render_template("identity/waiting.html", name=user.name, organisation=organisation.name)
        secret, user_id = _enter(work, used, password_hash)
    browser.keep(secret, user_id)
    flash("Your password is set, and you are signed in.", "success")
    return redirect(at("/dashboard"), 303)


def _enter(work: Work, used: MailLink, password_hash: str) -> tuple[str, str]:
    """Do what the link allows, and sign the person in: (secret of the sign-in, person's id)."""
    if used.purpose is LinkPurpose.REGISTER:
        user = joining.confirm_registration(work, used, password_hash=password_hash)
    else:
        first = used.purpose is LinkPurpose.INVITATION
        user = own.set_password_by_link(
            work, user_id=str(used.user_id), password_hash=password_hash, first=first, address=settings().address
        )
    return sessions.open_sign_in(work, user, device=browser.device()), user.id


def _form(found: MailLink, *, blank: bool = False) -> ChoosePasswordForm:
    kind = ChoosePasswordForm if found.purpose is LinkPurpose.RESET else FirstPasswordForm
    return kind(formdata=None) if blank else kind()


def _whose(found: MailLink) -> tuple[str, str]:
    """(address, name) of the person whom the link was sent to."""
    if found.user_id is None:
        return found.typed["email"], found.typed["name"]
    user = queries.person(reading(), found.user_id)
    return user.email, user.name


def _page(found: MailLink, form: ChoosePasswordForm) -> str:
    email, name = _whose(found)
    return render_template("identity/link.html", form=form, purpose=found.purpose.value, email=email, name=name)
