"""Drafts: pages, stale saves, lots, copying, deleting; the same on SQLite and PostgreSQL."""

from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.identity.roles import Kind, Role
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.errors import Invalid, NotHere
from marketplace.needs import actions, copying, documents, drafting, ledger, method, queries, tasks
from marketplace.needs.models import Need, NeedDocument, NeedFunction, NeedLot
from tests.factories import make_organisation, make_user, viewer_of
from tests.factories_needs import SERVICE, good_closing, make_buyer, make_draft, make_published


def test_a_draft_is_written_page_by_page(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, _approver = make_buyer(work)
        need = make_draft(work, viewer_of(manager, organisation), functions=("it", "hr"), together=False)
    with any_database.reading() as session:
        stored = queries.own_need(session, viewer_of(manager, organisation), need.id)
        draft = queries.draft(session, stored)
        assert draft.population == 145_000
        assert list(draft.functions) == ["hr", "it"]
        assert [(lot.number, lot.functions, lot.ceiling_pence) for lot in draft.lots] == [
            (1, ("hr",), 90_000_000),
            (2, ("it",), 90_000_000),
        ]
        assert actions.missing_tasks(draft, any_database.now(session)) == []
        verbs = session.exec(
            select(JournalLine.verb).where(JournalLine.thread == need.id).order_by(JournalLine.seq)
        ).all()
        assert verbs == ["need.drafted", *["need.saved"] * 5]


def test_the_task_list_says_what_is_missing(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, _approver = make_buyer(work)
        viewer = viewer_of(manager, organisation)
        need = drafting.create(
            work,
            viewer,
            title="HR",
            functions=["hr"],
            together=True,
            term_years=2,
            starts_on=good_closing(work.now(), 90).date(),
        )
    with any_database.reading() as session:
        draft = queries.draft(session, queries.own_need(session, viewer, need.id))
        missing = {task.page for task in actions.missing_tasks(draft, any_database.now(session))}
    assert missing == {"service-hr", "budget", "judging", "dates"}
    with pytest.raises(actions.NotReady) as refusal, unit_of_work(any_database) as work:
        actions.ask_approval(work, viewer, need_id=need.id)
    assert {task.page for task in refusal.value.missing} == missing


def test_dropping_a_function_keeps_what_was_written_and_ceilings_of_unchanged_lots(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, _approver = make_buyer(work)
        viewer = viewer_of(manager, organisation)
        need = make_draft(work, viewer, functions=("hr", "it"), together=False)
    start = need.starts_on
    assert start is not None

    def change(*functions: str) -> tasks.Draft:
        with unit_of_work(any_database) as work:
            drafting.save_what(
                work,
                viewer,
                need_id=need.id,
                title="T",
                functions=functions,
                together=False,
                term_years=3,
                starts_on=start,
            )
        with any_database.reading() as session:
            return queries.draft(session, queries.own_need(session, viewer, need.id))

    changed = change("it", "estates")
    assert [(lot.functions, lot.ceiling_pence) for lot in changed.lots] == [(("it",), 90_000_000), (("estates",), None)]
    assert change("hr", "it").functions["hr"] == SERVICE


def test_a_stale_save_is_refused_for_the_same_page_only(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, approver = make_buyer(work)
        one, two = viewer_of(manager, organisation), viewer_of(approver, organisation)
        need = make_draft(work, one)
    with any_database.reading() as session:
        draft = queries.draft(session, queries.own_need(session, one, need.id))
        marks = {page: tasks.page_mark(draft, page) for page in ("requirements", "budget")}
    with unit_of_work(any_database) as work:
        drafting.save_requirements(
            work, two, need_id=need.id, essential=["Payslips on time"], nice=[], seen=marks["requirements"]
        )
    with unit_of_work(any_database) as work:
        drafting.save_budget(
            work, one, need_id=need.id, lots={1: (80_000_000, None)}, population=145_000, seen=marks["budget"]
        )
    with pytest.raises(drafting.StaleDraft), unit_of_work(any_database) as work:
        drafting.save_requirements(work, one, need_id=need.id, essential=["Other"], nice=[], seen=marks["requirements"])
    with any_database.reading() as session:
        assert queries.own_need(session, one, need.id).details["requirements"]["essential"] == ["Payslips on time"]


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (
            lambda work, viewer, need: drafting.save_budget(work, viewer, need_id=need.id, lots={1: (0, None)}),
            "ceiling_1",
        ),
        (lambda work, viewer, need: drafting.save_budget(work, viewer, need_id=need.id, lots={}), "ceiling_1"),
        (
            lambda work, viewer, need: drafting.save_budget(work, viewer, need_id=need.id, lots={1: (100, 100)}),
            "floor_1",
        ),
        (
            lambda work, viewer, need: drafting.save_requirements(
                work, viewer, need_id=need.id, essential=["word " * 31], nice=[]
            ),
            "essential",
        ),
        (
            lambda work, viewer, need: drafting.save_requirements(
                work, viewer, need_id=need.id, essential=[], nice=["word"] * 21
            ),
            "nice",
        ),
        (
            lambda work, viewer, need: drafting.save_judging(
                work,
                viewer,
                need_id=need.id,
                judging={**method.default_judging(), "weights": {"cost": 39, "accountability": 30, "independence": 30}},
            ),
            "weights",
        ),
        (
            lambda work, viewer, need: drafting.save_dates(
                work, viewer, need_id=need.id, questions_until=None, closes_at=work.now()
            ),
            "closes_at",
        ),
        (
            lambda work, viewer, need: drafting.save_dates(
                work,
                viewer,
                need_id=need.id,
                questions_until=None,
                closes_at=good_closing(work.now(), 30).replace(hour=23),
            ),
            "accept",
        ),
        (
            lambda work, viewer, need: drafting.save_bidders(
                work, viewer, need_id=need.id, mode="invited", invited=["nobody000000"]
            ),
            "invited",
        ),
        (
            lambda work, viewer, need: drafting.save_bidders(
                work, viewer, need_id=need.id, mode="kinds", kinds=["ccg"]
            ),
            "kinds",
        ),
        (lambda work, viewer, need: drafting.save_bidders(work, viewer, need_id=need.id, mode="friends"), "mode"),
        (
            lambda work, viewer, need: drafting.save_what(
                work,
                viewer,
                need_id=need.id,
                title="T",
                functions=["hr", "spying"],
                together=True,
                term_years=3,
                starts_on=need.starts_on,
            ),
            "functions",
        ),
        (
            lambda work, viewer, need: drafting.save_what(
                work,
                viewer,
                need_id=need.id,
                title="T",
                functions=["hr"],
                together=True,
                term_years=11,
                starts_on=need.starts_on,
            ),
            "term_years",
        ),
    ],
)
def test_bad_values_are_refused_at_their_field_and_change_nothing(database: Database, call, field: str) -> None:  # type: ignore[no-untyped-def]
    with unit_of_work(database) as work:
        organisation, manager, _approver = make_buyer(work)
        viewer = viewer_of(manager, organisation)
        need = make_draft(work, viewer)
    with pytest.raises(Invalid) as refusal, unit_of_work(database) as work:
        call(work, viewer, need)
    assert refusal.value.field == field
    with database.reading() as session:
        after = queries.own_need(session, viewer, need.id)
        assert after.revision == need.revision
        assert after.details == need.details


def test_foreign_needs_are_not_here(database: Database) -> None:
    with unit_of_work(database) as work:
        organisation, manager, _approver = make_buyer(work)
        other, stranger, _boss = make_buyer(work)
        need = make_draft(work, viewer_of(manager, organisation))
    outsider = viewer_of(stranger, other)
    for call in (
        lambda work: drafting.save_requirements(work, outsider, need_id=need.id, essential=[], nice=[]),
        lambda work: copying.delete(work, outsider, need_id=need.id),
        lambda work: copying.copy(work, outsider, need_id=need.id),
        lambda work: actions.publish(work, outsider, need_id=need.id),
        lambda work: documents.add(
            work, outsider, need_id=need.id, title="T", file_name="a.txt", content=b"a", most_bytes=100
        ),
    ):
        with pytest.raises(NotHere), unit_of_work(database) as work:
            call(work)  # type: ignore[no-untyped-call]


def test_a_published_need_is_never_changed(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, _manager, approver = make_buyer(work)
        need = make_published(work, organisation, approver)
        viewer = viewer_of(approver, organisation)
    for call in (
        lambda work: drafting.save_requirements(work, viewer, need_id=need.id, essential=[], nice=[]),
        lambda work: copying.delete(work, viewer, need_id=need.id),
        lambda work: documents.add(
            work, viewer, need_id=need.id, title="T", file_name="a.txt", content=b"a", most_bytes=100
        ),
    ):
        with pytest.raises(drafting.NotADraft), unit_of_work(any_database) as work:
            call(work)  # type: ignore[no-untyped-call]


def test_a_copy_has_everything_but_the_dates(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, approver = make_buyer(work)
        viewer = viewer_of(manager, organisation)
        old = make_draft(work, viewer, together=False, formula="monetised")
        documents.add(
            work,
            viewer,
            need_id=old.id,
            title="Staff list",
            file_name="staff.txt",
            content=b"Two people",
            most_bytes=100,
        )
        actions.publish(work, viewer_of(approver, organisation), need_id=old.id)
    with unit_of_work(any_database) as work:
        new = copying.copy(work, viewer, need_id=old.id)
    with any_database.reading() as session:
        need = queries.own_need(session, viewer, new.id)
        draft = queries.draft(session, need)
        assert (need.title, need.copied_from, need.closes_at, need.starts_on) == (
            "Copy of HR and IT back office",
            old.id,
            None,
            None,
        )
        assert (draft.judging["formula"], draft.documents, draft.functions["hr"]) == ("monetised", 1, SERVICE)
        assert [lot.ceiling_pence for lot in draft.lots] == [90_000_000, 90_000_000]
        assert {task.page for task in actions.missing_tasks(draft, any_database.now(session))} == {"what", "dates"}


def test_deleting_a_draft_leaves_nothing_but_the_journal(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, _approver = make_buyer(work)
        viewer = viewer_of(manager, organisation)
        need = make_draft(work, viewer)
        documents.add(
            work,
            viewer,
            need_id=need.id,
            title="Staff list",
            file_name="staff.txt",
            content=b"Two people",
            most_bytes=100,
        )
    with unit_of_work(any_database) as work:
        copying.delete(work, viewer, need_id=need.id)
    with any_database.reading() as session:
        assert session.get(Need, need.id) is None
        for table in (NeedDocument, NeedFunction, NeedLot):
            assert session.exec(select(table).where(table.need_id == need.id)).first() is None
        assert (
            session.exec(select(JournalLine).where(JournalLine.verb == "need.deleted")).one().subject
            == f"need:{need.id}"
        )


def test_documents_have_versions_and_are_judged_by_content(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, _approver = make_buyer(work)
        viewer = viewer_of(manager, organisation)
        need = make_draft(work, viewer)

    def add(title: str, name: str, content: bytes) -> NeedDocument:
        with unit_of_work(any_database) as work:
            return documents.add(
                work, viewer, need_id=need.id, title=title, file_name=name, content=content, most_bytes=1000
            )

    first = add("Staff list", "..\\secret/staff.txt", b"Two people")
    second = add("staff LIST", "staff.csv", b"name,band\r\nA,5\r\n")
    assert (first.file_name, second.version, second.title, second.media_type) == (
        "staff.txt",
        2,
        "Staff list",
        "text/csv",
    )
    for name, content in (
        ("a.pdf", b"not a pdf"),
        ("a.exe", b"MZ"),
        ("a.txt", b"\x00\x01"),
        ("a.txt", b""),
        ("a.txt", b"x" * 1001),
        ("a.png", b"%PDF-1.4 ..."),
    ):
        with pytest.raises(Invalid) as refusal:
            add("Other", name, content)
        assert (refusal.value.field == "file" and refusal.value.next_step) or not content
    with any_database.reading() as session:
        assert [row.id for row in documents.current(session, need.id)] == [second.id]
        assert documents.find(session, need.id, first.id).content == b"Two people"
        with pytest.raises(NotHere):
            documents.find(session, need.id, first.id, public=True)
    with unit_of_work(any_database) as work:
        documents.drop(work, viewer, need_id=need.id, document_id=second.id)
    with any_database.reading() as session:
        assert documents.current(session, need.id) == []


def test_the_ledger_is_replaced_as_a_whole(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, manager, _approver = make_buyer(work)
        provider = make_organisation(work, Kind.PRIVATE, name="Fylde Support Ltd")
        make_user(work, provider, Role.BIDDER)
        viewer = viewer_of(manager, organisation)
        ledger.save(
            work,
            viewer,
            lines=[ledger.Line("fylde support LTD", "it", 5_000_000), ledger.Line("Somebody", "hr", 100)],
            complete=True,
        )
    with any_database.reading() as session:
        lines = queries.spend_lines(session, organisation.id)
        assert [(line.function, line.annual_pence, line.provider_id) for line in lines] == [
            ("hr", 100, None),
            ("it", 5_000_000, provider.id),
        ]
        assert queries.spend_is_complete(session, organisation.id)
    with unit_of_work(any_database) as work:
        ledger.save(work, viewer, lines=[], complete=False)
    with any_database.reading() as session:
        assert queries.spend_lines(session, organisation.id) == []
        assert not queries.spend_is_complete(
            session, organisation.id
        )
    with pytest.raises(Invalid), unit_of_work(any_database) as work:
        ledger.save(work, viewer, lines=[], complete=True)


def test_due_needs_are_found_by_their_row(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        organisation, _manager, approver = make_buyer(work)
        need = make_published(work, organisation, approver)
    assert need.closes_at is not None
    with any_database.reading() as session:
        assert queries.due(session, need.closes_at - timedelta(microseconds=1)) == []
        assert queries.due(session, need.closes_at) == [need.id]
