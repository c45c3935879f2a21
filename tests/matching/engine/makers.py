"""Offers, needs and judges of them, from the few words that a test is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from matching.engine.asked import ask, names
from matching.engine.candidates import FileSource
from matching.engine.comparison import Comparison, compare
from matching.engine.judging import Judge
from matching.engine.lines import NeedLine, Offer
from matching.engine.mending import Mender
from matching.engine.outcome import Outcome
from matching.engine.scoring import score
from matching.engine.shelf import Shelf
from registry.catalogue.models import CodeState, ProductKind
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from registry.identifiers import CheckDigit
from registry.suppliers.models import Role
from search.analysis.sounds import terms, words_of
from search.analysis.spelling import near

ON = date(2026, 11, 23)

# Goods of many trades, so that words are as rare or as common as they are in a register.
BACKGROUND = (
    "Труба стальная бесшовная 159х8 ГОСТ 8732-78", "Труба стальная бесшовная 219х8 ГОСТ 8732-78",
    "Труба стальная электросварная 57х3,5", "Труба полиэтиленовая ПЭ100 SDR17 110х6,6", "Отвод стальной 90 159х8",
    "Задвижка стальная клиновая 30с41нж DN100 PN16", "Кран шаровой латунный DN15 PN40", "Клапан обратный DN50 PN16",
    "Насос центробежный К 80-50-200 15 кВт", "Насос скважинный ЭЦВ 6-10-80", "Кабель силовой ВВГнг(А) 3х2,5 0,66 кВ",
    "Кабель силовой ВВГнг(А) 3х4 0,66 кВ", "Провод ПВС 2х1,5", "Трансформатор масляный ТМГ-400/10/0,4",
    "Костюм рабочий летний смесовый", "Костюм рабочий зимний утеплённый", "Перчатки трикотажные с ПВХ-покрытием",
    "Ботинки кожаные с подноском", "Каска защитная белая", "Цемент портландский М500 в мешках 50 кг",
    "Цемент портландский М400 в мешках 50 кг", "Кирпич керамический М150 250х120х65", "Щебень гранитный фр. 5-20 мм",
    "Плита перекрытия ПК 60-12", "Стол рабочий 1200х800", "Шкаф металлический для одежды", "Стул офисный",
    "Мука пшеничная высший сорт 50 кг", "Молоко пастеризованное 2,5 % 1 л", "Сок яблочный 1 л",
    "Масло подсолнечное 5 л",
    "Средство для мытья посуды 0,5 л", "Средство для мытья полов 5 л", "Мыло хозяйственное 72 % 200 г",
    "Краска водно-дисперсионная белая 10 кг", "Эмаль ПФ-115 серая 2,8 кг", "Светильник светодиодный 36 Вт",
    "Огнетушитель порошковый ОП-4", "Лист стальной горячекатаный 10х1500х6000", "Арматура А500С 12 мм",
)  # fmt: skip


def good(name: str = "", **given: Any) -> Good:
    """A good; a name in Kazakh or English goes into `name_kk`, `name_en`."""
    values: dict[str, Any] = {
        "id": 1,
        "version": 1,
        "external_id": None,
        "kind": ProductKind.GOODS,
        "name_ru": name or None,
        "name_kk": None,
        "name_en": None,
        "description": None,
        "specified": None,
        "tnved": None,
        "tnved_state": CodeState.ABSENT,
        "kpved": None,
        "enstru": None,
        "unit": None,
        "capacity_per_year": None,
        "role": Role.MAKER,
        "supplier_id": 1,
        "bin": "110440012951",
        "bin_check": CheckDigit.VALID,
        "supplier_name": "ТОО «Завод»",
        "kato": None,
        "evidence": (),
    }
    return Good(**{**values, **given})


def offer(name: str = "", *, known: bool = True, **given: Any) -> Offer:
    """An offered good. known: whether its source says anything of evidence."""
    return Offer(good(name, **given), known)


def need(name: str, **given: Any) -> NeedLine:
    """A need."""
    return NeedLine(**{"external_id": "N-1", "name": name, **given})


def document(kind: str = "ktp", **given: Any) -> EvidenceFact:
    """A document in force on ON."""
    values: dict[str, Any] = {
        "kind": kind,
        "number": "КТП-1",
        "issued_on": date(2026, 2, 3),
        "expires_on": None,
        "percent": Decimal("68.23"),
        "status": EvidenceStatus.CONFIRMED,
    }
    return EvidenceFact(**{**values, **given})


def shelf_of(offers: Iterable[Offer]) -> Shelf:
    """The offers after the BACKGROUND, so that theirs are the last rows."""
    shelf = Shelf()
    for number, name in enumerate(BACKGROUND):
        shelf.add(offer(name, id=1000 + number, external_id=f"background-{number}"))
    for one in offers:
        shelf.add(one)
    return shelf


def mender_of(shelf: Shelf) -> Mender:
    """A mender over the words of a shelf."""
    words = shelf.vocabulary.words()
    by_sound = sorted(terms(words))
    return Mender(
        lambda tokens: {token: near(token, words) for token in tokens},
        lambda begun: {one: words_of(by_sound, one) for one in begun},
        shelf.vocabulary.counts,
    )


def compared(asked: NeedLine, *offers: Offer) -> Comparison:
    """The need beside the offers, in a register that holds the BACKGROUND as well."""
    shelf = shelf_of(offers)
    language, name = next(iter(names(asked).items()))
    said = ask(asked, language, name, shelf.vocabulary, mender_of(shelf))
    first = len(shelf) - len(offers)
    return compare(shelf, [(said, range(first, len(shelf)))])


def probabilities(asked: NeedLine, *offers: Offer) -> list[float]:
    """How likely each offer is the needed good."""
    return [float(one) for one in score(compared(asked, *offers)).probability]


@contextmanager
def judge(offers: Iterable[Offer], *, top: int = 10, background: bool = True, on: date = ON) -> Iterator[Judge]:
    """A judge of needs over the offers, found by an index as files are."""
    source = FileSource()
    for number, name in enumerate(BACKGROUND if background else ()):
        source.append(offer(name, id=1000 + number, external_id=f"background-{number}"))
    for one in offers:
        source.append(one)
    source.ready()
    try:
        yield Judge(source, on, top=top)
    finally:
        source.close()


def outcome(asked: NeedLine, *offers: Offer, **how: Any) -> Outcome:
    """What is said of one need."""
    with judge(offers, **how) as judging:
        return next(judging.outcomes([asked]))


def scores(said: Outcome) -> Mapping[str, float]:
    """Scores of the candidates by product id."""
    return {match.listed.product_id: match.score for match in said.matches}
