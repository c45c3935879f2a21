"""Codes suggested for a supplier's own file: for rows of a preview, and in the background for all taken in.

A suggestion is never the supplier's code: it lies in a file beside theirs, is shown in the result file with how sure it
is, and becomes a code only where the supplier takes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from matching.codes.classify import Answer, Classifier, classified
from matching.codes.levels import HEADING
from matching.codes.profile import DECIDED_FROM
from matching.codes.queries import classifier
from registry.bulk_log import verdicts
from registry.catalogue.models import ProductKind
from registry.catalogue.rules import kind_of
from registry.classifiers.models import Scheme
from registry.errors import NotFound, RuleBroken
from registry.identifiers import parse_enstru, parse_kpved
from registry.uploads import queries
from registry.wording import Message

if TYPE_CHECKING:
    from web.runtime import Runtime

# Codes of one good that are kept to choose from, and how many of one heading: another may be the right one.
KEPT: Final = 5
OF_HEADING: Final = 2
_LOOKED_AT: Final = 20
# A code is worth showing if it is so likely itself, or its heading is.
SHOWN_FROM: Final = 0.15
# How likely first codes may be asked to be where all that are are taken at once, the surest first.
TAKEN_FROM: Final = (0.9, 0.75, DECIDED_FROM)


def suggestions_path(path: Path, work: str) -> Path:
    """Where the suggestions for a taken-in file lie."""
    return path.with_name(f"{path.name}.{work}.codes")


def loaded(runtime: Runtime, on: date) -> Classifier | None:
    """What suggests codes on that day; None where no ТН ВЭД is loaded."""
    with runtime.database.reading() as session:
        try:
            return classifier(session, Scheme.TNVED, on)
        except NotFound:
            return None


def for_preview(suggesting: Classifier | None, rows: Iterable[dict[str, Any]]) -> None:
    """Put a suggestion into each previewed row that would be taken in as goods without a code."""
    for row in rows:
        cells = row["cells"]
        if suggesting is None or row["outcome"] == "rejected" or cells.get("tnved") or not _may_be_goods(cells):
            continue
        text = cells.get("name") or cells.get("name_kk") or cells.get("name_en")
        if text and (found := _kept(suggesting.classify(text, top=_LOOKED_AT))):
            row["suggested"] = [said.as_json() for said in words_of(found[0])]


def _may_be_goods(cells: Mapping[str, str]) -> bool:
    """Whether the other codes of a row, as far as they can be read, leave it goods."""
    codes = {}
    for name, parse in (("kpved", parse_kpved), ("enstru", parse_enstru)):
        try:
            codes[name] = parse(cells[name]) if cells.get(name) else None
        except RuleBroken:
            codes[name] = None
    return kind_of(None, codes["kpved"], codes["enstru"]) is ProductKind.GOODS


def without_code(runtime: Runtime, told: Mapping[str, str], on: date) -> dict[int, str]:
    """Goods of the rows that were taken in which have no ТН ВЭД code on that day, with their names, by product.

    told: by sheet the file of verdicts that taking it in left.
    """
    about = (verdict.about for file in told.values() for verdict in verdicts(Path(file)))
    ids = [one["product"] for one in about if "product" in one]
    with runtime.database.reading() as session:
        return queries.without_code(session, dict.fromkeys(ids), on)


def suggest(
    suggesting: Classifier, names: Mapping[int, str], path: Path, *, progress: Callable[[int, int], object]
) -> dict[int, list[dict[str, Any]]]:
    """Write what is suggested for each product to a file, whole or not at all; returns it too. Equal names are asked
    once. A repeat writes the same."""
    texts = list(dict.fromkeys(names.values()))
    found = dict(zip(texts, classified(suggesting, texts, top=_LOOKED_AT, shown=_kept, progress=progress), strict=True))
    held = {product: found[name] for product, name in names.items() if found[name]}
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        for product, codes in held.items():
            file.write(orjson.dumps({"product": product, "name": names[product], "codes": codes}) + b"\n")
    part.replace(path)
    return held


def suggestions(path: Path) -> Iterator[dict[str, Any]]:
    """What `suggest` wrote, in the order of the rows; nothing where it has written nothing yet."""
    if not path.exists():
        return
    with path.open("rb") as file:
        yield from map(orjson.loads, file)


def notes_of(held: Mapping[int, Sequence[Mapping[str, Any]]]) -> dict[int, tuple[str, tuple[Message, ...]]]:
    """For the result file: of each product the first code, or its heading where the code is but one of many of it; how
    sure that is, and why."""
    return {
        product: (codes[0]["code"] if is_likely(codes[0], SHOWN_FROM) else _heading(codes[0]), words_of(codes[0]))
        for product, codes in held.items()
    }


def words_of(one: Mapping[str, Any]) -> tuple[Message, ...]:
    """How sure a suggested code is, and why it is suggested."""
    sentence = "upload.result.suggested" if is_likely(one, SHOWN_FROM) else "upload.result.suggested_heading"
    return (sureness(one, sentence), *map(Message.from_json, one["why"]))


def sureness(one: Mapping[str, Any], sentence: str = "web.upload.codes.sure") -> Message:
    """How sure a suggested code is."""
    said = {"code": one["code"], "share": one["score"], "heading": _heading(one)}
    return Message(sentence, {**said, "heading_share": one["heading_score"]})


def _heading(one: Mapping[str, Any]) -> str:
    return str(one["code"])[: HEADING[Scheme.TNVED]]


def is_likely(one: Mapping[str, Any], least: float = DECIDED_FROM) -> bool:
    """Whether a code is likely enough to be taken with others at once."""
    return float(one["score"]) >= least


def _kept(answer: Answer) -> list[dict[str, Any]]:
    """What is kept of an answer; nothing of one that would be a guess."""
    if not answer.codes or max(answer.codes[0].score, answer.codes[0].heading_score) < SHOWN_FROM:
        return []
    length = HEADING[Scheme.TNVED]
    times: Counter[str] = Counter()
    kept: list[dict[str, Any]] = []
    for one in answer.codes:
        times[one.code[:length]] += 1
        if times[one.code[:length]] <= OF_HEADING and len(kept) < KEPT:
            why = [reason.as_json() for reason in one.why]
            said = {"code": one.code, "score": one.score, "heading_score": one.heading_score}
            kept.append({**said, "why": why})
    return kept
