"""An organisation's own export comes back as an upload and changes nothing; and it holds all, what is past among it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from registry.catalogue.details import Details
from registry.catalogue.models import ProductVersion
from registry.catalogue.queries import details
from registry.classifiers.models import Scheme
from registry.evidence.goods import Good
from registry.evidence.queries import supplier_goods
from registry.jobs import Job
from registry.uploads.models import Upload
from registry.uploads.plans import Plan
from tests.registry.files import samples
from tests.web.portal import Browser, Site
from tests.web.supplier.test_desk import FORM, OWN, TODAY, desk, goods, listed
from tests.web.supplier.test_goods import DETAILS
from tests.web.supplier.test_profile import OPERATION, PLACES, held, state
from tests.web.supplier.test_upload import send
from web.worker import run_job

__all__ = ["desk"]

pytestmark = pytest.mark.both_databases

BARE = dict.fromkeys(FORM, "") | {"role": "unstated", "do": "save"}


def stated(site: Site) -> tuple[list[Good], dict[int, Details], list[Any]]:
    """All lines on the desk with all that is stated of them, and the role of each line itself."""
    with site.runtime.database.reading() as session:
        everything = supplier_goods(session, OWN, site.runtime.today(), drafts=True)
        version = ProductVersion.__table__.c
        roles = session.execute(select(version.product_id, version.role, version.valid_to).order_by(version.id)).all()
        held = details(session, [good.id for good in everything], site.runtime.today())
        return everything, held, [tuple(row) for row in roles]


def test_what_is_taken_away_changes_nothing_when_it_is_brought_back(site: Site, desk: Browser) -> None:
    site.classify(Scheme.KATO, PLACES)
    state(desk, "operation", **OPERATION)
    operation = str(held(site).operations[0].id)
    state(desk, "free_capacity", operation_id=operation, from_on=str(TODAY), to_on=str(TODAY), amount="1", unit="ч")
    listed(site, desk, **DETAILS)
    awkward = {
        "description": "Первая строка.\n\nВторая; с точкой: и знаком = равно.",
        "parameters-0-name": "Масса: нетто",
        "parameters-0-value": "от 5 до 7; по заказу",
        "parameters-0-unit": "кг",
        "parameters-1-name": "Тип",
        "parameters-1-value": "5 мм",
        "standards-0": "ГОСТ 632-80, лист 2; изм. 1",
        "capacity_per_year": "123456789012.123456",
        "price": "7",
        "price_currency": "USD",
    }
    service = {"kind": "services", "kpved": "256210", "name_ru": "Шлифовка валов", "no_standard": "y"}
    for form in (
        BARE | awkward | {"kind": "goods", "name_ru": "Отвод 90°"},
        BARE | service,
        BARE | {"kind": "goods", "name_kk": "Болат құбыр"},
        BARE | {"kind": "works", "name_ru": "Монтаж", "do": "draft"},
        BARE | {"kind": "goods", "name_ru": "Вентиль старый"},
    ):
        sent = desk.post("/desk/goods/new", form)
        assert sent.status_code == 302
    old = next(good for good in goods(site) if good.name_ru == "Вентиль старый")
    photo = {"photos": (BytesIO(samples.picture()), "фото.jpg")}
    assert desk.post(f"/ru/desk/goods/{old.id}/files", photo).status_code == 302
    site.clock.now += timedelta(days=1)
    desk.sign_in("owner@portal.example")
    desk.post(f"/desk/goods/{old.id}/withdraw", {})
    before = stated(site)
    assert len(before[0]) == 5

    book = desk.get("/desk/export.xlsx").data
    said = json.loads(desk.get("/desk/export.json").data)
    assert [(it["name_ru"], it["withdrawn_from"]) for it in said["archive"]] == [
        ("Вентиль старый", (TODAY + timedelta(days=1)).isoformat())
    ]
    assert [it["name"] for it in said["files"]] == ["фото.jpg"]
    assert [it["to_on"] for it in said["free_capacity"]] == [TODAY.isoformat()]

    address = str(send(desk, book, "own.xlsx").location)
    with site.runtime.database.reading() as session:
        upload = session.get_one(Upload, int(address.rpartition("/")[2]))
        plan = Plan.from_json(upload.plan)
        columns = {it["place"]: it["field"] for it in upload.sheets[0]["columns"]}
        names = {it["place"]: it["name"] for it in upload.sheets[0]["columns"]}
    assert [sheet.name for sheet in plan.sheets] == ["goods"]
    ours = [names[place] for place, field in columns.items() if field in (None, "record")]
    assert ours == ["register_number", "tnved_state", "site_id", "draft"]
    page = desk.page(address)
    assert f"{len(before[0])})" in page.text
    meant = {f"column-0-{place}": field or "" for place, field in columns.items()}
    desk.post(address, {"sheet-0": "yes", **meant, "do": "preview"})
    job = run_job(site.runtime)
    seen = desk.page(address).hidden("previewed")
    desk.post(address, {"do": "take", "previewed": seen})
    run_job(site.runtime)
    with site.runtime.database.reading() as session:
        taken = session.get_one(Job, session.get_one(Upload, upload.id).intake_job).result
    assert job is not None
    assert taken is not None
    assert [taken[it] for it in ("added", "changed", "unchanged", "rejected")] == [0, 0, 5, 0], taken
    assert stated(site) == before
