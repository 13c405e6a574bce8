"""All pages of this house: importing it hangs them on the blueprints."""

from marketplace.accounts import sign_in_views
from marketplace.accounts.blueprints import identity, operator

__all__ = ["identity", "operator", "sign_in_views"]
