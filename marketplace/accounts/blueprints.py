"""The two blueprints that the view modules of this house hang their pages on."""

from flask import Blueprint

identity = Blueprint("identity", __name__)
operator = Blueprint("operator", __name__, url_prefix="/operator")
