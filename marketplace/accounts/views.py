"""All pages of this house: importing it hangs them on the blueprints."""

from marketplace.accounts import (
    account_views,
    joining_views,
    link_views,
    organisation_views,
    outbox_views,
    people_views,
    sign_in_views,
    team_views,
)
from marketplace.accounts.blueprints import identity, operator

__all__ = [
    "account_views",
    "identity",
    "joining_views",
    "link_views",
    "operator",
    "organisation_views",
    "outbox_views",
    "people_views",
    "sign_in_views",
    "team_views",
]
