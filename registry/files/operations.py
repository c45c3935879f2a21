"""The only writers of files, each in its caller's transaction; only the sweep has transactions of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import audit
from registry.accounts.rules import EVERYONE, LISTERS, STAFF, Actor, by
from registry.audit import Change
from registry.db import Database
from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken
from registry.files import rules
from registry.files.intake import Prepared
from registry.files.models import Disclosure, FileParty, FileUse, Purpose, StoredFile
from registry.files.store import Store
from registry.wording import Message

logger = logging.getLogger(__name__)

# How long a content without a row may lie: by far longer than any transaction that may still write its row.
ORPHANED_AFTER: Final = timedelta(days=1)
_BATCH: Final = 500


@by(EVERYONE)
def attach(
    session: Session,
    *,
    owner: str | None,
    upload: Prepared,
    actor: Actor,
    now: datetime,
    uploader: int | None = None,
    disclosure: Disclosure | None = None,
) -> StoredFile:
    """Keep a prepared file as an organisation's, or as the register's own where `owner` is None.

    The same file sent again by the same person, as by a double click, is the one that is there already. uploader: the
    account that sends it. disclosure: who may see it, if not as its purpose suggests.
    Raises NotAllowed, or RuleBroken where there is no room for it.
    """
    purpose = upload.purpose
    if not rules.may_attach(owner=owner, purpose=purpose, actor=actor):
        raise NotAllowed(Message("files.not_yours"))
    disclosure = disclosure or rules.first_disclosure(purpose)
    if broken := rules.check_disclosure(purpose, disclosure):
        raise RuleBroken(broken)
    if (there := _sent_before(session, owner, uploader, upload)) is not None:
        return there
    _check_room(session, owner, uploader, upload)
    row = StoredFile(
        token=upload.token,
        owner=owner,
        uploader_id=uploader,
        purpose=purpose,
        name=upload.name,
        form=upload.form,
        size=upload.size,
        sha256=upload.sha256,
        disclosure=disclosure,
        width=upload.width,
        height=upload.height,
        pages=upload.pages,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # Another transaction has kept the same at this moment.
        there = _sent_before(session, owner, uploader, upload)
        if there is None:
            raise
        return there
    after = {"owner": owner, "purpose": purpose, "name": row.name, "sha256": row.sha256, "disclosure": disclosure}
    _record(session, row, "attached", None, after, actor, now)
    # Last, so that as little as possible is left to fail between the content's coming to its place and the commit.
    upload.store.keep(upload.token, upload.content, upload.thumb)
    return row


def _sent_before(session: Session, owner: str | None, uploader: int | None, upload: Prepared) -> StoredFile | None:
    if owner is None or uploader is None:
        return None
    wanted = select(StoredFile).where(
        StoredFile.owner == owner,
        StoredFile.uploader_id == uploader,
        StoredFile.purpose == upload.purpose,
        StoredFile.sha256 == upload.sha256,
        StoredFile.name == upload.name,
        StoredFile.removed_at.is_(None),
    )
    return session.execute(wanted).scalar_one_or_none()


def _check_room(session: Session, owner: str | None, uploader: int | None, upload: Prepared) -> None:
    """Room as it is at this moment; several that come at once may exceed it by as many, which does no harm.

    Proofs of speaking for an organisation count for who sends them: strangers must not fill an organisation's room.
    """
    living = StoredFile.removed_at.is_(None)
    if upload.purpose is Purpose.AUTHORITY:
        if uploader is None:
            return
        sent = select(func.count()).where(living, StoredFile.uploader_id == uploader)
        broken = rules.check_claims(session.scalar(sent.where(StoredFile.purpose == Purpose.AUTHORITY)) or 0)
    elif owner is not None:
        own = select(func.count(), func.coalesce(func.sum(StoredFile.size), 0)).where(living, StoredFile.owner == owner)
        count, size = session.execute(own.where(StoredFile.purpose != Purpose.AUTHORITY)).one()
        broken = rules.check_room(count=count, size=int(size), adding=upload.size)
    else:
        return
    if broken:
        raise RuleBroken(broken)


@by(EVERYONE)
def remove(session: Session, token: str, *, actor: Actor, now: datetime) -> None:
    """Let a file be gone for every reader at once; its content follows with the next sweep.

    Raises Conflict while it belongs to something, NotAllowed for who may not, NotFound where it is gone already.
    """
    file = _own(session, token, actor)
    if session.scalar(select(FileUse.id).where(FileUse.file_id == file.id).limit(1)) is not None:
        raise Conflict(Message("files.in_use", {"name": file.name}))
    file.removed_at = now
    session.flush()
    _record(session, file, "removed", {"name": file.name, "sha256": file.sha256}, None, actor, now)


@by(EVERYONE)
def link(
    session: Session,
    token: str,
    *,
    kind: str,
    entity_id: int,
    owner: str | None,
    actor: Actor,
    now: datetime,
    position: int | None = None,
) -> StoredFile:
    """Let a file belong to a thing, at the end of its files or at a position; one that belongs to it is moved there.

    owner: the thing's. Another organisation's file is not found: its token proves nothing. A repeat changes nothing.
    """
    file = _own(session, token, actor)
    if file.owner != owner:
        raise _not_found()
    use = session.execute(_use(file, kind, entity_id)).scalar_one_or_none()
    if position is None:
        if use is not None:
            return file
        of_thing = select(func.max(FileUse.position)).where(FileUse.kind == kind, FileUse.entity_id == entity_id)
        last = session.scalar(of_thing)
        position = 0 if last is None else last + 1
    before = None if use is None else {"kind": kind, "entity_id": entity_id, "position": use.position}
    if use is None:
        session.add(FileUse(file_id=file.id, kind=kind, entity_id=entity_id, position=position))
    elif use.position == position:
        return file
    else:
        use.position = position
    session.flush()
    after = {"kind": kind, "entity_id": entity_id, "position": position}
    _record(session, file, "linked", before, after, actor, now)
    return file


@by(EVERYONE)
def unlink(session: Session, token: str, *, kind: str, entity_id: int, actor: Actor, now: datetime) -> StoredFile:
    """Let a file belong to a thing no more; it stays the organisation's. A repeat changes nothing."""
    file = _own(session, token, actor)
    use = session.execute(_use(file, kind, entity_id)).scalar_one_or_none()
    if use is not None:
        session.delete(use)
        session.flush()
        before = {"kind": kind, "entity_id": entity_id, "position": use.position}
        _record(session, file, "unlinked", before, None, actor, now)
    return file


@by(EVERYONE)
def detach(session: Session, token: str, *, kind: str, entity_id: int, actor: Actor, now: datetime) -> None:
    """What a button "remove" beside a thing's file does: unlink it, and remove it where it belongs to nothing else."""
    file = unlink(session, token, kind=kind, entity_id=entity_id, actor=actor, now=now)
    if session.scalar(select(FileUse.id).where(FileUse.file_id == file.id).limit(1)) is None:
        remove(session, token, actor=actor, now=now)


@by(LISTERS | STAFF)
def disclose(session: Session, token: str, disclosure: Disclosure, *, actor: Actor, now: datetime) -> None:
    """Say anew who may see a file. Raises RuleBroken for what can never be public."""
    file = _own(session, token, actor)
    if broken := rules.check_disclosure(file.purpose, disclosure):
        raise RuleBroken(broken)
    if file.disclosure is not disclosure:
        before, file.disclosure = file.disclosure, disclosure
        session.flush()
        _record(session, file, "disclosed", {"disclosure": before}, {"disclosure": disclosure}, actor, now)


@by(LISTERS)
def share(session: Session, token: str, bin: str, *, actor: Actor, now: datetime) -> None:
    """Name an organisation that sees a file whose disclosure is `parties`. A repeat changes nothing."""
    file = _own(session, token, actor)
    if session.execute(_party(file, bin)).scalar_one_or_none() is None:
        session.add(FileParty(file_id=file.id, bin=bin))
        session.flush()
        _record(session, file, "shared", None, {"bin": bin}, actor, now)


@by(LISTERS)
def unshare(session: Session, token: str, bin: str, *, actor: Actor, now: datetime) -> None:
    """Take back what `share` gave. A repeat changes nothing."""
    file = _own(session, token, actor)
    if session.execute(_party(file, bin)).scalar_one_or_none() is not None:
        session.execute(delete(FileParty).where(FileParty.file_id == file.id, FileParty.bin == bin))
        _record(session, file, "unshared", {"bin": bin}, None, actor, now)


def _use(file: StoredFile, kind: str, entity_id: int) -> Select[FileUse]:
    return select(FileUse).where(FileUse.file_id == file.id, FileUse.kind == kind, FileUse.entity_id == entity_id)


def _party(file: StoredFile, bin: str) -> Select[FileParty]:
    return select(FileParty).where(FileParty.file_id == file.id, FileParty.bin == bin)


def _own(session: Session, token: str, actor: Actor) -> StoredFile:
    """The file, held until the end of the transaction; so what is removed is linked to nothing at the same moment.

    Another organisation's is not found, rather than forbidden: whether there is one is not to be guessed at.
    """
    wanted = select(StoredFile).where(StoredFile.token == token, StoredFile.removed_at.is_(None)).with_for_update()
    file = session.execute(wanted.execution_options(populate_existing=True)).scalar_one_or_none()
    if file is None or not rules.may_change(
        owner=file.owner,
        purpose=file.purpose,
        sent_by_actor=actor.account_id is not None and file.uploader_id == actor.account_id,
        actor=actor,
    ):
        raise _not_found()
    return file


def _not_found() -> NotFound:
    return NotFound(Message("files.not_found"))


def _record(
    session: Session,
    file: StoredFile,
    action: str,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(session, [Change(action, "file", file.id, before, after)], actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep took away: contents of removed files, contents without a row, and uploads that were broken off."""

    emptied: int
    orphans: int
    abandoned: int


def sweep(database: Database, store: Store, *, now: datetime) -> Swept:
    """Take away the contents that no living file has, in transactions of its own.

    Harmless to repeat and to run twice at once: contents go first, and a content that is gone already is no fault; a
    row is marked afterwards. What came in within a day is left alone, since its row may not be committed yet.
    """
    before = now - ORPHANED_AFTER
    emptied = 0
    while batch := _empty(database, store, now):
        emptied += batch
    orphans = sum(_orphans(database, shard) for shard in store.shards(before=before))
    abandoned = 0
    for path in store.abandoned(before=before):
        path.unlink(missing_ok=True)
        abandoned += 1
    return Swept(emptied, orphans, abandoned)


def _empty(database: Database, store: Store, now: datetime) -> int:
    with database.transaction() as session:
        wanted = select(StoredFile).where(StoredFile.removed_at.is_not(None), StoredFile.emptied_at.is_(None))
        files = list(session.scalars(wanted.order_by(StoredFile.id).limit(_BATCH)))
        for file in files:
            store.remove(file.token)
            file.emptied_at = now
    return len(files)


def _orphans(database: Database, shard: dict[str, list[Path]]) -> int:
    tokens = list(shard)
    living: set[str] = set()
    with database.reading() as session:
        for start in range(0, len(tokens), _BATCH):
            known = select(StoredFile.token).where(StoredFile.token.in_(tokens[start : start + _BATCH]))
            living |= set(session.scalars(known.where(StoredFile.removed_at.is_(None))))
    gone = [token for token in tokens if token not in living]
    for token in gone:
        for path in shard[token]:
            path.unlink(missing_ok=True)
        logger.info("the content %s had no file", token)
    return len(gone)
