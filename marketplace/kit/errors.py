"""Refusals: what happened, why, and what to do next. Each house names its own beside the verb that raises it."""


class Refusal(Exception):
    """An act that the rules do not allow now. Shown to people as a page, to programs as problem+json.

    `what` happened, `why`, and `next_step`: one plain sentence each. `status` is the HTTP status of the page.
    """

    status = 409

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        super().__init__(" ".join(part for part in (what, why, next_step) if part))
        self.what = what
        self.why = why
        self.next_step = next_step


class Invalid(Refusal):
    """Input that cannot be taken as it is; `field` names the form field it belongs to, when there is one."""

    status = 422

    def __init__(self, what: str, why: str = "", next_step: str = "", *, field: str | None = None) -> None:
        super().__init__(what, why, next_step)
        self.field = field


class NotHere(Exception):
    """The object does not exist, or not for this viewer: both are answered with the same 404."""


class NotAllowed(Exception):
    """The viewer's role may not do this: answered with 403."""


class ConfigurationError(Exception):
    """A setting is missing, wrong or unsafe: the process says so in one sentence and does not start."""
