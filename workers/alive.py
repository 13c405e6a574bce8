"""The sign of life of a worker or timetable: a file in the data folder, touched all the time, for health checks."""

from contextlib import suppress
from pathlib import Path

from marketplace.kit.settings import Settings

NAME = "alive"


def touch(settings: Settings) -> None:
    """Renew the sign. A full or missing disk must not stop the work that the sign is about."""
    with suppress(OSError):
        Path(settings.data_dir, NAME).touch()
