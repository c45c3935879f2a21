"""notes of the ТН ВЭД, and decided cases that codes are suggested from"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "classifier_note",
        sa.Column("id", BIG, nullable=False),
        sa.Column("scheme", sa.String(20), nullable=False),
        sa.Column("key", sa.String(20), nullable=False),
        sa.Column("text_ru", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_classifier_note_span_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifier_note")),
        sa.UniqueConstraint("scheme", "key", "valid_from", name=op.f("uq_classifier_note_scheme_key_valid_from")),
    )
    still = sa.text("valid_to IS NULL")
    op.create_index(
        "uq_classifier_note_open",
        "classifier_note",
        ["scheme", "key"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )
    op.create_table(
        "decided_example",
        sa.Column("id", BIG, nullable=False),
        sa.Column("scheme", sa.String(20), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("source", sa.String(300), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decided_example")),
        sa.UniqueConstraint("scheme", "key", name=op.f("uq_decided_example_scheme_key")),
    )


def downgrade() -> None:
    op.drop_table("decided_example")
    op.drop_table("classifier_note")
