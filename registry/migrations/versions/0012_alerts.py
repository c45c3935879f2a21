"""what people watch and were told, how often goods were seen; the log of changes is asked by thing, person and day"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def word(values: str, name: str) -> sa.Enum:
    return sa.Enum(*values.split(), name=name, native_enum=False, length=20)


def upgrade() -> None:
    op.create_table(
        "watch",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", word("search fits", "watchkind"), nullable=False),
        sa.Column("scope", sa.String(12), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("frequency", word("instant daily weekly off", "frequency"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("(kind = 'fits') = (length(scope) = 12)", name=op.f("ck_watch_scope_of_fits")),
        sa.CheckConstraint("(kind = 'search') = (length(question) > 0)", name=op.f("ck_watch_question_of_search")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_watch_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_watch_account_id_key")),
    )
    op.create_table(
        "watch_seen",
        sa.Column("watch_id", BIG, nullable=False),
        sa.Column("product_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["watch_id"], ["watch.id"], name=op.f("fk_watch_seen_watch_id_watch")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_watch_seen_product_id_product")),
        sa.PrimaryKeyConstraint("watch_id", "product_id", name=op.f("pk_watch_seen")),
    )
    op.create_table(
        "notice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("watch_id", BIG, nullable=True),
        sa.Column("thing", word("product need", "thing"), nullable=False),
        sa.Column("thing_id", BIG, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("product_id", BIG, nullable=True),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notice_account_id_account")),
        sa.ForeignKeyConstraint(["watch_id"], ["watch.id"], name=op.f("fk_notice_watch_id_watch")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_notice_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "account_id", "thing", "thing_id", "state", name=op.f("uq_notice_account_id_thing_thing_id_state")
        ),
    )
    op.create_index(op.f("ix_notice_account_id_read_at"), "notice", ["account_id", "read_at"])
    op.create_index(op.f("ix_notice_watch_id_settled_at"), "notice", ["watch_id", "settled_at"])
    op.create_table(
        "sighting",
        sa.Column("product_id", BIG, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("sort", word("shown opened compared", "sort"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint("times > 0", name=op.f("ck_sighting_times_positive")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_sighting_product_id_product")),
        sa.PrimaryKeyConstraint("product_id", "on_day", "sort", name=op.f("pk_sighting")),
    )
    op.create_index(op.f("ix_audit_kind_entity_id_id"), "audit", ["kind", "entity_id", "id"])
    op.create_index(op.f("ix_audit_actor_id"), "audit", ["actor", "id"])
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])


def downgrade() -> None:
    for index in ("at", "actor_id", "kind_entity_id_id"):
        op.drop_index(op.f(f"ix_audit_{index}"), table_name="audit")
    for table in ("sighting", "notice", "watch_seen", "watch"):
        op.drop_table(table)
