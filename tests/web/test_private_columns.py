"""Private columns never leave: every text column of every table gets a mark of its own, and no public page, answer,
export, index document or log holds the mark of a column that the table of disclosure does not call public."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import BytesIO

import pytest
from sqlalchemy import String, Text, select, update

from registry import disclosure
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.disclosure import Shown
from registry.files.intake import prepare
from registry.files.models import Purpose
from registry.files.operations import attach
from registry.registration.operations import begin, keep
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
}


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
                yield path, answer.data.decode("utf-8", "replace") + str(answer.headers)
    for query in ("труба", "zq", mark("supplier_version", "address")):
        for path in (f"/search?q={query}", f"/suggest?q={query}", f"/exports/goods.csv?q={query}"):
            yield path, browser.get(f"/ru{path}").text.replace(f"{query}", "")


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
    assert leaks == []


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
