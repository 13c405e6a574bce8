"""When a form arrives after the sign-in has run out: what was typed goes with the person through the sign-in page and
is offered back.

It travels in the page itself, signed and bound to the person who typed it; never in an address, and never stored here.
"""

from dataclasses import dataclass

from flask import current_app, make_response, render_template, request, session
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from marketplace.web.errors import NEVER_SHOWN

KEPT_SECONDS = 12 * 3600
MOST_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Typed:
    """A form that was sent too late: where to, what was in it (name, text), and whether something could not be kept."""

    path: str
    fields: tuple[tuple[str, str], ...]
    lost: bool


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="typed-before-sign-in")


def pack() -> str:
    """This request's form as signed text; "" when there is nothing to keep or nobody to give it back to."""
    user_id = session.get("last_user")
    kept = [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token" and not _never(name)]
    if not user_id or not kept:
        return ""
    lost = any(_never(name) for name in request.form if name != "csrf_token") or any(
        file.filename for file in request.files.values()
    )
    packed = _signer().dumps({"user": user_id, "path": request.full_path.rstrip("?"), "fields": kept, "lost": lost})
    return packed if len(packed) <= MOST_CHARACTERS else ""


def unpack(packed: str, user_id: str) -> Typed | None:
    """What was typed by this person; None when it is damaged, too old or somebody else's."""
    try:
        held = _signer().loads(packed, max_age=KEPT_SECONDS)
    except BadData:
        return None
    if held["user"] != user_id:
        return None
    return Typed(held["path"], tuple((name, text) for name, text in held["fields"]), held["lost"])


def ask_again() -> Response:
    """The sign-in page as the answer to a form that arrived without a sign-in; the form goes along."""
    from marketplace.accounts.forms import SignInForm

    form = SignInForm(formdata=None, resume=pack())
    page = render_template("identity/sign_in.html", form=form, late=True)
    return make_response(page, 401)


def _never(name: str) -> bool:
    return any(word in name.lower() for word in NEVER_SHOWN)
