"""What everybody reads: the list with its filters and pages, the notice, downloads; answers with an ETag."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace.identity.models import User
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import machine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.needs import actions, documents, drafting, listing
from marketplace.needs.listing import Filters
from marketplace.needs.models import Need
from tests.factories import make_organisation, make_user, viewer_of
from tests.factories_needs import make_buyer, make_draft, make_published


def titles(html: str) -> list[str]:
    return re.findall(r'<h3 class="app-need__title"><a href="/needs/\w+">(.*?)</a>', html)


@pytest.fixture
def market(database: Database) -> dict[str, Need]:
    """A payroll and an estates need, open; an old one, scored."""
    with unit_of_work(database) as work:
        organisation, _manager, approver = make_buyer(work, name="Fylde Coast Group")
        payroll = make_published(work, organisation, approver, title="Payroll service", functions=("payroll",), days=10)
        estates = make_published(
            work, organisation, approver, title="=Estates & buildings", functions=("estates",), days=40
        )
        scored = make_published(work, organisation, approver, title="Old IT need", functions=("it",), days=20)
        clerk = machine("closing")
        actions.mark_closed(work, clerk, scored)
        actions.mark_opened(work, clerk, scored)
        actions.mark_scored(work, clerk, scored)
        make_draft(work, viewer_of(approver, organisation), title="Secret draft")
    return {"payroll": payroll, "estates": estates, "scored": scored}


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Payroll service", "=Estates &amp; buildings"]),
        ("?sort=newest", ["=Estates &amp; buildings", "Payroll service"]),
        ("?stage=scored", ["Old IT need"]),
        ("?stage=closed", []),
        ("?stage=soon", []),
        ("?stage=all", ["=Estates &amp; buildings", "Old IT need", "Payroll service"]),
        ("?function=estates", ["=Estates &amp; buildings"]),
        ("?function=it", []),
        ("?q=payroll", ["Payroll service"]),
        ("?q=fylde+coast&stage=all", ["=Estates &amp; buildings", "Old IT need", "Payroll service"]),
        ("?q=secret", []),
        ("?q=%22%27%00&stage=all", []),
        ("?region=Nowhere", []),
        ("?from=2013-01-01&to=2014-01-01", []),
        ("?from=2013-01-01&to=2999-01-01", ["Payroll service", "=Estates &amp; buildings"]),
        ("?stage=nonsense&sort=nonsense&function=nonsense", ["Payroll service", "=Estates &amp; buildings"]),
        ("?after=nonsense", ["Payroll service", "=Estates &amp; buildings"]),
    ],
)
def test_the_list_filters(client: FlaskClient, query: str, expected: list[str]) -> None:
    answer = client.get(f"/needs{query}")
    assert answer.status_code == 200
    assert titles(answer.get_data(as_text=True)) == expected


@pytest.mark.usefixtures("market")
def test_a_bad_day_is_named_and_kept(client: FlaskClient) -> None:
    html = client.get("/needs?from=4+March").get_data(as_text=True)
    assert "Enter a day like" in html
    assert 'value="4 March"' in html


def _copies(database: Database, need: Need, count: int) -> None:
    """Many needs that close at the same instants, in pairs: cursors must not lose or repeat one."""
    columns = [column.name for column in Need.__table__.columns if column.name not in ("id", "title", "closes_at")]  # type: ignore[attr-defined]
    with database.writing() as session:
        rows = [
            {
                "id": f"n{number:011}",
                "title": f"Need {number:04}",
                "closes_at": need.closes_at + timedelta(hours=number // 2),
                **{name: getattr(need, name) for name in columns},
            }  # type: ignore[operator]
            for number in range(count)
        ]
        session.connection().execute(sa.insert(Need), rows)
        session.commit()


@pytest.mark.parametrize("sort", ["closing", "newest"])
def test_pages_forth_and_back_show_every_need_once(
    client: FlaskClient, database: Database, market: dict[str, Need], sort: str
) -> None:
    _copies(database, market["payroll"], 130)
    seen: list[list[str]] = []
    address = f"/needs?sort={sort}&q="
    while address:
        html = client.get(address).get_data(as_text=True)
        seen.append(titles(html))
        found = re.search(r'href="([^"]+)" rel="next"', html)
        address = found[1].replace("&amp;", "&") if found else ""
    assert [len(page) for page in seen] == [50, 50, 32]
    assert len({title for page in seen for title in page}) == 132
    back = re.search(r'href="([^"]+)" rel="prev"', html)
    assert back
    previous = client.get(back[1].replace("&amp;", "&")).get_data(as_text=True)
    assert titles(previous) == seen[1]
    first = re.search(r'href="([^"]+)" rel="prev"', previous)
    assert first
    html = client.get(first[1].replace("&amp;", "&")).get_data(as_text=True)
    assert titles(html) == seen[0]
    assert 'rel="prev"' not in html
    assert 'rel="next"' in html


def test_the_list_walks_an_index(database: Database, market: dict[str, Need]) -> None:
    """No sort and no full scan: the cost of a page does not grow with the number of needs."""
    plans: list[str] = []
    with database.reading() as session:
        now = database.now(session)

        def explain(
            _c: object, _cursor: object, statement: str, parameters: tuple[object, ...], _ctx: object, _many: bool
        ) -> None:
            if statement.startswith("SELECT need.id"):
                rows = (
                    session.connection()
                    .connection.cursor()
                    .execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                    .fetchall()
                )
                plans.append(" / ".join(row[3] for row in rows))

        sa.event.listen(database.engine, "before_cursor_execute", explain)
        for filters in (
            Filters(),
            Filters(stage="soon"),
            Filters(stage="scored"),
            Filters(stage="all"),
            Filters(sort="newest"),
            Filters(stage="all", function="hr"),
        ):
            listing.needs_page(session, filters, now)
        sa.event.remove(database.engine, "before_cursor_execute", explain)
    assert len(plans) == 6
    assert market
    for plan in plans:
        assert "USING INDEX" in plan, plan
        assert "TEMP B-TREE" not in plan, plan


def test_the_csv_neutralises_formulas(client: FlaskClient, market: dict[str, Need]) -> None:
    answer = client.get("/needs.csv?stage=all")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row[1] for row in rows[1:]] == ["'=Estates & buildings", "Old IT need", "Payroll service"]
    assert rows[1][0] == market["estates"].id
    assert rows[1][7] == "900000.00"


def test_the_method_download_has_the_hash_of_the_notice(client: FlaskClient, market: dict[str, Need]) -> None:
    need = market["payroll"]
    answer = client.get(f"/needs/{need.id}/method.json")
    assert hashlib.sha256(answer.data).hexdigest() == need.method_hash
    assert need.method_hash in client.get(f"/needs/{need.id}").get_data(as_text=True)
    assert json.loads(answer.data)["lots"][0]["functions"] == ["payroll"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_notice_has_what_a_bidder_needs(client: FlaskClient, market: dict[str, Need]) -> None:
    html = client.get(f"/needs/{market['payroll'].id}").get_data(as_text=True)
    for words in (
        "Fylde Coast Group",
        "95 employees",
        "£900,000",
        "Most points",
        "It answers to shareholders or to nobody",
        "Bid for this need",
        "one point of independence is worth",
        "Band 5 and 6",
        "left.",
    ):
        assert words in html, words
    calendar = client.get(f"/needs/{market['payroll'].id}/calendar.ics")
    assert calendar.mimetype == "text/calendar"
    assert "BEGIN:VEVENT" in calendar.get_data(as_text=True)


def test_the_notice_stays_after_the_end(client: FlaskClient, market: dict[str, Need]) -> None:
    html = client.get(f"/needs/{market['scored'].id}").get_data(as_text=True)
    assert "Scored" in html
    assert "Bid for this need" not in html
    assert market["scored"].method_hash in html


def test_nothing_of_a_draft_is_public(client: FlaskClient, database: Database) -> None:
    with unit_of_work(database) as work:
        organisation, _manager, approver = make_buyer(work)
        viewer = viewer_of(approver, organisation)
        need = make_draft(work, viewer)
        document = documents.add(
            work, viewer, need_id=need.id, title="T", file_name="a.txt", content=b"a", most_bytes=100
        )
    for path in ("", "/method.json", "/calendar.ics", f"/documents/{document.id}"):
        assert client.get(f"/needs/{need.id}{path}").status_code == 404


def test_old_versions_of_documents_are_not_public(client: FlaskClient, database: Database) -> None:
    with unit_of_work(database) as work:
        organisation, _manager, approver = make_buyer(work)
        viewer = viewer_of(approver, organisation)
        need = make_draft(work, viewer)
        old, new = (
            documents.add(
                work, viewer, need_id=need.id, title="Plan", file_name="plan.txt", content=content, most_bytes=100
            )
            for content in (b"a", b"b")
        )
        actions.publish(work, viewer, need_id=need.id)
    assert client.get(f"/needs/{need.id}/documents/{old.id}").status_code == 404
    answer = client.get(f"/needs/{need.id}/documents/{new.id}")
    assert answer.data == b"b"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_invited_needs_do_not_tell_who_is_invited(client: FlaskClient, database: Database) -> None:
    with unit_of_work(database) as work:
        organisation, _manager, approver = make_buyer(work)
        provider = make_organisation(work, Kind.PRIVATE, name="Very Secret Invitee Ltd")
        make_user(work, provider, Role.BIDDER)
        viewer = viewer_of(approver, organisation)
        need = make_draft(work, viewer)
        drafting.save_bidders(work, viewer, need_id=need.id, mode="invited", invited=[provider.id])
        actions.publish(work, viewer, need_id=need.id)
    html = client.get(f"/needs/{need.id}").get_data(as_text=True)
    assert "Only providers that the buyer has invited" in html
    assert "Very Secret" not in html


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize("path", ["/", "/needs", "/needs?q=payroll"])
def test_pages_are_answered_with_304_until_they_change(
    client: FlaskClient, database: Database, path: str, sign_in: Callable[[User], FlaskClient]
) -> None:
    first = client.get(path)
    etag = first.headers["ETag"]
    again = client.get(path, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert not again.data
    with unit_of_work(database) as work:
        organisation, _manager, approver = make_buyer(work)
        make_published(work, organisation, approver, title="Another payroll")
    changed = client.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert "Another payroll" in changed.get_data(as_text=True)
    signed_in = sign_in(approver).get(path, headers={"If-None-Match": changed.headers["ETag"]})
    assert signed_in.status_code == 200
    assert "ETag" not in signed_in.headers


def test_the_notice_changes_its_etag_with_its_stage(
    client: FlaskClient, database: Database, market: dict[str, Need]
) -> None:
    path = f"/needs/{market['payroll'].id}"
    etag = client.get(path).headers["ETag"]
    with unit_of_work(database) as work:
        actions.mark_closed(work, machine("closing"), actions.lock(work, market["payroll"].id))
    answer = client.get(path, headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert "Bid for this need" not in answer.get_data(as_text=True)


def test_the_list_makes_few_queries(
    app: Flask, client: FlaskClient, database: Database, market: dict[str, Need]
) -> None:
    _copies(database, market["payroll"], 60)
    client.get("/needs")
    statements: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert client.get("/needs").status_code == 200
    assert len([each for each in statements if each.startswith("SELECT need")]) == 1
    assert len(statements) <= 5, statements
