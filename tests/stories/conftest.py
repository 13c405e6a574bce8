"""A real browser for stories: desktop, phone and script-less pages, accessibility checks, pictures.

No Chromium: the tests are skipped with the reason, or failed when CI is set. MARKETPLACE_SHOTS: a folder for pictures.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 375, "height": 740}
FLAGS = [  # as root in a container, and silent: Chromium must not call home
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
Check = Callable[[Page], None]
Shot = Callable[[Page, str], None]


def chromium_path() -> str | None:
    """Where Chromium is; None when there is none."""
    given = os.environ.get("MARKETPLACE_CHROMIUM")
    return given or next(
        (path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all stories of this process."""
    path = chromium_path()
    if path is None:
        reason = "no Chromium here: install it, or set MARKETPLACE_CHROMIUM to its path"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def watched_contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts (people with cookies of their own); closes them; a complaint on a page fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(*, viewport: ViewportSize | None = None, scripts: bool = True) -> BrowserContext:
        context = browser.new_context(
            viewport=viewport or DESKTOP, java_script_enabled=scripts, locale="en-GB", timezone_id="Europe/London"
        )
        context.set_default_timeout(15_000)
        context.on("console", lambda message: complaints.extend(_complaint(message)))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not complaints, f"the browser complained: {complaints}"


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """watched_contexts() for one test."""
    with watched_contexts(browser) as make:
        yield make


def _complaint(message: ConsoleMessage) -> list[str]:
    """Errors such as a broken content security policy; answers of 4xx and 5xx are the test's own business."""
    if message.type != "error" or "the server responded with a status of" in message.text:
        return []
    return [message.text]


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of 1280 x 900 pixels."""
    return new_context().new_page()


@pytest.fixture
def phone_page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page 375 pixels wide."""
    return new_context(viewport=PHONE).new_page()


@pytest.fixture
def plain_page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page in a browser that runs no scripts."""
    return new_context(scripts=False).new_page()


def fits(page: Page) -> None:
    """Fail when the page is wider than its window, so that it scrolls sideways."""
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= window, f"{page.url} is {wide} pixels wide in a window of {window}: it scrolls sideways"


@pytest.fixture(scope="session")
def axe() -> Check:
    """axe(page): fail unless axe-core finds no violation, the page fits its window and has one first-level heading."""
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> None:
        page.evaluate(source)  # through the debugger: the page's own policy forbids foreign scripts
        found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
        lines = [f"{v['id']}: {v['help']} at {[node['target'] for node in v['nodes']][:5]}" for v in found]
        assert not lines, f"{page.url} is not accessible:\n" + "\n".join(lines)
        fits(page)
        assert page.locator("h1").count() == 1, (
            f"{page.url} has {page.locator('h1').count()} headings of the first level"
        )

    return check


@pytest.fixture(scope="session")
def shot() -> Shot:
    """shot(page, name): save a picture of the whole page, when MARKETPLACE_SHOTS names a folder."""
    folder = os.environ.get("MARKETPLACE_SHOTS")

    def save(page: Page, name: str) -> None:
        if not folder:
            return
        width = (page.viewport_size or DESKTOP)["width"]
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(
            path=str(Path(folder) / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{width}.png"), full_page=True
        )

    return save
