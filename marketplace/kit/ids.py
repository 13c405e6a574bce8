"""Names of rows that cannot be guessed or counted, and numbers that a person can read out on the telephone."""

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread


def new_id() -> str:
    """Twelve characters, 60 random bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def receipt_number() -> str:
    """ "R-7KQ2-M0ZD-41XA": for letters and the telephone; random, so that it tells no count of bids."""
    text = new_id().upper()
    return f"R-{text[:4]}-{text[4:8]}-{text[8:]}"


def new_token() -> str:
    """A secret of 256 bits for links and sign-ins; only its SHA-256 is stored."""
    return secrets.token_urlsafe(32)
