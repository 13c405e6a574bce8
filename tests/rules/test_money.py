"""Money typed by people becomes whole pence, or a sentence that says what to type instead."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.kit.money import MAX_PENCE, NotMoney, parse_pounds, pounds


@pytest.mark.parametrize(
    ("text", "pence"),
    [
        ("1250000", 125_000_000),
        ("1,250,000", 125_000_000),
        ("£1250000.50", 125_000_050),
        (" £ 1,250,000.50 ", 125_000_050),
        ("0", 0),
        ("0.01", 1),
        ("0.1", 10),
        ("99.5", 9_950),
        ("007", 700),
        ("10000000000000", MAX_PENCE),
    ],
)
def test_what_people_type_is_taken(text: str, pence: int) -> None:
    assert parse_pounds(text) == pence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Enter the fee in pounds, for example"),
        ("  ", "Enter the fee in pounds, for example"),
        ("£", "Enter the fee in pounds, for example"),
        ("-1", "The fee must not be negative"),
        ("−1", "The fee must not be negative"),
        ("£-1", "The fee must not be negative"),
        ("1.234", "at most two decimals"),
        ("1,000.000", "at most two decimals"),
        ("12,50", "commas in the fee before every three digits"),
        ("1,25,000", "commas in the fee before every three digits"),
        (",100", "commas in the fee before every three digits"),
        ("1e6", "using digits only"),
        ("1E6", "using digits only"),
        ("Infinity", "using digits only"),
        ("inf", "using digits only"),
        ("NaN", "using digits only"),
        ("sNaN", "using digits only"),
        ("0x10", "using digits only"),
        ("1_000", "using digits only"),
        ("1.", "using digits only"),
        (".5", "using digits only"),
        ("£££5", "using digits only"),
        ("5 pounds", "using digits only"),
        ("+5", "using digits only"),
        ("1\0", "using digits only"),
        ("１２５", "only look like them"),  # full-width
        ("٣٤", "only look like them"),  # Arabic-Indic
        ("1²", "only look like them"),
        ("10000000000000.01", "larger than this service can hold"),
        ("9" * 5000, "larger than this service can hold"),
    ],
)
def test_the_rest_is_refused_with_a_sentence_that_names_it(text: str, words: str) -> None:
    with pytest.raises(NotMoney) as caught:
        parse_pounds(text, "the fee")
    assert words in str(caught.value)
    assert "fee" in str(caught.value)


@settings(deadline=None)
@given(st.integers(0, MAX_PENCE))
def test_every_amount_that_is_shown_can_be_typed_back(pence: int) -> None:
    assert parse_pounds(pounds(pence)) == pence
    assert parse_pounds(pounds(pence, exact=True)) == pence


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_an_amount_in_range_or_a_sentence(text: str) -> None:
    try:
        pence = parse_pounds(text)
    except NotMoney as refusal:
        said = str(refusal)
    else:
        said = "pence"
        assert 0 <= pence <= MAX_PENCE
        assert text.isascii() or "£" in text
    assert said == "pence" or len(said) > 20


def test_saying_money() -> None:
    assert pounds(125_000_000) == "£1,250,000"
    assert pounds(125_000_050) == "£1,250,000.50"
    assert pounds(0) == "£0"
    assert pounds(0, exact=True) == "£0.00"
    assert pounds(-5) == "−£0.05"
