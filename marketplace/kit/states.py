"""Stages as a table: which may follow which. The diagrams in the documentation are drawn from these tables."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from marketplace.kit.errors import Refusal

S = TypeVar("S", bound=StrEnum)


class WrongStage(Refusal):
    """The object is not in a stage from which it may go there."""


class Staged(Protocol[S]):
    """Anything with a stage."""

    stage: S


class Stages(Generic[S]):
    """The table of one kind of object: {stage: the stages that may follow it}."""

    def __init__(self, name: str, table: Mapping[S, frozenset[S]]) -> None:
        self.name = name
        self.table = dict(table)

    def may_follow(self, before: S, after: S) -> bool:
        """Whether `after` may follow `before`."""
        return after in self.table[before]

    def move(self, thing: Staged[S], after: S) -> None:
        """Set the stage: the only place that does. Raises WrongStage when the table has no such step."""
        if not self.may_follow(thing.stage, after):
            raise WrongStage(
                f"This {self.name} cannot become {after.value.replace('_', ' ')}.",
                f"It is {thing.stage.value.replace('_', ' ')} now.",
                "Reload the page to see what can be done with it.",
            )
        thing.stage = after

    def diagram(self) -> str:
        """The table as a Mermaid state diagram, for the documentation."""
        rows = [f"    {a.value} --> {b.value}" for a, after in self.table.items() for b in sorted(after)]
        ends = [f"    {a.value} --> [*]" for a, after in self.table.items() if not after]
        first = next(iter(self.table)).value
        return "\n".join(["stateDiagram-v2", f"    [*] --> {first}", *rows, *ends]) + "\n"
