"""How values are said on a page. Every filter takes None and says "not given" rather than 0 or nothing."""

from datetime import UTC, date, datetime, timedelta

from flask import Flask
from markupsafe import Markup, escape

from marketplace.kit import clock, money

NOT_GIVEN = "not given"


def pounds(pence: int | None) -> str:
    """Pence as "£1,250,000", or "£1,250,000.50" when there are odd pence."""
    return NOT_GIVEN if pence is None else money.pounds(pence)


def pounds_exact(pence: int | None) -> str:
    """Pence as "£1,250,000.00": always with two decimals, so that columns line up."""
    return NOT_GIVEN if pence is None else money.pounds(pence, exact=True)


def london(instant: datetime | None) -> Markup:
    """An aware time as "Friday 4 March 2012, 2:00pm" in London, in a <time> element that machines can read."""
    if instant is None:
        return escape(NOT_GIVEN)
    return _time_element(instant.astimezone(UTC).isoformat(timespec="seconds"), clock.say_time(instant))


def london_exact(instant: datetime | None) -> Markup:
    """An aware time with seconds and zone, for receipts: "4 March 2013, 14:00:07 GMT"."""
    if instant is None:
        return escape(NOT_GIVEN)
    return _time_element(instant.astimezone(UTC).isoformat(timespec="seconds"), clock.say_time_exact(instant))


def london_date(day: date | datetime | None) -> Markup:
    """A day as "Friday 4 March 2012"; of an aware time, its day in London."""
    if day is None:
        return escape(NOT_GIVEN)
    if isinstance(day, datetime):
        day = clock.to_london(day).date()
    return _time_element(day.isoformat(), clock.say_day(day))


def _time_element(machine: str, people: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(machine, people)


def score(hundredths: int | None) -> str:
    """A criterion's score in hundredths of a point as "73.25". A true 0 is "0.00", a missing one "not given"."""
    return NOT_GIVEN if hundredths is None else _decimal(hundredths, 2)


def points(ten_thousandths: int | None) -> str:
    """A total in ten-thousandths of a point as "73.2537", exact."""
    return NOT_GIVEN if ten_thousandths is None else _decimal(ten_thousandths, 4)


def _decimal(units: int, places: int) -> str:
    sign = "−" if units < 0 else ""
    whole, rest = divmod(abs(units), 10**places)
    return f"{sign}{whole}.{rest:0{places}d}"


def number(value: int | None) -> str:
    """A whole number as "1,250,000"."""
    return NOT_GIVEN if value is None else f"{value:,}".replace("-", "−")


def plural(count: int, one: str, many: str = "") -> str:
    """ "1 bid", "2 bids", "1,200 bids"; `many` for words that do not take an s."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def time_left(until: datetime | None, now: datetime) -> str:
    """How long until an aware time, in its two greatest units: "2 days 3 hours", "less than a minute", "passed".

    Rounded down, so that nobody is told of more time than there is.
    """
    if until is None:
        return NOT_GIVEN
    left = until - now
    if left <= timedelta(0):
        return "passed"
    minutes = int(left.total_seconds()) // 60
    if minutes == 0:
        return "less than a minute"
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [plural(n, word) for n, word in ((days, "day"), (hours, "hour"), (minutes, "minute")) if n]
    return " ".join(parts[:2])


def yes_no(value: bool | None) -> str:
    """ "Yes", "No", or "not given"."""
    return NOT_GIVEN if value is None else "Yes" if value else "No"


def lines(text: str | None) -> Markup:
    """Text that people typed, escaped, its line breaks kept."""
    return escape(NOT_GIVEN) if not text else Markup("<br>").join(escape(line) for line in text.splitlines())


def init(app: Flask) -> None:
    """Make the filters known to every template."""
    money_and_numbers = (pounds, pounds_exact, score, points, number, plural)
    for each in (*money_and_numbers, london, london_exact, london_date, time_left, yes_no, lines):
        app.jinja_env.filters[each.__name__] = each
