"""The browser's side of a sign-in: the cookie, the loader of the viewer, and what was typed when a sign-in had run
out."""

from collections.abc import Callable
from typing import cast

import structlog
from flask import Flask, Response, current_app, g, request, session
from sqlalchemy.exc import OperationalError

from marketplace.accounts import resume
from marketplace.identity import sessions, signing_in
from marketplace.identity.passwords import Passwords, hasher
from marketplace.identity.viewer import PUBLIC_VIEWER, Viewer
from marketplace.journal.work import unit_of_work
from marketplace.web.context import act, database, reading, settings

log = structlog.get_logger(__name__)

KEPT_AS = "sign_in"  # in the signed cookie: the secret of the sign-in
LAST_USER = "last_user"  # and who it was, so that only the same person gets back what was typed
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def passwords() -> Passwords:
    """The hasher of this application."""
    return cast(Passwords, current_app.extensions["marketplace_passwords"])


def device() -> str:
    """The browser in words, such as "Firefox on Windows"; never the whole header."""
    agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def try_to_sign_in(email: str, password: str) -> str | None:
    """Sign in with a password and set the cookie. Returns the person's id; None when address or password are wrong.

    Counting and hashing are the same work for an address that nobody has. Raises signing_in.MayNotSignIn.
    The password is looked at between two transactions: hashing is slow on purpose, and nobody may wait for it.
    """
    with act() as work:
        tried = signing_in.count_try(work, email=email)
    if not passwords().matches(tried.kept, password):
        if tried.locks:
            with act() as work:
                signing_in.failed(work, tried, address=settings().address)
        return None
    new_hash = passwords().hash(password) if passwords().outdated(tried.kept) else ""
    with act() as work:
        secret = signing_in.succeed(work, tried, new_hash=new_hash, device=device())
    keep(secret, str(tried.user_id))
    return tried.user_id


def keep(secret: str, user_id: str) -> None:
    """Put a new sign-in into the cookie: everything of before goes, so that nobody's cookie becomes somebody else's."""
    _clear()
    session[KEPT_AS], session[LAST_USER] = secret, user_id
    g.pop("viewer", None)


def forget() -> None:
    """Take the sign-in out of the cookie."""
    _clear()
    g.viewer = PUBLIC_VIEWER
    g.pop("sign_in_found", None)


def _clear() -> None:
    """Empty the cookie, and forget the token of forms that this request made for it: the page of the answer needs a new
    one."""
    session.clear()
    g.pop("csrf_token", None)


def current_key() -> str | None:
    """The key of this browser's sign-in, None without one."""
    secret = session.get(KEPT_AS)
    return sessions.key_of(secret) if secret else None


def _load() -> Viewer:
    secret = session.get(KEPT_AS)
    if not secret:
        return PUBLIC_VIEWER
    found = sessions.find(database(), reading(), str(secret))
    if found is None:
        return PUBLIC_VIEWER
    g.sign_in_found = found
    return found.viewer


def _touch(response: Response) -> Response:
    """Write that the person was seen, at most once a minute. A busy database is no reason to refuse a page."""
    found: sessions.Found | None = g.pop("sign_in_found", None)
    if found is not None and found.due and response.status_code < 500:
        try:
            with unit_of_work(database()) as work:
                sessions.touch(work, found)
        except OperationalError as error:
            log.warning("could not note when the person was seen", error=type(error).__name__)
    return response


def init(app: Flask) -> None:
    """Tell the application who is looking, and what to do when a form arrives after the sign-in ran out."""
    app.extensions.setdefault("marketplace_passwords", hasher())
    loader: Callable[[], Viewer] = _load
    app.extensions["marketplace_viewer_loader"] = loader
    app.extensions["marketplace_sign_in_again"] = resume.ask_again
    app.after_request(_touch)
