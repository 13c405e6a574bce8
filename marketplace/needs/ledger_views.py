"""The page of the buyer's ledger: what it spends on support."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.identity.roles import DRAFT_NEED, READ_NEEDS
from marketplace.kit.errors import Invalid
from marketplace.needs import ledger, queries
from marketplace.needs.blueprint import blueprint
from marketplace.needs.table_forms import ledger_form
from marketplace.web.context import act, reading, viewer
from marketplace.web.forms import PageForm
from marketplace.web.guards import guard

SPARE = 4  # empty rows to write into


@blueprint.get("/spend")
@guard(READ_NEEDS)
def spend() -> ResponseReturnValue:
    """What is stored; those who draft needs can change it."""
    organisation_id = viewer().organisation_id or ""
    lines, complete = (
        queries.spend_lines(reading(), organisation_id),
        queries.spend_is_complete(reading(), organisation_id),
    )
    if not DRAFT_NEED.allows(viewer().role):
        return render_template("needs/spend_read.html", lines=lines, complete=complete, total=ledger.total_pence(lines))
    stored: dict[str, Any] = {"complete": complete}
    for row, line in enumerate(lines, 1):
        stored |= {
            f"provider_{row}": line.provider_name,
            f"function_{row}": line.function,
            f"pounds_{row}": line.annual_pence,
        }
    form = ledger_form(len(lines) + SPARE)(formdata=None, data=stored)
    form.seen.data = ledger.ledger_mark(lines, complete)
    return _page(form, len(lines) + SPARE)


def _page(form: PageForm, rows: int, status: int = 200) -> ResponseReturnValue:
    lines = queries.spend_lines(reading(), viewer().organisation_id or "")
    return render_template("needs/spend.html", form=form, rows=rows, total=ledger.total_pence(lines)), status


@blueprint.post("/spend")
@guard(DRAFT_NEED)
def save_spend() -> ResponseReturnValue:
    """Store the whole list, or make room for more lines."""
    rows = min(1 + sum(name.startswith("pounds_") for name in request.form), ledger.MOST_LINES + SPARE)
    form = ledger_form(rows - 1)()
    if request.form.get("then") == "more":
        form = ledger_form(rows - 1 + SPARE)()
        return _page(form, rows - 1 + SPARE)
    if form.validate():
        lines = _lines(form, rows - 1)
        if lines is not None:
            try:
                with act() as work:
                    ledger.save(work, viewer(), lines=lines, complete=form.complete.data, seen=form.seen.data or "")
                flash("Saved.", "success")
                return redirect(url_for("needs.spend"), 303)
            except Invalid as refusal:
                form.refuse(refusal)
            except ledger.StaleLedger as refusal:
                form.refuse(refusal)
                organisation_id = viewer().organisation_id or ""
                stored = queries.spend_lines(reading(), organisation_id)
                form.seen.data = ledger.ledger_mark(stored, queries.spend_is_complete(reading(), organisation_id))
    return _page(form, rows - 1, 422)


def _lines(form: Any, rows: int) -> list[ledger.Line] | None:
    """The lines that were filled in; None (with errors at the fields) when one is only half filled."""
    found, whole = [], True
    for row in range(1, rows + 1):
        fields = [form[f"{name}_{row}"] for name in ("provider", "function", "pounds")]
        blank = [field for field in fields if field.is_blank()]
        if blank and len(blank) < len(fields):
            whole = False
            blank[0].errors = [*blank[0].errors, f"Line {row} is only half filled in: complete it, or clear it"]
        elif not blank:
            found.append(ledger.Line(*(field.data for field in fields)))
    return found if whole else None
