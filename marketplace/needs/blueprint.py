"""The blueprint of the buyer's pages.

The view modules hang their routes on it, views.py gathers them. And words for its templates.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask import Blueprint
from flask.sansio.blueprints import BlueprintSetupState

from marketplace import policy
from marketplace.identity.roles import KIND_NAMES, Kind
from marketplace.kit import money
from marketplace.needs.draft_pages import page_address
from marketplace.needs.judging_form import FORMULA_OPTIONS

blueprint = Blueprint("needs", __name__, url_prefix="/buyer")


@blueprint.app_template_filter("rate")
def rate(pence: str) -> str:
    """Pence as an exact decimal string ("787500.25") in pounds, to the penny: "£7,875"."""
    return money.pounds(int(Decimal(pence).quantize(Decimal(1), ROUND_HALF_UP)))


def function_name(code: str) -> str:
    """The name of a function, for templates."""
    return policy.function(code).name


def weights_said(notice: Any) -> str:
    """ "Cost 40, local accountability 30, independence 30 percent"."""
    parts = [f"{shown.criterion.title.lower()} {shown.weight}" for shown in notice.criteria]
    return ", ".join(parts).capitalize() + " percent" if parts else "not chosen yet"


def kind_list(kinds: Iterable[str]) -> str:
    """Names of kinds of provider, in a row."""
    return ", ".join(KIND_NAMES[Kind(kind)].lower() for kind in kinds)


@blueprint.record_once
def words(state: BlueprintSetupState) -> None:
    """What templates of needs may call, also inside imported macros."""
    state.app.jinja_env.globals.update(
        function_name=function_name,
        weights_said=weights_said,
        draft_page=page_address,
        kind_list=kind_list,
        formula_options=lambda: {option.value: option for option in FORMULA_OPTIONS},
    )
