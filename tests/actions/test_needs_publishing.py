"""Approval, publication and the marks of the worker; what is frozen, journalled, mailed and findable."""

import json

import pytest
from sqlmodel import select

from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import machine
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.errors import Invalid, NotHere
from marketplace.kit.states import WrongStage
from marketplace.needs import actions, drafting, method, queries, search
from marketplace.needs.states import Stage
from marketplace.notices.models import Mail
from marketplace.register.models import Body
from tests.factories import make_organisation, make_user, viewer_of
from tests.factories_needs import make_buyer, make_draft, make_published


def _body(**changes: object) -> Body:
    return Body(
        **{  # type: ignore[arg-type]
            "code": "02M",
            "kind": "ccg",
            "name": "NHS Fylde & Wyre CCG",
            "population": 151_000,
            "region": "North of England",
            "latitude_e4": 0,
            "longitude_e4": 0,
            **changes,
        }
    )


def test_publication_freezes_the_method_and_copies_the_register(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        work.session.add(_body())
        organisation, _manager, approver = make_buyer(work, name="Fylde & Wyre", register_code="02M")
        need = make_published(work, organisation, approver, together=False)
    with any_database.reading() as session:
        stored = queries.published_need(session, need.id)
        assert (stored.stage, stored.buyer_name, stored.region, stored.population) == (
            Stage.OPEN,
            "Fylde & Wyre",
            "North of England",
            151_000,
        )
        assert (
            stored.total_ceiling_pence == 180_000_000
        )
        assert (
            stored.functions == " hr it "
        )
        assert (
            stored.next_due == stored.closes_at
        )
        assert stored.allowance_pence
        assert stored.allowance_pence > 151_000 * 1000
        assert stored.method_hash == method.method_hash(stored.method)
        assert len(stored.method_hash) == 64
        assert method.lot_method(stored.method, 2)["population"] == 151_000
        assert queries.lots(session, need.id) == method.lots_of(stored.method)
        line = session.exec(select(JournalLine).where(JournalLine.verb == "need.published")).one()
        assert json.loads(line.facts)["method_hash"] == stored.method_hash
        mails = session.exec(select(Mail)).all()
        assert {mail.kind for mail in mails} == {"need.published"}
        assert len(mails) == 2
        assert all(need.id in mail.text and stored.method_hash in mail.text for mail in mails)


def test_the_frozen_method_does_not_follow_the_register(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        work.session.add(_body())
        organisation, _manager, approver = make_buyer(work, register_code="02M")
        need = make_published(work, organisation, approver)
    with unit_of_work(any_database) as work:
        row = work.session.get(Body, "02M")
        assert row is not None
        row.population = 1
        work.session.add(row)
    with any_database.reading() as session:
        assert queries.population(session, queries.published_need(session, need.id)) == 151_000


def test_approval_goes_there_and_back_with_mails(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, approver = make_buyer(work)
        make_user(work, organisation, Role.EVALUATOR)
        drafter, boss = viewer_of(manager, organisation), viewer_of(approver, organisation)
        need = make_draft(work, drafter)
    with unit_of_work(any_database) as work:
        actions.ask_approval(work, drafter, need_id=need.id, note="Please look at the floor")
    with pytest.raises(drafting.NotADraft), unit_of_work(any_database) as work:
        drafting.save_requirements(work, drafter, need_id=need.id, essential=[], nice=[])
    with pytest.raises(Invalid), unit_of_work(any_database) as work:
        actions.send_back(work, boss, need_id=need.id, reason=" ")
    with unit_of_work(any_database) as work:
        actions.send_back(work, boss, need_id=need.id, reason="The term is too long")
    with unit_of_work(any_database) as work:
        actions.ask_approval(work, drafter, need_id=need.id)
        actions.publish(work, boss, need_id=need.id)
    with any_database.reading() as session:
        mails = [(mail.kind, mail.to) for mail in session.exec(select(Mail).order_by(Mail.created_at)).all()]
        assert mails[:3] == [
            ("need.approval", approver.email),
            ("need.returned", manager.email),
            ("need.approval", approver.email),
        ]
        assert {to for kind, to in mails if kind == "need.published"} >= {manager.email, approver.email}


def test_publishing_twice_is_refused(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, _manager, approver = make_buyer(work)
        need = make_published(work, organisation, approver)
    with pytest.raises(WrongStage), unit_of_work(any_database) as work:
        actions.publish(work, viewer_of(approver, organisation), need_id=need.id)


def test_invited_providers_get_a_mail(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, _manager, approver = make_buyer(work)
        provider = make_organisation(work, Kind.COUNCIL)
        bidder = make_user(work, provider, Role.BIDDER)
        viewer = viewer_of(approver, organisation)
        need = make_draft(work, viewer)
        drafting.save_bidders(work, viewer, need_id=need.id, mode="invited", invited=[provider.id])
        actions.publish(work, viewer, need_id=need.id)
    with any_database.reading() as session:
        assert session.exec(select(Mail.to).where(Mail.kind == "need.invited")).all() == [bidder.email]


def test_drafts_are_not_public(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, _approver = make_buyer(work)
        need = make_draft(work, viewer_of(manager, organisation))
    with any_database.reading() as session, pytest.raises(NotHere):
        queries.published_need(session, need.id)


def test_the_worker_moves_it_on_and_asks_for_the_next_step(any_database: Database) -> None:
    nudged: list[tuple[str, str]] = []
    with unit_of_work(any_database) as work:
        organisation, _manager, approver = make_buyer(work)
        need = make_published(work, organisation, approver)
    clerk = machine("closing")
    with unit_of_work(any_database, lambda what, key: nudged.append((what, key))) as work:
        actions.mark_closed(work, clerk, actions.lock(work, need.id))
    with any_database.reading() as session:
        closed = queries.published_need(session, need.id)
        assert closed.closed_at is not None
        assert closed.next_due == closed.closed_at
        assert queries.due(session, any_database.now(session)) == [need.id]
    with unit_of_work(any_database) as work:
        actions.mark_opened(work, clerk, actions.lock(work, need.id))
        actions.mark_scored(work, clerk, actions.lock(work, need.id))
    with any_database.reading() as session:
        scored = queries.published_need(session, need.id)
        assert scored.stage is Stage.SCORED
        assert scored.next_due is None
        assert scored.scored_at is not None
    assert nudged == [("need", need.id)]
    with pytest.raises(WrongStage), unit_of_work(any_database) as work:
        actions.mark_closed(work, clerk, actions.lock(work, need.id))


def test_search_finds_words_and_beginnings(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, _manager, approver = make_buyer(work, name="Fleetwood Group")
        one = make_published(work, organisation, approver, title="Payroll for Fleetwood")
        two = make_published(work, organisation, approver, title="Contracting team", functions=("contracting",))
    with any_database.reading() as session:

        def found(typed: str) -> list[str]:
            statement = search.matching(session, typed)
            assert statement is not None
            return list(session.connection().execute(statement).scalars())

        assert found("fleetwood") == [two.id, one.id]  # the newest first
        assert found("FLEETWOOD payroll") == [one.id]
        assert found("payr") == [one.id]
        assert found("contract") == [two.id]
        assert found("nothing-like-it") == []
        for strange in (
            '"',
            "a OR b NOT",
            "payroll*",
            "NEAR(payroll)",
            "'; drop table need; --",
            "payroll & !fleetwood",
            "-payroll",
        ):
            statement = search.matching(session, strange)
            if statement is not None:
                session.connection().execute(statement).all()
        assert search.matching(session, ' "&|!* ') is None
