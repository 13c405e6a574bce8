"""Nudges are quick whatever the broker does, and the page of a bidder never waits for it."""

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from marketplace.running import broker
from tests.processes import wait_until
from workers import post
from workers.post import Post

pytestmark = pytest.mark.processes
QUICK = 0.3  # seconds; "a fraction of a second"


@pytest.fixture
def valkey() -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A running broker and its socket."""
    with tempfile.TemporaryDirectory(prefix="mkt-", dir="/tmp") as folder:
        where = Path(folder) / "valkey.sock"
        process = subprocess.Popen(broker.arguments(where), stdout=subprocess.DEVNULL)
        assert broker.wait_until_ready(where)
        yield process, where
        process.kill()
        process.wait()


def seconds(office: Post) -> float:
    began = time.monotonic()
    office.nudge("need", "4k7d9x2m01ab")
    return time.monotonic() - began


def test_a_nudge_arrives_in_the_queue_of_its_task(valkey: tuple[subprocess.Popen[bytes], Path]) -> None:
    _, where = valkey
    office = Post(f"redis+socket://{where}")
    office.nudge("need", "4k7d9x2m01ab")
    office.nudge("mail", "m1")
    with redis.Redis(unix_socket_path=str(where)) as line:
        assert (line.llen("scoring"), line.llen("mail")) == (1, 1)
        message = line.lindex("scoring", 0)
    assert b"workers.scoring.need" in message
    assert b"4k7d9x2m01ab" in message


@pytest.mark.parametrize("address", ["redis+socket:///tmp/there-is-no-such.sock", "redis://127.0.0.1:1/0"])
def test_a_broker_that_is_gone_costs_a_fraction_of_a_second_once(address: str) -> None:
    office = Post(address)
    assert seconds(office) < QUICK
    assert seconds(office) < 0.01, "it did not remember that the broker is down"


def test_a_broker_that_hangs_costs_a_fraction_of_a_second_and_is_used_again_when_it_is_back(
    valkey: tuple[subprocess.Popen[bytes], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(post, "DOWN_SECONDS", 0.2)
    process, where = valkey
    office = Post(f"redis+socket://{where}")
    office.nudge("need", "first")
    process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    office.nudge("need", "lost")
    taken = time.monotonic() - began
    process.send_signal(signal.SIGCONT)
    assert taken < QUICK + post.PATIENCE_SECONDS
    with redis.Redis(unix_socket_path=str(where)) as line:
        line.flushall()

        def arrived() -> bool:
            office.nudge("need", "after")
            return int(line.llen("scoring")) > 0

        wait_until(arrived, 5, say="the broker was not used again")


def test_an_unknown_word_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        Post("redis://127.0.0.1:1/0").nudge("coffee", "1")
