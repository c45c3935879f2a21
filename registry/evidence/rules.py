"""Evidence of origin: what a row may state of a document, and how a line stands on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from registry.cells import Cells, shown
from registry.errors import RuleBroken
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from registry.identifiers import parse_evidence_number
from registry.law import Law
from registry.suppliers.rules import words
from registry.text import fold_key
from registry.wording import Message, Param, bare

COLUMNS: Final = (
    *("icv_percent", "evidence_kind", "evidence_number", "evidence_issued", "evidence_expires", "evidence_state"),
)

KINDS: Final = {
    **words("ct-kz", "ct-kz|ст-kz|ст-кз|ct kz|ст kz|ctkz|стkz|сертификат ст-kz|сертификат ct-kz"),
    **words("industrial", "industrial|индустриальный сертификат|индустриальный|индустриялық сертификат"),
    **words("ktp", "ktp|ктп|ктп реестр|выписка ктп|выписка из реестра ктп|реестр ктп|ктө|қтө"),
    **words("ktp", "қтө тізілімінен үзінді|қтө тізілімінен үзінді көшірме"),
}
STATUSES: Final = {
    **words(EvidenceStatus.CONFIRMED, "confirmed|подтверждено|подтвержден|действует|действителен|расталған|1|yes|да"),
    **words(EvidenceStatus.CLAIMED, "claimed|заявлено|заявлен|мәлімделген|0|no|нет"),
    **words(EvidenceStatus.REVOKED, "revoked|отозвано|отозван|аннулировано|аннулирован|исключено|қайтарып алынған"),
}

# The institute's own finding on works and services; it stands in place of a document, and is none of a good.
OF_WORK: Final = "staff"

PERCENT_DIGITS: Final = 4
NUMBER_LENGTH: Final = 60
_HUNDRED: Final = Decimal(100)
_NOTHING: Final = Decimal(0)


def read_evidence(cells: Cells, otherwise: EvidenceStatus) -> EvidenceFact | None:
    """The document that a row states; None if it states none, or what it states is refused (then the cells say so).

    otherwise: the status where the column gives none. A number of unusual form is kept as it is and noted; a document
    without a number cannot have been looked up in anybody's register, so it is claimed at most.
    """
    given = cells.text("evidence_number", NUMBER_LENGTH)
    kind = cells.word("evidence_kind", KINDS)
    percent = cells.number("icv_percent", digits=PERCENT_DIGITS, high=_HUNDRED)
    if percent is not None and 0 < percent < 1:
        cells.note("import.cell.share", "icv_percent", given=shown(cells.values["icv_percent"]))
    issued, expires = cells.day("evidence_issued"), cells.day("evidence_expires")
    status = cells.word("evidence_state", STATUSES)
    if kind is None and given is not None and not cells.filled("evidence_kind"):
        kind = _kind_of(given)
        if kind is None:
            cells.refuse("import.evidence.kind", "evidence_kind", given=shown(given))
    if issued is not None and expires is not None and expires < issued:
        cells.refuse("import.evidence.dates", "evidence_expires", issued=issued, expires=expires)
    if kind is None:
        if percent is not None and not cells.violations:
            cells.note("import.evidence.percent_alone", "icv_percent")
        return None
    number = ""
    if given is None:
        cells.note("import.evidence.no_number", "evidence_number")
        status = EvidenceStatus.CLAIMED if status in (None, EvidenceStatus.CONFIRMED) else status
    else:
        try:
            parsed = parse_evidence_number(kind, given)
        except RuleBroken:
            cells.note("import.evidence.number", "evidence_number", given=shown(given))
            number = given
        else:
            number = parsed.number
            if issued is not None and parsed.year_digit is not None and not parsed.issued_in(issued.year):
                odd: dict[str, Param] = {"given": number, "digit": parsed.year_digit, "issued": issued}
                cells.note("import.evidence.year", "evidence_number", **odd)
    return EvidenceFact(kind, number, issued, expires, percent, status or otherwise)


def _kind_of(number: str) -> str | None:
    """The kind whose numbers look like this one."""
    for kind in ("ct-kz", "industrial"):
        try:
            parse_evidence_number(kind, number)
        except RuleBroken:
            continue
        return kind
    return None


def same_thing(before: Good, after: Good) -> bool:
    """Whether a line still is what its documents were issued for, by its names, kind and codes and by who makes it.

    A name counts as the same where a reader takes it for the same, whatever its case and spaces; a name in a further
    language is another name, since it is found and matched by it. Descriptions, units and capacities may be corrected.
    """
    stated = ("kind", "tnved", "kpved", "enstru", "role")
    return _names(before) == _names(after) and all(getattr(before, it) == getattr(after, it) for it in stated)


def _names(good: Good) -> tuple[str, ...]:
    return tuple(fold_key(name or "").replace(" ", "") for name in (good.name_ru, good.name_kk, good.name_en))


def as_claimed(stated: EvidenceFact, held: EvidenceFact | None) -> EvidenceFact:
    """What a supplier's word makes of a document, of which `held` is known already.

    What is left empty stays as it is known. A revoked document stays revoked. Other figures than the confirmed ones
    have been seen by nobody, so the document counts as claimed with them.
    """
    if held is None:
        return stated._replace(status=EvidenceStatus.CLAIMED)
    merged = stated._replace(
        issued_on=stated.issued_on or held.issued_on,
        expires_on=stated.expires_on or held.expires_on,
        percent=held.percent if stated.percent is None else stated.percent,
        status=held.status,
    )
    if merged == held or held.status is EvidenceStatus.REVOKED:
        return held
    return merged._replace(status=EvidenceStatus.CLAIMED)


class State(StrEnum):
    """How a line stands on a day, best first; only a confirmed one proves a domestic producer (domain.md §10.3)."""

    CONFIRMED = "confirmed"
    CLAIMED = "claimed"
    EXPIRED = "expired"  # ran out, or the law no longer accepts its kind
    REVOKED = "revoked"
    NONE = "none"


_ORDER: Final = {state: place for place, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Standing:
    """The best that a line's evidence gives on a day.

    percent: what counts as in-country value on that day, 0 where nothing does. fact: the document that decided, None
    where there is none. message: why. assumptions: the open readings of the law that decided.
    """

    state: State
    percent: Decimal
    fact: EvidenceFact | None
    message: Message
    assumptions: tuple[Message, ...] = ()

    @property
    def told(self) -> Message:
        """Why, with the open readings that decided (domain.md §9 rule 45)."""
        return assuming(self.message, self.assumptions)


def assuming(said: Message, assumptions: Iterable[Message]) -> Message:
    """A sentence followed by the open readings of the law that it rests on."""
    for assumption in assumptions:
        said = Message("standing.assuming", {"said": said, "assumption": assumption})
    return said


def standing(facts: Iterable[EvidenceFact], on: date, law: Law) -> Standing:
    """How a line stands on the day `on` by its documents; `law` is that day's.

    Of several documents the one of the best state decides, of equal ones that with the greater counted percent, then
    the one that lasts longest.
    """
    judged = [judge(fact, on, law) for fact in facts]
    if not judged:
        return Standing(State.NONE, _NOTHING, None, bare("standing.none"))
    if len(judged) == 1:
        return judged[0]
    return min(judged, key=lambda it: (_ORDER[it.state], -it.percent, -lasts_until(it.fact, law).toordinal()))


def judge(fact: EvidenceFact, on: date, law: Law) -> Standing:
    """What one document gives on a day. Source: domain.md §2, §9 rules 10–12 and §10.5; config/law/evidence.toml."""
    if fact.issued_on is not None and on < fact.issued_on:
        said = Message("standing.not_yet", {"document": document(fact), "issued": fact.issued_on})
        return Standing(State.NONE, _NOTHING, fact, said)
    if fact.status is EvidenceStatus.REVOKED:
        return Standing(State.REVOKED, _NOTHING, fact, Message("standing.revoked", {"document": document(fact)}))
    if not law.has(f"evidence.{fact.kind}.accepted"):
        return Standing(
            State.NONE, _NOTHING, fact, Message("standing.unknown_kind", {"document": document(fact), "on": on})
        )
    rule = law.evidence(fact.kind)
    accepted = (rule.accepted.assumption,) if rule.accepted.is_open else ()
    end = lasts_until(fact, law)
    if on > end:
        by_law = fact.expires_on is None and rule.validity_days is not None
        assumed = (
            (rule.validity_days.assumption,) if by_law and rule.validity_days and rule.validity_days.is_open else ()
        )
        said = Message("standing.expired", {"document": document(fact), "expired": end})
        return Standing(State.EXPIRED, _NOTHING, fact, said, assumed)
    if not rule.accepted.value:
        said = Message(
            "standing.not_accepted", {"document": document(fact), "citation": rule.accepted.citation, "on": on}
        )
        if instead := _accepted(law):
            said = Message("standing.replaced", {**said.params, "accepted": instead})
        return Standing(State.EXPIRED, _NOTHING, fact, said, accepted)
    if fact.status is EvidenceStatus.CLAIMED:
        said = Message("standing.claimed", {"document": document(fact)})
        return Standing(State.CLAIMED, _NOTHING, fact, said, accepted)
    if not rule.gives_icv.value:
        assumed = (rule.gives_icv.assumption,) if rule.gives_icv.is_open else ()
        said = Message("standing.confirmed_without_icv", {"document": document(fact)})
        return Standing(State.CONFIRMED, _NOTHING, fact, said, accepted + assumed)
    if fact.percent is None:
        said = Message("standing.confirmed_without_percent", {"document": document(fact)})
        return Standing(State.CONFIRMED, _NOTHING, fact, said, accepted)
    said = Message("standing.confirmed", {"document": document(fact), "percent": fact.percent})
    return Standing(State.CONFIRMED, fact.percent, fact, said, accepted)


@lru_cache(maxsize=1 << 10)
def _accepted(law: Law) -> tuple[Message, ...]:
    """The kinds of document that prove origin on the law's day, for people."""
    known = (kind for kind in law.evidence_kinds() if kind != OF_WORK and law.has(f"evidence.{kind}.accepted"))
    return tuple(_kind(kind) for kind in known if law.evidence(kind).accepted.value)


def _kind(kind: str) -> Message:
    return bare(f"standing.kind.{kind.replace('-', '_')}")


def document(fact: EvidenceFact) -> Message:
    """The document's name for people: its kind and number."""
    kind = _kind(fact.kind)
    if not fact.number:
        return Message("standing.document.unnumbered", {"kind": kind})
    return Message("standing.document", {"kind": kind, "number": fact.number})


def lasts_until(fact: EvidenceFact | None, law: Law) -> date:
    """The last day on which a document is valid: its own, else what the law gives its kind from the day of issue."""
    if fact is None:
        return date.min
    if fact.expires_on is not None:
        return fact.expires_on
    lasting = law.evidence(fact.kind).validity_days if law.has(f"evidence.{fact.kind}.accepted") else None
    if lasting is None or fact.issued_on is None:
        return date.max
    return fact.issued_on + timedelta(days=lasting.value - 1)
