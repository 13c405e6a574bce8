"""Pure rooms stay pure: imported in a fresh interpreter they load no framework."""

import subprocess
import sys

PURE = (
    "marketplace.kit.money",
    "marketplace.kit.clock",
    "marketplace.kit.errors",
    "marketplace.kit.states",
    "marketplace.kit.ids",
    "marketplace.policy",
    "marketplace.policy.rubric",
    "marketplace.policy.parameters",
    "marketplace.scoring.canonical",
    "marketplace.scoring.score_file",
    "marketplace.scoring.tender_file",
    "marketplace.scoring.cost",
    "marketplace.scoring.answers",
    "marketplace.scoring.explain",
    "marketplace.scoring.robustness",
    "marketplace.identity.roles",
    "marketplace.identity.viewer",
    "marketplace.identity.wording",
    "marketplace.register.rules",
    "marketplace.register.cells",
    "marketplace.needs.rules",
    "marketplace.needs.method",
    "marketplace.needs.states",
    "marketplace.needs.calendar",
    "marketplace.bids.offer",
    "marketplace.bids.judging",
    "marketplace.bids.states",
    "marketplace.bids.wording",
    "marketplace.evaluations.weights_picture",
)
FRAMEWORKS = ("flask", "wtforms", "sqlalchemy", "sqlmodel", "alembic", "celery", "kombu", "redis", "jinja2", "werkzeug")
PROGRAM = """
import importlib, sys
for name in sys.argv[1].split(","):
    importlib.import_module(name)
    loaded = [framework for framework in sys.argv[2].split(",") if framework in sys.modules]
    if loaded:
        sys.exit(f"{name} loads {', '.join(loaded)}")
"""


def run(*modules: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, ",".join(modules), ",".join(FRAMEWORKS)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_pure_rooms_load_no_framework() -> None:
    done = run(*PURE)
    assert done.returncode == 0, done.stderr


def test_a_room_with_a_framework_is_found() -> None:
    done = run("marketplace.needs.models")
    assert done.returncode == 1
    assert "loads" in done.stderr
