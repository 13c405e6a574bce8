"""The first tables. (While the first release is built: whatever the models say; frozen to explicit steps before it lands.)"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    from marketplace.tables import metadata

    metadata.create_all(op.get_bind())


def downgrade() -> None:
    from marketplace.tables import metadata

    metadata.drop_all(op.get_bind())
