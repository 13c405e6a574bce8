"""Who is asking, what happened, what is mailed: people, journal, outbox."""

import sqlalchemy as sa
from alembic import op

from marketplace.kit import tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER journal_line_no_update BEFORE UPDATE ON journal_line BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        "CREATE TRIGGER journal_line_no_delete BEFORE DELETE ON journal_line BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$",
        "CREATE TRIGGER journal_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_line FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()",
    ),
}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_journal_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_head")),
    )
    op.create_table(
        "journal_line",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", tables.UtcTime(), nullable=False),
        sa.Column("verb", sa.String(60), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("organisation", sa.String(12), nullable=True),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("thread", sa.String(12), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal_line")),
    )
    op.create_index("ix_journal_line_subject", "journal_line", ["subject", "seq"], unique=False)
    op.create_index("ix_journal_line_thread_seq", "journal_line", ["thread", "seq"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("stable_id", sa.String(120), nullable=False),
        sa.Column("to", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(250), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("created_at", tables.UtcTime(), nullable=False),
        sa.Column("next_attempt_at", tables.UtcTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", tables.UtcTime(), nullable=True),
        sa.Column("problem", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("stable_id", name=op.f("uq_mail_stable_id")),
    )
    op.create_index(op.f("ix_mail_created_at"), "mail", ["created_at"], unique=False)
    op.create_index(
        "ix_mail_waiting",
        "mail",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ccg",
                "icb",
                "pct_cluster",
                "council",
                "private",
                "ccg_run",
                "other",
                "operator",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "standing",
            sa.Enum("waiting", "active", "off", name="standing", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("register_code", sa.String(12), nullable=True),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("address", sa.String(500), nullable=False),
        sa.Column("contact_name", sa.String(120), nullable=False),
        sa.Column("contact_email", sa.String(254), nullable=False),
        sa.Column("contact_phone", sa.String(40), nullable=False),
        sa.Column("size", sa.String(20), nullable=False),
        sa.Column("group_name", sa.String(200), nullable=False),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("register_code", name=op.f("uq_organisation_register_code")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("organisation_id", sa.String(12), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "manager",
                "approver",
                "evaluator",
                "auditor",
                "bidder",
                "operator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "standing",
            sa.Enum("waiting", "active", "off", name="standing", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("terms_accepted_at", tables.UtcTime(), nullable=True),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", tables.UtcTime(), nullable=True),
        sa.Column("created_at", tables.UtcTime(), nullable=False),
        sa.Column("last_seen_at", tables.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_user_account_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    op.create_index(op.f("ix_user_account_organisation_id"), "user_account", ["organisation_id"], unique=False)
    op.create_table(
        "mail_link",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "invitation",
                "reset",
                "register",
                "join",
                name="linkpurpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.String(12), nullable=True),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("created_at", tables.UtcTime(), nullable=False),
        sa.Column("expires_at", tables.UtcTime(), nullable=False),
        sa.Column("used_at", tables.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mail_link_user_id_user_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_mail_link")),
    )
    op.create_index(op.f("ix_mail_link_expires_at"), "mail_link", ["expires_at"], unique=False)
    op.create_index(op.f("ix_mail_link_user_id"), "mail_link", ["user_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(12), nullable=False),
        sa.Column("created_at", tables.UtcTime(), nullable=False),
        sa.Column("seen_at", tables.UtcTime(), nullable=False),
        sa.Column("device", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_sign_in_user_id_user_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_seen_at"), "sign_in", ["seen_at"], unique=False)
    op.create_index(op.f("ix_sign_in_user_id"), "sign_in", ["user_id"], unique=False)

    op.execute("INSERT INTO journal_head (id, seq, hash) VALUES (1, 0, '" + "0" * 64 + "')")
    for line in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(line)


def downgrade() -> None:
    """Take the tables away, with all that is in them."""
    op.drop_table("sign_in")
    op.drop_table("mail_link")
    op.drop_table("user_account")
    op.drop_table("organisation")
    op.drop_table("mail")
    op.drop_table("journal_line")
    op.drop_table("journal_head")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION journal_append_only()")
