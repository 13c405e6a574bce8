"""Numbers for Prometheus: what the web answers, and how the market's machinery stands.

With several web processes set PROMETHEUS_MULTIPROC_DIR (an empty folder that they share) before they start; without it
each process counts for itself.
"""

import os
import time
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask, Response, g, request
from flask.signals import request_finished, request_started
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from marketplace.evaluations import queries as evaluations
from marketplace.journal import queries as journal
from marketplace.kit.database import Database
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from marketplace.notices import queries as notices

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_counted = CollectorRegistry()
REQUESTS = Counter(
    "marketplace_requests",
    "Requests answered, by endpoint, method and status.",
    ("endpoint", "method", "status"),
    registry=_counted,
)
LATENCY = Histogram(
    "marketplace_request_seconds",
    "Seconds until the answer was made, by endpoint.",
    ("endpoint",),
    buckets=SECONDS,
    registry=_counted,
)


def init(app: Flask) -> None:
    """Count and time every request of this application, also those that a guard turns away."""
    request_started.connect(_started, app)
    request_finished.connect(_finished, app)


def _started(_app: Flask, **_extra: object) -> None:
    g.metrics_started = time.perf_counter()


def _finished(_app: Flask, response: Response, **_extra: object) -> None:
    endpoint = request.endpoint or "no such page"  # never the path: anybody can make up paths
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(endpoint, method, str(response.status_code)).inc()
    if "metrics_started" in g:
        LATENCY.labels(endpoint).observe(time.perf_counter() - g.metrics_started)


def page(database: Database) -> bytes:
    """Everything, in Prometheus' text form."""
    registry = CollectorRegistry()
    registry.register(_Market(database))
    counted = _counted
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    return generate_latest(registry) + generate_latest(counted)


class _Market(Collector):
    """How needs, mails, due work and the journal stand, asked of the database at each scrape."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges; with the database out of reach only the one that says so."""
        up = GaugeMetricFamily("marketplace_database_up", "1 when the database answers, else 0.")
        try:
            with self.database.reading() as session:
                found = list(_gauges(session, self.database))
        except SQLAlchemyError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found


def _gauges(session: Session, database: Database) -> Iterator[GaugeMetricFamily]:
    now = database.now(session)
    stages = dict(session.exec(select(Need.stage, sa.func.count()).group_by(col(Need.stage))).all())
    needs = GaugeMetricFamily("marketplace_needs", "Needs by stage.", labels=["stage"])
    for stage in Stage:
        needs.add_metric([stage.value], stages.get(stage, 0))
    yield needs
    due, oldest = session.exec(
        select(sa.func.count(), sa.func.min(Need.next_due)).select_from(Need).where(col(Need.next_due) <= now)
    ).one()
    late = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    yield _one("marketplace_due_needs", "Needs that wait for the worker now.", due)
    yield _one("marketplace_due_overdue_seconds", "How long the need that waits longest is overdue.", late)
    stuck = sum(job.stuck for job in evaluations.jobs(session, now))
    yield _one("marketplace_stuck_needs", "Needs that the machine gave up and an operator must look at.", stuck)
    waiting, failed = notices.counts(session)
    mails = GaugeMetricFamily("marketplace_mails", "Mails that are not sent, by state.", labels=["state"])
    mails.add_metric(["waiting"], waiting)
    mails.add_metric(["failed"], failed)
    yield mails
    yield _one("marketplace_journal_lines", "Lines in the journal.", journal.length(session))


def _one(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)
