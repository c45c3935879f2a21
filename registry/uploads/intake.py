"""A supplier's own file: how its rows are read, and what writing a batch of them does.

Such a file speaks of its owner's goods alone, and of documents that nobody has seen: what it states of a document is
claimed, a confirmed one stays confirmed while the file says the same of it, and a revoked one stays revoked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.rules import Actor
from registry.audit import plain
from registry.bulk_rows import Outcome, Subject
from registry.catalogue.details import Details
from registry.catalogue.models import Product
from registry.catalogue.operations import list_lines, touch
from registry.catalogue.queries import details
from registry.catalogue.rules import ProductLine
from registry.cells import Cells, day, serial_day, shown
from registry.dated import chunks
from registry.evidence.goods import Good
from registry.evidence.intake import PRODUCT_COLUMNS, OfferedLine, Trees, identities_of, read_offered
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import claim_anew, claim_evidence
from registry.evidence.queries import goods, withdrawn
from registry.evidence.rules import KINDS, same_thing
from registry.explain import Violation
from registry.identifiers import parse_holder
from registry.suppliers.queries import supplier
from registry.suppliers.rules import LEGAL_FORMS
from registry.text import fold, fold_key
from registry.uploads.columns import kind_of_document
from registry.uploads.details import Beside, beside, described, mend
from registry.uploads.names import PRODUCT_KINDS, words_for
from registry.uploads.plans import NAMES
from registry.uploads.rows import ENDED, KIND, PRODUCER, SECTION
from registry.uploads.twins import Twins

_DOCUMENT: Final = ("evidence_kind", "evidence_number", "evidence_issued", "evidence_expires", "icv_percent")
_DAYS: Final = ("evidence_issued", "evidence_expires")
# What of a good is compared to tell what a row changed.
_COMPARED: Final = (
    *("kind", "name_ru", "name_kk", "name_en", "description", "tnved", "kpved", "enstru", "unit"),
    *("capacity_per_year", "role"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """What becomes known of a row once it is written. changed: by field, what was and what is. again: the row before it
    that lists the same good, to which this one adds a document."""

    product_id: int
    changed: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    unconfirmed: tuple[str, ...] = ()
    twin: Mapping[str, Any] | None = None
    again: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; what says nothing is left out."""
        said: dict[str, Any] = {"product": self.product_id}
        if self.changed:
            said["changed"] = {name: [plain(before), plain(after)] for name, (before, after) in self.changed.items()}
        if self.unconfirmed:
            said["unconfirmed"] = list(self.unconfirmed)
        if self.twin:
            said["twin"] = dict(self.twin)
        if self.again is not None:
            said["again"] = self.again
        return said


@dataclass(frozen=True, slots=True)
class OwnLine(OfferedLine):
    """What a row of a supplier's own file states. kind_said: whether it says itself what kind of line it is."""

    kind_said: bool
    beside: Beside


class OwnFile:
    """The file of one supplier, said to hold from the day `on`, as a subject of `registry.bulk`.

    beside: as `OwnRows` of the sheet has it.
    also: looks at the cells of each row that is kept, and may note what is odd. known: what became known of the rows of
    the last batch, by number. Raises NotFound if there is no such supplier on that day.
    """

    def __init__(
        self,
        session: Session,
        bin: str,
        trees: Trees,
        *,
        sheet: int = 0,
        beside: Beside = Beside(),
        also: Callable[[Cells], object] = lambda cells: None,
        on: date,
        actor: Actor,
        now: datetime,
    ) -> None:
        owner = supplier(session, bin, on, own=True)
        self.bin, self.supplier_id, self.name = bin, owner.id, owner.name
        self._bare_name = _bare(owner.name)
        self._trees, self._also, self._beside = trees, also, beside
        self._on, self._actor, self._now = on, actor, now
        self._twins = Twins.of_supplier(session, owner.id, on)
        self._first_rows: dict[str, int] = {}
        self.known: dict[int, Known] = {}
        self.subject: Subject[OwnLine] = Subject(
            # A kind of its own for each organisation and sheet: only then does a run that was interrupted go on,
            # whoever else takes in a file meanwhile.
            kind=f"own:{bin}:{sheet}",
            columns=[column for column in PRODUCT_COLUMNS if column != "bin"],
            required=("name",),
            read=self._read,
            identities=_identities,
            write=self._write,
        )

    def about(self, number: int) -> Mapping[str, Any]:
        """What became known of a row of the last batch, as plain JSON values."""
        return self.known[number].as_json() if number in self.known else {}

    def _read(self, cells: Cells) -> OwnLine | None:
        values = dict(cells.values)
        values.pop(SECTION, None)
        producer, ended, kind = values.pop(PRODUCER, ""), values.pop(ENDED, ""), values.pop(KIND, "")
        cells.values = values
        if cells.filled("bin"):
            holder = cells.parsed("bin", parse_holder)
            if holder is not None and holder.number != self.bin:
                cells.refuse("upload.row.not_yours", "bin", given=holder.number, own=self.bin)
            if cells.violations:
                return None
        values["bin"] = self.bin
        if not any(cells.filled(name) for name in NAMES):
            cells.refuse("upload.row.no_name", "name")
            return None
        if producer and not same_organisation(_bare(producer), self._bare_name):
            cells.note("upload.row.other_maker", "producer", given=shown(producer), own=self.name)
        if ended:
            cells.note("upload.row.ended", "evidence_state", given=shown(ended))
        _mend_document(cells, values)
        mend(cells, values)
        line = read_offered(cells, self._trees, EvidenceStatus.CLAIMED, self._on)
        if line is None:
            return None
        self._also(cells)
        product, said = line.product, PRODUCT_KINDS.get(fold(kind))
        if said is not None:
            product = replace(product, kind=said)
        following = frozenset(name for name in self._beside.following if not values.get(name))
        return OwnLine(product, line.evidence, said is not None, self._beside._replace(following=following))

    def _write(
        self, session: Session, lines: Mapping[int, OwnLine], absent: Set[str]
    ) -> dict[int, Outcome | Violation]:
        ids_by_key, before = self._before(session, {line.product.key for line in lines.values()})
        on, actor, now = self._on, self._actor, self._now
        held = details(session, before.keys(), on)
        products = {}
        for number, line in lines.items():
            known = ids_by_key.get(line.product.key, 0)
            products[number] = _completed(line, before.get(known), held.get(known), on)
        ids = {self.bin: self.supplier_id}
        listed = list_lines(session, products, ids, self._trees.tnved, absent=absent, on=on, actor=actor, now=now)
        after = {good.id: good for good in goods(session, listed.changed, on, drafts=True)}
        unconfirmed: dict[int, tuple[str, ...]] = {}
        for product_id, good in after.items():
            was = before.get(product_id)
            if was is not None and not same_thing(was, good):
                anew = claim_anew(session, product_id, on=on, actor=actor, now=now)
                unconfirmed[product_id] = tuple(fact.number for fact in anew)
        facts = [(listed.ids[number], line.evidence) for number, line in lines.items() if line.evidence is not None]
        restated = claim_evidence(session, facts, absent=absent, on=on, actor=actor, now=now)
        changed = (listed.changed | restated) - listed.new
        touch(session, changed, now=now)
        outcomes: dict[int, Outcome | Violation] = {}
        seen: set[int] = set()
        self.known = {}
        for number, line in lines.items():
            product_id = listed.ids[number]
            first, new = product_id not in seen, product_id in listed.new
            seen.add(product_id)
            self.known[number] = Known(
                product_id,
                _differences(before.get(product_id), after.get(product_id)),
                unconfirmed.get(product_id, ()),
                self._twins.of(line.product, number) if new and first else None,
                again=earlier if (earlier := self._first_rows.setdefault(line.product.key, number)) < number else None,
            )
            if new:
                outcomes[number] = Outcome.ADDED if first else Outcome.CHANGED
            else:
                outcomes[number] = Outcome.CHANGED if product_id in changed else Outcome.UNCHANGED
        return outcomes

    def _before(self, session: Session, keys: Collection[str]) -> tuple[dict[str, int], dict[int, Good]]:
        """The supplier's lines of these keys, and how they stand or last stood."""
        ids_by_key: dict[str, int] = {}
        for piece in chunks(keys):
            own = select(Product.key, Product.id).where(Product.supplier_id == self.supplier_id, Product.key.in_(piece))
            ids_by_key.update((key, product_id) for key, product_id in session.execute(own))
        ids = list(ids_by_key.values())
        found = {good.id: good for good in goods(session, ids, self._on, drafts=True)}
        gone = withdrawn(session, [product_id for product_id in ids if product_id not in found], self._on, drafts=True)
        return ids_by_key, found | {product_id: one.good for product_id, one in gone.items()}


def _completed(line: OwnLine, before: Good | None, held: Details | None, on: date) -> ProductLine:
    """The line that a row states, with what it leaves open as it is known."""
    product, how = line.product, line.beside
    if product.details is not None:
        product = replace(product, details=beside(product.details, held, how, on))
    if before is None:
        return product
    if "description" in how.following:
        product = replace(product, description=described(product.description, before.description))
    uncoded = (product.tnved, product.kpved, product.enstru) == (before.tnved, before.kpved, before.enstru) == _NO_CODES
    # Without any code a person said what kind of line it is, if anybody did.
    return replace(product, kind=before.kind) if uncoded and not line.kind_said else product


_NO_CODES: Final = (None, None, None)


def _identities(line: OfferedLine) -> Sequence[tuple[Hashable, Hashable]]:
    """As in other files of goods, but a name that is merely spelt otherwise, in case or spaces, is the same one."""
    product = line.product
    ru, kk, en = (fold_key(name or "") for name in (product.name_ru, product.name_kk, product.name_en))
    return identities_of(replace(line, product=replace(product, name_ru=ru, name_kk=kk, name_en=en)))


def _mend_document(cells: Cells, values: dict[str, str]) -> None:
    """Leave out what cannot be understood of a document, and say so: the good itself can be listed without it."""
    for name in _DAYS:
        given = values.get(name, "")
        if cells.filled(name) and day(given) is None and serial_day(given) is None:
            cells.note("upload.row.no_day", name, given=shown(given))
            del values[name]
    kind = values.get("evidence_kind", "")
    if cells.filled("evidence_kind") and fold(kind) not in KINDS:
        cells.note("upload.row.no_kind", "evidence_kind", given=shown(kind))
        del values["evidence_kind"]
    number = values.get("evidence_number", "")
    if cells.filled("evidence_number") and not cells.filled("evidence_kind") and kind_of_document(number) is None:
        cells.note("upload.row.unknown_document", "evidence_number", given=shown(number))
        for name in _DOCUMENT:
            values.pop(name, None)


def _differences(before: Good | None, after: Good | None) -> dict[str, tuple[Any, Any]]:
    if before is None or after is None:
        return {}
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in _COMPARED}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _bare(name: str) -> frozenset[str]:
    """The words of an organisation's name without its legal form."""
    words = "".join(sign if sign.isalnum() else " " for sign in fold(name)).split()
    return frozenset(
        fold_key(word) for word in words if word not in LEGAL_FORMS and word not in words_for("legal_form")
    )


def same_organisation(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two names without legal forms may be of one organisation: one holds all words of the other."""
    first, second = frozenset(one), frozenset(other)
    return not first or not second or first <= second or second <= first
