"""Headers of every answer: what a browser may load, and what it may keep."""

from flask import Flask, Response, current_app, request

# No inline script, no inline style, nothing from elsewhere; forms post to this site only; nobody may frame a page.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; connect-src 'self'"
)
FIXED = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
YEAR_SECONDS = 31_536_000
DAY_SECONDS = 86_400


def init(app: Flask) -> None:
    """Put the headers on every answer, error pages and files included."""
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    for name, value in FIXED.items():
        response.headers[name] = value  # set, not setdefault: no view may loosen them
    if current_app.config["SESSION_COOKIE_SECURE"] and request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}; includeSubDomains"
    if request.endpoint == "static":
        _keep_file(response)
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"  # shows what only this reader may see: leave no copy behind
    return response


def _keep_file(response: Response) -> None:
    """A file asked for with the hash of its content (`asset()`) never changes under that address."""
    if response.status_code not in (200, 304):
        response.headers["Cache-Control"] = "no-store"
    elif request.args.get("v"):
        response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    else:
        response.headers["Cache-Control"] = f"public, max-age={DAY_SECONDS}"
