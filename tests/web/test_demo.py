"""The demonstration is loaded once, into a register of its own, and then leaves alone what its visitors do."""

from __future__ import annotations

import shutil

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from matching.engine.models import MatchRun
from registry.accounts.models import Account
from registry.bulk import BulkRun
from registry.catalogue.models import Product, ProductVersion
from registry.catalogue.operations import touch
from registry.classifiers.models import ClassifierEdition
from registry.dated import is_open
from registry.db import Base
from registry.messages import Letter
from registry.wording import Message, say, tr
from search.queries import Query
from tests.factories import add_need, add_supplier
from tests.web.portal import Site
from web import demo
from web.cli.demo import demo as command


def rows(site: Site, table: type[Base]) -> int:
    with site.runtime.database.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.both_databases
@pytest.mark.parametrize("others", [add_supplier, add_need])
def test_a_register_of_others_is_left_alone(site: Site, others: object) -> None:
    with site.runtime.database.transaction() as session:
        assert callable(others)
        others(session)
    refused = CliRunner().invoke(command, ["--port", "0"], obj=lambda: site.runtime, catch_exceptions=False)
    where = site.runtime.settings.shown()["ONDIRIS_DATABASE_URL"]
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == tr("cli.demo.others", "ru", database=where, n=1) + "\n"
    assert [rows(site, table) for table in (BulkRun, ClassifierEdition, Account, Product)] == [0, 0, 0, 0]


@pytest.mark.both_databases
def test_its_folder_need_not_be_there(site: Site) -> None:
    def stop(message: Message) -> None:
        """End the start once a first file of it was taken in."""
        if message.code != "cli.demo.preparing":
            raise KeyboardInterrupt

    shutil.rmtree(site.runtime.settings.home)
    with pytest.raises(KeyboardInterrupt):
        demo.load(site.runtime, tell=stop)
    assert rows(site, ClassifierEdition) == 1


def test_it_is_loaded_once_and_then_left_to_its_visitors(site: Site) -> None:
    def stop(message: Message) -> None:
        """End the first start before its goods and its needs are loaded."""
        if message.params.get("what") == Message("cli.demo.suppliers"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.load(site.runtime, tell=stop)
    told: list[str] = []
    demo.load(site.runtime, tell=lambda message: told.append(message.code))
    assert "cli.demo.kept" not in told
    assert (rows(site, Product), rows(site, Account), rows(site, MatchRun)) == (430, len(demo.LOGINS), 1)

    with site.runtime.database.reading() as session:
        letters = session.scalars(select(Letter)).all()
        assert letters
        for letter in letters:
            page = f"http://127.0.0.1:8000/{letter.lang}/desk/cases/"
            assert page in say(Message.from_json(letter.body or {}), letter.lang)

    # Visitors edit a good of the demonstration, and import a supplier of their own.
    with site.runtime.database.transaction() as session:
        good = session.scalars(select(ProductVersion).where(is_open(ProductVersion)).limit(1)).one()
        good.name_ru = "Задвижка посетителя"
        touch(session, [good.product_id], now=site.clock.now)
        add_supplier(session, on=site.runtime.today())
    runs = rows(site, BulkRun)
    told.clear()
    demo.load(site.runtime, tell=lambda message: told.append(message.code))
    assert told == ["cli.demo.preparing", "cli.demo.kept", "cli.demo.indexed"]
    with site.runtime.database.reading() as session:
        kept = session.scalars(
            select(ProductVersion.name_ru).where(ProductVersion.product_id == good.product_id, is_open(ProductVersion))
        ).one()
    assert kept == "Задвижка посетителя"
    assert site.runtime.engine.search(Query("задвижка посетителя")).hits[0].id == good.product_id
    assert (rows(site, BulkRun), rows(site, Account), rows(site, MatchRun)) == (runs, len(demo.LOGINS), 1)
