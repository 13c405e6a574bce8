"""Registering a provider, and asking to join a commissioner."""

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from marketplace.accounts.blueprints import identity
from marketplace.accounts.forms import JoinForm, RegisterForm
from marketplace.identity import joining, queries
from marketplace.identity.roles import PUBLIC, PUBLIC_FORM, Kind
from marketplace.kit.errors import Invalid
from marketplace.policy.service import service_policy
from marketplace.register import queries as register_queries
from marketplace.web import limits
from marketplace.web.choices import Option
from marketplace.web.context import act, reading, settings
from marketplace.web.guards import guard

FACTS = ("kind", "number", "address", "contact_name", "contact_email", "contact_phone", "size", "group_name")
MOST_BODIES = 1000  # the register has 253


@identity.get("/register")
@guard(PUBLIC)
def register() -> ResponseReturnValue:
    return render_template("identity/register.html", form=RegisterForm(formdata=None))


@identity.post("/register")
@guard(PUBLIC_FORM)
def register_now() -> ResponseReturnValue:
    form = RegisterForm()
    if not form.validate_on_submit():
        return render_template("identity/register.html", form=form), 422
    _count_mail(form.email.data)
    facts = {name: str(getattr(form, name).data or "") for name in FACTS} | {"name": form.organisation.data}
    with act() as work:
        joining.register(
            work, email=form.email.data, name=form.name.data, organisation=facts, address=settings().address
        )
    return render_template("identity/look_in_mail.html", email=form.email.data, again="/register")


@identity.get("/join")
@guard(PUBLIC)
def join() -> ResponseReturnValue:
    return _join_page(_join_form(formdata=None))


@identity.post("/join")
@guard(PUBLIC_FORM)
def join_now() -> ResponseReturnValue:
    form = _join_form()
    if not form.validate_on_submit():
        return _join_page(form), 422
    _count_mail(form.email.data)
    try:
        with act() as work:
            joining.ask_to_join(
                work,
                email=form.email.data,
                name=form.name.data,
                wanted=_wanted(form.body.data),
                address=settings().address,
            )
    except Invalid as refusal:
        form.refuse(refusal)
        return _join_page(form), 422
    return render_template("identity/look_in_mail.html", email=form.email.data, again="/join")


def _join_form(**given: Any) -> JoinForm:
    form = JoinForm(**given)
    form.body.choices = _bodies()
    return form


def _join_page(form: JoinForm) -> str:
    return render_template("identity/join.html", form=form, domains=service_policy().domains_buyers)


def _bodies() -> list[Option]:
    """Commissioners to join: those with an account, and those of the register that have none yet; by name."""
    accounts = queries.buyers(reading())
    taken = {each.register_code for each in accounts}
    found = [(each.name, f"organisation:{each.id}") for each in accounts]
    rows = register_queries.search_bodies(reading(), "", None, limit=MOST_BODIES)
    found += [(each.name, f"register:{each.code}") for each in rows if each.code not in taken]
    return [Option(value, name) for name, value in sorted(found)]


def _wanted(choice: str) -> joining.Wanted:
    """What the chosen value stands for; it comes from `_bodies`, so that it exists unless it vanished this very
    moment."""
    kind, _, key = choice.partition(":")
    if kind == "organisation":
        account = queries.organisation(reading(), key)
        return joining.Wanted(account.name, account.kind, organisation_id=account.id)
    body = register_queries.body(reading(), key)
    if body is None:
        raise Invalid(
            "Choose your organisation from the list.", "The one that was sent is not in it any more.", field="body"
        )
    return joining.Wanted(body.name, Kind(body.kind), register_code=body.code)


def _count_mail(email: str) -> None:
    policy = service_policy()
    limits.check("mail from", policy.tries_mail_from_one_place)
    limits.check("mail to", policy.tries_mail_to_one_address, email.lower())
