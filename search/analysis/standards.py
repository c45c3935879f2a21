"""Numbers of standards as single tokens: `ГОСТ 8732-78` is `гост_8732-78` and, without its year, `гост_8732`."""

from __future__ import annotations

import re
from typing import Final

from registry.text import cyrillic_twin
from search.analysis.patterns import any_case, one_of
from search.analysis.pieces import Piece, distinct

# World bodies whose numbers others adopt whole: ГОСТ Р ИСО 9001 and СТ РК ISO 9001 are the text of ISO 9001.
_ADOPTED: Final = {
    "iso/iec": "iso",
    "iso/ts": "iso",
    "iso/tr": "iso",
    "iso": "iso",
    "исо/мэк": "iso",
    "исо": "iso",
    "iec": "iec",
    "мэк": "iec",
    "en": "en",
    "ен": "en",
}
_BODY: Final = one_of(_ADOPTED)

# How families are written. Short Cyrillic names are often typed in Latin letters of the same look.
_NATIONAL: Final = {
    "гост": rf"(?:{any_case('гост')}[а-я]{{0,2}}|{any_case('gost')}|{any_case('мемст')})(?: ?[РрPpRr](?![^\W\d_]))?",
    "ст_рк": "(?:[СсCcSs][ТтTt] ?[РрPpRr][КкKk]|[ҚқKkКк][РрPp] ?[СсCc][ТтTt])",
    "санпин": any_case("санпин"),
    "тр_тс": "[ТтTt][РрPp] ?(?:[ТтTt][СсCc]|[Ее][Аа][Ээ][Сс])",
    "сп_рк": "[Сс][Пп] ?[РрPp][КкKk]",
    "сн_рк": "[Сс][Нн] ?[РрPp][КкKk]",
}
# These names are so short that only a number of several parts makes them a standard.
_NATIONAL_IN_PARTS: Final = {
    "ту": "(?:[ТтTt][УуYyUu]|[Тт][Шш])",
    "ост": "[ОоOo][СсCc][ТтTt]",
    "ст": "[СсCc][ТтTt][Оо]?(?: ?[ТтTt][ОоOo][ОоOo])?",
    "снип": any_case("снип"),
    "рд": any_case("рд"),
    "гн": any_case("гн"),
    "всн": any_case("всн"),
}
_WORLD: Final = {
    "din": rf"{any_case('din')}(?: ?{_BODY}){{0,2}}",
    "bs": rf"{any_case('bs')}(?: ?{_BODY}){{0,2}}",
    "gb": rf"{any_case('gb')}(?:/[Tt])?",
    "iso": rf"{_BODY}(?: ?{_BODY})?",
}

_GAP: Final = "[ №:.]{0,3}"
_PART: Final = r"(?:[0-9][^\W_]{0,12}|[^\W\d_]{1,3}[0-9]{0,6})"
_NUMBER: Final = rf"(?:[IVX]{{1,4}}-)?[0-9][^\W_]{{0,12}}(?:[.\-]{_PART}){{0,8}}(?:/(?:19|20)[0-9]{{2}})?"
_NUMBER_IN_PARTS: Final = rf"(?:[IVX]{{1,4}}-)?[0-9][^\W_]{{0,12}}(?:[.\-]{_PART}){{1,8}}"
_WORLD_NUMBER: Final = r"[0-9]{2,6}(?:-[0-9]{1,3}){0,2}(?:[:\-](?:19|20)[0-9]{2})?"
_ASTM: Final = rf"{any_case('astm')} ?[A-Ga-g] ?[0-9]{{1,4}}(?:/[A-Ga-g]?[0-9]{{1,4}})?[Mm]?(?:-[0-9]{{2,4}}[a-z]?)?"
_API: Final = rf"{any_case('api')} ?(?:(?:{any_case('spec')}|{any_case('std')}|{any_case('rp')})[. ]{{1,2}})?"
_ASME: Final = rf"(?:{any_case('asme')}|{any_case('ansi')}) ?[A-Za-z][0-9]{{1,2}}\.[0-9]{{1,3}}"

_FAMILIES: Final = (
    *((name, f"{head}{_GAP}(?:{_BODY} ?){{0,2}}", _NUMBER) for name, head in _NATIONAL.items()),
    *((name, f"{head}{_GAP}(?:{_BODY} ?){{0,2}}", _NUMBER_IN_PARTS) for name, head in _NATIONAL_IN_PARTS.items()),
    *((name, f"{head} ?", _WORLD_NUMBER) for name, head in _WORLD.items()),
    ("api", _API, "[0-9]{1,3}[A-Za-z]{0,2}[0-9]?"),
)
_READ: Final = [(name, re.compile(rf"(?P<head>{head})(?P<number>{number})")) for name, head, number in _FAMILIES]
_LATIN: Final = re.compile(rf"{_ASTM}|{_ASME}")
# How any of them begins, to pass over other words fast.
_BEGINS: Final = "(?=[ГгGgМмСсCcSsҚқKkКкТтTtОоOoРрВвDdBbIiИиEeЕеAa][^\\W\\d_])"
PATTERN: Final = (
    rf"{_BEGINS}(?:{'|'.join(f'{head}{number}' for _, head, number in _FAMILIES)}|{_ASTM}|{_ASME})(?![^\W_])"
)
"""Where a standard stands in normalised text."""

_YEAR: Final = re.compile(r"(?P<number>.+)[\-:/](?P<year>(?:19|20)[0-9]{2})")
_SHORT_YEAR: Final = re.compile(r"(?P<number>.+)-(?P<year>[0-9]{2})")
_LAST_BODY: Final = re.compile(rf"{_BODY}(?= ?$)")


def _without_year(number: str, short: bool) -> tuple[str, str]:
    """(number, year) of a number in small letters; of 1978 as of 78 the year is 78, of 01 it is 2001."""
    match = _YEAR.fullmatch(number) or (_SHORT_YEAR.fullmatch(number) if short else None)
    if match is None:
        return number, ""
    year = match["year"]
    if year.startswith("19") and len(year) == 4:
        year = year[2:]
    elif len(year) == 2 and year < "30":
        year = "20" + year
    return match["number"], year


def read(raw: str) -> Piece | None:
    """The standard that a stretch of normalised text is, or None if it is none.

    A query asks for the number without the year, since the good remains the same through editions, and for the text of
    a world body without the one that adopted it.
    """
    if _LATIN.fullmatch(raw):
        body = raw[:4].lower()
        number = re.sub(r"(?:/.*|-[0-9]{2,4}[a-z]?|(?<=[0-9])m)$", "", raw[4:].lower().replace(" ", ""))
        key = f"{body}_{number}"
        return Piece(distinct((key, body, number)), (key,), standards=(key,))
    for family, pattern in _READ:
        match = pattern.fullmatch(raw)
        if match is None:
            continue
        written = cyrillic_twin(match["number"]) or match["number"].lower()
        number, year = _without_year(written, short=family not in _WORLD and family != "api")
        adopted = _LAST_BODY.search(match["head"])
        inner = _ADOPTED[adopted[0].lower()] if adopted else ""
        key = f"{inner or family}_{number}"
        full = key if family == "iso" or not inner else f"{family}_{key}"
        standards = distinct((f"{full}-{year}" if year else full, full, key))
        named = () if family == "iso" else family.split("_")
        return Piece(distinct((*standards, *named, inner, number)), (key,), standards=standards)
    return None
