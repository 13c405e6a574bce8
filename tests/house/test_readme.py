"""What the README says is so: commands exist, settings are listed, files are there."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from marketplace.cli import COMMANDS, main
from marketplace.kit.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CODE = "\n".join(block or inline for block, inline in re.findall(r"```sh\n(.*?)```|`([^`]+)`", README, re.S))
NAMED = set(re.findall(r"\bmarketplace (?:--data \S+ )?([a-z][a-z-]+)\b", CODE))


def test_the_readme_names_every_command_for_people() -> None:
    assert {"demo", "serve", "migrate", "import-register", "create-operator", "sweep", "score", "check"} <= NAMED
    assert set(COMMANDS) >= NAMED


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(main, [command, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "Example" in shown.output, "its --help shows an example"
    assert len(shown.output.splitlines()[2].strip()) > 20


def test_the_help_of_the_whole_lists_every_command() -> None:
    shown = CliRunner().invoke(main, ["--help"])
    assert all(re.search(rf"^  {command} ", shown.output, re.M) for command in COMMANDS)


def test_every_setting_is_documented_and_no_other() -> None:
    written = set(re.findall(r"`MARKETPLACE_([A-Z_]+)`", README))
    assert written == {name.upper() for name in Settings.model_fields}


def test_every_file_that_the_readme_links_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_two_commands_are_one_line_each_and_use_the_lock_files() -> None:
    lines = [line for line in README.splitlines() if line.startswith("sh .ci/setup")]
    assert lines == ["sh .ci/setup && .venv/bin/marketplace demo", "sh .ci/setup tests && .venv/bin/pytest -n 3"]
    setup = (ROOT / ".ci/setup").read_text()
    locks = re.findall(r"(?:lock=|-r )([\w./]+\.lock)", setup)
    assert set(locks) == {"requirements.lock", "tests/requirements.lock", ".ci/uv.lock"}
    assert all((ROOT / lock).is_file() for lock in locks)
    assert "--require-hashes" in setup
