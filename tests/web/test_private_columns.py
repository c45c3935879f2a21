"""Private columns never leave: every text column of every table gets a mark of its own, every private figure a number
of its own, and no public page, answer, export, index document or log holds the mark of a column that the table of
disclosure does not call public."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import Integer, String, Text, insert, select, update
from sqlalchemy.orm import Session

from registry import disclosure
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.db import Scaled
from registry.disclosure import Shown
from registry.evidence.models import EvidenceStatus
from registry.files.intake import prepare
from registry.files.models import Purpose
from registry.files.operations import attach
from registry.registration.operations import begin, keep
from registry.sightings.models import Sort
from registry.suppliers import profile
from registry.suppliers.models import Tenure
from registry.verification import applications
from search import sync
from tests.factories import (
    add_need,
    add_product,
    add_supplier,
    bin_number,
    fact,
    need_line,
    product_line,
    supplier_line,
)
from tests.registry.files import samples
from tests.web.portal import Site
from tests.web.print.reading import Printed
from tests.web.test_access import table as access
from web.tables import METADATA

BIN = bin_number(95)
# Columns whose words decide what is done with the row, or that have a form of their own.
SHAPED = {
    *("supplier.bin", "supplier_version.kato", "supplier_version.oked", "product_version.tnved"),
    *("product_version.kpved", "product_version.enstru", "need.external_id", "need.customer_bin"),
    *("need_version.customer_bin", "need_version.kato", "need_version.tnved", "need_version.enstru"),
    *("membership.scope", "sign_in.secret_sha256", "evidence.kind", "stored_file.token", "stored_file.form"),
    *("stored_file.owner", "claim.bin", "account.email", "account.lang", "job.name", "classifier_node.key"),
    *("classifier_node.code", "classifier_node.parent_key", "product.key", "alembic_version.version_num"),
    *("site.kato", "operation.kpved"),
}


# Private figures that people state, each of which gets a number that nothing else has; of two in one check of a table
# the one that must not be less comes first.
FIGURES = (
    *("staff.total", "staff.kazakhstani", "case_line.whole_cost", "case_line.foreign_cost", "case_line.staff_total"),
    *(
        "case_line.staff_domestic",
        "premises.area_m2",
        "equipment.year",
        "equipment.capacity_per_year",
        "product_version.price",
    ),
    *("product_version.output_per_year", "sighting.times"),
)
# The program's own numbers in columns that are not public: they say nothing of anybody.
COUNTED = re.compile(
    r"_id$|_job$|^(attempts|height|page|pages|position|progress|round|size|times|totp_step|version|width)$"
)
COUNTED_TOO = {"job.total", "bulk_run.rejected_bytes"}


def private_figures() -> Iterator[str]:
    """Every column of numbers that is not public and no key."""
    for table in METADATA.sorted_tables:
        for column in table.columns:
            key = column.primary_key or column.foreign_keys
            public = disclosure.word(table.name, column.name) is Shown.PUBLIC
            if isinstance(column.type, Integer | Scaled) and not key and not public:
                yield f"{table.name}.{column.name}"


def figure(column: str) -> int:
    """A number that nothing else has, less for each that follows."""
    return 791_317_531 - 10_007 * FIGURES.index(column)


def mark(table: str, column: str) -> str:
    """A text that nothing else holds; short enough for every column."""
    words = [f"{one.name}.{other.name}" for one in METADATA.sorted_tables for other in one.columns]
    return f"zq{words.index(f'{table}.{column}'):04d}qz"


def marked() -> Iterator[tuple[str, str]]:
    """Every column that holds text of somebody's."""
    for table in METADATA.sorted_tables:
        for column in table.columns:
            plain = type(column.type) in (String, Text) and (getattr(column.type, "length", None) or 99) >= 8
            if plain and f"{table.name}.{column.name}" not in SHAPED:
                yield table.name, column.name


@pytest.fixture
def filled(site: Site) -> Site:
    """A portal with a row of everything that people state, and a mark in every column of text."""
    runtime, on, now = site.runtime, site.runtime.today(), site.clock.now
    with runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=BIN), on=on)
        add_product(session, product_line(BIN), fact(), on=on)
        add_need(session, need_line(customer_bin=BIN), on=on)
    email = site.account(AccountRole.OWNER, BIN)
    site.browser().sign_in(email)
    site.browser().post("/sign-up", {"email": "x@y.example"})
    with runtime.database.transaction() as session:
        actor = Actor(email, AccountRole.OWNER, BIN, 1)
        upload = prepare(runtime.files, BytesIO(samples.pdf(pages=1)), name="a.pdf", purpose=Purpose.OTHER, now=now)
        attach(session, owner=BIN, upload=upload, actor=actor, uploader=1, now=now)
        claim = begin(session, bin_number(96), actor=actor, now=now)
        keep(session, claim.id, {"name": mark("claim", "note")}, actor=actor, now=now)
        stated(session, site)
        for one in FIGURES:
            name, _, column = one.partition(".")
            assert session.execute(update(METADATA.tables[name]).values({column: figure(one)})).rowcount, one  # type: ignore[attr-defined]
        for name, column in marked():
            table = METADATA.tables[name]
            if table.c[column].unique or any(column in index.columns and index.unique for index in table.indexes):
                first = select(table.primary_key.columns[0]).limit(1).scalar_subquery()
                where = table.primary_key.columns[0] == first
            else:
                where = table.primary_key.columns[0].is_not(None)
            session.execute(update(table).where(where).values({column: mark(name, column)}))
    sync.rebuild(runtime.database, runtime.engine, runtime.kinds, now=now, on=on, progress=lambda done, total: None)
    return site


def stated(session: Session, site: Site) -> None:
    """What an organisation says of itself, and a case of it, as the tables hold it."""
    on, now, owner = site.runtime.today(), site.clock.now, Actor("owner", AccountRole.OWNER, BIN, 1)

    def add(line: profile.ProfileLine) -> int:
        return profile.add(session, BIN, line, on=on, actor=owner, now=now)

    place = add(profile.SiteLine("Завод", "751110000", "ул. Заводская, 1"))
    add(profile.PremisesLine("Цех", Tenure.OWN, Decimal(100), place))
    add(profile.EquipmentLine("Станок", "16К20", 2010, "Казахстан", "17", Decimal(5), "т", place))
    add(profile.PermitLine("Лицензия", "1", "Ведомство"))
    work = add(profile.OperationLine("Токарная обработка", None, "до 3 м", place))
    add(profile.FreeLine(work, on, on, Decimal(5), "ч", "в ночь"))
    profile.save_staff(session, BIN, total=10, kazakhstani=9, on=on, actor=owner, now=now)
    product = add_product(session, product_line(BIN), fact(status=EvidenceStatus.CLAIMED), on=on)
    case = applications.draft_admission(session, BIN, [product], on=on, actor=owner, now=now)
    costs = {"foreign_cost": Decimal(1), "whole_cost": Decimal(2), "staff_total": 2, "staff_domestic": 1}
    lines, versions, sightings = (METADATA.tables[one] for one in ("case_line", "product_version", "sighting"))
    session.execute(update(lines).where(lines.c.case_id == case.id).values(costs))
    session.execute(
        update(versions).values(price=Decimal(1), price_currency="KZT", price_on=on, output_per_year=Decimal(1))
    )
    session.execute(insert(sightings).values(sort=Sort.SHOWN, product_id=product, on_day=on, times=1))


def answers(site: Site) -> Iterator[tuple[str, str]]:
    """Everything that everybody may read, and what is sent to programs."""
    public = {route for route, cells in access().items() if cells[None] == "+"}
    browser = site.browser()
    values = {"bin": BIN, "id": 1, "form": "csv", "external_id": _need(site), "filename": "site.js"}
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint in public and "GET" in (rule.methods or ()) and set(rule.arguments) <= values.keys():
            forms = ("csv", "xlsx") if "form" in rule.arguments else ("",)
            for form in forms:
                named = {name: values[name] for name in rule.arguments} | ({"form": form} if form else {})
                path = rule.build(named)[1]  # type: ignore[index]
                answer = browser.get(f"/ru{path}")
                assert answer.status_code < 500, path
                yield path, "\n".join(unpacked(answer.data)) + str(answer.headers)
    for query in ("труба", "zq", mark("supplier_version", "address")):
        for path in (f"/search?q={query}", f"/suggest?q={query}", f"/exports/goods.csv?q={query}"):
            yield path, browser.get(f"/ru{path}").text.replace(f"{query}", "")


def unpacked(data: bytes) -> Iterator[str]:
    """What an answer holds as text: of a workbook what its parts hold."""
    if data.startswith(b"%PDF"):
        yield Printed(data).text
    elif data.startswith(b"PK"):
        with ZipFile(BytesIO(data)) as packed:
            yield from (packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    else:
        yield data.decode("utf-8", "replace")


def _need(site: Site) -> str:
    with site.runtime.database.reading() as session:
        return str(session.scalars(select(METADATA.tables["need"].c.external_id)).first())


def test_no_private_column_is_on_a_public_page(filled: Site, caplog: pytest.LogCaptureFixture) -> None:
    private = {
        (name, column): mark(name, column)
        for name, column in marked()
        if disclosure.word(name, column) is not Shown.PUBLIC
    }
    assert len(private) > 40
    with caplog.at_level(logging.DEBUG):
        found = dict(answers(filled))
    found["log"] = caplog.text
    documents = filled.runtime.settings.index_folder
    found["index"] = "".join(path.read_bytes().decode("latin-1") for path in documents.rglob("*") if path.is_file())
    leaks = [
        f"{path}: {name}.{column}"
        for path, text in found.items()
        for (name, column), sign in private.items()
        if sign in text
    ]
    # However a number is written: grouped by blanks, commas or points.
    plain = {path: re.sub(r"(?<=\d)(?:&nbsp;|[\s.,'])(?=\d)", "", text) for path, text in found.items()}
    leaks += [f"{path}: {one}" for path, text in plain.items() for one in FIGURES if str(figure(one)) in text]
    assert leaks == []


def test_every_private_figure_is_looked_for() -> None:
    counted = {one for one in private_figures() if COUNTED.search(one.partition(".")[2]) or one in COUNTED_TOO}
    assert set(private_figures()) - counted | {"sighting.times"} == set(FIGURES)


def test_public_columns_of_goods_are_shown(filled: Site) -> None:
    """So that the test above looks where something is to be seen."""
    text = "".join(answer for _, answer in answers(filled))
    for name, column in (
        *(("supplier_version", one) for one in ("name", "email", "phone")),
        *(("product_version", one) for one in ("name_ru", "name_kk", "name_en", "description", "unit")),
        ("evidence", "number"),
    ):
        assert disclosure.word(name, column) is Shown.PUBLIC
        assert mark(name, column) in text, f"{name}.{column}"


def test_the_marks_are_of_every_kind_of_table() -> None:
    assert {"account", "claim", "signature", "letter", "stored_file", "upload", "audit"} <= {
        name for name, _ in marked()
    }
