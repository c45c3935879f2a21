"""Properties of the whole pipeline: clean tokens, bounds, places, one result whatever the circumstances."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from search.analysis import analyse, index_text, query_tokens, spans, stem
from search.analysis.pieces import LONGEST_TOKEN
from search.analysis.pipeline import MOST_TOKENS

WORDS = [
    "Труба", "159х8", "ГОСТ 8732-78", "құбырлардың", "ВВГнг(А)-LS", "2,5 мм²", "DN 150", "1 1/4\"", "HACOC", "А500С",
    "консольно-моноблочный", "30с41нж", "без", "для", "ПЭ 100", "Ø", "-40°C", "10 000 л", "API 5L", "об'ем", "ЁЛКА",
]  # fmt: skip
text = st.one_of(
    st.text(),
    st.text(alphabet="аеоркіңғЁВГLSx0159хХ*.,-/()\"'°²№ \u00ad\u0306\t\n"),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), max_size=12).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
)


@given(text)
@settings(max_examples=300)
def test_tokens_suit_an_analyser_that_splits_at_white_space(text: str) -> None:
    analysed = analyse(text)
    assert tuple(index_text(text).split()) == analysed.tokens
    for token in (*analysed.tokens, *analysed.words, *analysed.standards, *analysed.codes):
        assert token == token.lower()
        assert 0 < len(token) <= LONGEST_TOKEN
        assert token.isprintable()
        assert not any(character.isspace() for character in token)


@given(text)
@settings(max_examples=300)
def test_a_query_finds_its_own_text(text: str) -> None:
    asked = query_tokens(text)
    assert len(set(asked)) == len(asked)
    assert set(asked) <= set(analyse(text).tokens)


@given(text)
@example("⑴ 5 ㎧ ½")
@settings(max_examples=300)
def test_places_are_in_order_and_hold_the_tokens(text: str) -> None:
    found = spans(text)
    end = 0
    for span in found:
        assert end <= span.start < span.end <= len(text)
        assert span.tokens
        end = span.end
    held = {token for span in found for token in span.tokens}
    assert set(query_tokens(text)) <= held


@given(text)
def test_case_and_ё_change_nothing(text: str) -> None:
    assert query_tokens("труба " + text.replace("ё", "е")) == query_tokens("труба " + text)


def marked(text: str, query: str) -> list[str]:
    asked = set(query_tokens(query))
    return [text[span.start : span.end] for span in spans(text) if asked & set(span.tokens)]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Трубы стальные 159 × 8 мм", "труба 159x8", ["Трубы", "159 × 8 мм"]),
        ("Насосы консольно-моноблочные", "моноблочный", ["моноблочные"]),
        ("Электро-насос", "электронасос", ["Электро", "насос"]),
        ("тру\u00adба и\u0306одная", "труба йодный", ["тру\u00adба", "и\u0306одная"]),
        ("½ трубы ﬁльтра", "труба", ["трубы"]),
        ("Құбырдың қақпағы", "қақпақ", ["қақпағы"]),
        ("Кабель ВВГнг(А)-LS 3х2,5", "ввгнг-ls", ["ВВГнг(А)-LS"]),
        ("Труба по ГОСТ 8732-78", "гост 8732", ["ГОСТ 8732-78"]),
        ("", "труба", []),
    ],
)
def test_marks(text: str, query: str, expected: list[str]) -> None:
    assert marked(text, query) == expected


def test_language_and_content_words() -> None:
    analysed = analyse("Трубы стальные для воды 159х8 ГОСТ 8732-78 30с41нж")
    assert analysed.language == "ru"
    assert analysed.words == ("труба", "стальной", "вода")
    assert analysed.codes == ("30с41нж",)
    assert analyse("болат құбыр").language == "kk"
    assert analyse("steel pipe").language == "en"


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Трубами", "труба"), ("уголков", "уголок"), ("щётки", "щетка"), ("құбырлар", "құбыр"), ("pipes", "pipe"),
     ("оцинкованной", "оцинкованный"), ("гофрокоробов", "гофрокороб"), ("159х8", "159х8"), ("", "")],
)  # fmt: skip
def test_stem(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize("text", ["", " ", "и в на", "...", "\0", "«»", "\u200b"])
def test_nothing_to_find(text: str) -> None:
    assert query_tokens(text) == ()
    assert index_text(text) == ""


HOSTILE = {
    "one letter": "а" * 10_000_000,
    "words": "труба " * 1_700_000,
    "digits": "1" * 10_000_000,
    "sizes": "1х" * 5_000_000,
    "spaced digits": "1 2х 3.4,5 " * 900_000,
    "marks": "е\u0301" * 5_000_000,
    "links": "а-" * 5_000_000,
    "brackets": "а(" * 5_000_000,
    "standards": "ГОСТ " * 2_000_000,
    "numbers of standards": "ГОСТ 1" + "-1" * 5_000_000,
    "quotes": '1/2"' * 2_500_000,
    "random kazakh": "ңқғәіөұү" * 1_250_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_ten_megabytes_neither_hang_nor_explode(text: str) -> None:
    started = time.monotonic()
    tokens = index_text(text).split()
    assert len(tokens) <= MOST_TOKENS
    assert max(map(len, tokens), default=0) <= LONGEST_TOKEN
    assert len(query_tokens(text)) <= MOST_TOKENS
    spans(text)
    analyse(text)
    assert time.monotonic() - started < 15  # a second or two on an idle core


def test_threads_agree() -> None:
    texts = [f"гофрокороб{number}аморфный pipes{number} құбыр{number}лардың обрешёткам" for number in range(200)]
    texts += ["".join(chr(0x430 + (number * place) % 32) for place in range(1, 9)) for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(index_text, texts * 3))
    assert together == [index_text(text) for text in texts] * 3
