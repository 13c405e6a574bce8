"""What a bid says, as a document (JSON without floats) and as values (pure).

A draft has the same parts as an offer, any of them still missing; `missing()` names what is, `complete()` makes the
offer of it. Money is whole pence; index, VAT rate and recoverable share are decimal strings from 0 to 1. One price
stands for each contract year.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace import policy
from marketplace.bids.reading import OfferError, Reader, decimal_of

__all__ = [
    "FORM",
    "ONE_OFFS",
    "Evidence",
    "Line",
    "LotOffer",
    "Offer",
    "OfferError",
    "Organisation",
    "decimal_of",
    "parse",
]

FORM = 1
ONE_OFFS = {
    "mobilisation_pence": "Mobilisation",
    "tupe_redundancy_pension_pence": "Redundancy, staff transfer (TUPE) and pension",
    "transition_double_running_pence": "Double running during the transition",
    "exit_pence": "Exit at the end of the contract",
}
CLIENT_SIDE = "client_side_pence_per_year"
NOT_ASKED = frozenset(
    {"in1_share_of_ccg_support_spend_after_award"}
)  # the buyer's own ledger answers it, never the bidder


@dataclass(frozen=True)
class Line:
    """The price of one function: pence for each contract year before index and VAT; three shares; who confirmed the
    VAT.
    """

    function: str
    prices_pence: tuple[int, ...]
    index: Decimal
    vat_rate: Decimal
    vat_recoverable_share: Decimal
    vat_confirmed_by: str


@dataclass(frozen=True)
class LotOffer:
    """The price of one lot. One-off costs in pence once, client-side management in pence a year."""

    number: int
    lines: Mapping[str, Line]
    mobilisation_pence: int
    tupe_redundancy_pension_pence: int
    transition_double_running_pence: int
    exit_pence: int
    client_side_pence_per_year: int


@dataclass(frozen=True)
class Evidence:
    """What backs an answer: a document of this bid (`id`, `name`, `sha256` of its bytes) or a link (`url`)."""

    kind: str
    id: str = ""
    name: str = ""
    sha256: str = ""
    url: str = ""


@dataclass(frozen=True)
class Organisation:
    """What the bidder says of itself. `ceases_months`: months from the contract's start until it ceases to exist;
    None: it goes on.
    """

    ceases_months: int | None = None
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""


@dataclass(frozen=True)
class Offer:
    """A whole bid: prices by lot number, answers by key (shares and numbers as Decimal), evidence by indicator."""

    lots: Mapping[int, LotOffer]
    answers: Mapping[str, Any]
    evidence: Mapping[str, Evidence]
    organisation: Organisation


def parse(document: object) -> Offer:
    """The offer of a document. Raises OfferError naming the path of what is unknown, missing or of the wrong kind."""
    top = Reader(document, "")
    top.only("form", "lots", "answers", "evidence", "organisation")
    if top.value("form") != FORM:
        raise OfferError("form", f"must be {FORM}")
    lots = top.part("lots")
    if not lots.names():
        raise OfferError("lots", "must offer at least one lot")
    return Offer(
        lots={
            number: _lot(lots.part(key), number) for key, number in ((key, _lot_number(key)) for key in lots.names())
        },
        answers=parse_answers(top.part("answers")),
        evidence=_evidence(top.part("evidence")),
        organisation=_organisation(top.part("organisation")),
    )


def _lot_number(key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) <= 3 and not key.startswith("0")):
        raise OfferError(f"lots.{key}", "must be the number of a lot")
    return int(key)


def _lot(lot: Reader, number: int) -> LotOffer:
    lot.only("lines", CLIENT_SIDE, *ONE_OFFS)
    lines = lot.part("lines")
    if not lines.names():
        raise OfferError(lines.path, "must price at least one function")
    return LotOffer(
        number=number,
        lines={key: _line(lines.part(key), key) for key in lines.names()},
        client_side_pence_per_year=lot.pence(CLIENT_SIDE),
        **{name: lot.pence(name) for name in ONE_OFFS},
    )


def _line(line: Reader, function: str) -> Line:
    line.only("prices_pence", "index", "vat_rate", "vat_recoverable_share", "vat_confirmed_by")
    if function not in {each.code for each in policy.functions()}:
        raise OfferError(line.path, "is not one of the functions")
    return Line(
        function=function,
        prices_pence=line.pence_list("prices_pence"),
        index=line.share("index"),
        vat_rate=line.share("vat_rate"),
        vat_recoverable_share=line.share("vat_recoverable_share"),
        vat_confirmed_by=line.text("vat_confirmed_by", least=1),
    )


def parse_answers(answers: Reader) -> dict[str, Any]:
    """Answers by key, each checked against its field of the rubric. Raises OfferError."""
    known = policy.answer_fields()
    read: dict[str, Any] = {}
    for key in answers.names():
        if key not in known or key in NOT_ASKED:
            raise OfferError(f"{answers.path}.{key}", "is not a question of the rubric")
        read[key] = answers.answer(key, known[key][1])
    return read


def _evidence(evidence: Reader) -> dict[str, Evidence]:
    read = {}
    for key in evidence.names():
        part = evidence.part(key)
        if key not in {spec.id for spec in policy.indicators()}:
            raise OfferError(part.path, "is not an indicator of the rubric")
        if part.value("kind") == "document":
            part.only("kind", "id", "name", "sha256")
            read[key] = Evidence(
                "document",
                id=part.text("id", least=1),
                name=part.text("name", least=1),
                sha256=part.text("sha256", default=""),
            )
        elif part.value("kind") == "link":
            part.only("kind", "url")
            read[key] = Evidence("link", url=part.text("url", least=1, most=2000))
        else:
            raise OfferError(f"{part.path}.kind", 'must be "document" or "link"')
    return read


def _organisation(part: Reader) -> Organisation:
    part.only("ceases_months", "contact_name", "contact_email", "contact_phone")
    ceases = part.value("ceases_months", None)
    if ceases is not None and (type(ceases) is not int or not 0 <= ceases <= 1200):
        raise OfferError(f"{part.path}.ceases_months", "must be whole months from 0 to 1200, or null")
    return Organisation(
        ceases, *(part.text(name, default="") for name in ("contact_name", "contact_email", "contact_phone"))
    )
