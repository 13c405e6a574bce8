"""What a dashboard is made of: tables that say what waits, sentences, and ways to go on."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from marketplace.web.pages import at

MOST = 10  # rows of a section; the whole list has a page of its own
Cell = str | Markup


@dataclass(frozen=True)
class Section:
    """One table of the dashboard. `columns` as in the macro data_table; `empty` is said when there are no rows.

    `more`: (words, path) of the page with the whole list, None when there is none. `left_out`: how many rows stand only
    there.
    """

    title: str
    columns: tuple[str | tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    more: tuple[str, str] | None = None
    left_out: int = 0


@dataclass(frozen=True)
class Board:
    """A dashboard: its sections, what waits (sentences, most urgent first), and the ways to go on as (words, path)."""

    waits: tuple[Cell, ...]
    sections: tuple[Section, ...]
    ways: tuple[tuple[str, str], ...]


def section(
    title: str,
    columns: tuple[str | tuple[str, str], ...],
    rows: Sequence[tuple[Cell, ...]],
    empty: str,
    more: tuple[str, str] | None = None,
) -> Section:
    """A section of the first MOST rows."""
    return Section(title, columns, tuple(rows[:MOST]), empty, more, max(0, len(rows) - MOST))


def link(words: str, path: str) -> Markup:
    """A link to a page of this site."""
    return Markup('<a href="{}">{}</a>').format(at(path), words)
