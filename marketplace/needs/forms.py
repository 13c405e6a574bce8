"""Forms of the short pages of a draft.

They parse and phrase, nothing else. Bounds of policy are checked by the actions.
"""

import re
from collections.abc import Sequence
from typing import Any

from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from marketplace import policy
from marketplace.identity.roles import KIND_NAMES, PROVIDERS
from marketplace.needs.method import Lot
from marketplace.web.fields import (
    CheckboxesField,
    DateField,
    HiddenField,
    LondonDateTimeField,
    Option,
    PoundsField,
    RadioField,
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
        "Title",
        most=160,
        description="What a provider sees in the list of needs, for example “HR and payroll for three years”.",
    )
    functions = CheckboxesField(
        "Which functions do you need?",
        missing="Choose at least one function",
        choices=[Option(each.code, each.name) for each in policy.functions()],
    )
    together = RadioField(
        "One provider or several?",
        missing="Choose whether one provider takes all of it",
        choices=[
            Option(
                "together",
                "One provider for all of it",
                "Bids price every function you ticked and are ranked as a whole.",
            ),
            Option(
                "separate",
                "Different providers may win different functions",
                "Each function becomes a lot of its own and is ranked on its own.",
            ),
        ],
    )
    term_years = WholeNumberField(
        "Term in years", least=1, most=99, description="How long the contract runs, for example 3."
    )
    starts_on = DateField(
        "Day the service starts", called="the day the service starts", description="For example 1 4 2028."
    )


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
        "Volumes",
        most=LONGEST_TEXT,
        description="How much there is to do. Numbers help most: people, sites, transactions a month, peaks.",
    )
    service_levels = LaterText(
        "Service levels",
        most=LONGEST_TEXT,
        description="How well and how fast, in numbers that can be checked.",
    )
    current_cost_pence = PoundsField(
        "What it costs you now, in pounds a year",
        called="the current cost",
        optional=True,
        description="Staff, licences and contracts together. Bidders see it; it lets them price with care.",
    )
    staff = LaterNumber(
        "Staff who would transfer",
        called="the number of staff who would transfer",
        most=100_000,
        description="People who would move to the provider by law (TUPE). Enter 0 if there are none.",
    )
    staff_note = TextAreaField(
        "About these staff",
        optional=True,
        most=LONGEST_TEXT,
        description="Grades, contracts and pension scheme. No names.",
    )
    data = TextAreaField(
        "Data",
        optional=True,
        most=LONGEST_TEXT,
        description="What data the provider takes over, in which form, and how sensitive they are.",
    )
    systems = TextAreaField(
        "Systems",
        optional=True,
        most=LONGEST_TEXT,
        description="Software and equipment in use, who holds the licences, what has to stay.",
    )


SERVICE_FIELDS = ("volumes", "service_levels", "current_cost_pence", "staff", "staff_note", "data", "systems")


class LinesField(TextAreaField):
    """Several short texts, one on a line.

    List[str]. A leading dash or bullet is taken away, blank lines are left out.
    """

    blank: Any = []

    def parse(self, text: str) -> Any:
        lines = super().parse(text).split("\n")
        return [line for line in (re.sub(r"^[\s\-•*–]+", "", each).strip() for each in lines) if line]

    def say(self, value: Any) -> str:
        return "\n".join(value)


class RequirementsForm(DraftForm):
    """Essential and nice-to-have requirements."""

    essential = LinesField(
        "Essential",
        called="the essential requirements",
        optional=True,
        description="One on a line. The provider must do these.",
    )
    nice = LinesField(
        "Nice to have",
        called="the nice-to-have requirements",
        optional=True,
        description="One on a line. Welcome, but a bid may do without them.",
    )


def budget_form(lots: Sequence[Lot], *, ask_population: bool) -> type[PageForm]:
    """Ceiling and floor of each lot; the people served where the register does not know them."""
    fields: list[tuple[str, Any]] = []
    if ask_population:
        fields.append(
            (
                "population",
                WholeNumberField(
                    "People you serve",
                    least=1,
                    most=100_000_000,
                    description="Patients registered with your practices. You are not in the register, so we "
                    "have to ask.",
                ),
            )
        )
    for lot in lots:
        name = f" of lot {lot.number}, {lot.name}" if len(lots) > 1 else ""
        fields.append(
            (
                f"ceiling_{lot.number}",
                PoundsField(
                    f"Ceiling{name}",
                    called=f"the ceiling{name}",
                    description="The most you would pay for the whole term, everything included. Dearer bids are "
                    "excluded. Bidders see it.",
                ),
            )
        )
        fields.append(
            (
                f"floor_{lot.number}",
                PoundsField(
                    f"Floor{name}",
                    called=f"the floor{name}",
                    optional=True,
                    description="Used only by two of the formulas: a bid at or below it earns all points for cost. "
                    "Leave it blank if unsure.",
                ),
            )
        )
    return build_form("BudgetForm", fields, base=DraftForm)


class DatesForm(DraftForm):
    """When questions end and when bidding closes."""

    length = RadioField(
        "How long is bidding open?",
        choices=[
            Option("1", "1 week from today"),
            Option("2", "2 weeks from today"),
            Option("own", "Until a day and time that I choose"),
        ],
    )
    closes_at = LondonDateTimeField(
        "The day and time, if you choose it (otherwise optional)",
        called="the closing time",
        optional=True,
        description="London time. A bid that arrives at this very second, or later, is too late. For example 14 3 "
        "2028, 12:00.",
    )
    questions_until = LondonDateTimeField(
        "Questions until",
        called="the last time for questions",
        optional=True,
        description="After it bidders cannot expect an answer. London time.",
    )
    accept = CheckboxesField("This closing time is unwise. Do you want it all the same?", optional=True)


class BiddersForm(DraftForm):
    """Who may bid."""

    mode = RadioField(
        "Who may bid?",
        choices=[
            Option("all", "Every provider", "The usual way: most choice for you, fairest to providers."),
            Option("kinds", "Only some kinds of provider"),
            Option(
                "invited",
                "Only providers that I invite",
                "They get a mail. The notice is still public; who is invited is not shown.",
            ),
        ],
    )
    kinds = CheckboxesField(
        "Kinds of provider",
        optional=True,
        choices=[Option(kind.value, KIND_NAMES[kind]) for kind in KIND_NAMES if kind in PROVIDERS],
    )
    invited = CheckboxesField("Providers to invite", optional=True)
