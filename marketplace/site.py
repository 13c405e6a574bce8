"""Pages that belong to no house: how bids are judged, help, accessibility, privacy, terms."""

from flask import Blueprint, render_template

from marketplace import policy
from marketplace.identity.roles import PUBLIC
from marketplace.web.guards import guard

blueprint = Blueprint("site", __name__)


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
