"""Dashboards, the register and the pages about the service in a real browser: accessible, at two widths."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from marketplace.app import create_app
from marketplace.identity.models import Organisation, Standing
from marketplace.identity.roles import Kind, Role
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.needs import actions as needs
from tests.factories import PASSWORD, make_organisation, make_user, viewer_of
from tests.factories_bids import make_bidder, make_complete_bid, submit
from tests.factories_needs import make_draft, make_published
from tests.factories_scored import make_scored
from tests.stories.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.browser
PUBLIC = (
    "/register-of-commissioners", "/register-of-commissioners/02M", "/register-of-commissioners/QGH", "/help",
    "/accessibility", "/privacy", "/terms", "/how-bids-are-judged", "/no-such-page",
)  # fmt: skip
PEOPLE = ("approver", "manager", "evaluator", "auditor", "bidder", "operator")


def fill(database: Database) -> None:
    """A small market; everybody of PEOPLE signs in as name@example.org."""
    need_id = make_scored(database)
    with unit_of_work(database) as work:
        buyer = work.session.get_one(Organisation, needs.lock(work, need_id).organisation_id)
        users = {
            role: make_user(work, buyer, role, email=f"{role.value}@example.org")
            for role in (Role.APPROVER, Role.MANAGER, Role.EVALUATOR, Role.AUDITOR)
        }
        drafter = viewer_of(users[Role.MANAGER], buyer)
        make_draft(work, drafter, title="Communications and engagement for three localities")
        waiting = make_draft(work, drafter, title="Estates advice")
        needs.ask_approval(work, drafter, need_id=waiting.id, note="", address="http://example.org")
        open_needs = [make_published(work, buyer, users[Role.APPROVER], title=f"Need {n}") for n in range(12)]
        provider, _user, viewer = make_bidder(work, name="Thames Valley Shared Services Ltd")
        make_user(work, provider, Role.BIDDER, email="bidder@example.org")
        operator = make_organisation(work, Kind.OPERATOR)
        make_user(work, operator, Role.OPERATOR, email="operator@example.org")
        make_organisation(work, Kind.COUNCIL, standing=Standing.WAITING)
    for number, need in enumerate(open_needs[:2]):
        bid_id, _revision = make_complete_bid(database, viewer, need.id, offered=(1,))
        if number:
            submit(database, viewer, bid_id, key=f"{number:032x}")


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running site with a small market."""
    folder = tmp_path_factory.mktemp("site")
    path = folder / "marketplace.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    fill(database)
    app: Flask = create_app(
        Settings(data_dir=folder, database_url=database.url, secret_key="a-secret-for-tests-only-0123456789abcdef"),
        database,
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


def at_both_widths(page: Page, name: str, axe: Callable[[Page], None], shot: Callable[[Page, str], None]) -> None:
    """Check and picture the page as a desktop and as a telephone shows it."""
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        axe(page)
        shot(page, name)


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages(
    site: str, page: Page, axe: Callable[[Page], None], shot: Callable[[Page, str], None], path: str
) -> None:
    page.goto(site + path)
    at_both_widths(page, f"site{path}", axe, shot)


@pytest.mark.parametrize("who", PEOPLE)
def test_dashboards(
    site: str, page: Page, axe: Callable[[Page], None], shot: Callable[[Page, str], None], who: str
) -> None:
    page.goto(f"{site}/sign-in?next=/dashboard")
    page.get_by_label("E-mail").fill(f"{who}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/dashboard")
    at_both_widths(page, f"dashboard {who}", axe, shot)
    links = page.get_by_role("main").get_by_role("link").evaluate_all("links => links.map(link => link.href)")
    kinds = {re.sub("[0-9a-z]{12}", "ID", link): link for link in links}  # one need stands for all of its kind
    for link in kinds.values():
        answer = page.request.get(link)
        assert answer.status == 200, f"the dashboard of the {who} leads to {link}, which answers {answer.status}"


def test_search_in_the_register_without_scripts(site: str, plain_page: Page) -> None:
    plain_page.goto(site)
    plain_page.get_by_role("link", name="Register of commissioners").click()
    plain_page.get_by_label("Name or code").fill("fylde")
    plain_page.get_by_role("button", name="Search").click()
    plain_page.get_by_role("link", name="NHS Fylde and Wyre CCG").click()
    assert "150,639" in plain_page.get_by_role("main").inner_text()
    plain_page.get_by_role("link", name="NHS Blackpool CCG").click()
    assert plain_page.get_by_role("heading", level=1).inner_text() == "NHS Blackpool CCG"
