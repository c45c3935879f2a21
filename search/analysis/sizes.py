"""Sizes in a text: dimensions, quantities with a unit, nominal diameters and pressures, threads, inches."""

from __future__ import annotations

import re
from typing import Final

from registry.text import fold
from search.analysis.measures import NUMBER, UNIT, Dimension, Measure, convert, number, quantity
from search.analysis.patterns import one_of
from search.analysis.pieces import Piece, distinct

_END: Final = r"(?![^\W_])"
_BY: Final = " ?[xхXХ*] ?"
_MORE: Final = rf"(?:(?: ?(?:мм|mm))?{_BY}{NUMBER})"
_TO: Final = rf"(?: ?(?:-|\.\.\.?) ?{NUMBER})"
_THOUSANDS: Final = "[0-9]{1,3}(?: [0-9]{3}){1,3}"
_HEAD: Final = (
    "(?:(?:[Дд][УуNn]|[Dd][NnYy]|[Рр][УуNn]|[Pp][NnYy])[ .:=-]{0,2}"  # nominal diameter and pressure
    "|(?:[øфФ]|[dD] ?=) ?|[MМmм](?=[0-9.,]{1,6} ?[xхXХ*]))"  # diameter; thread
)
_INCHES: Final = r"(?:[0-9]{1,2}[ -])?[0-9]{1,2}/[0-9]{1,2}(?: ?(?:\"|''|[Дд]юйм[а-я]{0,3}|inch(?:es)?)|(?![\w/.,-]))"

_HEAD_UNIT: Final = rf"(?: ?{one_of(('мм', 'mm', 'мпа', 'mpa', 'бар', 'bar', 'атм', 'кгс/см2'))})?"
# The looks ahead are for speed: most stretches begin with a letter that begins no size.
PATTERN: Final = (
    rf"(?=[ДдDdРрPpøфФMМmм]){_HEAD}{NUMBER}{_MORE}{{0,4}}{_HEAD_UNIT}{_END}"
    rf"|(?=[0-9+-])(?:"
    rf"(?:{NUMBER}{_MORE}{{1,4}}|(?:(?<!\S)[-+])?(?:{_THOUSANDS}|{NUMBER}){_TO}?) ?{UNIT}"
    rf"|{NUMBER}{_MORE}{{1,4}}{_END}|{_INCHES})"
)
"""Where a size stands in normalised text."""

_UNIT: Final = r"(?P<gap> ?)(?P<unit>[^\W\d].*|[°%'].*)?"
_READ_DIMENSION: Final = re.compile(rf"(?P<parts>{NUMBER}{_MORE}+){_UNIT}")
_READ_QUANTITY: Final = re.compile(
    rf"(?P<sign>[-+]?)(?P<from>{_THOUSANDS}|{NUMBER})(?: ?(?:-|\.\.\.?) ?(?P<to>{NUMBER}))?{_UNIT}"
)
_READ_PREFIXED: Final = re.compile(rf"(?P<head>[^\W\d_]{{1,2}} ?=?)[ .:=-]{{0,2}}(?P<number>{NUMBER}){_UNIT}")
_READ_INCHES: Final = re.compile(r"(?:(?P<whole>[0-9]+)[ -])?(?P<top>[0-9]+)/(?P<bottom>[0-9]+)(?P<sign>.*)")
# Nothing that is told by its sides in one unit is larger, in millimetres.
_LARGEST: Final = 50_000
# A longer number, or one with leading zeros, is a code and no size in millimetres.
_SIZE: Final = re.compile(r"[1-9][0-9]{0,4}(?:\.[0-9]{1,3})?|0\.[0-9]{1,3}")


def plain_number(text: str) -> Piece:
    """A number without a unit: sizes are often written so, hence it may be millimetres."""
    shown = number(text)
    return Piece(distinct((shown, *_in_millimetres([shown]))), (shown,))


def _in_millimetres(numbers: list[str]) -> list[str]:
    return [f"{shown}мм" for shown in numbers if _SIZE.fullmatch(shown)]


def _dimension(raw: str) -> Piece | None:
    match = _READ_DIMENSION.fullmatch(raw)
    if match is None:
        return None
    unit, gap = match["unit"], match["gap"]
    if unit and not gap and len(unit) == 1 and unit.isupper() and re.search("[0-9][XХ][0-9]", raw):
        return None  # the steel 15Х5М
    parts = [number(part) for part in re.split("(?: ?(?:мм|mm))? ?[xхXХ*] ?", match["parts"])]
    measured = quantity(parts[-1], unit, bool(gap)) if unit else None
    if unit and measured is None:
        return None
    # Behind a size "гр." is a group, of strength or of steel, and no grams.
    measures = (measured[0],) if measured and measured[0].kind != "length" and fold(unit) != "гр" else ()
    same = _sides_in_millimetres(parts, unit) if measured and measured[0].kind == "length" else parts
    text = "x".join(same)
    # The first two of three sizes are how the section is asked for: 80x32 of 80x32x2400.
    written, section = "x".join(parts), "x".join(same[:2])
    return Piece(
        distinct(
            (
                text,
                section,
                *same,
                written,
                *parts,
                *_in_millimetres(same),
                measured[1] if measures and measured else "",
            )
        ),
        distinct((text, *same)),
        measures=measures,
        dimensions=(Dimension(text, tuple(map(float, same))),),
    )


def _sides_in_millimetres(parts: list[str], unit: str) -> list[str]:
    """The sides of a dimension with a unit of length behind it, in millimetres.

    Of 159x8x6 м only the length is in metres: so large a section has nobody.
    """
    factor = convert(1.0, unit, "мм") or 1.0
    whole = max(map(float, parts)) * factor <= _LARGEST
    last = number(f"{float(parts[-1]) * factor:.3f}")
    return [number(f"{float(part) * factor:.3f}") if whole else part for part in parts[:-1]] + [last]


def _quantity(raw: str) -> Piece | None:
    match = _READ_QUANTITY.fullmatch(raw)
    if match is None or not match["unit"]:
        return None
    values = [number(written) for written in (match["from"], match["to"]) if written]
    signed = [f"-{values[0]}" if match["sign"] == "-" else values[0], *values[1:]]
    found = [quantity(value, match["unit"], bool(match["gap"])) for value in signed]
    measured = [each for each in found if each is not None]
    if len(measured) < len(found):
        return None
    asked = distinct(token for _, token in measured)
    return Piece(distinct((*values, *asked)), asked, measures=tuple(measure for measure, _ in measured))


def _prefixed(raw: str) -> Piece | None:
    """Ду150, Ду150х100, PN16, Ø159, ф159х8, d=20"""
    match = _READ_PREFIXED.fullmatch(raw)
    if match is None:
        return None
    value, head = number(match["number"]), match["head"].lower().replace(" ", "")
    sizes = _dimension(raw[match.start("number") :])
    if head in {"ду", "dn", "dy", "дn"}:
        token, measure = f"dn{value}", Measure("dn", float(value), "dn")
        if sizes:
            return Piece(
                (token, *sizes.tokens), (token, *sizes.asked), measures=(measure,), dimensions=sizes.dimensions
            )
        return Piece((token, value), (token,), measures=(measure,))
    if sizes and head in {"ø", "ф", "d="}:
        return sizes
    if head in {"ру", "pn", "py", "рn"}:
        measured = quantity(value, match["unit"] or "бар", False)
        if measured is None or measured[0].kind != "pressure":
            return None
        return Piece(distinct((measured[1], f"pn{value}", value)), (measured[1],), measures=(measured[0],))
    if head in {"ø", "ф", "d="}:
        token = f"{value}мм"
        return Piece((token, value), (token,), measures=(Measure("diameter", float(value), "мм"),))
    return None


def _thread(raw: str) -> Piece | None:
    if raw[0] not in "MМmм":
        return None
    sizes = _dimension(re.sub(" ?мм$", "", raw[1:]))
    if sizes is None:
        return None
    code = f"м{number(re.split('[xхXХ* ]', raw[1:])[0])}"
    return Piece(
        distinct((*sizes.tokens, code)),
        distinct((sizes.asked[0], code)),
        dimensions=sizes.dimensions,
        codes=(code,),
    )


def _inches(raw: str) -> Piece | None:
    match = _READ_INCHES.fullmatch(raw)
    if match is None or not int(match["bottom"]):
        return None
    whole, top, bottom = int(match["whole"] or 0), int(match["top"]), int(match["bottom"])
    fraction = f"{top}/{bottom}"
    value = number(f"{whole + top / bottom:.4f}")
    inches = f"{value}дюйм"
    if match["sign"]:
        measure = Measure("inch", float(value), "дюйм")
        return Piece(distinct((inches, fraction, match["whole"] or "")), (inches,), measures=(measure,))
    if whole or top >= bottom or bottom not in {2, 4, 8, 16}:
        return None
    # One half may be half an inch; who asks for half an inch finds what is written without the sign.
    return Piece((fraction, inches, match["top"], match["bottom"]), (fraction,))


def read(raw: str) -> Piece | None:
    """The size that a stretch of normalised text is, or None if it is none."""
    for reader in (_thread, _dimension, _inches, _quantity, _prefixed):
        piece = reader(raw)
        if piece is not None:
            return piece
    return None
