"""The envelope: an offer made into one text with one digest, and read again (pure).

The text is canonical JSON with a random salt, so that the digest on a receipt tells nothing of a price, and names
need, bidder and method, so that it cannot be taken for another bid's.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.bids.offer import Offer, OfferError, parse
from marketplace.scoring.canonical import canonical_json, sha256_hex


class EnvelopeError(ValueError):
    """The envelope cannot be read; the message says why, without a word of what is inside."""


@dataclass(frozen=True)
class Sealed:
    """An envelope's text and the SHA-256 of it."""

    content: str
    digest: str


def seal(document: Mapping[str, Any], *, need_id: str, organisation_id: str, method_hash: str) -> Sealed:
    """Seal an offer's document. Raises OfferError for a document that could not be read again at opening."""
    parse(document)
    content = canonical_json(
        {
            "envelope": 1,
            "need": need_id,
            "organisation": organisation_id,
            "method_hash": method_hash,
            "salt": secrets.token_hex(32),
            "offer": document,
        }
    )
    return Sealed(content, sha256_hex(content))


def unseal(content: str, digest: str, *, need_id: str, organisation_id: str) -> tuple[dict[str, Any], Offer]:
    """The offer's document and its values. Raises EnvelopeError when the text is not what was sealed for this need
    and bidder.
    """
    if sha256_hex(content) != digest:
        raise EnvelopeError(
            "The envelope differs from the digest on its receipt: it was changed after it was submitted."
        )
    try:
        envelope = json.loads(content, parse_float=_no_float)
        owner = (envelope["need"], envelope["organisation"])
        document = envelope["offer"]
        offer = parse(document)
    except (OfferError, ValueError, KeyError, TypeError) as error:
        raise EnvelopeError(
            f"The envelope is not an offer in a form that this version reads ({type(error).__name__})."
        ) from error
    if owner != (need_id, organisation_id):
        raise EnvelopeError("The envelope belongs to another need or another bidder.")
    return document, offer


def _no_float(_text: str) -> Any:
    raise ValueError("a binary float has no place in an offer")
