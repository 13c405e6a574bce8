"""The web processes: gunicorn with threads, each with the application of its own."""

import os
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from marketplace.kit.settings import Settings


def application() -> Flask:
    """The application with its post to the workers, for gunicorn or any other WSGI server."""
    from werkzeug.middleware.proxy_fix import ProxyFix

    from marketplace.app import create_app
    from workers.post import Post

    settings = Settings()
    app = create_app(settings, nudge=Post(settings.broker).nudge)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


class Web(BaseApplication):  # type: ignore[misc]
    """Gunicorn, configured from our settings instead of its command line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Gunicorn's settings. Deadlines are the database's business; these only bound a stuck process."""
        values: dict[str, Any] = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.settings.web_processes,
            "worker_class": "gthread",
            "threads": self.settings.web_threads,
            "timeout": 60,
            "graceful_timeout": 8,
            "keepalive": 5,
            "backlog": 1024,
            "control_socket_disable": True,
            "proc_name": "marketplace-web",
            "forwarded_allow_ips": "" if not self.settings.proxies else "*",
        }
        for key, value in values.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        """Called in each worker process after the fork, so that none shares a connection with another."""
        return application()


def check(settings: Settings) -> None:
    """Raise ConfigurationError, or SQLAlchemy's error, when the database cannot be used or would lose a receipt."""
    from marketplace.kit.database import Database

    database = Database(settings.database)
    try:
        database.check_durable()
    finally:
        database.dispose()


def run(settings: Settings) -> None:
    """Serve until the process is told to stop. Several processes count their requests together, for one /metrics."""
    if settings.web_processes == 1:
        Web(settings).run()
        return
    with TemporaryDirectory(prefix="marketplace-metrics-") as folder:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)  # read when the forked processes import the client
        Web(settings).run()
