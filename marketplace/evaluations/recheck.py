"""Whether a stored evaluation still follows from its inputs: everything is worked out again (pure)."""

import json
from collections.abc import Mapping
from typing import Any

from marketplace.evaluations.models import Evaluation
from marketplace.needs.method import lot_method
from marketplace.scoring.canonical import canonical_json, sha256_hex
from marketplace.scoring.score_file import ENGINE, ScoreFileError, evaluate, parse


def faults(row: Evaluation, method: Mapping[str, Any], method_hash: str) -> list[str]:
    """What is wrong with an evaluation, one phrase each; empty when nothing is. `method` is the need's, frozen."""
    try:
        document, result, sheet = (json.loads(text) for text in (row.score_file, row.result, row.sheet))
        found = _against_method(row, document, method, method_hash)
        found += _against_result(row, document, result)
        return found + _against_sheet(document, sheet)
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # edited until it lost its form
        return [f"what is stored is not an evaluation ({type(error).__name__})"]


def _against_method(row: Evaluation, document: Any, method: Mapping[str, Any], method_hash: str) -> list[str]:
    found = []
    if row.method_hash != method_hash:
        found.append("it was scored by another method than the one published")
    stored = {key: value for key, value in document.items() if key != "bids"}
    if canonical_json(stored) != canonical_json(lot_method(method, row.lot)):
        found.append("its score file differs from the published method of the lot")
    return found


def _against_result(row: Evaluation, document: Any, result: Any) -> list[str]:
    found = []
    if sha256_hex(row.result) != row.hash:
        found.append("its result differs from its hash")
    try:
        again = canonical_json(evaluate(parse(document), robustness="robustness" in result or "first_share" in result))
    except ScoreFileError as error:
        return [*found, f"its score file cannot be scored ({error})"]
    if again != row.result:
        by = "" if row.engine == ENGINE else f" (it was made by engine {row.engine}, this is {ENGINE})"
        found.append(f"scored again from its inputs, the result is another one{by}")
    return found


def _against_sheet(document: Any, sheet: Any) -> list[str]:
    """The sheet explains the score file: the same bids, levels and evaluated costs, and costs that add up."""
    bids = {bid["id"]: bid for bid in document["bids"]}
    if bids.keys() != sheet["bids"].keys():
        return ["its sheet explains other bids than were scored"]
    found = []
    for name, bid in bids.items():
        shown = sheet["bids"][name]
        cost = shown["cost"]
        if not bid["price_pence"] == cost["total_pence"] == sum(part["pence"] for part in cost["parts"]):
            found.append(f"the cost shown for bid {name} is not the cost that was scored")
        levels = {each["id"]: each["level"] for each in shown["rows"] if each["level"] is not None}
        if levels != {key: level for key, level in bid.get("levels", {}).items() if level is not None}:
            found.append(f"the levels shown for bid {name} are not the levels that were scored")
    return found
