"""Files of the register of Kazakhstani producers: who is a member, for which good, since when (domain.md §10.5).

Whoever stands in that register makes goods in the country, and from 2026 its extract is the sole proof: so a member
whom this register did not know is kept and shown as a maker, as if it had come by a file of suppliers, until somebody
claims it. What is known of a supplier already stays as its own people have said it.

The institute's decision stands above a file: whose confirmed status it has ended is not confirmed again by a membership
that was there before, but by being confirmed anew or by an appeal (domain.md §10.4). To be taken into that register
after the decision is new, and confirms.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.rules import Actor
from registry.bulk_rows import Outcome, Subject
from registry.catalogue.models import Product
from registry.catalogue.operations import list_lines, touch
from registry.catalogue.rules import MOST, NAME_LENGTH, ProductLine, kind_of, read_enstru, read_tnved
from registry.cells import YES_NO, Cells, number
from registry.dated import chunks, holds_on
from registry.errors import RuleBroken
from registry.evidence.barred import is_barred, kept_ended
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.intake import Trees
from registry.evidence.models import Evidence, EvidenceStatus
from registry.evidence.operations import state_evidence
from registry.evidence.queries import goods
from registry.evidence.rules import NUMBER_LENGTH, PERCENT_DIGITS
from registry.explain import Violation
from registry.identifiers import CheckDigit, parse_kpved
from registry.suppliers import operations as suppliers
from registry.suppliers.models import Role, Supplier
from registry.suppliers.rules import NAME_LENGTH as SUPPLIER_NAME_LENGTH
from registry.suppliers.rules import SupplierLine, read_holder
from registry.text import fold_key, language
from registry.wording import Message

KIND: Final = "ktp"
COLUMNS: Final = (
    *("product_code", "registration_number", "bin_iin", "company_name", "product_name", "production_capacity"),
    *("dvc_percent", "registry_inclusion_date", "is_active"),
)
REQUIRED: Final = ("registration_number", "bin_iin", "product_name")
# What columns of such a file say of a document, in the names that `state_evidence` has for them.
_SAYS: Final = {"dvc_percent": {"icv_percent"}, "registry_inclusion_date": {"evidence_issued", "evidence_expires"}}
_KPVED: Final = re.compile(r"\d{2}\.\d{2}\.\d{2}")
_ENSTRU: Final = re.compile(r"\d{6}\.\d{3}\.\d{6}|\d{14,15}")
_WITH_UNIT: Final = re.compile(r"([\d\s\u00a0.,]+?)\s*([^\W\d].*)")
_UNIT_LENGTH: Final = 60


@dataclass(frozen=True, slots=True)
class Member:
    """What a row says: a producer, one of its goods, and how it stands in that register."""

    bin: str
    bin_check: CheckDigit
    company: str | None
    number: str
    name: str
    tnved: str | None
    kpved: str | None
    enstru: str | None
    unit: str | None
    capacity: Decimal | None
    percent: Decimal | None
    included_on: date | None
    active: bool

    @property
    def code(self) -> str | None:
        """The code that the good is listed under there."""
        return self.tnved or self.enstru or self.kpved

    def line(self, *, apart: bool) -> ProductLine:
        """The good as a line of its own. apart: another line has its name already, under another code."""
        in_kazakh = language(self.name) == "kk"
        return ProductLine(
            bin=self.bin,
            kind=kind_of(self.tnved, self.kpved, self.enstru),
            name_ru=None if in_kazakh else self.name,
            name_kk=self.name if in_kazakh else None,
            tnved=self.tnved,
            kpved=self.kpved,
            enstru=self.enstru,
            unit=self.unit,
            capacity_per_year=self.capacity,
            role=Role.MAKER,
            external_id=f"{self.number} {self.code or ''}".strip() if apart else None,
        )

    @property
    def fact(self) -> EvidenceFact:
        """The extract that its membership is."""
        status = EvidenceStatus.CONFIRMED if self.active else EvidenceStatus.REVOKED
        return EvidenceFact(KIND, self.number, self.included_on, None, self.percent, status)


def read_member(cells: Cells, trees: Trees, excluded: Mapping[str, date]) -> Member | None:
    """What a row says; None if it is rejected. excluded: whose confirmed status the institute has ended, and when."""
    holder = read_holder(cells, "bin_iin")
    registered = cells.text("registration_number", NUMBER_LENGTH, required=True)
    name = cells.text("product_name", NAME_LENGTH, required=True)
    company = cells.text("company_name", SUPPLIER_NAME_LENGTH)
    tnved, kpved, enstru = _codes(cells, trees)
    capacity, unit = _capacity(cells)
    percent = cells.number("dvc_percent", digits=PERCENT_DIGITS, high=Decimal(100))
    included = cells.day("registry_inclusion_date")
    active = cells.word("is_active", YES_NO)
    if cells.violations or holder is None or registered is None or name is None:
        return None
    member = Member(
        bin=holder.number,
        bin_check=holder.check,
        company=company,
        number=registered,
        name=name,
        tnved=tnved,
        kpved=kpved,
        enstru=enstru,
        unit=unit,
        capacity=capacity,
        percent=percent,
        included_on=included,
        active=active is not False,
    )
    ended = excluded.get(member.bin)
    if ended is not None and is_barred(member.fact, ended):
        cells.note("import.ktp.excluded", "is_active", on=ended)
    return member


def _codes(cells: Cells, trees: Trees) -> tuple[str | None, str | None, str | None]:
    """ТН ВЭД, КПВЭД and ЕНС ТРУ: the one column holds whichever the register knew, told by its shape."""
    given = "".join(cells.values.get("product_code", "").split())
    if _KPVED.fullmatch(given):
        try:
            return None, parse_kpved(given, trees.kpved.exists), None
        except RuleBroken:
            return None, None, None
    if _ENSTRU.fullmatch(given):
        return None, None, read_enstru(cells, "product_code", trees.enstru.exists)
    return read_tnved(cells, "product_code", trees.tnved.exists), None, None


def _capacity(cells: Cells) -> tuple[Decimal | None, str | None]:
    """How much in a year, and in what: `492 000 шт` as well as a number alone."""
    given = cells.values.get("production_capacity", "")
    found = _WITH_UNIT.fullmatch(given.strip())
    value = number(found[1].strip()) if found else None
    if found is None or value is None or not 0 <= value <= MOST:
        return cells.number("production_capacity", digits=6, high=MOST), None
    return round(value, 6), found[2][:_UNIT_LENGTH]


def ktp_subject(
    trees: Trees, *, excluded: Mapping[str, date], on: date, actor: Actor, now: datetime
) -> Subject[Member]:
    """Files of that register, said to hold from the day `on`: confirmed from the day of inclusion, and where a row says
    that it is active no longer, revoked from the day `on`.

    excluded: whose confirmed status the institute has ended, and when, by БИН; what stands of their memberships stays,
    and one that is not known yet is claimed.
    """

    def write(session: Session, lines: Mapping[int, Member], absent: Set[str]) -> dict[int, Outcome | Violation]:
        known = suppliers.ids_of(session, {one.bin for one in lines.values()})
        outcomes: dict[int, Outcome | Violation] = {}
        fresh: dict[str, SupplierLine] = {}
        for row, one in lines.items():
            if one.bin in known or one.bin in fresh or not one.active:
                continue
            if one.company is None:
                said = Message("import.ktp.no_company", {"bin": one.bin})
                outcomes[row] = Violation(said.code, "company_name", said)
                continue
            fresh[one.bin] = SupplierLine(one.bin, one.bin_check, one.company, Role.MAKER)
        if fresh:
            suppliers.take_in(session, dict(enumerate(fresh.values())), on=on, actor=actor, now=now)
            known |= suppliers.ids_of(session, fresh.keys())
        # A row without the company's name is kept where another row of the file has named it.
        outcomes = {row: said for row, said in outcomes.items() if lines[row].bin not in known}
        kept = {row: one for row, one in lines.items() if row not in outcomes}
        listed = _listed(session, {known[one.bin] for one in kept.values() if one.bin in known}, on)
        ids = {row: found for row, one in kept.items() if (found := _found(one, listed[known.get(one.bin, 0)]))}
        added = {row: one for row, one in kept.items() if row not in ids and one.active}
        made = list_lines(
            session,
            {row: one.line(apart=_named(one, listed[known[one.bin]])) for row, one in added.items()},
            known,
            trees.tnved,
            on=on,
            actor=actor,
            now=now,
        )
        ids |= made.ids
        stated = [(kept[row].bin, listed_as, kept[row].fact) for row, listed_as in ids.items()]
        facts = kept_ended(session, stated, excluded, on)
        unsaid = {name for column, names in _SAYS.items() if column in absent for name in names}
        restated = state_evidence(session, facts, absent=unsaid, on=on, actor=actor, now=now)
        touch(session, (restated | made.changed) - made.new, now=now)
        for row in kept:
            product_id = ids.get(row)
            if product_id in made.new:
                outcomes[row] = Outcome.ADDED
            else:
                outcomes[row] = Outcome.CHANGED if product_id in restated else Outcome.UNCHANGED
        return outcomes

    return Subject(
        kind=KIND,
        columns=COLUMNS,
        required=REQUIRED,
        read=partial(read_member, trees=trees, excluded=excluded),
        identities=_identities,
        write=write,
    )


def _identities(one: Member) -> Sequence[tuple[Hashable, Hashable]]:
    """A good of a producer under a number."""
    return [((one.bin, one.number, one.code, fold_key(one.name)), one)]


def _listed(session: Session, supplier_ids: Set[int], on: date) -> dict[int, list[Good]]:
    """What these suppliers list, by their ids."""
    found: dict[int, list[Good]] = defaultdict(list)
    for piece in chunks(sorted(supplier_ids)):
        own = list(session.scalars(select(Product.id).where(Product.supplier_id.in_(piece)).order_by(Product.id)))
        for good in sorted(goods(session, own, on, own=True)):
            found[good.supplier_id].append(good)
    return found


def _found(one: Member, listed: Sequence[Good]) -> int | None:
    """The listed line that a row is about: of the same name, and of the same code where both state one."""
    named = [good for good in listed if fold_key(one.name) in _names(good)]
    same = [good for good in named if one.code in (good.tnved, good.enstru, good.kpved)]
    untold = [good for good in named if not one.code or not (good.tnved or good.enstru or good.kpved)]
    return next((good.id for good in (*same, *untold)), None)


def _named(one: Member, listed: Sequence[Good]) -> bool:
    return any(fold_key(one.name) in _names(good) for good in listed)


def _names(good: Good) -> set[str]:
    return {fold_key(name) for name in (good.name_ru, good.name_kk, good.name_en) if name}


# Of every producer and number that a file has, the goods by their folded names.
Seen = Mapping[tuple[str, str], Set[str]]


def seen_in(rows: Iterable[Mapping[str, str]]) -> Seen:
    """What a file has, whether its rows can be kept or not: by these words nobody is struck off."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for values in rows:
        cells = Cells(values)
        holder = read_holder(cells, "bin_iin")
        registered = cells.text("registration_number", NUMBER_LENGTH)
        if holder is not None and registered is not None:
            found[holder.number, registered].add(fold_key(cells.text("product_name", NAME_LENGTH) or ""))
    return found


def end_missing(session: Session, seen: Seen, *, on: date, actor: Actor, now: datetime) -> int:
    """Let every membership end on the day `on` that the whole register, as a file has it, lacks; returns how many.

    A repeat finds none.
    """
    row = Evidence.__table__.c
    held = session.execute(
        select(Supplier.bin, row.product_id, row.number)
        .join(Product, Product.supplier_id == Supplier.id)
        .join(Evidence, row.product_id == Product.id)
        .where(row.kind == KIND, row.status == EvidenceStatus.CONFIRMED, holds_on(row, on))
        .order_by(row.product_id)
    ).all()
    now_listed = {good.id: good for good in goods(session, [one.product_id for one in held], on, own=True)}
    ended: list[tuple[int, EvidenceFact]] = []
    for bin, product_id, registered in held:
        good = now_listed.get(product_id)
        if good is None or seen.get((bin, registered), frozenset()) & _names(good):
            continue
        ended += [
            (product_id, fact._replace(status=EvidenceStatus.REVOKED))
            for fact in good.evidence
            if (fact.kind, fact.number, fact.status) == (KIND, registered, EvidenceStatus.CONFIRMED)
        ]
    touch(session, state_evidence(session, ended, on=on, actor=actor, now=now), now=now)
    return len(ended)
