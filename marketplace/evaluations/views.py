"""The buyer's pages about an evaluation: the ranking, each bid explained, downloads, scoring again, the history."""

from io import BytesIO
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from marketplace.bids.access import opened_document
from marketplace.bids.queries import intentions
from marketplace.evaluations import actions, downloads, history, queries, show
from marketplace.evaluations.blueprint import blueprint
from marketplace.evaluations.explained import Page, page_of, percent, sums
from marketplace.evaluations.forms import AgainForm
from marketplace.evaluations.models import Evaluation
from marketplace.evaluations.people import names_of
from marketplace.evaluations.waiting import REFRESH_SECONDS, waiting_for
from marketplace.identity.roles import PUBLISH_NEED, READ_EVALUATION, READ_HISTORY
from marketplace.journal import queries as journal
from marketplace.kit.errors import NotHere
from marketplace.needs import queries as needs
from marketplace.needs.models import Need
from marketplace.needs.rules import phase
from marketplace.needs.states import PUBLISHED, Stage
from marketplace.web.context import act, database, reading, viewer
from marketplace.web.guards import guard

EVALUATION = "/buyer/needs/<need_id>/evaluation"


@blueprint.get(EVALUATION, endpoint="show")
@guard(READ_EVALUATION)
def show_lot(need_id: str) -> ResponseReturnValue:
    """The explained ranking of one lot; before it is there, what is being waited for."""
    need = needs.own_need(reading(), viewer(), need_id)
    if need.stage is not Stage.SCORED:
        return _waiting(need)
    stored, page = _asked(need)
    last = queries.newest_round(reading(), need)
    noted = queries.progress_of(reading(), need_id)
    again_waits = bool(noted and noted.wanted_round > last)
    shown = render_template(
        "evaluations/show.html",
        need=need,
        stored=stored,
        page=page,
        lots=needs.lots(reading(), need_id),
        form=None,
        said=show.sentences(page),
        shares=show.shares(page),
        triangle=show.triangle(page),
        percent=percent,
        formula=show.FORMULAS[page.method.formula],
        chart=page.ranked[: show.MOST_IN_CHART],
        most=show.MOST_SENTENCES,
        last=last,
        again_waits=again_waits,
        may_ask=PUBLISH_NEED.allows(viewer().role),
        kinds=downloads.KINDS,
        declined=[(name, why) for name, intends, why in intentions(reading(), viewer(), need) if not intends],
    )
    return _asking_again(shown, REFRESH_SECONDS if again_waits else None)


def _waiting(need: Need) -> ResponseReturnValue:
    if need.stage not in PUBLISHED:
        raise NotHere(need.id)
    now = database().now(reading())
    wait = waiting_for(need, phase(need, now), queries.progress_of(reading(), need.id), now)
    stays = "stay" in request.args
    page = render_template("evaluations/waiting.html", need=need, wait=wait, stays=stays, form=None)
    return _asking_again(page, None if stays else wait.refresh)


def _asking_again(page: str, seconds: int | None) -> Response:
    """The page, asked for again by the browser itself after so many seconds: a header, so that no script is needed."""
    answer = make_response(page)
    if seconds is not None:
        answer.headers["Refresh"] = str(seconds)
    return answer


def _asked(need: Need) -> tuple[Evaluation, Page]:
    """The evaluation that the address asks for: ?lot=2&round=1, the first lot and the last round unless told. Raises
    NotHere.
    """
    lot, number = _whole("lot"), _whole("round")
    stored = queries.evaluation(reading(), need, lot if lot is not None else _first_lot(need), number)
    return stored, page_of(stored, allowance_pence=need.allowance_pence)


def _whole(name: str) -> int | None:
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise NotHere(f"{name} {text[:20]!r}")
    return int(text)


def _first_lot(need: Need) -> int:
    if "lots" not in need.method:  # not published yet: nothing can have been evaluated
        raise NotHere(need.id)
    return int(need.method["lots"][0]["number"])


@blueprint.get(f"{EVALUATION}/bids/<bid_id>")
@guard(READ_EVALUATION)
def bid(need_id: str, bid_id: str) -> ResponseReturnValue:
    """One bid explained, so that its score can be checked by hand."""
    need = needs.own_need(reading(), viewer(), need_id)
    stored, page = _asked(need)
    row = page.row(bid_id)
    if row is None:
        raise NotHere(bid_id)
    sheet = page.sheet["bids"][bid_id]
    return render_template(
        "evaluations/bid.html",
        need=need,
        stored=stored,
        page=page,
        row=row,
        sheet=sheet,
        sums=sums(page, bid_id),
        form=None,
        cost=show.cost_parts(sheet),
        vat=show.vat_confirmed(sheet),
        cost_points=show.cost_points(page, bid_id),
        said=show.bid_sentences(page, bid_id),
        percent=percent,
    )


@blueprint.get(f"{EVALUATION}/bids/<bid_id>/evidence/<document_id>")
@guard(READ_EVALUATION)
def evidence(need_id: str, bid_id: str, document_id: str) -> Response:
    """A document that backs an answer; always as a download, never shown inside the site."""
    need = needs.own_need(reading(), viewer(), need_id)
    file = opened_document(reading(), viewer(), need, bid_id, document_id)
    return send_file(BytesIO(file.content), mimetype=file.media_type, as_attachment=True, download_name=file.name)


@blueprint.get(f"{EVALUATION}/download/<kind>")
@guard(READ_EVALUATION)
def download(need_id: str, kind: str) -> Response:
    """The score file, the result, or the ranking as CSV or XLSX."""
    need = needs.own_need(reading(), viewer(), need_id)
    stored, page = _asked(need)
    made = downloads.make(kind, stored, page)
    if made is None:
        raise NotHere(kind)
    answer = Response(made.content, content_type=made.media_type)
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"{need.id}-lot-{stored.lot}-round-{stored.round}-{made.name}"
    )
    return answer


@blueprint.post(f"{EVALUATION}/again")
@guard(PUBLISH_NEED)
def again(need_id: str) -> ResponseReturnValue:
    """Ask for another round of scoring with the facts that are known now."""
    needs.own_need(reading(), viewer(), need_id)
    form = AgainForm()
    if not form.validate_on_submit():
        flash("Nothing was asked for: the request was incomplete. Use the button on this page.", "warning")
    else:
        with act() as work:
            number = actions.ask_again(work, viewer(), need_id=need_id, after_round=form.number)
        flash(f"Round {number} of scoring was asked for. This page shows it when it is ready.", "success")
    return redirect(url_for("evaluations.show", need_id=need_id), 303)


@blueprint.get("/buyer/needs/<need_id>/history", endpoint="history")
@guard(READ_HISTORY)
def need_history(need_id: str) -> ResponseReturnValue:
    """What happened to a need, in plain sentences. Lines about bids are hidden until the opening."""
    need = needs.own_need(reading(), viewer(), need_id)
    number = _whole("page") or 1
    found = journal.history(reading(), need_id, only=history.visible_verbs(need.stage), page=number)
    names = names_of(reading(), viewer(), found.lines)
    rows: list[dict[str, Any]] = [
        {"line": line, "who": names[line.seq], "what": history.sentence(line.verb, line.facts)} for line in found.lines
    ]
    return render_template(
        "evaluations/history.html",
        need=need,
        rows=rows,
        found=found,
        opened=need.stage in history.OPEN_STAGES,
        form=None,
    )
