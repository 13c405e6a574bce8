"""The form of how bids are judged: formula, weights, the sixteen questions; from the stored choices and back."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marketplace import policy
from marketplace.needs.forms import DraftForm
from marketplace.scoring.canonical import decimal_text
from marketplace.web.fields import (
    BooleanField,
    FieldBase,
    Option,
    PercentField,
    RadioField,
    SelectField,
    TextField,
    WholeNumberField,
)
from marketplace.web.forms import PageForm, build_form


class WeightField(FieldBase):
    """The weight of one question: a decimal string ("0.5", "2") within the rubric's bounds."""

    defaults = {"inputmode": "decimal", "spellcheck": False, "width": "3"}

    def parse(self, text: str) -> str:
        bare = text.strip()
        low, high = policy.indicator_weight_bounds()
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", bare, re.ASCII) or not low <= Decimal(bare) <= high:
            raise ValueError(
                f"{self.named} must be a number from {low} to {high}, such as 0.5 or 2, in the digits 0 to 9"
            )
        return decimal_text(Decimal(bare))


FORMULA_OPTIONS = [
    Option(
        "ceiling",
        "Share below the ceiling (usual)",
        "A bid at the ceiling gets 0 points, a bid that costs nothing 100. What others bid changes nothing.",
    ),
    Option(
        "linear",
        "Between floor and ceiling",
        "A bid at your floor or below gets 100 points, a bid at the ceiling 0. Needs a floor.",
    ),
    Option(
        "monetised",
        "Points turned into pounds",
        "Quality is given a price in pounds and taken off the cost. The lowest result wins. Same order as the two "
        "above, shown in money.",
    ),
    Option(
        "lowest_ratio",
        "Share of the lowest bid (only if you are ordered to)",
        "The cheapest bid gets 100 points. A bid that cannot win can then still change who wins, so courts dislike it.",
    ),
]


def judging_form() -> type[PageForm]:
    """Formula, weights, and the sixteen questions with weight, least level and whether an answer is a must."""
    fields: list[tuple[str, Any]] = [
        ("formula", RadioField("Formula for the points for cost", choices=FORMULA_OPTIONS))
    ]
    fields.append(("ordered", BooleanField("We are ordered to use the share of the lowest bid")))
    fields.append(
        (
            "ordered_by",
            TextField("Who ordered it, and where that is written", called="who ordered it", optional=True, most=200),
        )
    )
    for criterion in policy.criteria():
        fields.append(
            (
                criterion.name,
                PercentField(
                    criterion.title,
                    called=f"the weight of {criterion.title.lower()}",
                    description=f"{criterion.explanation} From {criterion.lowest_weight} to "
                    f"{criterion.highest_weight} percent.",
                ),
            )
        )
    for criterion in policy.criteria()[1:]:
        fields.append(
            (
                f"threshold_{criterion.name}",
                WholeNumberField(
                    f"Least points for {criterion.title.lower()}",
                    optional=True,
                    least=1,
                    most=100,
                    description="Out of 100. A bid with fewer is excluded. Leave blank for none.",
                ),
            )
        )
    for spec in policy.indicators():
        fields.append((f"weight_{spec.id}", WeightField(f"Weight of {spec.id}", called=f"the weight of {spec.id}")))
        fields.append(
            (
                f"least_{spec.id}",
                SelectField(
                    f"Least level of {spec.id}",
                    prompt="",
                    choices=[("0", "none"), *((str(level), str(level)) for level in range(1, 5))],
                ),
            )
        )
        fields.append((f"must_{spec.id}", BooleanField(f"{spec.id} must be answered")))
    return build_form("JudgingForm", fields, base=DraftForm)


def judging_values(judging: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the form from the stored choices."""
    values: dict[str, Any] = {
        "formula": judging["formula"],
        "ordered": bool(judging["ordered_by"]),
        "ordered_by": judging["ordered_by"],
        **judging["weights"],
    }
    values |= {f"threshold_{name}": points for name, points in judging["thresholds"].items()}
    for spec in policy.indicators():
        values[f"weight_{spec.id}"] = judging["base_weights"][spec.id]
        values[f"least_{spec.id}"] = str(judging["min_levels"].get(spec.id, 0))
        values[f"must_{spec.id}"] = spec.id in judging["mandatory"]
    return values


def judging_from(form: PageForm) -> dict[str, Any]:
    """The choices to store, from a form that is valid."""
    data = form.data
    ids = [spec.id for spec in policy.indicators()]
    names = [criterion.name for criterion in policy.criteria()]
    ordered = data["formula"] == "lowest_ratio" and data["ordered"]
    return {
        "formula": data["formula"],
        "ordered_by": data["ordered_by"] if ordered else "",
        "weights": {name: data[name] for name in names},
        "thresholds": {name: data[f"threshold_{name}"] for name in names[1:] if data[f"threshold_{name}"]},
        "base_weights": {each: data[f"weight_{each}"] for each in ids},
        "min_levels": {each: int(data[f"least_{each}"]) for each in ids if int(data[f"least_{each}"] or 0)},
        "mandatory": [each for each in ids if data[f"must_{each}"]],
    }
