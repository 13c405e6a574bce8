"""/readyz with a real broker: ok with it, degraded (and quick to say so) when it dies."""

import time
from pathlib import Path

import pytest

from marketplace.app import create_app
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from tests.processes import SECRET, service

pytestmark = pytest.mark.processes


def test_ready_follows_the_broker(tmp_path: Path, database: Database) -> None:
    with service(database) as running:
        child = running.start_broker()
        address = {"database_url": database.url, "broker_url": running.broker_url}
        settings = Settings(data_dir=tmp_path, secret_key=SECRET, **address)  # type: ignore[arg-type]
        client = create_app(settings, database).test_client()
        assert client.get("/readyz").json == {"status": "ok", "database": "ok", "schema": "current", "broker": "ok"}
        running.kill(child)
        began = time.monotonic()
        answer = client.get("/readyz")
        assert time.monotonic() - began < 5
        assert answer.status_code == 200
        assert answer.json is not None
        assert answer.json["status"] == "degraded"
