"""What a request holds: its database, its reading session, its viewer, and the unit of work of its act."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import Flask, current_app, g
from sqlmodel import Session

from marketplace.identity.viewer import PUBLIC_VIEWER, Viewer
from marketplace.journal.work import Work, unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings


def settings() -> Settings:
    """The settings of this application."""
    return cast(Settings, current_app.extensions["marketplace_settings"])


def database() -> Database:
    """The database of this application."""
    return cast(Database, current_app.extensions["marketplace_database"])


def reading() -> Session:
    """This request's session for reading, opened at first use; opened anew after an act, so that it sees the act."""
    if "reading" not in g:
        g.reading_context = database().reading()
        g.reading = g.reading_context.__enter__()
    return cast(Session, g.reading)


def viewer() -> Viewer:
    """Who is asking. identity.sessions puts the loader into the application."""
    if "viewer" not in g:
        loader = current_app.extensions.get("marketplace_viewer_loader")
        g.viewer = loader() if loader else PUBLIC_VIEWER
    return cast(Viewer, g.viewer)


@contextmanager
def act() -> Iterator[Work]:
    """The unit of work of this request's act: everything inside is committed together, or not at all."""
    _close_reading()
    with unit_of_work(database(), current_app.extensions.get("marketplace_nudge")) as work:
        yield work


def _close_reading(_error: BaseException | None = None) -> None:
    context = g.pop("reading_context", None)
    g.pop("reading", None)
    if context is not None:
        context.__exit__(None, None, None)


def init(app: Flask) -> None:
    """Close the reading session at the end of every request."""
    app.teardown_appcontext(_close_reading)
