"""The queues, and which task of which queue a nudge becomes. All sides import it, so nothing heavy is imported here."""

from kombu import Exchange, Queue

QUEUES = ("opening", "scoring", "mail")
"""In the order of their turn: an opening never waits behind mails."""

LOOK = "workers.due.look"
TASKS = {"need": ("workers.scoring.need", "scoring"), "mail": ("workers.mail.deliver", "mail")}
"""Word of a nudge: (task, queue)."""


def queues() -> list[Queue]:
    """The queues, each reached by its own name alone (with Celery's own exchange every task would reach all three)."""
    return [Queue(name, Exchange(""), routing_key=name) for name in QUEUES]
