"""The blueprint of the buyer's pages; the view modules hang their routes on it, views.py gathers them."""

from flask import Blueprint

blueprint = Blueprint("needs", __name__, url_prefix="/buyer")
