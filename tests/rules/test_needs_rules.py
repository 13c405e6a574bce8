"""Phases, dates, warnings, who may bid, the method: values in, values out."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import policy
from marketplace.kit.clock import london_to_utc
from marketplace.needs import calendar, method, rules, tasks
from marketplace.needs.method import Lot
from marketplace.needs.rules import Phase
from marketplace.needs.states import Stage
from marketplace.scoring.canonical import canonical_json, sha256_hex

CLOSES = datetime(2027, 3, 10, 12, tzinfo=UTC)
LOT = Lot(1, ("hr", "it"), 90_000_000, None)


@dataclass
class Timed:
    stage: Stage
    closes_at: datetime | None = CLOSES


@pytest.mark.parametrize(
    ("before", "expected", "accepted"),
    [
        (timedelta(days=30), Phase.OPEN, True),
        (timedelta(days=7, microseconds=1), Phase.OPEN, True),
        (timedelta(days=7), Phase.CLOSING_SOON, True),
        (timedelta(microseconds=1), Phase.CLOSING_SOON, True),
        (timedelta(0), Phase.CLOSING, False),
        (timedelta(days=-1), Phase.CLOSING, False),
    ],
)
def test_the_deadline_is_exclusive(before: timedelta, expected: Phase, accepted: bool) -> None:
    need = Timed(Stage.OPEN)
    assert rules.phase(need, CLOSES - before) is expected
    assert rules.accepts_bids(need, CLOSES - before) is accepted


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.OPEN])
def test_only_open_needs_take_bids(stage: Stage) -> None:
    assert not rules.accepts_bids(Timed(stage), CLOSES - timedelta(days=3))
    assert rules.phase(Timed(stage), CLOSES).value == stage.value
    assert rules.PHASE_NAMES[rules.phase(Timed(stage), CLOSES)]


def _codes(day: date, at: time) -> set[str]:
    return {
        warning.code for warning in rules.closing_warnings(london_to_utc(day, at), calendar.bank_holidays(day.year))
    }


@pytest.mark.parametrize(
    ("day", "at", "codes"),
    [
        (date(2027, 3, 10), time(12), set()),
        (date(2027, 3, 10), time(17, 0), set()),
        (date(2027, 3, 10), time(17, 1), {"night"}),
        (date(2027, 3, 10), time(8, 59), {"night"}),
        (date(2027, 3, 12), time(15), set()),
        (date(2027, 3, 12), time(16), {"friday"}),
        (date(2027, 3, 12), time(18), {"night"}),
        (date(2027, 3, 13), time(12), {"weekend"}),
        (date(2027, 3, 26), time(12), {"holiday"}),  # Good Friday
        (date(2027, 3, 28), time(12), {"weekend", "clock"}),
        (date(2027, 12, 27), time(23), {"holiday", "night"}),
        (date(2028, 1, 3), time(12), {"holiday"}),  # New Year's Day fell on a Saturday
    ],
)
def test_warnings_of_the_closing_time(day: date, at: time, codes: set[str]) -> None:
    assert _codes(day, at) == codes


def test_warnings_use_london_time_in_summer() -> None:
    summer = datetime(2027, 7, 7, 16, 30, tzinfo=UTC)  # 17:30 in London
    assert {warning.code for warning in rules.closing_warnings(summer, {})} == {"night"}


def test_next_working_day_leaps_over_easter() -> None:
    assert rules.next_working_day(date(2027, 3, 26), calendar.bank_holidays(2027)) == date(2027, 3, 30)
    assert rules.next_working_day(date(2027, 3, 24), calendar.bank_holidays(2027)) == date(2027, 3, 24)


NOW = datetime(2027, 2, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        ({"closes_at": None}, ["closes_at"]),
        ({"closes_at": NOW}, ["closes_at"]),
        ({"closes_at": NOW + timedelta(days=5) - timedelta(seconds=1)}, ["closes_at"]),
        ({"closes_at": NOW + timedelta(days=5)}, []),
        ({"questions_until": CLOSES}, ["questions_until"]),
        ({"questions_until": NOW}, ["questions_until"]),
        ({"questions_until": CLOSES - timedelta(days=3)}, []),
        ({"starts_on": CLOSES.date()}, ["closes_at"]),
    ],
)
def test_hard_checks_of_the_dates(changes: dict[str, datetime], fields: list[str]) -> None:
    values = {"questions_until": None, "closes_at": CLOSES, "starts_on": date(2027, 6, 1), "now": NOW, **changes}
    assert [field for field, _sentence in rules.date_problems(**values)] == fields  # type: ignore[arg-type]


def test_who_may_bid() -> None:
    assert rules.may_bid({}, "a", "council")
    assert rules.may_bid({"mode": "all", "invited": ["b"]}, "a", "council")
    assert rules.may_bid({"mode": "kinds", "kinds": ["council"]}, "a", "council")
    assert not rules.may_bid({"mode": "kinds", "kinds": ["private"]}, "a", "council")
    assert rules.may_bid({"mode": "invited", "invited": ["a"]}, "a", "council")
    assert not rules.may_bid({"mode": "invited", "invited": ["b"]}, "a", "council")
    assert not rules.may_bid({"mode": "invited"}, "a", "council")


def test_the_method_has_the_weights_of_the_rubric() -> None:
    built = method.build(
        title="T",
        population=145_000,
        term_years=3,
        lots=[LOT, Lot(2, ("redesign",), 5_000_000)],
        judging=method.default_judging(),
    )
    weights = {row["id"]: row["weight"] for row in method.lot_method(built, 1)["indicators"]}
    # Back office: LA3 0.5, LA8 0.25, IN5 2 x 0.5, IN6 2 x 0.25, all others unchanged (rubric.md)
    assert weights == {
        "LA1": 2,
        "LA2": 2,
        "LA3": "0.5",
        "LA4": 1,
        "LA5": 1,
        "LA6": 1,
        "LA7": 1,
        "LA8": "0.25",
        "IN1": 2,
        "IN2": 1,
        "IN3": 1,
        "IN4": 1,
        "IN5": 1,
        "IN6": "0.5",
        "IN7": 2,
        "IN8": 1,
    }
    core = {row["id"]: row for row in method.lot_method(built, 2)["indicators"]}
    assert core["IN5"]["weight"] == 2
    assert core["IN6"] == {
        "id": "IN6",
        "criterion": "independence",
        "weight": 2,
        "source": "register",
        "missing": "hold",
        "min_level": 1,
    }
    assert "min_level" not in {row["id"]: row for row in method.lot_method(built, 1)["indicators"]}["IN6"]
    assert method.lots_of(built) == [LOT, Lot(2, ("redesign",), 5_000_000)]
    method.check(built)
    with pytest.raises(KeyError):
        method.lot_method(built, 3)


def test_the_hash_is_that_of_the_download() -> None:
    built = method.build(title="T", population=1, term_years=1, lots=[LOT], judging=method.default_judging())
    assert method.method_hash(built) == sha256_hex(canonical_json(built))
    other = method.build(
        title="T",
        population=1,
        term_years=1,
        lots=[replace(LOT, ceiling_pence=90_000_001)],
        judging=method.default_judging(),
    )
    assert method.method_hash(other) != method.method_hash(built)


def test_the_exchange_rate_of_the_issue() -> None:
    """£900,000 x 35 / (100 x 40) = £7,875 a point of independence; with a floor of £450,000 half of it."""
    judging = {**method.default_judging(), "weights": {"cost": 40, "accountability": 25, "independence": 35}}
    built = method.build(
        title="T", population=1, term_years=3, lots=[Lot(1, ("hr",), 90_000_000, 45_000_000)], judging=judging
    )
    assert method.exchange_rates(method.lot_method(built, 1)) == {
        "accountability": "562500",
        "independence": "787500",
    }  # no floor in `ceiling`
    linear = method.build(
        title="T",
        population=1,
        term_years=3,
        lots=[Lot(1, ("hr",), 90_000_000, 45_000_000)],
        judging={**judging, "formula": "linear"},
    )
    assert method.exchange_rates(method.lot_method(linear, 1))["independence"] == "393750"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weights": {"cost": 40, "accountability": 30, "independence": 29}}, "weights"),
        ({"weights": {"cost": 80, "accountability": 10, "independence": 10}}, "cost"),
        ({"weights": {"cost": 40, "accountability": 55, "independence": 5}}, "independence"),
        ({"formula": "linear"}, "formula"),
        ({"formula": "lowest_ratio"}, "ordered_by"),
        ({"formula": "min-max"}, "formula"),
        ({"base_weights": {spec.id: "0" for spec in policy.indicators()}}, "accountability"),
    ],
)
def test_choices_outside_the_bounds_are_named(changes: dict[str, object], field: str) -> None:
    assert field in [name for name, _sentence in method.problems({**method.default_judging(), **changes}, [LOT])]


def test_defaults_are_within_the_bounds() -> None:
    assert method.problems(method.default_judging(), [LOT]) == []


@settings(max_examples=50, deadline=None)
@given(
    codes=st.lists(st.sampled_from([function.code for function in policy.functions()]), min_size=1, unique=True),
    together=st.booleans(),
    ceiling=st.integers(1, 10**12),
    formula=st.sampled_from(["ceiling", "monetised", "lowest_ratio"]),
    cost=st.integers(20, 70),
    accountability=st.integers(10, 60),
    bases=st.lists(st.sampled_from(["0.25", "0.5", "1", "2", "3.75", "8"]), min_size=16, max_size=16),
)
def test_every_method_without_problems_can_be_scored(
    codes: list[str],
    together: bool,
    ceiling: int,
    formula: str,
    cost: int,
    accountability: int,
    bases: list[str],
) -> None:
    lots = (
        [Lot(1, tuple(codes), ceiling)] if together else [Lot(n, (code,), ceiling) for n, code in enumerate(codes, 1)]
    )
    judging = {
        **method.default_judging(),
        "formula": formula,
        "ordered_by": "NHS England",
        "weights": {"cost": cost, "accountability": accountability, "independence": 100 - cost - accountability},
        "base_weights": dict(zip((spec.id for spec in policy.indicators()), bases, strict=True)),
    }
    if not method.problems(judging, lots):
        built = method.build(title="T", population=1, term_years=1, lots=lots, judging=judging)
        method.check(built)
        assert canonical_json(built)


def test_placeholders_and_thin_descriptions_are_noticed() -> None:
    details = {
        "volumes": "[number] employees",
        "service_levels": "Quick answers",
        "staff": 2,
        "current_cost_pence": None,
    }
    assert any("[number]" in problem for problem in tasks.service_problems(details))
    hints = " ".join(tasks.clarity(details))
    assert "no number" in hints
    assert "current cost" in hints
    assert "pension" in hints
    assert "Data and systems" in hints
    clear = {
        "volumes": "About 95 employees, 12 starters and 10 leavers a year.",
        "service_levels": "Answer 9 of 10 calls within 20 seconds.",
        "staff": 0,
        "current_cost_pence": 1,
        "data": "ESR",
    }
    assert tasks.service_problems(clear) == []
    assert tasks.clarity(clear) == []
    assert tasks.service_problems({}) == [
        "Describe the volumes",
        "Describe the service levels",
        "Say how many staff would transfer (0 if none)",
    ]


def test_the_calendar_file_is_folded_and_escaped() -> None:
    text = calendar.calendar_file(
        need_id="4k7d",
        title="HR, payroll; and " + "é" * 60,
        address="http://example.org/needs/4k7d",
        changed_at=NOW,
        events={"closes": ("Bidding closes: HR, payroll", CLOSES)},
    )
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert text.endswith("END:VCALENDAR\r\n")
    assert "DTSTART:20270310T120000Z" in text
    assert "SUMMARY:Bidding closes: HR\\, payroll" in text
    assert "payroll\\; and" in text.replace("\r\n ", "")
