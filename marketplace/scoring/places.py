"""Steps 7 to 9: ranks, what parted equal totals, and what is still equal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from marketplace.kit.money import pounds
from marketplace.scoring.contest import Assessed, Contest, points
from marketplace.scoring.method import PRICE


@dataclass(frozen=True, slots=True)
class Place:
    """A ranked bid: ``rank`` counts 1, 2, 2, 4; ``joint`` if shared; ``tie_note`` if another total was equal."""

    id: str
    entry: Assessed
    rank: int
    joint: bool
    tie_note: str | None


def places(contest: Contest) -> list[Place]:
    """The ranked bids, best first; inside a shared rank by id, which decides nothing."""
    entries = {entry.bid.id: entry for entry in contest.assessed}
    order = sorted(sorted(contest.keys), key=contest.keys.__getitem__, reverse=True)
    found: list[Place] = []
    for _, tied in groupby(order, key=lambda name: contest.keys[name][0]):
        group = list(tied)
        for name in group:
            better = sum(1 for other in order if contest.keys[other] > contest.keys[name])
            same = [other for other in group if other != name and contest.keys[other] == contest.keys[name]]
            note = _note(contest, name, group, same) if len(group) > 1 else None
            found.append(Place(name, entries[name], better + 1, bool(same), note))
    return found


def _note(contest: Contest, name: str, group: list[str], same: list[str]) -> str:
    """What parted this bid from the others with an equal total, in words."""
    own = contest.keys[name]
    what = "adjusted price" if contest.method.formula == "monetised" else "total"
    notes = []
    for other in group:
        if other == name or other in same:
            continue
        key = contest.keys[other]
        at = next(place for place, (a, b) in enumerate(zip(own, key, strict=True)) if a != b)
        step = contest.method.tie_break[at - 1]
        word = "before" if own > key else "behind"
        notes.append(f"{word} {other} on {step} ({_shown(step, own[at])} against {_shown(step, key[at])})")
    if same:
        notes.append(f"equal with {', '.join(same)} in every step of the tie-break, so they share the rank")
    return f"Equal {what}: {'; '.join(notes)}."


def _shown(step: str, part: int) -> str:
    return pounds(-part, exact=True) if step == PRICE else points(part)
