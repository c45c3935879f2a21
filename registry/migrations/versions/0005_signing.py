"""texts to sign, and the signatures kept of them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "signing_challenge",
        sa.Column("id", _ID, nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_signing_challenge_some_time")),
        sa.CheckConstraint(
            "used_at IS NULL OR used_at >= created_at", name=op.f("ck_signing_challenge_used_after_made")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_challenge")),
        sa.UniqueConstraint("nonce", name=op.f("uq_signing_challenge_nonce")),
    )
    with op.batch_alter_table("signing_challenge", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_signing_challenge_account_id_expires_at"), ["account_id", "expires_at"], unique=False
        )

    op.create_table(
        "signature",
        sa.Column("id", _ID, nullable=False),
        sa.Column("challenge_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("cms", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("iin", sa.String(length=12), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("bin", sa.String(length=12), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("serial", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("usages", _JSON, nullable=False),
        sa.Column("policies", _JSON, nullable=False),
        sa.Column("algorithm", sa.String(length=100), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verifier", sa.String(length=100), nullable=False),
        sa.Column("revocation", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["signing_challenge.id"], name=op.f("fk_signature_challenge_id_signing_challenge")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sa.UniqueConstraint("challenge_id", name=op.f("uq_signature_challenge_id")),
    )
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signature_purpose_about"), ["purpose", "about"], unique=False)
        batch_op.create_index(batch_op.f("ix_signature_account_id"), ["account_id"], unique=False)


def downgrade() -> None:
    op.drop_table("signature")
    op.drop_table("signing_challenge")
