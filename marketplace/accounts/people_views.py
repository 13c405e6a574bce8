"""The operator's pages about people."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from marketplace.accounts.blueprints import operator
from marketplace.accounts.forms import MoveForm, PressForm, RoleForm
from marketplace.accounts.organisation_views import asked_page
from marketplace.accounts.team_views import press, role_form, role_options
from marketplace.identity import operating, queries, team
from marketplace.identity.models import Standing, User
from marketplace.identity.roles import ROLE_NAMES, RUN_SITE, Kind, Role
from marketplace.kit.errors import Invalid
from marketplace.web.choices import Option
from marketplace.web.context import act, database, reading, settings, viewer
from marketplace.web.guards import guard
from marketplace.web.pages import at


@operator.get("/users")
@guard(RUN_SITE)
def users() -> ResponseReturnValue:
    text = request.args.get("q", "")
    page = queries.search_users(reading(), text, page=asked_page())
    return render_template(
        "operator/users.html", form=None, page=page, text=text, roles=ROLE_NAMES, now=database().now(reading())
    )


@operator.get("/users/<user_id>")
@guard(RUN_SITE)
def user(user_id: str) -> ResponseReturnValue:
    found = queries.person(reading(), user_id)
    home = queries.organisation(reading(), found.organisation_id)
    return _user_page(found, role_form(home.kind, found.role))


def _user_page(found: User, form: RoleForm) -> str:
    home = queries.organisation(reading(), found.organisation_id)
    return render_template(
        "operator/user.html", form=form, user=found, organisation=home, roles=ROLE_NAMES, now=database().now(reading())
    )


@operator.post("/users/<user_id>/role")
@guard(RUN_SITE)
def user_role(user_id: str) -> ResponseReturnValue:
    who, found = viewer(), queries.person(reading(), user_id)
    form = role_form(queries.organisation(reading(), found.organisation_id).kind)
    waiting = found.standing is Standing.WAITING
    try:
        if form.validate_on_submit():
            with act() as work:
                if waiting:
                    done = team.approve(work, who, user_id=user_id, role=form.role.data, address=settings().address)
                else:
                    done = team.change_role(work, who, user_id=user_id, role=form.role.data)
            flash(f"{done.name} can sign in now." if waiting else f"{done.name} has the new role.", "success")
            return redirect(at(f"/operator/users/{user_id}"), 303)
    except Invalid as refusal:
        form.refuse(refusal)
    return _user_page(queries.person(reading(), user_id), form), 422


@operator.post("/users/<user_id>/<any(deactivate, reactivate, decline, invite, unlock):verb>")
@guard(RUN_SITE)
def user_now(user_id: str, verb: str) -> ResponseReturnValue:
    who = viewer()
    if PressForm().validate_on_submit():
        if verb == "unlock":
            with act() as work:
                words = f"{operating.unlock(work, who, user_id=user_id).name} can sign in again."
        else:
            words = press(verb, user_id)
        flash(words, "success")
    return redirect(at("/operator/users" if verb == "decline" else f"/operator/users/{user_id}"), 303)


@operator.get("/users/<user_id>/move")
@guard(RUN_SITE)
def move(user_id: str) -> ResponseReturnValue:
    return _move_page(queries.person(reading(), user_id), _move_form(request.args.get("q", ""), blank=True))


def _move_form(text: str, *, blank: bool = False) -> MoveForm:
    form = MoveForm(formdata=None) if blank else MoveForm()
    found = queries.search_organisations(reading(), text).rows if text.strip() else []
    form.organisation.choices = [Option(each.id, each.name) for each, _ in found]
    kinds = sorted({each.kind for each, _ in found}) or list(Kind)
    options = {option.value: option for kind in kinds for option in role_options(kind)}
    form.role.choices, form.role.coerce = list(options.values()), Role
    return form


def _move_page(found: User, form: MoveForm) -> str:
    home = queries.organisation(reading(), found.organisation_id)
    return render_template(
        "operator/move.html", form=form, user=found, organisation=home, text=request.args.get("q", "")
    )


@operator.post("/users/<user_id>/move")
@guard(RUN_SITE)
def move_now(user_id: str) -> ResponseReturnValue:
    who, found = viewer(), queries.person(reading(), user_id)
    form = _move_form(request.args.get("q", ""))
    try:
        if form.validate_on_submit():
            with act() as work:
                done = operating.move(
                    work, who, user_id=user_id, organisation_id=form.organisation.data, role=form.role.data
                )
            flash(f"{done.name} is moved and has to sign in again.", "success")
            return redirect(at(f"/operator/users/{user_id}"), 303)
    except Invalid as refusal:
        form.refuse(refusal)
    return _move_page(found, form), 422
