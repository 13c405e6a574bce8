"""The Celery application of the worker.

The database is the truth and the broker only a nudge: a task carries ids, may come twice, late or never, and every
handler does what is due in the database and nothing else. So no result is kept, and no deadline is ever given to Celery
(Redis delivers a task with an eta again after the visibility timeout).
"""

from functools import cache

from celery import Celery
from celery.signals import heartbeat_sent, worker_process_init

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from workers import alive
from workers.queues import queues

SOFT_SECONDS, HARD_SECONDS = 200, 240  # below the visibility timeout, or a slow task would be delivered again
VISIBILITY_SECONDS = 300


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()


@cache
def database() -> Database:
    """The database of this process; made after the fork (see _fresh_connections)."""
    return Database(settings().database)


@worker_process_init.connect
def _fresh_connections(**_: object) -> None:
    """A pool child must not share a connection with its parent."""
    database.cache_clear()


@heartbeat_sent.connect
def _alive(**_: object) -> None:
    """Sent every two seconds while the worker has its broker."""
    alive.touch(settings())


def make(broker: str) -> Celery:
    """Celery on that broker, with every setting that keeps a task from being lost."""
    celery = Celery("marketplace", broker=broker, include=["workers.due", "workers.scoring", "workers.mail"])
    celery.conf.update(
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_SECONDS,
            "unacked_restore_interval": 5,  # with kombu's own pace a task of a killed worker came back after 101 s
            "unacked_restore_throttle": 1,
            "queue_order_strategy": "priority",  # in the order of QUEUES
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
        },
        task_queues=queues(),
        task_default_queue="opening",
        task_create_missing_queues=False,
        task_acks_late=True,
        task_reject_on_worker_lost=True,  # without it a killed pool child takes its task along
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_soft_time_limit=SOFT_SECONDS,
        task_time_limit=HARD_SECONDS,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_proc_alive_timeout=30,
        timezone="UTC",
        enable_utc=True,
    )
    return celery


app = make(settings().broker)
