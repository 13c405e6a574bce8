"""Every part of the page toolkit in a real browser: accessible, fit for a phone, nothing that the policy forbids."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from marketplace.kit.settings import Settings
from tests.stories.conftest import PHONE, Check, Shot, fits
from tests.toolkit_gallery import make_app

pytestmark = pytest.mark.browser
PAGES = {
    "parts": "/?flash=1",
    "signed-in": "/?signed-in=1",
    "form": "/form",
    "prices": "/prices",
    "charts": "/charts",
    "not-found": "/error/404",
    "front": "/front",
    "front-empty": "/front?empty=1&signed-in=1",
    "how-judged": "/how-bids-are-judged",
    "help": "/site/help",
    "accessibility": "/site/accessibility",
    "privacy": "/site/privacy",
    "terms": "/site/terms",
}


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running gallery."""
    app = make_app(Settings(example_market=True, data_dir=Path(tmp_path_factory.mktemp("gallery"))))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_fits_a_phone(name: str, gallery: str, page: Page, axe: Check, shot: Shot) -> None:
    _open(page, gallery + PAGES[name])
    shot(page, f"gallery {name}")
    axe(page)
    page.set_viewport_size(PHONE)
    shot(page, f"gallery {name}")
    fits(page)


@pytest.mark.parametrize("name", ["parts", "charts"])  # stacked tables are other trees than wide ones
def test_page_is_accessible_on_a_phone(name: str, gallery: str, phone_page: Page, axe: Check) -> None:
    _open(phone_page, gallery + PAGES[name])
    axe(phone_page)


def test_paper_has_the_contents_and_no_menus(gallery: str, page: Page, shot: Shot) -> None:
    _open(page, f"{gallery}/charts")
    page.emulate_media(media="print")
    shot(page, "gallery print")
    expect(page.locator("header.app-header")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"{gallery}/how-bids-are-judged")
    expect(page.get_by_text("It answers to a national body")).to_be_visible()


def _open(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == (404 if "/error/" in address else 200)


def test_form_with_errors_leads_to_the_fields_and_keeps_the_typing(
    gallery: str, page: Page, axe: Check, shot: Shot
) -> None:
    page.goto(f"{gallery}/form")
    page.get_by_label("Yearly price").fill("12,50")
    page.get_by_label("Day").first.fill("31")
    page.get_by_label("Month").first.fill("2")
    page.get_by_label("Year", exact=True).first.fill("2013")
    page.get_by_role("button", name="Save and continue").click()
    assert page.title().startswith("Error: A form")
    shot(page, "gallery form errors")
    axe(page)
    page.get_by_role("link", name="The first day of service must be a real date").click()
    expect(page.get_by_label("Day").first).to_be_focused()
    expect(page.get_by_label("Yearly price")).to_have_value("12,50")
    expect(page.get_by_label("Month").first).to_have_value("2")


def test_form_with_errors_on_a_phone(gallery: str, phone_page: Page, axe: Check, shot: Shot) -> None:
    for path in ("/form", "/prices"):
        phone_page.goto(gallery + path)
        phone_page.get_by_role("button", name="Save and continue").click()
        shot(phone_page, f"gallery errors {path}")
        axe(phone_page)


def test_stale_page_gives_the_typing_back(gallery: str, plain_page: Page, shot: Shot) -> None:
    plain_page.goto(f"{gallery}/form")
    plain_page.get_by_label("Title of the need").fill("Payroll for <Fylde>")
    plain_page.get_by_label("What you need").fill("\nfirst line\n  second line")
    plain_page.context.clear_cookies()  # the session ended meanwhile
    plain_page.get_by_role("button", name="Save and continue").click()
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("This page had gone out of date")
    expect(plain_page.get_by_role("definition").filter(has_text="Payroll for <Fylde>")).to_be_visible()
    shot(plain_page, "gallery stale")
    plain_page.get_by_role("button", name="Send it again").click()
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("A form")
    expect(plain_page.get_by_label("Title of the need")).to_have_value("Payroll for <Fylde>")
    expect(plain_page.get_by_label("What you need")).to_have_value("\nfirst line\n  second line")
