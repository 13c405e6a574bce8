"""The buyer's pages about its needs: the list, the task list; the other view modules are gathered here."""

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from marketplace.identity.roles import DRAFT_NEED, READ_NEEDS, Role
from marketplace.kit.clock import to_london
from marketplace.needs import (
    approval_views,
    document_views,
    documents,
    ledger_views,
    page_views,
    queries,
    rules,
    simulator_views,
    tasks,
)
from marketplace.needs.blueprint import blueprint
from marketplace.needs.calendar import bank_holidays
from marketplace.needs.draft_pages import page_address
from marketplace.needs.models import Need
from marketplace.needs.states import PUBLISHED, Stage
from marketplace.web.context import database, reading, viewer
from marketplace.web.guards import guard

__all__ = ["approval_views", "blueprint", "document_views", "ledger_views", "page_views", "simulator_views"]

STATUS = {"done": "Done", "todo": "To do", "optional": "Optional"}


@blueprint.get("/needs")
@guard(READ_NEEDS)
def mine() -> ResponseReturnValue:
    """All needs of the viewer's organisation."""
    now = database().now(reading())
    rows = [(need, rules.phase(need, now)) for need in queries.own_needs(reading(), viewer())]
    return render_template(
        "needs/mine.html",
        rows=rows,
        names=rules.PHASE_NAMES,
        may_draft=DRAFT_NEED.allows(viewer().role),
        published=PUBLISHED,
    )


@blueprint.get("/needs/<need_id>")
@guard(READ_NEEDS)
def task_list(need_id: str) -> ResponseReturnValue:
    """Where one need stands: the task list of a draft, what can be done with it, or what happened to it."""
    need = queries.own_need(reading(), viewer(), need_id)
    now = database().now(reading())
    phase = rules.phase(need, now)
    draft = queries.draft(reading(), need)
    return render_template(
        "needs/task_list.html",
        need=need,
        phase=phase,
        phase_name=rules.PHASE_NAMES[phase],
        meaning=rules.PHASE_MEANINGS[phase],
        now=now,
        draft=draft,
        documents=documents.current(reading(), need_id),
        is_published=need.stage in PUBLISHED,
        is_draft=need.stage is Stage.DRAFT,
        may_draft=DRAFT_NEED.allows(viewer().role),
        is_approver=viewer().role is Role.APPROVER,
        **_progress(need, draft, now),
    )


def _progress(need: Need, draft: tasks.Draft, now: Any) -> dict[str, Any]:
    found = tasks.tasks(draft, now, bank_holidays(to_london(need.closes_at or now).year))
    editable = need.stage is Stage.DRAFT and DRAFT_NEED.allows(viewer().role)
    rows = [
        {
            "page": task.page,
            "title": task.title,
            "hint": task.problems[0] if task.problems and task.page in _begun(draft) else task.hint,
            "status": STATUS[task.status],
            "done": task.status == "done",
            "href": page_address(need.id, task.page) if editable else None,
        }
        for task in found
    ]
    todo = [task for task in found if task.status == "todo"]
    return {
        "pages": rows,
        "todo": todo,
        "editable": editable,
        "done": sum(task.status == "done" for task in found),
        "hints": {code: tasks.clarity(details) for code, details in draft.functions.items() if details},
    }


def _begun(draft: tasks.Draft) -> set[str]:
    """The pages that were saved once: only they say what is still missing; a fresh list would read like a scolding."""
    begun = {"what", *(tasks.SERVICE + code for code, details in draft.functions.items() if details), *draft.details}
    return begun | ({"budget"} if any(lot.ceiling_pence for lot in draft.lots) else set())
