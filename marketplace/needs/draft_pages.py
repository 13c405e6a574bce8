"""What the pages of a draft share: showing, saving, going on, and what happens when two people save the same page."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.journal.work import Work
from marketplace.kit.errors import Invalid
from marketplace.needs import drafting, queries, tasks
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from marketplace.web.choices import BooleanField, RadioField
from marketplace.web.context import act, reading, viewer
from marketplace.web.dates import DateField
from marketplace.web.forms import PageForm

ORDER = ("what", "requirements", "budget", "judging", "dates", "documents", "bidders")


def page_address(need_id: str, page: str) -> str:
    """The address of a page of a draft: "budget", "service-hr"."""
    if page.startswith(tasks.SERVICE):
        return url_for("needs.service", need_id=need_id, function=page.removeprefix(tasks.SERVICE))
    return url_for(f"needs.{page}", need_id=need_id)


def next_address(draft: tasks.Draft, page: str) -> str:
    """Where "save and continue" leads: the page after this one, after the last one the task list."""
    services = [tasks.SERVICE + code for code in draft.functions]
    order = ["what", *services, *ORDER[1:]]
    place = order.index(page) + 1
    return page_address(draft.id, order[place]) if place < len(order) else url_for("needs.task_list", need_id=draft.id)


def edit(
    need_id: str,
    page: str,
    *,
    build: Callable[..., PageForm],
    save: Callable[[Work, PageForm, str], object],
    template: str,
    show: Callable[[tasks.Draft, PageForm], Mapping[str, Any]] | None = None,
) -> ResponseReturnValue:
    """One page of a draft, GET and POST.

    `build(draft, **kwargs)` makes the form from what is stored, `save(work, form, seen)` is its one act, `show(draft,
    form)` gives the template more to tell.
    """
    need = queries.own_need(reading(), viewer(), need_id)
    if need.stage is not Stage.DRAFT and request.method == "GET":
        flash("This need cannot be changed now. Here is where it stands.", "info")
        return redirect(url_for("needs.task_list", need_id=need_id))
    drafting.refuse_unless_draft(need)
    draft = queries.draft(reading(), need)
    form = build(draft)
    differences: list[tuple[str, str, str]] = []
    if not form.is_submitted():
        form.seen.data = tasks.page_mark(draft, page)
    elif form.validate():
        try:
            with act() as work:
                save(work, form, form.seen.data or "")
            return _saved(need_id, page)
        except drafting.StaleDraft as refusal:
            draft = queries.draft(reading(), queries.own_need(reading(), viewer(), need_id))
            form.refuse(refusal)
            differences = compare(form, build(draft, formdata=None))
            form.seen.data = tasks.page_mark(draft, page)
        except Invalid as refusal:
            form.refuse(refusal)
    more = show(draft, form) if show else {}
    body = render_template(template, need=need, draft=draft, form=form, differences=differences, **more)
    return body, 422 if form.is_submitted() else 200


def _saved(need_id: str, page: str) -> ResponseReturnValue:
    if request.form.get("then") == "list":
        flash("Saved. You can come back at any time.", "success")
        return redirect(url_for("needs.task_list", need_id=need_id), 303)
    need: Need = queries.own_need(reading(), viewer(), need_id)
    return redirect(next_address(queries.draft(reading(), need), page), 303)


def compare(typed: PageForm, stored: PageForm) -> list[tuple[str, str, str]]:
    """(label, what was typed, what is stored) of each field where the two differ."""
    pairs = zip(typed.visible_fields, stored.visible_fields, strict=True)
    rows = [(one.label.text, said(one), said(other)) for one, other in pairs]
    return [(label, mine or "nothing", theirs or "nothing") for label, mine, theirs in rows if mine != theirs]


def said(field: Any) -> str:
    """What stands in a field, as text."""
    if isinstance(field, BooleanField):
        return "yes" if field.chosen() else "no"
    if isinstance(field, RadioField):
        return ", ".join(option.label for option in field.options() if option.value in field.chosen())
    if isinstance(field, DateField):
        return " ".join(text for text in field.boxes().values() if text)
    return str(field._value())
