"""The demo's goods and needs, read as `ondiris match` reads files, and what people judged of them."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache, partial
from importlib.resources import as_file, files

from matching.engine.candidates import FileSource
from matching.engine.files import NO_CLASSIFIERS, OFFER_COLUMNS, OFFER_REQUIRED, take_needs, take_offers
from matching.engine.judging import Judge
from matching.engine.lines import NeedLine, Offer
from matching.needs.rules import COLUMNS, REQUIRED, read_need
from registry.spreadsheets import open_table
from tests.matching.engine.makers import ON

STARTER = files("config") / "starter"


@cache
def offers() -> tuple[Offer, ...]:
    """The demo's goods."""
    with (
        as_file(STARTER / "products.csv") as path,
        open_table(path, OFFER_COLUMNS, required=OFFER_REQUIRED) as table,
        closing(FileSource()) as source,
    ):
        return tuple(take_offers(table, source).lines)


@cache
def needs() -> tuple[NeedLine, ...]:
    """The demo's needs."""
    with as_file(STARTER / "needs.csv") as path, open_table(path, COLUMNS, required=REQUIRED) as table:
        read = partial(read_need, codes=NO_CLASSIFIERS)
        return tuple(take_needs(table.rows(), read).lines)


def judgements() -> dict[str, dict[str, str]]:
    """By need and product: good, near or wrong."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in csv.DictReader((STARTER / "needs_expected.csv").read_text(encoding="utf-8").splitlines()):
        found[row["need_id"]][row["external_id"]] = row["judgement"]
    return found


@contextmanager
def judging(goods: Iterable[Offer], *, top: int) -> Iterator[tuple[Judge, FileSource]]:
    """A judge of needs over goods alone, and where it has them from."""
    source = FileSource()
    for one in goods:
        source.append(one)
    source.ready()
    yield Judge(source, ON, top=top), source
    source.close()
