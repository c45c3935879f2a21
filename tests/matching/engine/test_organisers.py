"""Who could start: the same craft by codes and by the thing named, never by what it is used with."""

from __future__ import annotations

from typing import Any

import pytest

from matching.engine.reading import Thing, thing_in
from matching.engine.trades import craft
from registry.wording import LANGUAGES, say
from tests.matching.engine.makers import need, offer, outcome


@pytest.mark.parametrize(
    ("text", "head", "made_of"),
    [
        ("Средство для удаления масел, красок", "средство", {"средство"}),
        ("Мешок для мусора, полиэтиленовый", "мешок", {"мешок", "полиэтиленовый"}),
        ("Ограждение с полимерным покрытием", "ограждение", {"ограждение"}),
        ("Дизельный генератор", "генератор", {"дизельный", "генератор"}),
        ("Скоба из стали оцинкованной", "скоба", {"скоба", "сталь", "оцинкованный"}),
        ("Жолға себуге арналған тұз", "тұз", {"тұз"}),
        ("Cover for wheat", "cover", {"cover"}),
        ("rubber belt conveyor 1200 mm", "conveyor", {"belt", "conveyor"}),
        ("Труба стальная", "труба", {"труба", "стальной"}),
        ("", None, set()),
    ],
)
def test_what_a_thing_is_for_or_has_is_not_what_it_is(text: str, head: str | None, made_of: set[str]) -> None:
    thing = thing_in(text)
    assert (thing.head, set(thing.made_of)) == (head, made_of)


@pytest.mark.parametrize(
    ("name", "tnved", "trades", "materials"),
    [
        ("Дизельный генератор 100 кВт", None, {"electrical"}, set()),
        ("Конвейер ленточный", None, {"mining_machinery"}, set()),
        ("Ограждение 3D с полимерным покрытием", None, set(), set()),
        ("Шар мелющий катаный", "7326110000", {"casting_forging"}, {"steel"}),
        ("Соль техническая", "2501005100", set(), set()),
        ("Болт М12х60", "7318158100", {"fasteners"}, {"steel"}),
        ("Труба стальная", None, {"pipe_making"}, {"steel"}),
        ("Арматура А500С 12 мм", "7214200000", {"rolling"}, {"steel"}),  # it makes no valves
        ("Арматура фонтанная", None, {"valves_pumps"}, set()),
    ],
)
def test_a_modifier_makes_no_trade(name: str, tnved: str | None, trades: set[str], materials: set[str]) -> None:
    found = craft(tnved, None, [thing_in(name)])
    assert (found.trades, found.materials) == (trades, materials)


@pytest.mark.parametrize(
    ("tnved", "kpved", "words", "trades"),
    [
        ("6203221000", None, "", {"sewing"}),
        (None, "14.12.11", "", {"sewing"}),
        (None, "28.23.23", "", set()),  # office machines; chapter 28 of ТН ВЭД is chemicals
        ("2807000000", None, "", {"industrial_chemistry"}),
        ("6203221000", "28.92.00", "насос", {"sewing"}),  # ТН ВЭД before КПВЭД before words
        (None, None, "насос", {"valves_pumps"}),
    ],
)
def test_codes_settle_the_trade(tnved: str | None, kpved: str | None, words: str, trades: set[str]) -> None:
    assert craft(tnved, kpved, [Thing(word) for word in words.split()]).trades == trades


def test_a_lot_with_nothing_but_an_enstru_code_finds_its_trade() -> None:
    said = outcome(
        need("Рукавицы", enstru="141923.700.000000"),
        offer("Костюм госпитальный", kpved="14.12.11", external_id="sewn", bin="020940000580"),
        offer("Средство для ткани", kpved="20.41.32", external_id="soap", bin="990140000806"),
        background=False,
    )
    assert [one.listed.product_id for one in said.organisers] == ["sewn"]
    codes = [reason.code for reason in said.organisers[0].reasons]
    assert codes == ["match.organiser.makes", "match.organiser.trade.same", "match.organiser.heading.group"]
    for lang in LANGUAGES:
        assert all(say(reason, lang) for reason in said.organisers[0].reasons)


@pytest.mark.parametrize(
    ("asked", "made", "code"),
    [
        ({"tnved": "7308909809"}, {"tnved": "7308400001"}, "same"),
        ({"tnved": "7308909809"}, {"tnved": "7309003000"}, "chapter"),
        ({"tnved": "7308909809"}, {"tnved": "1905903000"}, "other"),
        ({"enstru": "251123.100.000000"}, {"kpved": "25.11.10"}, "class"),
        ({"enstru": "251123.100.000000"}, {"kpved": "25.12.10"}, "group"),
        ({"enstru": "251123.100.000000"}, {"kpved": "26.11.10"}, "activity"),
        ({"enstru": "251123.100.000000"}, {"tnved": "7308400001"}, "unknown"),
    ],
)
def test_headings(asked: dict[str, Any], made: dict[str, Any], code: str) -> None:
    said = outcome(
        need("Опора стальная сварная гранёная", **asked), offer("Мачта сварная стальная", **made), background=False
    )
    for one in said.organisers:
        heading = next(feature for feature in one.features if feature.name == "heading")
        assert heading.detail.code == f"match.organiser.heading.{code}"
    assert said.organisers or code in ("other", "activity")
