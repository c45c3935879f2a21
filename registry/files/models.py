"""Files that organisations sent: what each is, whose, who may see it, and what it belongs to.

The content lies in a folder (registry.files.store) under the file's token; a row is all that makes it reachable.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, UtcDateTime, Word
from registry.files.contents import Form

TOKEN_LENGTH = 40
NAME_LENGTH = 120


class Purpose(StrEnum):
    """What a file was sent for; what is accepted and who may see it follow from that."""

    PHOTO = "photo"
    CONFORMITY = "conformity"  # a certificate or declaration of conformity
    PERMIT = "permit"
    AUTHORITY = "authority"  # a power of attorney or another proof that a person may speak for an organisation
    ORIGIN = "origin"  # evidence of origin
    PROTOCOL = "protocol"  # of a commission or a visit
    OTHER = "other"


class Disclosure(StrEnum):
    """Who may see a file. Source: art. 6(3) of the Law, domain.md §10.11."""

    PUBLIC = "public"
    PARTIES = "parties"  # its organisation, those it is shared with by name, and the state
    STATE = "state"  # its organisation and the state
    NEVER = "never"  # its organisation alone


class StoredFile(Base):
    """One file. `owner` is an organisation's БИН or ИИН, None for a file of the register's own.

    size and sha256 are of the content that is kept and served: of a picture, as it was made anew.
    removed_at: it is gone for every reader; emptied_at: its content is gone from the disk as well.
    """

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint(f"length(token) = {TOKEN_LENGTH}", name="token_whole"),
        CheckConstraint("owner IS NULL OR length(owner) = 12", name="owner_twelve_digits"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("disclosure != 'public' OR purpose IN ('photo', 'origin')", name="public_kinds"),
        CheckConstraint("(form = 'jpeg') = (width IS NOT NULL AND height IS NOT NULL)", name="picture_measured"),
        CheckConstraint("emptied_at IS NULL OR removed_at IS NOT NULL", name="emptied_after_removal"),
        # A double click sends the same file twice.
        Index(
            "uq_stored_file_sent",
            *("owner", "uploader_id", "purpose", "sha256", "name"),
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index(None, "removed_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(String(TOKEN_LENGTH), unique=True)
    owner: Mapped[str | None] = mapped_column(String(12))
    uploader_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("account.id"), index=True)
    purpose: Mapped[Purpose] = mapped_column(Word(Purpose))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    form: Mapped[Form] = mapped_column(Word(Form))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    disclosure: Mapped[Disclosure] = mapped_column(Word(Disclosure))
    width: Mapped[int | None]
    height: Mapped[int | None]
    pages: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    emptied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown on a page, and has a thumbnail."""
        return self.form is Form.JPEG


class FileUse(Base):
    """A file belongs to a thing of some kind, as a photo to a product; the first position is shown first."""

    __tablename__ = "file_use"
    __table_args__ = (UniqueConstraint("file_id", "kind", "entity_id"), Index(None, "kind", "entity_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    file_id: Mapped[int] = mapped_column(BigId, ForeignKey("stored_file.id"))
    kind: Mapped[str] = mapped_column(String(30))
    entity_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]


class FileParty(Base):
    """An organisation that a file is shared with by name."""

    __tablename__ = "file_party"
    __table_args__ = (
        UniqueConstraint("file_id", "bin"),
        CheckConstraint("length(bin) = 12", name="bin_twelve_digits"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    file_id: Mapped[int] = mapped_column(BigId, ForeignKey("stored_file.id"))
    bin: Mapped[str] = mapped_column(String(12))
