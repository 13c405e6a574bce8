"""What machines ask: is the process alive, is it ready, how does it do, and what may be crawled."""

import hmac
from ipaddress import ip_address

import redis
import structlog
from flask import Blueprint, Response, jsonify, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from marketplace.identity.roles import PUBLIC
from marketplace.kit.errors import NotHere
from marketplace.kit.settings import Settings
from marketplace.migrations import state_of
from marketplace.site import metrics
from marketplace.web.context import database, reading, settings
from marketplace.web.guards import guard

log = structlog.get_logger(__name__)

BROKER_SECONDS = 0.3  # a broker that takes longer to answer counts as down
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")  # somebody stands between us and the asker

blueprint = Blueprint("site", __name__)


@blueprint.record_once
def _count_requests(state: BlueprintSetupState) -> None:
    metrics.init(state.app)  # type: ignore[arg-type]  # Flask types it as its base class


@blueprint.get("/healthz")
@guard(PUBLIC)
def healthz() -> ResponseReturnValue:
    """The process answers. Says nothing of the database: restarting this process would not mend that."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@guard(PUBLIC)
def readyz() -> ResponseReturnValue:
    """200 "ok", or "degraded" without the broker (all is accepted, and done later); 503 when requests would fail."""
    schema = _schema()
    broker = "ok" if broker_answers(settings()) else "down"
    ready = schema == "current"
    status = "not ready" if not ready else "ok" if broker == "ok" else "degraded"
    parts = {"database": "down" if schema == "down" else "ok", "schema": schema, "broker": broker}
    return jsonify(status=status, **parts), 200 if ready else 503


def _schema() -> str:
    """ "current", "empty", "behind", or "down" when the database does not answer."""
    try:
        return state_of(reading().connection())
    except SQLAlchemyError as error:
        log.warning("not_ready", error=type(error).__name__)
        return "down"


def broker_answers(chosen: Settings) -> bool:
    """Whether the broker answers a ping in time."""
    address = chosen.broker.replace("redis+socket://", "unix://")
    try:
        with redis.Redis.from_url(
            address, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS, retry=None
        ) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError, ValueError):
        return False


@blueprint.get("/metrics")
@guard(PUBLIC)
def metrics_page() -> ResponseReturnValue:
    """Prometheus metrics. Not public: by the token, or without one from this machine only; else no such page."""
    if not _may_read_metrics():
        raise NotHere("metrics")
    return Response(metrics.page(database()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read_metrics() -> bool:
    token = settings().metrics_token
    if token:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode("latin-1", "replace"), token.encode())
        return same and scheme.lower() == "bearer"
    if settings().proxies or any(name in request.headers for name in FORWARDED):
        return False  # a proxy on this machine would lend its address to everybody
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


@blueprint.get("/robots.txt")
@guard(PUBLIC)
def robots() -> ResponseReturnValue:
    """Public pages may be found by search engines; pages behind the sign-in need not be tried."""
    private = (
        "/account",
        "/bids",
        "/buyer",
        "/dashboard",
        "/join",
        "/link",
        "/operator",
        "/reset",
        "/sign-in",
        "/team",
    )
    text = "".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in private)])
    return Response(text, content_type="text/plain; charset=utf-8")
