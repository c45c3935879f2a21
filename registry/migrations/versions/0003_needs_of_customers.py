"""needs told apart by customer and id"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("need", sa.Column("customer_bin", sa.String(length=12), nullable=True))
    op.execute(
        """
        UPDATE need SET customer_bin = COALESCE(
            (
                SELECT need_version.customer_bin FROM need_version
                WHERE need_version.need_id = need.id ORDER BY need_version.valid_from DESC LIMIT 1
            ),
            ''
        )
        """
    )
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.alter_column("customer_bin", existing_type=sa.String(length=12), nullable=False)
        batch_op.drop_constraint(op.f("uq_need_external_id"), type_="unique")
        batch_op.create_unique_constraint(op.f("uq_need_external_id_customer_bin"), ["external_id", "customer_bin"])


def downgrade() -> None:
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_need_external_id_customer_bin"), type_="unique")
        batch_op.create_unique_constraint(op.f("uq_need_external_id"), ["external_id"])
        batch_op.drop_column("customer_bin")
