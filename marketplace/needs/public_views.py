"""What everybody can read: the front page, the list, the notice of a need, its documents, calendar, method."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from marketplace import policy
from marketplace.identity.roles import PUBLIC
from marketplace.kit import money
from marketplace.kit.clock import say_time, to_london
from marketplace.kit.spreadsheets import csv_text
from marketplace.needs import documents, listing, notice, queries
from marketplace.needs.calendar import calendar_file
from marketplace.needs.document_views import download
from marketplace.needs.listing import Filters, Page, Row
from marketplace.needs.rules import PHASE_NAMES
from marketplace.needs.search import MOST_MATCHES
from marketplace.register.queries import regions
from marketplace.scoring.canonical import canonical_json, sha256_hex
from marketplace.web.context import database, reading, settings, viewer
from marketplace.web.guards import guard

blueprint = Blueprint("public", __name__)

ON_FRONT = 6  # rows of each kind on the front page
CSV_ROWS = 5000
PAGES_KEPT = 200  # in memory, about 40 kB each


def cached(key: str, draw: Callable[[], str]) -> Response:
    """A page with an ETag made of all that it shows; a reader who has it already gets 304 without it being drawn.

    Only for readers who are not signed in and have no message waiting: their pages differ in nothing else. So what was
    drawn for one of them serves the next as well; a page that shows anything else has another key.
    """
    if viewer().signed_in or session.get("_flashes"):
        return make_response(draw())
    etag = sha256_hex(f"{_edition()}|{request.script_root}|{key}")[:32]
    if etag in request.if_none_match:
        answer = current_app.response_class(status=304)
    else:
        answer = make_response(_drawn(etag, draw))
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Cookie"
    return answer


def _drawn(etag: str, draw: Callable[[], str]) -> str:
    """The page of that ETag: from memory, or drawn and kept."""
    pages: dict[str, str] = current_app.extensions.setdefault("marketplace_drawn_pages", {})
    html = pages.get(etag)
    if html is None:
        html = draw()
        if len(pages) >= PAGES_KEPT:
            pages.clear()  # rare, and simpler than keeping account of what was asked for last
        pages[etag] = html
    return html


def _edition() -> str:
    """Changes when the templates' surroundings change: every start of the service is a new edition of its pages."""
    known = current_app.extensions.setdefault("marketplace_pages_edition", datetime.now().astimezone().isoformat())
    return f"{known}|{settings().example_market}"


@lru_cache(maxsize=4096)
def _said(instant: datetime) -> str:
    return say_time(instant)  # most needs close at one of a few times of day: saying it is half the cost of a row


def _row(row: Row) -> dict[str, Any]:
    names = {each.code: each.name for each in policy.functions()}
    return {
        "id": row.id,
        "title": row.title,
        "url": f"{request.script_root}/needs/{row.id}",
        "buyer_name": row.buyer_name,
        "region": row.region,
        "functions": [names[code] for code in row.functions],
        "closes_at": row.closes_at,
        "closes": _said(row.closes_at),
        "closes_iso": row.closes_at.isoformat(timespec="seconds"),
        "ceiling": money.pounds(row.ceiling_pence),
        "ceiling_pence": row.ceiling_pence,
        "stage": row.phase.value,
        "stage_label": PHASE_NAMES[row.phase],
    }


@blueprint.get("/")
@guard(PUBLIC)
def front() -> ResponseReturnValue:
    """The front page: what this is, what is open, what was closed last."""
    now = database().now(reading())
    open_needs = listing.needs_page(reading(), Filters(), now, limit=ON_FRONT).rows
    recent = listing.needs_page(reading(), Filters(stage="scored"), now, limit=ON_FRONT).rows
    counts = listing.stage_counts(reading(), now)
    return cached(
        f"front|{open_needs}|{recent}|{counts}",
        lambda: render_template(
            "site/front.html",
            open_needs=[_row(row) for row in open_needs],
            closed_recent=[_row(row) for row in recent],
            counts=counts,
        ),
    )


@blueprint.get("/needs")
@guard(PUBLIC)
def needs() -> ResponseReturnValue:
    """The list: search, filters, fifty a page."""
    filters = listing.read_filters(request.args)
    now = database().now(reading())
    page = listing.needs_page(
        reading(), filters, now, after=request.args.get("after"), before=request.args.get("before")
    )
    key = f"needs|{request.query_string.decode('ascii', 'replace')}|{page}"
    return cached(key, lambda: _list(filters, page))


def _list(filters: Filters, page: Page) -> str:
    args: dict[str, Any] = {
        name: value for name, value in request.args.items() if name not in ("after", "before") and value
    }

    def address(**changes: Any) -> str:
        return url_for("public.needs", **{**args, **changes})

    return render_template(
        "public/needs.html",
        filters=filters,
        rows=[_row(row) for row in page.rows],
        stages=listing.STAGES,
        most_matches=MOST_MATCHES,
        phase_names={phase.value: name for phase, name in PHASE_NAMES.items()},
        sorts=listing.SORTS,
        function_choices=[(each.code, each.name) for each in policy.functions()],
        region_choices=[(region, region) for region in regions(reading())],
        args=args,
        plain=not args,
        next_page=address(after=page.after) if page.after else None,
        previous_page=address(before=page.before) if page.before else None,
        csv=url_for("public.needs_csv", **args),
    )


@blueprint.get("/needs.csv")
@guard(PUBLIC)
def needs_csv() -> ResponseReturnValue:
    """The list with its filters as CSV, at most 5,000 needs."""
    filters = listing.read_filters(request.args)
    now = database().now(reading())
    page = listing.needs_page(reading(), filters, now, limit=CSV_ROWS)
    names = {each.code: each.name for each in policy.functions()}
    rows: list[list[str | int]] = [
        ["Number", "Title", "Buyer", "Region", "Functions", "Stage", "Closes (London)", "Ceiling in pounds", "Address"],
    ]
    for row in page.rows:
        pounds = f"{row.ceiling_pence // 100}.{row.ceiling_pence % 100:02d}"
        rows.append(
            [
                row.id,
                row.title,
                row.buyer_name,
                row.region,
                "; ".join(names[code] for code in row.functions),
                PHASE_NAMES[row.phase],
                f"{to_london(row.closes_at):%Y-%m-%d %H:%M}",
                pounds,
                f"{settings().address}/needs/{row.id}",
            ]
        )
    return _file(csv_text(rows), "text/csv; charset=utf-8", "needs.csv")


def _file(text: str, kind: str, name: str) -> Response:
    answer = make_response(text)
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.get("/needs/<need_id>", endpoint="notice")
@guard(PUBLIC)
def show_notice(need_id: str) -> ResponseReturnValue:
    """The notice of a published need: permanent, also after its end."""
    need = queries.published_need(reading(), need_id)
    now = database().now(reading())
    shown = notice.of_published(reading(), need, now)
    minute = now.replace(second=0, microsecond=0)  # the time left is told in minutes
    who = viewer()
    key = f"notice|{need.id}|{need.revision}|{need.method_version}|{shown.phase}|{minute if shown.open else ''}"
    return cached(
        key,
        lambda: render_template(
            "public/notice.html",
            notice=shown,
            now=now,
            own=need.organisation_id == who.organisation_id,
        ),
    )


@blueprint.get("/needs/<need_id>/documents/<document_id>")
@guard(PUBLIC)
def document(need_id: str, document_id: str) -> AnyResponse:
    """A document of a published need."""
    queries.published_need(reading(), need_id)
    return download(documents.find(reading(), need_id, document_id, public=True))


@blueprint.get("/needs/<need_id>/method.json")
@guard(PUBLIC)
def method_file(need_id: str) -> ResponseReturnValue:
    """The frozen method as canonical JSON: the SHA-256 of these bytes is the hash on the notice."""
    need = queries.published_need(reading(), need_id)
    return _file(canonical_json(need.method), "application/json", f"method-{need.id}.json")


@blueprint.get("/needs/<need_id>/calendar.ics")
@guard(PUBLIC)
def calendar(need_id: str) -> ResponseReturnValue:
    """The deadlines as a calendar file."""
    need = queries.published_need(reading(), need_id)
    events = {}
    if need.questions_until is not None:
        events["questions"] = (f"Last questions: {need.title}", need.questions_until)
    if need.closes_at is not None:
        events["closes"] = (f"Bidding closes: {need.title} ({say_time(need.closes_at)})", need.closes_at)
    address = f"{settings().address}/needs/{need.id}"
    text = calendar_file(need_id=need.id, title=need.title, address=address, changed_at=need.changed_at, events=events)
    return _file(text, "text/calendar; charset=utf-8", f"need-{need.id}.ics")
