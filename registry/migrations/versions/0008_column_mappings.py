"""suppliers' own files, and what their columns mean"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "column_mapping",
        sa.Column("id", BIG, nullable=False),
        sa.Column("bin", sa.String(length=12), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("saved_by", sa.String(length=254), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(bin) = 12", name=op.f("ck_column_mapping_bin_twelve_digits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mapping")),
        sa.UniqueConstraint("bin", "fingerprint", name=op.f("uq_column_mapping_bin_fingerprint")),
    )
    op.create_table(
        "upload",
        sa.Column("id", BIG, nullable=False),
        sa.Column("bin", sa.String(12), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("stored", sa.String(80), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sheets", JSON, nullable=False),
        sa.Column("plan", JSON, nullable=False),
        sa.Column("preview_job", BIG, nullable=True),
        sa.Column("intake_job", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(bin) = 12", name=op.f("ck_upload_bin_twelve_digits")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_upload_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_bin_id"), "upload", ["bin", "id"])


def downgrade() -> None:
    op.drop_table("upload")
    op.drop_table("column_mapping")
