"""All views of the bidder's pages, imported so that the blueprint knows them."""

from marketplace.bids import draft_views, evidence_views, start_views, submit_views
from marketplace.bids.blueprint import blueprint

__all__ = ["blueprint", "draft_views", "evidence_views", "start_views", "submit_views"]
