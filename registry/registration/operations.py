"""The only writers of claims and consents, and of what follows from them. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from registry import audit, messages
from registry.accounts.models import Account, AccountRole
from registry.accounts.operations import end_membership, new_membership
from registry.accounts.queries import colleagues
from registry.accounts.rules import EVERYONE, INSTITUTE, LISTERS, SUPPLIER, Actor, by
from registry.audit import Change
from registry.catalogue.models import Product
from registry.catalogue.operations import touch_of_suppliers, withdraw
from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken
from registry.explain import Violation
from registry.registration import queries, rules
from registry.registration.models import Claim, ClaimState, Consent, ProofMethod
from registry.suppliers import operations as suppliers
from registry.suppliers.profile import clear
from registry.wording import Message

_PROGRAM: Final = Actor("registration")


class Signature(Protocol):
    """What a verified signature says of who signed: the numbers that the certificate carries."""

    @property
    def bin(self) -> str | None: ...
    @property
    def iin(self) -> str | None: ...


@by(EVERYONE)
def begin(session: Session, bin: str, *, actor: Actor, now: datetime) -> Claim:
    """The person's claim for a number that was read: the one they have begun already, or a new draft.

    Raises Conflict where the person acts for that organisation already.
    """
    account_id = _person(actor)
    alive = select(Claim).where(Claim.account_id == account_id, Claim.bin == bin, Claim.state.in_(rules.ALIVE))
    begun = session.scalars(alive).one_or_none()
    if begun is not None:
        return begun
    proven = select(Claim.id).where(Claim.account_id == account_id, Claim.bin == bin, Claim.state == ClaimState.PROVEN)
    works_there = any(one.account_id == account_id for one in colleagues(session, bin))
    if works_there and session.scalars(proven).first():
        raise Conflict(Message("registration.yours", {"bin": bin}))
    claim = Claim(bin=bin, account_id=account_id, state=ClaimState.DRAFT, values={}, created_at=now)
    session.add(claim)
    session.flush()
    audit.record(session, [Change("begin", "claim", claim.id, None, {"bin": bin})], actor=actor, now=now)
    return claim


@by(EVERYONE)
def keep(session: Session, claim_id: int, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> Claim:
    """Keep what a step of the form holds, right or wrong: the person goes on with it when they come back."""
    claim = _own(session, claim_id, actor)
    if claim.state is not ClaimState.DRAFT:
        raise Conflict(Message("registration.sent"))
    claim.values = {**claim.values, **values}
    session.flush()
    return claim


@by(EVERYONE)
def submit(
    session: Session,
    claim_id: int,
    *,
    method: ProofMethod | None,
    documents: int,
    consents: frozenset[str],
    note: str | None,
    on: date,
    actor: Actor,
    now: datetime,
) -> Claim:
    """Hand a claim in. The organisation of a number that the register did not know is registered at once, unpublished,
    and the claimant is its owner: goods can be listed the same evening.

    documents: how many files prove it. Raises RuleBroken with everything that is missing.
    """
    claim = _own(session, claim_id, actor)
    if claim.state is not ClaimState.DRAFT:
        raise Conflict(Message("registration.sent"))
    if violations := rules.check_submission(claim.values, method=method, documents=documents, consents=consents):
        raise RuleBroken(violations)
    line = rules.line_of(claim.bin, claim.values)
    known = queries.known(session, claim.bin, on)
    if not known.exists:
        suppliers.register(session, line, on=on, actor=actor, now=now)
    if not known.published and known.owner_id is None:
        _take_over(session, claim, known, on=on, now=now)
        new_membership(session, claim.account_id, AccountRole.OWNER, claim.bin, actor=actor, now=now)
    claim.method, claim.note, claim.submitted_at = method, note, now
    claim.state = ClaimState.WAITING
    _consent(session, claim.bin, consents, actor=actor, now=now)
    session.flush()
    said = {"bin": claim.bin, "method": method, "documents": documents}
    audit.record(session, [Change("submit", "claim", claim.id, None, said)], actor=actor, now=now)
    return claim


@by(EVERYONE)
def withdraw_claim(session: Session, claim_id: int, *, on: date, actor: Actor, now: datetime) -> None:
    """Take one's own claim back. What was registered with it stays, unpublished, for the same person's next claim."""
    claim = _own(session, claim_id, actor)
    _move(session, claim, ClaimState.WITHDRAWN, actor=actor, now=now)
    _give_up(session, claim, on=on, now=now)


@by(INSTITUTE)
def prove(
    session: Session, claim_id: int, *, note: str | None = None, on: date, actor: Actor, now: datetime
) -> set[int]:
    """A person has seen the proof: the claimant speaks for the organisation from now on, and it is published.

    Returns the supplier where it changed. Raises NotAllowed for the claimant's own hand.
    """
    claim = _to_decide(session, claim_id, actor)
    claim.decision_note = note
    return _proven(session, claim, on=on, actor=actor, now=now)


@by(EVERYONE)
def prove_by_signature(
    session: Session,
    claim_id: int,
    signature: Signature,
    *,
    consents: frozenset[str],
    on: date,
    actor: Actor,
    now: datetime,
) -> set[int]:
    """The claimant has signed with a certificate that carries the number: no person need look at it.

    Raises RuleBroken where the certificate carries another number, or where something is missing in the claim.
    """
    claim = _own(session, claim_id, actor)
    if claim.bin not in (signature.bin, signature.iin if signature.bin is None else None):
        carried = signature.bin or signature.iin or ""
        message = Message("registration.other_number", {"bin": claim.bin, "given": carried})
        raise RuleBroken([Violation(message.code, "signature", message)])
    method = ProofMethod.SIGNATURE
    if violations := rules.check_submission(claim.values, method=method, documents=0, consents=consents):
        raise RuleBroken(violations)
    claim.method, claim.submitted_at = method, claim.submitted_at or now
    _consent(session, claim.bin, consents, actor=actor, now=now)
    return _proven(session, claim, on=on, actor=actor, now=now)


@by(INSTITUTE)
def refuse(
    session: Session,
    claim_id: int,
    reasons: tuple[str, ...],
    *,
    note: str | None,
    on: date,
    actor: Actor,
    now: datetime,
) -> None:
    """The proof does not prove it: say why, by reasons of the list and in words (domain.md §9 rule 40).

    Whoever was let in for the sake of this claim is out again.
    """
    claim = _to_decide(session, claim_id, actor)
    if violations := rules.check_reasons(reasons):
        raise RuleBroken(violations)
    said = [Message(f"registration.reason.{reason}") for reason in reasons]
    claim.reasons, claim.decision_note = [one.as_json() for one in said], note
    _move(session, claim, ClaimState.REFUSED, actor=actor, now=now)
    _give_up(session, claim, on=on, now=now)
    body = Message("registration.letter.refused.body", {"bin": claim.bin, "reasons": tuple(said), "note": note or "—"})
    _write(session, claim.account_id, Message("registration.letter.refused.subject", {"bin": claim.bin}), body, now)


@by(LISTERS)
def give_consent(session: Session, what: str, *, actor: Actor, now: datetime) -> None:
    """Agree, for the organisation, to what may be agreed to later."""
    if what not in rules.CONSENTS:
        raise NotFound(Message("registration.consent.unknown"))
    _consent(session, actor.scope, frozenset({what}), actor=actor, now=now)


@by(LISTERS)
def withdraw_consent(session: Session, what: str, *, actor: Actor, now: datetime) -> None:
    """Agree to it no longer. Raises RuleBroken for what being listed rests on."""
    if what in rules.NEEDED_CONSENTS:
        message = Message("registration.consent.stays")
        raise RuleBroken([Violation(message.code, "", message)])
    alive = update(Consent).where(Consent.bin == actor.scope, Consent.what == what, Consent.withdrawn_at.is_(None))
    touched = session.execute(alive.values(withdrawn_at=now))
    if touched.rowcount:  # type: ignore[attr-defined]
        taken = Change("unconsent", "consent", None, {"bin": actor.scope, "what": what}, None)
        audit.record(session, [taken], actor=actor, now=now)


def _consent(session: Session, bin: str, consents: frozenset[str], *, actor: Actor, now: datetime) -> None:
    held = queries.consents(session, bin)
    for what in rules.CONSENTS:
        if what in consents - held.keys():
            session.add(Consent(bin=bin, what=what, account_id=_person(actor), given_at=now))
            given = Change("consent", "consent", None, None, {"bin": bin, "what": what})
            audit.record(session, [given], actor=actor, now=now)
    session.flush()


def _proven(session: Session, claim: Claim, *, on: date, actor: Actor, now: datetime) -> set[int]:
    _move(session, claim, ClaimState.PROVEN, actor=actor, now=now)
    before = queries.known(session, claim.bin, on)
    _take_over(session, claim, before, on=on, now=now)
    new_membership(session, claim.account_id, AccountRole.OWNER, claim.bin, actor=actor, now=now)
    changed = suppliers.publish(session, rules.line_of(claim.bin, claim.values), on=on, actor=actor, now=now)
    touch_of_suppliers(session, suppliers.ids_of(session, [claim.bin]).values(), now=now)
    for other in queries.others(session, claim):
        if other.state in rules.ALIVE:
            _move(session, other, ClaimState.OVERTAKEN, actor=_PROGRAM, now=now)
    body = Message("registration.letter.proven.body", {"bin": claim.bin, "name": claim.values["name"]})
    _write(session, claim.account_id, Message("registration.letter.proven.subject", {"bin": claim.bin}), body, now)
    return changed


def _take_over(session: Session, claim: Claim, before: queries.Known, *, on: date, now: datetime) -> None:
    """Whoever spoke for the organisation until now goes, with everybody they had let in."""
    if before.last_owner_id in (None, claim.account_id):
        return
    if not before.published:
        # What somebody listed who never proved to speak for it was nobody's word: it goes with them.
        _withdraw_goods(session, claim.bin, on=on, actor=_PROGRAM, now=now)
        clear(session, claim.bin, on=on, actor=_PROGRAM, now=now)
    _end_all(session, claim.bin, now=now, but=claim.account_id)
    if before.owner_id is not None:
        lost = Message("registration.letter.lost.body", {"bin": claim.bin})
        _write(session, before.owner_id, Message("registration.letter.lost.subject", {"bin": claim.bin}), lost, now)


def _give_up(session: Session, claim: Claim, *, on: date, now: datetime) -> None:
    """End what was granted for the sake of a claim that came to nothing."""
    known = queries.known(session, claim.bin, on)
    if known.owner_id == claim.account_id and not known.published:
        _end_all(session, claim.bin, now=now)


def _end_all(session: Session, bin: str, *, now: datetime, but: int | None = None) -> None:
    for colleague in colleagues(session, bin):
        if colleague.role in SUPPLIER and colleague.account_id != but:
            end_membership(session, colleague.membership_id, actor=_PROGRAM, now=now)


def _withdraw_goods(session: Session, bin: str, *, on: date, actor: Actor, now: datetime) -> None:
    [supplier_id] = suppliers.ids_of(session, [bin]).values()
    for product_id in session.scalars(select(Product.id).where(Product.supplier_id == supplier_id)):
        withdraw(session, product_id, supplier_id=supplier_id, keep=False, on=on, actor=actor, now=now)


def _move(session: Session, claim: Claim, state: ClaimState, *, actor: Actor, now: datetime) -> None:
    """Let a claim go on to another state; of two who decide at once one finds it gone on already (Conflict)."""
    before = claim.state
    rules.check_move(before, state)
    values = {"state": state, "decided_at": now, "decided_by": actor.name}
    moved = session.execute(update(Claim).where(Claim.id == claim.id, Claim.state == before).values(**values))
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(Message("registration.sent"))
    session.refresh(claim, ["state", "decided_at", "decided_by"])
    audit.record(
        session,
        [Change(str(state), "claim", claim.id, {"state": before}, {"state": state, "bin": claim.bin})],
        actor=actor,
        now=now,
    )


def _to_decide(session: Session, claim_id: int, actor: Actor) -> Claim:
    claim = queries.claim(session, claim_id)
    if queries.had_to_do_with(session, claim, actor.account_id):
        raise NotAllowed(Message("accounts.own_work"))
    return claim


def _own(session: Session, claim_id: int, actor: Actor) -> Claim:
    return queries.own_claim(session, claim_id, _person(actor))


def _person(actor: Actor) -> int:
    if actor.account_id is None:
        raise NotAllowed(Message("accounts.nobody"))
    return actor.account_id


def _write(session: Session, account_id: int, subject: Message, body: Message, now: datetime) -> None:
    account = session.get_one(Account, account_id)
    messages.queue(session, to=account.email, lang=account.lang, subject=subject, body=body, now=now)
