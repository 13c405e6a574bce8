"""Pages for when something went wrong: what happened, why, what to do next. Programs get the same as problem+json."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.sansio.response import Response as SansResponse

from marketplace.kit.errors import Invalid, NotAllowed, NotHere, Refusal
from marketplace.kit.ids import new_id

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Trouble:
    """One error as people read it; each of the three is one or two plain sentences."""

    status: int
    what: str
    why: str
    next_step: str
    field: str | None = None
    reference: str | None = None


SAYINGS = {
    400: (
        "We could not read that request",
        "A part of it is missing or damaged.",
        "Go back, reload the page and try once more.",
    ),
    403: (
        "You may not see or do this",
        "It is kept for other roles, or for another organisation.",
        "If you need it for your work, ask whoever manages your organisation's accounts to change your role.",
    ),
    404: (
        "Page not found",
        "The address may be mistyped or out of date, or the page is not for your organisation.",
        "Check the address, or look for it in the list of needs.",
    ),
    405: (
        "This page cannot be used that way",
        "The address exists, but not for this kind of request.",
        "Go back and use the page's own buttons.",
    ),
    409: ("This could not be done", "Something changed since you opened the page.", "Reload the page and look again."),
    413: (
        "That is too large to send",
        "The files and text together are larger than this service accepts.",
        "Go back, choose a smaller file (the limit stands beside the field) and send it again. Nothing was saved.",
    ),
    422: ("We could not take that", "Something in it is not as it should be.", "Go back and correct it."),
    429: (
        "Too many tries",
        "So many requests in so short a time look like a machine at work.",
        "Wait a minute, then try again.",
    ),
    500: (
        "Sorry, something went wrong here",
        "This is a fault of the service, not of what you did. It has been written down for us to mend.",
        "Go back and try again in a few minutes. What you had saved is safe. Look whether your last step was done "
        "before you repeat it.",
    ),
    503: (
        "The service is busy",
        "It could not do this within the time it allows itself.",
        "Go back and try again in a minute. Look whether your last step was done before you repeat it.",
    ),
}
CSRF_WHAT = "This page had gone out of date"
CSRF_WHY = "It was open for a long time, or you signed in or out in the meantime. To be safe, nothing was saved."
CSRF_RESEND = "Look at what you typed below, then send it again."
CSRF_BACK = "Go back, reload the page and try again."
NEVER_SHOWN = ("password", "secret")  # parts of names of fields whose text is not put on a page again


def wants_json() -> bool:
    """Whether the client is a program: it asks for JSON, or for an address below /api/."""
    if request.path.startswith("/api/"):
        return True
    kinds = ["text/html", "application/json", "application/problem+json"]
    return request.accept_mimetypes.best_match(kinds, "text/html") != "text/html"


def answer(trouble: Trouble, *, typed: list[tuple[str, str]] | None = None, lost: bool = False) -> Response:
    """The error as a page, or as problem+json (RFC 9457) for programs.

    `typed`: fields to offer for sending once more; `lost`: there were passwords or files that have to be given again.
    """
    if wants_json():
        return _problem(trouble)
    try:
        html = render_template("errors/error.html", trouble=trouble, typed=typed, lost=lost)
    except Exception:  # the page itself needs what is broken (the database, say): a plain one needs nothing
        log.exception("the error page failed")
        html = render_template("errors/plain.html", trouble=trouble)
    return Response(html, status=trouble.status)


def _problem(trouble: Trouble) -> Response:
    body: dict[str, object] = {
        "type": "about:blank",
        "title": trouble.what,
        "status": trouble.status,
        "detail": " ".join(part for part in (trouble.why, trouble.next_step) if part),
    }
    if trouble.field:
        body["field"] = trouble.field
    if trouble.reference:
        body["reference"] = trouble.reference
    return Response(current_app.json.dumps(body), status=trouble.status, mimetype="application/problem+json")


def said(status: int, *, reference: str | None = None) -> Trouble:
    """What is said about a status; the nearest general one for a status without words of its own."""
    known = status if status in SAYINGS else 500 if status >= 500 else 400
    return Trouble(status, *SAYINGS[known], reference=reference)


def _refusal(refusal: Refusal) -> Response:
    field = refusal.field if isinstance(refusal, Invalid) else None
    default = said(refusal.status)
    return answer(Trouble(refusal.status, refusal.what, refusal.why, refusal.next_step or default.next_step, field))


def _http(error: HTTPException) -> SansResponse:
    if error.response is not None:
        return error.response  # a redirect raised as an exception, or an answer made by hand
    response = answer(said(error.code or 500))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after", "location"):
            response.headers[name] = value
    if error.code == 429:
        response.headers.setdefault("Retry-After", "60")
    return response


def _broken(error: InternalServerError) -> Response:
    reference = new_id()
    kind = type(error.original_exception).__name__
    log.error("request failed", reference=reference, path=request.path, method=request.method, error=kind)
    return answer(said(500, reference=reference))


def _busy(error: OperationalError | PoolTimeout) -> Response:
    if "no such" in str(error):  # SQLite's word for a missing table: a fault of ours, not a busy database
        return _broken(InternalServerError(original_exception=error))
    reference = new_id()
    cause = str(getattr(error, "orig", error))
    log.error("database not available", reference=reference, path=request.path, error=cause)
    response = answer(said(503, reference=reference))
    response.headers["Retry-After"] = "60"
    return response


def _stale(_error: CSRFError) -> Response:
    """The form's token is stale: give back what was typed, so that one press sends it again.

    Only to a page of this very site: a browser tells where a form came from and no other site can forge that, so nobody
    is led to send what a stranger prepared.
    """
    if not (request.form or request.files) or not came_from_here():
        return answer(Trouble(400, CSRF_WHAT, CSRF_WHY, CSRF_BACK))
    given = [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token"]
    typed = [(name, text) for name, text in given if not _hidden(name)]
    lost = any(text for name, text in given if _hidden(name)) or any(request.files.values())
    return answer(Trouble(400, CSRF_WHAT, CSRF_WHY, CSRF_RESEND), typed=typed, lost=lost)


def _hidden(name: str) -> bool:
    return any(word in name.lower() for word in NEVER_SHOWN)


def came_from_here() -> bool:
    """Whether the browser says that this request comes from a page of this site."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin") or request.headers.get("Referer") or ""
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.netloc}" == request.host_url.rstrip("/")


def init(app: Flask) -> None:
    """Register the pages."""
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(NotHere, lambda _error: answer(said(404)))
    app.register_error_handler(NotAllowed, lambda _error: answer(said(403)))
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(PoolTimeout, _busy)
    app.register_error_handler(InternalServerError, _broken)
    app.register_error_handler(HTTPException, _http)
