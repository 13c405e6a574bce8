"""The simulator's page: made-up bids against a draft's (or a published need's) method. It changes nothing."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from marketplace import policy
from marketplace.identity.roles import READ_NEEDS
from marketplace.needs import method, queries, simulator
from marketplace.needs.blueprint import blueprint
from marketplace.needs.judging_form import FORMULA_OPTIONS
from marketplace.needs.states import PUBLISHED
from marketplace.needs.table_forms import simulator_form
from marketplace.web.context import reading, viewer
from marketplace.web.guards import guard


@blueprint.get("/needs/<need_id>/simulator")
@guard(READ_NEEDS)
def simulate(need_id: str) -> ResponseReturnValue:
    """Prices and levels in, the ranking out; with what the other formulas would make of it."""
    need = queries.own_need(reading(), viewer(), need_id)
    draft = queries.draft(reading(), need)
    built = need.method if need.stage in PUBLISHED else _draft_method(draft)
    if built is None:
        return render_template("needs/simulator_not_yet.html", need=need)
    numbers = [lot["number"] for lot in built["lots"]]
    number = request.args.get("lot", type=int) or 1
    lot = next((lot for lot in method.lots_of(built) if lot.number == number), method.lots_of(built)[0])
    score_file = method.lot_method(built, lot.number)
    form = simulator_form(score_file["indicators"], simulator.BIDS)(
        request.args if "price_A" in request.args else None,
        data=_example(score_file),
    )
    sent = "price_A" in request.args
    valid = not sent or form.validate()
    outcome, others = _score(form, score_file, lot.floor_pence or 0) if valid else (None, [])
    body = render_template(
        "needs/simulator.html",
        need=need,
        form=form,
        lot=lot,
        numbers=numbers,
        outcome=outcome,
        others=others,
        bids=simulator.BIDS,
        stories=simulator.STORIES,
        score_file=score_file,
        rates=_titled(method.exchange_rates(score_file)),
        indicators=[policy.indicator(row["id"]) for row in score_file["indicators"]],
        criteria=policy.criteria(),
        formulas={option.value: option.label for option in FORMULA_OPTIONS},
    )
    return body, 200 if valid else 422


def _draft_method(draft: Any) -> dict[str, Any] | None:
    """The method that the draft would be published with; None while it lacks what the arithmetic needs."""
    if (
        draft.population is None
        or draft.term_years is None
        or not draft.lots
        or any(lot.ceiling_pence is None for lot in draft.lots)
    ):
        return None
    if method.problems(draft.judging, draft.lots):
        return None
    return method.build(
        title=draft.title,
        population=draft.population,
        term_years=draft.term_years,
        lots=draft.lots,
        judging=draft.judging,
    )


def _example(score_file: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {f"price_{bid}": pence for bid, pence in simulator.example_prices(score_file).items()}
    for bid, levels in simulator.example_levels(score_file).items():
        values |= {f"{indicator}_{bid}": str(level) for indicator, level in levels.items()}
    return values


def _score(
    form: Any, score_file: dict[str, Any], floor_pence: int
) -> tuple[simulator.Outcome, list[simulator.Outcome]]:
    prices = {bid: form[f"price_{bid}"].data for bid in simulator.BIDS}
    ids = [row["id"] for row in score_file["indicators"]]
    levels = {bid: {each: int(form[f"{each}_{bid}"].data) for each in ids} for bid in simulator.BIDS}
    return simulator.simulate(score_file, prices, levels), simulator.compare(score_file, prices, levels, floor_pence)


def _titled(rates: dict[str, str]) -> dict[str, str]:
    titles = {criterion.name: criterion.title for criterion in policy.criteria()}
    return {titles[name]: pence for name, pence in rates.items()}
