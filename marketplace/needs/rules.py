"""What the clock and the calendar decide about a need (pure): phases, deadlines, warnings, who may bid."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Protocol

from marketplace import policy
from marketplace.kit.clock import changes_clock, london_to_utc, say_day, to_london
from marketplace.needs.states import Stage


class Phase(StrEnum):
    """What readers see: the stage that people decided, refined by the clock."""

    DRAFT = "draft"
    REVIEW = "review"
    OPEN = "open"
    CLOSING_SOON = "closing_soon"
    CLOSING = "closing"
    CLOSED = "closed"
    OPENED = "opened"
    SCORED = "scored"


PHASE_NAMES = {
    Phase.DRAFT: "Draft",
    Phase.REVIEW: "Waiting for approval",
    Phase.OPEN: "Open",
    Phase.CLOSING_SOON: "Closing soon",
    Phase.CLOSING: "Closing now",
    Phase.CLOSED: "Closed",
    Phase.OPENED: "Being scored",
    Phase.SCORED: "Scored",
}

PHASE_MEANINGS = {
    Phase.DRAFT: "Nobody outside the buyer's team can see this.",
    Phase.REVIEW: "An approver of the buyer checks it before it is published.",
    Phase.OPEN: "Providers can bid.",
    Phase.CLOSING_SOON: "Providers can bid, but not for much longer.",
    Phase.CLOSING: "The deadline has passed, no bid is taken any more. The bids are being collected for the opening.",
    Phase.CLOSED: "The deadline has passed. The bids are about to be opened.",
    Phase.OPENED: "The bids are open to the buyer and are being scored.",
    Phase.SCORED: "The bids have been scored. The buyer decides next.",
}


class Timed(Protocol):
    """What the clock needs to know of a need."""

    @property
    def stage(self) -> Stage: ...

    @property
    def closes_at(self) -> datetime | None: ...


def closing_soon_from(closes_at: datetime, now: datetime) -> datetime:
    """When a need begins to be shown as closing soon."""
    days = policy.parameter("need_closing_soon_days", now.date()).value
    return closes_at - timedelta(days=int(days))


def phase(need: Timed, now: datetime) -> Phase:
    """The phase at `now` (aware). The deadline is exclusive: at closes_at itself the need is closing."""
    if need.stage is not Stage.OPEN or need.closes_at is None:
        return Phase(need.stage.value)
    if now >= need.closes_at:
        return Phase.CLOSING
    return Phase.CLOSING_SOON if now >= closing_soon_from(need.closes_at, now) else Phase.OPEN


def accepts_bids(need: Timed, now: datetime) -> bool:
    """Whether a bid that arrives at `now` is in time: strictly before closes_at."""
    return need.stage is Stage.OPEN and need.closes_at is not None and now < need.closes_at


@dataclass(frozen=True)
class Warn:
    """Why a date is unwise. `code` is what the buyer's tick accepts."""

    code: str
    text: str


OFFICE_OPENS, OFFICE_CLOSES = time(9), time(17)  # hours in which a bidder can reach somebody when something goes wrong
FRIDAY, SATURDAY = 4, 5


def closing_warnings(closes_at: datetime, holidays: Mapping[date, str]) -> tuple[Warn, ...]:
    """Why a closing time (aware) is unwise, in London's terms.

    `holidays`: bank holidays of England with their names.
    """
    local = to_london(closes_at)
    day, at = local.date(), local.time()
    found = []
    if day.weekday() >= SATURDAY:
        found.append(Warn("weekend", f"{say_day(day)} is a weekend: nobody can help a bidder in trouble."))
    if day in holidays:
        found.append(Warn("holiday", f"{say_day(day)} is a bank holiday ({holidays[day]})."))
    if not OFFICE_OPENS <= at <= OFFICE_CLOSES:
        found.append(Warn("night", f"{local:%H:%M} is outside office hours: a bidder in trouble reaches nobody."))
    elif day.weekday() == FRIDAY and at > time(15):
        found.append(
            Warn("friday", "Friday afternoon deadlines leave nobody to help, and the bids lie unread over the weekend.")
        )
    if changes_clock(day):
        found.append(Warn("clock", f"The clocks change on {say_day(day)}: people will be an hour off."))
    return tuple(found)


def next_working_day(day: date, holidays: Collection[date]) -> date:
    """The day itself or the first after it that is neither weekend nor bank holiday."""
    while day.weekday() >= SATURDAY or day in holidays:
        day += timedelta(days=1)
    return day


def date_problems(
    *, questions_until: datetime | None, closes_at: datetime | None, starts_on: date | None, now: datetime
) -> list[tuple[str, str]]:
    """Hard faults of the dates at `now`: (field, sentence). Empty when they can be published."""
    if closes_at is None:
        return [("closes_at", "Give the day and time when bidding closes")]
    found: list[tuple[str, str]] = []
    least = int(policy.parameter("need_least_days_open", now.date()).value)
    if closes_at <= now:
        found.append(("closes_at", "The closing time must be in the future"))
    elif closes_at < now + timedelta(days=least):
        found.append(
            (
                "closes_at",
                f"Bidding must be open for at least {least} days: choose a later closing time, so that bidders can "
                f"price your need",
            )
        )
    if questions_until is not None and questions_until >= closes_at:
        found.append(("questions_until", "The last time for questions must be before the closing time"))
    if questions_until is not None and questions_until <= now:
        found.append(("questions_until", "The last time for questions must be in the future"))
    if starts_on is not None and starts_on <= to_london(closes_at).date():
        found.append(
            (
                "closes_at",
                "The service would start before bidding has closed: choose an earlier closing time, or a later "
                "start on the first page",
            )
        )
    return found


def may_bid(bidders: Mapping[str, Any], organisation_id: str, kind: str) -> bool:
    """Whether a provider is among those whom the need asks.

    `bidders` is Need.details["bidders"] ({} asks everybody).
    """
    mode = bidders.get("mode", "all")
    if mode == "kinds":
        return kind in bidders.get("kinds", ())
    if mode == "invited":
        return organisation_id in bidders.get("invited", ())
    return True


CLOSING_HOUR = time(12)  # noon: bidders have the morning, and the office is there when something goes wrong


def closing_after(weeks: int, now: datetime, holidays: Collection[date]) -> datetime:
    """Noon in London so many weeks after `now`, on a working day: the choices "1 week" and "2 weeks"."""
    day = next_working_day(to_london(now).date() + timedelta(weeks=weeks), holidays)
    return london_to_utc(day, CLOSING_HOUR)
