"""Workbooks that a buyer hands in: what was matched, needs with their verdicts, candidates, every criterion, who could
start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from matching.engine.outcome import Supply, need_called
from matching.engine.profile import PROFILE_VERSION
from registry import law
from registry.identifiers import region_of
from registry.law import Parameter
from registry.spreadsheets import Column, Sheet, write_xlsx
from registry.wording import Param, tr

# What the lines of `ondiris match --out` hold, sentences in one language; gone through once for each sheet.
Lines = Iterable[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class About:
    """What was matched. needs, products: names of files, None for the published needs and the register.

    on: the legal day as of which it was judged; at: when that was done. top: how many candidates a need has at most.
    customers: the names of those of these БИН/ИИН that are known.
    """

    needs: str | None
    products: str | None
    on: date
    at: datetime
    top: int
    customers: Callable[[Collection[str]], Mapping[str, str]]


# Widths in characters, and how figures are shown.
_COLUMNS: Final[Mapping[str, tuple[int, str]]] = {
    "need": (14, ""),
    "need_name": (36, ""),
    "volume": (12, ""),
    "unit": (9, ""),
    "customer": (24, ""),
    "contract_type": (18, ""),
    "min_icv": (16, "0.00"),
    "region": (18, ""),
    "verdict": (18, ""),
    "reasons": (70, ""),
    "best": (36, ""),
    "rank": (7, ""),
    "product_id": (14, ""),
    "product": (40, ""),
    "bin": (15, ""),
    "supplier": (30, ""),
    "score": (13, "0.0%"),
    "sameness": (16, ""),
    "evidence": (40, ""),
    "icv": (18, "0.00"),
    "capacity": (32, ""),
    "gaps": (60, ""),
    "feature": (22, ""),
    "value": (10, "0.00"),
    "weight": (8, "0.00"),
    "contribution": (9, "+0.00;-0.00;0.00"),
    "detail": (60, ""),
    "makes": (40, ""),
    "why": (70, ""),
}
_NEED: Final = ("need", "need_name", "volume", "unit", "customer")
_SHEETS: Final[Mapping[str, tuple[str, ...]]] = {
    "needs": (
        *(*_NEED, "contract_type", "min_icv", "region", "verdict", "reasons"),
        *("best", "supplier", "score", "sameness"),
    ),
    "matches": (
        *(*_NEED, "rank", "product_id", "product", "bin", "supplier", "score", "sameness"),
        *("evidence", "icv", "capacity", "gaps"),
    ),
    "features": (*(*_NEED, "rank", "product_id", "product", "feature", "value", "weight", "contribution", "detail"),),
    "organisers": (*_NEED, "rank", "product_id", "makes", "bin", "supplier", "why"),
}


def write_matches(path: Path, lines: Lines, lang: str, about: About) -> None:
    """Write outcomes of needs as a workbook; headings frozen, text as text, figures as figures."""
    verdicts: Counter[str] = Counter()
    bins: set[str] = set()
    for line in lines:
        verdicts[line["verdict"]] += 1
        bins.add(line["need"]["customer_bin"] or "")
    report = _Report(lines, lang, about.customers(bins - {""}))
    heading = Column(_tr("about.what", lang), 34), Column(_tr("about.value", lang), 110)
    sheets = [Sheet(_tr("sheet.about", lang), heading, _about(about, verdicts, lang))]
    rows = report.needs(), report.matches(), report.features(), report.organisers()
    for (name, columns), told in zip(_SHEETS.items(), rows, strict=True):
        sheets.append(Sheet(_tr(f"sheet.{name}", lang), [_column(column, lang) for column in columns], told))
    write_xlsx(path, sheets)


def _tr(code: str, lang: str, /, **params: Param) -> str:
    return tr(f"match.report.{code}", lang, **params)


def _column(name: str, lang: str) -> Column:
    width, form = _COLUMNS[name]
    return Column(_tr(f"column.{name}", lang), width, form)


def _about(about: About, verdicts: Counter[str], lang: str) -> Iterator[Sequence[Any]]:
    """What was matched with what, what came of it, and what the sheets and their columns mean."""
    yield _tr("about.needs", lang), about.needs or _tr("about.published", lang)
    yield _tr("about.products", lang), about.products or _tr("about.register", lang)
    yield _tr("about.on", lang), about.on
    yield _tr("about.at", lang), _tr("about.moment", lang, at=about.at)
    yield _tr("about.profile", lang), PROFILE_VERSION
    yield _tr("about.top", lang), about.top
    yield _tr("about.law", lang), "\n".join(_editions(about.on, lang))
    yield _tr("about.total", lang), verdicts.total()
    for verdict in Supply:
        yield tr(f"match.supply.{verdict}", lang), verdicts[verdict]
    same = _tr("about.sameness", lang, same=tr("match.sameness.match", lang))
    yield _tr("about.note", lang), f"{same}\n{tr('web.layout.not_evidence', lang)}"
    explained: set[str] = set()
    for name, columns in _SHEETS.items():
        yield _tr("about.sheet", lang, name=_tr(f"sheet.{name}", lang)), _tr(f"means.{name}", lang)
        for column in columns:
            if column not in explained:
                yield f"    {_tr(f'column.{column}', lang)}", _tr(f"means.{column}", lang)
        explained.update(columns)


def _editions(on: date, lang: str) -> Iterator[str]:
    """The acts that verdicts and evidence go by on a day, each with the edition of its text that was read."""
    then = law.on(on)
    asked: list[Parameter[Any]] = []
    if then.has("contract_procurement.gate"):
        asked.append(then.count("contract_procurement.gate"))
    for kind in then.evidence_kinds():
        if then.has(f"evidence.{kind}.accepted"):
            rule = then.evidence(kind)
            asked += (rule.accepted, rule.gives_icv, rule.proves_producer)
    for act, edition in {one.act: one.edition for one in asked if one.edition is not None}.items():
        yield _tr("about.edition", lang, act=act.title, edition=edition)


class _Report:
    """Rows of the sheets. customers: names by БИН/ИИН."""

    def __init__(self, lines: Lines, lang: str, customers: Mapping[str, str]) -> None:
        self._lines = lines
        self._lang = lang
        self._customers = customers

    def needs(self) -> Iterator[Sequence[Any]]:
        """A row for each need, with its verdict and its best candidate."""
        for line in self._lines:
            asked, best = line["need"], next(iter(line["matches"]), None)
            kind, kato = asked["contract_type"], asked["kato"]
            yield (
                *self._need(line),
                tr(f"web.contract_type.{kind}", self._lang) if kind else None,
                asked["min_icv"],
                tr(f"region.{region_of(kato)}", self._lang) if kato else None,
                tr(f"match.supply.{line['verdict']}", self._lang),
                "\n".join(line["reasons"]),
                *((best["name"], best["supplier"] or best["bin"], *self._alike(best)) if best else ()),
            )

    def matches(self) -> Iterator[Sequence[Any]]:
        """A row for each candidate."""
        for line in self._lines:
            for rank, it in enumerate(line["matches"], start=1):
                said = {feature["name"]: feature["detail"] for feature in it["features"]}
                yield (
                    *(*self._need(line), rank, it["product_id"], it["name"], it["bin"], it["supplier"]),
                    *(*self._alike(it), said["evidence"], it["evidence"] and it["evidence"]["icv_percent"]),
                    *(said["capacity"], "\n".join(it["gaps"])),
                )

    def features(self) -> Iterator[Sequence[Any]]:
        """A row for each criterion of each candidate."""
        for line in self._lines:
            need = self._need(line)
            for rank, match in enumerate(line["matches"], start=1):
                for it in match["features"]:
                    label = tr(f"match.feature.{it['name']}", self._lang)
                    yield (
                        *(*need, rank, match["product_id"], match["name"]),
                        *(label, it["score"], it["weight"], it["contribution"], it["detail"]),
                    )

    def organisers(self) -> Iterator[Sequence[Any]]:
        """A row for each who could start making what nobody makes."""
        for line in self._lines:
            for rank, it in enumerate(line["organisers"], start=1):
                yield (
                    *(*self._need(line), rank, it["product_id"], it["name"], it["bin"], it["supplier"]),
                    "\n".join(it["reasons"]),
                )

    def _need(self, line: Mapping[str, Any]) -> tuple[Any, ...]:
        """The need by its id, and beside it what is needed."""
        asked = line["need"]
        name = {"kk": asked["name_kk"], "ru": None, "en": asked["name_en"]}[self._lang] or asked["name"]
        bin = asked["customer_bin"]
        customer = self._customers.get(bin or "")
        return (
            need_called(line["need_id"], line.get("customer_bin")),
            *(name, asked["volume"], asked["unit"], f"{customer} ({bin})" if customer else bin),
        )

    def _alike(self, match: Mapping[str, Any]) -> tuple[float, str]:
        """How likely a candidate is the needed good, and what that comes to."""
        return match["score"], tr(f"match.sameness.{match['verdict']}", self._lang)
