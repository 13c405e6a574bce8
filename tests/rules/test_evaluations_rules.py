"""The pure rooms of the evaluations: facts worked out, waiting told honestly, back-off, spreadsheets, history."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from marketplace.evaluations import history, progress
from marketplace.evaluations.explained import approximate, half_up, percent, pounds_a_head, two
from marketplace.evaluations.facts import Known, Spend, after_award, group_of
from marketplace.evaluations.models import ScoringProgress
from marketplace.evaluations.show import exact_percent
from marketplace.evaluations.waiting import waiting_for
from marketplace.identity.models import Organisation
from marketplace.identity.roles import Kind
from marketplace.kit.spreadsheets import csv_text, neutral
from marketplace.needs.models import Need
from marketplace.needs.rules import phase
from marketplace.needs.states import Stage

NOON = datetime(2013, 3, 4, 12, tzinfo=UTC)


def known(*lines: Spend, group: frozenset[str] = frozenset({"alpha", "a1"})) -> Known:
    return Known({}, lines, {"a1": group})


def test_the_share_after_award_counts_what_stays_and_the_bid() -> None:
    ledger = known(
        Spend("a1", "Alpha", "it", 1_000), Spend(None, "ALPHA ", "estates", 500), Spend("b2", "Beta", "finance", 2_500),
        Spend("b2", "Beta", "hr", 9_999),  # replaced by this award
    )  # fmt: skip
    found = after_award(ledger, "a1", ["hr"], 1_000)
    assert found is not None
    assert (found.group_pence, found.bid_pence, found.all_pence) == (1_500, 1_000, 4_000)
    assert found.share == Fraction(2_500, 5_000)


def test_the_share_is_not_known_without_a_whole_ledger_or_any_spend() -> None:
    assert after_award(Known({}, None, {}), "a1", ["hr"], 1_000) is None
    assert after_award(known(), "a1", ["hr"], 0) is None
    found = after_award(known(), "a1", ["hr"], 1)
    assert found is not None
    assert found.share == 1


def test_a_group_is_found_by_its_name_however_it_is_written() -> None:
    def firm(name: str, group: str) -> Organisation:
        return Organisation(id=name, kind=Kind.PRIVATE, name=name, group_name=group, created_at=NOON)

    own, sister, other = firm("Alpha", "Big  Group"), firm("Gamma", "BIG GROUP"), firm("Delta", "")
    assert group_of(own, [own, sister]) == {"Alpha", "alpha", "Gamma", "gamma", "big group"}
    assert group_of(other, [own, sister]) == {"Delta", "delta"}


def test_failures_wait_longer_each_time_and_end() -> None:
    waits = [progress.again_at(NOON, attempt) for attempt in range(1, progress.MOST_ATTEMPTS + 1)]
    seconds = [None if at is None else (at - NOON).total_seconds() for at in waits]
    assert seconds == [5, 10, 20, 40, 80, 160, 320, None]


def test_an_error_is_named_by_kind_and_place_never_by_its_message() -> None:
    with pytest.raises(AttributeError) as caught:
        after_award(None, "a1", [], 1)  # type: ignore[arg-type]
    assert progress.where(caught.value).startswith("AttributeError in evaluations/facts.py, line ")
    assert "NoneType" not in progress.where(caught.value)


def need(stage: Stage, closes_at: datetime = NOON) -> Need:
    return Need(
        organisation_id="o",
        created_by="u",
        created_at=NOON,
        changed_at=NOON,
        stage=stage,
        closes_at=closes_at,
        next_due=NOON,
    )


def noted(**facts: object) -> ScoringProgress:
    return ScoringProgress(**{"need_id": "n", "step": "scoring", "done": 3, "total": 9, "changed_at": NOON, **facts})


@pytest.mark.parametrize(
    ("stage", "row", "after", "state", "counts"),
    [
        (Stage.OPEN, None, -60, "open", (0, 0)),
        (Stage.OPEN, None, 1, "working", (0, 0)),
        (Stage.OPEN, None, 60, "silent", (0, 0)),
        (Stage.CLOSED, noted(), 1, "working", (0, 0)),  # a number of bids before the opening is nobody's business
        (Stage.OPENED, noted(), 1, "working", (3, 9)),
        (Stage.OPENED, noted(), 60, "silent", (3, 9)),
        (Stage.OPENED, noted(attempts=2), 1, "trouble", (3, 9)),
        (Stage.OPENED, noted(attempts=8, failed_at=NOON), 1, "stuck", (3, 9)),
    ],
)
def test_the_wait_is_told_as_it_is(
    stage: Stage, row: ScoringProgress | None, after: int, state: str, counts: tuple[int, int]
) -> None:
    now = NOON + timedelta(seconds=after)
    found = waiting_for(need(stage), phase(need(stage), now), row, now)
    assert (found.state, (found.done, found.total)) == (state, counts)


def test_a_page_far_from_the_deadline_does_not_ask_again() -> None:
    now = NOON - timedelta(days=2)
    assert waiting_for(need(Stage.OPEN), phase(need(Stage.OPEN), now), None, now).refresh is None


@pytest.mark.parametrize("text", ["=1+1", "+44", "-5", "@SUM(A1)", "\t=1", " =1"])
def test_what_a_spreadsheet_would_run_is_made_text(text: str) -> None:
    assert neutral(text) == "'" + text
    assert csv_text([["Alpha plc", 5, None]]) == "\ufeffAlpha plc,5,\r\n"


def test_numbers_are_said_without_pretending() -> None:
    assert exact_percent("1/100000") == "less than 0.01%"
    assert exact_percent("99999/100000") == "more than 99.99%"
    assert exact_percent("0") == "0%"
    assert exact_percent("1/1") == "100%"
    assert approximate(Fraction(1, 3)) == "0.333333…"
    assert approximate(Fraction(1, 4)) == "0.25"
    assert two(half_up(Fraction(12345, 1000), 2)) == "12.35"
    assert pounds_a_head("95.4") == "£0.9540"
    assert percent(None) == "not known"
    assert percent(38) == "3.8%"


def test_the_history_shows_only_what_is_worded_and_no_bid_before_the_opening() -> None:
    for stage in (Stage.DRAFT, Stage.REVIEW, Stage.OPEN, Stage.CLOSED):
        assert not any(verb.startswith("bid.") for verb in history.visible_verbs(stage))
    shown = history.visible_verbs(Stage.OPENED)
    assert "bid.submitted" in shown
    # what bidders did with their drafts stays theirs
    assert not {"bid.started", "bid.draft_saved", "bid.declined", "bid.intended"} & set(shown)
    for verb in shown:
        assert history.sentence(verb, "{}")
    assert history.sentence("opening.recorded", '{"bids":0}') == "recorded the opening: no bid was received"
