"""Where a sign-in leads to (pure): only to pages of this site."""

from urllib.parse import urlsplit


def own_path(wanted: str | None) -> str | None:
    """The wanted page if it is a path of this very site, else None: nobody is led to another site by a link to our
    sign-in."""
    if (
        not wanted
        or len(wanted) > 2000
        or not wanted.startswith("/")
        or any(ord(char) < 33 or char == "\\" or ord(char) == 127 for char in wanted)
    ):
        return None
    parts = urlsplit(wanted)
    return None if parts.scheme or parts.netloc or wanted.startswith("//") else wanted
