"""Loading the example market: organisations, needs in every stage, bids, and evaluations, each by its own act."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import as_file, files
from typing import Any

from sqlmodel import col, select

from marketplace.evaluations.actions import work_on
from marketplace.example_market.bidding import submit_bid
from marketplace.example_market.posting import publish_need, write_draft
from marketplace.example_market.timeline import Timeline, closing, moment
from marketplace.identity import actions as identity
from marketplace.identity.models import Organisation, User
from marketplace.identity.passwords import hasher
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import Viewer, machine
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.errors import ConfigurationError
from marketplace.kit.settings import Settings
from marketplace.needs import actions as needs
from marketplace.needs import ledger
from marketplace.register.importing import import_register
from marketplace.register.queries import body

PASSWORD = "fylde coast example"  # noqa: S105 - printed by the demo, for made-up people
OPERATOR = "operator@marketplace.example"
LOADER = machine("example")
BEGAN = timedelta(days=60)
DONE, STARTED = "example.loaded", "example.started"


@dataclass(frozen=True)
class Report:
    """What was loaded: counts in words, and who can sign in: (role, e-mail address)."""

    words: str
    sign_ins: tuple[tuple[str, str], ...]
    password: str = PASSWORD

    def __str__(self) -> str:
        return self.words


def market() -> dict[str, Any]:
    """The example market's facts, as written in market.toml."""
    return tomllib.loads(files(__package__).joinpath("market.toml").read_text("utf-8"))


def load(database: Database, settings: Settings) -> Report:
    """Load the example market once; a second time it is found and left as it is.

    Raises ConfigurationError when an earlier loading was interrupted, or the database holds other people's data.
    """
    facts = market()
    sign_ins = _sign_ins(facts)
    with database.reading() as session:
        verbs = set(session.exec(select(JournalLine.verb).where(col(JournalLine.verb).in_([STARTED, DONE]))).all())
        others = session.exec(select(Organisation.id).limit(1)).first()
        now = database.now(session)
    if DONE in verbs:
        return Report("found as it was left (use another --data folder to begin anew)", sign_ins)
    if STARTED in verbs:
        raise ConfigurationError(
            "Loading the example market was interrupted: delete the data folder, or name another with --data."
        )
    if others is not None:
        raise ConfigurationError(
            "This data folder holds a market already, and the example market goes into an empty one. "
            "Name another with --data."
        )
    timeline = Timeline(now)
    past = Database(settings.database, clock=lambda: timeline.now)
    try:
        _Loading(past, settings, timeline, facts).run()
    finally:
        past.dispose()
    counts = {key: len(facts[key]) for key in ("buyer", "provider", "need")}
    bids = sum(len(need.get("bid", ())) for need in facts["need"])
    return Report(
        f"{counts['buyer']} CCGs, {counts['provider']} providers, {counts['need']} needs, {bids} bids", sign_ins
    )


def _sign_ins(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    buyer = facts["buyer"][0]
    people = [(f"{person['role']}, {buyer['key'].title()} CCG", person["email"]) for person in buyer["people"]]
    bidder = facts["provider"][0]
    return (*people, (f"bidder, {bidder['name']}", bidder["email"]), ("operator", OPERATOR))


class _Loading:
    def __init__(self, database: Database, settings: Settings, timeline: Timeline, facts: dict[str, Any]) -> None:
        self.database, self.settings, self.timeline, self.facts = database, settings, timeline, facts
        self.viewers: dict[str, Viewer] = {}
        self.names: dict[str, str] = {}
        self.need_ids: dict[str, str] = {}
        self.hash = hasher().hash(PASSWORD)

    def run(self) -> None:
        self.timeline.at(self.timeline.base - BEGAN, self.people)
        for row in self.facts["need"]:
            self.plan(row)
        self.timeline.at(self.timeline.base, self.finish)
        self.timeline.run()

    def finish(self) -> None:
        with unit_of_work(self.database) as work:
            work.record(LOADER, DONE, "market:example")

    def people(self) -> None:
        """The register's places, then organisations with their people and ledgers."""
        with unit_of_work(self.database) as work:
            work.record(LOADER, STARTED, "market:example")
        with as_file(files("marketplace.register").joinpath("example")) as folder:
            import_register(self.database, folder)
        with unit_of_work(self.database) as work:
            site = identity.create_organisation(work, LOADER, kind=Kind.OPERATOR, name="Operator of the example market")
            self._user(work, site, {"email": OPERATOR, "name": "Olwen Park", "role": "operator"})
            for row in self.facts["provider"]:
                provider = identity.create_organisation(
                    work,
                    LOADER,
                    kind=Kind(row["kind"]),
                    name=row["name"],
                    number=row["number"],
                    contact_name=row["person"],
                    contact_email=row["email"],
                    contact_phone="01253 496 0000",
                    address="1 Example Street, Blackpool",
                    size="50 to 249",
                )
                self.names[row["key"]] = row["name"]
                self.viewers[row["key"]] = self._user(
                    work, provider, {"email": row["email"], "name": row["person"], "role": "bidder"}
                )
        for row in self.facts["buyer"]:
            self._buyer(row)

    def _buyer(self, row: Mapping[str, Any]) -> None:
        with unit_of_work(self.database) as work:
            place = body(work.session, row["code"])
            if place is None:
                raise ConfigurationError(f"The example register lacks {row['code']}.")
            domain = row["people"][0]["email"].rpartition("@")[2]
            organisation = identity.create_organisation(
                work,
                LOADER,
                kind=Kind.CCG,
                name=place.name,
                register_code=row["code"],
                domains=[domain],
                contact_name=row["people"][0]["name"],
                contact_email=row["people"][0]["email"],
            )
            for person in row["people"]:
                self.viewers[f"{row['key']} {person['role']}"] = self._user(work, organisation, person)
            lines = [
                ledger.Line(
                    self.names.get(line.get("provider", ""), line.get("name", "")),
                    line["function"],
                    line["pounds"] * 100,
                )
                for line in row.get("spend", ())
            ]
            if lines:
                ledger.save(work, self.viewers[f"{row['key']} manager"], lines=lines, complete=row["spend_complete"])

    def _user(self, work: Any, organisation: Organisation, person: Mapping[str, str]) -> Viewer:
        user: User = identity.create_user(
            work,
            LOADER,
            organisation_id=organisation.id,
            email=person["email"],
            name=person["name"],
            role=Role(person["role"]),
            password_hash=self.hash,
            terms_accepted=True,
        )
        return Viewer(
            user_id=user.id,
            name=user.name,
            email=user.email,
            role=user.role,
            organisation_id=organisation.id,
            organisation_name=organisation.name,
            kind=organisation.kind,
        )

    def plan(self, row: dict[str, Any]) -> None:
        """Put the events of one need on the timeline."""
        base, stage = self.timeline.base, row.get("stage", "published")
        closes_at = closing(base, row["closes"]) if "closes" in row else None
        if stage != "published" or closes_at is None:
            self.timeline.at(base - timedelta(hours=5), lambda: self._draft(row, closes_at))
            return
        published = moment(base, row["published"])
        self.timeline.at(published, lambda: self._publish(row, closes_at))
        bids = row.get("bid", [])
        end = min(closes_at - timedelta(hours=20), base - timedelta(hours=1))
        first = published + timedelta(days=3)
        for place, bid in enumerate(bids):
            when = first + (end - first) * (place + 1) / (len(bids) + 1)
            self.timeline.at(when, lambda bid=bid: self._bid(row, bid))  # type: ignore[misc]
        if closes_at < base:
            self.timeline.at(closes_at + timedelta(seconds=2), lambda: self._score(row["key"]))

    def _draft(self, row: dict[str, Any], closes_at: datetime | None) -> None:
        manager = self.viewers[f"{row['buyer']} manager"]
        with unit_of_work(self.database) as work:
            need = write_draft(work, manager, row, self.facts["service"], closes_at)
            if row["stage"] == "review":
                needs.ask_approval(
                    work, manager, need_id=need.id, note="Ready from my side.", address=self.settings.address
                )

    def _publish(self, row: dict[str, Any], closes_at: datetime) -> None:
        manager, approver = (self.viewers[f"{row['buyer']} {role}"] for role in ("manager", "approver"))
        with unit_of_work(self.database) as work:
            need = write_draft(work, manager, row, self.facts["service"], closes_at)
            publish_need(work, approver, need, self.settings.address)
            self.need_ids[row["key"]] = need.id

    def _bid(self, row: dict[str, Any], bid: dict[str, Any]) -> None:
        provider = self._provider(bid["provider"])
        submit_bid(
            self.database,
            self.viewers[bid["provider"]],
            self.need_ids[row["key"]],
            bid,
            provider,
            self.settings.address,
        )

    def _provider(self, key: str) -> dict[str, Any]:
        """A provider with its answers: its own, on top of those of the provider that it is like."""
        row = next(each for each in self.facts["provider"] if each["key"] == key)
        like = self._provider(row["same_answers_as"]) if "same_answers_as" in row else {}
        return {**like, **row, "answers": {**like.get("answers", {}), **row.get("answers", {})}}

    def _score(self, key: str) -> None:
        if not work_on(self.database, self.need_ids[key], settings=self.settings):
            raise ConfigurationError(f"The example need {key} could not be scored.")
