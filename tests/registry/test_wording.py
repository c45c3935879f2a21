"""Messages become sentences in three languages, and the catalogues are complete."""

import json
import pickle
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import wording
from registry.wording import (
    LANGUAGES,
    Language,
    Message,
    Money,
    Named,
    Param,
    WordingError,
    codes,
    placeholders,
    say,
    tr,
)

ROOT = Path(wording.__file__).parents[1]

STOCK = {
    "kk": """
msgid "stock.found"
msgid_plural "stock.found"
msgstr[0] "{n} тауар табылды"
msgstr[1] "{n} тауарлар табылды"

msgid "stock.facts"
msgstr "{volume} {unit}, {price}, {on:long}, {icv:.2f} %, {score:.0%}, {year:plain}, {{дәл}}"
""",
    "ru": """
msgid "stock.found"
msgid_plural "stock.found"
msgstr[0] "найден {n} товар"
msgstr[1] "найдено {n} товара"
msgstr[2] "найдено {n} товаров"

msgid "stock.facts"
msgstr "{volume} {unit}, {price}, {on:long}, {icv:.2f} %, {score:.0%}, {year:plain}, {{точно}}"

msgid "stock.russian.only"
msgstr "только {what}"
""",
    "en": """
msgid "stock.found"
msgid_plural "stock.found"
msgstr[0] "{n} product found"
msgstr[1] "{n} products found"

msgid "stock.facts"
msgstr "{volume} {unit}, {price}, {on:long}, {icv:.2f}%, {score:.1%}, {year:plain}, {{exact}}"

msgid "stock.one"
msgstr "[{x}]"
""",
}


@pytest.fixture
def stock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's own registry.po with the sentences above beside it."""
    read = {}
    for lang, text in STOCK.items():
        own = files("config").joinpath("translations", lang, "registry.po").read_bytes()
        read[lang] = Language.read(lang, [("registry.po", own), ("stock.po", text.encode())])
    monkeypatch.setattr(wording, "_language", read.__getitem__)


@pytest.fixture
def strict() -> Iterator[None]:
    before = wording._strict
    wording.set_strict(True)
    yield
    wording.set_strict(before)


@pytest.fixture
def lenient() -> Iterator[None]:
    before = wording._strict
    wording.set_strict(False)
    yield
    wording.set_strict(before)


FACTS = Message(
    "stock.facts",
    {
        "volume": Decimal("12345.67"),
        "unit": "т",
        "price": Money(Decimal("1966000000")),
        "on": date(2026, 11, 22),
        "icv": Decimal("72.015"),
        "score": 0.8765,
        "year": 2026,
    },
)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("kk", "12\xa0345,67 т, 1\xa0966\xa0000\xa0000 теңге, 2026 жылғы 22 қараша, 72,02 %, 88 %, 2026, {дәл}"),
        ("ru", "12\xa0345,67 т, 1\xa0966\xa0000\xa0000 тенге, 22 ноября 2026 г., 72,02 %, 88 %, 2026, {точно}"),
        ("en", "12,345.67 т, 1,966,000,000 tenge, 22 November 2026, 72.02%, 87.7%, 2026, {exact}"),
    ],
)
@pytest.mark.usefixtures("stock", "strict")
def test_each_language_writes_values_its_own_way(lang: str, sentence: str) -> None:
    assert say(FACTS, lang) == sentence
    assert tr("stock.facts", lang, **FACTS.params) == sentence


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("{raw} <b>", "{raw} <b>"),
        (0, "0"),
        (-1234567, "-1,234,567"),
        (Decimal("68.230"), "68.230"),
        (Decimal("1E+3"), "1,000"),
        (0.1 + 0.2, "0.3"),
        (2.5, "2.5"),
        (1500.0, "1,500"),
        (0.0025, "0.0025"),
        (-0.0000001, "0"),
        (12e20, "1,200,000,000,000,000,000,000"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(-9, 3), "-3"),
        (True, "yes"),
        (False, "no"),
        (date(2024, 2, 29), "29.02.2024"),
        # 19:00 UTC is midnight of the next legal day.
        (datetime(2026, 11, 22, 19, 0, tzinfo=UTC), "23.11.2026 00:00"),
        (Money(Decimal("99.5")), "99.50 tenge"),
        (Money(Decimal("7"), "EUR"), "7 EUR"),
        (Message("stock.found", {"n": 1}), "1 product found"),
        (("сталь", 5, Message("stock.found", {"n": 2})), "сталь, 5, 2 products found"),
        ((), ""),
    ],
)
@pytest.mark.usefixtures("stock", "strict")
def test_every_kind_of_value_is_shown(value: Param, shown: str) -> None:
    assert say(Message("stock.one", {"x": value}), "en") == f"[{shown}]"


@pytest.mark.parametrize("value", [None, object(), [1], datetime(2026, 1, 1)])  # noqa: DTZ001
@pytest.mark.usefixtures("stock", "strict")
def test_a_value_of_no_known_kind_is_a_defect(value: object) -> None:
    with pytest.raises(TypeError):
        say(Message("stock.one", {"x": value}), "en")  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("n", "kk", "ru", "en"),
    [
        (0, "0 тауарлар табылды", "найдено 0 товаров", "0 products found"),
        (1, "1 тауар табылды", "найден 1 товар", "1 product found"),
        (2, "2 тауарлар табылды", "найдено 2 товара", "2 products found"),
        (5, "5 тауарлар табылды", "найдено 5 товаров", "5 products found"),
        (11, "11 тауарлар табылды", "найдено 11 товаров", "11 products found"),
        (21, "21 тауарлар табылды", "найден 21 товар", "21 products found"),
        (1002, "1\xa0002 тауарлар табылды", "найдено 1\xa0002 товара", "1,002 products found"),
        (1.5, "1,5 тауарлар табылды", "найдено 1,5 товара", "1.5 products found"),
        (Decimal(1), "1 тауар табылды", "найден 1 товар", "1 product found"),
    ],
)
@pytest.mark.usefixtures("stock", "strict")
def test_plural_forms_follow_n(n: Param, kk: str, ru: str, en: str) -> None:
    assert [tr("stock.found", lang, n=n) for lang in LANGUAGES] == [kk, ru, en]


@pytest.mark.usefixtures("stock", "strict")
def test_strict_mode_raises_for_every_gap() -> None:
    with pytest.raises(WordingError, match=r"no sentence 'stock\.unknown' in kk"):
        tr("stock.unknown", "kk")
    with pytest.raises(WordingError, match=r"no sentence 'stock\.russian\.only' in en"):
        tr("stock.russian.only", "en", what="x")
    with pytest.raises(WordingError, match="needs a value 'x'"):
        tr("stock.one", "en")
    with pytest.raises(WordingError, match="needs a number n"):
        tr("stock.found", "ru", n="5")


@pytest.mark.usefixtures("stock", "lenient")
def test_a_running_portal_bridges_gaps_and_logs_them(caplog: pytest.LogCaptureFixture) -> None:
    assert tr("stock.russian.only", "kk", what="по-русски") == "только по-русски"
    assert tr("stock.russian.only", "ru") == "stock.russian.only"
    assert tr("stock.unknown", "en") == "stock.unknown"
    assert tr("stock.found", "en") == "stock.found"
    assert "no sentence 'stock.russian.only' in kk" in caplog.text
    assert "needs a value 'what'" in caplog.text


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(WordingError, match="unknown language 'de'"):
        tr("wording.yes", "de")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('msgid "a.b"\nmsgstr "x {name!r}"', "a.b: format of"),
        ('msgid "a.b"\nmsgstr "x {name:>10}"', "a.b: format of"),
        ('msgid "a.b"\nmsgstr "x {name.__class__}"', "a.b: placeholder"),
        ('msgid "a.b"\nmsgstr "x {}"', "a.b: placeholder"),
        ('msgid "a.b"\nmsgstr "x {name"', "a.b: "),
        ('msgid "a.b"\nmsgstr "x"\n\nmsgid "a.b"\nmsgstr "y"', "a.b is given twice"),
        ('msgid "a.b"\nmsgid_plural "a.b"\nmsgstr[0] "x"\nmsgstr[1] "y"', "a.b lacks one of its 3 plural forms"),
        ('nonsense "x"', "one.po"),
    ],
)
def test_a_wrong_catalogue_names_file_and_code(text: str, fault: str) -> None:
    with pytest.raises(WordingError, match=r"ru/one\.po") as caught:
        Language.read("ru", [("one.po", text.encode())])
    assert fault in str(caught.value)


def test_a_code_in_two_files_is_refused() -> None:
    entry = b'msgid "a.b"\nmsgstr "x"\n'
    with pytest.raises(WordingError, match=r"kk/two\.po: a\.b is given twice"):
        Language.read("kk", [("one.po", entry), ("two.po", entry)])


def test_fuzzy_and_empty_entries_count_as_absent() -> None:
    text = '#, fuzzy\nmsgid "a.guess"\nmsgstr "x"\n\nmsgid "a.empty"\nmsgstr ""\n\nmsgid "a.good"\nmsgstr "y"\n'
    assert list(Language.read("en", [("one.po", text.encode())]).sentences) == ["a.good"]


def test_messages_are_values() -> None:
    given_params: dict[str, Param] = {"x": 1}
    message = Message("stock.one", given_params)
    given_params["x"] = 2
    assert message.params == {"x": 1}
    assert message == Message("stock.one", {"x": 1}) != Message("stock.one", {"x": 2})
    assert {FACTS, pickle.loads(pickle.dumps(FACTS))} == {FACTS}
    with pytest.raises(TypeError):
        message.params["x"] = 3  # type: ignore[index]


scalars = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.fractions(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.builds(Money, st.decimals(allow_nan=False, allow_infinity=False), st.sampled_from(["KZT", "USD"])),
    st.builds(Named, st.text(), st.text(), st.text()),
)
params = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.builds(Message, st.text(min_size=1), st.dictionaries(st.text(), inner, max_size=3)),
    ),
    max_leaves=5,
)


@given(st.builds(Message, st.text(min_size=1), st.dictionaries(st.text(), params, max_size=3)))
def test_a_message_survives_storage(message: Message) -> None:
    stored = json.loads(json.dumps(message.as_json()))
    again = Message.from_json(stored)
    assert again == message
    assert hash(again) == hash(message)
    assert {name: type(value) for name, value in again.params.items()} == {
        name: type(value) for name, value in message.params.items()
    }


@pytest.mark.parametrize(
    "stored", [{}, {"code": 1}, {"code": "a", "params": {"x": None}}, {"code": "a", "params": {"x": {}}}]
)
def test_what_is_no_message_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(WordingError, match="not a stored"):
        Message.from_json(stored)


@given(st.one_of(st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=2)))
def test_a_shown_number_reads_back(number: int | Decimal) -> None:
    for lang, group, point in (("kk", "\xa0", ","), ("ru", "\xa0", ","), ("en", ",", ".")):
        shown = tr("wording.money.other", lang, amount=number, currency="")
        assert Decimal(shown.strip(" ").replace(group, "").replace(point, ".")) == number


@given(
    st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.decimals(-(10**40), 10**40), st.fractions()),
    st.sampled_from(["", "plain", ".0f", ".2f", ".1%"]),
)
def test_any_number_can_be_shown(number: float | Decimal | Fraction, layout: str) -> None:
    shown = wording._number(number, layout, wording._language("en")).rstrip("%")
    digits = {"": 6, "plain": 6, ".0f": 0, ".2f": 2, ".1%": 1}[layout]
    expected = Fraction(repr(number) if isinstance(number, float) else number) * (100 if layout == ".1%" else 1)
    tolerance = Fraction(1, 2 * 10**digits) + abs(expected) / 10**25
    assert abs(Fraction(shown.replace(",", "")) - expected) <= tolerance


def test_the_catalogues_say_the_same_in_three_languages() -> None:
    assert codes("kk") == codes("ru") == codes("en")
    differing = [
        code
        for code in codes("ru")
        if not placeholders(code, "kk") == placeholders(code, "ru") == placeholders(code, "en")
    ]
    assert differing == []


def test_every_code_named_in_the_source_has_a_sentence() -> None:
    named = re.compile(r"""\b(?:Message|tr|_)\(\s*["']([a-z0-9_]+(?:\.[a-z0-9_]+)+)["']""")
    sources = [
        path
        for folder in ("config", "registry", "search", "matching", "web")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".html"}
    ]
    used = {(str(path.relative_to(ROOT)), code) for path in sources for code in named.findall(path.read_text("utf-8"))}
    known = codes("ru")
    assert {(path, code) for path, code in used if code not in known} == set()


def test_equal_decimals_are_shown_as_each_is_written() -> None:
    for written, said in (("60.0", "60,0"), ("60", "60"), ("60.00", "60,00"), ("60", "60")):
        shown = say(Message("wording.percent", {"number": Decimal(written)}), "ru")
        assert shown.replace("\N{NO-BREAK SPACE}", " ") == f"{said} %"
