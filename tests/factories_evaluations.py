"""Needs that are taken through closing, opening and scoring, with bids that real bidders submitted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from marketplace.bids import access, drafting
from marketplace.evaluations.models import Evaluation
from marketplace.evaluations.queries import newest_round, of_round
from marketplace.identity.models import Organisation, User
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.needs.method import Lot
from marketplace.needs.models import Need, SupportSpend
from tests.factories import make_organisation, make_user, viewer_of
from tests.factories_bids import make_bidder, make_complete_bid, make_open_need, submit

ONE_LOT = (Lot(1, ("hr",), 60_000_000),)


@dataclass
class Contest:
    """A need with its buyer's people and the bids so far. `bids` and `bidders` go by the bidder's name."""

    database: Database
    need_id: str
    buyer: Organisation
    people: dict[Role, User]
    closes_at: datetime
    bids: dict[str, str] = field(default_factory=dict)
    bidders: dict[str, Viewer] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def viewer(self, role: Role = Role.APPROVER) -> Viewer:
        """One of the buyer's people."""
        return viewer_of(self.people[role], self.buyer)

    def bid(
        self, name: str, *, yearly_pence: int = 12_000_000, answers: dict[str, Any] | None = None, **choices: Any
    ) -> str:
        """A bid, submitted by a new provider of that name. `answers` replace some of the usual ones."""
        organisation = choices.pop("organisation", {})
        send = choices.pop("send", True)
        with unit_of_work(self.database) as work:
            _organisation, user, viewer = make_bidder(work, Kind.PRIVATE, name=name, **organisation)
        self.bidders[name], self.users[name] = viewer, user
        bid_id, revision = make_complete_bid(self.database, viewer, self.need_id, yearly_pence=yearly_pence, **choices)
        for key, value in (answers or {}).items():
            revision = self.answer(name, bid_id, revision, key, value)
        if send:
            submit(self.database, viewer, bid_id, key=f"{len(self.bids):032x}")
        self.bids[name] = bid_id
        return bid_id

    def answer(self, name: str, bid_id: str, revision: int, key: str, value: Any) -> int:
        """Change one answer of a draft."""
        indicator = key.partition("_")[0].upper()
        with unit_of_work(self.database) as work:
            now = access.own_draft(work.session, self.bidders[name], bid_id).content["answers"]
            own = {each: now[each] for each in now if each.startswith(key.partition("_")[0] + "_")} | {key: value}
            saved = drafting.save_answers(
                work, self.bidders[name], bid_id=bid_id, revision=revision, indicators=[indicator], answers=own
            )
            return saved.bid.revision

    def pass_deadline(self) -> None:
        """Let the database's clock go on from the deadline."""
        self.database._clock = lambda: self.closes_at + timedelta(seconds=1)

    def need(self) -> Need:
        """The need as it is stored now."""
        with self.database.reading() as session:
            return session.get_one(Need, self.need_id)

    def evaluations(self, number: int | None = None) -> list[Evaluation]:
        """The evaluations of a round, by lot (None: of the last whole one)."""
        with self.database.reading() as session:
            need = session.get_one(Need, self.need_id)
            return of_round(session, need, newest_round(session, need) if number is None else number)

    def fill_ledger(self, *lines: tuple[str, str, int], complete: bool = True) -> None:
        """The buyer's support spend: (provider's name, function, pence a year)."""
        with unit_of_work(self.database) as work:
            for name, function, pence in lines:
                work.session.add(
                    SupportSpend(
                        organisation_id=self.buyer.id,
                        provider_name=name,
                        function=function,
                        annual_pence=pence,
                        changed_at=work.now(),
                    )
                )
            buyer = work.session.get_one(Organisation, self.buyer.id)
            buyer.facts = {**buyer.facts, "spend_complete": complete}
            work.session.add(buyer)


def make_contest(
    database: Database,
    *,
    lots: tuple[Lot, ...] = ONE_LOT,
    title: str = "Back office",
    ledger: bool = True,
    **judging: Any,
) -> Contest:
    """An open need without bids. `ledger`: the buyer's spend is known, so that no bid is held for IN1."""
    with unit_of_work(database) as work:
        buyer = make_organisation(work)
        people = {
            role: make_user(work, buyer, role) for role in (Role.MANAGER, Role.APPROVER, Role.EVALUATOR, Role.AUDITOR)
        }
        need = make_open_need(work, buyer, lots=lots, title=title, **judging)
        assert need.closes_at is not None
        publisher = viewer_of(people[Role.APPROVER], buyer)
        facts = {"method_hash": need.method_hash}
        work.record(publisher, "need.published", f"need:{need.id}", thread=need.id, facts=facts)
        contest = Contest(database, need.id, buyer, people, need.closes_at)
    if ledger:
        contest.fill_ledger(("Somebody else", "estates", 100_000_000))
    return contest


@contextmanager
def failing(monkeypatch: Any, target: str, times: int = 10**9) -> Iterator[Callable[[], int]]:
    """Let a function raise for its first calls, as a process does that dies there; yields how often it was called."""
    module, _, name = target.rpartition(".")
    owner = import_module(module)
    real, calls = getattr(owner, name), []

    def broken(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) <= times:
            raise RuntimeError("a price of £123,456.78 must not be told")
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, broken)
        yield lambda: len(calls)
