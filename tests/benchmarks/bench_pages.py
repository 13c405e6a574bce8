"""The public pages: the list against a bare query and template, and what a hundred times more needs cost."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from jinja2 import Environment
from werkzeug.test import EnvironBuilder, run_wsgi_app

from marketplace.app import create_app
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.needs.models import Need
from tests.benchmarks.market import fill
from tests.benchmarks.timing import interleaved, row

ROUNDS = 60
BARE = Environment(autoescape=True).from_string(
    "<table>{% for r in rows %}<tr><td><a href='/needs/{{ r.id }}'>{{ r.title }}</a><td>{{ r.buyer_name }}"
    "<td>{{ r.region }}<td>{{ r.functions }}<td>{{ r.closes_at }}<td>{{ r.total_ceiling_pence }}</tr>"
    "{% endfor %}</table>"
)


def _app(folder: Path, database: Database) -> Flask:
    settings = Settings(data_dir=folder, secret_key="a-secret-for-benchmarks-0123456789abcdef")
    return create_app(settings, database)


def _get(app: Flask, path: str) -> Callable[[], None]:
    def get() -> None:
        body, status, _ = run_wsgi_app(app.wsgi_app, EnvironBuilder(path=path).get_environ(), buffered=True)
        if not status.startswith("200") or not b"".join(body):
            raise RuntimeError(f"{path}: {status}")

    return get


def _bare(database: Database) -> Callable[[], None]:
    columns = (
        Need.id,
        Need.title,
        Need.buyer_name,
        Need.region,
        Need.functions,
        Need.closes_at,
        Need.total_ceiling_pence,
        Need.stage,
    )
    query = (
        sa.select(*columns)  # type: ignore[call-overload]
        .where(sa.column("stage") == "open")
        .order_by(sa.column("closes_at"), sa.column("id"))
        .limit(50)
    )

    def get() -> None:
        with database.engine.connect() as connection:
            BARE.render(rows=connection.execute(query).all())

    return get


def main() -> None:
    """Print the ratios of the pages."""
    with tempfile.TemporaryDirectory(prefix="mkt-bench-") as name:
        folder = Path(name)
        database, _ = fill(folder / "list", 20_000)
        times = interleaved(ROUNDS, page=_get(_app(folder / "list", database), "/needs"), bare=_bare(database))
        row("list page, 50 of 20,000 needs / bare query and template", times["page"], times["bare"], "at most 3x")
        database.dispose()
        small, small_need = fill(folder / "small", 1_000)
        large, large_need = fill(folder / "large", 100_000)
        few, many = _app(folder / "small", small), _app(folder / "large", large)
        for path in ("/needs", "/needs?stage=scored", "/needs?q=payroll", "/needs?function=hr&region=London", "/"):
            times = interleaved(ROUNDS, many=_get(many, path), few=_get(few, path))
            row(f"{path} with 100,000 needs / with 1,000", times["many"], times["few"], "at most 1.3x")
        times = interleaved(ROUNDS, many=_get(many, f"/needs/{large_need}"), few=_get(few, f"/needs/{small_need}"))
        row("page of one need with 100,000 needs / with 1,000", times["many"], times["few"], "at most 1.3x")
        small.dispose()
        large.dispose()


if __name__ == "__main__":
    main()
