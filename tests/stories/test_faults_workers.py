"""Workers and brokers that die at the worst moment: everything is done all the same, and once."""

import time

import pytest
import redis
from sqlmodel import col, select

from marketplace.evaluations.models import Evaluation
from marketplace.kit.database import Database
from marketplace.needs.states import Stage
from tests.processes import service, wait_until
from tests.stories.test_faults_rush import close_in, make_crowd
from tests.workers.test_due_needs import assert_done_once, due_need, stage
from workers.app import make

pytestmark = pytest.mark.processes


def results(database: Database, need_id: str) -> dict[int, str]:
    """{lot: hash of its evaluation}."""
    with database.reading() as session:
        rows = session.exec(select(Evaluation.lot, Evaluation.hash).where(col(Evaluation.need_id) == need_id)).all()
    return {int(lot): digest for lot, digest in rows}


def test_a_worker_killed_in_mid_scoring_leaves_nothing_half_done(any_database: Database) -> None:
    """Killed between opening and the last evaluation: the timetable finds the need still due, and a new worker ends it.

    (The message itself comes back too, after the broker's visibility timeout of 300 seconds, and finds nothing to do.)
    """
    need_id = due_need(any_database, bidders=40)
    with service(any_database) as running:
        running.start_broker()
        worker = running.start("worker")
        make(running.broker_url).send_task("workers.scoring.need", args=(need_id,), queue="scoring")
        wait_until(lambda: stage(any_database, need_id) in (Stage.OPENED, Stage.SCORED), say="the worker did not begin")
        running.kill(worker)
        before = results(any_database, need_id)
        assert stage(any_database, need_id) is Stage.OPENED, "the scoring was over before it could be interrupted"
        running.start("timetable")
        running.start("worker")
        wait_until(lambda: stage(any_database, need_id) is Stage.SCORED, 120, say="the timetable did not find it")
        after = results(any_database, need_id)
        assert before.items() <= after.items(), "what was written stays as it was"
        assert_done_once(any_database, need_id, bids=40)


def test_a_pool_child_killed_alone_gives_its_task_back(database: Database) -> None:
    import psutil

    need_id = due_need(database, bidders=40)
    with service(database) as running:
        running.start_broker()
        worker = running.start("worker")
        make(running.broker_url).send_task("workers.scoring.need", args=(need_id,), queue="scoring")
        wait_until(lambda: stage(database, need_id) in (Stage.OPENED, Stage.SCORED), say="the worker did not begin")
        assert worker.process is not None
        for child in psutil.Process(worker.process.pid).children():
            child.kill()
        wait_until(lambda: stage(database, need_id) is Stage.SCORED, say="the task did not come back")
        assert_done_once(database, need_id, bids=40)


def test_a_broker_flushed_and_down_through_a_deadline_loses_nothing(any_database: Database) -> None:
    """Bids are taken without it; when it is back, the timetable finds the need by itself."""
    with service(any_database) as running:
        broker = running.start_broker()
        running.start("worker")
        running.start("timetable")
        _, address = running.start_web()
        need_id, crowd = make_crowd(any_database, running, 3)
        with redis.Redis(unix_socket_path=str(running.socket)) as line:
            line.flushall()
        running.kill(broker)
        began = time.monotonic()
        answers = [bidder.press(address) for bidder in crowd]
        taken = time.monotonic() - began
        assert [answer.status for answer in answers] == [303] * 3
        assert taken < 20, "a broker that is down must not hold up bidders"
        close_in(any_database, need_id, 0.5)
        time.sleep(2.0)
        assert stage(any_database, need_id) is Stage.OPEN, "nobody was there to close it"
        late = crowd[0].press(address)
        assert late.status == 303, "the same form again leads to the receipt it led to before"
        assert late.location == answers[0].location
        running.start_broker()

        def scored() -> bool:
            running.children.watch()  # as the supervisor does: a worker may end when its broker dies
            return stage(any_database, need_id) is Stage.SCORED

        wait_until(scored, 120, say="the timetable did not find it")
        assert_done_once(any_database, need_id, bids=3)
