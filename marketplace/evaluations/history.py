"""The history of a need in plain sentences (pure).

Which lines may be seen is an allow-list: a new kind of line is hidden until somebody words it here. Lines about bids
are shown after the opening only, not even counted before; what bidders did with their drafts is nobody else's
business, ever.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from marketplace.needs.states import Stage

Facts = Mapping[str, Any]

SENTENCES: dict[str, Callable[[Facts], str]] = {
    "need.drafted": lambda _: "started the draft",
    "need.copied": lambda _: "started the draft as a copy of an earlier need",
    "need.saved": lambda facts: f"saved the page “{facts['page']}”" if facts.get("page") else "saved the draft",
    "need.document_added": lambda facts: _titled("added a document", facts),
    "need.document_dropped": lambda facts: _titled("took a document off", facts),
    "need.approval_asked": lambda _: "asked an approver to publish it",
    "need.sent_back": lambda _: "sent it back to the manager",
    "need.published": lambda facts: f"published it; the method's hash is {facts.get('method_hash', 'on the notice')}",
    "need.closed": lambda _: "closed the bidding: the deadline had passed",
    "need.opened": lambda _: "opened the bids",
    "opening.recorded": lambda facts: _opening(facts),
    "evaluation.scored": lambda facts: _scored(facts),
    "need.scored": lambda _: "finished the scoring",
    "evaluation.asked_again": lambda facts: f"asked for round {facts.get('round')} of scoring, with what is known now",
    "need.stuck": lambda facts: (
        f"gave up after {facts.get('attempts')} attempts and told the operators; the bids are safe"
    ),
    "need.retried": lambda _: "asked the service to try again",
    "bid.submitted": lambda facts: f"submitted a bid, receipt {facts.get('receipt')}",
    "bid.replaced": lambda facts: f"replaced its bid, receipt {facts.get('receipt')}",
    "bid.submitted_at_closing": lambda facts: (
        f"had its last complete draft submitted at closing, receipt {facts.get('receipt')}"
    ),
    "bid.withdrawn": lambda _: "withdrew its bid",
}
BEFORE_OPENING = tuple(verb for verb in SENTENCES if not verb.startswith("bid."))
AFTER_OPENING = tuple(SENTENCES)
OPEN_STAGES = frozenset({Stage.OPENED, Stage.SCORED})


def visible_verbs(stage: Stage) -> tuple[str, ...]:
    """The kinds of lines that the buyer's people may see while the need is in this stage."""
    return AFTER_OPENING if stage in OPEN_STAGES else BEFORE_OPENING


def sentence(verb: str, facts: str) -> str:
    """What was done, to be read after the name of who did it. `facts` is the line's canonical JSON."""
    return SENTENCES[verb](json.loads(facts))


def _titled(words: str, facts: Facts) -> str:
    return f"{words}: {facts['title']}" if facts.get("title") else words


def _opening(facts: Facts) -> str:
    count = facts.get("bids", 0)
    if not count:
        return "recorded the opening: no bid was received"
    bids = "1 bid was opened" if count == 1 else f"{count} bids were opened"
    receipts = ", ".join(sorted(facts.get("digests", {})))
    unreadable = facts.get("unreadable") or []
    lost = f"; could not be read: {', '.join(unreadable)}" if unreadable else ""
    return f"recorded the opening: {bids} ({receipts}){lost}"


def _scored(facts: Facts) -> str:
    counts = f"{facts.get('ranked')} ranked, {facts.get('excluded')} excluded"
    words = f"scored lot {facts.get('lot')}, round {facts.get('round')}: {counts}"
    return f"{words}{', provisional' if facts.get('provisional') else ''}; the result's hash is {facts.get('hash')}"
