"""What a row states of evidence, and how a line stands by it: the days around each change of the law."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import law
from registry.catalogue.models import CodeState, ProductKind
from registry.cells import Cells
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import State, as_claimed, document, judge, read_evidence, same_thing, standing
from registry.suppliers.models import Role
from registry.wording import LANGUAGES, Message, say, tr
from tests.factories import fact
from tests.matching.engine.makers import good

ICV = Decimal("68.23")


def stands(on: date, *facts: EvidenceFact) -> tuple[State, Decimal]:
    stand = standing(facts, on, law.on(on))
    for lang in LANGUAGES:
        assert say(stand.message, lang)
        assert all(say(assumption, lang) for assumption in stand.assumptions)
    return stand.state, stand.percent


CT_KZ = {"kind": "ct-kz", "number": "KZ 5 120 00012", "issued_on": date(2025, 3, 1), "percent": ICV}
INDUSTRIAL = {"kind": "industrial", "number": "102 0 00089", "issued_on": date(2025, 3, 1), "percent": ICV}
KTP = {"kind": "ktp", "number": "КТП-7", "issued_on": date(2025, 3, 1), "percent": ICV}


@pytest.mark.parametrize(
    ("values", "on", "state", "percent"),
    [
        # СТ-KZ counts up to 31.12.2025 (rule 11; orders № 260 and № 327).
        (CT_KZ, date(2025, 12, 30), State.CONFIRMED, ICV),
        (CT_KZ, date(2025, 12, 31), State.CONFIRMED, ICV),
        (CT_KZ, date(2026, 1, 1), State.EXPIRED, 0),
        # An industrial certificate proves a producer and gives no ICV (§10.5), accepted until 01.01.2026.
        (INDUSTRIAL, date(2025, 12, 31), State.CONFIRMED, 0),
        (INDUSTRIAL, date(2026, 1, 1), State.EXPIRED, 0),
        # The КТП extract is the sole proof from 01.01.2026, and was accepted since its order of 27.08.2025.
        (KTP, date(2025, 8, 26), State.EXPIRED, 0),
        (KTP, date(2025, 8, 27), State.CONFIRMED, ICV),
        (KTP, date(2026, 1, 1), State.CONFIRMED, ICV),
        # A document is valid from its issue to its expiry, both days included (rule 12).
        (KTP | {"expires_on": date(2026, 5, 1)}, date(2026, 5, 1), State.CONFIRMED, ICV),
        (KTP | {"expires_on": date(2026, 5, 1)}, date(2026, 5, 2), State.EXPIRED, 0),
        (CT_KZ | {"issued_on": date(2025, 6, 2)}, date(2025, 6, 1), State.NONE, 0),
        (CT_KZ | {"issued_on": date(2025, 6, 2)}, date(2025, 6, 2), State.CONFIRMED, ICV),
        (CT_KZ | {"status": EvidenceStatus.REVOKED}, date(2025, 2, 28), State.NONE, 0),
        (CT_KZ | {"status": EvidenceStatus.REVOKED}, date(2025, 3, 1), State.REVOKED, 0),
        # СТ-KZ without a term of its own is valid 365 days, the day of issue being the first.
        (CT_KZ | {"issued_on": date(2024, 12, 1)}, date(2025, 11, 30), State.CONFIRMED, ICV),
        (CT_KZ | {"issued_on": date(2024, 12, 1)}, date(2025, 12, 1), State.EXPIRED, 0),
        # What nobody has seen counts for nothing; what was taken back, neither.
        (KTP | {"status": EvidenceStatus.CLAIMED}, date(2026, 2, 1), State.CLAIMED, 0),
        (KTP | {"status": EvidenceStatus.REVOKED}, date(2026, 2, 1), State.REVOKED, 0),
        (KTP | {"percent": None}, date(2026, 2, 1), State.CONFIRMED, 0),
        # A kind the law does not know on that day.
        (KTP | {"issued_on": None}, date(2015, 1, 1), State.NONE, 0),
    ],
)
def test_one_document(values: dict[str, object], on: date, state: State, percent: Decimal | int) -> None:
    assert stands(on, fact(**values)) == (state, percent)


def test_no_document() -> None:
    assert stands(date(2026, 2, 1)) == (State.NONE, 0)


def test_an_assumed_term_is_named_as_open() -> None:
    on = date(2025, 12, 20)
    stand = standing([fact(**{**CT_KZ, "issued_on": date(2024, 12, 1)})], on, law.on(on))
    assert [assumption.code for assumption in stand.assumptions] == ["law.reading"]


@pytest.mark.parametrize(
    ("values", "on", "parameters"),
    [
        # Order № 327 is of 27.08.2025; on which day it came into force is open until the end of that year.
        (KTP, date(2025, 8, 27), ["evidence.ktp.accepted"]),
        (KTP | {"status": EvidenceStatus.CLAIMED}, date(2025, 12, 31), ["evidence.ktp.accepted"]),
        (KTP, date(2026, 1, 1), []),
        # That an industrial certificate gives no ICV is read out of order № 260, which does not name it.
        (INDUSTRIAL, date(2025, 12, 31), ["evidence.industrial.gives_icv"]),
        (INDUSTRIAL, date(2026, 1, 1), []),
        (CT_KZ, date(2025, 12, 31), []),
    ],
)
def test_what_is_open_and_decides_is_told(values: dict[str, Any], on: date, parameters: list[str]) -> None:
    """Anything [open] says so on screen: domain.md §9 rule 45."""
    stand = standing([fact(**values)], on, law.on(on))
    labels = [assumption.params["parameter"] for assumption in stand.assumptions]
    assert labels == [Message(f"law.name.{name}") for name in parameters]
    for lang in LANGUAGES:
        told = say(stand.told, lang)
        assert told.startswith(say(stand.message, lang))
        assert all(say(assumption, lang) in told for assumption in stand.assumptions)
        assert (told == say(stand.message, lang)) is (not parameters)


def test_the_best_of_several_documents_decides_whatever_their_order() -> None:
    on = date(2025, 10, 1)
    confirmed, claimed = fact(**CT_KZ), fact(**KTP, status=EvidenceStatus.CLAIMED)
    expired = fact(**{**CT_KZ, "number": "KZ 4 120 00001", "expires_on": date(2025, 9, 1)})
    revoked = fact(**KTP, status=EvidenceStatus.REVOKED)
    worst_first = [revoked, expired, claimed, confirmed]
    for end in range(1, 5):
        states = [State.REVOKED, State.EXPIRED, State.CLAIMED, State.CONFIRMED]
        assert stands(on, *worst_first[:end])[0] is states[end - 1]
        assert stands(on, *reversed(worst_first[:end]))[0] is states[end - 1]


def test_of_equal_documents_the_greater_counted_share_decides() -> None:
    on = date(2025, 10, 1)
    industrial, extract = fact(**{**INDUSTRIAL, "percent": Decimal(95)}), fact(**{**KTP, "percent": Decimal(40)})
    assert stands(on, industrial, extract) == (State.CONFIRMED, Decimal(40))


KINDS = st.sampled_from(["ct-kz", "industrial", "ktp"])
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@given(
    st.lists(
        st.builds(
            fact,
            kind=KINDS,
            issued_on=st.none() | DAYS,
            percent=st.none() | st.decimals(0, 100, places=2),
            status=st.sampled_from(EvidenceStatus),
        ),
        max_size=5,
    ),
    DAYS,
)
def test_another_document_never_makes_a_line_stand_worse(facts: list[EvidenceFact], on: date) -> None:
    order = list(State)
    alone = standing(facts, on, law.on(on))
    more = standing([*facts, fact()], on, law.on(on))
    assert order.index(more.state) <= order.index(alone.state)
    assert alone.percent >= 0
    assert alone.percent == 0 or alone.state is State.CONFIRMED


def read(**cells: str) -> tuple[EvidenceFact | None, list[tuple[str, str]], list[str]]:
    """The document, what was refused as (column, code), and the columns noted."""
    row = Cells({f"evidence_{name}" if name != "icv_percent" else name: value for name, value in cells.items()})
    stated = read_evidence(row, EvidenceStatus.CONFIRMED)
    return stated, [(it.field, it.code) for it in row.violations], [it.field for it in row.notes]


def test_every_column_goes_where_it_belongs() -> None:
    stated, refused, noted = read(
        kind="СТ-KZ",
        number="KZ512000012",
        issued="27.03.2025",
        expires="2026-03-26",
        icv_percent="68,23",
        state="claimed",
    )
    assert (refused, noted) == ([], [])
    assert stated == EvidenceFact(
        kind="ct-kz",
        number="KZ 5 120 00012",
        issued_on=date(2025, 3, 27),
        expires_on=date(2026, 3, 26),
        percent=Decimal("68.23"),
        status=EvidenceStatus.CLAIMED,
    )


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("ct-kz", "ct-kz"),
        ("СТ-КЗ", "ct-kz"),
        ("индустриальный сертификат", "industrial"),
        ("КТП", "ktp"),
        ("қтө", "ktp"),
        ("ҚТӨ тізілімінен үзінді көшірме", "ktp"),
    ],
)
def test_words_for_kinds(word: str, kind: str) -> None:
    stated, *_ = read(kind=word, number="7")
    assert stated is not None
    assert stated.kind == kind


def test_a_row_without_a_document_states_none() -> None:
    assert read() == (None, [], [])
    assert read(icv_percent="50") == (None, [], ["icv_percent"])


def test_the_kind_is_told_by_the_number_where_its_form_tells_it() -> None:
    stated, *_ = read(number="102 0 00089")
    assert stated is not None
    assert stated.kind == "industrial"
    assert read(number="17/A")[1] == [("evidence_kind", "import.evidence.kind")]


@pytest.mark.parametrize(
    ("kind", "number", "issued", "noted"),
    [
        # The digit after KZ, or after the office of an industrial certificate, is the last of the year (domain.md §5).
        ("ct-kz", "KZ 5 120 00012", "2025-12-31", []),
        ("ct-kz", "KZ 5 120 00012", "2026-01-01", ["evidence_number"]),
        ("ct-kz", "KZ 5 120 00012", "", []),
        ("industrial", "102 0 00089", "2020-08-14", []),
        ("industrial", "102 0 00089", "2021-08-14", ["evidence_number"]),
        ("ktp", "КТП-7", "2026-02-01", []),
    ],
)
def test_a_number_of_another_year_than_its_day_of_issue_is_noted(
    kind: str, number: str, issued: str, noted: list[str]
) -> None:
    stated, refused, told = read(kind=kind, number=number, issued=issued)
    assert stated is not None
    assert (stated.number, refused, told) == (number, [], noted)


def test_a_number_of_unusual_form_is_kept_and_noted() -> None:
    stated, refused, noted = read(kind="ct-kz", number="№ 17/A")
    assert stated is not None
    assert (stated.number, refused, noted) == ("№ 17/A", [], ["evidence_number"])


@pytest.mark.parametrize(
    ("given", "noted"), [("0,6823", True), ("0.9999", True), ("0", False), ("1", False), ("68,23", False), ("", False)]
)
def test_a_percent_below_one_is_kept_and_noted(given: str, noted: bool) -> None:
    stated, refused, columns = read(kind="ktp", number="К-1", icv_percent=given)
    assert stated is not None
    assert (refused, columns) == ([], ["icv_percent"] if noted else [])
    assert stated.percent == (Decimal(given.replace(",", ".")) if given else None)


def test_a_document_without_a_number_is_claimed_at_most() -> None:
    stated, refused, noted = read(kind="ktp", state="confirmed")
    assert stated is not None
    assert (stated.status, refused, noted) == (EvidenceStatus.CLAIMED, [], ["evidence_number"])


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"kind": "ISO 9001", "number": "1"}, "evidence_kind"),
        ({"kind": "ktp", "number": "1", "icv_percent": "100,1"}, "icv_percent"),
        ({"kind": "ktp", "number": "1", "issued": "31.02.2026"}, "evidence_issued"),
        ({"kind": "ktp", "number": "1", "issued": "2026-02-01", "expires": "2026-01-31"}, "evidence_expires"),
        ({"kind": "ktp", "number": "1", "state": "наверное"}, "evidence_state"),
        ({"kind": "ktp", "number": "1" * 61}, "evidence_number"),
    ],
)
def test_a_cell_that_cannot_be_kept_rejects_the_row(cells: dict[str, str], column: str) -> None:
    _, refused, _ = read(**cells)
    assert [found for found, _ in refused] == [column]


def test_a_document_has_a_name_in_each_language() -> None:
    for kind in ("ct-kz", "industrial", "ktp"):
        for lang in LANGUAGES:
            assert say(document(fact(kind=kind, number="N-1")), lang).endswith("N-1")
            assert say(document(fact(kind=kind, number="")), lang)


@pytest.mark.parametrize(
    ("kind", "on", "accepted"),
    [
        ("ct-kz", date(2026, 1, 1), ["ktp"]),
        ("industrial", date(2026, 1, 1), ["ktp"]),
        ("ktp", date(2025, 8, 26), ["ct_kz", "industrial"]),
    ],
)
def test_what_is_not_accepted_says_what_is(kind: str, on: date, accepted: list[str]) -> None:
    """Order № 260, formula A, edition of 18.09.2025; order № 327: from 1 January 2026 the extract alone."""
    said = judge(fact(kind=kind, issued_on=date(2025, 8, 1), expires_on=None), on, law.on(on)).message
    assert said.code == "standing.replaced"
    assert said.params["accepted"] == tuple(Message(f"standing.kind.{one}") for one in accepted)
    for lang in LANGUAGES:
        assert all(tr(f"standing.kind.{one}", lang) in say(said, lang) for one in accepted)


def test_a_certificate_lasts_its_days_from_issue() -> None:
    issued = date(2024, 11, 5)
    last = issued + timedelta(days=364)
    one = fact(**{**CT_KZ, "issued_on": issued})
    assert stands(last, one)[0] is State.CONFIRMED
    assert stands(last + timedelta(days=1), one)[0] is State.EXPIRED


PIPE = good(
    "Труба 168х8,9", name_kk="Құбыр 168х8,9", tnved="7304291001", kpved="24.20.11", role=Role.MAKER, description="ОТТМ"
)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"name_ru": " ТРУБА  168 х 8,9 "}, True),
        ({"name_ru": "Tруба 168x8.9"}, True),  # look-alike letters, a decimal point
        ({"description": None, "unit": "м", "capacity_per_year": Decimal(9), "external_id": "A"}, True),
        ({"supplier_name": "ТОО «Другое имя»", "kato": "751110000", "tnved_state": CodeState.UNKNOWN}, True),
        ({"name_ru": "Смартфон"}, False),
        ({"name_kk": None}, False),
        ({"name_en": "Smartphone"}, False),
        ({"tnved": "8517130000"}, False),
        ({"tnved": None}, False),
        ({"kpved": "26.30.22"}, False),
        ({"enstru": "263022.900.000001"}, False),
        ({"kind": ProductKind.SERVICES}, False),
        ({"role": Role.DEALER}, False),
    ],
)
def test_what_makes_a_line_another_thing(changes: dict[str, Any], same: bool) -> None:
    """Evidence is per product line (domain.md §9 rule 10): what was confirmed of one is not confirmed of another."""
    assert same_thing(PIPE, PIPE._replace(**changes)) is same
    assert same_thing(PIPE._replace(**changes), PIPE) is same


SEEN = fact(number="1", percent=Decimal(50))
REVOKED = SEEN._replace(status=EvidenceStatus.REVOKED)


@pytest.mark.parametrize(
    ("stated", "held", "expected"),
    [
        (SEEN, None, SEEN._replace(status=EvidenceStatus.CLAIMED)),
        (SEEN._replace(status=EvidenceStatus.CLAIMED), SEEN, SEEN),
        (SEEN._replace(percent=None, issued_on=None), SEEN, SEEN),
        (
            SEEN._replace(percent=Decimal(51)),
            SEEN,
            SEEN._replace(percent=Decimal(51), status=EvidenceStatus.CLAIMED),
        ),
        (SEEN._replace(percent=Decimal(51)), REVOKED, REVOKED),
    ],
)
def test_a_suppliers_word_on_a_document(
    stated: EvidenceFact, held: EvidenceFact | None, expected: EvidenceFact
) -> None:
    assert as_claimed(stated, held) == expected
