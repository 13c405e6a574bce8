"""The blueprints that the view modules of this house hang their pages on."""

from flask import Blueprint

blueprint = Blueprint("evaluations", __name__)
jobs = Blueprint("jobs", __name__, url_prefix="/operator")
"""The operator's page about the machine's work: how needs stand, never what is bid."""
