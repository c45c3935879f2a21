"""what a supplier states of goods and of its organisation"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("id", BIG, nullable=False),
        sa.Column("supplier_id", BIG, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("kazakhstani", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "total >= 0 AND kazakhstani >= 0 AND kazakhstani <= total", name=op.f("ck_staff_citizens_among_all")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_staff_span_not_empty")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_staff_supplier_id_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("supplier_id", "valid_from", name=op.f("uq_staff_supplier_id_valid_from")),
    )
    still = sa.text("valid_to IS NULL")
    op.create_index("uq_staff_open", "staff", ["supplier_id"], unique=True, sqlite_where=still, postgresql_where=still)
    _held(
        "site",
        sa.Column("kato", sa.String(9), nullable=False),
        sa.Column("address", sa.String(500), nullable=True),
    )
    _held(
        "premises",
        sa.Column("site_id", BIG, nullable=True),
        sa.Column("area_m2", sa.BigInteger(), nullable=True),
        sa.Column("tenure", sa.String(20), nullable=False),
    )
    _held(
        "permit",
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("issuer", sa.String(300), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
    )
    _held(
        "equipment",
        sa.Column("site_id", BIG, nullable=True),
        sa.Column("model", sa.String(200), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("country", sa.String(100), nullable=True),
        sa.Column("serial", sa.String(100), nullable=True),
        sa.Column("capacity_per_year", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(40), nullable=True),
    )
    _held(
        "operation",
        sa.Column("site_id", BIG, nullable=True),
        sa.Column("kpved", sa.String(8), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
    )
    _held(
        "free_capacity",
        sa.Column("operation_id", BIG, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(60), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_free_capacity_days_in_order")),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["operation.id"], name=op.f("fk_free_capacity_operation_id_operation")
        ),
    )
    op.create_index(op.f("ix_free_capacity_operation_id"), "free_capacity", ["operation_id"])
    op.create_index(op.f("ix_free_capacity_to_on_from_on"), "free_capacity", ["to_on", "from_on"])
    op.create_table(
        "code_suggestion",
        sa.Column("id", BIG, nullable=False),
        sa.Column("product_id", BIG, nullable=False),
        sa.Column("tnved", sa.String(10), nullable=True),
        sa.Column("kpved", sa.String(8), nullable=True),
        sa.Column("enstru", sa.String(17), nullable=True),
        sa.Column("agsk3", sa.String(40), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("suggested_at", MOMENT, nullable=False),
        sa.Column("suggested_by", sa.String(254), nullable=False),
        sa.Column("suggested_account_id", BIG, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(254), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_code_suggestion_decided_once")),
        sa.CheckConstraint(
            "tnved IS NOT NULL OR kpved IS NOT NULL OR enstru IS NOT NULL OR agsk3 IS NOT NULL",
            name=op.f("ck_code_suggestion_says_something"),
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_code_suggestion_product_id_product")),
        sa.ForeignKeyConstraint(
            ["suggested_account_id"], ["account.id"], name=op.f("fk_code_suggestion_suggested_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_suggestion")),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "uq_code_suggestion_waiting",
        "code_suggestion",
        ["product_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(op.f("ix_code_suggestion_product_id"), "code_suggestion", ["product_id"])
    op.create_index(op.f("ix_code_suggestion_state"), "code_suggestion", ["state"])
    for column in (
        sa.Column("draft", sa.Boolean(), nullable=True),
        sa.Column("agsk3", sa.String(40), nullable=True),
        sa.Column("output_per_year", sa.BigInteger(), nullable=True),
        sa.Column("parameters", JSON, nullable=True),
        sa.Column("standards", JSON, nullable=True),
        sa.Column("no_standard", sa.Boolean(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("price_currency", sa.String(3), nullable=True),
        sa.Column("price_on", sa.Date(), nullable=True),
        sa.Column("price_visibility", sa.String(20), nullable=True),
        sa.Column("commissioned_on", sa.Date(), nullable=True),
        sa.Column("conformity_kind", sa.String(20), nullable=True),
        sa.Column("conformity_number", sa.String(100), nullable=True),
        sa.Column("conformity_issued", sa.Date(), nullable=True),
        sa.Column("conformity_expires", sa.Date(), nullable=True),
        sa.Column("site_id", BIG, nullable=True),
    ):
        op.add_column("product_version", column)
    # What was listed before there were drafts is listed, and said nothing of standards or of who reads a price.
    op.execute(
        sa.text("UPDATE product_version SET draft = :no, no_standard = :no, price_visibility = 'hidden'").bindparams(
            no=False
        )
    )
    with op.batch_alter_table("product_version", schema=None) as batch_op:
        batch_op.alter_column("draft", existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column("no_standard", existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column("price_visibility", existing_type=sa.String(20), nullable=False)
        batch_op.create_foreign_key(op.f("fk_product_version_site_id_site"), "site", ["site_id"], ["id"])
        batch_op.create_check_constraint(
            op.f("ck_product_version_price_in_a_currency"), "price IS NULL OR price_currency IS NOT NULL"
        )


def downgrade() -> None:
    # Drafts were nobody's but their suppliers': without the column they would be listed.
    op.execute(sa.text("DELETE FROM product_version WHERE draft = :yes").bindparams(yes=True))
    with op.batch_alter_table("product_version", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_product_version_price_in_a_currency"), type_="check")
        batch_op.drop_constraint(op.f("fk_product_version_site_id_site"), type_="foreignkey")
        for column in (
            *("site_id", "conformity_expires", "conformity_issued", "conformity_number", "conformity_kind"),
            *("commissioned_on", "price_visibility", "price_on", "price_currency", "price", "no_standard"),
            *("standards", "parameters", "output_per_year", "agsk3", "draft"),
        ):
            batch_op.drop_column(column)
    for table in (
        *("code_suggestion", "free_capacity", "operation", "equipment", "permit", "premises", "site", "staff"),
    ):
        op.drop_table(table)


def _held(name: str, *own: sa.Column | sa.Constraint) -> None:
    """A table of things of a supplier's profile."""
    sited = any(isinstance(one, sa.Column) and one.name == "site_id" for one in own)
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        sa.Column("supplier_id", BIG, nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        *own,
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f(f"ck_{name}_span_in_order")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f(f"fk_{name}_supplier_id_supplier")),
        *([sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{name}_site_id_site"))] if sited else []),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_supplier_id"), name, ["supplier_id"])
