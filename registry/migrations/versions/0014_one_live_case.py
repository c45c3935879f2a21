"""one draft of a supplier, and one live case of exclusion on a ground"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NAME = "verification_case"
CASE = sa.table(NAME, *map(sa.column, ("id", "kind", "state", "supplier_id", "ground", "due_on", "version")))
EVENT = sa.table("case_event", *map(sa.column, ("id", "case_id", "move", "state", "on", "at", "actor")))


def upgrade() -> None:
    draft = sa.text("kind = 'admission' AND state = 'draft'")
    exclusion = sa.text("kind = 'exclusion' AND state NOT IN ('granted', 'refused', 'withdrawn')")
    for name, live, columns in (("draft", draft, ["supplier_id"]), ("exclusion", exclusion, ["supplier_id", "ground"])):
        _withdraw_doubles(live, columns)
        op.create_index(f"uq_{NAME}_{name}", NAME, columns, unique=True, sqlite_where=live, postgresql_where=live)


def _withdraw_doubles(live: sa.TextClause, columns: list[str]) -> None:
    """Of cases that two requests opened at once the first stays; that the others end is written down after their last
    step."""
    firsts = sa.select(sa.func.min(CASE.c.id)).where(live).group_by(*(CASE.c[name] for name in columns))
    doubles = op.get_bind().execute(sa.select(CASE.c.id).where(live, CASE.c.id.not_in(firsts))).scalars().all()
    ended = [sa.literal("withdrawn"), sa.literal("withdrawn"), sa.literal("migration 0014")]
    for id in doubles:
        last = sa.select(sa.func.max(EVENT.c.id)).where(EVENT.c.case_id == id).scalar_subquery()
        step = sa.select(EVENT.c.case_id, EVENT.c.on, EVENT.c.at, *ended).where(EVENT.c.id == last)
        op.execute(EVENT.insert().from_select(["case_id", "on", "at", "move", "state", "actor"], step))
        op.execute(
            CASE.update().where(CASE.c.id == id).values(state="withdrawn", due_on=sa.null(), version=CASE.c.version + 1)
        )


def downgrade() -> None:
    for name in ("exclusion", "draft"):
        op.drop_index(f"uq_{NAME}_{name}", table_name=NAME)
