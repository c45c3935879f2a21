"""The only writer of decided cases. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from matching.codes.models import DecidedExample
from matching.codes.rules import COLUMNS, REQUIRED, ExampleLine, read_example
from registry import audit
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor, by
from registry.audit import Change
from registry.bulk_rows import Outcome, Subject
from registry.classifiers.models import Scheme
from registry.classifiers.tree import Tree
from registry.dated import chunks
from registry.explain import Violation
from registry.text import fold_key


def key_of(text: str, code: str) -> str:
    """By what a decided case is told: a text that is merely spelt otherwise is the same one."""
    return sha256(f"{fold_key(text)}\0{code}".encode()).hexdigest()


@by(frozenset({AccountRole.ADMINISTRATOR}))
def take_in(
    session: Session,
    lines: Mapping[int, ExampleLine],
    absent: Set[str] = frozenset(),
    *,
    scheme: Scheme,
    actor: Actor,
    now: datetime,
) -> dict[int, Outcome | Violation]:
    """Keep decided cases; of one that is known its source and whether the edition holds its code are brought up to
    date. absent: columns of which the lines say nothing."""
    table = cast(Table, DecidedExample.__table__)
    keys = {number: key_of(line.text, line.code) for number, line in lines.items()}
    held: dict[str, Any] = {}
    for piece in chunks(set(keys.values())):
        rows = session.execute(select(table).where(table.c.scheme == scheme, table.c.key.in_(piece)))
        held.update((row.key, row) for row in rows)
    outcomes: dict[int, Outcome | Violation] = {}
    new: dict[str, dict[str, Any]] = {}
    for number, line in lines.items():
        key, row = keys[number], held.get(keys[number])
        if row is None:
            outcomes[number] = Outcome.UNCHANGED if key in new else Outcome.ADDED
            stated = {"text": line.text, "code": line.code, "source": line.source, "known": line.known}
            new.setdefault(key, {"scheme": scheme, "key": key, **stated, "added_at": now})
            continue
        source = row.source if "source" in absent else line.source
        if (row.source, row.known) == (source, line.known):
            outcomes[number] = Outcome.UNCHANGED
            continue
        session.execute(update(table).where(table.c.id == row.id).values(source=source, known=line.known))
        outcomes[number] = Outcome.CHANGED
    if new:
        session.execute(insert(table), list(new.values()))
    counts = {str(outcome): sum(it is outcome for it in outcomes.values()) for outcome in Outcome}
    if counts[Outcome.ADDED] or counts[Outcome.CHANGED]:
        said = {"scheme": scheme, **counts}
        audit.record(session, [Change("imported", "decided_example", None, None, said)], actor=actor, now=now)
    return outcomes


def example_subject(scheme: Scheme, tree: Tree, *, actor: Actor, now: datetime) -> Subject[ExampleLine]:
    """Files of decided cases of a scheme."""
    return Subject(
        kind=f"examples:{scheme}",
        columns=COLUMNS,
        required=REQUIRED,
        read=partial(read_example, scheme=scheme, tree=tree),
        identities=lambda line: [(key_of(line.text, line.code), line.source)],
        write=partial(take_in, scheme=scheme, actor=actor, now=now),
    )
