"""suppliers shown once proven; claims, consents"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("supplier_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("published", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("supplier_version", schema=None) as batch_op:
        batch_op.alter_column("published", existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "claim",
        sa.Column("id", BIG, nullable=False),
        sa.Column("bin", sa.String(12), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                *("draft", "waiting", "proven", "refused", "withdrawn", "overtaken"),
                name="claimstate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "method",
            sa.Enum("signature", "document", name="proofmethod", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("values", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(254), nullable=True),
        sa.Column("reasons", JSON, nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.CheckConstraint("length(bin) = 12", name=op.f("ck_claim_bin_twelve_digits")),
        sa.CheckConstraint(
            "state = 'draft' OR submitted_at IS NOT NULL OR state = 'withdrawn'", name=op.f("ck_claim_submitted")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_claim_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_bin_state"), "claim", ["bin", "state"])
    op.create_index(op.f("ix_claim_state_submitted_at"), "claim", ["state", "submitted_at"])
    alive = sa.text("state IN ('draft', 'waiting')")
    op.create_index(
        "uq_claim_alive", "claim", ["account_id", "bin"], unique=True, sqlite_where=alive, postgresql_where=alive
    )
    op.create_table(
        "consent",
        sa.Column("id", BIG, nullable=False),
        sa.Column("bin", sa.String(12), nullable=False),
        sa.Column("what", sa.String(30), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_consent_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("bin", "what", "given_at", name=op.f("uq_consent_bin_what_given_at")),
    )


def downgrade() -> None:
    op.drop_table("consent")
    op.drop_table("claim")
    with op.batch_alter_table("supplier_version", schema=None) as batch_op:
        batch_op.drop_column("published")
