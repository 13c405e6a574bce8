"""Probes, metrics, and the pages about the service."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from marketplace.app import create_app
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings

SECRET = "a-secret-for-tests-only-0123456789abcdef"


def values(client: FlaskClient, **request: object) -> dict[str, float]:
    """The samples of /metrics by name and labels, as "name{label=value,...}"."""
    answer = client.get("/metrics", **request)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


@pytest.mark.parametrize("path", ["/help", "/accessibility", "/privacy", "/terms", "/how-bids-are-judged"])
def test_pages_about_the_service(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1


def test_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200  # without a broker everything is accepted and done later
    assert ready.json == {"status": "degraded", "database": "ok", "schema": "current", "broker": "down"}


def test_not_ready_before_migration_or_without_a_database(tmp_path: Path) -> None:
    for name, schema, database in (("empty.sqlite", "empty", "ok"), ("no/such/folder.sqlite", "down", "down")):
        settings = Settings(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / name}", secret_key=SECRET)
        client = create_app(settings, Database(settings.database)).test_client()
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json is not None
        assert (ready.json["status"], ready.json["schema"], ready.json["database"]) == ("not ready", schema, database)
        assert client.get("/healthz").status_code == 200
        assert values(client)["marketplace_database_up{}"] == 0


def test_metrics_count_requests_and_the_market(client: FlaskClient) -> None:
    def served(endpoint: str, status: int) -> str:
        return f"marketplace_requests_total{{endpoint={endpoint},method=GET,status={status}}}"

    before = values(client)
    for _ in range(3):
        client.get("/help")
    client.get("/no-such-page/17")
    client.get("/dashboard")  # turned away by the guard
    after = values(client)
    assert after[served("site.help_page", 200)] - before.get(served("site.help_page", 200), 0) == 3
    assert after[served("no such page", 404)] - before.get(served("no such page", 404), 0) == 1
    assert after[served("site.dashboard", 302)] - before.get(served("site.dashboard", 302), 0) == 1
    timed = "marketplace_request_seconds_count{endpoint=site.help_page}"
    assert after[timed] - before.get(timed, 0) == 3
    assert after["marketplace_database_up{}"] == 1
    assert after["marketplace_needs{stage=open}"] == 0
    assert after["marketplace_due_overdue_seconds{}"] == 0
    assert after["marketplace_journal_lines{}"] == 0
    assert after["marketplace_mails{state=waiting}"] == 0


def test_metrics_are_not_public(app: Flask, client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 200  # from this machine
    for elsewhere in ("192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", ""):
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": elsewhere}).status_code == 404
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"):
        assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404
    app.extensions["marketplace_settings"].proxies = 1
    assert client.get("/metrics").status_code == 404


def test_metrics_by_token(app: Flask, client: FlaskClient) -> None:
    app.extensions["marketplace_settings"].metrics_token = "let-me-in-Zoë"
    assert client.get("/metrics").status_code == 404
    for wrong in ("Bearer let-me-out", "let-me-in-Zoë", "Basic let-me-in-Zoë", "Bearer", "Bearer let-me-in-Zo"):
        assert client.get("/metrics", headers={"Authorization": wrong.encode().decode("latin-1")}).status_code == 404
    right = {"Authorization": "Bearer let-me-in-Zoë".encode().decode("latin-1")}
    answer = client.get("/metrics", headers=right, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 200


def test_robots_stay_out_of_private_pages(client: FlaskClient) -> None:
    text = client.get("/robots.txt").text
    assert "Disallow: /buyer\n" in text
    assert "/needs" not in text


def test_several_web_processes_count_together(tmp_path: Path, settings: Settings) -> None:
    """Two processes answer one request each; a scrape of either shows both, and the market once."""
    folder = tmp_path / "metrics"
    folder.mkdir()
    program = (
        "import sys; from pathlib import Path\n"
        "from marketplace.app import create_app; from marketplace.kit.settings import Settings\n"
        "client = create_app(Settings()).test_client(); client.get('/healthz'); print(client.get('/metrics').text)\n"
    )
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
        "MARKETPLACE_DATA_DIR": str(tmp_path),
        "MARKETPLACE_DATABASE_URL": settings.database,
        "MARKETPLACE_SECRET_KEY": SECRET,
    }
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert run.returncode == 0, run.stderr
    assert 'marketplace_requests_total{endpoint="site.healthz",method="GET",status="200"} 2.0' in run.stdout
    assert run.stdout.count("\nmarketplace_journal_lines ") == 1
