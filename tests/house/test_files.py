"""What every file of the repository must keep to: its size, and what must never stand in it."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 350  # "about 300": beyond it a file is split by verb or noun
MOST_LINES_OF_A_FUNCTION = 65
TOP = {
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "compose.yaml",
    "requirements.lock",
    "marketplace",
    "workers",
    "templates",
    "tests",
}


def kept() -> list[Path]:
    """Every file that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_the_top_of_the_repository_is_what_the_readme_shows() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in kept()}
    assert {name for name in found if not name.startswith(".")} <= TOP


def test_no_file_of_the_packages_has_outgrown_its_reader() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in kept() if is_ours(path)}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}


def test_no_function_of_the_packages_has_outgrown_its_reader() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in kept()
        if is_ours(path)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


def is_ours(path: Path) -> bool:
    """A Python file that people write; migrations are written once, by a program."""
    parts = path.relative_to(ROOT).parts
    return path.suffix == ".py" and parts[0] in ("marketplace", "workers") and "versions" not in parts


# put together here, so that this file does not hold them itself
HOSTS = [
    "py" + "pi.org",
    "pythonhosted" + ".org",
    "registry.npm" + "js",
    "deb.debian" + ".org",
    "files.python" + "hosted",
]
PATHS = [re.escape("/work" + "/"), r"/ro" + r"ot/", r"/opt/(?:py" + r"pi|wheels)", r"/ho" + r"me/[a-z]"]
FORBIDDEN = re.compile("|".join([*map(re.escape, HOSTS), *PATHS]))


def test_no_file_names_a_registry_or_a_path_of_somebodys_machine() -> None:
    found = []
    for path in kept():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if "vendor" in path.parts or path.suffix == ".svg":
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in FORBIDDEN.finditer(text)]
    assert found == []


def test_a_forbidden_word_would_be_found() -> None:
    assert FORBIDDEN.search("see https://" + HOSTS[0] + "/simple")
    assert FORBIDDEN.search("file:///opt/" + "pypi/simple")
