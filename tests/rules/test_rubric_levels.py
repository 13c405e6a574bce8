"""Every row of the rubric: answers on both sides of each threshold, evidence, gaps, register facts, stops."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest

from marketplace.policy import PolicyError, indicators
from marketplace.scoring.answers import Judged, level
from marketplace.scoring.facts import AreaFact, AreaRegister, Facts
from marketplace.scoring.reading import ScoreFileError

NONE: frozenset[str] = frozenset()
SHARE = "in1_share_of_ccg_support_spend_after_award"


def judge(name: str, facts: Facts | None = None, evidence: bool = True, **answers: Any) -> Judged:
    return level(name, answers, evidence=evidence, facts=facts or Facts())


def la3(share: str, days: Any = 0) -> dict[str, Any]:
    return {"la3_local_fte_share": share, "la3_named_lead_onsite_days_per_week": days}


def in2(ours: Any, penalty: Any, theirs: Any) -> dict[str, Any]:
    return {
        "in2_customer_notice_months": ours,
        "in2_break_penalty_months_of_fee": penalty,
        "in2_provider_notice_months": theirs,
    }


def in3(plan: str, step_in: bool = False, capped: bool = False, staff: bool = False) -> dict[str, Any]:
    return {
        "in3_exit_plan": plan,
        "in3_step_in": step_in,
        "in3_exit_cost_capped": capped,
        "in3_tupe_info_annual": staff,
    }


def in7(role: str, *safeguards: str) -> dict[str, Any]:
    return {"in7_partner_role": role, "in7_safeguards": list(safeguards)}


def la7(foi: str, scrutiny: str, days: int | None) -> dict[str, Any]:
    return {"la7_foi": foi, "la7_scrutiny_duty": scrutiny, "la7_complaints_days": days}


def la8(liaison: bool, meetings: int, link: str, credit: bool) -> dict[str, Any]:
    return {
        "la8_practice_liaison": liaison,
        "la8_practice_meetings_per_year": meetings,
        "la8_public_health_link": link,
        "la8_service_credit_on_practice_survey": credit,
    }


BASE = ("declaration", "ringfenced_team", "conflict_protocol")

ROWS: list[tuple[str, dict[str, Any], int]] = [
    *[
        ("LA1", {"la1_answerable_to": answer}, wanted)
        for answer, wanted in [
            ("none", 0), ("shareholders", 0), ("national_body", 1), ("regional_body", 2),
            ("multi_area_public_body", 3), ("own_ccg_or_hwb_body", 4),
        ]
    ],
    *[
        ("LA2", {"la2_customer_ccg_vote_share": share, "la2_this_ccg_seat": seat, "la2_veto": veto}, wanted)
        for share, seat, veto, wanted in [
            (0, "none", False, 0), (0, "advisory", False, 1), ("0.2", "observer", False, 2),
            ("0.49", "voting", False, 3),
            ("0.5", "voting", False, 4), (0, "none", True, 4), (1, "none", False, 4),
        ]
    ],
    *[
        ("LA3", la3(share, days), wanted)
        for share, days, wanted in [
            ("0.099", 5, 0), ("0.1", 0, 1), ("0.29", 0, 1), ("0.299", 0, 1), ("0.3", 0, 2), ("0.59", 5, 2),
            ("0.6", 5, 3),
            ("0.79", 5, 3), ("0.8", 0, 3), ("0.8", "0.5", 3), ("0.8", 1, 4), (1, 5, 4),
        ]
    ],
    *[
        (
            "LA4",
            {
                "la4_public_meetings_per_year": meetings, "la4_papers_days_before": papers,
                "la4_minutes_published": minutes, "la4_annual_report": report,
            },
            wanted,
        )
        for meetings, papers, minutes, report, wanted in [
            (0, 0, False, False, 0), (1, 9, False, False, 0), (0, 0, False, True, 1), (1, 0, True, False, 2),
            (2, 0, False, False, 3), (3, 9, True, True, 3), (4, 4, True, True, 3), (12, 0, True, True, 3),
            (4, 5, False, False, 4),
        ]
    ],
    *[
        ("LA5", {"la5_kpi_publication": answer}, wanted)
        for wanted, answer in enumerate(
            ["none", "on_request", "monthly_to_ccg", "published_annually", "published_quarterly_open_data"]
        )
    ],
    *[
        ("LA6", {"la6_open_book": answer}, wanted)
        for wanted, answer in enumerate(
            ["none", "on_request", "annual_to_ccg", "quarterly_to_ccg", "quarterly_with_audit_right"]
        )
    ],
    *[
        ("LA7", la7(*answer), wanted)
        for *answer, wanted in [
            ("none", "none", None, 0), ("contract", "none", None, 1), ("statutory", "none", 21, 1),
            ("none", "none", 20, 1),
            ("none", "on_request", None, 1), ("none", "contract_duty", None, 2), ("statutory", "on_request", 20, 3),
            ("contract", "contract_duty", 20, 4), ("contract", "contract_duty", 0, 4),
        ]
    ],
    *[
        ("LA8", la8(*answer), wanted)
        for *answer, wanted in [
            (False, 3, "none", False, 0), (True, 0, "none", False, 1), (False, 4, "none", False, 1),
            (False, 0, "named", False, 1), (False, 0, "signed_off_kpis", False, 2), (False, 0, "none", True, 1),
            (True, 4, "named", True, 4), (True, 4, "signed_off_kpis", True, 4), (True, 0, "signed_off_kpis", False, 3),
        ]
    ],
    *[
        ("IN1", {SHARE: share, "provider_controlled_by_customer_ccgs": controlled}, wanted)
        for share, controlled, wanted in [
            (1, False, 0), ("0.8001", False, 0), ("0.8", False, 1), ("0.601", False, 1), ("0.6", False, 2),
            ("0.41", False, 2),
            ("0.4", False, 3), ("0.251", False, 3), ("0.25", False, 4), (0, False, 4), (1, True, 4),
        ]
    ],
    *[
        ("IN2", in2(*answer), wanted)
        for *answer, wanted in [
            (None, 0, 12, 0), (13, 0, 12, 1), (3, 1, 12, 1), (3, "0.5", 12, 1), (12, 0, 0, 2), ("6.5", 0, 12, 2),
            (6, 0, 0, 3),
            (4, 0, 3, 3), (3, 0, 6, 4), (0, 0, 6, 4), (3, 0, 5, 2), (3, 0, None, 2),
        ]
    ],
    *[
        ("IN3", in3(*answer), wanted)
        for *answer, wanted in [
            ("none", True, True, True, 0), ("statement", True, True, True, 1), ("at_start", False, True, True, 2),
            ("at_start", True, False, False, 3), ("tested_annually", False, False, False, 3),
            ("at_start", True, True, True, 3),
            ("tested_annually", True, True, False, 3), ("tested_annually", True, True, True, 4),
        ]
    ],
    *[
        ("IN4", {"in4_data_owner": owner, "in4_open_formats": formats, "in4_reuse_needs_consent": consent}, wanted)
        for owner, formats, consent, wanted in [
            ("provider", True, True, 0), ("licensed_back", True, True, 1), ("ccg_raw", True, True, 2),
            ("ccg_all", True, False, 3), ("ccg_all", False, True, 3), ("ccg_all", True, True, 4),
        ]
    ],
    *[
        ("IN5", {"in5_decision_rights": answer}, wanted)
        for wanted, answer in enumerate(
            ["provider", "delegated_wide", "joint_panel", "ccg_decides", "ccg_decides_and_employs_lead"]
        )
    ],
    *[
        ("IN6", {"in6_clinical_services": answer}, wanted)
        for wanted, answer in enumerate(
            ["sells_here_no_separation", "sells_here_separated", "sells_elsewhere", "advises_providers", "none"]
        )
    ],
    *[
        ("IN7", in7(*answer), wanted)
        for *answer, wanted in [
            ("none", 4), ("joint_commissioner", 0), ("host_or_regulator", "ringfenced_team", "ccg_veto", 0),
            ("host_or_regulator", "declaration", 1),
            ("host_or_regulator", "declaration", "ccg_veto", "ringfenced_team", 1),
            ("joint_commissioner", *BASE, 2), ("joint_commissioner", *BASE, "info_barrier_audit", 2),
            ("joint_commissioner", *BASE, "independent_chair", 3), ("joint_commissioner", *BASE, "ccg_veto", 3),
            ("joint_commissioner", *BASE, "independent_chair", "info_barrier_audit", 3),
            ("joint_commissioner", *BASE, "ccg_veto", "info_barrier_audit", 4),
        ]
    ],
    *[
        ("IN8", {"in8_surplus": answer}, wanted)
        for wanted, answer in enumerate(
            ["uncapped_distribution", "open_book_distribution", "capped_gainshare", "reinvested", "returned_to_ccgs"]
        )
    ],
]  # fmt: skip


@pytest.mark.parametrize(("name", "answers", "wanted"), ROWS)
def test_row(name: str, answers: dict[str, Any], wanted: int) -> None:
    judged = judge(name, **answers)
    assert judged.level == wanted
    assert judged.reason.startswith(f"Level {wanted}: ")
    assert judged.answer != "No answer"
    assert not judged.capped


def test_every_indicator_reaches_every_level() -> None:
    assert {(name, wanted) for name, _, wanted in ROWS} >= {(spec.id, n) for spec in indicators() for n in range(5)}


CAPPED = {"LA2", "LA3", "LA4", "LA5", "LA6", "LA7", "LA8", "IN2", "IN3", "IN4", "IN5", "IN8"}


@pytest.mark.parametrize(("name", "answers", "wanted"), ROWS)
def test_without_evidence_a_declared_answer_cannot_exceed_level_2(
    name: str, answers: dict[str, Any], wanted: int
) -> None:
    judged = judge(name, evidence=False, **answers)
    assert judged.level == (min(2, wanted) if name in CAPPED else wanted)
    assert judged.capped == (name in CAPPED and wanted > 2)
    assert ("Without evidence" in judged.reason) == judged.capped


@pytest.mark.parametrize("name", [spec.id for spec in indicators()])
def test_no_answer_is_level_0_and_said_so_but_a_missing_register_fact_is_held(name: str) -> None:
    judged = judge(name)
    assert not judged.answered
    if name in ("LA1", "IN1", "IN6"):
        assert (judged.level, judged.held) == (None, True)
        assert judged.reason.startswith("Held: ")
    else:
        assert (judged.level, judged.held, judged.reason) == (0, False, "No answer, which is level 0.")


def test_a_missing_part_counts_as_its_lowest_and_is_named() -> None:
    judged = judge("LA7", la7_foi="statutory", la7_complaints_days=5)
    assert judged.level == 2
    assert "Not answered: Attending the council's scrutiny committee" in judged.reason
    assert judge("IN2", in2_customer_notice_months=3).level == 1  # the penalty is not said, so it may be any
    assert judge("LA3", la3_local_fte_share="0.9").level == 3


def test_the_spend_share_of_the_buyers_ledger_goes_before_the_answer() -> None:
    told = {SHARE: "0.2", "provider_controlled_by_customer_ccgs": False}
    assert judge("IN1", Facts(support_spend_share=F(2, 3)), **told).level == 1
    assert judge("IN1", Facts(support_spend_share=F(2, 3))).level == 1
    assert judge("IN1", provider_controlled_by_customer_ccgs=True).level == 4
    assert judge("IN1", provider_controlled_by_customer_ccgs=False).held


@pytest.mark.parametrize(
    ("share", "wanted"), [(F(1), 4), (F(95, 100), 4), (F(9499, 10000), 3), (F(1, 2), 3), (F(4999, 10000), 2), (F(0), 2)]
)
def test_la1_is_checked_not_believed(share: F, wanted: int) -> None:
    facts = Facts(area=AreaFact("E06000009", share, share))
    for answer in ("multi_area_public_body", "own_ccg_or_hwb_body"):
        judged = judge("LA1", facts, la1_answerable_to=answer)
        assert judged.level == wanted
        assert "E06000009" in judged.reason
    # No area makes shareholders, a national or a regional body into something else.
    assert [
        judge("LA1", facts, la1_answerable_to=a).level for a in ("shareholders", "national_body", "regional_body")
    ] == [0, 1, 2]


def test_la1_is_held_where_the_register_leaves_the_level_open() -> None:
    register = AreaRegister({"A": {"E1": F(1)}, "B": {"E1": F(1, 10), "E2": F(9, 10)}})
    assert register.check("E1", [("A", 100), ("B", 100)]) == AreaFact("E1", F(11, 20), F(11, 20))
    open_level = register.check("E1", [("A", 100), (None, 100)])
    assert (open_level.low, open_level.high) == (F(1, 2), F(1))
    judged = judge("LA1", Facts(area=open_level), la1_answerable_to="own_ccg_or_hwb_body")
    assert (judged.level, judged.held) == (None, True)
    assert "a buyer without a code" in judged.reason
    # An unknown buyer that could not change the level holds nothing up.
    settled = register.check("E1", [("A", 100), ("Z", 3)])
    assert judge("LA1", Facts(area=settled), la1_answerable_to="own_ccg_or_hwb_body").level == 4
    unknown = register.check("E9", [("A", 100)])
    assert judge("LA1", Facts(area=unknown), la1_answerable_to="own_ccg_or_hwb_body").held


def test_stops() -> None:
    core, office = Facts(tiers=frozenset({"core", "middle"})), Facts(tiers=frozenset({"back_office"}))
    assert judge("IN4", office, in4_data_owner="provider").stop == "the provider would own the data"
    assert judge("IN4", office, in4_data_owner="licensed_back").stop is None
    assert judge("IN4", office).stop is not None
    conflict = {"in6_clinical_services": "sells_here_no_separation"}
    assert judge("IN6", core, **conflict).stop is not None
    assert judge("IN6", office, **conflict).stop is None
    assert judge("IN6", core).stop is None  # held: the register's gap stops nobody


@pytest.mark.parametrize(
    ("name", "answers", "path"),
    [
        ("LA1", {"la1_answerable_to": "the public"}, "answers.la1_answerable_to"),
        ("LA1", {"la1_answerable_to": 4}, "answers.la1_answerable_to"),
        ("LA1", {"la1_body_area_code": "Bexley"}, "answers.la1_body_area_code"),
        ("LA2", {"la2_veto": "yes"}, "answers.la2_veto"),
        ("LA2", {"la2_customer_ccg_vote_share": "1.01"}, "answers.la2_customer_ccg_vote_share"),
        ("LA2", {"la2_customer_ccg_vote_share": 0.5}, "answers.la2_customer_ccg_vote_share"),
        ("LA2", {"la2_customer_ccg_vote_share": True}, "answers.la2_customer_ccg_vote_share"),
        ("LA3", {"la3_named_lead_onsite_days_per_week": 8}, "answers.la3_named_lead_onsite_days_per_week"),
        ("LA4", {"la4_public_meetings_per_year": "2.5"}, "answers.la4_public_meetings_per_year"),
        ("LA4", {"la4_public_meetings_per_year": -1}, "answers.la4_public_meetings_per_year"),
        ("IN7", {"in7_safeguards": "declaration"}, "answers.in7_safeguards"),
        ("IN7", {"in7_safeguards": ["a promise"]}, "answers.in7_safeguards[0]"),
        ("IN7", {"in7_safeguards": ["declaration", "declaration"]}, "answers.in7_safeguards"),
        ("IN7", {"in7_safeguards": [[]]}, "answers.in7_safeguards[0]"),
    ],
)
def test_an_answer_that_is_not_allowed_is_refused_by_its_key(name: str, answers: dict[str, Any], path: str) -> None:
    with pytest.raises(ScoreFileError) as refused:
        judge(name, **answers)
    assert refused.value.path == path


def test_an_unknown_indicator_is_refused() -> None:
    with pytest.raises(PolicyError, match="LA9"):
        judge("LA9")


def test_answers_are_shown_in_words() -> None:
    assert judge("LA3", **la3("0.855", 1)).answer == (
        "Share of the staff (full-time equivalents) based in the buyer's area or a neighbour's: 85.5%; "
        "Days a week the named lead works with the buyer: 1"
    )
    assert (
        "Months of notice the buyer must give to leave early: The buyer cannot leave"
        in judge("IN2", **in2(None, 0, 6)).answer
    )
    assert judge("IN7", **in7("joint_commissioner", "ccg_veto", "declaration")).answer.endswith(
        "A declaration of interests, A veto of the group"
    )
