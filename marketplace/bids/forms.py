"""Forms of the short pages of a bid's draft: they parse and phrase, nothing else. Everything may be left for later."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from wtforms.validators import ValidationError

from marketplace import policy
from marketplace.bids.draft import LINE_PARTS, fixed_client_side
from marketplace.bids.offer import CLIENT_SIDE, ONE_OFFS
from marketplace.scoring.canonical import decimal_text
from marketplace.web.fields import (
    DecimalPercentField,
    EmailField,
    FieldBase,
    FileField,
    FormKey,
    HiddenField,
    Option,
    PoundsField,
    RadioField,
    TextAreaField,
    TextField,
    WholeNumberField,
)
from marketplace.web.forms import PageForm, build_form


class DraftForm(PageForm):
    """A page of a draft. `revision` is that of the draft when the page was opened. A gap is no error here: the check
    page lists gaps.
    """

    revision = HiddenField()
    stored_data: Mapping[str, Any] = {}  # what the page was filled with, to compare with what is stored by then

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether what was typed can be read; blanks are let through."""
        asked = [field for field in self if isinstance(field, FieldBase) and not field.optional]
        for field in asked:
            field.optional = True
        try:
            return bool(super().validate(extra_validators))
        finally:
            for field in asked:
                field.optional = False  # so that its label does not call it optional

    @property
    def seen(self) -> int:
        """The revision that the page was opened with; -1 when it was lost, which counts as changed."""
        text = str(self.revision.data or "")
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else -1


def price_form(lot: Mapping[str, Any]) -> type[DraftForm]:
    """The page of a lot's prices: whether it is offered, and for each function a price a year, index, VAT and who
    confirmed it.
    """
    years = lot["score_file"]["term_years"]
    fields: list[tuple[str, Any]] = [
        (
            "offered",
            RadioField(
                "Do you offer this lot?",
                missing="Say whether you offer this lot",
                choices=(
                    Option("yes", "Yes"),
                    Option("no", "No", "What you typed below is kept, but is no part of your bid."),
                ),
            ),
        ),
    ]
    for code in lot["functions"]:
        name = policy.function(code).name
        fields += [
            (
                f"price_{code}_{year}",
                PoundsField(f"{name}: price in year {year}", called=f"the price of {name} in year {year}"),
            )
            for year in range(1, years + 1)
        ]
        fields += _line_fields(code, name)
    return make_form("PriceForm", fields)


def _line_fields(code: str, name: str) -> list[tuple[str, Any]]:
    def percent(label: str, called: str, hint: str) -> DecimalPercentField:
        return DecimalPercentField(label, called=f"{called} for {name}", description=hint)

    return [
        (
            f"index_{code}",
            percent(
                "Yearly price increase",
                "the yearly price increase",
                "Put on the prices above from the second year on, once a year. Enter 0 if your prices are fixed.",
            ),
        ),
        (
            f"vat_rate_{code}",
            percent("VAT rate", "the VAT rate", "The rate that you will charge. Enter 0 if you charge none."),
        ),
        (
            f"vat_recoverable_share_{code}",
            percent(
                "Share of that VAT that the buyer gets back",
                "the share of VAT that the buyer gets back",
                "0 if none, 100 if all. Only VAT that stays with the buyer counts as cost.",
            ),
        ),
        (
            f"vat_confirmed_by_{code}",
            TextField(
                "Who confirmed the VAT",
                called=f"who confirmed the VAT for {name}",
                most=200,
                description="Name and position. Nothing is assumed from what kind of organisation you are.",
            ),
        ),
    ]


def price_values(form: DraftForm, lot: Mapping[str, Any]) -> dict[str, Any]:
    """What a valid price form stores in the draft's lot."""
    years = range(1, lot["score_file"]["term_years"] + 1)
    lines = {}
    for code in lot["functions"]:
        lines[code] = {
            "prices_pence": [form[f"price_{code}_{year}"].data for year in years],
            **{part: as_text(form[f"{part}_{code}"].data) for part in LINE_PARTS},
        }
    said = form["offered"].data
    return {"offered": said == "yes" if said else None, "lines": lines}


def price_data(stored: Mapping[str, Any], lot: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a price form for what is stored."""
    said = stored.get("offered")
    data: dict[str, Any] = {"offered": None if said is None else "yes" if said else "no"}
    for code in lot["functions"]:
        line = stored.get("lines", {}).get(code, {})
        for year, pence in enumerate(line.get("prices_pence") or [], 1):
            data[f"price_{code}_{year}"] = pence
        for part in LINE_PARTS:
            value = line.get(part)
            data[f"{part}_{code}"] = value if part == "vat_confirmed_by" or value is None else Decimal(value)
    return data


def costs_form(lot: Mapping[str, Any]) -> type[DraftForm]:
    """The page of a lot's costs beside the prices."""
    hints = {
        "mobilisation_pence": "What you charge for setting up.",
        "tupe_redundancy_pension_pence": "What the transfer of staff costs the buyer, pension liabilities included.",
        "transition_double_running_pence": "What the buyer pays twice while the old and the new service run together.",
        "exit_pence": "What you charge for handing over at the end.",
    }
    fields: list[tuple[str, Any]] = [
        (
            key,
            PoundsField(f"{label}, once", called=f"the cost of {label[0].lower()}{label[1:]}", description=hints[key]),
        )
        for key, label in ONE_OFFS.items()
    ]
    if fixed_client_side(lot) is None:
        fields.append(
            (
                CLIENT_SIDE,
                PoundsField(
                    "The buyer's own management of the contract, a year",
                    called="the buyer's own management of the contract",
                    description="What working with you costs the buyer: meetings, checks of invoices.",
                ),
            )
        )
    return make_form("CostsForm", fields)


class OrganisationForm(DraftForm):
    """What the bidder says of itself for this bid."""

    ceases = RadioField(
        "Will your organisation cease to exist before the contract ends?",
        missing="Say whether your organisation will cease to exist",
        choices=(
            Option("no", "No"),
            Option("yes", "Yes", "A bid of an organisation that ceases before the term ends is excluded."),
        ),
    )
    ceases_months = WholeNumberField(
        "If yes: how many months after the contract starts?",
        called="the months until your organisation ceases to exist",
        most=1200,
        optional=True,
    )
    contact_name = TextField("Contact for this bid: name", most=120, called="the contact's name", optional=True)
    contact_email = EmailField(
        "Contact for this bid: e-mail", most=254, called="the contact's e-mail address", optional=True
    )
    contact_phone = TextField(
        "Contact for this bid: telephone", most=40, called="the contact's telephone number", optional=True
    )


ORGANISATION_FIELDS = ("ceases", "ceases_months", "contact_name", "contact_email", "contact_phone")


class EvidenceForm(DraftForm):
    """Evidence for one answer: a document or a link."""

    document = FileField("Upload a document", called="the document", optional=True)
    url = TextField(
        "Or give a link",
        called="the link",
        most=2000,
        optional=True,
        description="It must start with https:// and open without a password.",
    )

    def validate_url(self, field: Any) -> None:
        """Only addresses that a browser opens safely."""
        if field.data and not is_safe_link(field.data):
            raise ValidationError(
                "The link must be a whole web address that starts with https://, for example https://www.example.org/minutes.pdf"
            )


def is_safe_link(text: str) -> bool:
    """Whether this is an https address with a host and without a name or password in it."""
    try:
        parts = urlsplit(text)
        _port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return (
        parts.scheme == "https"
        and "." in host
        and not parts.username
        and not parts.password
        and not re.search(r"[\s<>\"\\]", text)
    )


class SubmitForm(DraftForm):
    """Sends the bid as the check page showed it: one key a page, so that a double click is one bid."""

    key = FormKey()


class PressForm(PageForm):
    """A button of its own."""


class IntentionForm(PageForm):
    """Whether the provider intends to bid."""

    intends = RadioField(
        "Do you intend to bid?",
        missing="Say whether you intend to bid",
        choices=(Option("yes", "We intend to bid"), Option("no", "We decline")),
    )
    reason = TextAreaField(
        "If you decline: why?",
        called="the reason",
        most=1000,
        optional=True,
        description="The buyer reads it after bidding has closed and may ask better next time.",
    )


def as_text(value: Any) -> Any:
    """A decimal as the text that a draft stores; anything else as it is."""
    return decimal_text(value) if isinstance(value, Decimal) else value


def make_form(name: str, fields: list[tuple[str, Any]]) -> type[DraftForm]:
    """A draft's form made from data."""
    made: Any = build_form(name, fields, DraftForm)
    return made  # type: ignore[no-any-return]
