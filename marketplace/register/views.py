"""The public pages of the register: who commissions care where, with how many people, beside whom."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from marketplace.identity.roles import PUBLIC
from marketplace.kit.clock import to_london
from marketplace.kit.errors import NotHere
from marketplace.register import queries
from marketplace.register.cells import plain
from marketplace.web.context import database, reading
from marketplace.web.guards import guard

PAGE = 50
LONGEST_SEARCH = 100

blueprint = Blueprint("register", __name__)


@blueprint.get("/register-of-commissioners")
@guard(PUBLIC)
def bodies() -> ResponseReturnValue:
    """All commissioners, by name; `q`, `kind`, `region` and `page` in the address."""
    text = request.args.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    asked_kind, region = request.args.get("kind", ""), request.args.get("region", "")
    kind = asked_kind if asked_kind in queries.KINDS else None
    all_regions = queries.regions(reading())
    region = region if region in all_regions else ""
    total = queries.count_bodies(reading(), text, kind, region=region)
    pages = max(1, -(-total // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    rows = queries.search_bodies(reading(), text, kind, region=region, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template(
        "register/bodies.html",
        rows=rows,
        total=total,
        page=page,
        pages=pages,
        text=text,
        kind=kind or "",
        region=region,
        regions=all_regions,
        kinds=queries.KINDS,
        counts=queries.counts(reading()),
    )


@blueprint.get("/register-of-commissioners/<code>")
@guard(PUBLIC)
def body(code: str) -> ResponseReturnValue:
    """One commissioner: people, allowance with its source, councils, neighbours. 404 for an unknown code."""
    found = queries.body(reading(), code)
    if found is None:
        raise NotHere(f"register {code[:20]}")
    today = to_london(database().now(reading())).date()
    allowance = queries.allowance(reading(), code, today)
    shares = queries.councils_of(reading(), code)
    return render_template(
        "register/body.html",
        body=found,
        kind=queries.KINDS[found.kind],
        allowance=allowance,
        today=today,
        shares=[(each, _percent(each.share_e4), _percent(each.council_share_e4)) for each in shares],
        neighbours=[(each.body, plain(each.shared_metres, 3)) for each in queries.neighbours(reading(), code)],
        main=next((each.name for each in shares if each.code == found.main_council), ""),
    )


def _percent(e4: int) -> str:
    """Ten-thousandths as per cent: 1413 is "14.13%"."""
    return f"{plain(e4, 2)}%"
