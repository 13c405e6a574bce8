"""Bank holidays of England, and deadlines as calendar files."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import holidays


@lru_cache(maxsize=8)
def bank_holidays(year: int) -> Mapping[date, str]:
    """The bank holidays of England in a year, with their names, and those of the year after (a week can cross the new
    year).
    """
    return {
        day: str(name) for day, name in holidays.country_holidays("GB", subdiv="ENG", years=(year, year + 1)).items()
    }


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "").replace("\n", "\\n")


def _fold(line: str) -> list[str]:
    """A line in pieces of at most 75 octets, as RFC 5545 (3.1) asks, never cutting a character."""
    pieces, piece, room = [], "", 75
    for character in line:
        size = len(character.encode())
        if size > room:
            pieces.append(piece)
            piece, room = " ", 74
        piece += character
        room -= size
    return [*pieces, piece]


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def calendar_file(
    *, need_id: str, title: str, address: str, changed_at: datetime, events: Mapping[str, tuple[str, datetime]]
) -> str:
    """An iCalendar text with one entry an event ({key: (summary, aware time)}), each with a reminder a day before."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Commissioning Support Marketplace//Needs//EN",
        "CALSCALE:GREGORIAN",
    ]
    for key, (summary, at) in events.items():
        lines += [
            "BEGIN:VEVENT",
            f"UID:{need_id}-{key}@commissioning-support-marketplace",
            f"DTSTAMP:{_stamp(changed_at)}",
            f"DTSTART:{_stamp(at)}",
            f"DTEND:{_stamp(at + timedelta(minutes=15))}",
            f"SUMMARY:{_escape(summary)}",
            f"DESCRIPTION:{_escape(title)}\\n{_escape(address)}",
            f"URL:{address}",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_escape(summary)}",
            "TRIGGER:-P1D",
            "END:VALARM",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{piece}\r\n" for line in lines for piece in _fold(line))
