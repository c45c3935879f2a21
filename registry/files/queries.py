"""Files as they stand; removed ones are not there for anybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.files.models import FileParty, FileUse, StoredFile


def by_token(session: Session, token: str) -> StoredFile | None:
    """The file of this token; None where there is none any more."""
    wanted = select(StoredFile).where(StoredFile.token == token, StoredFile.removed_at.is_(None))
    return session.execute(wanted).scalar_one_or_none()


def files_of(session: Session, ids: Collection[int]) -> dict[int, StoredFile]:
    """Files by their ids; those that are gone are left out."""
    if not ids:
        return {}
    wanted = select(StoredFile).where(StoredFile.id.in_(ids), StoredFile.removed_at.is_(None))
    return {file.id: file for file in session.scalars(wanted)}


def used_by(session: Session, kind: str, entity_ids: Iterable[int]) -> dict[int, list[StoredFile]]:
    """The files of things of a kind, by the thing's id, in their order; every id asked for is there."""
    found: dict[int, list[StoredFile]] = {entity_id: [] for entity_id in entity_ids}
    if not found:
        return found
    wanted = (
        select(FileUse.entity_id, StoredFile)
        .join(StoredFile, StoredFile.id == FileUse.file_id)
        .where(FileUse.kind == kind, FileUse.entity_id.in_(found), StoredFile.removed_at.is_(None))
        .order_by(FileUse.entity_id, FileUse.position, FileUse.id)
    )
    for entity_id, file in session.execute(wanted):
        found[entity_id].append(file)
    return found


def files_owned(session: Session, bin: str) -> list[tuple[str, int, StoredFile]]:
    """All files of an organisation, each with the kind and the id of what it belongs to."""
    wanted = (
        select(FileUse.kind, FileUse.entity_id, StoredFile)
        .join(StoredFile, StoredFile.id == FileUse.file_id)
        .where(StoredFile.owner == bin, StoredFile.removed_at.is_(None))
        .order_by(FileUse.kind, FileUse.entity_id, FileUse.position, FileUse.id)
    )
    return [(kind, entity_id, file) for kind, entity_id, file in session.execute(wanted)]


def parties(session: Session, file_id: int) -> frozenset[str]:
    """The organisations that a file is shared with by name."""
    return frozenset(session.scalars(select(FileParty.bin).where(FileParty.file_id == file_id)))
