"""The dashboard of an operator: who waits for approval, which mails and jobs failed. Nothing of any bid."""

from datetime import datetime

from sqlmodel import Session

from marketplace.evaluations import queries as evaluations
from marketplace.identity import queries as identity
from marketplace.identity.viewer import Viewer
from marketplace.notices import queries as notices
from marketplace.register import queries as register
from marketplace.site.board import Board, Cell, link, section
from marketplace.web.filters import number, plural


def board(session: Session, _viewer: Viewer, now: datetime) -> Board:
    """What waits for an operator."""
    organisations, people = identity.waiting_counts(session)
    unsent, failed = notices.counts(session)
    jobs = evaluations.jobs(session, now)
    stuck = [job for job in jobs if job.stuck]
    known = register.counts(session)
    waits: list[Cell] = []
    for count, one, many, path in (
        (len(stuck), "need is stuck", "needs are stuck", "/operator/jobs"),
        (
            organisations,
            "organisation waits for approval",
            "organisations wait for approval",
            "/operator/organisations?standing=waiting",
        ),
        (people, "person waits for approval", "people wait for approval", "/operator/users"),
        (failed, "mail could not be sent", "mails could not be sent", "/operator/outbox"),
    ):
        if count:
            waits.append(link(f"{plural(count, one, many)}.", path))
    if not any(known.values()):
        waits.append("The register of commissioners is empty. Load it with: marketplace import-register DIR")
    facts = (
        ("Organisations that wait for approval", number(organisations)),
        ("People who wait for approval", number(people)),
        ("Mails waiting to be sent", number(unsent)),
        ("Mails that failed for good", number(failed)),
        ("Needs that the machine works on", number(len(jobs))),
        ("Needs that are stuck", number(len(stuck))),
        ("Groups in the register", number(known["ccg"])),
        ("Boards in the register", number(known["icb"])),
    )
    sections = (
        section("How things stand", ("What", ("How many", "number")), list(facts), ""),
        section(
            "Waiting to be closed, opened or scored",
            ("Need", "Stage", "Step", ("Attempts", "number")),
            [
                (link(job.title, f"/needs/{job.need_id}"), job.stage.value, job.step, number(job.attempts))
                for job in jobs
            ],
            "Nothing is due. Needs are closed, opened and scored by themselves.",
            ("See all jobs", "/operator/jobs"),
        ),
    )
    ways = (
        ("Organisations", "/operator/organisations"),
        ("People", "/operator/users"),
        ("Outbox", "/operator/outbox"),
        ("Jobs", "/operator/jobs"),
        ("Register of commissioners", "/register-of-commissioners"),
    )
    return Board(tuple(waits), sections, ways)
