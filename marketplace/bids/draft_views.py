"""The draft, page by page: a task list and the pages that it leads to."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import policy
from marketplace.bids import access, answer_forms, draft, drafting, forms
from marketplace.bids.blueprint import blueprint
from marketplace.bids.tasks import next_page, tasks
from marketplace.identity.roles import READ_OWN_BID, WRITE_BID
from marketplace.journal.work import Work
from marketplace.kit.errors import Invalid, NotHere
from marketplace.needs import rules as needs
from marketplace.needs.method import name_functions
from marketplace.needs.models import Need
from marketplace.register import queries as register
from marketplace.web.choices import Option, RadioField
from marketplace.web.context import act, database, reading, viewer
from marketplace.web.guards import guard


def open_page(bid_id: str) -> tuple[access.Draft, Need]:
    """The viewer's own draft and its need. Raises NotHere."""
    stored = access.own_draft(reading(), viewer(), bid_id)
    need = reading().get(Need, stored.bid.need_id)
    if need is None:
        raise NotHere(bid_id)
    return stored, need


def may_change(need: Need) -> bool:
    """Whether drafts can still be saved, by the database's clock."""
    return needs.accepts_bids(need, database().now(reading()))


def to_page(bid_id: str, page: str) -> str:
    """The address of a page of the draft, such as "lots/1"; "" is the task list."""
    return url_for("bids.task_list", bid_id=bid_id) + (f"/{page}" if page else "")


@blueprint.get("/bids/<bid_id>")
@guard(READ_OWN_BID)
def task_list(bid_id: str) -> ResponseReturnValue:
    """What is done and what is to do, the receipts, and what can be done with the bid."""
    stored, need = open_page(bid_id)
    open_now = may_change(need)
    return render_template(
        "bids/task_list.html",
        bid=stored.bid,
        need=need,
        open_now=open_now,
        now=database().now(reading()),
        groups=tasks(stored.content, need.method, lambda page: to_page(bid_id, page) if open_now else None),
        gaps=draft.missing(stored.content, need.method),
        versions=access.versions(reading(), viewer(), bid_id),
        last_complete=stored.complete_revision,
        form=None,
    )


def edit(
    bid_id: str,
    page: str,
    make: Callable[[access.Draft, Need], forms.DraftForm],
    save: Callable[[Work, forms.DraftForm, Need], Any],
    template: str,
    **context: Any,
) -> ResponseReturnValue:
    """Show or save one page. A refused save shows the page again with everything typed, and with what is stored now
    if that changed.
    """
    stored, need = open_page(bid_id)
    if not may_change(need):
        flash("Bidding has closed: the bid cannot be changed any more.", "info")
        return redirect(to_page(bid_id, ""), 303)
    form, status, now_stored = make(stored, need), 200, []
    if request.method == "POST":
        status = 422
        if form.validate_on_submit() and form.revision.data is not None:
            try:
                with act() as work:
                    save(work, form, need)
                after = "" if request.form.get("then") == "list" else next_page(page, need.method)
                return redirect(to_page(bid_id, after), 303)
            except drafting.StaleDraft as refusal:
                status = refusal.status
                stored, need = open_page(bid_id)
                now_stored = differences(form, make_blank(make, stored, need))
                form.revision.data = str(stored.bid.revision)  # a second press keeps what is typed here
                form.refuse(refusal)
            except Invalid as refusal:
                form.refuse(refusal)
    context = {
        "form": form,
        "need": need,
        "bid": stored.bid,
        "content": stored.content,
        "now_stored": now_stored,
        **context,
    }
    return render_template(template, **context), status


def make_blank(
    make: Callable[[access.Draft, Need], forms.DraftForm], stored: access.Draft, need: Need
) -> forms.DraftForm:
    """The same form with what is stored, ignoring what was sent."""
    made = make(stored, need)
    return type(made)(formdata=None, data=dict(made.stored_data))


def differences(typed: Any, stored: Any) -> list[tuple[str, str]]:
    """(label, what is stored now) of the fields in which the two forms differ."""
    found = []
    for field in typed.visible_fields:
        other: Any = stored[field.name]
        if isinstance(other, RadioField):
            words = ", ".join(option.label for option in other.options() if option.value in other.chosen())
            same = other.chosen() == field.chosen()
        elif hasattr(other, "chosen"):
            words, same = "ticked" if other.data else "not ticked", other.chosen() == field.chosen()
        else:
            words, same = other._value(), other._value() == field._value()
        if not same:
            found.append((field.label.text, words or "nothing"))
    return found


def _lot(need: Need, number: int) -> dict[str, Any]:
    found = next((lot for lot in draft.lots_of(need.method) if lot["number"] == number), None)
    if found is None:
        raise NotHere(f"lot {number}")
    return found


def filled(form_class: type[forms.DraftForm], stored: access.Draft, data: Mapping[str, Any]) -> forms.DraftForm:
    """A form that holds what is stored, or what was just sent."""
    values = {**data, "revision": str(stored.bid.revision)}
    form = form_class(data=values)
    form.stored_data = values
    return form


@blueprint.route("/bids/<bid_id>/lots/<int:number>", methods=["GET", "POST"])
@guard(WRITE_BID)
def lot(bid_id: str, number: int) -> ResponseReturnValue:
    """The prices of one lot."""

    def make(stored: access.Draft, need: Need) -> forms.DraftForm:
        part = _lot(need, number)
        return filled(
            forms.price_form(part), stored, forms.price_data(stored.content["lots"].get(str(number), {}), part)
        )

    def save(work: Work, form: forms.DraftForm, need: Need) -> None:
        values = forms.price_values(form, _lot(need, number))
        drafting.save_lot(work, viewer(), bid_id=bid_id, revision=form.seen, number=number, values=values)

    part = _lot(open_page(bid_id)[1], number)
    return edit(
        bid_id,
        f"lots/{number}",
        make,
        save,
        "bids/prices.html",
        lot=part,
        functions=_functions(part),
        lot_name=name_functions(part["functions"]),
    )


def _functions(part: Mapping[str, Any]) -> list[policy.Function]:
    return [policy.function(code) for code in part["functions"]]


@blueprint.route("/bids/<bid_id>/lots/<int:number>/costs", methods=["GET", "POST"])
@guard(WRITE_BID)
def costs(bid_id: str, number: int) -> ResponseReturnValue:
    """The costs of one lot beside its prices."""

    def make(stored: access.Draft, need: Need) -> forms.DraftForm:
        return filled(forms.costs_form(_lot(need, number)), stored, stored.content["lots"].get(str(number), {}))

    def save(work: Work, form: forms.DraftForm, need: Need) -> None:
        values = {field.name: field.data for field in form.visible_fields}
        drafting.save_lot(work, viewer(), bid_id=bid_id, revision=form.seen, number=number, values=values)

    part = _lot(open_page(bid_id)[1], number)
    return edit(
        bid_id,
        f"lots/{number}/costs",
        make,
        save,
        "bids/costs.html",
        lot=part,
        lot_name=name_functions(part["functions"]),
        fixed=draft.fixed_client_side(part),
    )


def _councils(answers: Mapping[str, Any]) -> list[Option]:
    """The councils of the register, by name, and an area that was stored before but that the register lacks now."""
    found = [Option(each.code, f"{each.name} ({each.code})") for each in register.councils(reading())]
    code = str(answers.get(answer_forms.AREA_CODE) or "")
    if found and code and code not in {each.value for each in found}:
        found.append(Option(code, f"{code} (not in the register)"))
    return found


@blueprint.route("/bids/<bid_id>/answers/<page>", methods=["GET", "POST"])
@guard(WRITE_BID)
def answers(bid_id: str, page: str) -> ResponseReturnValue:
    """Four indicators' questions."""
    if page not in draft.PAGES:
        raise NotHere(page)

    def asked(need: Need) -> list[str]:
        return [each for each in draft.asked_indicators(need.method) if each in draft.PAGES[page]]

    def make(stored: access.Draft, need: Need) -> forms.DraftForm:
        return filled(
            answer_forms.answers_form(asked(need), _councils(stored.content["answers"])),
            stored,
            answer_forms.answers_data(stored.content["answers"], asked(need)),
        )

    def save(work: Work, form: forms.DraftForm, need: Need) -> None:
        given = answer_forms.answers_of(form, asked(need))
        if given is None:
            raise Invalid(
                "The page was not saved: two answers contradict each other.", "", "Mend them below and save again."
            )
        drafting.save_answers(work, viewer(), bid_id=bid_id, revision=form.seen, indicators=asked(need), answers=given)

    need = open_page(bid_id)[1]
    return edit(
        bid_id,
        f"answers/{page}",
        make,
        save,
        "bids/answers.html",
        title=draft.PAGE_TITLES[page],
        indicators=[
            (policy.indicator(each), [field.key for field in draft.asked_fields(each)]) for each in asked(need)
        ],
        required=draft.required_indicators(need.method),
        cap=policy.evidence_cap(),
        null=answer_forms.NULL,
    )


@blueprint.route("/bids/<bid_id>/organisation", methods=["GET", "POST"])
@guard(WRITE_BID)
def organisation(bid_id: str) -> ResponseReturnValue:
    """What the bidder says of itself."""

    def make(stored: access.Draft, need: Need) -> forms.DraftForm:
        return filled(forms.OrganisationForm, stored, stored.content["organisation"])

    def save(work: Work, form: forms.DraftForm, need: Need) -> None:
        values = {name: form[name].data for name in forms.ORGANISATION_FIELDS}
        drafting.save_organisation(work, viewer(), bid_id=bid_id, revision=form.seen, values=values)

    return edit(bid_id, "organisation", make, save, "bids/organisation.html")
