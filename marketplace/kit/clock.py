"""Time: aware UTC inside, Europe/London on pages. The database's clock decides deadlines (see kit.database)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class NoSuchTime(ValueError):
    """The clocks go forward over this time: it does not exist on that day."""


class TwiceThatDay(ValueError):
    """The clocks go back over this time: it happens twice on that day."""


def utc_now() -> datetime:
    """The machine's clock. For logs and processes; business rules use the database's clock."""
    return datetime.now(UTC)


def london_to_utc(day: date, at: time) -> datetime:
    """The instant of a London wall-clock time. Raises NoSuchTime or TwiceThatDay around the clock changes."""
    local = datetime.combine(day, at.replace(tzinfo=None), LONDON)
    instant = local.astimezone(UTC)
    if instant.astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(f"{at:%H:%M} does not exist on {day:%d/%m/%Y}: the clocks go forward that night")
    if local.replace(fold=1).astimezone(UTC) != instant:
        raise TwiceThatDay(f"{at:%H:%M} happens twice on {day:%d/%m/%Y}: the clocks go back that night")
    return instant


def to_london(instant: datetime) -> datetime:
    """The same instant as London wall-clock time. Raises ValueError for a time without a zone."""
    if instant.tzinfo is None:
        raise ValueError("a time without a zone")
    return instant.astimezone(LONDON)


def say_day(day: date) -> str:
    """ "Friday 4 March 2013"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def say_time(instant: datetime) -> str:
    """ "Friday 4 March 2013, 2:00pm" in London."""
    local = to_london(instant)
    hour = local.hour % 12 or 12
    return f"{say_day(local.date())}, {hour}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def say_time_exact(instant: datetime) -> str:
    """With seconds and the zone's name, for receipts: "4 March 2013, 14:00:07 GMT"."""
    local = to_london(instant)
    return f"{local.day} {local:%B %Y, %H:%M:%S %Z}"


def changes_clock(day: date) -> bool:
    """Whether the clocks go forward or back in London during that day."""
    start = datetime.combine(day, time(), LONDON)
    end = datetime.combine(day + timedelta(days=1), time(), LONDON)
    return start.utcoffset() != end.utcoffset()
