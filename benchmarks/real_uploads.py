"""Real files by way of the upload page, as a supplier sends them: what is suggested for codes, and how often rightly.

    python -m benchmarks.real_uploads [--reference ../shared/data] [--out FOLDER]

A supplier signs in, sends a file, passes its columns of codes over, previews, takes it in; the worker suggests codes.
Three files: the 100 rows of the register, the 1,294 rows of certificates (which have no codes to compare with), the
501 rows of certificates of origin. Decided cases are the official decisions and those of the other files, without
producers that the file names: nothing of what is asked about is learned. The codes are read back out of the result
file, which --out keeps, and compared at 2, 4, 6 and 10 digits with those that the supplier passed over. A line of JSON
for each file.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import load_workbook
from sqlalchemy import delete

from matching.codes.models import DecidedExample
from matching.codes.operations import take_in as learn
from matching.codes.profile import DECIDED_FROM
from matching.codes.rules import ExampleLine
from registry import migrations
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.tree import Tree
from registry.errors import RuleBroken
from registry.identifiers import parse_tnved
from registry.jobs import Job
from registry.text import fold_key
from registry.uploads.models import Upload
from tests.factories import add_supplier, bin_number, supplier_line
from tests.web.markup import Page
from tests.web.portal import Browser, Site, close, open_site
from web.imports import import_classifier, import_notes
from web.suggesting import is_likely, loaded, suggestions, suggestions_path
from web.worker import run_job

STARTER = Path(__file__).parents[1] / "config" / "starter"
REGISTER = "kz_industrial_register_sample.csv"
FOOD = "kz_serial_certificates_food.csv"
ORIGIN = "label_kz_origin_certificates.csv"
DECISIONS = "label_eec_decisions_ru.csv"
# Of each file the column of names, that of codes, and those that the supplier passes over besides.
FILES = {
    REGISTER: ("item", "tnved", ("bin", "kpved")),
    FOOD: ("item", None, ()),
    ORIGIN: ("text", "code", ("kpved",)),
}
LEVELS = (2, 4, 6, 10)
FIRST = 5
OF_ONE_CODE = 5
_FORM_LETTERS = re.compile(r"[\W_]+")


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a file."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def decided(folder: Path, asked: str) -> Iterable[tuple[str, str]]:
    """Texts and codes that others decided: nothing of the file that is asked about, nor of its producers."""
    own = {_bare(row["producer"]) for row in rows(folder, asked)}
    for row in rows(folder, DECISIONS):
        yield f"{row['product']}. {row['description']}", row["code"]
    for name, text, code in ((REGISTER, "item", "tnved"), (ORIGIN, "text", "code")):
        if name != asked:
            yield from ((row[text], row[code]) for row in rows(folder, name) if _bare(row["producer"]) not in own)


def _bare(name: str) -> str:
    """A producer's name without its form and quotes, so that spellings of it meet."""
    words = _FORM_LETTERS.sub(" ", fold_key(name)).split()
    return " ".join(sorted(word for word in words if len(word) > 3))


def _whole(code: str, nomenclature: Tree) -> str | None:
    """The code with the zero that a table dropped; None for what is no code."""
    with suppress(RuleBroken):
        return parse_tnved(code, nomenclature.begins)
    return None


def prepare(site: Site, folder: Path, asked: str, number: int) -> Browser:
    """A supplier who is signed in, on a portal with classifiers, notes and decided cases."""
    runtime, on, now, actor = site.runtime, site.runtime.today(), site.clock.now, Actor("benchmark")
    if number == 0:
        for file in (STARTER / "tnved.csv", folder / "tnved_eaeu_tree.csv", folder / "hs2022_en.csv"):
            import_classifier(runtime, Scheme.TNVED, file, in_force_from=on, on=on, keep=False, actor="benchmark")
        import_notes(runtime, Scheme.TNVED, folder / "tnved_notes_by_chapter.json", on=on, actor="benchmark")
    bin = bin_number(500 + number)
    with runtime.database.transaction() as session:
        session.execute(delete(DecidedExample))
        nomenclature = tree(session, Scheme.TNVED, on)
        stated = {}
        for place, (text, code) in enumerate(decided(folder, asked)):
            if whole := _whole(code, nomenclature):
                stated[place] = ExampleLine(text, whole, asked, nomenclature.begins(whole))
        learn(session, stated, scheme=Scheme.TNVED, actor=actor, now=now)
        add_supplier(session, supplier_line(bin=bin), on=on)
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.OWNER, bin, f"owner{number}@portal.example"))
    return browser


def send(site: Site, browser: Browser, path: Path, passed_over: set[str]) -> tuple[str, dict[str, float]]:
    """Send a file by the page, correct its columns, preview, take in, wait for the codes; its address, and seconds."""
    took: dict[str, float] = {}
    token = Page(browser.get("/ru/desk/upload").text).hidden("csrf_token")
    data = {"csrf_token": token, "file": (BytesIO(path.read_bytes()), path.name)}
    headers = {"Referer": browser.base_url}
    sent = browser.client.post("/ru/desk/upload", data=data, headers=headers, content_type="multipart/form-data")
    address = str(sent.location)
    with site.runtime.database.reading() as session:
        upload = session.get_one(Upload, int(address.rpartition("/")[2]))
        columns = [(it["place"], it["name"], it["field"]) for it in upload.sheets[0]["columns"]]
    name_column = FILES[path.name][0]
    meant = {
        f"column-0-{place}": "" if name in passed_over else "name" if name == name_column else field or ""
        for place, name, field in columns
    }
    for step in ("preview", "take"):
        if step == "preview":
            browser.post(address, {"sheet-0": "yes", **meant, "do": step})
        else:
            browser.post(address, {"do": step, "previewed": browser.page(address).hidden("previewed")})
        began = time.perf_counter()
        assert run_job(site.runtime) is not None
        took[step] = round(time.perf_counter() - began, 1)
    began = time.perf_counter()
    run_job(site.runtime)
    took["codes"] = round(time.perf_counter() - began, 1)
    return address, took


def measure(site: Site, folder: Path, asked: str, number: int, out: Path | None) -> dict[str, Any]:
    """Take one file through; what was suggested, and how often rightly."""
    browser = prepare(site, folder, asked, number)
    text, code, others = FILES[asked]
    passed_over = {*others, *([code] if code else [])}
    address, took = send(site, browser, folder / asked, passed_over)
    book = browser.get(f"{address}/result.xlsx").data
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{Path(asked).stem}.result.xlsx").write_bytes(book)
    header, *table = load_workbook(BytesIO(book)).get_sheet_by_index(0).to_python()
    places = {str(name): place for place, name in enumerate(header)}
    with site.runtime.database.reading() as session:
        upload = session.get_one(Upload, int(address.rpartition("/")[2]))
        job = session.get_one(Job, upload.intake_job)
        taken = dict(job.result or {})
        nomenclature = tree(session, Scheme.TNVED, site.runtime.today())
    kept = {
        fold_key(one["name"]): one["codes"]
        for one in suggestions(suggestions_path(site.runtime.tables_folder / str(upload.stored), upload.work))
    }
    found: dict[str, Any] = {
        "file": asked,
        "rows": len(table),
        "outcomes": dict(Counter(str(row[1]) for row in table)),
        "without_code": taken.get("without_code", 0),
        "rows_with_suggestion": sum(bool(row[4]) for row in table),
        "rows_with_whole_code": sum(len(str(row[4])) == LEVELS[-1] for row in table),
        "seconds": took,
    }
    if not code:
        return found
    suggesting = loaded(site.runtime, site.runtime.today())
    assert suggesting is not None
    known = []
    times: Counter[str] = Counter()
    for row in table:
        if whole := _whole(str(row[places[code]]), nomenclature):
            times[whole] += 1
            name = str(row[places[text]])
            ranked = [one.code for one in suggesting.classify(name, top=FIRST, guesses=True).codes]
            shown = kept.get(fold_key(name), []) if row[4] else []
            assert not row[4] or shown[0]["code"].startswith(str(row[4]))
            known.append(Known(whole, times[whole] > OF_ONE_CODE, ranked, shown))
    found["known"] = right(known)
    found["at most five of a code"] = right([one for one in known if not one.repeated])
    return found


class Known(NamedTuple):
    """A row whose code is known: whether the code has come up often, codes in their order, and those that it shows."""

    code: str
    repeated: bool
    ranked: list[str]
    shown: list[dict[str, Any]]


def right(known: list[Known]) -> dict[str, Any]:
    """How often codes are right: of all rows, of those that show suggestions, and of those that are called likely."""
    shown = [one for one in known if one.shown]
    likely = [one for one in shown if is_likely(one.shown[0])]
    found: dict[str, Any] = {"rows": len(known), "shown": len(shown), "likely": len(likely)}
    for level in LEVELS:
        found[f"@{level}"] = {
            "first": sum(_agree(one.code, one.ranked[:1], level) for one in known),
            "first five": sum(_agree(one.code, one.ranked, level) for one in known),
            "first shown": sum(_agree(one.code, [one.shown[0]["code"]], level) for one in shown),
            "any shown": sum(_agree(one.code, [it["code"] for it in one.shown], level) for one in shown),
            "likely": sum(_agree(one.code, [one.shown[0]["code"]], level) for one in likely),
        }
    # The headings that are called as likely as a code must be to be taken with others.
    sure = [one for one in shown if one.shown[0]["heading_score"] >= DECIDED_FROM]
    found["headings called likely"] = len(sure)
    found["of them right"] = sum(_agree(one.code, [one.shown[0]["code"]], 4) for one in sure)
    return found


def _agree(code: str, given: Iterable[str], level: int) -> bool:
    return any(one[:level] == code[:level] for one in given)


def main() -> None:
    """Measure each file, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, help="a folder that keeps the result files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ondiris-real-") as home:
        site = open_site(Path(home), f"sqlite:///{home}/ondiris.db")
        migrations.upgrade(site.runtime.database)
        for number, asked in enumerate(FILES):
            figures = measure(site, options.reference, asked, number, options.out)
            sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        close(site)


if __name__ == "__main__":
    main()
