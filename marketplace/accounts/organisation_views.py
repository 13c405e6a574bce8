"""The operator's pages about organisations."""

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from marketplace.accounts.blueprints import operator
from marketplace.accounts.forms import SIZE_NAMES, EditOrganisationForm, NewBuyerForm, PressForm
from marketplace.accounts.team_views import invite_form
from marketplace.identity import actions, operating, queries
from marketplace.identity.models import Organisation, Standing
from marketplace.identity.roles import BUYERS, KIND_NAMES, ROLE_NAMES, RUN_SITE, Kind, Role
from marketplace.kit.errors import Invalid, NotHere, Refusal
from marketplace.register import queries as register_queries
from marketplace.register.models import Body
from marketplace.web.context import act, database, reading, settings, viewer
from marketplace.web.guards import guard
from marketplace.web.pages import at

MOST_FOUND = 50


def asked_page() -> int:
    """The page number of the address; 1 when there is none or it is no number."""
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


@operator.get("/organisations")
@guard(RUN_SITE)
def organisations() -> ResponseReturnValue:
    text = request.args.get("q", "")
    wanted = request.args.get("standing", "")
    standing = Standing(wanted) if wanted in set(Standing) else None
    page = queries.search_organisations(reading(), text, standing=standing, page=asked_page())
    return render_template(
        "operator/organisations.html", form=None, page=page, text=text, standing=standing, kinds=KIND_NAMES
    )


@operator.get("/organisations/new")
@guard(RUN_SITE)
def new_buyer() -> ResponseReturnValue:
    text = request.args.get("q", "").strip()
    found = register_queries.search_bodies(reading(), text, None, limit=MOST_FOUND) if text else []
    accounts = {each.register_code: each.id for each in queries.buyers(reading())}
    return render_template(
        "operator/new_buyer.html",
        form=None,
        text=text,
        found=found,
        accounts=accounts,
        most=MOST_FOUND,
        register_size=register_queries.count_bodies(reading()),
    )


@operator.get("/organisations/new/<code>")
@guard(RUN_SITE)
def new_buyer_form(code: str) -> ResponseReturnValue:
    return render_template("operator/new_buyer_form.html", form=NewBuyerForm(formdata=None), body=_body(code))


@operator.post("/organisations/new/<code>")
@guard(RUN_SITE)
def new_buyer_now(code: str) -> ResponseReturnValue:
    body, form, who = _body(code), NewBuyerForm(), viewer()
    try:
        if form.validate_on_submit():
            with act() as work:
                made = actions.create_organisation(
                    work,
                    who,
                    kind=Kind(body.kind),
                    name=body.name,
                    register_code=body.code,
                    domains=operating.clean_domains(form.domains.data.splitlines()),
                )
                actions.invite(
                    work,
                    who,
                    organisation_id=made.id,
                    email=form.email.data,
                    name=form.name.data,
                    role=Role.APPROVER,
                    address=settings().address,
                )
            flash(f"{body.name} has an account, and the invitation is on its way.", "success")
            return redirect(at(f"/operator/organisations/{made.id}"), 303)
    except Invalid as refusal:
        form.refuse(refusal)
    return render_template("operator/new_buyer_form.html", form=form, body=body), 422


def _body(code: str) -> Body:
    body = register_queries.body(reading(), code)
    if body is None:
        raise NotHere(code)
    return body


@operator.get("/organisations/<organisation_id>")
@guard(RUN_SITE)
def organisation(organisation_id: str) -> ResponseReturnValue:
    found = queries.organisation(reading(), organisation_id)
    return render_template(
        "operator/organisation.html",
        form=None,
        organisation=found,
        kind=KIND_NAMES[found.kind],
        size=SIZE_NAMES.get(found.size, ""),
        members=queries.team(reading(), found.id),
        roles=ROLE_NAMES,
        buys=found.kind in BUYERS,
        now=database().now(reading()),
    )


@operator.get("/organisations/<organisation_id>/edit")
@guard(RUN_SITE)
def edit(organisation_id: str) -> ResponseReturnValue:
    found = queries.organisation(reading(), organisation_id)
    return render_template(
        "operator/edit.html",
        form=EditOrganisationForm(formdata=None, data=_values(found)),
        organisation=found,
        stored=None,
    )


def _values(found: Organisation) -> dict[str, Any]:
    values = {name: getattr(found, name) for name in operating.EDITABLE}
    return values | {"domains": "\n".join(found.domains), "revision": str(found.revision)}


@operator.post("/organisations/<organisation_id>/edit")
@guard(RUN_SITE)
def edit_now(organisation_id: str) -> ResponseReturnValue:
    form, who = EditOrganisationForm(), viewer()
    found = queries.organisation(reading(), organisation_id)
    stored = None
    try:
        if form.validate_on_submit():
            with act() as work:
                operating.edit_organisation(
                    work,
                    who,
                    organisation_id=organisation_id,
                    revision=_number(form.revision.data),
                    values={name: getattr(form, name).data or "" for name in operating.EDITABLE},
                    domains=form.domains.data.splitlines(),
                )
            flash("The organisation is changed.", "success")
            return redirect(at(f"/operator/organisations/{organisation_id}"), 303)
    except operating.ChangedMeanwhile as refusal:
        form.refuse(refusal)
        found = queries.organisation(reading(), organisation_id)
        stored = _values(found)
        form.revision.data = str(found.revision)
        form.revision.raw_data = None
    except Refusal as refusal:
        form.refuse(refusal)
    return render_template("operator/edit.html", form=form, organisation=found, stored=stored), 409 if stored else 422


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


@operator.post("/organisations/<organisation_id>/<any(approve, off, on):verb>")
@guard(RUN_SITE)
def organisation_now(organisation_id: str, verb: str) -> ResponseReturnValue:
    who = viewer()
    if PressForm().validate_on_submit():
        with act() as work:
            if verb == "approve":
                done = operating.approve_organisation(
                    work, who, organisation_id=organisation_id, address=settings().address
                )
                words = f"{done.name} is approved."
            elif verb == "off":
                words = f"{operating.switch_off(work, who, organisation_id=organisation_id).name} is switched off."
            else:
                words = f"{operating.switch_on(work, who, organisation_id=organisation_id).name} is switched on."
        flash(words, "success")
    return redirect(at(f"/operator/organisations/{organisation_id}"), 303)


@operator.get("/organisations/<organisation_id>/invite")
@guard(RUN_SITE)
def invite(organisation_id: str) -> ResponseReturnValue:
    found = queries.organisation(reading(), organisation_id)
    return render_template("identity/invite.html", form=invite_form(found.kind, blank=True), organisation=found.name)


@operator.post("/organisations/<organisation_id>/invite")
@guard(RUN_SITE)
def invite_now(organisation_id: str) -> ResponseReturnValue:
    who, found = viewer(), queries.organisation(reading(), organisation_id)
    form = invite_form(found.kind)
    try:
        if form.validate_on_submit():
            with act() as work:
                user = actions.invite(
                    work,
                    who,
                    organisation_id=organisation_id,
                    email=form.email.data,
                    name=form.name.data,
                    role=form.role.data,
                    address=settings().address,
                )
            flash(f"The invitation is on its way to {user.email}.", "success")
            return redirect(at(f"/operator/organisations/{organisation_id}"), 303)
    except Invalid as refusal:
        form.refuse(refusal)
    return render_template("identity/invite.html", form=form, organisation=found.name), 422
