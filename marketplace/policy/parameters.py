"""Dated figures with their sources, read once from parameters.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from marketplace.policy.kinds import Parameter, PolicyError

STATUSES = ("law", "guidance", "opinion", "contested", "estimate")


@cache
def _all() -> dict[str, tuple[Parameter, ...]]:
    text = resources.files("marketplace.policy").joinpath("parameters.toml").read_text(encoding="utf-8")
    found: dict[str, list[Parameter]] = {}
    for row in tomllib.loads(text)["parameter"]:
        entry = Parameter(
            name=row["name"],
            value=Decimal(row["value"]),
            unit=row["unit"],
            since=row["since"],
            until=row.get("until"),
            source=row["source"],
            status=row["status"],
            doubt=row.get("doubt"),
        )
        if entry.status not in STATUSES:
            raise PolicyError(f"{entry.name}: the status {entry.status!r} is not one of {', '.join(STATUSES)}")
        found.setdefault(entry.name, []).append(entry)
    return {name: tuple(sorted(entries, key=lambda entry: entry.since)) for name, entries in found.items()}


def parameter(name: str, on: date) -> Parameter:
    """The value of that name that holds on that day; raises PolicyError if there is none."""
    for entry in reversed(parameter_history(name)):
        if entry.since <= on and (entry.until is None or on <= entry.until):
            return entry
    raise PolicyError(f"no value of {name!r} is known for {on.isoformat()}")


def parameter_history(name: str) -> tuple[Parameter, ...]:
    """All values of that name, oldest first; raises PolicyError for an unknown name."""
    try:
        return _all()[name]
    except KeyError:
        raise PolicyError(f"there is no parameter called {name!r}") from None


def parameter_names() -> tuple[str, ...]:
    """The names of all parameters, in alphabetical order."""
    return tuple(sorted(_all()))
