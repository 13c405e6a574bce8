"""Sealed offers, what was opened, and how it was scored."""

import sqlalchemy as sa
from alembic import op

from marketplace.kit import tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "bid",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("need_id", sa.String(12), nullable=False),
        sa.Column("organisation_id", sa.String(12), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "draft", "submitted", "withdrawn", name="bidstage", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("live_version", sa.Integer(), nullable=True),
        sa.Column("submit_at_closing", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(12), nullable=False),
        sa.Column("created_at", tables.UtcTime(), nullable=False),
        sa.Column("changed_at", tables.UtcTime(), nullable=False),
        sa.CheckConstraint("(stage = 'submitted') = (live_version IS NOT NULL)", name=op.f("ck_bid_live")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_bid_need_id_need")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_bid_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bid")),
        sa.UniqueConstraint("need_id", "organisation_id", name=op.f("uq_bid_need_id_organisation_id")),
    )
    op.create_index(op.f("ix_bid_need_id"), "bid", ["need_id"], unique=False)
    op.create_index(op.f("ix_bid_organisation_id"), "bid", ["organisation_id"], unique=False)
    op.create_table(
        "bid_intention",
        sa.Column("need_id", sa.String(12), nullable=False),
        sa.Column("organisation_id", sa.String(12), nullable=False),
        sa.Column("intends", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("said_by", sa.String(12), nullable=False),
        sa.Column("said_at", tables.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_bid_intention_need_id_need")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_bid_intention_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("need_id", "organisation_id", name=op.f("pk_bid_intention")),
    )
    op.create_index(op.f("ix_bid_intention_organisation_id"), "bid_intention", ["organisation_id"], unique=False)
    op.create_table(
        "evaluation",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("need_id", sa.String(12), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("method_version", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("method_hash", sa.String(64), nullable=False),
        sa.Column("engine", sa.String(40), nullable=False),
        sa.Column("score_file", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("scored_at", tables.UtcTime(), nullable=False),
        sa.CheckConstraint("round >= 1", name=op.f("ck_evaluation_round")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_evaluation_need_id_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint(
            "need_id", "lot", "method_version", "round", name=op.f("uq_evaluation_need_id_lot_method_version_round")
        ),
    )
    op.create_index(op.f("ix_evaluation_need_id"), "evaluation", ["need_id"], unique=False)
    op.create_table(
        "scoring_progress",
        sa.Column("need_id", sa.String(12), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("wanted_round", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("failed_at", tables.UtcTime(), nullable=True),
        sa.Column("changed_at", tables.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_scoring_progress_need_id_need")),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_scoring_progress")),
    )
    op.create_table(
        "bid_draft",
        sa.Column("bid_id", sa.String(12), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("complete", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("complete_revision", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_bid_draft_bid_id_bid")),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_bid_draft")),
    )
    op.create_table(
        "bid_evidence",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("bid_id", sa.String(12), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(12), nullable=False),
        sa.Column("added_at", tables.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_bid_evidence_bid_id_bid")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bid_evidence")),
    )
    op.create_index(op.f("ix_bid_evidence_bid_id"), "bid_evidence", ["bid_id"], unique=False)
    op.create_table(
        "bid_version",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("bid_id", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(20), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("method_hash", sa.String(64), nullable=False),
        sa.Column("submitted_by", sa.String(12), nullable=False),
        sa.Column("submitted_at", tables.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_bid_version_bid_id_bid")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bid_version")),
        sa.UniqueConstraint("bid_id", "key", name=op.f("uq_bid_version_bid_id_key")),
        sa.UniqueConstraint("bid_id", "version", name=op.f("uq_bid_version_bid_id_version")),
        sa.UniqueConstraint("receipt", name=op.f("uq_bid_version_receipt")),
    )
    op.create_index(op.f("ix_bid_version_bid_id"), "bid_version", ["bid_id"], unique=False)
    op.create_table(
        "opened_bid",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("need_id", sa.String(12), nullable=False),
        sa.Column("bid_id", sa.String(12), nullable=False),
        sa.Column("organisation_id", sa.String(12), nullable=False),
        sa.Column("organisation_name", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("opened_at", tables.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_opened_bid_bid_id_bid")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_opened_bid_need_id_need")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_opened_bid_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opened_bid")),
        sa.UniqueConstraint("bid_id", "version", name=op.f("uq_opened_bid_bid_id_version")),
    )
    op.create_index(op.f("ix_opened_bid_need_id"), "opened_bid", ["need_id"], unique=False)
    op.create_table(
        "bid_envelope",
        sa.Column("version_id", sa.String(12), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["bid_version.id"], name=op.f("fk_bid_envelope_version_id_bid_version")
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_bid_envelope")),
    )


def downgrade() -> None:
    """Take the tables away, with all that is in them."""
    op.drop_table("bid_envelope")
    op.drop_table("opened_bid")
    op.drop_table("bid_version")
    op.drop_table("bid_evidence")
    op.drop_table("bid_draft")
    op.drop_table("scoring_progress")
    op.drop_table("evaluation")
    op.drop_table("bid_intention")
    op.drop_table("bid")
