"""Signing with the national digital signature (ЭЦП): a text to sign, and the signatures kept as evidence.

A person is given a text that says what they sign, signs it in a program of their own, and brings the signature back. It
is checked by a `Verifier`. The one that this system brings, `registry.cms.X509Verifier`, knows RSA and ECDSA.

ГОСТ 34.310 is known to the national provider's closed library (libkalkancryptwr-64) alone, which is no part of this
system. Whoever has it writes a Verifier over it, with a factory that is called with the settings, and names the factory
in ONDIRIS_SIGNATURE_VERIFIER as `package.module:factory`. The library serves one caller at a time: lock around it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry import audit
from registry.certificates import Role, profile
from registry.db import Base, BigId, Json, UtcDateTime, Word
from registry.errors import Conflict, NotFound, RuleBroken
from registry.explain import Violation
from registry.wording import LANGUAGES, Message, say, tr

# Long enough to carry the text to another machine, sign it there and come back; short enough that nobody meets a
# forgotten one.
LIFETIME: Final = timedelta(minutes=30)
# A signature with one certificate takes 2 KiB, and its text as much: room for a chain and a time stamp.
LARGEST_CMS: Final = 128 * 1024
# The field of the form at which refusals are said.
FIELD: Final = "cms"

_NONCE_BYTES: Final = 24
_PURPOSE = re.compile(r"[a-z_]{1,40}")
_ABOUT_LENGTH: Final = 200


class Revocation(StrEnum):
    """Whether it was asked if the certificates had been revoked."""

    CHECKED = "checked"
    UNCHECKED = "unchecked"  # this portal is given no lists of revoked certificates


@dataclass(frozen=True, slots=True)
class Signer:
    """What the certificate of a good signature says, and how far that was checked.

    person: surname and names as the authority wrote them; serial: hexadecimal; usages, policies: object identifiers;
    signed_at: the signer's own claim, None where the signature makes none.
    """

    person: str
    iin: str
    organisation: str | None
    bin: str | None
    issuer: str
    serial: str
    valid_from: datetime
    valid_until: datetime
    usages: tuple[str, ...]
    policies: tuple[str, ...]
    algorithm: str
    signed_at: datetime | None
    revocation: Revocation

    @property
    def number(self) -> str:
        """Whom a signature by this certificate speaks for: the organisation that it carries, else the person."""
        return self.bin or self.iin

    @property
    def roles(self) -> tuple[Role, ...]:
        """What the certificate lets its holder do."""
        return profile().roles_of(self.usages)


@runtime_checkable
class Verifier(Protocol):
    """What checks signatures. `name` is kept with each signature that it found good."""

    @property
    def name(self) -> str:
        """The implementation's name, at most 100 characters."""

    def verify(self, cms: bytes, content: bytes, *, now: datetime) -> Signer:
        """Who signed `content`, once everything about the signature holds at the moment `now`.

        cms: attached or detached, as DER, PEM or base64. Raises RuleBroken, its violations at FIELD.
        """


class SigningChallenge(Base):
    """A text that one account may sign once, within its time.

    purpose and about say what the signature is for, to the program: a word, and the thing as a key (`supplier:1104…`).
    account_id is a number and no key: the ground knows no accounts.
    """

    __tablename__ = "signing_challenge"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="some_time"),
        CheckConstraint("used_at IS NULL OR used_at >= created_at", name="used_after_made"),
        Index(None, "account_id", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(BigId)
    purpose: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(_ABOUT_LENGTH))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def content(self) -> bytes:
        """The bytes to sign."""
        return self.text.encode()

    @property
    def blocks(self) -> list[tuple[str | None, list[str]]]:
        """The text as it is shown: the lines of each paragraph, and the language of those that are in one."""
        paragraphs = [paragraph.split("\n") for paragraph in self.text.rstrip("\n").split("\n\n")]
        return list(zip((None, *LANGUAGES, None), paragraphs, strict=True))


class Signature(Base):
    """A signature that held when it was given, with what its certificate said: evidence, never changed.

    Whose number (ИИН) it carries is private: nothing that leaves the house may hold it.
    """

    __tablename__ = "signature"
    __table_args__ = (Index(None, "purpose", "about"), Index(None, "account_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # Unique: a text is signed once, whoever comes twice at one moment.
    challenge_id: Mapped[int] = mapped_column(BigId, ForeignKey("signing_challenge.id"), unique=True)
    account_id: Mapped[int] = mapped_column(BigId)
    purpose: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(_ABOUT_LENGTH))
    cms: Mapped[bytes] = mapped_column(LargeBinary)
    person: Mapped[str] = mapped_column(Text)
    iin: Mapped[str] = mapped_column(String(12))
    organisation: Mapped[str | None] = mapped_column(Text)
    bin: Mapped[str | None] = mapped_column(String(12))
    issuer: Mapped[str] = mapped_column(Text)
    serial: Mapped[str] = mapped_column(String(60))
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)
    usages: Mapped[list[str]] = mapped_column(Json)
    policies: Mapped[list[str]] = mapped_column(Json)
    algorithm: Mapped[str] = mapped_column(String(100))
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verifier: Mapped[str] = mapped_column(String(100))
    revocation: Mapped[Revocation] = mapped_column(Word(Revocation))

    challenge: Mapped[SigningChallenge] = relationship()


def refuse(code: str, **values: str | int | datetime) -> RuleBroken:
    """The refusal of a signature, to be raised: for verifiers, too."""
    return RuleBroken([Violation(code, FIELD, Message(code, values))])


def challenge(
    session: Session,
    *,
    purpose: str,
    about: str,
    declared: Message,
    host: str,
    account_id: int,
    actor: str,
    now: datetime,
) -> SigningChallenge:
    """A text for the account to sign, with a number that no other has.

    declared: what the signer declares, said in all three languages; host: the portal's address as its reader sees it,
    so that a text carried over from another site is told by reading it; actor: the account as its owner knows it.
    What this account let run out is dropped, so that nobody piles them up.
    """
    if not _PURPOSE.fullmatch(purpose) or not 0 < len(about) <= _ABOUT_LENGTH:
        raise ValueError(f"not a purpose or a key of what is signed: {purpose!r}, {about!r}")
    session.execute(
        delete(SigningChallenge).where(
            SigningChallenge.account_id == account_id,
            SigningChallenge.expires_at <= now,
            SigningChallenge.used_at.is_(None),
        )
    )
    nonce = secrets.token_urlsafe(_NONCE_BYTES)
    asked = SigningChallenge(
        nonce=nonce,
        account_id=account_id,
        purpose=purpose,
        about=about,
        text=_text(declared, host=host, account=actor, nonce=nonce, now=now),
        created_at=now,
        expires_at=now + LIFETIME,
        used_at=None,
    )
    session.add(asked)
    session.flush()
    return asked


def _text(declared: Message, *, host: str, account: str, nonce: str, now: datetime) -> str:
    """One paragraph a language between the portal's name and the number; no line of it is empty."""

    def said(lang: str) -> str:
        lines = (say(declared, lang), tr("signing.text.account", lang, account=account), _until(lang, now))
        return "\n".join(" ".join(line.split()) for line in lines)

    return "\n\n".join((f"Ondiris · {host}", *map(said, LANGUAGES), nonce)) + "\n"


def _until(lang: str, now: datetime) -> str:
    return tr("signing.text.until", lang, at=now, until=now + LIFETIME)


def asked(session: Session, nonce: str, *, purpose: str, about: str, account_id: int) -> SigningChallenge:
    """The text of that number, if it is this account's and for this.

    Raises NotFound for another's as for none: what others sign is not to be guessed at.
    """
    found = own(session, nonce, account_id=account_id)
    if (found.purpose, found.about) != (purpose, about):
        raise NotFound(Message("signing.challenge.not_found"))
    return found


def own(session: Session, nonce: str, *, account_id: int) -> SigningChallenge:
    """The text of that number, if it is this account's, whatever it is for. Raises NotFound as `asked` does."""
    mine = select(SigningChallenge).where(SigningChallenge.nonce == nonce, SigningChallenge.account_id == account_id)
    found = session.execute(mine).scalar_one_or_none()
    if found is None:
        raise NotFound(Message("signing.challenge.not_found"))
    return found


@dataclass(frozen=True, slots=True)
class Examined:
    """A signature found good, not yet kept: only `examine` makes it."""

    challenge: SigningChallenge
    cms: bytes
    signer: Signer
    verifier: str
    at: datetime


def examine(
    session: Session,
    verifier: Verifier,
    cms: bytes,
    *,
    nonce: str,
    purpose: str,
    about: str,
    account_id: int,
    speaks_for: str | None,
    now: datetime,
) -> Examined:
    """Check the signature of a text; nothing is written, so that a reading session will do: a long list of revoked
    certificates takes a while to go through, and a writer would keep all others waiting.

    speaks_for: the БИН or ИИН that the signature must speak for, with the right to bind it; None where any person will
    do. Raises NotFound as `asked` does, Conflict where the text is signed already, RuleBroken for everything that the
    signer can mend: the text stays as it was, to be signed again.
    """
    text = asked(session, nonce, purpose=purpose, about=about, account_id=account_id)
    if text.used_at is not None:
        raise Conflict(Message("signing.challenge.used"))
    if text.expires_at <= now:
        raise refuse("signing.challenge.expired", at=text.expires_at)
    signer = verifier.verify(cms, text.content, now=now)
    if speaks_for is not None and (violations := check_speaks_for(signer, speaks_for)):
        raise RuleBroken(violations)
    return Examined(text, cms, signer, verifier.name, now)


def keep(session: Session, examined: Examined, *, actor: str) -> Signature:
    """Use the text up and keep the signature, in the caller's transaction, with what it brings about.

    Raises Conflict where another was quicker: of two answers to one text one is kept.
    """
    text, signer = examined.challenge, examined.signer
    unused = update(SigningChallenge).where(SigningChallenge.id == text.id, SigningChallenge.used_at.is_(None))
    if session.execute(unused.values(used_at=examined.at)).rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(Message("signing.challenge.used"))
    kept = Signature(
        challenge_id=text.id,
        account_id=text.account_id,
        purpose=text.purpose,
        about=text.about,
        cms=examined.cms,
        person=signer.person,
        iin=signer.iin,
        organisation=signer.organisation,
        bin=signer.bin,
        issuer=signer.issuer,
        serial=signer.serial,
        valid_from=signer.valid_from,
        valid_until=signer.valid_until,
        usages=list(signer.usages),
        policies=list(signer.policies),
        algorithm=signer.algorithm,
        signed_at=signer.signed_at,
        checked_at=examined.at,
        verifier=examined.verifier,
        revocation=signer.revocation,
    )
    session.add(kept)
    session.flush()
    # Without the person's name and number: the signature keeps them, and more people read the audit.
    said = {
        "purpose": text.purpose,
        "about": text.about,
        "bin": signer.bin,
        "issuer": signer.issuer,
        "serial": signer.serial,
    }
    audit.record(session, [audit.Change("sign", "signature", kept.id, None, said)], actor=actor, now=examined.at)
    return kept


def answer(
    session: Session,
    verifier: Verifier,
    cms: bytes,
    *,
    nonce: str,
    purpose: str,
    about: str,
    account_id: int,
    speaks_for: str | None,
    actor: str,
    now: datetime,
) -> Signature:
    """Take the signature of a text: `examine` and `keep` in one transaction."""
    examined = examine(
        session,
        verifier,
        cms,
        nonce=nonce,
        purpose=purpose,
        about=about,
        account_id=account_id,
        speaks_for=speaks_for,
        now=now,
    )
    return keep(session, examined, actor=actor)


def check_speaks_for(signer: Signer, number: str) -> tuple[Violation, ...]:
    """What stands against a signature that is to speak for this БИН or ИИН; empty if nothing does.

    An organisation is spoken for by a certificate that carries its БИН and a role that binds it; a sole entrepreneur by
    a certificate that is the person's own. Whoever signs with an organisation's key does not sign for themselves.
    """
    if signer.number != number:
        message = Message("signing.number.other", {"wanted": number, "found": signer.number})
        return (Violation("signing.number.other", FIELD, message),)
    if signer.bin and not any(role.binds for role in signer.roles):
        return (Violation("signing.role.cannot_bind", FIELD, Message("signing.role.cannot_bind", {"bin": number})),)
    return ()


def signatures(session: Session, *, purpose: str, about: str) -> Sequence[Signature]:
    """The signatures kept of that, the newest first."""
    kept = select(Signature).where(Signature.purpose == purpose, Signature.about == about)
    return session.scalars(kept.order_by(Signature.id.desc())).all()
