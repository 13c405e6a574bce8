"""Screens of prices: they ask questions and exclude nobody."""

from __future__ import annotations

from fractions import Fraction as F

from marketplace.scoring.screens import abnormally_low, collusion_hints


def test_a_price_a_fifth_below_the_mean_of_the_others_is_questioned_from_five_bids() -> None:
    prices = {"a": 80, "b": 100, "c": 100, "d": 100, "e": 100}
    assert abnormally_low(prices, below_mean=F(1, 5), fewest=5) == {"a": "it is far below the mean of the other bids"}
    assert abnormally_low(prices | {"a": 81}, below_mean=F(1, 5), fewest=5) == {}
    del prices["e"]
    assert abnormally_low(prices, below_mean=F(1, 5), fewest=5) == {}


def test_a_price_below_the_published_should_cost_is_questioned_however_few_bids() -> None:
    found = abnormally_low({"a": 89, "b": 90}, below_mean=F(1, 5), fewest=5, should_cost=90)
    assert found == {"a": "it is below the published should-cost"}
    assert abnormally_low({}, below_mean=F(1, 5), fewest=0) == {}


def hints(*prices: int) -> list[str]:
    named = {str(place): price for place, price in enumerate(prices)}
    return collusion_hints(named, variation=F(6, 100), distance=F(1), fewest=4)


def test_prices_close_together_with_the_cheapest_apart_raise_a_question_from_four_bids() -> None:
    assert hints(10000, 10300, 10310, 10320)  # variation 1.5 %, gap 300 against a spread of 10
    assert not hints(10300, 10310, 10320, 10330)  # close together, and the cheapest among them
    assert not hints(5000, 10300, 10310, 10320)  # the cheapest apart, and not close together
    assert not hints(10000, 10300, 10310)
    assert not hints(10000, 10000, 10000, 10000)
    assert not hints(0, 0, 0, 0)
