"""Closing, opening and scoring one need."""

from marketplace.evaluations.actions import work_on
from workers.app import app, database, settings
from workers.due import tell


@app.task(name="workers.scoring.need")
def need(need_id: str) -> None:
    """Do everything that is due for this need. Delivered twice, late or for nothing: what is done stays done, once."""
    work_on(database(), need_id, nudge=_tell_of_mails, settings=settings())


def _tell_of_mails(what: str, key: str) -> None:
    if what != "need":  # the next step of this need is done by this task itself
        tell(what, key)
