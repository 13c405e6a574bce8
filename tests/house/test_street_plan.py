"""A house imports only houses below it, and each room only what its kind may import (see DECISIONS.md for the rank)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
RANK = {
    "kit": 0,
    "policy": 1,
    "scoring": 2,
    "journal": 3,
    "notices": 4,
    "identity": 5,
    "web": 6,
    "register": 7,
    "accounts": 8,
    "needs": 9,
    "bids": 10,
    "evaluations": 11,
    "tables": 12,
    "migrations": 13,
    "checking": 14,
    "site": 14,
    "example_market": 14,
    "app": 15,
    "workers": 15,
    "running": 16,
    "cli": 17,
}
EXCUSED = {
    ("register", "migrations"): "its command brings the database up to date before the first import",
}
VERBS_WITHOUT_HTTP = re.compile(r"(^|_)(actions?|rules|states|models|queries|wording|access|envelope)\.py$")
FILES = sorted(path for top in ("marketplace", "workers") for path in (ROOT / top).rglob("*.py"))


def house_of(module: str) -> str | None:
    """The house that a module belongs to; None for what is not ours."""
    first, _, rest = module.partition(".")
    if first == "workers":
        return "workers"
    return rest.split(".")[0] if first == "marketplace" and rest else None


def imports(text: str) -> Iterator[tuple[str, int]]:
    """Every module imported anywhere in the file, inside functions too, with its line."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "marketplace":
                yield from ((f"marketplace.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


def own_house(path: str) -> str | None:
    """The house that a file of the checkout stands in."""
    return house_of(path.removesuffix(".py").replace("/", "."))


def faults(path: str, text: str) -> list[str]:
    """What a file imports against the street plan."""
    own = own_house(path)
    found = []
    for module, line in imports(text):
        house = house_of(module)
        if house is None or house == own or (own or "", house) in EXCUSED:
            continue
        assert own in RANK, f"the house {own} has no rank: add it to this table where it belongs"
        assert house in RANK, f"{path}:{line} imports {module}, of a house without a rank"
        if RANK[house] >= RANK[own]:
            found.append(f"{path}:{line} imports {module}, which stands above {own} or beside it")
    return found


def test_a_house_imports_only_houses_below_it() -> None:
    assert [fault for path in FILES for fault in faults(str(path.relative_to(ROOT)), path.read_text())] == []


def test_an_import_upwards_is_found_even_inside_a_function() -> None:
    text = "def f():\n    from marketplace.evaluations.actions import run_due\n"
    assert len(faults("marketplace/bids/actions.py", text)) == 1
    assert len(faults("marketplace/site/views.py", "from workers.post import Post\n")) == 1
    assert (
        faults(
            "marketplace/evaluations/actions.py", "from marketplace.bids import access\nimport marketplace.kit.money\n"
        )
        == []
    )


def test_no_excuse_is_left_over() -> None:
    used = {
        (own_house(str(path.relative_to(ROOT))), house_of(module))
        for path in FILES
        for module, _ in imports(path.read_text())
    }
    assert set(EXCUSED) <= used


def test_rooms_that_act_or_decide_know_no_http() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in FILES
        if VERBS_WITHOUT_HTTP.search(path.name) and path.parent.name not in ("web", "running")
        for module, line in imports(path.read_text())
        if module.split(".")[0] in ("flask", "wtforms", "flask_wtf", "werkzeug")
        or module.endswith((".views", ".forms"))
    ]
    assert wrong == []


def test_workers_know_no_pages() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in FILES
        if path.parent.name == "workers"
        for module, line in imports(path.read_text())
        if module.split(".")[0] in ("flask", "wtforms")
        or module.startswith(("marketplace.web", "marketplace.app", "marketplace.site"))
    ]
    assert wrong == []


def test_only_the_unit_of_work_commits() -> None:
    wrong = []
    for path in FILES:
        if path.relative_to(ROOT) == Path("marketplace/journal/work.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


def test_only_the_table_of_stages_sets_a_stage() -> None:
    wrong = []
    for path in FILES:
        if path.relative_to(ROOT) == Path("marketplace/kit/states.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign | ast.AugAssign)
                else []
            )
            wrong += [
                f"{path.relative_to(ROOT)}:{node.lineno}"
                for target in targets
                if isinstance(target, ast.Attribute) and target.attr == "stage"
            ]
    assert wrong == []
