"""The team of one's own organisation."""

from typing import cast

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from marketplace.accounts.blueprints import identity
from marketplace.accounts.forms import InviteForm, PressForm, RoleForm
from marketplace.identity import actions, queries, team
from marketplace.identity.roles import MANAGE_TEAM, ROLE_NAMES, SIGNED_IN, Kind, Role, roles_for
from marketplace.kit.errors import Invalid
from marketplace.web.choices import Option
from marketplace.web.context import act, database, reading, settings, viewer
from marketplace.web.guards import guard
from marketplace.web.pages import at


def role_options(kind: Kind) -> list[Option]:
    """The roles to choose from, in the order of the table."""
    return [Option(role.value, ROLE_NAMES[role]) for role in Role if role in roles_for(kind)]


def invite_form(kind: Kind, *, blank: bool = False) -> InviteForm:
    """An invitation form for an organisation of this kind; the only possible role is chosen already."""
    form = InviteForm(formdata=None) if blank else InviteForm()
    form.role.choices, form.role.coerce = role_options(kind), Role
    if blank and len(form.role.choices) == 1:
        form.role.data = form.role.choices[0].value
    return form


def role_form(kind: Kind, role: Role | None = None) -> RoleForm:
    """A form to choose a role; `role`: the one of now, for a blank form."""
    form = RoleForm() if role is None else RoleForm(formdata=None, role=role.value)
    form.role.choices, form.role.coerce = role_options(kind), Role
    return form


def _own_kind() -> Kind:
    return cast(Kind, viewer().kind)  # the guard lets nobody in who is not signed in, and who is has an organisation


@identity.get("/team")
@guard(SIGNED_IN)
def team_page() -> ResponseReturnValue:
    who = viewer()
    members = queries.team(reading(), who.organisation_id or "")
    return render_template(
        "identity/team.html",
        form=None,
        members=members,
        roles=ROLE_NAMES,
        now=database().now(reading()),
        may_manage=MANAGE_TEAM.allows(who.role),
    )


@identity.get("/team/invite")
@guard(MANAGE_TEAM)
def invite() -> ResponseReturnValue:
    return render_template(
        "identity/invite.html", form=invite_form(_own_kind(), blank=True), organisation=viewer().organisation_name
    )


@identity.post("/team/invite")
@guard(MANAGE_TEAM)
def invite_now() -> ResponseReturnValue:
    who, form = viewer(), invite_form(_own_kind())
    try:
        if form.validate_on_submit():
            with act() as work:
                user = actions.invite(
                    work,
                    who,
                    organisation_id=who.organisation_id or "",
                    email=form.email.data,
                    name=form.name.data,
                    role=form.role.data,
                    address=settings().address,
                )
            flash(f"The invitation is on its way to {user.email}.", "success")
            return redirect(at("/team"), 303)
    except Invalid as refusal:
        form.refuse(refusal)
    return render_template("identity/invite.html", form=form, organisation=who.organisation_name), 422


@identity.get("/team/<user_id>")
@guard(MANAGE_TEAM)
def member(user_id: str) -> ResponseReturnValue:
    found = queries.colleague(reading(), viewer(), user_id)
    form = role_form(_own_kind(), found.role)
    return render_template("identity/member.html", form=form, member=found, now=database().now(reading()))


@identity.post("/team/<user_id>/role")
@guard(MANAGE_TEAM)
def role_now(user_id: str) -> ResponseReturnValue:
    who, form = viewer(), role_form(_own_kind())
    found = queries.colleague(reading(), who, user_id)
    waiting = found.standing.value == "waiting"
    try:
        if form.validate_on_submit():
            with act() as work:
                if waiting:
                    user = team.approve(work, who, user_id=user_id, role=form.role.data, address=settings().address)
                else:
                    user = team.change_role(work, who, user_id=user_id, role=form.role.data)
            flash(f"{user.name} can sign in now." if waiting else f"{user.name} has the new role.", "success")
            return redirect(at("/team"), 303)
    except Invalid as refusal:
        form.refuse(refusal)
    found = queries.colleague(reading(), who, user_id)
    return render_template("identity/member.html", form=form, member=found, now=database().now(reading())), 422


@identity.post("/team/<user_id>/<any(deactivate, reactivate, decline, invite):verb>")
@guard(MANAGE_TEAM)
def member_now(user_id: str, verb: str) -> ResponseReturnValue:
    who = viewer()
    queries.colleague(reading(), who, user_id)  # an operator manages other teams on the operator's pages
    if PressForm().validate_on_submit():
        flash(press(verb, user_id), "success")
    return redirect(at("/team"), 303)


def press(verb: str, user_id: str) -> str:
    """Do one of the one-press acts on a person; returns the sentence for the page."""
    who = viewer()
    with act() as work:
        if verb == "deactivate":
            return f"{team.deactivate(work, who, user_id=user_id).name} cannot sign in any more."
        if verb == "reactivate":
            return f"{team.reactivate(work, who, user_id=user_id).name} can sign in again."
        if verb == "decline":
            return f"The request of {team.decline(work, who, user_id=user_id)} is declined."
        user = team.invite_again(work, who, user_id=user_id, address=settings().address)
        return f"A new invitation is on its way to {user.email}."
