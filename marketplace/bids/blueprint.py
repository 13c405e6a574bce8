"""The blueprint of the bidder's pages; its views are in start_views.py, draft_views.py, evidence_views.py and
submit_views.py.
"""

from flask import Blueprint

blueprint = Blueprint("bids", __name__)
