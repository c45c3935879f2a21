"""The only writer of classifiers. Nothing here commits.

An edition is one transaction, however many nodes it has: half a nomenclature would mark codes as unknown that exist.
21,188 rows take seconds, and a kill leaves the edition before untouched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import audit
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor, by
from registry.audit import Change
from registry.classifiers.models import ClassifierEdition, ClassifierNode, ClassifierNote, Scheme
from registry.classifiers.notes import ChapterNotes, key_of_section
from registry.classifiers.rules import Reading, branch_of, parent_code
from registry.dated import end, holds_on, revise


@dataclass(frozen=True, slots=True)
class Edition:
    """What an import changed. unattached: codes of a file of names that the classifier does not have."""

    added: int
    changed: int
    closed: int
    unchanged: int
    unattached: int


@by(frozenset({AccountRole.ADMINISTRATOR}))
def take_in(
    session: Session,
    scheme: Scheme,
    reading: Reading,
    *,
    source: str,
    sha256: str,
    in_force_from: date,
    keep: bool,
    actor: Actor,
    now: datetime,
) -> Edition:
    """Make the classifier say from the day `in_force_from` what a file states; what it leaves empty stays as it is.

    Nodes that the file lacks are closed within the two-digit branches that it holds, and a section when nothing is left
    under it; nothing is closed by a file of names only, nor if told to `keep`. Repeating it changes nothing.
    """
    table = ClassifierNode.__table__
    in_force = select(table).where(table.c.scheme == scheme, holds_on(table.c, in_force_from))
    held = {row.key: row for row in session.execute(in_force)}
    wanted, unattached = attached(reading, held) if reading.only_names else (_stated(scheme, reading, held), 0)
    edition = ClassifierEdition(
        scheme=scheme,
        in_force_from=in_force_from,
        imported_at=now,
        source=source[-300:],
        sha256=sha256,
        added=0,
        changed=0,
        closed=0,
    )
    session.add(edition)
    session.flush()
    changes = revise(
        session,
        ClassifierNode,
        "key",
        wanted,
        on=in_force_from,
        fixed={"scheme": scheme},
        stamp={"edition_id": edition.id},
    )
    edition.added = sum(revised.before is None for revised in changes.values())
    edition.changed = len(changes) - edition.added
    gone = [] if keep or reading.only_names else _gone(scheme, wanted, held)
    end(session, ClassifierNode, [(held[key].id, held[key].valid_from) for key in gone], on=in_force_from)
    edition.closed = len(gone)
    result = Edition(edition.added, edition.changed, edition.closed, len(wanted) - len(changes), unattached)
    if not changes and not gone:
        session.delete(edition)
        session.flush()
        return result
    said = {"scheme": scheme, "source": source, "in_force_from": in_force_from, **asdict(result)}
    audit.record(session, [Change("imported", "classifier", edition.id, None, said)], actor=actor, now=now)
    return result


def _stated(scheme: Scheme, reading: Reading, held: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What the nodes of a file say; where it does not say what hangs from what, a node that is there stays in place."""
    wanted: dict[str, dict[str, Any]] = {}
    codes = reading.nodes.keys() | held.keys()
    for key, stated in reading.nodes.items():
        values = {name: value for name, value in asdict(stated.node).items() if value is not None and name != "key"}
        if not stated.places:
            values.pop("parent_key", None)
            if key in held:
                del values["kind"]
            else:
                values["parent_key"] = parent_code(scheme, key, codes)
        elif stated.node.parent_key is None:
            values["parent_key"] = None
        wanted[key] = values
    return wanted


def attached(reading: Reading, held: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], int]:
    """Names by key of the nodes they belong to, and how many found none.

    The ТН ВЭД writes some headings and subheadings of the HS only with zeros after them: 0509 00 000 0 is the heading
    0509. Where the names of several codes meet in one node, that of the shortest stays.
    """
    wanted: dict[str, dict[str, Any]] = {}
    unattached = 0
    for code, stated in sorted(reading.nodes.items(), key=lambda item: -len(item[0])):
        longer = (code.ljust(length, "0") for length in range(len(code), 11))
        key = next((candidate for candidate in longer if candidate in held), None)
        if key is None:
            unattached += 1
            continue
        names = {"name_kk": stated.node.name_kk, "name_en": stated.node.name_en}
        wanted.setdefault(key, {}).update({name: value for name, value in names.items() if value is not None})
    return wanted, unattached


def _gone(scheme: Scheme, wanted: Mapping[str, Any], held: Mapping[str, Any]) -> list[str]:
    """Keys that hold and that the file lacks within its branches, and of sections with nothing left under them."""
    branches = {branch_of(scheme, key) for key in wanted} - {None}
    gone = [key for key in held if key not in wanted and branch_of(scheme, key) in branches]
    left = held.keys() - set(gone) | wanted.keys()
    parents = {wanted.get(key, {}).get("parent_key", held[key].parent_key if key in held else None) for key in left}
    sections = [key for key in left - wanted.keys() if branch_of(scheme, key) is None]
    return gone + [key for key in sections if branches and key not in parents]


@by(frozenset({AccountRole.ADMINISTRATOR}))
def take_in_notes(
    session: Session, scheme: Scheme, notes: Mapping[str, ChapterNotes], *, on: date, actor: Actor, now: datetime
) -> tuple[int, int]:
    """Make the notes say from the day `on` what a file states; returns how many are new and how many changed.

    Of chapters that the file lacks nothing is changed. Repeating it changes nothing.
    """
    wanted = {}
    for chapter, stated in notes.items():
        for key, lines in ((chapter, stated.chapter), (key_of_section(chapter), stated.section)):
            if lines:
                wanted[key] = {"text_ru": "\n".join(lines)}
    changes = revise(session, ClassifierNote, "key", wanted, on=on, fixed={"scheme": scheme})
    added = sum(revised.before is None for revised in changes.values())
    if changes:
        said = {"scheme": scheme, "added": added, "changed": len(changes) - added, "keys": sorted(changes)}
        audit.record(session, [Change("imported", "classifier_note", None, None, said)], actor=actor, now=now)
    return added, len(changes) - added
