"""The own account: name, password, sign-ins."""

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from marketplace.accounts import sessions as browser
from marketplace.accounts.blueprints import identity
from marketplace.accounts.forms import ChangePasswordForm, NameForm, PressForm
from marketplace.identity import own, queries, sessions, signing_in
from marketplace.identity.passwords import check_new
from marketplace.identity.roles import OWN_ACCOUNT, ROLE_NAMES, SIGNED_IN
from marketplace.kit.errors import Invalid
from marketplace.policy.service import service_policy
from marketplace.web import limits
from marketplace.web.context import act, database, reading, settings, viewer
from marketplace.web.guards import guard
from marketplace.web.pages import at


@identity.get("/account")
@guard(SIGNED_IN)
def account() -> ResponseReturnValue:
    who = viewer()
    now = database().now(reading())
    living = sessions.living(reading(), who.user_id or "", now)
    return render_template(
        "identity/account.html",
        form=None,
        person=who,
        role=ROLE_NAMES[who.role] if who.role else "",
        sign_ins=living,
        current=browser.current_key(),
        policy=service_policy(),
    )


@identity.get("/account/name")
@guard(SIGNED_IN)
def name() -> ResponseReturnValue:
    return render_template("identity/name.html", form=NameForm(formdata=None, name=viewer().name))


@identity.post("/account/name")
@guard(OWN_ACCOUNT)
def name_now() -> ResponseReturnValue:
    form = NameForm()
    if not form.validate_on_submit():
        return render_template("identity/name.html", form=form), 422
    who = viewer()
    with act() as work:
        own.rename(work, who, name=form.name.data)
    flash("Your name is changed.", "success")
    return redirect(at("/account"), 303)


@identity.get("/account/password")
@guard(SIGNED_IN)
def password() -> ResponseReturnValue:
    return render_template("identity/password.html", form=ChangePasswordForm(formdata=None))


@identity.post("/account/password")
@guard(OWN_ACCOUNT)
def password_now() -> ResponseReturnValue:
    form, who = ChangePasswordForm(), viewer()
    if not form.validate_on_submit():
        return render_template("identity/password.html", form=form), 422
    limits.check("sign-in to", service_policy().tries_sign_in_to_one_address, who.email)
    old_hash = queries.person(reading(), who.user_id or "").password_hash
    try:
        if not browser.passwords().matches(old_hash, form.current.data):
            raise Invalid("This is not your current password.", "", "Type it again.", field="current")
        check_new(form.password.data, email=who.email, name=who.name)
        new_hash = browser.passwords().hash(form.password.data)
        with act() as work:
            own.change_password(
                work, who, old_hash=old_hash, new_hash=new_hash, keep=browser.current_key(), address=settings().address
            )
    except Invalid as refusal:
        form.refuse(refusal)
        return render_template("identity/password.html", form=form), 422
    flash("Your password is changed, and all your other sign-ins are ended.", "success")
    return redirect(at("/account"), 303)


@identity.post("/account/sign-out-everywhere")
@guard(OWN_ACCOUNT)
def sign_out_everywhere() -> ResponseReturnValue:
    who = viewer()
    if PressForm().validate_on_submit():
        with act() as work:
            signing_in.sign_out_everywhere(work, who)
        browser.forget()
        flash("You are signed out everywhere.", "success")
    return redirect(at("/sign-in"), 303)
