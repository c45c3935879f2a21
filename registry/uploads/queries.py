"""An organisation's files, and what is remembered of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.catalogue.models import ProductKind, ProductVersion
from registry.dated import chunks, holds_on
from registry.errors import NotFound
from registry.uploads.columns import fingerprint_of
from registry.uploads.models import ColumnMapping, Upload
from registry.uploads.recognition import Recall
from registry.wording import Message

# How many forms of table are looked at; an organisation has one or two.
_FORMS = 100


def fingerprint(names: Iterable[str]) -> str:
    """What tells a table with columns of these names from those of other forms."""
    return hashlib.sha256("\n".join(fingerprint_of(names)).encode()).hexdigest()


def recall(session: Session, bin: str) -> Recall:
    """What the organisation said of its tables: of one of the same form everything, of another the names that meant the
    same in all of its tables."""
    own = select(ColumnMapping.fingerprint, ColumnMapping.fields).where(ColumnMapping.bin == bin)
    newest = own.order_by(ColumnMapping.saved_at.desc(), ColumnMapping.id.desc()).limit(_FORMS)
    forms: dict[str, Mapping[str, str | None]] = {row.fingerprint: row.fields for row in session.execute(newest)}
    agreed: dict[str, str | None] = {}
    disputed: set[str] = set()
    for fields in forms.values():
        for key, field in fields.items():
            if key in agreed and agreed[key] != field:
                disputed.add(key)
            agreed.setdefault(key, field)
    common = {key: field for key, field in agreed.items() if key not in disputed and field is not None}

    def remembered(names: Sequence[str]) -> Mapping[str, str | None]:
        return forms.get(fingerprint(names), common)

    return remembered


def upload(session: Session, upload_id: int, bin: str) -> Upload:
    """A file of the organisation. Raises NotFound for another's as for none."""
    found = session.get(Upload, upload_id)
    if found is None or found.bin != bin:
        raise NotFound(Message("upload.not_found"))
    return found


def uploads(session: Session, bin: str, *, limit: int) -> list[Upload]:
    """The files of an organisation, the latest first."""
    return list(session.scalars(select(Upload).where(Upload.bin == bin).order_by(Upload.id.desc()).limit(limit)))


def without_code(session: Session, ids: Iterable[int], on: date) -> dict[int, str]:
    """Of these products the goods that have no ТН ВЭД code on that day, by id and in that order, with their names."""
    version = ProductVersion.__table__.c
    bare = (version.tnved.is_(None), version.kind == ProductKind.GOODS, holds_on(version, on))
    found: dict[int, str] = {}
    for piece in chunks(ids):
        rows = select(version.product_id, version.name_ru, version.name_kk, version.name_en)
        named = {
            row[0]: row[1] or row[2] or row[3]
            for row in session.execute(rows.where(version.product_id.in_(piece), *bare))
        }
        found.update((product, named[product]) for product in piece if named.get(product))
    return found
