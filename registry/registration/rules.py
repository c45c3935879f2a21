"""What a claim must say, and what may become of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from registry.errors import RuleBroken
from registry.explain import Violation
from registry.identifiers import CheckDigit, Division, HolderKind, HolderNumber, parse_holder, parse_kato, parse_oked
from registry.registration.models import ClaimState, ProofMethod
from registry.suppliers.models import Role
from registry.suppliers.rules import ADDRESS_LENGTH, EMAIL_LENGTH, NAME_LENGTH, PHONE_LENGTH, SupplierLine, is_email
from registry.wording import Message

# From where a claim may go; what is over stays as it is.
NEXT: Final[Mapping[ClaimState, frozenset[ClaimState]]] = {
    ClaimState.DRAFT: frozenset({ClaimState.WAITING, ClaimState.PROVEN, ClaimState.WITHDRAWN}),
    ClaimState.WAITING: frozenset({ClaimState.PROVEN, ClaimState.REFUSED, ClaimState.WITHDRAWN, ClaimState.OVERTAKEN}),
    ClaimState.PROVEN: frozenset(),
    ClaimState.REFUSED: frozenset(),
    ClaimState.WITHDRAWN: frozenset(),
    ClaimState.OVERTAKEN: frozenset(),
}
ALIVE: Final = frozenset({ClaimState.DRAFT, ClaimState.WAITING})

# What an organisation agrees to; the sentence of each is `registration.consent.<word>`. The first are needed to be
# listed at all, the last may be left out and taken back.
CONSENTS: Final = ("truth", "publication", "contact")
NEEDED_CONSENTS: Final = frozenset({"truth", "publication"})

# Why a claim is refused; the sentence of each is `registration.reason.<word>`.
REASONS: Final = ("unreadable", "not_this_number", "not_this_person", "expired", "not_a_proof")
NOTE_LENGTH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Digits:
    """What the digits of a number say by themselves.

    kind: a sentence for legal entity, branch, sole entrepreneur…; registered: the month, of a БИН; doubted: the check
    digit does not agree, so that a person looks at a document whatever else is given.
    """

    number: str
    kind: Message
    registered: date | None
    doubted: bool


def read_number(typed: str, *, insisted: str = "") -> Digits:
    """The number of an organisation as it was typed; `insisted`: the one that was questioned and typed once more.

    Raises RuleBroken for a number that cannot be; for one whose check digit does not agree, until it is typed again;
    and for one of a representative office, which makes and sells nothing by itself. Source: Law № 86-VII, article
    51(4)(1): sole entrepreneurs and legal entities; domain.md §10.2.
    """
    holder = parse_holder(typed)
    if holder.division is Division.REPRESENTATIVE_OFFICE:
        message = Message("registration.representative", {"given": holder.number})
        raise RuleBroken([Violation(message.code, "bin", message, "Закон № 86-VII, ст. 51(4)(1)")])
    doubted = holder.check is not CheckDigit.VALID
    if doubted and insisted != holder.number:
        message = Message("registration.retype", {"given": holder.number})
        raise RuleBroken([Violation(message.code, "bin", message)])
    return said_by(holder)


def said_by(holder: HolderNumber) -> Digits:
    """What the digits of a number that was read say."""
    if holder.kind is HolderKind.LEGAL_ENTITY:
        division = holder.division or Division.OTHER
        kind = Message(f"registration.kind.{'foreign' if holder.resident is False else division.value}")
    else:
        kind = Message(f"registration.kind.{holder.kind.value}")
    registered = None
    if holder.kind is not HolderKind.PERSON:
        year = int(holder.number[:2])
        # The register of БИН began in the nineties; a БИН of the years to come there is none.
        registered = date((1900 if year >= 90 else 2000) + year, int(holder.number[2:4]), 1)
    return Digits(holder.number, kind, registered, holder.check is not CheckDigit.VALID)


def check_values(values: Mapping[str, Any]) -> tuple[Violation, ...]:
    """What stands against submitting a claim with these values; empty if nothing does."""
    found: list[Violation] = []

    def refuse(field: str, code: str) -> None:
        found.append(Violation(code, field, Message(code)))

    name = str(values.get("name") or "").strip()
    if not name or len(name) > NAME_LENGTH:
        refuse("name", "registration.name")
    if values.get("role") not in (Role.MAKER, Role.DEALER):
        refuse("role", "registration.role")
    for field, parse in (("kato", parse_kato), ("oked", parse_oked)):
        given = str(values.get(field) or "")
        if not given:
            refuse(field, f"registration.{field}")
            continue
        try:
            parse(given)
        except RuleBroken as error:
            found += error.violations
    email = str(values.get("email") or "")
    if email and not is_email(email):
        refuse("email", "registration.email")
    if not email and not values.get("phone"):
        refuse("phone", "registration.reach")
    lengths = (("email", EMAIL_LENGTH), ("phone", PHONE_LENGTH), ("address", ADDRESS_LENGTH))
    for field, most in lengths:
        if len(str(values.get(field) or "")) > most:
            refuse(field, f"registration.long.{field}")
    return tuple(found)


def check_submission(
    values: Mapping[str, Any], *, method: ProofMethod | None, documents: int, consents: frozenset[str]
) -> tuple[Violation, ...]:
    """What stands against submitting a claim; empty if nothing does. documents: how many files were sent."""
    found = [*check_values(values), *check_consents(consents)]
    if method is None or (method is ProofMethod.DOCUMENT and not documents):
        found.append(Violation("registration.proof", "document", Message("registration.proof")))
    return tuple(found)


def check_consents(consents: frozenset[str]) -> tuple[Violation, ...]:
    """What of the needed consents is missing; empty if nothing is."""
    return tuple(
        Violation("registration.consent.needed", f"consent_{what}", Message("registration.consent.needed"))
        for what in CONSENTS
        if what in NEEDED_CONSENTS - consents
    )


def line_of(bin: str, values: Mapping[str, Any]) -> SupplierLine:
    """What a claim with good values says of its organisation."""
    return SupplierLine(
        bin=bin,
        bin_check=parse_holder(bin).check,
        name=" ".join(str(values["name"]).split()),
        role=Role(values["role"]),
        kato=parse_kato(values["kato"]),
        oked=parse_oked(values["oked"]),
        address=values.get("address") or None,
        email=values.get("email") or None,
        phone=values.get("phone") or None,
    )


def check_move(before: ClaimState, after: ClaimState) -> None:
    """Raise RuleBroken where a claim may not go from the one state to the other."""
    if after not in NEXT[before]:
        message = Message("registration.over", {"state": Message(f"registration.state.{before}")})
        raise RuleBroken([Violation(message.code, "", message)])


def check_reasons(reasons: tuple[str, ...]) -> tuple[Violation, ...]:
    """What stands against refusing for these reasons: there must be one, of the list. Source: domain.md §9 rule 40."""
    if reasons and all(reason in REASONS for reason in reasons):
        return ()
    return (Violation("registration.reasons", "reasons", Message("registration.reasons")),)
