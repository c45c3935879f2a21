"""Codes that the institute finds for a line whose supplier did not know them. Nothing here commits.

They stand here and not with the catalogue, because another code makes a line another thing for its documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from registry import audit
from registry.accounts.models import AccountRole
from registry.accounts.rules import INSTITUTE, Actor, by, check_four_eyes, check_speaks_for
from registry.audit import Change
from registry.catalogue.models import CodeSuggestion, Product, ProductKind, SuggestionState
from registry.catalogue.operations import PRODUCT
from registry.catalogue.queries import details, suggestion
from registry.catalogue.rules import Nomenclature, ProductLine, kind_of
from registry.errors import Conflict, NotFound, RuleBroken
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.operations import Saved, save_good
from registry.evidence.queries import good, roles
from registry.explain import Violation
from registry.wording import Message

OWNERS = frozenset({AccountRole.OWNER})


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes for a line; none is said where it is left empty."""

    tnved: str | None = None
    kpved: str | None = None
    enstru: str | None = None
    agsk3: str | None = None

    @property
    def stated(self) -> dict[str, str]:
        """Those that are said."""
        given = {"tnved": self.tnved, "kpved": self.kpved, "enstru": self.enstru, "agsk3": self.agsk3}
        return {name: code for name, code in given.items() if code}


@by(INSTITUTE)
def suggest_codes(
    session: Session, product_id: int, codes: Codes, note: str | None, *, on: date, actor: Actor, now: datetime
) -> CodeSuggestion:
    """Suggest codes for a listed line; they hold once its owner has confirmed them.

    One that waits already is replaced. Raises NotFound if the line is not listed on that day, RuleBroken where no code
    is given or all of them are the line's own.
    """
    line = good(session, product_id, on)
    stated = codes.stated
    if not stated:
        raise RuleBroken([_said("coding.nothing")])
    if all(getattr(line, name, None) == code for name, code in stated.items()):
        raise RuleBroken([_said("coding.same")])
    _lock(session, product_id)
    waiting = suggestion(session, product_id)
    if waiting is not None:
        _decide(session, waiting, SuggestionState.REPLACED, None, actor, now)
    made = CodeSuggestion(
        product_id=product_id,
        **stated,
        note=note,
        state=SuggestionState.WAITING,
        suggested_at=now,
        suggested_by=actor.name,
        suggested_account_id=actor.account_id,
    )
    session.add(made)
    session.flush()
    _record(session, "code_suggested", made, {**stated, **({"note": note} if note else {})}, actor, now)
    return made


@by(OWNERS)
def accept_codes(
    session: Session,
    product_id: int,
    suggestion_id: int,
    nomenclature: Nomenclature,
    *,
    on: date,
    actor: Actor,
    now: datetime,
) -> tuple[EvidenceFact, ...]:
    """Take the codes that wait over into the line; returns the documents that are confirmed no longer by that.

    Raises NotFound if the line is not the actor's, Conflict if that suggestion does not wait any more.
    """
    line, waiting = _waiting(session, product_id, suggestion_id, on, actor)
    check_four_eyes(actor, waiting.suggested_account_id)
    # Decided before the line is written: of two clicks the second finds nothing that waits.
    _decide(session, waiting, SuggestionState.ACCEPTED, None, actor, now)
    own_role, _ = roles(session, [product_id], on)[product_id]
    stated = ProductLine(
        bin=line.bin,
        kind=kind_with(line, waiting),
        name_ru=line.name_ru,
        name_kk=line.name_kk,
        name_en=line.name_en,
        description=line.description,
        tnved=waiting.tnved or line.tnved,
        kpved=waiting.kpved or line.kpved,
        enstru=waiting.enstru or line.enstru,
        unit=line.unit,
        capacity_per_year=line.capacity_per_year,
        role=own_role,
        external_id=line.external_id,
    )
    if waiting.agsk3:
        held = details(session, [product_id], on)[product_id]
        stated = replace(stated, details=replace(held, agsk3=waiting.agsk3))
    saved: Saved = save_good(
        session,
        stated,
        nomenclature,
        supplier_id=line.supplier_id,
        product_id=product_id,
        on=on,
        actor=actor,
        now=now,
    )
    _record(session, "code_accepted", waiting, {"suggestion": waiting.id}, actor, now)
    return saved.unconfirmed


def kind_with(line: Good, waiting: CodeSuggestion) -> ProductKind:
    """Goods, works or services, as the codes that a line would have say; the АГСК-3 code says nothing of it."""
    if not (waiting.tnved or waiting.kpved or waiting.enstru):
        return line.kind
    return kind_of(waiting.tnved or line.tnved, waiting.kpved or line.kpved, waiting.enstru or line.enstru)


@by(OWNERS)
def decline_codes(
    session: Session, product_id: int, suggestion_id: int, reason: str, *, on: date, actor: Actor, now: datetime
) -> None:
    """Say that the codes that wait are not the line's, and why. Raises as `accept_codes`, RuleBroken without reason."""
    _, waiting = _waiting(session, product_id, suggestion_id, on, actor)
    if not reason:
        raise RuleBroken([_said("coding.reason", "reason")])
    _decide(session, waiting, SuggestionState.DECLINED, reason, actor, now)
    _record(session, "code_declined", waiting, {"reason": reason}, actor, now)


def _waiting(
    session: Session, product_id: int, suggestion_id: int, on: date, actor: Actor
) -> tuple[Good, CodeSuggestion]:
    line = good(session, product_id, on)
    if actor.bin is not None and actor.bin != line.bin:
        # What others list is not to be guessed at.
        raise NotFound(Message("catalogue.product.not_found", {"id": str(product_id)}))
    check_speaks_for(actor, line.bin)
    _lock(session, product_id)
    waiting = suggestion(session, product_id)
    if waiting is None or waiting.id != suggestion_id:
        raise Conflict(Message("coding.gone"))
    return line, waiting


def _lock(session: Session, product_id: int) -> None:
    session.get_one(Product, product_id, with_for_update=True)


def _decide(
    session: Session, waiting: CodeSuggestion, state: SuggestionState, reason: str | None, actor: Actor, now: datetime
) -> None:
    """Guarded: whoever decided first has decided."""
    decided = session.execute(
        update(CodeSuggestion)
        .where(CodeSuggestion.id == waiting.id, CodeSuggestion.state == SuggestionState.WAITING)
        .values(state=state, decided_at=now, decided_by=actor.name, reason=reason)
    )
    if decided.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(Message("coding.gone"))
    session.refresh(waiting)


def _record(
    session: Session, action: str, one: CodeSuggestion, after: dict[str, Any], actor: Actor, now: datetime
) -> None:
    changes: Iterable[Change] = [Change(action, PRODUCT, one.product_id, None, after)]
    audit.record(session, changes, actor=actor, now=now)


def _said(code: str, field: str = "") -> Violation:
    return Violation(code, field, Message(code))
