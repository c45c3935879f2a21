"""What every engine promises of asking: the same documents, questions and answers on both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest

from registry.wording import say
from search.analysis import query_tokens
from search.engines import Candidate, Entry, SearchEngine
from search.queries import DEEPEST_HIT, TOLD, CandidateQuery, Query, Sort
from tests.search.corpus import SUBJECT, build, counted, document, ids, open_engine, own_prefix, register

pytestmark = pytest.mark.both_engines

REGISTER = register()


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], SearchEngine]]:
    """Gives the engine of a kind that holds the register, built once, for tests that only ask."""
    opened: dict[str, SearchEngine] = {}
    with ExitStack() as stack:

        def register_of(kind: str) -> SearchEngine:
            if kind not in opened:
                prefix = stack.enter_context(own_prefix(kind))
                opened[kind] = stack.enter_context(open_engine(kind, tmp_path_factory.mktemp("index"), prefix))
                build(opened[kind], REGISTER)
            return opened[kind]

        yield register_of


@pytest.fixture
def full(registers: Callable[[str], SearchEngine], engine_kind: str) -> SearchEngine:
    """An engine that holds the register; nobody writes to it."""
    return registers(engine_kind)


QUESTIONS: list[dict[str, Any]] = [
    {},
    {"text": "труба"},
    {"text": "трубы бесшовные"},
    {"text": "жіксіз құбырлар"},
    {"text": "seamless pipes"},
    {"text": "насос для котельной"},
    {"text": "159 x 8"},
    {"text": "ГОСТ 8732"},
    {"code": "73"},
    {"code": "7304"},
    {"code": "730419"},
    {"code": "73041910"},
    {"code": "7304191009"},
    {"code": "730"},
    {"code": "84137081"},
    {"text": "труба", "code": "39"},
    {"regions": ("71",)},
    {"regions": ("71", "75", "11")},
    {"evidence": ("confirmed",), "regions": ("35", "55")},
    {"evidence": ("expired", "none"), "roles": ("maker",), "kinds": ("works",)},
    {"icv_from": Decimal(25)},
    {"icv_to": Decimal("24.9999")},
    {"icv_from": Decimal("68.23"), "icv_to": Decimal("68.23")},
    {"icv_from": Decimal(0), "icv_to": Decimal(0), "roles": ("dealer", "unstated")},
    {"bin": "990140000806"},
    {"text": "кабель", "bin": "110440012951", "regions": ("71",), "evidence": ("claimed",), "icv_from": Decimal(1)},
    {"text": "задвижка", "code": "8481", "regions": ("11", "71"), "roles": ("maker",), "kinds": ("goods",)},
]


def test_hits_and_facets_are_those_of_counting_by_hand(full: SearchEngine) -> None:
    compared = 0
    for asked in QUESTIONS:
        query = Query(**asked, size=200)
        found, facets = counted(REGISTER, query)
        answer = full.search(query)
        pages = [answer, *(full.search(Query(**asked, size=200, page=page)) for page in (2, 3))]
        assert [hit.id for one in pages for hit in one.hits if hit.id not in found] == [], asked
        assert {hit.id for one in pages for hit in one.hits} == found, asked
        assert answer.total == len(found), asked
        assert {name: {one.value: one.count for one in counts} for name, counts in answer.facets.items()} == facets, (
            asked
        )
        compared += bool(found) and any(len(values) > 1 for values in facets.values())
    assert compared >= 20  # the questions above do find something


def test_code_facets_drill_down_level_by_level(full: SearchEngine) -> None:
    code, steps = "", []
    while counts := full.search(Query(code=code)).facets["code"]:
        code = counts[0].value
        steps.append(len(code))
    assert steps == [2, 4, 6, 8, 10]


def test_facets_are_in_order(full: SearchEngine) -> None:
    facets = full.search(Query()).facets
    regions = [(-one.count, one.value) for one in facets["region"]]
    assert regions == sorted(regions)
    assert [one.value for one in facets["icv"]] == ["0-25", "25-50", "50-75", "75-100"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("насоссы", "насос"),
        ("центрабежный", "центробежный"),
        ("полиэтеленовая", "полиэтиленовая"),
        ("задвишка", "задвижка"),
        ("pipr", "pipe"),
        ("қубыр", "құбыр"),
    ],
)
def test_slips_of_typing_are_mended_and_said(full: SearchEngine, typed: str, found: str) -> None:
    answer = full.search(Query(f"{typed} 159х8"))
    assert answer.understood.corrected == ((typed, found),)
    meant = full.search(Query(f"{found} 159х8"))
    assert answer.total == meant.total > 0
    assert [hit.id for hit in answer.hits] == [hit.id for hit in meant.hits]
    assert found in say(answer.messages[0], "ru")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("truba", "труба"),
        ("trubami", "труба"),
        ("stalnyye", "стальная"),
        ("zadvijka", "задвижка"),
        ("кубыр", "құбыр"),
        ("кубырлардын", "құбыр"),
        ("qubyr", "құбыр"),
        ("Qūbyr", "құбыр"),
        ("zhiksiz", "жіксіз"),
        ("соргы", "сорғы"),
    ],
)
def test_words_of_another_script_are_read_and_said(full: SearchEngine, typed: str, found: str) -> None:
    answer = full.search(Query(typed))
    assert answer.understood.corrected == ((typed, found),)
    meant = full.search(Query(found))
    assert answer.total == meant.total > 0
    assert [hit.id for hit in answer.hits] == [hit.id for hit in meant.hits]


def test_words_of_another_script_go_with_the_rest(full: SearchEngine) -> None:
    assert ids(full, "truba stalnaya 159x8") == ids(full, "труба стальная 159х8") != []
    assert ids(full, "болат кубыр 159х8") == ids(full, "Kubyr bolat 159x8") == ids(full, "болат құбыр 159х8") != []


def test_held_words_are_not_read_in_another_script(engine: SearchEngine) -> None:
    build(engine, [document(1, "Кубыр"), document(2, "Құбыр"), document(3, "Truba"), document(4, "Труба")])
    assert ids(engine, "кубыр") == [1]
    assert ids(engine, "truba") == [3]
    # Within one script what differs is a slip, and of three letters nothing is guessed.
    build(engine, [document(1, "Мель"), document(2, "Тұз"), document(3, "Лёд")])
    assert (ids(engine, "мел"), ids(engine, "led"), ids(engine, "туз")) == ([], [], [2])


@pytest.mark.parametrize("text", ["🙂", "(((", "*", "для и"])
def test_a_query_without_anything_to_search_for_finds_nothing_and_says_so(full: SearchEngine, text: str) -> None:
    answer = full.search(Query(text, regions=("71",)))
    assert (answer.total, answer.hits) == (0, ())
    assert [message.code for message in answer.understood.messages] == ["search.nothing"]
    assert full.search(Query("  ")).total == len(REGISTER)


def test_numbers_are_never_taken_for_slips(full: SearchEngine) -> None:
    assert full.search(Query("158х8")).total == 0
    assert full.search(Query("ГОСТ 8733")).understood.corrected == ()


def test_known_words_are_not_mended(engine: SearchEngine) -> None:
    build(engine, [document(1, "Кран шаровой"), document(2, "Край стола"), document(3, "Кран башенный")])
    answer = engine.search(Query("край"))
    assert ([hit.id for hit in answer.hits], answer.understood.corrected) == ([2], ())


@pytest.mark.parametrize(
    ("typed", "corrected"),
    [
        ("легковой", False),  # two letters from щековой, and a word of its own
        ("реактивный", False),
        ("вековой", False),  # one letter, but a word that begins otherwise
        ("трудба", True),
        ("труда", True),  # a word, too, but so near that it is shown and said
        ("щиковая", True),
    ],
)
def test_a_word_that_is_one_is_hardly_a_slip_of_another(engine: SearchEngine, typed: str, corrected: bool) -> None:
    build(engine, [document(1, "Дробилка щековая"), document(2, "Хлор активный"), document(3, "Труба")])
    answer = engine.search(Query(typed))
    assert (bool(answer.understood.corrected), answer.total > 0) == (corrected, corrected)


def test_of_equally_near_words_the_frequent_one_is_meant(engine: SearchEngine) -> None:
    build(engine, [document(1, "балка"), document(2, "галка"), document(3, "галка"), document(4, "палка")])
    assert engine.search(Query("шалка")).understood.corrected == (("шалка", "галка"),)
    assert engine.delete(SUBJECT, {2: 2, 3: 2}) == {}
    engine.refresh(SUBJECT)
    # A word of documents that were taken out is nothing to be found.
    assert engine.search(Query("шалка")).understood.corrected == (("шалка", "балка"),)


def test_where_no_good_has_all_words_most_of_them_do(engine: SearchEngine) -> None:
    build(
        engine,
        [
            document(1, "Труба стальная оцинкованная"),
            document(2, "Труба медная"),
            document(3, "Лист оцинкованный стальной"),
        ],
    )
    answer = engine.search(Query("труба стальная оцинкованная импортозамещающая"))
    assert [hit.id for hit in answer.hits] == [1, 3]
    assert (answer.understood.relaxed, answer.understood.least) == (True, 2)
    assert "2" in say(answer.messages[0], "kk")
    assert not engine.search(Query("труба стальная")).understood.relaxed


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("159 x 8", "Труба 159×8"),
        ("159*8", "Труба 159х8"),
        ("Ду 150", "Задвижка DN150"),
        ("2.5 мм2", "Кабель 2,5 мм²"),
        ("гост 8732", "Труба ГОСТ 8732-78"),
        ("30с41нж", "Задвижка 30С41НЖ"),
        ("HACOC", "Насос"),  # Latin letters that look Cyrillic
        ("насос", "HACOC"),
        ("подшипниковый щит", "щиты подшипниковые"),
        ("уголков", "Уголок стальной"),
        ("щебнем", "Щебень"),
        ("сорғылардың", "Сорғы"),
        ("консольно-моноблочный", "Насос моноблочный консольный"),
        ("ёлочный", "елочный"),
        ("boards", "Gypsum board"),
    ],
)
def test_the_same_thing_written_otherwise_is_found(engine: SearchEngine, asked: str, written: str) -> None:
    build(engine, [document(1, written), document(2, "Совсем другое изделие 777")])
    assert ids(engine, asked) == [1]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("7304", [1]),
        ("7304191009", [1]),
        ("7304 19 100 9", [1]),
        ("7304 19", [1]),
        ("7304 19 10", [1]),
        ("труба 7304 19", [1]),
        ("1020 10", [3]),  # no such code is held, so these are numbers
        ("труба 7304.19", [1]),
        ("24.20.13", [1, 2]),
        ("242013.300.000012", [2]),
        ("990140000806", [2]),
        ("13", []),  # a part of a code is a number like any other
    ],
)
def test_codes_are_found_as_people_write_them(engine: SearchEngine, asked: str, found: list[int]) -> None:
    build(
        engine,
        [
            document(1, "Труба", body="7304 730419 73041910 7304191009 242013"),
            document(2, "Лист", body="242013 242013300000012 990140000806"),
            document(3, "Кольцо 1020х10"),
        ],
    )
    assert sorted(ids(engine, asked)) == found


def test_words_of_names_in_any_language_come_before_words_of_descriptions(engine: SearchEngine) -> None:
    build(
        engine,
        [
            document(1, "Переход", body="для насоса"),
            document(2, "Сорғы", alt="Насос"),
            document(3, "Насос"),
        ],
    )
    assert ids(engine, "насос") == [3, 2, 1]


HOSTILE = [
    "*",
    "?",
    "\"'",
    "труба AND OR NOT",
    "name:труба",
    "tnved:[* TO *]",
    "(труба",
    "труба~2 +a -b && || ! {} [] ^ / \\",
    "'; DROP TABLE product; --",
    "\x00\x01\x1f\u200b\ufeff\u202e",
    "труба\x00стальная",
    "%%% ___",
    "{{7*7}} ${jndi:ldap://x}",
    "\ud800",
    "а" * 100_000,
    "а́" * 5_000,
    "труба " * 20_000,
    " ".join(f"слово{number}" for number in range(10_000)),
    " ".join(f"{number}х{number}" for number in range(10_000)),
    "😀" * 500,
    "𝐩𝐢𝐩𝐞",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_hostile_text_is_only_text(full: SearchEngine, text: str) -> None:
    started = time.monotonic()
    answer = full.search(Query(text))
    full.suggest(text)
    full.candidates([CandidateQuery(query_tokens(text))])
    assert time.monotonic() - started < 5
    assert 0 <= answer.total <= len(REGISTER)
    assert len(answer.understood.words) <= 24


def test_hostile_filters_find_nothing(full: SearchEngine) -> None:
    for asked in (
        {"code": "73' OR '1'='1"},
        {"code": ".*"},
        {"code": "7" * 5_000},
        {"regions": ("71 OR 75",)},
        {"bin": "*"},
        {"evidence": ("",)},
        {"icv_from": Decimal("1E+30")},
        {"icv_to": Decimal("-1E+30")},
    ):
        assert full.search(Query(**asked)).total == 0, asked


def test_long_questions_are_cut_and_say_so(full: SearchEngine) -> None:
    understood = full.search(Query(" ".join(f"труба слово{number}" for number in range(40)))).understood
    assert (len(understood.words), understood.left_out) == (24, 17)


def test_pages_are_disjoint_and_complete_in_every_order(full: SearchEngine) -> None:
    found, _ = counted(REGISTER, Query("труба"))
    for sort in Sort:
        walked = [
            hit.id for page in range(1, 40) for hit in full.search(Query("труба", sort=sort, size=7, page=page)).hits
        ]
        assert len(walked) == len(found), sort
        assert set(walked) == found, sort


def test_orders(full: SearchEngine) -> None:
    by_id = {one.id: one for one in REGISTER}

    def walk(**asked: Any) -> list[int]:
        return [hit.id for page in (1, 2) for hit in full.search(Query(size=200, page=page, **asked)).hits]

    assert walk(sort=Sort.NEWEST) == walk() == sorted(by_id, reverse=True)
    for lang in ("kk", "ru", "en"):
        names = {id: one.sort_names[lang] for id, one in by_id.items() if one.sort_names}
        assert walk(sort=Sort.NAME, lang=lang) == sorted(by_id, key=lambda id: (names[id], id))
    shares = {id: -1 if one.icv is None else one.icv for id, one in by_id.items()}
    assert walk(sort=Sort.ICV) == sorted(by_id, key=lambda id: (-shares[id], id))


def test_paging_ends_with_a_sentence(full: SearchEngine) -> None:
    deepest = full.search(Query(size=100, page=DEEPEST_HIT // 100))
    assert (deepest.hits, deepest.understood.beyond) == ((), False)
    beyond = full.search(Query(size=100, page=DEEPEST_HIT // 100 + 1))
    assert (beyond.hits, beyond.total, beyond.understood.beyond) == ((), len(REGISTER), True)
    assert "10 000" in say(beyond.messages[0], "ru").replace("\u00a0", " ")
    assert full.search(Query(page=-5, size=3)).hits == full.search(Query(size=3)).hits
    assert len(full.search(Query(size=100_000)).hits) == 200


def test_candidates_share_rare_words_or_codes(engine: SearchEngine) -> None:
    build(
        engine,
        [
            document(1, "Труба стальная бесшовная 159х8", tnved="7304191009"),
            document(2, "Труба стальная 57х3,5", tnved="7306309000"),
            document(3, "Труба полиэтиленовая", tnved="3917211000", kpved="22.21.21"),
            document(4, "Костюм", body="бесшовный", tnved="6203231000", enstru="141211.210.000013"),
            document(5, "Лист", tnved="7208512009"),
        ],
    )
    best = engine.candidates(
        [
            CandidateQuery(("труба", "бесшовный", "159x8")),
            CandidateQuery(("сорғы",), tnved="7304191009"),
            CandidateQuery(("сорғы",), tnved="730411"),
            CandidateQuery((), kpved="22.21.21"),
            CandidateQuery((), enstru="141211.210.000013"),
            CandidateQuery(("труба",), limit=1),
            CandidateQuery(("сорғы",)),
            CandidateQuery(()),
            CandidateQuery(("труба",), limit=0),
        ]
    )
    found = [[one.id for one in candidates] for candidates in best]
    assert found[0][0] == 1
    assert set(found[0]) == {1, 2, 3, 4}
    assert found[1:5] == [[1], [1], [3], [4]]
    assert len(found[5]) == 1
    assert found[6:] == [[], [], []]
    assert [one.score for one in best[0]] == sorted((one.score for one in best[0]), reverse=True)
    assert all(isinstance(one, Candidate) for one in best[0])


def test_many_candidates_are_asked_for_at_once(full: SearchEngine) -> None:
    queries = [CandidateQuery((word,), limit=5) for word in ("труба", "насос", "кабель", "щебень") * 40]
    answers = full.candidates(queries)
    assert len(answers) == 160
    assert answers[:4] * 40 == answers
    assert all(len(answer) == 5 for answer in answers)


def test_frequencies_count_documents(engine: SearchEngine) -> None:
    build(engine, [document(1, "Труба", alt="Труба"), document(2, "Лист", body="труба"), document(3, "Лист")])
    assert engine.frequencies(["труба", "лист", "насос"]) == {"труба": 2, "лист": 2, "насос": 0}
    assert engine.frequencies([]) == {}
    build(engine, [document(1, "Труба", about="трубы и фитинги, лист"), document(2, "Лист")])
    assert engine.frequencies(["труба", "лист"]) == {"труба": 1, "лист": 2}
    assert engine.frequencies(["труба", "лист"], fields=TOLD) == {"труба": 1, "лист": 1}


def test_entries_walk_the_index_by_id(full: SearchEngine) -> None:
    walked: list[Entry] = []
    while window := full.entries(SUBJECT, walked[-1].id if walked else 0, 70):
        walked += window
    assert walked == [Entry(one.id, one.version, one.fingerprint) for one in REGISTER]
