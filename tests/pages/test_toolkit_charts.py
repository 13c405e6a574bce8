"""Charts: exact geometry, and the numbers said beside the picture."""

import re
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.kit.settings import Settings
from marketplace.web import charts
from tests.toolkit_gallery import make_app


def test_parts_of_a_bar_lie_end_to_end() -> None:
    bar = charts.stacked_bar([124_000, 270_000, 255_000], 1_000_000)
    assert [(part.x, part.width, part.look) for part in bar.segments] == [(0, 124, 0), (124, 270, 1), (394, 255, 2)]


@settings(deadline=None)
@given(st.lists(st.integers(0, 333_333), min_size=1, max_size=3))
def test_rounding_leaves_no_gap_and_never_leaves_the_scale(parts: list[int]) -> None:
    segments = charts.stacked_bar(parts, 1_000_000).segments
    assert segments[0].x == 0
    assert all(a.x + a.width == b.x for a, b in pairwise(segments))
    assert all(part.width >= 0 for part in segments)
    end = segments[-1].x + segments[-1].width
    assert abs(end - Fraction(sum(parts), 1000)) <= Fraction(1, 2)


@pytest.mark.parametrize(("parts", "full"), [([-1], 10), ([6, 5], 10), ([1], 0)])
def test_parts_that_do_not_fit_are_an_error(parts: list[int], full: int) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        charts.stacked_bar(parts, full)


def test_bars_share_a_scale_with_the_line() -> None:
    low, high = charts.bars_to([50, 200], 100)
    assert low.mark == high.mark == 476  # 100 of 210
    assert (low.segments[0].width, low.segments[0].look) == (238, 0)
    assert (high.segments[0].width, high.segments[0].look) == (952, 1)  # above the line: another fill
    assert charts.bars_to([100], 100)[0].segments[0].look == 0  # at the ceiling is not above it
    assert charts.bars_to([0], None)[0].mark is None
    with pytest.raises(ValueError, match="negative"):
        charts.bars_to([-1], None)


def test_corners_of_the_triangle_are_whole_weights() -> None:
    drawn = charts.weight_triangle([[[[1, 0, 0], [0, 1, 0], [0, 0, 1]]]], [40, 30, 30])
    region = drawn.regions[0][0]
    assert region.points == drawn.outline == "2000,300 300,3244 3700,3244"
    assert drawn.mark == (2000, 2066)
    assert (region.label_x, region.label_y) == (2000, 2263)
    assert len(drawn.grid) == 12


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 10**6)] * 3).filter(any))
def test_any_weighting_lies_in_the_triangle_whatever_its_scale(weights: tuple[int, int, int]) -> None:
    x, y = charts.weight_triangle([], weights).mark
    assert 300 <= y <= 3244
    # left and right edges at that height, with a unit for rounding
    half = Fraction((y - 300) * 1700, 2944)
    assert 2000 - half - 2 <= x <= 2000 + half + 2
    fractions = [str(Fraction(weight, sum(weights))) for weight in weights]
    assert charts.weight_triangle([], fractions).mark == (x, y)


def test_small_regions_have_no_letter_and_bad_weights_are_an_error() -> None:
    sliver: list[list[str | int]] = [["1/2", "1/2", 0], ["1/2", "49/100", "1/100"], ["49/100", "1/2", "1/100"]]
    assert charts.weight_triangle([[sliver]], [1, 1, 1]).regions[0][0].label_x is None
    for weights in ([0, 0, 0], [-1, 1, 1]):
        with pytest.raises(ValueError, match="not a weighting"):
            charts.weight_triangle([], weights)


def test_letters_go_on_after_z() -> None:
    assert [charts.letter(number) for number in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AB",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_pictures_come_with_words_and_the_same_numbers() -> None:
    html = make_app(Settings()).test_client().get("/charts").text
    assert "<title>Fylde Shared Services: 64.9000 points</title>" in html
    assert "<desc>Cost 12.4000, Local accountability 27.0000, Independence 25.5000</desc>" in html
    assert re.search(r"<td[^>]*><span[^>]*>Cost</span>12\.4000</td>", html)
    assert "A, Fylde Shared Services: first in 52.39% of all weights." in html
    assert "Above the ceiling: excluded" in html
    assert "&lt;b&gt;markup&lt;/b&gt;" in html
    for svg in re.findall(r"<svg[^>]*>", html):
        assert 'role="img"' in svg or 'aria-hidden="true"' in svg
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
