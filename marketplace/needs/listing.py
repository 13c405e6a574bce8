"""The public list of needs.

A page of fifty, found by walking an index, so that its cost does not grow with the number of needs.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from marketplace import policy
from marketplace.kit.clock import LONDON
from marketplace.needs import search
from marketplace.needs.models import Need
from marketplace.needs.rules import Phase, phase
from marketplace.needs.states import Stage

PAGE = 50
MOST_COUNTED = 1000  # nobody tells 1,000 open needs from 1,100, and counting must not grow with the market
STAGES = {
    "open": "Open",
    "soon": "Closing soon",
    "closed": "Closed, not yet scored",
    "scored": "Scored",
    "all": "All",
}
SORTS = {"closing": "Closing date", "newest": "Newest first"}
_table = Need.__table__  # type: ignore[attr-defined]
_COLUMNS = (
    _table.c.id,
    _table.c.title,
    _table.c.buyer_name,
    _table.c.region,
    _table.c.functions,
    _table.c.stage,
    _table.c.closes_at,
    _table.c.published_at,
    _table.c.total_ceiling_pence,
)


@dataclass(frozen=True)
class Filters:
    """What a reader asked for.

    `words` is the text searched; `function` and `region` "" for any; days in London, None for any.
    """

    words: str = ""
    function: str = ""
    region: str = ""
    stage: str = "open"
    sort: str = "closing"
    closes_from: date | None = None
    closes_to: date | None = None
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def backwards(self) -> bool:
        """Whether the latest comes first: what closed last, or was published last."""
        return self.sort == "newest" or self.stage in ("closed", "scored", "all")


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    id: str
    title: str
    buyer_name: str
    region: str
    functions: tuple[str, ...]
    phase: Phase
    closes_at: datetime
    published_at: datetime
    ceiling_pence: int


@dataclass(frozen=True)
class Page:
    """Up to fifty rows, and the cursors of the pages after and before (None: there is none)."""

    rows: tuple[Row, ...]
    after: str | None
    before: str | None


def read_filters(args: Mapping[str, str]) -> Filters:
    """The filters of an address.

    What cannot be used is left out and named in `ignored`, so that the page can say so.
    """
    ignored: list[str] = []

    def pick(name: str, known: Any, default: str) -> str:
        value = args.get(name, "") or default
        if value in known or value == default:
            return value
        ignored.append(name)
        return default

    def day(name: str) -> date | None:
        text = args.get(name, "").strip()
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            ignored.append(name)
            return None

    return Filters(
        words=" ".join(args.get("q", "").replace("\0", " ").split())[:200],
        function=pick("function", {each.code for each in policy.functions()}, ""),
        region=args.get("region", "").replace("\0", "")[:60],
        stage=pick("stage", STAGES, "open"),
        sort=pick("sort", SORTS, "closing"),
        closes_from=day("from"),
        closes_to=day("to"),
        ignored=tuple(ignored),
    )


def needs_page(
    session: Session,
    filters: Filters,
    now: datetime,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> Page:
    """One page of the list at `now`. Cursors that cannot be read count as none."""
    ordered = _table.c.published_at if filters.sort == "newest" else _table.c.closes_at
    place = _read_cursor(before or after)
    backwards_walk = bool(before and place)
    falling = filters.backwards != backwards_walk
    statement = sa.select(*_COLUMNS)
    conditions = [_table.c.published_at.is_not(None), *_conditions(filters, now)]
    if filters.words:
        found = search.matching(session, filters.words)
        if found is None:
            return Page((), None, None)
        matches = found.subquery("matches")
        statement = statement.select_from(matches).join(_table, _table.c.id == matches.c.need_id)
        # Opaque to the planner: it must start from the few that match, not walk all open needs and look each up.
        conditions = [sa.case((sa.and_(*conditions), 1), else_=0) == 1]
    statement = statement.where(*conditions)
    if place is not None:
        key, here = sa.tuple_(ordered, _table.c.id), sa.tuple_(sa.literal(place[0], ordered.type), sa.literal(place[1]))
        statement = statement.where(key < here if falling else key > here)
    by = (ordered.desc(), _table.c.id.desc()) if falling else (ordered, _table.c.id)
    found_rows = session.connection().execute(statement.order_by(*by).limit(limit + 1)).all()
    more = len(found_rows) > limit
    rows = [_row(row, now) for row in found_rows[:limit]]
    if backwards_walk:
        rows.reverse()
    onward = more if not backwards_walk else True
    back = (place is not None) if not backwards_walk else more
    newest = filters.sort == "newest"
    return Page(
        tuple(rows),
        _cursor(rows[-1], newest) if rows and onward else None,
        _cursor(rows[0], newest) if rows and back else None,
    )


def _conditions(filters: Filters, now: datetime) -> list[sa.ColumnElement[bool]]:
    table = _table.c
    found: list[sa.ColumnElement[bool]] = []
    if filters.stage in ("open", "soon"):
        # Said by "not" where another order is wanted: the index of that order is walked then, and nothing has to be
        # sorted.
        later = (
            sa.not_(sa.type_coerce(table.closes_at <= now, sa.Boolean))
            if filters.sort == "newest"
            else table.closes_at > now
        )
        found += [table.stage == Stage.OPEN, later]
    if filters.stage == "soon":
        days = int(policy.parameter("need_closing_soon_days", now.date()).value)
        found.append(table.closes_at <= now + timedelta(days=days))
    elif filters.stage == "closed":
        found += [table.stage.in_([Stage.OPEN, Stage.CLOSED, Stage.OPENED]), table.closes_at <= now]
    elif filters.stage == "scored":
        found.append(table.stage == Stage.SCORED)
    if filters.function:
        found.append(table.functions.contains(f" {filters.function} "))
    if filters.region:
        found.append(table.region == filters.region)
    if filters.closes_from:
        found.append(table.closes_at >= _midnight(filters.closes_from))
    if filters.closes_to:
        found.append(table.closes_at < _midnight(filters.closes_to + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


@dataclass(frozen=True)
class _Timed:
    stage: Stage
    closes_at: datetime | None


def _row(row: Any, now: datetime) -> Row:
    return Row(
        row.id,
        row.title,
        row.buyer_name,
        row.region,
        tuple(row.functions.split()),
        phase(_Timed(row.stage, row.closes_at), now),
        row.closes_at,
        row.published_at,
        row.total_ceiling_pence or 0,
    )


def _cursor(row: Row, newest: bool) -> str:
    at = row.published_at if newest else row.closes_at
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), row.id]).encode()).decode().rstrip("=")


def _read_cursor(text: str | None) -> tuple[datetime, str] | None:
    if not text or len(text) > 200:
        return None
    try:
        at, need_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        instant = datetime.fromisoformat(at)
        return (instant, str(need_id)[:12]) if instant.tzinfo else None
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None


def stage_counts(session: Session, now: datetime) -> dict[str, int]:
    """How many needs are open, for the front page: counted inside one index, no further than MOST_COUNTED."""
    table = _table.c
    some = sa.select(table.id).where(table.stage == Stage.OPEN, table.closes_at > now).limit(MOST_COUNTED).subquery()
    open_now = sa.select(sa.func.count()).select_from(some)
    return {"open": session.connection().execute(open_now).scalar_one()}
