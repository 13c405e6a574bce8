"""Who gets what answer: every route x role, and every route of a need or bid x stage x person.

All answers come from real requests. `python -m tests.house.permissions --write` writes them into permissions.toml. The
reviewer reads the diff: it is the expected table, and the tests compare the code with it.
"""

import argparse
import re
import shutil
import tempfile
import tomllib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from marketplace.accounts.sessions import KEPT_AS, LAST_USER
from marketplace.app import create_app
from marketplace.bids.models import Bid
from marketplace.identity import sessions
from marketplace.identity.models import User
from marketplace.identity.roles import PUBLIC, Kind, Role
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.migrations import migrate
from marketplace.web.guards import rule_of
from tests.factories import make_organisation, make_user
from tests.house.scenario import build_scene

TABLE = Path(__file__).with_name("permissions.toml")
ANONYMOUS = "anonymous"
ROLES = (ANONYMOUS, *(role.value for role in Role))
TELLING = (
    ANONYMOUS,
    "approver",
    "foreign_approver",
    "bidder",
    "operator",
)  # on public pages the others see what one of these sees
HEADER = """\
# Who may do what. Written by `python -m tests.house.permissions --write` from the answers of the running application,
# read by a person in every diff, and compared with the application in every test run.
#
# [roles]: each route with its rule; "yes" lists who gets past the guard. Everybody else signed in gets 403; anonymous
# is sent to sign in (302 on reading, 401 with what was typed kept on sending).
# [stages]: the HTTP status by the stage of the need or bid for everybody who gets past the guard. "foreign" is of
# another organisation of the same kind. Forms are sent empty: 422 means that the form was read, 409 that the stage
# forbids it, 404 that the object does not exist for this person, 303 that it was done or that there is nothing to do.
"""


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    path: str
    endpoint: str

    @property
    def name(self) -> str:
        """ "GET /needs/<need_id>"."""
        return f"{self.method} {self.path}"

    @property
    def staged(self) -> bool:
        """Whether the answer may depend on the stage of a need or bid."""
        return "<need_id>" in self.path or "<bid_id>" in self.path


def routes(app: Flask) -> list[Route]:
    """Every route of the application, by address."""
    found = [
        Route(method, rule.rule, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
        if method not in ("HEAD", "OPTIONS") and rule.endpoint != "static"
    ]
    return sorted(found, key=lambda route: (route.path, route.method))


def fill(path: str, values: dict[str, str]) -> str:
    """The address with its parameters; those not in `values` get something that does not exist, or a value that
    fits."""

    def one(match: re.Match[str]) -> str:
        converter, _, name = match[1].rpartition(":")
        if converter.startswith("any("):
            return values.get(name, converter[4:-1].split(",")[0].strip())
        return values.get(name, "1" if converter == "int" else "nothing")

    return re.sub(r"<([^>]+)>", one, path)


class Browser:
    """Requests by given people. Each person signs in once; after a request that may have ended the sign-in, anew."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}

    def sign_in(self, user_id: str) -> None:
        """Make a sign-in and keep its cookie."""
        with unit_of_work(self.app.extensions["marketplace_database"]) as work:
            secret = sessions.open_sign_in(work, work.session.get_one(User, user_id))
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept[KEPT_AS], kept[LAST_USER] = secret, user_id
        self.cookies[user_id] = client.get_cookie("marketplace").value  # type: ignore[union-attr]

    def status(self, route: Route, path: str, user_id: str | None, typed: dict[str, str] | None = None) -> int:
        """The status of the answer; a redirect to the sign-in page counts as 401, like the sign-in page itself."""
        client = self.app.test_client()
        if user_id is not None:
            if user_id not in self.cookies:
                self.sign_in(user_id)
            client.set_cookie("marketplace", self.cookies[user_id])
        # Programs get errors as JSON: nobody reads the thousand error pages of this table.
        headers = {"Accept": "application/json"}
        data = (typed or {}) if route.method == "POST" else None
        answer = client.open(path, method=route.method, data=data, headers=headers)
        if answer.status_code == 302 and (answer.location or "").startswith("/sign-in?next="):
            return 401
        return answer.status_code

    def forget(self) -> None:
        """Sign everybody in anew before their next request."""
        self.cookies.clear()


@contextmanager
def application(clock: datetime | None = None) -> Iterator[Flask]:
    """The whole application on an empty SQLite database in a folder of its own."""
    shared_memory = Path("/dev/shm")  # no disk is waited for where there is one
    place = str(shared_memory) if shared_memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="permissions-", dir=place) as folder:
        url = f"sqlite:///{folder}/market.sqlite"
        migrate(url)
        database = Database(url, clock=(lambda: clock) if clock else None)
        settings = Settings(data_dir=Path(folder), database_url=url, secret_key="for-tests-only-0123456789-abcdefghij")
        app = create_app(settings, database)
        app.config.update(WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
        app.extensions["marketplace_file"] = Path(folder) / "market.sqlite"
        try:
            yield app
        finally:
            app.extensions["marketplace_database"].dispose()


def people_of_every_role(app: Flask) -> dict[str, str | None]:
    """{role: a person's id}, anonymous included."""
    kinds = {Role.BIDDER: Kind.PRIVATE, Role.OPERATOR: Kind.OPERATOR}
    made: dict[str, str | None] = {ANONYMOUS: None}
    with unit_of_work(app.extensions["marketplace_database"]) as work:
        homes = {kind: make_organisation(work, kind) for kind in (Kind.CCG, Kind.PRIVATE, Kind.OPERATOR)}
        for role in Role:
            made[role.value] = make_user(work, homes[kinds.get(role, Kind.CCG)], role).id
    return made


def passes(browser: Browser, route: Route, user_id: str | None) -> bool:
    """Whether the guard lets the person through: neither 401 nor 403."""
    return browser.status(route, fill(route.path, {}), user_id) not in (401, 403)


def role_row(app: Flask, browser: Browser, route: Route, people: dict[str, str | None]) -> dict[str, Any]:
    """The row of a route in the first table."""
    rule = rule_of(app, route.endpoint)
    return {
        "endpoint": route.endpoint,
        "rule": rule.name if rule else "none",
        "yes": [role for role in ROLES if passes(browser, route, people[role])],
    }


def role_table(app: Flask) -> dict[str, dict[str, Any]]:
    """The first table."""
    people = people_of_every_role(app)
    browser = Browser(app)
    table = {}
    for route in routes(app):
        table[route.name] = role_row(app, browser, route, people)
        if "sign-out" in route.path:
            browser.forget()
    return table


def stage_table(app: Flask, wanted: Container[str] | None = None) -> dict[str, dict[str, str]]:
    """The second table: {route: {stage: "person status, person status"}}; only of the wanted routes, if given."""
    scene = build_scene(app.extensions["marketplace_database"])
    browser = Browser(app)
    for user_id in scene.people.values():
        if user_id is not None:
            browser.sign_in(user_id)
    keep = Snapshot(app)
    table: dict[str, dict[str, str]] = {}
    for route in (each for each in routes(app) if each.staged and (wanted is None or each.name in wanted)):
        rule = rule_of(app, route.endpoint)
        who = [person for person, role in scene.roles.items() if rule is not None and rule.allows(role)]
        if rule is PUBLIC:
            who = [person for person in who if person in TELLING]
        table[route.name] = {
            stage: ", ".join(
                f"{person} {_asked(browser, keep, route, values, scene.people[person])}"
                for person in who
            )
            for stage, values in scene.cases(route.path).items()
        }
    return table


def _asked(browser: Browser, keep: "Snapshot", route: Route, values: dict[str, str], user_id: str | None) -> int:
    typed: dict[str, str] = {}
    if route.method == "POST":
        keep.restore()  # each press finds the scene as it was
        if route.path.startswith("/bids/"):
            typed = keep.hidden_fields(values["bid_id"])
    return browser.status(route, fill(route.path, values), user_id, typed)


class Snapshot:
    """The database file as it was, put back before each request that may change something."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.file: Path = app.extensions["marketplace_file"]
        self.kept = self.file.with_suffix(".kept")
        database: Database = app.extensions["marketplace_database"]
        database.dispose()
        with database.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        database.dispose()
        shutil.copyfile(self.file, self.kept)

    def hidden_fields(self, bid_id: str) -> dict[str, str]:
        """What a page of this bid sends along: without it every press would be stale, whatever the stage."""
        with self.app.extensions["marketplace_database"].reading() as session:
            bid = session.get(Bid, bid_id)
            return {"revision": str(bid.revision), "key": "0123456789abcdef" * 2} if bid else {}

    def restore(self) -> None:
        """Put the file back."""
        self.app.extensions["marketplace_database"].dispose()
        for extra in ("-wal", "-shm"):
            Path(f"{self.file}{extra}").unlink(missing_ok=True)
        shutil.copyfile(self.kept, self.file)


CLOCK = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def read_table() -> dict[str, Any]:
    """The expected tables as checked in."""
    return tomllib.loads(TABLE.read_text("utf-8"))


def write_table(roles: dict[str, dict[str, Any]], stages: dict[str, dict[str, str]]) -> str:
    """The tables as text."""
    lines = [HEADER, "[roles]"]
    for name, row in roles.items():
        yes = ", ".join(f'"{role}"' for role in row["yes"])
        lines.append(f'"{name}" = {{ endpoint = "{row["endpoint"]}", rule = "{row["rule"]}", yes = [{yes}] }}')
    for name, row in stages.items():
        lines += ["", f'[stages."{name}"]', *(f'{stage} = "{answers}"' for stage, answers in row.items())]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write permissions.toml instead of printing the tables")
    write = parser.parse_args().write
    with application() as app:
        roles = role_table(app)
    with application(CLOCK) as app:
        stages = stage_table(app)
    text = write_table(roles, stages)
    if write:
        TABLE.write_text(text, "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
