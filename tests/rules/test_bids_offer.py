"""The offer's document, the draft, the envelope and the judging, from values alone."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import policy
from marketplace.bids import draft, judging, offer, rules
from marketplace.bids.envelope import EnvelopeError, seal, unseal
from marketplace.bids.offer import OfferError
from marketplace.identity.models import Standing
from marketplace.identity.roles import Kind
from marketplace.identity.viewer import PUBLIC_VIEWER, Viewer
from marketplace.needs import method
from marketplace.needs.method import Lot
from marketplace.needs.states import Stage
from marketplace.scoring.canonical import sha256_hex
from marketplace.scoring.facts import Facts

METHOD = method.build(
    title="Back office",
    population=145_000,
    term_years=3,
    judging=method.default_judging(),
    lots=(Lot(1, ("hr",), 60_000_000), Lot(2, ("it", "finance"), 90_000_000)),
)
LINE = {
    "prices_pence": [10_000_000, 10_000_000, 10_000_000],
    "index": "0.025",
    "vat_rate": "0.2",
    "vat_recoverable_share": "0.8",
    "vat_confirmed_by": "Pat Ledger",
}
COSTS = {
    "mobilisation_pence": 500_000,
    "tupe_redundancy_pension_pence": 0,
    "transition_double_running_pence": 100_000,
    "exit_pence": 0,
    "client_side_pence_per_year": 300_000,
}
DOCUMENT: dict[str, Any] = {
    "form": 1,
    "lots": {"1": {"lines": {"hr": LINE}, **COSTS}},
    "answers": {
        "la1_answerable_to": "own_ccg_or_hwb_body",
        "la2_this_ccg_seat": "voting",
        "la6_open_book": "quarterly_with_audit_right",
        "in4_data_owner": "ccg_all",
        "in6_clinical_services": "none",
        "la3_local_fte_share": "0.65",
        "in2_customer_notice_months": None,
        "in7_safeguards": ["ccg_veto", "declaration"],
    },
    "evidence": {"LA2": {"kind": "link", "url": "https://example.org/minutes"}},
    "organisation": {"ceases_months": None},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The document with one part replaced (or, with `...`, taken out)."""
    document = deepcopy(DOCUMENT)
    part: Any = document
    *way, last = path.split("/")
    for step in way:
        part = part[int(step)] if isinstance(part, list) else part[step]
    if value is ...:
        del part[last]
    else:
        part[int(last) if isinstance(part, list) else last] = value
    return document


def test_a_document_becomes_values() -> None:
    found = offer.parse(DOCUMENT)
    assert found.lots[1].lines["hr"].prices_pence == (10_000_000,) * 3
    assert str(found.lots[1].lines["hr"].index) == "0.025"
    assert found.answers["in2_customer_notice_months"] is None
    assert found.answers["in7_safeguards"] == ["declaration", "ccg_veto"]
    assert found.evidence["LA2"].url == "https://example.org/minutes"


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("form", 2, "form"),
        ("lots", {}, "lots"),
        ("lots/1/lines", {}, "lots.1.lines"),
        ("lots/x", {}, "lots.x"),
        ("lots/1/lines/hr/prices_pence/1", 12.5, "lots.1.lines.hr.prices_pence[1]"),
        ("lots/1/lines/hr/prices_pence/1", -1, "lots.1.lines.hr.prices_pence[1]"),
        ("lots/1/lines/hr/prices_pence/0", True, "lots.1.lines.hr.prices_pence[0]"),
        ("lots/1/lines/hr/prices_pence/0", None, "lots.1.lines.hr.prices_pence[0]"),
        ("lots/1/lines/hr/prices_pence", [], "lots.1.lines.hr.prices_pence"),
        ("lots/1/lines/hr/index", "NaN", "lots.1.lines.hr.index"),
        ("lots/1/lines/hr/index", 0.025, "lots.1.lines.hr.index"),
        ("lots/1/lines/hr/vat_rate", "1.2", "lots.1.lines.hr.vat_rate"),
        ("lots/1/lines/hr/vat_rate", "٢", "lots.1.lines.hr.vat_rate"),
        ("lots/1/lines/hr/vat_confirmed_by", "", "lots.1.lines.hr.vat_confirmed_by"),
        ("lots/1/lines/hr/vat_rate", ..., "lots.1.lines.hr.vat_rate"),
        ("lots/1/lines/cooking", LINE, "lots.1.lines.cooking"),
        ("lots/1/discount_pence", 1, "lots.1.discount_pence"),
        ("lots/1/exit_pence", ..., "lots.1.exit_pence"),
        ("answers/la6_open_book", "always", "answers.la6_open_book"),
        ("answers/la9_something", True, "answers.la9_something"),
        (
            "answers/in1_share_of_ccg_support_spend_after_award",
            "0.1",
            "answers.in1_share_of_ccg_support_spend_after_award",
        ),
        ("answers/la2_veto", "yes", "answers.la2_veto"),
        ("answers/la3_local_fte_share", "1.01", "answers.la3_local_fte_share"),
        ("answers/la1_body_area_code", "here", "answers.la1_body_area_code"),
        ("answers/la6_open_book", None, "answers.la6_open_book"),
        ("evidence/LA2", {"kind": "word"}, "evidence.LA2.kind"),
        ("evidence/LA9", {"kind": "link", "url": "https://a.example"}, "evidence.LA9"),
        ("organisation/ceases_months", "12", "organisation.ceases_months"),
        ("extra", 1, "extra"),
    ],
)
def test_what_is_wrong_is_named(path: str, value: Any, where: str) -> None:
    with pytest.raises(OfferError) as caught:
        offer.parse(changed(path, value))
    assert caught.value.path == where


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["form", "lots", "1", "lines", "hr", "answers"]) | st.text(max_size=5),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=100, deadline=None)
def test_nothing_else_is_raised(document: Any) -> None:
    with pytest.raises(OfferError):
        offer.parse(document)


def test_an_envelope_opens_only_as_what_it_is() -> None:
    names = {"need_id": "n1", "organisation_id": "o1"}
    sealed = seal(DOCUMENT, **names, method_hash="m")
    assert sealed.digest == sha256_hex(sealed.content)
    document, found = unseal(sealed.content, sealed.digest, **names)
    assert document == DOCUMENT
    assert found == offer.parse(DOCUMENT)
    assert seal(DOCUMENT, **names, method_hash="m").digest != sealed.digest  # the salt: equal prices, different digests
    for content, digest, who in (
        (sealed.content.replace("10000000", "10000001"), sealed.digest, names),
        (sealed.content, sha256_hex("x"), names),
        (sealed.content, sealed.digest, {**names, "organisation_id": "o2"}),
        (sealed.content, sealed.digest, {**names, "need_id": "n2"}),
        ("[]", sha256_hex("[]"), names),
        ("{", sha256_hex("{"), names),
    ):
        with pytest.raises(EnvelopeError) as caught:
            unseal(content, digest, **who)
        assert "10000000" not in str(caught.value)
    with pytest.raises(OfferError):
        seal(changed("lots", {}), **names, method_hash="m")


def test_a_draft_becomes_the_offer_when_nothing_is_missing() -> None:
    content = draft.blank(METHOD, {"la2_veto": True}, {"contact_name": "Pat"})
    assert {gap.page for gap in draft.missing(content, METHOD)} == {
        "lots/1",
        "lots/2",
        "organisation",
        "answers/accountability-1",
        "answers/independence-2",
    }
    content["lots"] = {
        "1": {"offered": True, "lines": {"hr": LINE}, **COSTS},
        "2": {"offered": False, "lines": {"it": LINE}},
    }
    content["organisation"]["ceases"] = "no"
    content["prefilled"] = []
    content["answers"] = deepcopy(DOCUMENT["answers"])
    content["evidence"] = deepcopy(DOCUMENT["evidence"])
    assert draft.missing(content, METHOD) == []
    found = draft.complete(content, METHOD)
    assert found is not None
    assert (
        found["lots"] == DOCUMENT["lots"]
    )  # the lot that is not offered is left out, what was typed in it stays in the draft
    assert offer.parse(found).organisation.contact_name == "Pat"


@pytest.mark.parametrize(
    ("change", "page", "words"),
    [
        ({"offered": None}, "lots/1", "say whether you offer it"),
        ({"lines": {"hr": {**LINE, "prices_pence": [1, None]}}}, "lots/1", "year 2, 3"),
        ({"lines": {"hr": {**LINE, "vat_confirmed_by": ""}}}, "lots/1", "who confirmed the VAT"),
        ({"exit_pence": None}, "lots/1/costs", "Exit"),
        ({"offered": False}, "lots/1", "at least one lot"),
    ],
)
def test_each_gap_is_named_with_its_page(change: dict[str, Any], page: str, words: str) -> None:
    content = draft.blank(METHOD, {}, {})
    content["lots"] = {
        "1": {"offered": True, "lines": {"hr": LINE}, **COSTS, **change},
        "2": {"offered": False, "lines": {}},
    }
    content["organisation"]["ceases"] = "no"
    content["answers"] = deepcopy(DOCUMENT["answers"])
    (gap,) = draft.missing(content, METHOD)
    assert gap.page == page
    assert words in gap.text
    assert draft.complete(content, METHOD) is None


def test_a_bid_is_judged_by_hand() -> None:
    """£100,000 a year for 3 years, rising 2.5 %, with 4 % of VAT that stays with the buyer, and the costs beside it."""
    judgement = judging.judge(offer.parse(DOCUMENT), METHOD, 1, Facts(tiers=frozenset({"back_office"})))
    burden = 1 + Fraction("0.2") * Fraction("0.2")
    exact = 10_000_000 * (1 + Fraction("1.025") + Fraction("1.025") ** 2) * burden + 500_000 + 100_000 + 3 * 300_000
    assert judgement.cost.total == round(exact)
    rows = {row.id: row for row in judgement.rows}
    assert (rows["LA1"].level, rows["LA2"].level, rows["LA2"].capped) == (4, 3, False)  # LA2 has a link
    assert (rows["LA6"].level, rows["LA6"].capped) == (2, True)  # a declared answer without evidence
    assert rows["IN1"].held
    assert (rows["LA8"].level, rows["LA8"].answered) == (0, False)
    entry = judging.score_file_bid(judgement, "b")
    assert (entry["levels"]["IN1"], entry["levels"]["LA8"], entry["levels"]["LA6"]) == (None, None, 2)
    assert entry["fail"] == []
    assert judging.next_level(rows["LA6"]) == "Add evidence: a document or a link."
    assert judging.next_level(rows["LA2"]) == policy.indicator("LA2").levels[4]
    assert judging.next_level(rows["LA1"]) is None


def test_the_estimate_is_the_engines_own() -> None:
    judgement = judging.judge(offer.parse(DOCUMENT), METHOD, 1, Facts(tiers=frozenset({"back_office"})))
    found = judging.estimate(judgement, METHOD)
    share = Fraction(60_000_000 - judgement.cost.total, 60_000_000)
    assert Fraction(found.scores["cost"]) == Fraction(round(share * 10_000), 100)
    assert Fraction(found.points["cost"]) == Fraction(found.scores["cost"]) * found.weights["cost"] / 100
    assert found.bounds is not None  # IN1 is held
    assert Fraction(found.bounds[0]) < Fraction(found.bounds[1])


def test_stops_and_excess_are_told_before_submission() -> None:
    document = changed("lots/1/lines/hr/prices_pence", [30_000_000] * 3)
    document["answers"]["in4_data_owner"] = "provider"
    document["organisation"]["ceases_months"] = 35
    judgement = judging.judge(offer.parse(document), METHOD, 1, Facts(tiers=frozenset({"back_office"})))
    assert judgement.fail == ("the provider ceases to exist before the term ends",)
    reasons = " ".join(judging.estimate(judgement, METHOD).reasons)
    assert "above the ceiling" in reasons
    assert "IN4" in reasons
    assert "ceases" in reasons
    document["organisation"]["ceases_months"] = 36
    assert judging.judge(offer.parse(document), METHOD, 1, Facts()).fail == ()


def test_a_lot_without_every_function_is_excluded() -> None:
    document = changed("lots/2", {"lines": {"it": LINE}, **COSTS})
    assert "Finance" in judging.judge(offer.parse(document), METHOD, 2, Facts()).fail[0]


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class _Need:
    stage = Stage.OPEN
    closes_at: datetime | None = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("viewer", "standing", "bidders", "now", "bar"),
    [
        (Viewer(user_id="u", organisation_id="p", kind=Kind.PRIVATE), Standing.ACTIVE, {}, NOW, None),
        (PUBLIC_VIEWER, None, {}, NOW, rules.Bar.SIGN_IN),
        (PUBLIC_VIEWER, None, {}, NOW + timedelta(hours=1), rules.Bar.CLOSED),
        (Viewer(user_id="u", organisation_id="b", kind=Kind.CCG), Standing.ACTIVE, {}, NOW, rules.Bar.OWN_NEED),
        (Viewer(user_id="u", organisation_id="c", kind=Kind.CCG), Standing.ACTIVE, {}, NOW, rules.Bar.NOT_PROVIDER),
        (
            Viewer(user_id="u", organisation_id="o", kind=Kind.OPERATOR),
            Standing.ACTIVE,
            {},
            NOW,
            rules.Bar.NOT_PROVIDER,
        ),
        (Viewer(user_id="u", organisation_id="p", kind=Kind.COUNCIL), Standing.WAITING, {}, NOW, rules.Bar.WAITING),
        (Viewer(user_id="u", organisation_id="p", kind=Kind.COUNCIL), Standing.OFF, {}, NOW, rules.Bar.OFF),
        (
            Viewer(user_id="u", organisation_id="p", kind=Kind.PRIVATE),
            Standing.ACTIVE,
            {"mode": "kinds", "kinds": ["council"]},
            NOW,
            rules.Bar.KIND,
        ),
        (
            Viewer(user_id="u", organisation_id="p", kind=Kind.PRIVATE),
            Standing.ACTIVE,
            {"mode": "invited", "invited": ["q"]},
            NOW,
            rules.Bar.NOT_INVITED,
        ),
        (
            Viewer(user_id="u", organisation_id="q", kind=Kind.PRIVATE),
            Standing.ACTIVE,
            {"mode": "invited", "invited": ["q"]},
            NOW,
            None,
        ),
    ],
)
def test_the_exact_reason_why_not(
    viewer: Viewer, standing: Standing | None, bidders: dict[str, Any], now: datetime, bar: rules.Bar | None
) -> None:
    found = rules.why_not(viewer, _Need(), now, buyer_id="b", bidders=bidders, standing=standing)
    assert (found.bar if found else None) == bar
    if found:
        assert all(text.endswith((".", "?")) for text in (found.what, found.why, found.next_step))
