"""The operator's jobs page: what the machine has to do, does, and could not do. Nothing of what is bid."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.evaluations import actions, queries
from marketplace.evaluations.blueprint import jobs
from marketplace.evaluations.forms import PressForm
from marketplace.evaluations.progress import MOST_ATTEMPTS
from marketplace.identity.roles import RUN_SITE
from marketplace.web.context import act, database, reading, viewer
from marketplace.web.guards import guard


@jobs.get("/jobs")
@guard(RUN_SITE)
def show() -> ResponseReturnValue:
    """Needs that are due, worked on, put off or given up; what comes next; what was done last."""
    now = database().now(reading())
    return render_template(
        "evaluations/jobs.html",
        jobs=queries.jobs(reading(), now),
        to_come=queries.to_come(reading(), now),
        finished=queries.last_finished(reading()),
        now=now,
        most=MOST_ATTEMPTS,
        form=None,
    )


@jobs.post("/jobs/<need_id>/retry")
@guard(RUN_SITE)
def retry(need_id: str) -> ResponseReturnValue:
    """Try a need again now."""
    if PressForm().validate_on_submit():
        with act() as work:
            actions.try_again(work, viewer(), need_id=need_id)
        flash("It is tried again now. Reload this page in a few seconds to see how it went.", "success")
    return redirect(url_for("jobs.show"), 303)
