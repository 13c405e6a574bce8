"""What the clock asks for: Celery's beat sends one task a second, which looks for what is due (see due.py).

This room imports no handler, so that the process is small and there at once.
"""

from celery import Celery
from celery.signals import after_task_publish

from marketplace.kit.settings import Settings
from workers import alive
from workers.queues import LOOK, queues

LOOK_EVERY_SECONDS = 1.0


def make(settings: Settings) -> Celery:
    """Celery for beat, on the broker of these settings. The schedule is one entry: its state is not kept on disk."""
    celery = Celery("timetable", broker=settings.broker)
    celery.conf.update(
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"socket_connect_timeout": 5, "socket_keepalive": True},
        task_queues=queues(),
        task_create_missing_queues=False,
        task_default_queue="opening",
        task_ignore_result=True,
        timezone="UTC",
        beat_scheduler="celery.beat:Scheduler",
        beat_max_loop_interval=LOOK_EVERY_SECONDS,
        beat_schedule={
            "look": {
                "task": LOOK,
                "schedule": LOOK_EVERY_SECONDS,
                # looks that waited while no worker ran are thrown away: one fresh look finds everything
                "options": {"queue": "opening", "expires": 10},
            },
        },
    )
    after_task_publish.connect(lambda **_: alive.touch(settings), weak=False)
    return celery
