"""uploaded files"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=12), nullable=True),
        sa.Column("uploader_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("disclosure", sa.String(length=20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(form = 'jpeg') = (width IS NOT NULL AND height IS NOT NULL)", name=op.f("ck_stored_file_picture_measured")
        ),
        sa.CheckConstraint(
            "disclosure != 'public' OR purpose IN ('photo', 'origin')", name=op.f("ck_stored_file_public_kinds")
        ),
        sa.CheckConstraint(
            "emptied_at IS NULL OR removed_at IS NOT NULL", name=op.f("ck_stored_file_emptied_after_removal")
        ),
        sa.CheckConstraint("length(token) = 40", name=op.f("ck_stored_file_token_whole")),
        sa.CheckConstraint("owner IS NULL OR length(owner) = 12", name=op.f("ck_stored_file_owner_twelve_digits")),
        sa.CheckConstraint("size > 0", name=op.f("ck_stored_file_not_empty")),
        sa.ForeignKeyConstraint(["uploader_id"], ["account.id"], name=op.f("fk_stored_file_uploader_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("token", name=op.f("uq_stored_file_token")),
    )
    op.create_index(op.f("ix_stored_file_removed_at"), "stored_file", ["removed_at"], unique=False)
    op.create_index(op.f("ix_stored_file_uploader_id"), "stored_file", ["uploader_id"], unique=False)
    op.create_index(
        "uq_stored_file_sent",
        "stored_file",
        ["owner", "uploader_id", "purpose", "sha256", "name"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "file_party",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bin", sa.String(length=12), nullable=False),
        sa.CheckConstraint("length(bin) = 12", name=op.f("ck_file_party_bin_twelve_digits")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_file_party_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_party")),
        sa.UniqueConstraint("file_id", "bin", name=op.f("uq_file_party_file_id_bin")),
    )
    op.create_table(
        "file_use",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_file_use_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_use")),
        sa.UniqueConstraint("file_id", "kind", "entity_id", name=op.f("uq_file_use_file_id_kind_entity_id")),
    )
    op.create_index(op.f("ix_file_use_kind_entity_id"), "file_use", ["kind", "entity_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_file_use_kind_entity_id"), table_name="file_use")
    op.drop_table("file_use")
    op.drop_table("file_party")
    op.drop_index(
        "uq_stored_file_sent",
        table_name="stored_file",
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.drop_index(op.f("ix_stored_file_uploader_id"), table_name="stored_file")
    op.drop_index(op.f("ix_stored_file_removed_at"), table_name="stored_file")
    op.drop_table("stored_file")
