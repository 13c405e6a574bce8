"""`marketplace check`: the journal is whole, and every score follows from its inputs."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click
from sqlmodel import Session, col, select

from marketplace.bids.models import BidVersion
from marketplace.evaluations import recheck
from marketplace.evaluations.models import Evaluation, OpenedBid
from marketplace.journal.models import JournalLine
from marketplace.journal.verify import Verdict, verify
from marketplace.kit.database import Database
from marketplace.kit.errors import ConfigurationError
from marketplace.kit.settings import Settings
from marketplace.migrations import schema_state
from marketplace.needs.method import method_hash
from marketplace.needs.models import Need
from marketplace.needs.states import PUBLISHED, Stage

SHOWN = 50  # faults printed; the rest are counted
SUBMITTED = ("bid.submitted", "bid.replaced", "bid.submitted_at_closing")


@dataclass
class Findings:
    """What was checked and what is wrong. `faults` are one sentence each, naming the row."""

    journal: Verdict
    needs: int = 0
    receipts: int = 0
    opened_bids: int = 0
    evaluations: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return self.journal.whole and not self.faults


@dataclass
class Said:
    """What the journal says: methods' hashes and opened bids' digests by need, digests by receipt, scores by key."""

    methods: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    openings: dict[str, dict[str, str]] = field(default_factory=dict)
    scores: dict[tuple[str, int, int], str] = field(default_factory=dict)


def check_everything(database: Database) -> Findings:
    """Verify the journal, then hold every method, receipt, opened bid and evaluation against it and against its inputs.

    All questions are asked of one moment, so that what is scored meanwhile is no fault. Raises nothing for bad data.
    """
    with database.reading() as session:
        if not database.is_sqlite:  # SQLite reads one snapshot anyhow
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        findings = Findings(verify(session))
        said = _read_journal(session)
        _check_needs(session, said, findings)
        _check_receipts(session, said, findings)
        _check_opened(session, said, findings)
        _check_evaluations(session, said, findings)
    return findings


def _read_journal(session: Session) -> Said:
    said = Said()
    verbs = ("need.published", "opening.recorded", "evaluation.scored", *SUBMITTED)
    statement = select(JournalLine.thread, JournalLine.verb, JournalLine.facts).where(col(JournalLine.verb).in_(verbs))
    for thread, verb, text in session.exec(statement.order_by(col(JournalLine.seq)).execution_options(yield_per=500)):
        facts, need = _facts(text), thread or ""
        if verb == "need.published":
            said.methods[need] = str(facts.get("method_hash"))
        elif verb == "opening.recorded":
            digests = facts.get("digests")
            said.openings[need] = digests if isinstance(digests, dict) else {}
        elif verb == "evaluation.scored":
            said.scores[need, _whole(facts.get("lot")), _whole(facts.get("round"))] = str(facts.get("hash"))
        else:
            said.receipts[str(facts.get("receipt"))] = str(facts.get("digest"))
    return said


def _facts(text: str) -> dict[str, Any]:
    """A line's facts; {} for a line that was tampered with until it lost its form (the chain's verdict names it)."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _check_needs(session: Session, said: Said, findings: Findings) -> None:
    statement = select(Need.id, Need.stage, Need.method, Need.method_hash).order_by(col(Need.id))
    published = set()
    for need_id, stage, method, stored in session.exec(statement.execution_options(yield_per=100)):
        if stage not in PUBLISHED:
            continue
        published.add(need_id)
        if _hash(method) != stored:
            findings.faults.append(f"need {need_id}: its method differs from the hash on its notice")
        if said.methods.get(need_id) != stored:
            findings.faults.append(f"need {need_id}: the hash of its method is not the one that the journal published")
    findings.needs = len(published)
    for need_id in sorted(said.methods.keys() - published):
        findings.faults.append(f"need {need_id}: the journal published it, but it is gone")


def _hash(method: Mapping[str, Any]) -> str:
    try:
        return method_hash(method)
    except (TypeError, ValueError):  # a float or the like: never written by the product
        return "without a canonical form"


def _check_receipts(session: Session, said: Said, findings: Findings) -> None:
    stored = dict(session.exec(select(BidVersion.receipt, BidVersion.digest)).all())
    findings.receipts = len(stored)
    for receipt in sorted(said.receipts.keys() | stored.keys()):
        if receipt not in stored:
            findings.faults.append(f"receipt {receipt}: the journal names it, but the bid's version is gone")
        elif said.receipts.get(receipt) != stored[receipt]:
            findings.faults.append(f"receipt {receipt}: its digest is not the one in the journal")


def _check_opened(session: Session, said: Said, findings: Findings) -> None:
    stored: dict[str, dict[str, str]] = {}
    for need_id, receipt, digest in session.exec(select(OpenedBid.need_id, OpenedBid.receipt, OpenedBid.digest)):
        stored.setdefault(need_id, {})[receipt] = digest
        findings.opened_bids += 1
    for need_id in sorted(said.openings.keys() | stored.keys()):
        if said.openings.get(need_id, {}) != stored.get(need_id, {}):
            findings.faults.append(f"need {need_id}: the opened bids are not those that the journal recorded")


def _check_evaluations(session: Session, said: Said, findings: Findings) -> None:
    lots: dict[str, set[int]] = {}
    seen = set()
    keys = select(Evaluation.id).order_by(col(Evaluation.need_id), col(Evaluation.lot), col(Evaluation.round))
    for row_id in session.exec(keys).all():
        row = session.get_one(Evaluation, row_id)  # one at a time: a result of 200 bids is a long text
        need = session.get_one(Need, row.need_id)
        findings.evaluations += 1
        seen.add((row.need_id, row.lot, row.round))
        lots.setdefault(row.need_id, set()).add(row.lot)
        name = _called(row.need_id, row.lot, row.round)
        if said.scores.get((row.need_id, row.lot, row.round)) != row.hash:
            findings.faults.append(f"{name}: its hash is not the one in the journal")
        findings.faults += [f"{name}: {fault}" for fault in recheck.faults(row, need.method, need.method_hash)]
        session.expunge_all()
    for need_id, lot, number in sorted(said.scores.keys() - seen):
        findings.faults.append(f"{_called(need_id, lot, number)}: the journal names it, but it is gone")
    scored = select(Need.id, Need.method).where(col(Need.stage) == Stage.SCORED).order_by(col(Need.id))
    for need_id, method in session.exec(scored.execution_options(yield_per=100)):
        for lot in method.get("lots", ()):
            if lot.get("number") not in lots.get(need_id, set()):
                findings.faults.append(f"need {need_id}: it is scored, but lot {lot.get('number')} has no evaluation")


def _called(need_id: str, lot: int, number: int) -> str:
    return f"evaluation of need {need_id}, lot {lot}, round {number}"


@click.command("check")
def check() -> None:
    """Verify the journal and recompute every evaluation from its stored inputs.

    Walks the journal's chain of hashes and names the first line that was changed, removed, reordered or cut off. Then
    compares every method, receipt, opened bid and score with what the journal recorded, and scores every evaluation
    again. Reads only; may run beside the service.

    Keep the last hash that is printed somewhere else: with it, you can show later that nobody wrote the journal anew.

    Exit status: 0 nothing is wrong; 1 something is, named on the standard error; 2 no database of this version.

    Example: marketplace check
    """
    settings = Settings()
    if not settings.database_url and not (settings.data_dir / "marketplace.sqlite").is_file():
        raise ConfigurationError(f"there is no database in {settings.data_dir}: name another data folder.")
    if schema_state(settings.database) != "current":
        raise ConfigurationError("the database is not of this version: run `marketplace migrate` first.")
    database = Database(settings.database)
    try:
        findings = check_everything(database)
    finally:
        database.dispose()
    click.echo(say(findings))
    if not findings.good:
        click.echo(complain(findings), err=True)
        sys.exit(1)


def say(findings: Findings) -> str:
    """What was checked, as people read it on a terminal."""
    rows = (
        ("journal lines", findings.journal.lines), ("published methods", findings.needs),
        ("receipts", findings.receipts), ("opened bids", findings.opened_bids), ("evaluations", findings.evaluations),
    )
    lines = [f"{name:<20}{count:>10,}" for name, count in rows]
    lines.append(f"last hash           {findings.journal.last_hash}")
    return "\n".join([*lines, "Nothing is wrong." if findings.good else "Something is wrong."])


def complain(findings: Findings) -> str:
    """What is wrong, one line each."""
    faults = [*([f"journal: {findings.journal.fault}"] if findings.journal.fault else []), *findings.faults]
    more = len(faults) - SHOWN
    return "\n".join([*faults[:SHOWN], *([f"... and {more} more."] if more > 0 else [])])
