"""One spelling for one value."""

from __future__ import annotations

import enum
import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.scoring.canonical import canonical_json, decimal_text, digest, fixed_text, rounded, sha256_hex


class Word(enum.StrEnum):
    OPEN = "open"


def test_keys_are_sorted_without_spaces_and_characters_kept() -> None:
    assert (
        canonical_json({"b": [1, True, None], "é": "£ \u2028", "a": {}}) == '{"a":{},"b":[1,true,null],"é":"£ \u2028"}'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("2.50"), '"2.5"'),
        (Decimal("1E+2"), '"100"'),
        (Decimal("-0.00"), '"0"'),
        (Decimal("0.000000000000000000001"), '"0.000000000000000000001"'),
        (Fraction(-1, 8), '"-0.125"'),
        (Fraction(3, 40), '"0.075"'),
        (Fraction(6, 3), '"2"'),
        (Word.OPEN, '"open"'),
        (date(2026, 11, 22), '"2026-11-22"'),
        (datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=1))), '"2026-07-01T11:00:00Z"'),
        (datetime(2026, 7, 1, 12, 0, 0, 5, tzinfo=UTC), '"2026-07-01T12:00:00.000005Z"'),
        ((1, "a"), '[1,"a"]'),
    ],
)
def test_spellings(value: Any, text: str) -> None:
    assert canonical_json(value) == text


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (0.5, TypeError),
        ({"a": [float("nan")]}, TypeError),
        ({1: "a"}, TypeError),
        (object(), TypeError),
        (b"bytes", TypeError),
        ({1, 2}, TypeError),
        (Fraction(1, 3), ValueError),
        (Decimal("NaN"), ValueError),
        (Decimal("Infinity"), ValueError),
        (Decimal("1E+999999"), ValueError),
        (datetime(2026, 7, 1, 12, 0), ValueError),  # noqa: DTZ001 - a time without a zone is the point
        ("\ud800", ValueError),
    ],
)
def test_what_has_no_one_spelling_is_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        canonical_json(value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(plain)
def test_reading_back_and_writing_again_gives_the_same(value: Any) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@settings(max_examples=60, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_decimals_and_fractions_are_spelt_alike(value: Decimal) -> None:
    assert decimal_text(value) == decimal_text(Fraction(value)) == fixed_text(int(value * 10**6), 6)
    assert Fraction(decimal_text(value)) == Fraction(value)


def test_rounding_is_half_up_away_from_zero() -> None:
    assert [rounded(Fraction(n, 200), 2) for n in (1, 3, -1)] == [Fraction(1, 100), Fraction(2, 100), Fraction(-1, 100)]


def test_digests() -> None:
    assert sha256_hex("é") == sha256_hex("é".encode()) == hashlib.sha256("é".encode()).hexdigest()
    assert digest({"b": 1, "a": Decimal("1.0")}) == hashlib.sha256(b'{"a":"1","b":1}').hexdigest()
