"""cases of verification: lines, checks, steps, visits, protocols"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def word(values: str, name: str) -> sa.Enum:
    return sa.Enum(*values.split(), name=name, native_enum=False, length=20)


STATES = "draft awaiting checking review decision granted refused withdrawn"
GROUNDS = (
    "failed_checks request liquidation merger accession division spin_off transformation false_data production_stopped"
)
MOVES = (
    "opened submitted updated checked assigned asked answered visit_ordered visit_ended concluded returned granted"
    " refused missed withdrawn noticed"
)


def foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    case = "verification_case"
    op.create_table(
        case,
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", word("admission monitoring exclusion appeal", "casekind"), nullable=False),
        sa.Column("state", word(STATES, "casestate"), nullable=False),
        sa.Column("supplier_id", BIG, nullable=False),
        sa.Column("quarter", sa.String(7), nullable=True),
        sa.Column("ground", word(GROUNDS, "ground"), nullable=True),
        sa.Column("appeal_of_id", BIG, nullable=True),
        sa.Column("author_id", BIG, nullable=True),
        sa.Column("assigned_id", BIG, nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("said", JSON, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('granted', 'refused')) = (decided_on IS NOT NULL)", name=op.f(f"ck_{case}_decided")
        ),
        sa.CheckConstraint(
            "(kind = 'monitoring') = (quarter IS NOT NULL)", name=op.f(f"ck_{case}_quarter_of_monitoring")
        ),
        sa.CheckConstraint("(kind = 'exclusion') = (ground IS NOT NULL)", name=op.f(f"ck_{case}_ground_of_exclusion")),
        sa.CheckConstraint("(kind = 'appeal') = (appeal_of_id IS NOT NULL)", name=op.f(f"ck_{case}_appeal_of_case")),
        sa.CheckConstraint("state <> 'awaiting' OR kind = 'monitoring'", name=op.f(f"ck_{case}_awaiting_monitoring")),
        sa.CheckConstraint(
            "state NOT IN ('review', 'decision') OR assigned_id IS NOT NULL",
            name=op.f(f"ck_{case}_assigned_in_review"),
        ),
        foreign(case, "supplier_id", "supplier"),
        foreign(case, "appeal_of_id", case),
        foreign(case, "author_id", "account"),
        foreign(case, "assigned_id", "account"),
        foreign(case, "decided_by_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{case}")),
    )
    op.create_index(op.f(f"ix_{case}_state_due_on"), case, ["state", "due_on"])
    op.create_index(op.f(f"ix_{case}_supplier_id"), case, ["supplier_id"])
    op.create_index(op.f(f"ix_{case}_assigned_id_state"), case, ["assigned_id", "state"])
    of_quarter = sa.text("kind = 'monitoring'")
    op.create_index(
        f"uq_{case}_quarter",
        case,
        ["supplier_id", "quarter"],
        unique=True,
        sqlite_where=of_quarter,
        postgresql_where=of_quarter,
    )
    alive = sa.text("appeal_of_id IS NOT NULL AND state <> 'withdrawn'")
    op.create_index(
        f"uq_{case}_appeal", case, ["appeal_of_id"], unique=True, sqlite_where=alive, postgresql_where=alive
    )
    op.create_table(
        "case_line",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("product_id", BIG, nullable=False),
        sa.Column("evidence_kind", sa.String(20), nullable=True),
        sa.Column("evidence_number", sa.String(60), nullable=True),
        sa.Column("said", JSON, nullable=True),
        sa.Column("foreign_cost", sa.BigInteger(), nullable=True),
        sa.Column("whole_cost", sa.BigInteger(), nullable=True),
        sa.Column("staff_total", sa.Integer(), nullable=True),
        sa.Column("staff_domestic", sa.Integer(), nullable=True),
        sa.Column("outcome", word("granted refused", "outcome"), nullable=True),
        sa.CheckConstraint(
            "(foreign_cost IS NULL) = (whole_cost IS NULL)", name=op.f("ck_case_line_cost_whole_or_none")
        ),
        sa.CheckConstraint(
            "whole_cost IS NULL OR (whole_cost > 0 AND foreign_cost >= 0 AND foreign_cost <= whole_cost)",
            name=op.f("ck_case_line_foreign_within_cost"),
        ),
        sa.CheckConstraint(
            "staff_domestic IS NULL OR (staff_total IS NOT NULL AND staff_domestic >= 0"
            " AND staff_domestic <= staff_total)",
            name=op.f("ck_case_line_staff_within_total"),
        ),
        foreign("case_line", "case_id", case),
        foreign("case_line", "product_id", "product"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_line")),
        sa.UniqueConstraint("case_id", "product_id", name=op.f("uq_case_line_case_id_product_id")),
    )
    op.create_index(op.f("ix_case_line_product_id"), "case_line", ["product_id"])
    op.create_table(
        "case_check",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("product_id", BIG, nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(30), nullable=False),
        sa.Column("result", word("ok doubt fail unknown", "checkresult"), nullable=False),
        sa.Column("message", JSON, nullable=False),
        sa.Column("data", JSON, nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        foreign("case_check", "case_id", case),
        foreign("case_check", "product_id", "product"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_check")),
    )
    op.create_index(op.f("ix_case_check_case_id_round"), "case_check", ["case_id", "round"])
    op.create_table(
        "case_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("move", word(MOVES, "move"), nullable=False),
        sa.Column("state", word(STATES, "casestate"), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("reasons", JSON, nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("data", JSON, nullable=True),
        foreign("case_event", "case_id", case),
        foreign("case_event", "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index(op.f("ix_case_event_case_id"), "case_event", ["case_id"])
    op.create_table(
        "case_visit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_case_visit_dates_in_order")),
        sa.CheckConstraint("(findings IS NULL) = (ended_at IS NULL)", name=op.f("ck_case_visit_ended_with_findings")),
        foreign("case_visit", "case_id", case),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_visit")),
    )
    op.create_index(op.f("ix_case_visit_case_id"), "case_visit", ["case_id"])
    op.create_table(
        "case_protocol",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("members", JSON, nullable=False),
        sa.Column("outcome", word("granted refused", "outcome"), nullable=False),
        sa.Column("lines", JSON, nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        foreign("case_protocol", "case_id", case),
        foreign("case_protocol", "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_protocol")),
    )
    op.create_index(op.f("ix_case_protocol_case_id"), "case_protocol", ["case_id"])


def downgrade() -> None:
    for table in ("case_protocol", "case_visit", "case_event", "case_check", "case_line", "verification_case"):
        op.drop_table(table)
