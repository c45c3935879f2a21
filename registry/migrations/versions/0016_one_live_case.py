"""one draft of a supplier, and one live case of exclusion on a ground"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None

NAME = "verification_case"
CASE = sa.table(NAME, *map(sa.column, ("id", "kind", "state", "supplier_id", "ground", "due_on", "version")))
EVENT = sa.table("case_event", *map(sa.column, ("case_id", "move", "state", "on", "at", "actor")))


def upgrade() -> None:
    draft = sa.text("kind = 'admission' AND state = 'draft'")
    exclusion = sa.text("kind = 'exclusion' AND state NOT IN ('granted', 'refused', 'withdrawn')")
    for name, live, columns in (("draft", draft, ["supplier_id"]), ("exclusion", exclusion, ["supplier_id", "ground"])):
        _withdraw_doubles(live, columns)
        op.create_index(f"uq_{NAME}_{name}", NAME, columns, unique=True, sqlite_where=live, postgresql_where=live)


def _withdraw_doubles(live: sa.TextClause, columns: list[str]) -> None:
    """Of cases that two requests opened at once the first stays; of the others it is written down that they end."""
    firsts = sa.select(sa.func.min(CASE.c.id)).where(live).group_by(*(CASE.c[name] for name in columns))
    doubles = op.get_bind().execute(sa.select(CASE.c.id).where(live, CASE.c.id.not_in(firsts))).scalars().all()
    now = datetime.now(UTC)
    ended = {"move": "withdrawn", "state": "withdrawn", "actor": "migration 0016"}
    days = {"on": sa.bindparam(None, now.date(), sa.Date()), "at": sa.bindparam(None, now, sa.DateTime(timezone=True))}
    for id in doubles:
        op.execute(EVENT.insert().values(case_id=id, **ended, **days))
        op.execute(
            CASE.update().where(CASE.c.id == id).values(state="withdrawn", due_on=sa.null(), version=CASE.c.version + 1)
        )


def downgrade() -> None:
    for name in ("exclusion", "draft"):
        op.drop_index(f"uq_{NAME}_{name}", table_name=NAME)
