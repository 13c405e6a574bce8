"""Signing in and out."""

from flask import flash, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from marketplace.accounts import resume, sessions
from marketplace.accounts.blueprints import identity
from marketplace.accounts.forms import PressForm, SignInForm
from marketplace.accounts.paths import own_path
from marketplace.identity import signing_in
from marketplace.identity.roles import PUBLIC, PUBLIC_FORM
from marketplace.policy.service import service_policy
from marketplace.web import limits
from marketplace.web.context import act, viewer
from marketplace.web.guards import guard
from marketplace.web.pages import at

WRONG = (
    "The e-mail address or the password is not right. After {failures} wrong tries an account is locked "
    "for {minutes} minutes; a new password by mail unlocks it."
)


@identity.get("/sign-in")
@guard(PUBLIC)
def sign_in() -> ResponseReturnValue:
    wanted = own_path(request.args.get("next"))
    if viewer().signed_in:
        return redirect(wanted or at("/dashboard"))
    return render_template("identity/sign_in.html", form=SignInForm(formdata=None, next=wanted or ""), late=False)


@identity.post("/sign-in")
@guard(PUBLIC_FORM)
def sign_in_now() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("identity/sign_in.html", form=form, late=bool(form.resume.data)), 422
    policy = service_policy()
    limits.check("sign-in from", policy.tries_sign_in_from_one_place)
    limits.check("sign-in to", policy.tries_sign_in_to_one_address, form.email.data.lower())
    user_id = sessions.try_to_sign_in(form.email.data, form.password.data)
    if user_id is None:
        form.form_errors.append(WRONG.format(failures=policy.sign_in_failures, minutes=policy.sign_in_lock_minutes))
        return render_template("identity/sign_in.html", form=form, late=bool(form.resume.data)), 422
    typed = resume.unpack(form.resume.data, user_id) if form.resume.data else None
    if typed is not None:
        return render_template("identity/send_again.html", typed=typed, form=None)
    if form.resume.data:
        flash("What was typed before belongs to another account or is too old. It was not kept.", "warning")
    return redirect(own_path(form.next.data) or at("/dashboard"), 303)


@identity.post("/sign-out")
@guard(PUBLIC_FORM)
def sign_out() -> ResponseReturnValue:
    secret = session.get(sessions.KEPT_AS)
    if secret and PressForm().validate_on_submit():
        who = viewer()
        with act() as work:
            signing_in.sign_out(work, who, secret=str(secret))
    sessions.forget()
    flash("You are signed out.", "success")
    return redirect(at("/"), 303)
