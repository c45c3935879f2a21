"""What of a line or of a supplier is kept as it was said, and where two such statements differ. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import document
from registry.wording import Message

# What makes a line another thing than was submitted; the same as `registry.evidence.rules.same_thing` holds apart.
_STATED: Final = ("kind", "name_ru", "name_kk", "name_en", "tnved", "kpved", "enstru", "unit", "role")
_IDENTITY: Final = ("kind", "number")


def as_said(good: Good) -> dict[str, Any]:
    """What is kept of a line at submission: plain values of its public columns, and its documents in words."""
    values: dict[str, Any] = {name: getattr(good, name) for name in _STATED}
    documents = [{"document": document(one).as_json(), **_document_as_said(one)} for one in good.evidence]
    plain = {name: None if value is None else str(value) for name, value in values.items()}
    return {
        **plain,
        "capacity_per_year": _plain(good.capacity_per_year),
        "documents": documents,
    }


def _document_as_said(fact: EvidenceFact) -> dict[str, str | None]:
    return {
        "kind": fact.kind,
        "number": fact.number,
        "issued_on": fact.issued_on.isoformat() if fact.issued_on else None,
        "expires_on": fact.expires_on.isoformat() if fact.expires_on else None,
        "percent": _plain(fact.percent),
        "status": str(fact.status),
    }


def same_document(said: Mapping[str, Any], fact: EvidenceFact) -> bool:
    """Whether a document still is what a kept statement of its line says. That it was confirmed since makes it no other
    one, that it was taken back does."""
    now = _document_as_said(fact)
    return any(_of_document(one) == _of_document(now) for one in said.get("documents", ()))


def _of_document(said: Mapping[str, Any]) -> dict[str, Any]:
    """What of a document must stay as it was examined."""
    days = {name: date.fromisoformat(said[name]) if said.get(name) else None for name in ("issued_on", "expires_on")}
    percent = Decimal(said["percent"]) if said.get("percent") else None
    revoked = str(EvidenceStatus.REVOKED) if said.get("status") == EvidenceStatus.REVOKED else None
    return {**{name: said.get(name) for name in _IDENTITY}, **days, "percent": percent, "status": revoked}


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two statements of one thing do not say alike; None where it is not stated.

    document: the one that the field is of, None where it is the thing's own. Of the field `document` the whole one was
    added or is there no more.
    """

    field: str
    before: str | date | Decimal | None
    now: str | date | Decimal | None
    document: Message | None = None


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Where two statements of one thing differ, in the order of the newer one; then where their documents do."""
    found = [
        Difference(field, before.get(field), value)
        for field, value in now.items()
        if field != "documents" and before.get(field) != value
    ]
    if "documents" in now:
        found += _of_documents(before.get("documents", ()), now["documents"])
    return tuple(found)


def _of_documents(before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> Iterator[Difference]:
    then, held = ({tuple(map(one.get, _IDENTITY)): one for one in side} for side in (before, now))
    for identity in dict.fromkeys((*held, *then)):
        first, last = then.get(identity), held.get(identity)
        name = Message.from_json((last or first or {})["document"])
        if first is None or last is None:
            was_number, number = (str(one.get("number")) if one else None for one in (first, last))
            yield Difference("document", was_number, number, name)
            continue
        was, is_now = _of_document(first), _of_document(last)
        for field, value in is_now.items():
            if was[field] != value:
                yield Difference(field, was[field], value, name)


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"
