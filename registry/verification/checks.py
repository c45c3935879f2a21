"""What the program looks at as soon as a case is submitted: plain values in, findings out. Pure.

Each finding is a row of the case, with its sentence and what it was held against, so that a person sees why and decides
for themselves: nothing is refused by a check alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import quantiles
from typing import Any, Final, NamedTuple

from registry.catalogue.models import CodeState, ProductKind
from registry.errors import RuleBroken
from registry.evidence.formulas import producer_icv
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import assuming, document
from registry.identifiers import CheckDigit, parse_evidence_number
from registry.law import Law
from registry.suppliers.models import Role
from registry.verification.models import CheckResult
from registry.verification.rules import Inputs
from registry.wording import Message, Param

# Fewer say nothing of what is usual.
PEERS: Final = 5
# How far beyond the middle half of its peers a percent is still unremarkable, in widths of that half (Tukey's fence);
# where all peers state nearly the same, this many points on either side are.
_FENCE: Final = Decimal("1.5")
_LEAST_WIDTH: Final = Decimal(5)
# A capacity beyond so many times the greatest of its peers is remarkable.
_TIMES: Final = 10
# Documents state two places of a percent.
_ROUNDING: Final = Fraction(1, 200)
_NAMED: Final = 5


class Found(NamedTuple):
    """What one check found. data: what it was held against, as plain JSON; product_id: None for the whole supplier."""

    name: str
    result: CheckResult
    message: Message
    product_id: int | None = None
    data: Mapping[str, Any] | None = None


class Other(NamedTuple):
    """Another supplier that has something in common."""

    bin: str
    name: str


@dataclass(frozen=True, slots=True)
class Peers:
    """Confirmed lines of other suppliers under a code. code: all ten digits, or fewer where those had too few."""

    code: str
    percents: tuple[Decimal, ...]
    capacities: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class SupplierFacts:
    """What is checked of a supplier, and who shares it. same: by `address`, `phone`, `email`, `name` and `equipment`;
    stated `equipment`: the makers' numbers of its machines."""

    bin: str
    check: CheckDigit
    stated: Mapping[str, str | None]
    same: Mapping[str, Sequence[Other]]


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is checked of a line. fact: its document. kpved_known: whether the classifier has the code; None where none
    is stated. same_good: others that list it; same_number: others that show a document of that number; machines: how
    much the supplier's equipment makes in a year, in the good's unit; None where no machine's is stated in it."""

    good: Good
    fact: EvidenceFact | None
    inputs: Inputs
    kpved_known: bool | None
    peers: Peers
    same_good: Sequence[Other]
    same_number: Sequence[Other]
    machines: Decimal | None


def check_supplier(facts: SupplierFacts) -> list[Found]:
    """Every check of the supplier."""
    found = [_found("identifier", _RESULT_OF_DIGIT[facts.check], str(facts.check), bin=facts.bin)]
    for what in ("name", "address", "phone", "email", "equipment"):
        others = facts.same.get(what, ())
        if facts.stated.get(what) is None:
            continue
        if others:
            names = _names(others)
            found.append(_found(what, CheckResult.DOUBT, "shared", data=_data(others), n=len(others), names=names))
        else:
            found.append(_found(what, CheckResult.OK, "own"))
    return found


def check_line(facts: LineFacts, on: date, law: Law) -> list[Found]:
    """Every check of a line on the day `on`, whose law `law` is."""
    good, fact = facts.good, facts.fact
    found = [_code(facts), _maker(good)]
    if fact is not None:
        found += [_accepted(fact, on, law), _number(fact), _dates(fact, on, law)]
        found += _shared_number(facts.same_number)
        if fact.status is EvidenceStatus.REVOKED:
            found.append(_found("status", CheckResult.DOUBT, "revoked"))
        found += [_percent(fact, facts.peers), *_formula(fact, facts.inputs, law)]
    found += _same_good(facts.same_good)
    found.append(_capacity(good, facts.inputs, facts.peers))
    if good.kind is ProductKind.GOODS and good.capacity_per_year is not None:
        found.append(_machines(good.capacity_per_year, good.unit, facts.machines))
    if good.kind is not ProductKind.GOODS:
        found.append(_staff(facts.inputs, law))
    return [one._replace(product_id=good.id) for one in found]


_RESULT_OF_DIGIT: Final = {
    CheckDigit.VALID: CheckResult.OK,
    CheckDigit.WRONG: CheckResult.DOUBT,
    CheckDigit.NOT_COMPUTABLE: CheckResult.DOUBT,
}
_RESULT_OF_CODE: Final = {
    CodeState.CHECKED: CheckResult.OK,
    CodeState.UNCHECKED: CheckResult.UNKNOWN,
    CodeState.UNKNOWN: CheckResult.FAIL,
    CodeState.SHORT: CheckResult.FAIL,
    CodeState.ABSENT: CheckResult.FAIL,
}


def _code(facts: LineFacts) -> Found:
    """Goods need ten digits that exist, works and services a КПВЭД code. Source: domain.md §9 rule 5."""
    good = facts.good
    if good.kind is ProductKind.GOODS:
        return _found("code", _RESULT_OF_CODE[good.tnved_state], f"tnved_{good.tnved_state}", code=good.tnved or "—")
    if facts.kpved_known is None:
        return _found("code", CheckResult.FAIL, "kpved_absent")
    result = CheckResult.OK if facts.kpved_known else CheckResult.DOUBT
    return _found("code", result, "kpved_known" if facts.kpved_known else "kpved_unknown", code=good.kpved or "—")


def _maker(good: Good) -> Found:
    """Only a maker is a domestic producer. Source: domain.md §10.3."""
    results = {Role.MAKER: CheckResult.OK, Role.DEALER: CheckResult.FAIL, Role.UNSTATED: CheckResult.DOUBT}
    return _found("maker", results[good.role], str(good.role))


def _accepted(fact: EvidenceFact, on: date, law: Law) -> Found:
    """Whether the law takes this kind of document on the day."""
    if not law.has(f"evidence.{fact.kind}.accepted"):
        return _found("accepted", CheckResult.FAIL, "unknown", document=document(fact))
    rule = law.evidence(fact.kind).accepted
    word, result = ("yes", CheckResult.OK) if rule.value else ("no", CheckResult.FAIL)
    found = _found("accepted", result, word, document=document(fact), citation=rule.citation, on=on)
    return found._replace(message=assuming(found.message, (rule.assumption,))) if rule.is_open else found


def _number(fact: EvidenceFact) -> Found:
    """The form of the number, and the year in it against the day of issue."""
    try:
        parsed = parse_evidence_number(fact.kind, fact.number)
    except RuleBroken:
        return _found("number", CheckResult.FAIL, "form", given=fact.number or "—")
    if fact.issued_on is not None and not parsed.issued_in(fact.issued_on.year):
        return _found("number", CheckResult.DOUBT, "year", given=fact.number, issued=fact.issued_on)
    return _found("number", CheckResult.OK, "good", given=fact.number)


def _dates(fact: EvidenceFact, on: date, law: Law) -> Found:
    """Issued before today, not over, and no longer than the law lets its kind last."""
    issued, expires = fact.issued_on, fact.expires_on
    if issued is None:
        return _found("dates", CheckResult.DOUBT, "unissued")
    if issued > on:
        return _found("dates", CheckResult.FAIL, "future", issued=issued)
    if expires is not None and expires < issued:
        return _found("dates", CheckResult.FAIL, "order", issued=issued, expires=expires)
    term = law.evidence(fact.kind).validity_days if law.has(f"evidence.{fact.kind}.accepted") else None
    last = issued + timedelta(days=term.value - 1) if term is not None else None
    end = expires or last
    if end is not None and end < on:
        return _found("dates", CheckResult.FAIL, "over", expires=end)
    if term is not None and expires is not None and last is not None and expires > last + timedelta(days=1):
        found = _found("dates", CheckResult.DOUBT, "long", issued=issued, expires=expires, days=term.value)
        return found._replace(message=assuming(found.message, (term.assumption,))) if term.is_open else found
    return _found("dates", CheckResult.OK, "good", issued=issued)


def _shared_number(others: Sequence[Other]) -> Iterable[Found]:
    """One document has one holder."""
    if others:
        names = _names(others)
        yield _found("shared_number", CheckResult.FAIL, "yes", data=_data(others), n=len(others), names=names)
    else:
        yield _found("shared_number", CheckResult.OK, "no")


def _same_good(others: Sequence[Other]) -> Iterable[Found]:
    """The same good, by name and code, of somebody else: one of them may be selling what the other makes."""
    if others:
        names = _names(others)
        yield _found("same_good", CheckResult.DOUBT, "yes", data=_data(others), n=len(others), names=names)
    else:
        yield _found("same_good", CheckResult.OK, "no")


def _percent(fact: EvidenceFact, peers: Peers) -> Found:
    """The percent among those that peers under the same code have confirmed."""
    if fact.percent is None:
        return _found("percent", CheckResult.DOUBT, "unstated")
    if len(peers.percents) < PEERS:
        return _found("percent", CheckResult.UNKNOWN, "few", percent=fact.percent, n=len(peers.percents), least=PEERS)
    low, high = usual(peers.percents)
    data = {"code": peers.code, "peers": len(peers.percents), "low": _plain(low), "high": _plain(high)}
    word, result = ("usual", CheckResult.OK) if low <= fact.percent <= high else ("unusual", CheckResult.DOUBT)
    return _found(
        "percent",
        result,
        word,
        data=data,
        percent=fact.percent,
        low=min(peers.percents),
        high=max(peers.percents),
        n=len(peers.percents),
        code=peers.code,
    )


def usual(percents: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The span of percents 0..100 that are unremarkable among these: the middle half, widened on either side."""
    first, _, third = quantiles(percents, n=4, method="inclusive")
    width = max((third - first) * _FENCE, _LEAST_WIDTH)
    return max(Decimal(0), first - width), min(Decimal(100), third + width)


def _formula(fact: EvidenceFact, inputs: Inputs, law: Law) -> Iterable[Found]:
    """The percent of the document against what the producer's own costs give. Source: order № 327, annex 3."""
    if inputs.whole_cost is None or inputs.foreign_cost is None or fact.percent is None:
        return
    reckoned = producer_icv(inputs.foreign_cost, inputs.whole_cost, law).value
    agrees = abs(Fraction(reckoned) - Fraction(fact.percent)) <= _ROUNDING
    word, result = ("agrees", CheckResult.OK) if agrees else ("differs", CheckResult.DOUBT)
    # The costs themselves stand in the case's line alone.
    yield _found("formula", result, word, percent=fact.percent, reckoned=Fraction(reckoned))


def _capacity(good: Good, inputs: Inputs, peers: Peers) -> Found:
    """The capacity against staff, where that is told, and against peers."""
    if good.capacity_per_year is None:
        return _found("capacity", CheckResult.UNKNOWN, "unstated")
    if inputs.staff_total == 0 and good.capacity_per_year > 0:
        return _found("capacity", CheckResult.FAIL, "nobody")
    if len(peers.capacities) >= PEERS and good.capacity_per_year > max(peers.capacities) * _TIMES:
        return _found(
            "capacity",
            CheckResult.DOUBT,
            "great",
            capacity=good.capacity_per_year.normalize(),
            high=max(peers.capacities).normalize(),
            n=len(peers.capacities),
            times=_TIMES,
        )
    if inputs.staff_total is None:
        return _found("capacity", CheckResult.UNKNOWN, "staff_untold")
    each = good.capacity_per_year / inputs.staff_total if inputs.staff_total else Decimal(0)
    return _found("capacity", CheckResult.OK, "staffed", staff=inputs.staff_total, each=Fraction(each))


def _machines(capacity: Decimal, unit: str | None, machines: Decimal | None) -> Found:
    """The capacity against what the stated equipment makes in a year, all of it together."""
    if machines is None:
        return _found("machines", CheckResult.UNKNOWN, "untold", unit=unit or "—")
    word, result = ("enough", CheckResult.OK) if capacity <= machines else ("beyond", CheckResult.DOUBT)
    return _found("machines", result, word, capacity=capacity.normalize(), able=machines.normalize(), unit=unit or "—")


def _staff(inputs: Inputs, law: Law) -> Found:
    """The criterion of works and services: the share of Kazakhstani staff. Source: domain.md §10.4, [open]."""
    rule = law.share("verification.staff_share")
    if not inputs.staff_total or inputs.staff_domestic is None:
        found = _found("staff_share", CheckResult.FAIL, "untold")
    else:
        share = Fraction(inputs.staff_domestic, inputs.staff_total)
        enough = share >= Fraction(rule.value)
        found = _found(
            "staff_share",
            CheckResult.OK if enough else CheckResult.FAIL,
            "enough" if enough else "low",
            share=share * 100,
            needed=rule.shown,
            domestic=inputs.staff_domestic,
            total=inputs.staff_total,
        )
    return found._replace(message=assuming(found.message, (rule.assumption,))) if rule.is_open else found


def _found(
    name: str, result: CheckResult, word: str, *, data: Mapping[str, Any] | None = None, **params: Param
) -> Found:
    return Found(name, result, Message(f"cases.check.{name}.{word}", params), None, data)


def for_supplier(message: Message) -> Message:
    """What its supplier reads of a finding: of others that something is shared, never who they are."""
    return Message(f"{message.code}.others") if "names" in message.params else message


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _names(others: Sequence[Other]) -> tuple[Param, ...]:
    shown: tuple[Param, ...] = tuple(one.name for one in others[:_NAMED])
    return (*shown, "…") if len(others) > _NAMED else shown


def _data(others: Sequence[Other]) -> dict[str, Any]:
    return {"suppliers": [one.bin for one in others]}
