"""The only writers of needs. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from matching.engine.lines import NeedLine
from matching.needs.models import Need, NeedVersion
from matching.needs.rules import COLUMNS, REQUIRED, read_need
from registry.bulk import Outcome, Subject
from registry.catalogue.rules import Codes
from registry.stated import state

# What is said of a need on a day: the fields of a line that the table has too.
_DATED = frozenset(column.name for column in NeedVersion.__table__.c) - {"id"}


def take_in(
    session: Session,
    lines: Mapping[int, NeedLine],
    absent: Set[str] = frozenset(),
    *,
    on: date,
    actor: str,
    now: datetime,
) -> dict[int, Outcome]:
    """Make the list say from the day `on` what the lines state, by any number of the caller's.

    Until the yearly cycle exists an imported need counts as published from that day. Of two lines with one id the last
    one counts.
    """
    return state(
        session,
        Need,
        NeedVersion,
        lines,
        key="external_id",
        content=_content,
        absent=absent,
        on=on,
        actor=actor,
        now=now,
    ).outcomes


def need_subject(codes: Codes, *, on: date, actor: str, now: datetime) -> Subject[NeedLine]:
    """Files of needs, said to hold from the day `on`."""
    return Subject(
        kind="needs",
        columns=COLUMNS,
        required=REQUIRED,
        read=partial(read_need, codes=codes),
        identities=lambda line: [(line.external_id, line)],
        write=partial(take_in, on=on, actor=actor, now=now),
    )


def _content(line: NeedLine) -> dict[str, Any]:
    return {name: value for name, value in asdict(line).items() if name in _DATED}
