"""Passwords: which may be chosen, how they are kept (argon2id), and the same work for an address that nobody has."""

import re
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from marketplace.kit.errors import Invalid
from marketplace.policy.service import service_policy

SITE_WORDS = ("commissioning", "marketplace")
_PLAIN = str.maketrans("@4310$57!", "aaeiossti")  # the usual disguises of letters


class Passwords:
    """Hashing with one set of costs: passes, KiB of memory, lanes. Safe to share between threads."""

    def __init__(self, passes: int, memory_kib: int, lanes: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
        self._nobody = self._hasher.hash("a password that nobody has")

    def hash(self, password: str) -> str:
        """The argon2id hash to keep, with its salt and costs inside."""
        return self._hasher.hash(password)

    def matches(self, kept: str, password: str) -> bool:
        """Whether the password is the one of the kept hash. An empty hash matches nothing, but costs the same."""
        try:
            self._hasher.verify(kept or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(kept)

    def outdated(self, kept: str) -> bool:
        """Whether the hash was made with other costs than today's, so that it is made anew at the next sign-in."""
        return self._hasher.check_needs_rehash(kept)


@cache
def hasher(passes: int | None = None, memory_kib: int | None = None, lanes: int | None = None) -> Passwords:
    """The hasher with the policy's costs, or with those given (tests)."""
    policy = service_policy()
    return Passwords(
        passes or policy.passwords_argon2_passes,
        memory_kib or policy.passwords_argon2_memory_kib,
        lanes or policy.passwords_argon2_lanes,
    )


@cache
def common_words() -> tuple[str, ...]:
    """Words that make a password easy to guess, however they are decorated."""
    lines = files(__package__).joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def check_new(password: str, *, email: str, name: str = "", field: str = "password") -> None:
    """Raise Invalid unless the password may be chosen: long enough, not obvious, without the person's or the site's
    name."""
    policy = service_policy()
    if len(password) < policy.passwords_shortest:
        raise Invalid(
            f"Choose a password of at least {policy.passwords_shortest} characters.",
            f"This one has {len(password)}.",
            "Four words that have nothing to do with each other are easy to remember.",
            field=field,
        )
    if len(password) > policy.passwords_longest:
        raise Invalid(
            f"Choose a password of at most {policy.passwords_longest} characters.",
            f"This one has {len(password)}.",
            field=field,
        )
    reason = _too_easy(password, email, name)
    if reason:
        raise Invalid(
            "Choose a password that is harder to guess.",
            reason,
            "Four words that have nothing to do with each other work well.",
            field=field,
        )


def _too_easy(password: str, email: str, name: str) -> str:
    low = password.lower()
    if len(set(low)) < 5:
        return "This one uses very few different characters."
    if _in_steps(low):
        return "This one is a row of neighbouring characters."
    if any(low == low[:size] * (len(low) // size) + low[: len(low) % size] for size in range(1, len(low) // 2 + 1)):
        return "This one repeats itself."
    own = [part for part in re.split(r"[^a-z0-9]+", f"{email.partition('@')[0]} {name}".lower()) if len(part) >= 4]
    if any(part in low for part in own):
        return "This one contains your name or e-mail address."
    if any(word in low for word in SITE_WORDS):
        return "This one contains the name of this service."
    left = low
    for word in common_words():
        while (start := left.translate(_PLAIN).find(word)) >= 0:
            left = left[:start] + " " + left[start + len(word) :]
    if left != low and len(re.sub(r"[^a-z]", "", left)) < 4:
        return "This one is built from words that are tried first by people who guess."
    return ""


def _in_steps(text: str) -> bool:
    """Whether most of the text is a run such as 123456 or abcdef or qwerty."""
    rows = (
        "qwertyuiopasdfghjklzxcvbnm",
        "qazwsxedcrfvtgbyhnujmikolp",
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890123456789",
    )
    pairs = [text[i : i + 2] for i in range(len(text) - 1)]
    near = sum(1 for pair in pairs if any(pair in row or pair[::-1] in row for row in rows))
    return near >= 0.75 * len(pairs)
