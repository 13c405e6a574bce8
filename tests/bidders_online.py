"""Bidders who press "submit" over HTTP, without a browser: fast enough for a rush at the deadline."""

import http.client
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import session
from flask_wtf.csrf import generate_csrf

from marketplace.accounts.sessions import KEPT_AS, LAST_USER
from marketplace.app import create_app
from marketplace.identity.models import SignIn
from marketplace.identity.sessions import key_of
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from tests.processes import SECRET


@dataclass(frozen=True)
class Answer:
    """What the site said: the HTTP status and where it leads; None for both when the line broke."""

    status: int | None
    location: str | None = None
    body: str = ""


@dataclass(frozen=True)
class Submitter:
    """One signed-in bidder in front of the check page of a complete draft, a finger on the button."""

    bid_id: str
    revision: int
    key: str
    cookie: str
    token: str

    def press(self, address: str, seconds: float = 30.0) -> Answer:
        """Send the form. A broken line is an answer too: nobody knows yet whether the bid was taken."""
        line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=seconds)
        form = urlencode({"csrf_token": self.token, "revision": self.revision, "key": self.key})
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded", "Referer": address}
        try:
            line.request("POST", f"/bids/{self.bid_id}/submit", form, headers)
            answer = line.getresponse()
            return Answer(answer.status, answer.getheader("Location"), answer.read().decode())
        except (OSError, http.client.HTTPException):
            return Answer(None)
        finally:
            line.close()


def sign_in_all(database: Database, folder: Path, bids: list[tuple[Viewer, str, int]]) -> list[Submitter]:
    """Sign these bidders in and open their check pages: (viewer, bid id, revision of the draft) each."""
    app = create_app(Settings(data_dir=folder, database_url=database.url, secret_key=SECRET), database)
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    found = []
    with unit_of_work(database) as work:
        for viewer, bid_id, revision in bids:
            secret = secrets.token_urlsafe(32)
            now = work.now()
            work.session.add(
                SignIn(key=key_of(secret), user_id=str(viewer.user_id), created_at=now, seen_at=now, device="test")
            )
            with app.test_request_context():
                session[KEPT_AS], session[LAST_USER] = secret, viewer.user_id
                token = generate_csrf()
                cookie = f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(dict(session))}"
            found.append(Submitter(bid_id, revision, secrets.token_hex(16), cookie, token))
    return found
