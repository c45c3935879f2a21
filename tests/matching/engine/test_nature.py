"""A good is needed, a work or a service, and what tells so. domain.md §9 rule 5; Law № 86-VII, article 46(1)."""

from __future__ import annotations

from typing import Any

import pytest

from matching.engine.nature import nature_of_good, nature_of_need
from matching.engine.outcome import Sameness
from matching.engine.reading import read
from registry.catalogue.models import ProductKind
from registry.wording import LANGUAGES, say
from tests.matching.engine.makers import good, need, offer, outcome

GOODS, WORKS, SERVICES = ProductKind.GOODS, ProductKind.WORKS, ProductKind.SERVICES


@pytest.mark.parametrize(
    ("name", "given", "kind", "ground"),
    [
        ("Насос", {}, GOODS, None),
        ("Ремонт насоса", {"tnved": "8413"}, GOODS, None),
        ("Насос", {"unit": "Одна услуга"}, SERVICES, "match.services.by_unit"),
        ("Насос", {"unit": "Работа"}, WORKS, "match.works.by_unit"),
        ("Насос", {"unit": "қызмет"}, SERVICES, "match.services.by_unit"),
        ("Насос", {"enstru": "331311.100.000000"}, SERVICES, "match.services.by_code"),
        ("Дорога", {"enstru": "421120.335.000000"}, WORKS, "match.works.by_code"),
        ("Насос", {"enstru": "281311.100.000000"}, GOODS, None),
        ("Щебень", {"enstru": "081212.300.000000"}, GOODS, "match.goods.raw"),
        ("Капуста", {"enstru": "011312.900.000000"}, GOODS, "match.goods.raw"),
        ("Пшеница 3 класса", {"tnved": "1001990000"}, GOODS, "match.goods.raw_tnved"),
        ("Уголь каменный", {"tnved": "2701121000", "enstru": "192012.000.000000"}, GOODS, "match.goods.raw_tnved"),
        ("Нефть", {"tnved": "2709"}, GOODS, "match.goods.raw_tnved"),
        ("Газ природный", {"tnved": "2711210000"}, GOODS, "match.goods.raw_tnved"),
        ("Пропан сжиженный", {"tnved": "2711121100"}, GOODS, None),
        ("Мука пшеничная", {"tnved": "1101001509"}, GOODS, None),
        ("Рис шлифованный", {"tnved": "1006301100"}, GOODS, None),
        ("Работы по оснащению автомобилей", {"enstru": "292040.000.000000"}, WORKS, "match.works.by_name"),
        ("Текущий ремонт зданий", {}, SERVICES, "match.services.by_name"),
        ("Электроизмерительные работы", {}, WORKS, "match.works.by_name"),
        ("Вывоз твёрдых отходов", {"unit": "Штука"}, SERVICES, "match.services.by_name"),
        ("Ремонтный комплект", {}, GOODS, None),
        ("Термостат для поверки", {}, GOODS, None),
        ("Костюм для строительства", {}, GOODS, None),
        ("Жөндеу жұмыстары", {}, WORKS, "match.works.by_name"),
        ("Қазандықтарға техникалық қызмет көрсету", {}, SERVICES, "match.services.by_name"),
        ("Жұмыс киімі", {}, GOODS, None),
        ("Pump repair services", {}, SERVICES, "match.services.by_name"),
        ("Maintenance of boilers", {}, SERVICES, "match.services.by_name"),
        ("Pump repair kit", {}, GOODS, None),
        ("Work gloves", {}, GOODS, None),
        ("", {}, GOODS, None),
    ],
)
def test_code_unit_and_words_tell_in_this_order(
    name: str, given: dict[str, Any], kind: ProductKind, ground: str | None
) -> None:
    found = nature_of_need(need(name, **given))
    assert found.kind is kind
    assert (found.ground.code if found.ground else None) == ground
    for lang in LANGUAGES:
        assert say(found.shown, lang)
        assert found.ground is None or say(found.ground, lang)


def test_the_sentence_shows_the_word_as_it_is_written() -> None:
    ground = nature_of_need(need("Опрессовка систем отопления")).ground
    assert ground is not None
    assert "«Опрессовка»" in say(ground, "ru")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"kind": SERVICES}, SERVICES),
        ({"name": "Ремонт насосов"}, SERVICES),
        ({"name": "Ремонт насосов", "tnved": "8413"}, GOODS),
        ({"name": "Насосы", "unit": "услуга"}, SERVICES),
        ({"name": "Насосы"}, GOODS),
    ],
)
def test_what_a_listed_line_is(given: dict[str, Any], kind: ProductKind) -> None:
    line = good(**given)
    assert nature_of_good(line, read(line.name("ru"))) is kind


def test_a_good_is_never_the_needed_service_nor_the_other_way_round() -> None:
    offers = offer("Насос скважинный ЭЦВ", external_id="good"), offer("Ремонт насос скважинный ЭЦВ", external_id="done")
    done = {one.listed.product_id: one for one in outcome(need("Ремонт насос скважинный ЭЦВ"), *offers).matches}
    made = {one.listed.product_id: one for one in outcome(need("Насос скважинный ЭЦВ"), *offers).matches}
    assert done["done"].verdict is made["good"].verdict is Sameness.MATCH
    for other in (done["good"], made["done"]):
        assert other.verdict is not Sameness.MATCH
        nature = next(feature for feature in other.features if feature.name == "nature")
        assert nature.score == 0.0
        assert nature.detail.code == "match.nature.differ"


def test_nobody_is_asked_to_start_a_service() -> None:
    said = outcome(need("Ремонт задвижек", tnved=None), offer("Задвижка", tnved="8481808508"))
    assert said.organisers == ()
