"""The service's own protective numbers (service.toml): how long a sign-in lives, how many tries, how passwords are
hashed."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class ServicePolicy:
    """The values of service.toml; units are in the names, except for the tries ("60/minute")."""

    sign_in_idle_minutes: int
    sign_in_absolute_hours: int
    sign_in_seen_every_seconds: int
    sign_in_failures: int
    sign_in_lock_minutes: int
    passwords_shortest: int
    passwords_longest: int
    passwords_argon2_memory_kib: int
    passwords_argon2_passes: int
    passwords_argon2_lanes: int
    links_invitation_days: int
    links_confirm_hours: int
    links_reset_minutes: int
    links_kept_days: int
    domains_buyers: tuple[str, ...]
    tries_sign_in_from_one_place: str
    tries_sign_in_to_one_address: str
    tries_mail_from_one_place: str
    tries_mail_to_one_address: str
    mail_attempts: int
    mail_lease_seconds: int
    mail_first_pause_seconds: int
    mail_timeout_seconds: int


@cache
def service_policy() -> ServicePolicy:
    """The policy in force. Raises TypeError when the file lacks a value or has one too many."""
    document = tomllib.loads(files(__package__).joinpath("service.toml").read_text("utf-8"))
    flat: dict[str, Any] = {
        f"{part}_{name}": entry["value"] for part, entries in document.items() for name, entry in entries.items()
    }
    flat["domains_buyers"] = tuple(flat["domains_buyers"])
    return ServicePolicy(**flat)
