"""Telling the workers that something may be due. Best effort and quick: the timetable finds what is not told here.

Used by the web processes, so this room imports no handler and has a Celery of its own, with a short patience: a broker
that is down, full or hanging must not hold up the page of somebody who submits a bid.
"""

import threading
import time

import structlog
from celery import Celery

from workers.queues import TASKS, queues

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.2  # for connecting, and for the answer
DOWN_SECONDS = 5.0  # after a failure the broker is left alone for so long: only one page in five seconds waits for it


class Post:
    """Sends nudges to one broker. Safe to share between threads; not between processes before a fork."""

    def __init__(self, broker: str) -> None:
        self._celery = Celery("post", broker=broker, set_as_current=False)
        self._celery.conf.update(
            broker_transport_options={
                "socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS,
                "max_retries": 0, "retry_on_timeout": False,
            },
            broker_connection_timeout=PATIENCE_SECONDS, broker_pool_limit=16,
            task_queues=queues(), task_create_missing_queues=False, task_default_queue="opening",
            task_serializer="json", task_ignore_result=True, task_publish_retry=False, timezone="UTC",
        )
        # what Celery imports at its first use is imported now, not during somebody's page
        self._celery.amqp.router, self._celery.connection_for_write().transport
        self._down_until = 0.0
        self._turn = threading.Lock()

    def nudge(self, what: str, key: str) -> None:
        """Tell the workers about `what` ("need" or "mail") with the id `key`. Raises KeyError for another word."""
        task, queue = TASKS[what]
        if time.monotonic() < self._down_until:
            return
        try:
            self._celery.send_task(task, args=(key,), queue=queue, retry=False, ignore_result=True, expires=60)
        except Exception as error:  # any trouble of the broker: the database holds the work, the timetable finds it
            with self._turn:
                self._down_until = time.monotonic() + DOWN_SECONDS
            log.warning("broker_not_reached", error=type(error).__name__, again_in_seconds=DOWN_SECONDS)
