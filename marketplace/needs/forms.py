"""Forms of the short pages of a draft: they parse and phrase, nothing else. Bounds of policy are checked by the actions."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from marketplace import policy
from marketplace.identity.roles import KIND_NAMES, PROVIDERS
from marketplace.needs.method import Lot
from marketplace.scoring.canonical import decimal_text
from marketplace.web.fields import (
    BooleanField,
    CheckboxesField,
    DateField,
    FieldBase,
    FileField,
    HiddenField,
    LondonDateTimeField,
    Option,
    PercentField,
    PoundsField,
    RadioField,
    SelectField,
    TextAreaField,
    TextField,
    WholeNumberField,
)
from marketplace.web.forms import PageForm, build_form

LONGEST_TEXT = 6000  # characters of one description: about two pages; more belongs into a document


class DraftForm(PageForm):
    """A page of a draft. `seen` is the mark of what was stored when the page was opened."""

    seen = HiddenField()


class WhatForm(DraftForm):
    """What is needed: title, functions, lots, term, start."""

    title = TextField(
        "Title", most=160, description="What a provider sees in the list of needs, for example “HR and payroll for three years”."
    )
    functions = CheckboxesField(
        "Which functions do you need?", missing="Choose at least one function",
        choices=[Option(each.code, each.name) for each in policy.functions()],
    )
    together = RadioField(
        "One provider or several?", missing="Choose whether one provider takes all of it",
        choices=[
            Option("together", "One provider for all of it", "Bids price every function you ticked and are ranked as a whole."),
            Option("separate", "Different providers may win different functions", "Each function becomes a lot of its own and is ranked on its own."),
        ],
    )
    term_years = WholeNumberField("Term in years", least=1, most=99, description="How long the contract runs, for example 3.")
    starts_on = DateField("Day the service starts", called="the day the service starts", description="For example 1 4 2028.")


class Later:
    """A field that may be saved empty but is needed for publication, so it is not called optional."""

    def pre_validate(self, form: BaseForm) -> None:
        if self.is_blank():  # type: ignore[attr-defined]
            raise StopValidation("")


class LaterText(Later, TextAreaField):
    """A description that can wait."""


class LaterNumber(Later, WholeNumberField):
    """A number that can wait."""


class ServiceForm(DraftForm):
    """What is asked of one function. Everything may be left for later; the task list says what is still missing."""

    volumes = LaterText(
        "Volumes", most=LONGEST_TEXT,
        description="How much there is to do. Numbers help most: people, sites, transactions a month, peaks.",
    )
    service_levels = LaterText(
        "Service levels", most=LONGEST_TEXT, description="How well and how fast, in numbers that can be checked.",
    )
    current_cost_pence = PoundsField(
        "What it costs you now, in pounds a year", called="the current cost", optional=True,
        description="Staff, licences and contracts together. Bidders see it; it lets them price with care.",
    )
    staff = LaterNumber(
        "Staff who would transfer", called="the number of staff who would transfer", most=100_000,
        description="People who would move to the provider by law (TUPE). Enter 0 if there are none.",
    )
    staff_note = TextAreaField(
        "About these staff", optional=True, most=LONGEST_TEXT, description="Grades, contracts and pension scheme. No names.",
    )
    data = TextAreaField(
        "Data", optional=True, most=LONGEST_TEXT, description="What data the provider takes over, in which form, and how sensitive they are.",
    )
    systems = TextAreaField(
        "Systems", optional=True, most=LONGEST_TEXT, description="Software and equipment in use, who holds the licences, what has to stay.",
    )


SERVICE_FIELDS = ("volumes", "service_levels", "current_cost_pence", "staff", "staff_note", "data", "systems")


class LinesField(TextAreaField):
    """Several short texts, one on a line: list[str]. A leading dash or bullet is taken away, blank lines are left out."""

    blank: Any = []

    def parse(self, text: str) -> Any:
        lines = super().parse(text).split("\n")
        return [line for line in (re.sub(r"^[\s\-•*–]+", "", each).strip() for each in lines) if line]

    def say(self, value: Any) -> str:
        return "\n".join(value)


class RequirementsForm(DraftForm):
    """Essential and nice-to-have requirements."""

    essential = LinesField("Essential", called="the essential requirements", optional=True, description="One on a line. The provider must do these.")
    nice = LinesField("Nice to have", called="the nice-to-have requirements", optional=True, description="One on a line. Welcome, but a bid may do without them.")


def budget_form(lots: Sequence[Lot], *, ask_population: bool) -> type[PageForm]:
    """Ceiling and floor of each lot; the people served where the register does not know them."""
    fields: list[tuple[str, Any]] = []
    if ask_population:
        fields.append(("population", WholeNumberField(
            "People you serve", least=1, most=100_000_000,
            description="Patients registered with your practices. You are not in the register, so we have to ask.",
        )))
    for lot in lots:
        name = f" of lot {lot.number}, {lot.name}" if len(lots) > 1 else ""
        fields.append((f"ceiling_{lot.number}", PoundsField(
            f"Ceiling{name}", called=f"the ceiling{name}",
            description="The most you would pay for the whole term, everything included. Dearer bids are excluded. Bidders see it.",
        )))
        fields.append((f"floor_{lot.number}", PoundsField(
            f"Floor{name}", called=f"the floor{name}", optional=True,
            description="Used only by two of the formulas: a bid at or below it earns all points for cost. Leave it blank if unsure.",
        )))
    return build_form("BudgetForm", fields, base=DraftForm)


class WeightField(FieldBase):
    """The weight of one question: a decimal string ("0.5", "2") within the rubric's bounds."""

    defaults = {"inputmode": "decimal", "spellcheck": False, "width": "3"}

    def parse(self, text: str) -> str:
        bare = text.strip()
        low, high = policy.indicator_weight_bounds()
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", bare, re.ASCII) or not low <= Decimal(bare) <= high:
            raise ValueError(f"{self.named} must be a number from {low} to {high}, such as 0.5 or 2, in the digits 0 to 9")
        return decimal_text(Decimal(bare))


FORMULA_OPTIONS = [
    Option("ceiling", "Share below the ceiling (usual)", "A bid at the ceiling gets 0 points, a bid that costs nothing 100. What others bid changes nothing."),
    Option("linear", "Between floor and ceiling", "A bid at your floor or below gets 100 points, a bid at the ceiling 0. Needs a floor."),
    Option("monetised", "Points turned into pounds", "Quality is given a price in pounds and taken off the cost. The lowest result wins. Same order as the two above, shown in money."),
    Option("lowest_ratio", "Share of the lowest bid (only if you are ordered to)", "The cheapest bid gets 100 points. A bid that cannot win can then still change who wins, so courts dislike it."),
]


def judging_form() -> type[PageForm]:
    """Formula, weights, and the sixteen questions with weight, least level and whether an answer is a must."""
    fields: list[tuple[str, Any]] = [("formula", RadioField("Formula for the points for cost", choices=FORMULA_OPTIONS))]
    fields.append(("ordered", BooleanField("We are ordered to use the share of the lowest bid")))
    fields.append(("ordered_by", TextField("Who ordered it, and where that is written", called="who ordered it", optional=True, most=200)))
    for criterion in policy.criteria():
        fields.append((criterion.name, PercentField(
            criterion.title, called=f"the weight of {criterion.title.lower()}",
            description=f"{criterion.explanation} From {criterion.lowest_weight} to {criterion.highest_weight} percent.",
        )))
    for criterion in policy.criteria()[1:]:
        fields.append((f"threshold_{criterion.name}", WholeNumberField(
            f"Least points for {criterion.title.lower()}", optional=True, least=1, most=100,
            description="Out of 100. A bid with fewer is excluded. Leave blank for none.",
        )))
    for spec in policy.indicators():
        fields.append((f"weight_{spec.id}", WeightField(f"Weight of {spec.id}", called=f"the weight of {spec.id}")))
        fields.append((f"least_{spec.id}", SelectField(
            f"Least level of {spec.id}", prompt="", choices=[("0", "none"), *((str(level), str(level)) for level in range(1, 5))],
        )))
        fields.append((f"must_{spec.id}", BooleanField(f"{spec.id} must be answered")))
    return build_form("JudgingForm", fields, base=DraftForm)


def judging_values(judging: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the form from the stored choices."""
    values: dict[str, Any] = {
        "formula": judging["formula"], "ordered": bool(judging["ordered_by"]), "ordered_by": judging["ordered_by"], **judging["weights"],
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
        "formula": data["formula"], "ordered_by": data["ordered_by"] if ordered else "",
        "weights": {name: data[name] for name in names},
        "thresholds": {name: data[f"threshold_{name}"] for name in names[1:] if data[f"threshold_{name}"]},
        "base_weights": {each: data[f"weight_{each}"] for each in ids},
        "min_levels": {each: int(data[f"least_{each}"]) for each in ids if int(data[f"least_{each}"] or 0)},
        "mandatory": [each for each in ids if data[f"must_{each}"]],
    }


class DatesForm(DraftForm):
    """When questions end and when bidding closes."""

    length = RadioField(
        "How long is bidding open?",
        choices=[
            Option("1", "1 week from today"), Option("2", "2 weeks from today"),
            Option("own", "Until a day and time that I choose"),
        ],
    )
    closes_at = LondonDateTimeField(
        "The day and time, if you choose it (otherwise optional)", called="the closing time", optional=True,
        description="London time. A bid that arrives at this very second, or later, is too late. For example 14 3 2028, 12:00.",
    )
    questions_until = LondonDateTimeField(
        "Questions until", called="the last time for questions", optional=True, description="After it bidders cannot expect an answer. London time.",
    )
    accept = CheckboxesField("This closing time is unwise. Do you want it all the same?", optional=True)


class BiddersForm(DraftForm):
    """Who may bid."""

    mode = RadioField(
        "Who may bid?",
        choices=[
            Option("all", "Every provider", "The usual way: most choice for you, fairest to providers."),
            Option("kinds", "Only some kinds of provider"),
            Option("invited", "Only providers that I invite", "They get a mail. The notice is still public; who is invited is not shown."),
        ],
    )
    kinds = CheckboxesField(
        "Kinds of provider", optional=True, choices=[Option(kind.value, KIND_NAMES[kind]) for kind in KIND_NAMES if kind in PROVIDERS],
    )
    invited = CheckboxesField("Providers to invite", optional=True)


class DocumentForm(PageForm):
    """A file for bidders."""

    title = TextField("Title of the document", most=120, description="The same title again makes a new version, for example “Staff list”.")
    file = FileField("File", called="the document")


class ApprovalForm(PageForm):
    """Asking the approvers."""

    note = TextAreaField("Note to the approver", optional=True, most=2000, description="What they should look at, if anything.")


class SendBackForm(PageForm):
    """Sending a need back to its drafter."""

    reason = TextAreaField("What has to change?", called="what has to change", most=2000)


class PublishForm(PageForm):
    """The last step before everybody can read it."""

    sure = BooleanField(
        "I have read the preview and may approve this need", must=True, missing="Tick that you have read the preview and may approve this need"
    )


class ConfirmForm(PageForm):
    """A button that asks once more."""


def ledger_form(rows: int) -> type[PageForm]:
    """The ledger with so many rows: provider, function, pounds a year; and the tick that it is complete."""
    choices = [(each.code, each.name) for each in policy.functions()]
    fields: list[tuple[str, Any]] = []
    for row in range(1, rows + 1):
        fields.append((f"provider_{row}", TextField(f"Provider, line {row}", optional=True, most=200)))
        fields.append((f"function_{row}", SelectField(f"Function, line {row}", optional=True, choices=choices)))
        fields.append((f"pounds_{row}", PoundsField(f"Pounds a year, line {row}", optional=True)))
    fields.append(("complete", BooleanField("These lines are all our spending on support")))
    return build_form("LedgerForm", fields, base=DraftForm)


def simulator_form(indicators: Sequence[Mapping[str, Any]], bids: Sequence[str]) -> type[PageForm]:
    """Price and levels of made-up bids."""
    fields: list[tuple[str, Any]] = []
    for bid in bids:
        fields.append((f"price_{bid}", PoundsField(f"Evaluated cost of bid {bid}", called=f"the evaluated cost of bid {bid}")))
    for row in indicators:
        for bid in bids:
            fields.append((f"{row['id']}_{bid}", SelectField(
                f"{row['id']} of bid {bid}", prompt="", choices=[(str(level), str(level)) for level in range(5)],
            )))

    class Meta(PageForm.Meta):
        """Sent by GET: it changes nothing."""

        csrf = False

    form = build_form("SimulatorForm", fields)
    form.Meta = Meta
    return form
