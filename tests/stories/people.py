"""People of the stories: each has a browser without scripts and presses what is written on the pages."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from marketplace.kit.database import Database
from marketplace.running.children import Child
from tests.factories import PASSWORD
from tests.processes import Service
from tests.stories.conftest import DESKTOP, PHONE, Check, Shot, fits, watched_contexts

PATIENCE = 30_000  # milliseconds: a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE)
TEXTS_OF_A_TABLE = "table => [...table.rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))"


class Looker:
    """Looks each kind of page over once: axe on one width, the fit on both, and pictures.

    axe is a script, and people here run none: the very page that they see is shown again in a browser with scripts.
    """

    def __init__(self, page: Page, axe: Check, shot: Shot) -> None:
        self.page, self.axe, self.shot = page, axe, shot
        self.seen: set[str] = set()

    def __call__(self, page: Page, name: str) -> None:
        if name in self.seen:
            return
        self.seen.add(name)
        widths = (DESKTOP, PHONE) if len(self.seen) % 2 else (PHONE, DESKTOP)
        self.page.set_viewport_size(widths[0])
        if self.page.url == "about:blank":
            self.page.goto(page.url)  # once, for the address that styles and pictures hang on
        self.page.set_content(page.content())
        self.axe(self.page)
        self.shot(self.page, f"job {name}")
        self.page.set_viewport_size(widths[1])
        fits(self.page)
        self.shot(self.page, f"job {name}")


@dataclass
class Person:
    """Somebody in front of a browser. Fields go by their names on the form, everything else by what is written."""

    page: Page
    address: str
    look: Looker

    def go(self, path: str) -> "Person":
        """Open an address of the site."""
        self.page.goto(self.address + path)
        return self

    def follow(self, words: str | re.Pattern[str]) -> "Person":
        """Follow the first link with these words in the middle of the page."""
        self.main.get_by_role("link", name=words).first.click()
        return self

    def press(self, words: str) -> "Person":
        """Press the button with exactly these words."""
        self.page.get_by_role("button", name=words, exact=True).first.click()
        return self

    def at(self, heading: str, name: str = "") -> "Person":
        """The page with this heading is there; it is looked over the first time, as `name` or by its heading."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        self.look(self.page, name or heading)
        return self

    @property
    def main(self) -> Locator:
        """The page without header and footer."""
        return self.page.get_by_role("main")

    @property
    def words(self) -> str:
        """What the middle of the page says."""
        return self.main.inner_text()

    def says(self, words: str) -> "Person":
        """These words are on the page."""
        expect(self.main).to_contain_text(words)
        return self

    def fill(self, **fields: Any) -> "Person":
        """Fill in fields. Text, the value of a choice, values to tick (True: the only box), "1 12 2028", or a Path."""
        for name, value in fields.items():
            self._fill(name, value)
        return self

    def fill_what_is_asked(self, answers: dict[str, str]) -> "Person":
        """Fill in those of the answers that this page asks for."""
        asked = self.main.locator("[name]").evaluate_all("fields => [...new Set(fields.map(field => field.name))]")
        return self.fill(**{name: answers[name] for name in asked if name in answers})

    def _fill(self, name: str, value: Any) -> None:
        boxes = self.page.locator(f'[name="{name}"]')
        if boxes.count() == 0:  # a date: a box for each part
            for part, text in zip(("day", "month", "year", "time"), value.split(), strict=False):
                self.page.locator(f'[name="{name}-{part}"]').fill(text)
            return
        kind = boxes.first.evaluate("box => box.type")
        if value is True:
            boxes.check()
        elif kind in ("radio", "checkbox"):
            for each in [value] if isinstance(value, str) else value:
                self.page.locator(f'[name="{name}"][value="{each}"]').check()
        elif kind == "file":
            boxes.set_input_files(value)
        elif kind == "select-one":
            boxes.select_option(value)
        else:
            boxes.fill(value)

    def typed(self, name: str) -> str:
        """What stands in a field now."""
        return self.page.locator(f'[name="{name}"]').first.input_value()

    def is_told(self, complaint: str) -> "Person":
        """The summary of errors and the field itself say what is wrong."""
        summary = self.page.locator(".nhsuk-error-summary")
        expect(summary).to_contain_text(complaint)
        expect(self.page.locator(".nhsuk-error-message").first).to_contain_text(complaint)
        assert self.page.title().startswith("Error: ")
        where = summary.get_by_role("link").first.get_attribute("href")
        assert where
        assert self.page.locator(where).count() == 1, "the sentence leads to its field"
        return self

    def table(self, caption: str, number: int = 0) -> list[list[str]]:
        """The texts of a table, heading row first."""
        found = self.page.locator("table", has=self.page.locator("caption", has_text=caption)).nth(number)
        rows: list[list[str]] = found.evaluate(TEXTS_OF_A_TABLE)
        return rows

    def download(self, path: str) -> bytes:
        """The file behind an address, as this person gets it."""
        answer = self.page.request.get(self.address + path)
        assert answer.status == 200, f"{path} answers {answer.status}"
        return answer.body()

    def status(self, path: str) -> int:
        """What the site answers to this person."""
        return self.page.request.get(self.address + path).status


@dataclass
class House:
    """The running service and the people in it."""

    running: Service
    database: Database
    address: str
    look: Looker
    new_context: Callable[..., BrowserContext]
    worker: Child
    people: dict[str, Person] = field(default_factory=dict)

    def visitor(self) -> Person:
        """Somebody who is not signed in."""
        context = self.new_context(scripts=False)
        context.set_default_timeout(PATIENCE)
        return Person(context.new_page(), self.address, self.look)

    def person(self, email: str) -> Person:
        """This person, signed in through the page the first time."""
        if email not in self.people:
            person = self.visitor().go("/sign-in").at("Sign in").fill(email=email, password=PASSWORD)
            person.main.get_by_role("button", name="Sign in").click()
            self.people[email] = person.at("Dashboard")
        return self.people[email]


@contextmanager
def open_house(template: Path, browser: Browser, axe: Check, shot: Shot) -> Iterator[House]:
    """Broker, worker, timetable and web on a fresh SQLite database, and one browser for everybody."""
    folder = Path(tempfile.mkdtemp(prefix="mkt-"))
    shutil.copyfile(template, folder / "marketplace.sqlite")
    database = Database(f"sqlite:///{folder / 'marketplace.sqlite'}")
    running = Service(folder, database.url)
    try:
        running.start_broker()
        worker = running.start("worker")
        running.start("timetable")
        _, address = running.start_web(MARKETPLACE_EXAMPLE_MARKET="true")  # so that mails can be read on a page
        with watched_contexts(browser) as new_context:
            yield House(running, database, address, Looker(new_context().new_page(), axe, shot), new_context, worker)
    finally:
        running.children.stop()
        database.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def without_clock(text: str) -> str:
    """The text without the time that is left, which goes on by itself."""
    return re.sub(r"\d+ (day|hour|minute|second)s?", "some time", text)
