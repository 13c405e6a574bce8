"""The register of places, and what commissioners ask for."""

import sqlalchemy as sa
from alembic import op

from marketplace.kit import tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE need_search USING fts5(need_id UNINDEXED, words, tokenize='porter unicode61 remove_diacritics 2')",
    ),
    "postgresql": (
        "CREATE TABLE need_search (rowid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, need_id varchar(12) NOT NULL UNIQUE, words tsvector NOT NULL)",
        "CREATE INDEX ix_need_search_words ON need_search USING gin (words)",
    ),
}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "register_body",
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(3), nullable=False),
        sa.Column("ons_code", sa.String(12), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("practices", sa.Integer(), nullable=True),
        sa.Column("region", sa.String(60), nullable=False),
        sa.Column("area_team", sa.String(80), nullable=False),
        sa.Column("latitude_e4", sa.Integer(), nullable=False),
        sa.Column("longitude_e4", sa.Integer(), nullable=False),
        sa.Column("allowance_pence", sa.BigInteger(), nullable=True),
        sa.Column("main_council", sa.String(12), nullable=False),
        sa.Column("opened", sa.Date(), nullable=True),
        sa.Column("closed", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_register_body")),
    )
    op.create_index(op.f("ix_register_body_name"), "register_body", ["name"], unique=False)
    op.create_table(
        "register_council",
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_register_council")),
    )
    op.create_table(
        "register_import",
        sa.Column("file", sa.String(60), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_register_import")),
    )
    op.create_table(
        "need",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("organisation_id", sa.String(12), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "draft",
                "review",
                "open",
                "closed",
                "opened",
                "scored",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("term_years", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("questions_until", tables.UtcTime(), nullable=True),
        sa.Column("closes_at", tables.UtcTime(), nullable=True),
        sa.Column("buyer_name", sa.String(200), nullable=False),
        sa.Column("region", sa.String(60), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("allowance_pence", sa.BigInteger(), nullable=True),
        sa.Column("total_ceiling_pence", sa.BigInteger(), nullable=True),
        sa.Column("functions", sa.String(240), nullable=False),
        sa.Column("method_hash", sa.String(64), nullable=False),
        sa.Column("method_version", sa.Integer(), nullable=False),
        sa.Column("copied_from", sa.String(12), nullable=True),
        sa.Column("created_by", sa.String(12), nullable=False),
        sa.Column("created_at", tables.UtcTime(), nullable=False),
        sa.Column("changed_at", tables.UtcTime(), nullable=False),
        sa.Column("published_at", tables.UtcTime(), nullable=True),
        sa.Column("published_by", sa.String(12), nullable=True),
        sa.Column("closed_at", tables.UtcTime(), nullable=True),
        sa.Column("opened_at", tables.UtcTime(), nullable=True),
        sa.Column("scored_at", tables.UtcTime(), nullable=True),
        sa.Column("next_due", tables.UtcTime(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("method", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('draft', 'review') OR (published_at IS NOT NULL AND closes_at IS NOT NULL AND method_hash <> '')",
            name=op.f("ck_need_published"),
        ),
        sa.CheckConstraint(
            "stage IN ('draft', 'review', 'open') OR closed_at IS NOT NULL", name=op.f("ck_need_closed")
        ),
        sa.CheckConstraint("stage NOT IN ('opened', 'scored') OR opened_at IS NOT NULL", name=op.f("ck_need_opened")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_need_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
    )
    op.create_index(
        "ix_need_closes_at",
        "need",
        ["closes_at", "id"],
        unique=False,
        sqlite_where=sa.text("published_at IS NOT NULL"),
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index("ix_need_next_due", "need", ["next_due"], unique=False)
    op.create_index(op.f("ix_need_organisation_id"), "need", ["organisation_id"], unique=False)
    op.create_index(
        "ix_need_published_at",
        "need",
        ["published_at", "id"],
        unique=False,
        sqlite_where=sa.text("published_at IS NOT NULL"),
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_need_region_closes_at",
        "need",
        ["region", "stage", "closes_at", "id"],
        unique=False,
        sqlite_where=sa.text("published_at IS NOT NULL"),
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index("ix_need_stage_closes_at", "need", ["stage", "closes_at", "id"], unique=False)
    op.create_index("ix_need_stage_published_at", "need", ["stage", "published_at", "id"], unique=False)
    op.create_table(
        "register_body_council",
        sa.Column("body_code", sa.String(12), nullable=False),
        sa.Column("council_code", sa.String(12), nullable=False),
        sa.Column("share_e4", sa.Integer(), nullable=False),
        sa.Column("council_share_e4", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_code"], ["register_body.code"], name=op.f("fk_register_body_council_body_code_register_body")
        ),
        sa.ForeignKeyConstraint(
            ["council_code"],
            ["register_council.code"],
            name=op.f("fk_register_body_council_council_code_register_council"),
        ),
        sa.PrimaryKeyConstraint("body_code", "council_code", name=op.f("pk_register_body_council")),
    )
    op.create_table(
        "register_neighbour",
        sa.Column("a", sa.String(12), nullable=False),
        sa.Column("b", sa.String(12), nullable=False),
        sa.Column("shared_metres", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["a"], ["register_body.code"], name=op.f("fk_register_neighbour_a_register_body")),
        sa.ForeignKeyConstraint(["b"], ["register_body.code"], name=op.f("fk_register_neighbour_b_register_body")),
        sa.PrimaryKeyConstraint("a", "b", name=op.f("pk_register_neighbour")),
    )
    op.create_index(op.f("ix_register_neighbour_b"), "register_neighbour", ["b"], unique=False)
    op.create_table(
        "support_spend",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("organisation_id", sa.String(12), nullable=False),
        sa.Column("provider_id", sa.String(12), nullable=True),
        sa.Column("provider_name", sa.String(200), nullable=False),
        sa.Column("function", sa.String(30), nullable=False),
        sa.Column("annual_pence", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", tables.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_support_spend_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_support_spend_provider_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_spend")),
    )
    op.create_index(op.f("ix_support_spend_organisation_id"), "support_spend", ["organisation_id"], unique=False)
    op.create_table(
        "need_document",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("need_id", sa.String(12), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.String(12), nullable=False),
        sa.Column("added_at", tables.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_document_need_id_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_document")),
        sa.UniqueConstraint("need_id", "title", "version", name=op.f("uq_need_document_need_id_title_version")),
    )
    op.create_index(op.f("ix_need_document_need_id"), "need_document", ["need_id"], unique=False)
    op.create_table(
        "need_function",
        sa.Column("need_id", sa.String(12), nullable=False),
        sa.Column("function", sa.String(30), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_function_need_id_need")),
        sa.PrimaryKeyConstraint("need_id", "function", name=op.f("pk_need_function")),
    )
    op.create_index(op.f("ix_need_function_function"), "need_function", ["function"], unique=False)
    op.create_table(
        "need_lot",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("need_id", sa.String(12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ceiling_pence", sa.BigInteger(), nullable=True),
        sa.Column("floor_pence", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("ceiling_pence IS NULL OR ceiling_pence > 0", name=op.f("ck_need_lot_ceiling")),
        sa.CheckConstraint(
            "floor_pence IS NULL OR (floor_pence >= 0 AND floor_pence < ceiling_pence)", name=op.f("ck_need_lot_floor")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_lot_need_id_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_lot")),
        sa.UniqueConstraint("need_id", "number", name=op.f("uq_need_lot_need_id_number")),
    )
    op.create_index(op.f("ix_need_lot_need_id"), "need_lot", ["need_id"], unique=False)

    for line in SEARCH[op.get_bind().dialect.name]:
        op.execute(line)


def downgrade() -> None:
    """Take the tables away, with all that is in them."""
    op.execute("DROP TABLE need_search")
    op.drop_table("need_lot")
    op.drop_table("need_function")
    op.drop_table("need_document")
    op.drop_table("support_spend")
    op.drop_table("register_neighbour")
    op.drop_table("register_body_council")
    op.drop_table("need")
    op.drop_table("register_import")
    op.drop_table("register_council")
    op.drop_table("register_body")
