"""How often something may be tried: counted in the broker, so that all web processes count together.

With the broker down each process counts for itself: a limit never makes a request fail or wait.
"""

import time
from threading import Lock

import structlog
from flask import Flask, current_app, request
from limits import parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError
from werkzeug.exceptions import TooManyRequests

from marketplace.kit.settings import Settings

log = structlog.get_logger(__name__)

DOWN_SECONDS = 10  # after a failure the broker is left alone for so long
ANSWER_SECONDS = 0.1  # a broker that takes longer to answer counts as down


class Limits:
    """The counters of one application."""

    def __init__(self, settings: Settings) -> None:
        address = settings.broker.replace("redis+socket://", "redis+unix://")
        options = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
        self._shared = MovingWindowRateLimiter(storage_from_string(address, **options))
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._down_until = 0.0
        self._lock = Lock()

    def hit(self, limit: str, *key: str) -> bool:
        """Count one try of `key`; False when there were too many within the limit, such as "20/minute"."""
        item = parse(limit)
        if time.monotonic() >= self._down_until:
            try:
                return bool(self._shared.hit(item, *key))
            except (RedisError, OSError) as error:  # no try is refused because counting failed
                with self._lock:
                    self._down_until = time.monotonic() + DOWN_SECONDS
                log.warning("counting tries without the broker", error=type(error).__name__)
        return bool(self._own.hit(item, *key))


def check(name: str, limit: str, key: str = "") -> None:
    """Count one try of `name` by `key` (by default: by the place in the network that asks). Raises TooManyRequests
    (429)."""
    if not current_app.config.get("RATELIMIT_ENABLED", True):
        return
    counters: Limits = current_app.extensions["marketplace_limits"]
    if not counters.hit(limit, name, key or request.remote_addr or "unknown"):
        log.warning("too many tries", name=name)
        raise TooManyRequests()


def init(app: Flask) -> None:
    """Make the counters."""
    app.extensions["marketplace_limits"] = Limits(app.extensions["marketplace_settings"])
