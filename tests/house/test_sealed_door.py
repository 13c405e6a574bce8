"""One door to sealed bids: bids/access.py alone touches the tables of drafts, envelopes and evidence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.bids.models import BidDraft, BidEnvelope, BidEvidence

ROOT = Path(__file__).parents[2]
SEALED = {model.__name__ for model in (BidDraft, BidEnvelope, BidEvidence)}
TABLES = re.compile("|".join(str(model.__tablename__) for model in (BidDraft, BidEnvelope, BidEvidence)))
DOOR = {"marketplace/bids/access.py"}
HINGES = DOOR | {"marketplace/bids/models.py"}  # where the tables are declared
MIGRATIONS = "marketplace/migrations/"  # they make the tables, and read no row


def sources() -> Iterator[Path]:
    """Every Python file of the product, scripts included; not the tests."""
    for folder in ("marketplace", "workers"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def breaches(path: str, text: str) -> list[str]:
    """What a file does that only the door may: naming a sealed table's class, importing all of the models, naming a
    table in a string.
    """
    if path in HINGES:
        return []
    tree = ast.parse(text)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {alias.name for alias in node.names}
            if names & SEALED or ("*" in names and node.module.startswith("marketplace.bids")):
                found.append(f"{path}:{node.lineno} imports {sorted(names)} from {node.module}")
            if node.module == "marketplace.bids" and "models" in names:
                found.append(f"{path}:{node.lineno} takes hold of the module of the sealed tables")
        elif (isinstance(node, ast.Name) and node.id in SEALED) or (
            isinstance(node, ast.Attribute) and node.attr in SEALED
        ):
            found.append(f"{path}:{node.lineno} names a sealed table")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            if TABLES.search(node.value) and not path.startswith(MIGRATIONS):
                found.append(f"{path}:{node.lineno} names a sealed table in a string")
            if node.value in SEALED:
                found.append(f"{path}:{node.lineno} names a sealed class in a string")
    return found


def test_only_the_door_touches_sealed_tables() -> None:
    found = [line for path in sources() for line in breaches(str(path.relative_to(ROOT)), path.read_text("utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "from marketplace.bids.models import Bid, BidDraft",
        "from marketplace.bids.models import *",
        "from marketplace.bids import models",
        "import marketplace.bids.models\nx = marketplace.bids.models.BidEnvelope",
        "session.execute(text('SELECT content FROM bid_envelope'))",
        "session.execute(f'SELECT content FROM bid_evidence WHERE id = {x}')",
        "getattr(module, 'BidDraft')",
    ],
)
def test_the_test_sees_a_breach(text: str) -> None:
    assert breaches("marketplace/evaluations/spy.py", text)


@pytest.mark.parametrize(
    "text", ["from marketplace.bids.models import Bid, BidVersion", '"""About bid_draft."""\nx = 1']
)
def test_the_test_lets_honest_code_pass(text: str) -> None:
    assert not breaches("marketplace/evaluations/honest.py", text)


def test_the_door_is_where_the_test_thinks() -> None:
    for path in HINGES:
        assert {
            node.id for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))) if isinstance(node, ast.Name)
        } | {
            node.name
            for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
            if isinstance(node, ast.ClassDef)
        } >= SEALED


def test_access_does_not_hand_out_rows_of_sealed_tables() -> None:
    """The functions of the door return values: a row would let its caller write, or walk on to other columns."""
    tree = ast.parse((ROOT / "marketplace/bids/access.py").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            assert not {each.id for each in ast.walk(node.returns) if isinstance(each, ast.Name)} & SEALED, node.name
