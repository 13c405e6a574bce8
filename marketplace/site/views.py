"""Pages that belong to no house: how bids are judged, help, accessibility, privacy, terms, and the dashboard."""

from flask import render_template

from marketplace import policy
from marketplace.identity.roles import PUBLIC, SIGNED_IN
from marketplace.site import dashboards, probes
from marketplace.site.probes import blueprint
from marketplace.web.context import database, reading, viewer
from marketplace.web.guards import guard

__all__ = ["blueprint", "probes"]


@blueprint.get("/dashboard")
@guard(SIGNED_IN)
def dashboard() -> str:
    """What waits for the reader, by role."""
    board = dashboards.board(reading(), viewer(), database().now(reading()))
    return render_template("site/dashboard.html", board=board)


@blueprint.get("/how-bids-are-judged")
@guard(PUBLIC)
def how_judged() -> str:
    """The rubric in plain words, from the same data that the scoring uses."""
    return render_template(
        "site/how_judged.html",
        criteria=policy.criteria(),
        indicators=policy.indicators(),
        functions=policy.functions(),
        stops=policy.stops(),
        cap=policy.evidence_cap(),
        edition=policy.edition(),
    )


@blueprint.get("/help")
@guard(PUBLIC)
def help_page() -> str:
    """Short answers to what people ask."""
    return render_template("site/help.html")


@blueprint.get("/accessibility")
@guard(PUBLIC)
def accessibility() -> str:
    """What to expect, and what is known not to be right."""
    return render_template("site/accessibility.html")


@blueprint.get("/privacy")
@guard(PUBLIC)
def privacy() -> str:
    """What is kept about people, and the one cookie."""
    return render_template("site/privacy.html")


@blueprint.get("/terms")
@guard(PUBLIC)
def terms() -> str:
    """What people agree to by using the service."""
    return render_template("site/terms.html")
