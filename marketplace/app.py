"""create_app(): the one file that knows every house of the web."""

import gc
from importlib import import_module

from flask import Flask

from marketplace.journal.work import Nudge
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.web import context, errors, filters, guards, headers, limits, pages

BLUEPRINTS = (
    "marketplace.accounts.views:identity",
    "marketplace.accounts.views:operator",
    "marketplace.needs.public_views:blueprint",
    "marketplace.needs.views:blueprint",
    "marketplace.bids.views:blueprint",
    "marketplace.evaluations.views:blueprint",
    "marketplace.evaluations.operator_views:jobs",
    "marketplace.register.views:blueprint",
    "marketplace.site.views:blueprint",
)


def create_app(settings: Settings | None = None, database: Database | None = None, nudge: Nudge | None = None) -> Flask:
    """The web application. `nudge` tells the workers after a commit; None: the timetable finds the work.

    Raises ConfigurationError when a setting is unsafe (a default secret, a database that does not write to disk).
    """
    settings = settings or Settings()
    app = Flask("marketplace", static_folder="web/static", template_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret,
        MAX_CONTENT_LENGTH=(settings.upload_megabytes + 1) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="marketplace",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,  # the sign-in ends by itself; a long form must not die before it
    )
    app.extensions["marketplace_settings"] = settings
    app.extensions["marketplace_database"] = database or Database(settings.database)
    if nudge is not None:
        app.extensions["marketplace_nudge"] = nudge
    for part in (context, pages, filters, headers, errors, limits, guards):
        part.init(app)
    import_module("marketplace.accounts.sessions").init(app)
    for name in BLUEPRINTS:
        module, _, attribute = name.partition(":")
        app.register_blueprint(getattr(import_module(module), attribute))
    gc.freeze()
    return app
