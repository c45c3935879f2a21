"""Every public page of the demonstration, in three languages: whole, true, and silent about what is private."""

from __future__ import annotations

import csv
import json
import tomllib
from collections import deque
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from registry import law
from registry.spreadsheets import open_table
from registry.text import KAZAKH_LETTERS
from registry.wording import LANGUAGES, say, tr
from tests.web.markup import Page
from tests.web.portal import NOW, Browser, Site
from web.demo import SINCE
from web.public.exports import GOODS, NEEDS

FLANGE = "Фланец нержавеющий DN50 PN16 12Х18Н10Т"
PORTAL = "http://portal.example"


@cache
def starter(name: str) -> list[dict[str, str]]:
    text = files("config").joinpath(f"starter/{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def listed() -> list[tuple[str, str]]:
    """БИН and Russian name of what the demonstration lists: its file's lines, and those that its suppliers added."""
    said = tomllib.loads(files("config").joinpath("starter/profiles.toml").read_text(encoding="utf-8"))
    added = [(one["bin"], one["name_ru"]) for one in said["uncoded"]]
    return [(row["bin"], row["name"]) for row in starter("products")] + added


def product_id(reader: Browser, name: str) -> int:
    """The id of the demonstration's line of that Russian name, found as a reader finds it."""
    page = reader.page(f"/ru/search?q={name}")
    for link in page.all("a"):
        if "/products/" in (link.attributes.get("href") or "") and " ".join(link.text.split()) == name:
            return int((link.attributes["href"] or "").rsplit("/", 1)[1])
    raise AssertionError(f"{name} is not found")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", ["/", "/search", "/search?q=труба", "/needs/", "/suppliers/", "/sign-in"])
def test_the_pages_that_keep_their_address(reader: Browser, lang: str, path: str) -> None:
    page = reader.page(f"/{lang}{path}")
    assert page.lang == lang


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_counts_what_there_is(reader: Browser, lang: str) -> None:
    page = reader.page(f"/{lang}/")
    labels = [one.attributes.get("aria-label") or "" for one in page.all("a")]
    for code, count in (
        ("web.home.goods", len(listed())),
        ("web.home.suppliers", len(starter("suppliers"))),
        ("web.home.open_needs", len(starter("needs"))),
    ):
        assert f"{tr(code, lang, n=count)}: {count}" in labels
    assert any(label.startswith(tr("web.home.confirmed", lang)) for label in labels)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_example_of_the_start_page_finds_something_with_all_its_words(reader: Browser, lang: str) -> None:
    home = reader.page(f"/{lang}/")
    examples = [one for one in home.all("a") if "/search?q=" in (one.attributes.get("href") or "")]
    assert len(examples) == 4
    for example in examples:
        found = reader.page(example.attributes["href"] or "")
        assert found.all("mark") or found.all("ol"), example.text
        assert tr("web.search.nothing", lang) not in found.text
        # Nothing had to be told of how it was found.
        assert not [one for one in found.all("div") if one.attributes.get("role") == "status"], example.text


def test_a_result_row_tells_what_a_buyer_asks_first(reader: Browser) -> None:
    page = reader.page("/ru/search?q=Труба+159х6")
    row = starter("products")[0]
    assert row["name"] in page.text
    assert "ТОО «Ертіс Құбыр»" in page.text
    assert tr("region.55", "ru") in page.text
    assert row["tnved"] in page.text
    assert "71,40" in page.text
    assert page.all("mark")


@pytest.mark.parametrize(
    ("lang", "query"), [("kk", "құбырлар"), ("ru", "трубы"), ("en", "pipes"), ("ru", "7304191009")]
)
def test_goods_are_found_in_every_language_and_by_code(reader: Browser, lang: str, query: str) -> None:
    assert tr("web.search.nothing", lang) not in reader.page(f"/{lang}/search?q={query}").text


@pytest.mark.parametrize(
    ("query", "count"), [("труба обсадная 168", 3), ("кабель медный 3х2,5 бронированный", 0), ("костюм для лифта", 0)]
)
def test_words_are_counted_as_their_reader_sees_them(reader: Browser, query: str, count: int) -> None:
    """A size is looked for as several words, a preposition as none: then they are not counted."""
    page = reader.page(f"/ru/search?q={query}")
    chips = [one for one in page.all("a") if one.attributes.get("class") == "chip"]
    told = [one.text.strip() for one in page.all("div") if one.attributes.get("role") == "status"]
    if count:
        assert (len(chips), told) == (count, [tr("search.relaxed", "ru", all=count, least=2)])
    else:
        assert told == [tr("search.relaxed_uncounted", "ru")]


def test_facets_narrow_and_their_counts_are_true(reader: Browser) -> None:
    page = reader.page("/ru/search?q=труба")
    facets = [one for one in page.all("a") if "facet" in (one.attributes.get("class") or "").split()]
    assert len(facets) > 8
    for facet in facets[:12]:
        count = int(facet.text.split()[-1])
        narrowed = reader.page(facet.attributes["href"] or "")
        assert tr("web.search.found", "ru", n=count) in narrowed.text, facet.text


def test_each_part_of_a_question_is_removed_by_a_link(reader: Browser) -> None:
    page = reader.page(
        "/ru/search?q=труба+стальная&code=73&region=55&evidence=confirmed&role=maker&kind=goods&icv=50-75"
    )
    chips = {
        one.text.strip(): dict(parse_qsl(urlsplit(one.attributes["href"] or "").query))
        for one in page.all("a")
        if one.attributes.get("class") == "chip"
    }
    assert len(chips) == 8
    assert tr("web.search.icv_band", "ru", band=tr("web.facet.band", "ru", low=50, high=75)) in chips
    assert chips["труба"]["q"] == "стальная"
    assert "region" not in chips[tr("region.55", "ru")]
    assert "evidence" not in chips[tr("web.standing.confirmed", "ru")]
    assert all(len(rest) == 6 or "q" in rest for rest in chips.values())


def test_an_answer_without_results_leads_on(reader: Browser) -> None:
    page = reader.page("/en/search?q=perpetuum+mobile&code=99")
    assert tr("web.search.nothing", "en") in page.text
    assert tr("web.search.without", "en", what="perpetuum") in page.text
    assert any((one.attributes.get("href") or "").endswith("/needs/") for one in page.all("a"))


def test_a_question_without_anything_to_search_for_is_told_so(reader: Browser) -> None:
    assert tr("search.nothing", "en") in reader.page("/en/search?q=%28%28%28").text
    assert tr("search.nothing", "en") not in reader.page("/en/search?q=perpetuum").text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("typed", "refused"), [("many", True), ("101", True), ("-5", True), ("0", False), ("", False)])
def test_a_least_percent_that_is_none_is_kept_and_told(reader: Browser, lang: str, typed: str, refused: bool) -> None:
    page = reader.page(f"/{lang}/search?icv_from={typed}")
    assert (tr("web.form.range", lang, most=100) in page.text) is refused
    (field,) = (one for one in page.all("input") if one.attributes.get("id") == "icv_from")
    assert field.attributes["value"] == (typed if refused else "")


@pytest.mark.parametrize(
    "query", ["%00", "' OR 1=1 --", "<script>alert(1)</script>", '"*:*" AND (', "а" * 3000, "\U0001f4a9", "{{7*7}}"]
)
def test_a_hostile_question_is_only_a_question(reader: Browser, query: str) -> None:
    response = reader.get("/search", query_string={"q": query})
    assert response.status_code == 200
    assert "<script>alert" not in response.text
    assert "49" not in Page(response.text).title


def test_pages_of_results_follow_one_another(reader: Browser) -> None:
    seen: list[str] = []
    for number in (1, 2, 3):
        page = reader.page(f"/ru/search?page={number}")
        links = [one.attributes["href"] or "" for one in page.all("a")]
        seen += sorted({link for link in links if "/products/" in link})
    assert len(seen) == len(set(seen)) == 60


def test_a_page_beyond_the_last_leads_to_the_last(reader: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    last = -(-len(listed()) // 20)
    for asked in (last + 1, 99, 5000):
        assert reader.get(f"/ru/search?sort=name&page={asked}").location == f"/ru/search?sort=name&page={last}"
    assert reader.get(f"/ru/search?page={last}").status_code == 200
    assert reader.get("/ru/search?code=99&page=7").status_code == 200
    monkeypatch.setattr("web.public.search.DEEPEST_HIT", 40)
    assert reader.get("/ru/search?page=3").location == "/ru/search?page=2"
    assert tr("search.beyond", "ru", deepest=40) in reader.page("/ru/search?page=2").text
    assert tr("search.beyond", "ru", deepest=40) not in reader.page("/ru/search?page=1").text


def test_suggestions_continue_what_is_typed(reader: Browser) -> None:
    names = json.loads(reader.get("/ru/suggest?q=тру").text)["suggestions"]
    assert names
    assert all("тру" in name.lower() for name in names)
    assert json.loads(reader.get("/suggest?q=").text) == {"suggestions": []}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_product_page_tells_everything_public(reader: Browser, lang: str) -> None:
    row = starter("products")[0]
    page = reader.page(f"/{lang}/products/{product_id(reader, row['name'])}")
    for name in (row["name"], row["name_kk"], row["name_en"], row["description"], row["tnved"], row["evidence_number"]):
        assert name in page.text
    assert page.title == {"ru": row["name"], "kk": row["name_kk"], "en": row["name_en"]}[lang]
    assert tr("web.layout.not_evidence", lang) in page.text
    assert "07.04.2026" in page.text
    assert tr("web.value.decimals", lang, value=71.40) in page.text


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("компл", {"kk": "жиынтық", "ru": "компл", "en": "sets"}),
        ("усл. банк", {"kk": "шарт. банка", "ru": "усл. банк", "en": "conv. can"}),
    ],
)
def test_a_unit_is_said_in_the_language_of_its_page(reader: Browser, written: str, words: dict[str, str]) -> None:
    """In the words in which matching says it, else in those of the classifier."""
    row = next(one for one in starter("products") if one["unit"] == written)
    for lang, word in words.items():
        facts = reader.page(f"/{lang}/products/{product_id(reader, row['name'])}").all("dd")
        assert word in [one.text.strip() for one in facts]


def test_a_name_in_another_language_is_marked_as_such(reader: Browser) -> None:
    row = starter("products")[0]
    page = reader.page(f"/en/products/{product_id(reader, row['name'])}")
    marked = {one.text.strip(): one.attributes.get("lang") for one in page.all("p", "span") if "lang" in one.attributes}
    assert marked[row["name"]] == "ru"
    assert marked[row["name_kk"]] == "kk"
    assert marked[row["description"]] == "ru"
    # Organisations are called in Russian, unless their names hold Kazakh letters.
    assert marked["ТОО «Ертіс Құбыр»"] == "kk"
    named = {one["name"]: one["bin"] for one in starter("suppliers")}
    russian = next(name for name in named if not set(name.lower()) & set(KAZAKH_LETTERS))
    heading = [one for one in reader.page(f"/kk/suppliers/{named[russian]}").all("span") if one.text == russian]
    assert heading[0].attributes["lang"] == "ru"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_demonstration_shows_the_day_before_and_the_day_of_a_change_of_law(reader: Browser, lang: str) -> None:
    """СТ-KZ proved origin until the register's extract became the sole proof on 1 January 2026."""
    lasting = [
        row for row in starter("products") if row["evidence_kind"] == "ct-kz" and "2025-12" in row["evidence_issued"]
    ]
    path = f"/{lang}/products/{product_id(reader, lasting[0]['name'])}"
    confirmed = tr("web.standing.confirmed", lang)
    assert confirmed in reader.page(f"{path}?on=2025-12-31").text
    after = reader.page(f"{path}?on=2026-01-01")
    assert tr("web.standing.not_accepted", lang) in after.text
    for other in (f"/{lang}/suppliers/{lasting[0]['bin']}", f"/{lang}/needs/{starter('needs')[0]['id']}"):
        assert tr("web.as_of.past", lang, on=SINCE) in reader.page(f"{other}?on={SINCE.isoformat()}").text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["products", "suppliers", "needs"])
@pytest.mark.parametrize("given", ["31.02.2026", "nonsense"])
def test_a_day_that_is_none_is_told_so(reader: Browser, lang: str, kind: str, given: str) -> None:
    addresses = {"products": 1, "suppliers": starter("suppliers")[0]["bin"], "needs": starter("needs")[0]["id"]}
    path = f"/{lang}/{kind}/{addresses[kind]}"
    page = reader.page(f"{path}?on={given}")
    assert tr("web.as_of.unread", lang, given=given) in page.text
    assert page.title == reader.page(path).title
    assert tr("web.as_of.unread", lang, given="") not in reader.page(f"{path}?on=").text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_supplier_page_keeps_what_is_private(reader: Browser, lang: str) -> None:
    row = starter("suppliers")[0]
    page = reader.page(f"/{lang}/suppliers/{row['bin']}")
    assert page.title == row["name"]
    assert row["bin"] in page.text
    assert row["email"] in page.text
    assert row["address"] not in page.html
    goods = [bin for bin, _ in listed() if bin == row["bin"]]
    assert tr("web.supplier.goods", lang, n=len(goods)) in page.text


def test_a_supplier_is_found_by_its_number(reader: Browser) -> None:
    row = starter("suppliers")[0]
    assert reader.get(f"/kk/suppliers/?bin=БСН {row['bin']}").location == f"/kk/suppliers/{row['bin']}"
    missing = reader.page("/ru/suppliers/?bin=990140000806")
    assert tr("web.check.missing", "ru", bin="990140000806") in missing.text
    wrong = reader.page("/ru/suppliers/?bin=12")
    assert wrong.all("input")[-1].attributes["value"] == "12"
    assert wrong.all("input")[-1].attributes["aria-describedby"] == "bin-error"
    assert any(one.attributes.get("id") == "bin-error" for one in wrong.all("p"))
    assert any(one.attributes.get("href") == "#bin" for one in wrong.all("a"))


def test_a_page_of_another_day_says_so_and_one_of_today_does_not(reader: Browser) -> None:
    path = f"/ru/products/{product_id(reader, starter('products')[0]['name'])}"
    today = NOW.date()
    for said in ("web.as_of.past", "web.as_of.future"):
        assert tr(said, "ru", on=today) not in reader.page(path).text
    later, before = today + timedelta(days=3650), today - timedelta(days=1)
    assert tr("web.as_of.future", "ru", on=later) in reader.page(f"{path}?on={later.isoformat()}").text
    assert tr("web.as_of.past", "ru", on=before) in reader.page(f"{path}?on={before.isoformat()}").text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("path", "code", "value"),
    [
        ("products/999999", "catalogue.product.not_found", {"id": "999999"}),
        ("suppliers/990140000806", "register.supplier.not_found", {"bin": "990140000806"}),
        ("needs/NO-1", "register.need.not_found", {"id": "NO-1"}),
    ],
)
def test_what_was_never_there_is_told_of_no_day(
    reader: Browser, lang: str, path: str, code: str, value: dict[str, str]
) -> None:
    assert tr(code, lang, **value) in reader.page(f"/{lang}/{path}", 404).text
    assert tr("web.as_of.nothing", lang, on=SINCE) in reader.page(f"/{lang}/{path}?on={SINCE.isoformat()}", 404).text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_list_of_needs_speaks_of_all(reader: Browser, lang: str) -> None:
    page = reader.page(f"/{lang}/needs/")
    assert tr("web.needs.found", lang, n=len(starter("needs"))) in page.text
    narrowed = reader.page(f"/{lang}/needs/?contract_type=offtake")
    offtakes = sum(row["contract_type"] == "offtake" for row in starter("needs"))
    assert tr("web.needs.found", lang, n=offtakes) in narrowed.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_need_page_explains_its_matches(reader: Browser, lang: str) -> None:
    for row in starter("needs")[:12]:
        page = reader.page(f"/{lang}/needs/{row['id']}")
        assert row["id"] in page.text
        assert tr("web.need.not_matched", lang) not in page.text
        badges = [one.text.strip() for one in page.all("span") if "badge" in (one.attributes.get("class") or "")]
        assert badges[0] in {
            tr(f"match.supply_of.goods.{one}", lang) for one in ("producer_exists", "doubtful", "none_found")
        }


def test_a_match_opens_into_every_feature_with_its_weight(reader: Browser) -> None:
    page = reader.page("/ru/needs/MIN-01")
    details = [one for one in page.all("details") if one.attributes.get("class") == "why"]
    assert details
    assert tr("web.need.start", "ru") in details[0].text
    assert tr("web.need.whole", "ru") in details[0].text
    assert details[0].text.count("+") + details[0].text.count("−") >= 5


def test_nobody_who_is_not_signed_in_is_offered_to_match(reader: Browser) -> None:
    assert tr("web.need.match_again", "ru") not in reader.page("/ru/needs/MIN-01").text


def test_a_page_needs_little_time_and_no_other_site(reader: Browser) -> None:
    script = reader.get("/static/site.js").text
    style = reader.get("/static/site.css").text
    for text in (script, style):
        assert "http://" not in text
        assert "https://" not in text
        assert "@import" not in text


@pytest.mark.parametrize("start", ["/ru/", "/kk/search?q=кабель", "/en/needs/"])
def test_every_link_leads_somewhere(reader: Browser, start: str) -> None:
    """Walks from page to page; facets and orders multiply without end, so searches are entered only two links deep."""
    prefix = start[:4]
    waiting = deque([(start, 0)])
    seen = {start}
    asked = 0
    while waiting:
        path, depth = waiting.popleft()
        response = reader.get(path, follow_redirects=True)
        assert response.status_code == 200, path
        asked += 1
        if response.mimetype != "text/html":
            continue
        page = Page(response.text)
        assert not page.faults, f"{path}: {page.faults}"
        for address in page.addresses(PORTAL + path):
            parts = urlsplit(address)
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            assert parts.netloc == "portal.example", address
            if not target.startswith((prefix, "/static")) or target in seen or asked + len(waiting) > 120:
                continue
            if "?" in target and depth >= 2:
                continue
            if "/sign-out" in target or "/needs/match" in target:
                continue
            seen.add(target)
            waiting.append((target, depth + 1))
    assert asked > 80


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_open_reading_is_told_wherever_a_line_stands_by_it(reader: Browser, lang: str) -> None:
    """An industrial certificate gives no ICV by a reading of this system (domain.md §9 rule 45)."""
    on = date(2025, 12, 31)
    open_reading = say(law.on(on).evidence("industrial").gives_icv.assumption, lang)
    flange = next(row for row in starter("products") if row["evidence_kind"] == "industrial" and row["name"] == FLANGE)
    address = f"/{lang}/products/{product_id(reader, FLANGE)}"
    assert reader.page(f"{address}?on={on}").text.count(open_reading) == 1
    assert open_reading in reader.page(f"/{lang}/suppliers/{flange['bin']}?on={on}").text
    assert open_reading not in reader.page(address).text, "today it is not accepted at all"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_lists_are_taken_away_as_they_stand(reader: Browser, tmp_path: Path, form: str) -> None:
    bin = starter("suppliers")[0]["bin"]
    own = [row for row in starter("products") if row["bin"] == bin]
    names = [name for holder, name in listed() if holder == bin]
    for address, columns, expected in (
        (f"/exports/suppliers/{bin}.{form}", GOODS, len(names)),
        (f"/ru/exports/goods.{form}?role=dealer", GOODS, None),
        (f"/exports/needs.{form}?contract_type=offtake", NEEDS, None),
    ):
        response = reader.get(address)
        assert response.status_code == 200
        assert response.headers["Content-Disposition"].endswith(f'.{form}"')
        file = tmp_path / f"taken.{form}"
        file.write_bytes(response.data)
        with open_table(file, columns) as table:
            assert table.columns == columns
            rows = [row.cells for row in table.rows()]
        assert rows
        if expected is not None:
            assert len(rows) == expected
            assert {row["name"] for row in rows} == set(names)
            assert {row.get("evidence_number", "") for row in rows} <= {"", *(row["evidence_number"] for row in own)}
        assert "address" not in columns
        assert all(row["role"] == "dealer" for row in rows if "role" in row and "dealer" in address)
        assert all(row["contract_type"] == "offtake" for row in rows if "offtake" in address)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_of_no_supplier_there_is_no_list(reader: Browser, form: str) -> None:
    assert reader.get(f"/exports/suppliers/1.{form}").status_code == 404


def test_health_tells_what_works(demonstration: Site) -> None:
    response = demonstration.browser().get("/health")
    assert response.status_code == 200
    report = json.loads(response.text)
    assert report["status"] == "ok"
    assert report["database"] == {"ok": True, "backend": "sqlite"}
    assert report["engine"]["ok"] is True
    assert report["engine"]["documents"]["product"] == len(listed())
    assert report["outbox"] == {"pending": 0, "lag_seconds": 0.0, "parked": 0}


def test_a_need_is_not_given_the_verdict_of_another_day(reader: Browser) -> None:
    later = NOW.date() + timedelta(days=400)
    path = f"/ru/needs/{starter('needs')[0]['id']}"
    page = reader.page(f"{path}?on={later.isoformat()}")
    assert tr("web.need.not_matched_on", "ru", on=later) in page.text
    assert tr("web.need.not_matched_on", "ru", on=later) not in reader.page(path).text
    assert not [one for one in page.all("h2") if one.text == tr("web.need.producers.title", "ru")]
