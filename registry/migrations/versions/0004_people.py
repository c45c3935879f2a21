"""roles as memberships, browsers, links, tries, letters"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def word(values: str, name: str) -> sa.Enum:
    return sa.Enum(*values.split(), name=name, native_enum=False, length=20)


ROLES = (
    "owner editor viewer customer monitored expert head industry authorised sector akimat bank auditor administrator"
)


def upgrade() -> None:
    _widen("audit", 254)
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("acting", sa.String(40), nullable=True))
    for table in ("bulk_run", "job", "match_run"):
        _widen(table, 254)
    op.create_table(
        "membership",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("role", word(ROLES, "accountrole"), nullable=False),
        sa.Column("scope", sa.String(12), nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("granted_by", sa.String(254), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(254), nullable=True),
        sa.CheckConstraint("length(scope) IN (0, 2, 12)", name=op.f("ck_membership_scope_shape")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_scope_role"), "membership", ["scope", "role"])
    # Who spoke for a supplier before there were colleagues owns its page; of several the first.
    op.execute(
        """
        INSERT INTO membership (account_id, role, scope, granted_at, granted_by)
        SELECT id, CASE WHEN role <> 'supplier' THEN role
                        WHEN id = (SELECT min(o.id) FROM account o WHERE o.role = 'supplier' AND o.bin = account.bin)
                        THEN 'owner' ELSE 'editor' END,
               COALESCE(bin, ''), created_at, 'migration'
        FROM account
        """
    )
    still = sa.text("ended_at IS NULL")
    owned = sa.text("ended_at IS NULL AND role = 'owner'")
    op.create_index(
        "uq_membership_open",
        "membership",
        ["account_id", "role", "scope"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )
    op.create_index(
        "uq_membership_owner", "membership", ["scope"], unique=True, sqlite_where=owned, postgresql_where=owned
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("role")
        batch_op.drop_column("bin")
        batch_op.add_column(sa.Column("totp_sealed", sa.String(300), nullable=True))
        batch_op.add_column(sa.Column("totp_step", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("closed_at", MOMENT, nullable=True))
    op.create_table(
        "sign_in",
        sa.Column("id", BIG, nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("membership_id", BIG, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("proven_at", MOMENT, nullable=True),
        sa.Column("place", sa.String(45), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id_account")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_sign_in_membership_id_membership")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_sign_in_secret_sha256")),
    )
    op.create_index(op.f("ix_sign_in_account_id_ended_at"), "sign_in", ["account_id", "ended_at"])
    op.create_table(
        "link",
        sa.Column("id", BIG, nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("purpose", word("sign_up reset invitation address", "linkpurpose"), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("role", word(ROLES, "accountrole"), nullable=True),
        sa.Column("scope", sa.String(12), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(254), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_link_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_link_secret_sha256")),
    )
    op.create_index(op.f("ix_link_scope"), "link", ["scope"])
    op.create_table(
        "recovery_code",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("account_id", "code_sha256", name=op.f("uq_recovery_code_account_id_code_sha256")),
    )
    op.create_table(
        "try",
        sa.Column("id", BIG, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_try")),
    )
    op.create_index(op.f("ix_try_action_subject_at"), "try", ["action", "subject", "at"])
    op.create_index(op.f("ix_try_at"), "try", ["at"])
    op.create_table(
        "letter",
        sa.Column("id", BIG, nullable=False),
        sa.Column("to", sa.String(254), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("subject", JSON, nullable=False),
        sa.Column("body", JSON, nullable=True),
        sa.Column("unsubscribe", sa.String(500), nullable=True),
        sa.Column("reference", sa.String(200), nullable=True),
        sa.Column("state", word("queued sending sent failed", "letterstate"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("send_after", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("error", sa.String(500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("reference", name=op.f("uq_letter_reference")),
    )
    op.create_index(op.f("ix_letter_state_send_after"), "letter", ["state", "send_after"])


def downgrade() -> None:
    for table in ("letter", "try", "recovery_code", "link", "sign_in"):
        op.drop_table(table)
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("closed_at")
        batch_op.drop_column("totp_step")
        batch_op.drop_column("totp_sealed")
        batch_op.add_column(sa.Column("bin", sa.String(12), nullable=True))
        batch_op.add_column(
            sa.Column("role", word("supplier customer expert administrator", "accountrole"), nullable=True)
        )
    # Roles that there were none of before are lost with the table that holds them, and so is who has only those.
    op.execute(
        """
        UPDATE account SET
            role = (SELECT CASE WHEN m.role IN ('owner', 'editor', 'viewer') THEN 'supplier' ELSE m.role END
                    FROM membership m WHERE m.id = (SELECT min(n.id) FROM membership n
                    WHERE n.account_id = account.id AND n.ended_at IS NULL AND n.role IN
                    ('owner', 'editor', 'viewer', 'customer', 'expert', 'administrator'))),
            bin = (SELECT NULLIF(m.scope, '')
                   FROM membership m WHERE m.id = (SELECT min(n.id) FROM membership n
                   WHERE n.account_id = account.id AND n.ended_at IS NULL AND n.role IN
                   ('owner', 'editor', 'viewer', 'customer', 'expert', 'administrator')))
        """
    )
    op.drop_table("membership")
    op.execute("DELETE FROM account WHERE role IS NULL")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.alter_column("role", existing_type=sa.String(20), nullable=False)
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_column("acting")
    for table in ("audit", "bulk_run", "job", "match_run"):
        _widen(table, 120)


def _widen(table: str, length: int) -> None:
    """SQLite keeps no length, so nothing of it changes there but the word."""
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column(
            "actor",
            existing_type=sa.String(120 if length == 254 else 254),
            type_=sa.String(length),
            existing_nullable=False,
        )
