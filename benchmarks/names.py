"""Fictitious suppliers: valid numbers that belong to nobody we know, and believable names."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from registry.identifiers import check_digit

_FIRST_WORDS = (
    "Алтын Сары Жетісу Орда Қазтех Каз Азия Евразия Тұлпар Самрук Береке Дала Темір Арлан Бастау Нұр Сункар Астана "
    "Ертіс Караганды Мангыстау Сырдария Тараз Шымкент Костанай Атырау Актобе Павлодар Семей Каспий Алатау Бурабай"
)
_SECOND_WORDS = (
    "Пром Строй Металл Энерго Кабель Трейд Маш Хим Агро Пласт Снаб Мет Техника Индастриз Групп Комплект Сервис "
    "Нефтегаз Арматура Бетон Мебель Текстиль Продукт Электро Инжиниринг"
)
_FIRST, _SECOND = _FIRST_WORDS.split(), _SECOND_WORDS.split()
_FORMS = ["ТОО «{}»"] * 14 + ["АО «{}»"] * 2 + ["ПК «{}»", "{} ЖШС", "ИП «{}»"]


def fictitious_bins(count: int, *, first: int = 0) -> Iterator[str]:
    """`count` distinct valid БИН of resident head offices; `first` shifts the sequence, so that two lists do not meet.

    Their sequence numbers are from the top of the range, so that a real number is unlikely to be met.
    """
    number = first
    made = 0
    while made < count:
        eleven = f"{number % 25:02d}{number % 12 + 1:02d}40{(99_999 - number // 300) % 100_000:05d}"
        number += 1
        digit = check_digit(eleven)
        if digit is not None:
            made += 1
            yield f"{eleven}{digit}"


def supplier_name(number: int, random: Random) -> str:
    """A believable name with its legal form; `number` keeps names from repeating too often."""
    stem = f"{random.choice(_FIRST)}{random.choice(_SECOND)}"
    if random.random() < 0.6:
        stem += f" {random.choice(['Плюс', 'Астана', 'KZ', 'Company', 'Групп', 'Про', str(number % 97 + 2)])}"
    return random.choice(_FORMS).format(stem)
