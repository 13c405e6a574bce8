"""Starting, drafting, submitting, replacing and withdrawing bids, on both databases."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from marketplace.bids import access, actions, draft, drafting
from marketplace.bids.actions import ChangedMeanwhile, KeyUsed, NotComplete
from marketplace.bids.drafting import BiddingClosed, MayNotBid, StaleDraft
from marketplace.bids.models import Bid, BidVersion
from marketplace.bids.states import BidStage
from marketplace.identity.models import Standing
from marketplace.identity.roles import Kind
from marketplace.identity.viewer import PUBLIC_VIEWER, Viewer, machine
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.errors import NotHere
from marketplace.kit.states import WrongStage
from marketplace.kit.uploads import Upload
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from marketplace.notices.models import Mail
from tests.factories import make_organisation, viewer_of
from tests.factories_bids import ANSWERS, fill_draft, make_bidder, make_complete_bid, make_open_need, submit

KEY, OTHER = "a" * 32, "b" * 32


@dataclass
class Market:
    """One open need, one bidder."""

    database: Database
    need_id: str
    viewer: Viewer
    closes_at: datetime

    def at(self, moment: datetime) -> None:
        """Set the database's clock."""
        self.database._clock = lambda: moment

    def complete(self, **choices: Any) -> tuple[str, int]:
        """A complete draft."""
        return make_complete_bid(self.database, self.viewer, self.need_id, **choices)

    def close(self) -> int:
        """What the closing does of bids, and the stage after it."""
        with unit_of_work(self.database) as work:
            need = work.session.get(Need, self.need_id, with_for_update=True)
            assert need is not None
            done = actions.submit_at_closing(work, machine("closing"), need)
            need.stage, need.closed_at = Stage.CLOSED, work.now()
            return done

    def opened(self) -> list[access.Opened]:
        """What the opening finds."""
        with unit_of_work(self.database) as work:
            need = work.session.get(Need, self.need_id)
            assert need is not None
            return access.open_bids(work, need)


@pytest.fixture
def market(any_database: Database) -> Market:
    with unit_of_work(any_database) as work:
        need = make_open_need(work, make_organisation(work))
        _organisation, _user, viewer = make_bidder(work, facts={"la2_veto": True, "not_a_question": 1})
        assert need.closes_at is not None
        return Market(any_database, need.id, viewer, need.closes_at)


def bid_of(market: Market) -> Bid:
    with market.database.reading() as session:
        return session.exec(select(Bid)).one()


def test_starting_twice_is_one_bid_and_answers_of_old_are_to_be_checked(market: Market) -> None:
    for _ in range(2):
        with unit_of_work(market.database) as work:
            drafting.start(work, market.viewer, need_id=market.need_id)
    with market.database.reading() as session:
        assert session.exec(select(sa.func.count()).select_from(Bid)).one() == 1
        content = access.own_draft(session, market.viewer, bid_of(market).id).content
    assert content["answers"] == {"la2_veto": True}
    assert content["prefilled"] == ["LA2"]


def test_the_last_bids_answers_come_back(market: Market) -> None:
    bid_id, _revision = market.complete()
    submit(market.database, market.viewer, bid_id, key=KEY)
    with unit_of_work(market.database) as work:
        second = make_open_need(work, make_organisation(work))
        bid = drafting.start(work, market.viewer, need_id=second.id)
        content = access.own_draft(work.session, market.viewer, bid.id).content
        assert content["answers"]["la6_open_book"] == ANSWERS["la6_open_book"]
        assert "LA6" in content["prefilled"]
        revision = fill_draft(work, market.viewer, second, bid)
        assert (
            access.own_draft(work.session, market.viewer, bid.id).complete_revision == revision
        )  # all pages were looked at


@pytest.mark.parametrize("who", ["public", "buyer", "other_kind", "off", "waiting", "late"])
def test_who_may_not_bid(market: Market, who: str) -> None:
    with unit_of_work(market.database) as work:
        need = make_open_need(work, make_organisation(work), bidders={"mode": "kinds", "kinds": ["council"]})
        kind = Kind.COUNCIL if who in ("off", "waiting", "late") else Kind.PRIVATE
        standing = {"off": Standing.OFF, "waiting": Standing.WAITING}.get(who, Standing.ACTIVE)
        organisation, user, viewer = make_bidder(work, kind, standing=standing)
        if who == "buyer":
            organisation = make_organisation(work)
            viewer = viewer_of(user, organisation)
    if who == "late":
        market.at(market.closes_at + timedelta(days=1))
    with pytest.raises(MayNotBid), unit_of_work(market.database) as work:
        drafting.start(work, PUBLIC_VIEWER if who == "public" else viewer, need_id=need.id)


def test_a_bid_is_submitted_with_receipt_mail_and_journal_but_no_price_in_either(market: Market) -> None:
    bid_id, _revision = market.complete(yearly_pence=12_345_678)
    receipt = submit(market.database, market.viewer, bid_id, key=KEY)
    bid = bid_of(market)
    assert (bid.stage, bid.live_version, receipt.version) == (BidStage.SUBMITTED, 1, 1)
    with market.database.reading() as session:
        mail = session.exec(select(Mail)).one()
        lines = session.exec(
            select(JournalLine).where(JournalLine.thread == market.need_id).order_by(col(JournalLine.seq))
        ).all()
        version, content = access.own_version(session, market.viewer, bid_id, 1)
    assert mail.to == market.viewer.email
    assert receipt.number in mail.text
    assert receipt.digest in mail.text
    assert lines[-1].verb == "bid.submitted"
    assert receipt.digest in lines[-1].facts
    assert "12345678" in content
    assert all("12345678" not in text for text in (mail.text, mail.subject, *(line.facts for line in lines)))
    assert access.sha256_hex(content) == version.digest == receipt.digest


def test_the_same_key_again_brings_the_first_receipt_even_after_closing(market: Market) -> None:
    bid_id, revision = market.complete()
    first = submit(market.database, market.viewer, bid_id, key=KEY)
    again = submit(market.database, market.viewer, bid_id, key=KEY)
    assert (again.number, again.digest, again.at, again.repeated) == (first.number, first.digest, first.at, True)
    with market.database.reading() as session:
        prepared = actions.prepare(session, market.viewer, bid_id)
    market.at(market.closes_at + timedelta(hours=1))
    with unit_of_work(market.database) as work:  # the retry of a request whose answer was lost
        assert isinstance(prepared, actions.Prepared)
        assert actions.submit(work, market.viewer, prepared, key=KEY, revision=revision).number == first.number
    with market.database.reading() as session:
        assert session.exec(select(sa.func.count()).select_from(BidVersion)).one() == 1


def test_another_content_under_the_same_key_is_refused(market: Market) -> None:
    bid_id, revision = market.complete()
    submit(market.database, market.viewer, bid_id, key=KEY)
    with unit_of_work(market.database) as work:
        drafting.save_organisation(
            work, market.viewer, bid_id=bid_id, revision=revision, values={"contact_name": "Sam"}
        )
    with market.database.reading() as session:
        prepared = actions.prepare(session, market.viewer, bid_id)
    assert isinstance(prepared, actions.Prepared)
    with pytest.raises(KeyUsed), unit_of_work(market.database) as work:
        actions.submit(work, market.viewer, prepared, key=KEY, revision=prepared.revision)


def test_an_incomplete_draft_is_not_submitted_and_says_what_is_missing(market: Market) -> None:
    with unit_of_work(market.database) as work:
        bid = drafting.start(work, market.viewer, need_id=market.need_id)
    with pytest.raises(NotComplete, match="Lot 1"), market.database.reading() as session:
        actions.prepare(session, market.viewer, bid.id)


def test_a_draft_saved_after_the_check_is_not_submitted(market: Market) -> None:
    bid_id, revision = market.complete()
    with market.database.reading() as session:
        prepared = actions.prepare(session, market.viewer, bid_id)
    with unit_of_work(market.database) as work:
        drafting.save_organisation(
            work, market.viewer, bid_id=bid_id, revision=revision, values={"contact_name": "Sam"}
        )
    assert isinstance(prepared, actions.Prepared)
    with pytest.raises(ChangedMeanwhile), unit_of_work(market.database) as work:
        actions.submit(work, market.viewer, prepared, key=KEY, revision=revision)
    assert bid_of(market).stage is BidStage.DRAFT


def test_a_stale_page_is_not_saved(market: Market) -> None:
    bid_id, revision = market.complete()
    with pytest.raises(StaleDraft), unit_of_work(market.database) as work:
        drafting.save_lot(
            work, market.viewer, bid_id=bid_id, revision=revision - 1, number=1, values={"offered": False}
        )


def test_at_the_deadline_itself_nothing_is_taken(market: Market) -> None:
    bid_id, revision = market.complete()
    market.at(market.closes_at)
    with pytest.raises(BiddingClosed):
        submit(market.database, market.viewer, bid_id, key=KEY)
    with pytest.raises(BiddingClosed), unit_of_work(market.database) as work:
        drafting.save_lot(work, market.viewer, bid_id=bid_id, revision=revision, number=1, values={"offered": False})
    market.at(market.closes_at - timedelta(microseconds=1))
    assert submit(market.database, market.viewer, bid_id, key=KEY).version == 1
    market.at(market.closes_at)
    with pytest.raises(BiddingClosed), unit_of_work(market.database) as work:
        actions.withdraw(work, market.viewer, bid_id=bid_id)


def test_replace_withdraw_and_submit_again_keep_every_version(market: Market) -> None:
    bid_id, revision = market.complete(yearly_pence=11_000_000)
    submit(market.database, market.viewer, bid_id, key="1" * 32)
    with unit_of_work(market.database) as work:
        drafting.save_lot(work, market.viewer, bid_id=bid_id, revision=revision, number=2, values={"offered": False})
    submit(market.database, market.viewer, bid_id, key="2" * 32)
    with unit_of_work(market.database) as work:
        actions.withdraw(work, market.viewer, bid_id=bid_id)
    assert (bid_of(market).stage, bid_of(market).live_version) == (BidStage.WITHDRAWN, None)
    with pytest.raises(WrongStage), unit_of_work(market.database) as work:
        actions.withdraw(work, market.viewer, bid_id=bid_id)
    assert submit(market.database, market.viewer, bid_id, key="3" * 32).version == 3
    with market.database.reading() as session:
        assert [version.version for version in access.versions(session, market.viewer, bid_id)] == [3, 2, 1]
        offered = ['"2":' in access.own_version(session, market.viewer, bid_id, number)[1] for number in (1, 2, 3)]
    assert offered == [True, False, False]


def test_a_withdrawn_bid_is_not_opened_and_a_submitted_one_is(market: Market) -> None:
    bid_id, _revision = market.complete()
    receipt = submit(market.database, market.viewer, bid_id, key=KEY)
    assert market.opened() == []  # the need is open: nothing is read
    with unit_of_work(market.database) as work:
        _o, _u, other = make_bidder(work)
    other_bid, _ = make_complete_bid(market.database, other, market.need_id)
    submit(market.database, other, other_bid, key=KEY)
    with unit_of_work(market.database) as work:
        actions.withdraw(work, other, bid_id=other_bid)
    market.close()
    opened = market.opened()
    assert [(each.bid_id, each.receipt, each.problem) for each in opened] == [(bid_id, receipt.number, "")]


def test_one_unreadable_envelope_never_stops_the_others(market: Market) -> None:
    bid_id, _revision = market.complete()
    submit(market.database, market.viewer, bid_id, key=KEY)
    with unit_of_work(market.database) as work:
        _o, _u, other = make_bidder(work)
    other_bid, _ = make_complete_bid(market.database, other, market.need_id)
    submit(market.database, other, other_bid, key=KEY)
    with unit_of_work(market.database) as work:
        work.session.execute(
            sa.text(
                "UPDATE bid_envelope SET content = replace(content, '12000000', '11000000') WHERE version_id IN "
                "(SELECT id FROM bid_version WHERE bid_id = :bid)"
            ),
            {"bid": other_bid},
        )
    market.close()
    opened = {each.bid_id: each for each in market.opened()}
    assert opened[bid_id].offer
    assert not opened[bid_id].problem
    assert not opened[other_bid].offer
    assert "changed after it was submitted" in opened[other_bid].problem


def test_the_last_complete_draft_is_submitted_at_closing(market: Market) -> None:
    bid_id, revision = market.complete(yearly_pence=10_000_001)
    with unit_of_work(market.database) as work:
        drafting.ask_at_closing(work, market.viewer, bid_id=bid_id, wanted=True)
    with unit_of_work(
        market.database
    ) as work:  # unfinished work in the last minute: the complete version before it counts
        drafting.save_lot(
            work, market.viewer, bid_id=bid_id, revision=revision, number=1, values={"mobilisation_pence": None}
        )
    assert market.close() == 1
    (opened,) = market.opened()
    assert "10000001" in opened.offer
    with market.database.reading() as session:
        (version,) = access.versions(session, market.viewer, bid_id)
        assert (version.submitted_by, version.revision) == ("closing", revision)
        assert opened.receipt in session.exec(select(Mail)).one().text


def test_closing_submits_only_what_differs_and_only_when_asked(market: Market) -> None:
    bid_id, revision = market.complete()
    with unit_of_work(market.database) as work:
        drafting.ask_at_closing(work, market.viewer, bid_id=bid_id, wanted=True)
        _o, _u, silent = make_bidder(work)
    make_complete_bid(market.database, silent, market.need_id)  # complete, but nobody asked
    submit(market.database, market.viewer, bid_id, key=KEY)
    with unit_of_work(market.database) as work:  # changed and changed back: the same offer
        saved = drafting.save_organisation(
            work, market.viewer, bid_id=bid_id, revision=revision, values={"contact_name": "Sam"}
        )
        drafting.save_organisation(
            work,
            market.viewer,
            bid_id=bid_id,
            revision=saved.bid.revision,
            values={"contact_name": ""},
        )
    assert market.close() == 0
    assert [each.bid_id for each in market.opened()] == [bid_id]


def test_a_draft_that_cannot_be_sealed_is_told_and_stops_nobody(market: Market) -> None:
    bad, _ = market.complete()
    with unit_of_work(market.database) as work:
        _o, _u, other = make_bidder(work)
    good, _ = make_complete_bid(market.database, other, market.need_id)
    with unit_of_work(market.database) as work:
        drafting.ask_at_closing(work, market.viewer, bid_id=bad, wanted=True)
        drafting.ask_at_closing(work, other, bid_id=good, wanted=True)
        work.session.execute(
            sa.text("UPDATE bid_draft SET complete = '{\"form\": 9}' WHERE bid_id = :bid"), {"bid": bad}
        )
    assert market.close() == 1
    assert [each.bid_id for each in market.opened()] == [good]
    with market.database.reading() as session:
        assert [mail.to for mail in session.exec(select(Mail)) if "was not submitted" in mail.subject] == [
            market.viewer.email
        ]


def test_foreign_bids_are_not_here(market: Market) -> None:
    bid_id, revision = market.complete()
    submit(market.database, market.viewer, bid_id, key=KEY)
    with unit_of_work(market.database) as work:
        _o, _u, stranger = make_bidder(work)
        buyer = make_organisation(work)
        operator = make_organisation(work, Kind.OPERATOR)
    foreigners = (
        stranger,
        PUBLIC_VIEWER,
        Viewer(user_id="u", organisation_id=buyer.id, kind=Kind.CCG),
        Viewer(user_id="o", organisation_id=operator.id, kind=Kind.OPERATOR),
        machine("sweep"),
    )
    for viewer in foreigners:
        with market.database.reading() as session:
            for read in (access.own_draft, access.versions):
                with pytest.raises(NotHere):
                    read(session, viewer, bid_id)
            with pytest.raises(NotHere):
                access.own_version(session, viewer, bid_id, 1)
            with pytest.raises(NotHere):
                actions.prepare(session, viewer, bid_id)
        with pytest.raises(NotHere), unit_of_work(market.database) as work:
            actions.withdraw(work, viewer, bid_id=bid_id)
        with pytest.raises(NotHere), unit_of_work(market.database) as work:
            drafting.save_organisation(work, viewer, bid_id=bid_id, revision=revision, values={"ceases": "yes"})


def test_documents_are_the_bidders_alone_until_opening_and_then_the_buyers_if_the_live_version_has_them(
    market: Market,
) -> None:
    bid_id, revision = market.complete()
    upload = Upload("minutes.txt", "text/plain", b"Minutes of the joint committee")
    with unit_of_work(market.database) as work:
        saved = drafting.attach_document(
            work, market.viewer, bid_id=bid_id, revision=revision, indicator="LA2", upload=upload
        )
        saved = drafting.attach_document(
            work, market.viewer, bid_id=bid_id, revision=saved.bid.revision, indicator="LA4", upload=upload
        )
        dropped = saved.content["evidence"]["LA4"]["id"]
        saved = drafting.remove_evidence(
            work, market.viewer, bid_id=bid_id, revision=saved.bid.revision, indicator="LA4"
        )
        kept = saved.content["evidence"]["LA2"]["id"]
    submit(market.database, market.viewer, bid_id, key=KEY)

    def as_buyer(document: str) -> Upload:
        with market.database.reading() as session:
            need = session.get(Need, market.need_id)
            assert need is not None
            buyer = Viewer(user_id="u", organisation_id=need.organisation_id, kind=Kind.CCG)
            return access.opened_document(session, buyer, need, bid_id, document)

    with market.database.reading() as session:
        assert access.own_document(session, market.viewer, bid_id, kept) == upload
    with pytest.raises(NotHere):
        as_buyer(kept)
    market.close()
    with pytest.raises(NotHere):
        as_buyer(kept)  # closed, not yet opened
    with unit_of_work(market.database) as work:
        need = work.session.get(Need, market.need_id)
        assert need is not None
        need.stage, need.opened_at = Stage.OPENED, work.now()
    assert as_buyer(kept) == upload
    with pytest.raises(NotHere):
        as_buyer(dropped)


def test_an_intention_is_stored_and_can_change(market: Market) -> None:
    for intends, reason in ((True, ""), (False, "Too far away")):
        with unit_of_work(market.database) as work:
            drafting.say_intention(work, market.viewer, need_id=market.need_id, intends=intends, reason=reason)
    with market.database.reading() as session:
        row = session.exec(select(drafting.BidIntention)).one()
    assert (row.intends, row.reason) == (False, "Too far away")


def test_missing_is_empty_exactly_when_complete(market: Market) -> None:
    bid_id, _revision = market.complete(offered=(2,))
    with market.database.reading() as session:
        stored = access.own_draft(session, market.viewer, bid_id)
        need = session.get(Need, market.need_id)
        assert need is not None
        assert draft.missing(stored.content, need.method) == []
        assert stored.complete is not None
        assert list(stored.complete["lots"]) == ["2"]
