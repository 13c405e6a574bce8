"""The short pages of a draft."""

from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from marketplace import policy
from marketplace.identity.models import Organisation
from marketplace.identity.roles import DRAFT_NEED
from marketplace.journal.work import Work
from marketplace.kit.clock import say_time, to_london
from marketplace.kit.errors import Invalid, NotHere
from marketplace.needs import drafting, method, queries, rules, tasks
from marketplace.needs.blueprint import blueprint
from marketplace.needs.calendar import bank_holidays
from marketplace.needs.draft_pages import edit, next_address
from marketplace.needs.examples import example
from marketplace.needs.forms import (
    SERVICE_FIELDS,
    BiddersForm,
    DatesForm,
    RequirementsForm,
    ServiceForm,
    WhatForm,
    budget_form,
)
from marketplace.needs.judging_form import judging_form, judging_from, judging_values
from marketplace.web.context import act, database, reading, viewer
from marketplace.web.fields import Option
from marketplace.web.forms import PageForm
from marketplace.web.guards import guard


def _what_values(form: Any) -> dict[str, Any]:
    return {
        "title": form.title.data,
        "functions": form.functions.data,
        "together": form.together.data == "together",
        "term_years": form.term_years.data,
        "starts_on": form.starts_on.data,
    }


@blueprint.route("/needs/new", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def new() -> ResponseReturnValue:
    """The first page of a new need; saving it makes the draft."""
    form = WhatForm()
    if form.validate_on_submit():
        try:
            with act() as work:
                need = drafting.create(work, viewer(), **_what_values(form))
            draft = queries.draft(reading(), queries.own_need(reading(), viewer(), need.id))
            return redirect(next_address(draft, "what"), 303)
        except Invalid as refusal:
            form.refuse(refusal)
    body = render_template("needs/what.html", form=form, need=None, draft=None, differences=[])
    return body, 422 if form.is_submitted() else 200


@blueprint.route("/needs/<need_id>/what", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def what(need_id: str) -> ResponseReturnValue:
    """Title, functions, lots, term, start."""

    def build(draft: tasks.Draft, **kwargs: Any) -> PageForm:
        together = draft.details.get("what", {}).get("together")
        stored = {
            "title": draft.title,
            "functions": list(draft.functions),
            "term_years": draft.term_years,
            "starts_on": draft.starts_on,
            "together": None if together is None else "together" if together else "separate",
        }
        return WhatForm(data=stored, **kwargs)

    def save(work: Work, form: PageForm, seen: str) -> None:
        drafting.save_what(work, viewer(), need_id=need_id, seen=seen, **_what_values(form))

    return edit(need_id, "what", build=build, save=save, template="needs/what.html")


@blueprint.route("/needs/<need_id>/service/<function>", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def service(need_id: str, function: str) -> ResponseReturnValue:
    """Volumes, service levels, cost, staff, data and systems of one function."""

    def build(draft: tasks.Draft, **kwargs: Any) -> PageForm:
        if function not in draft.functions:
            raise NotHere(f"function {function}")
        return ServiceForm(data=draft.functions[function] or example(function), **kwargs)

    def save(work: Work, form: PageForm, seen: str) -> None:
        values = {key: form[key].data for key in SERVICE_FIELDS}
        drafting.save_service(work, viewer(), need_id=need_id, function=function, values=values, seen=seen)

    def show(draft: tasks.Draft, _form: PageForm) -> dict[str, Any]:
        details = draft.functions[function]
        return {
            "function": policy.function(function),
            "prefilled": not details,
            "missing": tasks.service_problems(details) if details else [],
            "hints": tasks.clarity(details) if details else [],
            "place": list(draft.functions).index(function) + 1,
        }

    return edit(need_id, tasks.SERVICE + function, build=build, save=save, template="needs/service.html", show=show)


@blueprint.route("/needs/<need_id>/requirements", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def requirements(need_id: str) -> ResponseReturnValue:
    """Essential and nice-to-have requirements."""

    def build(draft: tasks.Draft, **kwargs: Any) -> PageForm:
        return RequirementsForm(data=draft.details.get("requirements", {}), **kwargs)

    def save(work: Work, form: Any, seen: str) -> None:
        drafting.save_requirements(
            work,
            viewer(),
            need_id=need_id,
            essential=form.essential.data,
            nice=form.nice.data,
            seen=seen,
        )

    def show(_draft: tasks.Draft, _form: PageForm) -> dict[str, Any]:
        today = to_london(database().now(reading())).date()
        return {
            "most": int(policy.parameter("need_requirements_most", today).value),
            "words": int(policy.parameter("need_requirement_words", today).value),
        }

    return edit(need_id, "requirements", build=build, save=save, template="needs/requirements.html", show=show)


@blueprint.route("/needs/<need_id>/budget", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def budget(need_id: str) -> ResponseReturnValue:
    """The ceiling and floor of each lot, with figures to compare them with."""

    def build(draft: tasks.Draft, **kwargs: Any) -> PageForm:
        typed = draft.details.get("budget", {}).get("population")
        stored: dict[str, Any] = {"population": typed}
        for lot in draft.lots:
            stored |= {f"ceiling_{lot.number}": lot.ceiling_pence, f"floor_{lot.number}": lot.floor_pence}
        ask = draft.population is None or draft.population == typed
        return budget_form(draft.lots, ask_population=ask)(data=stored, **kwargs)

    def save(work: Work, form: Any, seen: str) -> None:
        numbers = [lot.number for lot in queries.lots(work.session, need_id)]
        money = {n: (form[f"ceiling_{n}"].data, form[f"floor_{n}"].data) for n in numbers if f"ceiling_{n}" in form}
        population = form.population.data if "population" in form else None
        drafting.save_budget(work, viewer(), need_id=need_id, lots=money, population=population, seen=seen)

    return edit(need_id, "budget", build=build, save=save, template="needs/budget.html", show=_budget_figures)


def _budget_figures(draft: tasks.Draft, _form: PageForm) -> dict[str, Any]:
    now = database().now(reading())
    organisation = reading().get(Organisation, viewer().organisation_id)
    found = queries.allowance(reading(), organisation, to_london(now).date()) if organisation else None
    return {
        "allowance": found,
        "figures": [
            queries.lot_figures(lot, draft.population, draft.term_years, found[0] if found else None)
            for lot in draft.lots
        ],
        "spend": queries.spend_of(reading(), viewer().organisation_id or "", tuple(draft.functions)),
    }


@blueprint.route("/needs/<need_id>/judging", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def judging(need_id: str) -> ResponseReturnValue:
    """Formula, weights, questions and stops: prefilled from the rubric."""

    def build(draft: tasks.Draft, **kwargs: Any) -> PageForm:
        return judging_form()(data=judging_values(draft.judging), **kwargs)

    def save(work: Work, form: PageForm, seen: str) -> None:
        drafting.save_judging(work, viewer(), need_id=need_id, judging=judging_from(form), seen=seen)

    def show(draft: tasks.Draft, form: PageForm) -> dict[str, Any]:
        stops = {spec.id: method.fixed_min_level(spec, draft.functions) for spec in policy.indicators()}
        inner = any(
            field.errors for field in form if field.name.startswith(("weight_", "least_", "must_", "threshold_"))
        )
        return {
            "criteria": policy.criteria(),
            "indicators": policy.indicators(),
            "stops": stops,
            "open_questions": inner,
            "rates": rate_rows(draft),
        }

    return edit(need_id, "judging", build=build, save=save, template="needs/judging.html", show=show)


def rate_rows(draft: tasks.Draft) -> list[dict[str, Any]]:
    """What one point is worth, per lot that has a ceiling, by the stored choices.

    [{"lot", "rates": {title: pence string}}].
    """
    if draft.population is None or draft.term_years is None or method.problems(draft.judging, draft.lots):
        return []
    titles = {criterion.name: criterion.title for criterion in policy.criteria()}
    rows = []
    for lot in draft.lots:
        if lot.ceiling_pence is not None:
            built = method.build(
                title=draft.title,
                population=draft.population,
                term_years=draft.term_years,
                lots=[lot],
                judging=draft.judging,
            )
            rates = method.exchange_rates(method.lot_method(built, lot.number))
            rows.append({"lot": lot, "rates": {titles[name]: pence for name, pence in rates.items()}})
    return rows


@blueprint.route("/needs/<need_id>/dates", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def dates(need_id: str) -> ResponseReturnValue:
    """Questions until, and the deadline, with warnings that have to be accepted."""
    now = database().now(reading())

    def build(draft: tasks.Draft, **kwargs: Any) -> PageForm:
        stored = {
            "length": "own" if draft.closes_at else None,
            "closes_at": draft.closes_at,
            "questions_until": draft.questions_until,
            "accept": draft.details.get("dates", {}).get("accepted", []),
        }
        form = DatesForm(data=stored, **kwargs)
        holidays = bank_holidays(to_london(now).year)
        form.length.choices = [
            Option(
                str(weeks),
                f"{weeks} {words} from today",
                f"Closes on {say_time(rules.closing_after(weeks, now, holidays))}.",
            )
            for weeks, words in ((1, "week"), (2, "weeks"))
        ] + [Option("own", "Until a day and time that I choose")]
        instant = _closing(form)
        year = to_london(instant or now).year
        found = rules.closing_warnings(instant, bank_holidays(year)) if instant else ()
        form.accept.choices = [Option(each.code, each.text) for each in found]
        codes = {each.code for each in found}
        form.accept.raw_data = (
            [sent for sent in form.accept.raw_data or () if sent in codes] if form.is_submitted() else None
        )
        form.accept.data = [each for each in form.accept.data or () if each in codes]
        return form

    def _closing(form: Any) -> Any:
        if form.length.data in ("1", "2"):
            return rules.closing_after(int(form.length.data), now, bank_holidays(to_london(now).year))
        return form.closes_at.data

    def save(work: Work, form: Any, seen: str) -> None:
        instant = _closing(form)
        if instant is None:
            raise Invalid("Enter the day and time when bidding closes", field="closes_at")
        drafting.save_dates(
            work,
            viewer(),
            need_id=need_id,
            questions_until=form.questions_until.data,
            closes_at=instant,
            accepted=form.accept.data,
            seen=seen,
        )

    def show(_draft: tasks.Draft, form: Any) -> dict[str, Any]:
        least = int(policy.parameter("need_least_days_open", to_london(now).date()).value)
        return {"closing": _closing(form), "least": least}

    return edit(need_id, "dates", build=build, save=save, template="needs/dates.html", show=show)


@blueprint.route("/needs/<need_id>/bidders", methods=["GET", "POST"])
@guard(DRAFT_NEED)
def bidders(need_id: str) -> ResponseReturnValue:
    """Who may bid."""

    def build(draft: tasks.Draft, **kwargs: Any) -> PageForm:
        form = BiddersForm(data={"mode": "all", **draft.bidders}, **kwargs)
        form.invited.choices = [Option(provider.id, provider.name) for provider in queries.providers(reading())]
        return form

    def save(work: Work, form: Any, seen: str) -> None:
        drafting.save_bidders(
            work,
            viewer(),
            need_id=need_id,
            mode=form.mode.data,
            kinds=form.kinds.data,
            invited=form.invited.data,
            seen=seen,
        )

    return edit(need_id, "bidders", build=build, save=save, template="needs/bidders.html")
