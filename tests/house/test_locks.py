"""What is installed is locked by version and hash; compose.yaml takes its secrets from outside."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("requirements.lock", "tests/requirements.lock", ".ci/uv.lock")


def locked(name: str) -> dict[str, set[str]]:
    """{package: the versions locked for it (more than one where they differ by Python version)}."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if match := re.match(r"([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)", line):
            found.setdefault(match[1].replace("_", "-"), set()).add(match[2])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_a_version_or_a_hash(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert all(
        re.fullmatch(r"[a-z0-9][^ ]*==\S+( ; [^\\]+)? ?\\|    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in lines
    )
    starts = [index for index, line in enumerate(lines) if "==" in line and not line.startswith(" ")]
    assert starts
    assert all(lines[index + 1].startswith("    --hash=") for index in starts)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"]),
        ("tests/requirements.lock", PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]),
    ],
)
def test_every_dependency_of_the_project_is_locked(name: str, wanted: list[str]) -> None:
    versions = locked(name)
    names = {re.split(r"[\[<>=!~ ;]", each)[0].lower().replace("_", "-") for each in wanted}
    assert names <= set(versions)


def test_the_tests_run_on_the_versions_that_people_run() -> None:
    run, test = locked("requirements.lock"), locked("tests/requirements.lock")
    assert {name: versions for name, versions in run.items() if test.get(name) != versions} == {}


def test_compose_takes_every_secret_from_outside_and_checks_the_health_of_every_service() -> None:
    yaml = pytest.importorskip("yaml")
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    services = compose["services"]
    assert {"web", "worker", "timetable", "database", "broker", "migrate"} <= set(services)
    assert all("healthcheck" in service for name, service in services.items() if name != "migrate")
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|AUTH|DATABASE_URL|BROKER_URL", key):
                assert re.search(r"\$\{MARKETPLACE_[A-Z_]+:\?", value), (
                    f"{name}: {key} has a default or is written down"
                )
    for name in ("web", "worker", "mailer", "timetable", "migrate"):
        assert services[name]["command"][0] == "marketplace"
