"""All tables of all houses, imported so that the metadata is whole (migrations, tests)."""

from sqlmodel import SQLModel

import marketplace.bids.models
import marketplace.evaluations.models
import marketplace.identity.models
import marketplace.journal.models
import marketplace.needs.models
import marketplace.notices.models
import marketplace.register.models  # noqa: F401

metadata = SQLModel.metadata
