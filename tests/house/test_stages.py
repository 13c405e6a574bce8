"""Every stage stands in its table, can be reached, and the diagrams in the documentation are those of the tables."""

from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from marketplace.bids.states import BID_STAGES
from marketplace.kit.states import Stages, WrongStage
from marketplace.needs.states import NEED_STAGES

TABLES: dict[str, Stages[Any]] = {"need": NEED_STAGES, "bid": BID_STAGES}
DECISIONS = (Path(__file__).parents[2] / "marketplace/DECISIONS.md").read_text()


@pytest.mark.parametrize("stages", TABLES.values(), ids=TABLES)
def test_every_stage_is_in_the_table_and_can_be_reached(stages: Stages[Any]) -> None:
    first = next(iter(stages.table))
    kind: type[StrEnum] = type(first)
    assert set(stages.table) == set(kind)
    reached = {first}
    while more := {after for stage in reached for after in stages.table[stage]} - reached:
        reached |= more
    assert reached == set(kind)


@pytest.mark.parametrize("stages", TABLES.values(), ids=TABLES)
def test_every_step_that_is_not_in_the_table_is_refused(stages: Stages[Any]) -> None:
    class Thing:
        def __init__(self, stage: StrEnum) -> None:
            self.stage = stage

    for before, allowed in stages.table.items():
        for after in stages.table:
            thing = Thing(before)
            if after in allowed:
                stages.move(thing, after)
                assert thing.stage is after
            else:
                with pytest.raises(WrongStage):
                    stages.move(thing, after)
                assert thing.stage is before


@pytest.mark.parametrize("stages", TABLES.values(), ids=TABLES)
def test_the_diagram_in_the_documentation_is_the_table(stages: Stages[Any]) -> None:
    assert f"```mermaid\n{stages.diagram()}```" in DECISIONS, f"write this into DECISIONS.md:\n{stages.diagram()}"
