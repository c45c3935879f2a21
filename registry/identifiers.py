"""БИН and ИИН, codes of goods and places, numbers of evidence: parse, check, normalise. Pure.

Every parser takes a value as people type it or a spreadsheet hands it over (spaces, quotes, №, 110440012951.0) and
gives the one normal form, or raises RuleBroken with a violation that says what to do. Shape alone is judged here:
whether a code exists is a question to the loaded classifier, asked through `exists` where a leading zero is missing.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NoReturn

from registry.errors import RuleBroken
from registry.explain import Violation
from registry.wording import Message, Param

Typed = str | int | float | Decimal
Exists = Callable[[str], bool]


class CheckDigit(StrEnum):
    """Whether the last digit of a БИН or ИИН agrees with the others; a wrong one is kept (domain.md §10.2)."""

    VALID = "valid"
    WRONG = "wrong"  # a slip of the pen, or one of the few such numbers that registers really hold
    NOT_COMPUTABLE = "not_computable"  # both passes give 10: such a number should never have been issued


class HolderKind(StrEnum):
    """Who holds a number."""

    LEGAL_ENTITY = "legal_entity"
    JOINT_ENTREPRENEUR = "joint_entrepreneur"  # several persons in business together, under one БИН
    PERSON = "person"  # an ИИН: the number of a sole entrepreneur


class Division(StrEnum):
    """Which part of the holder a БИН names, by its sixth digit."""

    HEAD = "head"
    BRANCH = "branch"
    REPRESENTATIVE_OFFICE = "representative_office"
    PEASANT_FARM = "peasant_farm"
    OTHER = "other"  # digits without a meaning in the rules, held by some real numbers


@dataclass(frozen=True, slots=True)
class HolderNumber:
    """A БИН or ИИН of right shape.

    resident and division: of a БИН alone, None for an ИИН and, resident, for joint entrepreneurs.
    born: of an ИИН alone. restored: leading zeros that a spreadsheet had dropped were put back.
    """

    number: str
    kind: HolderKind
    check: CheckDigit
    resident: bool | None = None
    division: Division | None = None
    born: date | None = None
    restored: bool = False


_FIRST_WEIGHTS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS: Final = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_RESIDENCE: Final = {"4": True, "5": False, "6": None}
_DIVISIONS: Final = {
    "0": Division.HEAD,
    "1": Division.BRANCH,
    "2": Division.REPRESENTATIVE_OFFICE,
    "4": Division.PEASANT_FARM,
}
# The seventh digit of an ИИН names century and sex.
_CENTURIES: Final = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}


def check_digit(eleven: str) -> int | None:
    """The twelfth digit that eleven digits of a БИН or ИИН demand; None if no number can begin with them."""
    digits = [int(digit) for digit in eleven]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        remainder = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        if remainder < 10:
            return remainder
    return None


def parse_holder(value: Typed, field: str = "bin") -> HolderNumber:
    """A БИН or ИИН from what was typed. A wrong check digit is not refused here: see `check_holder`.

    Eleven digits get back the leading zero that a spreadsheet dropped. Nine or ten are holders registered in 2000,
    whose number begins with two or three zeros: they are restored only if the check digit then agrees.
    Raises RuleBroken for a wrong length, month, kind digit or birth date.
    """
    given = _digits(value, field, r"^(?:(?:БИН|ИИН|БСН|ЖСН|BIN|IIN)[/\\:.,\s]*)+")
    number = given.zfill(12) if 9 <= len(given) <= 11 else given
    if len(number) != 12 or (len(given) < 11 and check_digit(number[:11]) != int(number[11])):
        _refuse("identifiers.holder.length", field, given=given, n=len(given))
    if not 1 <= int(number[2:4]) <= 12:
        _refuse("identifiers.holder.month", field, given=number, month=number[2:4])
    expected = check_digit(number[:11])
    check = CheckDigit.VALID if expected == int(number[11]) else CheckDigit.WRONG
    if expected is None:
        check = CheckDigit.NOT_COMPUTABLE
    restored = number != given
    if number[4] in _RESIDENCE:
        return HolderNumber(
            number=number,
            kind=HolderKind.JOINT_ENTREPRENEUR if number[4] == "6" else HolderKind.LEGAL_ENTITY,
            check=check,
            resident=_RESIDENCE[number[4]],
            division=_DIVISIONS.get(number[5], Division.OTHER),
            restored=restored,
        )
    if number[4] not in "0123":
        _refuse("identifiers.holder.kind", field, given=number, digit=number[4])
    if number[6] not in _CENTURIES:
        _refuse("identifiers.holder.century", field, given=number, digit=number[6])
    try:
        born = date(_CENTURIES[number[6]] + int(number[:2]), int(number[2:4]), int(number[4:6]))
    except ValueError:
        _refuse("identifiers.holder.birth", field, given=number, day=number[4:6], month=number[2:4])
    return HolderNumber(number=number, kind=HolderKind.PERSON, check=check, born=born, restored=restored)


def check_holder(holder: HolderNumber, field: str = "bin") -> tuple[Violation, ...]:
    """What to ask about the check digit, empty if it is right.

    A form asks to retype and then takes a document to a person; a bulk file keeps the row and flags it.
    """
    if holder.check is CheckDigit.VALID:
        return ()
    code = f"identifiers.holder.check.{holder.check}"
    return (Violation(code, field, Message(code, {"given": holder.number})),)


def restore_leading_zero(code: str, exists: Exists) -> str:
    """A code with the leading zero a spreadsheet dropped, or as it was.

    Restored only if the padded code exists and the unpadded heading, its first four characters, does not.
    exists: whether the loaded edition of the classifier has a code, or codes that begin with it (271 headings of
    ТН ВЭД have no row of their own).
    """
    padded = "0" + code
    return padded if exists(padded) and not exists(code[:4]) else code


_TNVED_LENGTHS: Final = (2, 4, 6, 8, 10)


def parse_tnved(value: Typed, exists: Exists | None = None, field: str = "tnved") -> str:
    """A ТН ВЭД code of 2, 4, 6, 8 or 10 digits from what was typed: `8544 49 910 8` gives `8544499108`.

    exists: asked where an odd number of digits tells that a leading zero is missing. Raises RuleBroken.
    """
    code = _digits(value, field, r"^(?:ТН\s*ВЭД(?:\s*(?:ЕАЭС|ТС))?|СЭҚ\s*ТН|HS)[\s:.]*")
    if len(code) % 2 and len(code) < 10 and exists is not None:
        code = restore_leading_zero(code, exists)
    if len(code) not in _TNVED_LENGTHS:
        _refuse("identifiers.tnved.length", field, given=code, n=len(code))
    return code


def in_chapter(code: str) -> bool:
    """Whether a ТН ВЭД code begins like one of the chapters that there are: 01 to 97; 77 is kept free."""
    return code[:2] in _CHAPTERS


_CHAPTERS: Final = frozenset(f"{number:02}" for number in range(1, 98)) - {"77"}


def parse_tnved_in_chapter(value: Typed, field: str = "tnved") -> str:
    """As `parse_tnved`, where its writer can be asked again: a code of no chapter is refused, too."""
    code = parse_tnved(value, field=field)
    if not in_chapter(code):
        _refuse("identifiers.tnved.chapter", field, chapter=code[:2])
    return code


def parse_kpved(value: Typed, exists: Exists | None = None, field: str = "kpved") -> str:
    """A КПВЭД code `NN.NN.NN` from what was typed; six bare digits get their dots. Raises RuleBroken.

    exists: asked about the normal form where five digits tell that a leading zero is missing.
    """
    code = _digits(value, field, r"^КПВЭД[\s:.]*")
    if len(code) == 5 and exists is not None:
        code = restore_leading_zero(code, lambda bare: exists(_dotted(bare)))
    if len(code) != 6:
        _refuse("identifiers.kpved.length", field, given=code, n=len(code))
    return _dotted(code)


def parse_enstru(value: Typed, exists: Exists | None = None, field: str = "enstru") -> str:
    """An ЕНС ТРУ code of 17 characters, `139221.300.000001`; 15 bare digits get their dots. Raises RuleBroken.

    exists: asked about the normal form where 14 digits tell that a leading zero is missing.
    """
    bare = _digits(value, field, r"^(?:ЕНС\s*ТРУ|ТЖҚ\s*БНА)[\s:.]*")
    if len(bare) == 14 and exists is not None and exists(_enstru("0" + bare)):
        bare = "0" + bare
    if len(bare) != 15:
        _refuse("identifiers.enstru.length", field, given=bare, n=len(bare))
    return _enstru(bare)


def kpved_of(enstru: str) -> str:
    """The КПВЭД code in the first six digits of an ЕНС ТРУ code: `139221.300.000001` is of 13.92.21."""
    return _dotted(enstru[:6])


def parse_oked(value: Typed, exists: Exists | None = None, field: str = "oked") -> str:
    """An ОКЭД code of five digits from what was typed. Raises RuleBroken.

    exists: asked where four digits may have lost a leading zero, or be a class, which is not assigned to anybody.
    """
    code = _digits(value, field, r"^(?:ОКЭД|ЭҚЖЖ)[\s:.]*")
    if len(code) == 4 and exists is not None:
        code = restore_leading_zero(code, exists)
    if len(code) != 5:
        _refuse("identifiers.oked.length", field, given=code, n=len(code))
    return code


# The first two digits of a КАТО code; the names are the sentences `region.NN` of the catalogues.
REGIONS: Final = (
    *("10", "11", "15", "19", "23", "27", "31", "33", "35", "39"),
    *("43", "47", "55", "59", "61", "62", "63", "71", "75", "79"),
)


def parse_kato(value: Typed, field: str = "kato") -> str:
    """A КАТО code of nine digits in one of the twenty REGIONS, from what was typed. Raises RuleBroken."""
    code = _digits(value, field, r"^(?:КАТО|ӘАОЖ)[\s:.]*")
    if len(code) != 9:
        _refuse("identifiers.kato.length", field, given=code, n=len(code))
    if code[:2] not in REGIONS:
        _refuse("identifiers.kato.region", field, given=code, region=code[:2])
    return code


def region_of(kato: str) -> str:
    """The region, one of REGIONS, of a КАТО code."""
    return kato[:2]


@dataclass(frozen=True, slots=True)
class EvidenceNumber:
    """The number of a document of origin in its normal form.

    year_digit: last digit of the year of issue; chamber: the territorial office that issued it; both None for КТП.
    """

    number: str
    year_digit: int | None = None
    chamber: str | None = None

    def issued_in(self, year: int) -> bool:
        """Whether the number agrees with that year of issue; one that names no year always does."""
        return self.year_digit is None or self.year_digit == year % 10


# Certificates are written with Latin letters; on a Kazakh or Russian keyboard their look-alikes are typed.
_LATIN: Final = str.maketrans("КАЕСТХРОМВН", "KAECTXPOMBH")
_CT_KZ: Final = re.compile(r"(?:CT[ -]*KZ)?[ :]*KZ[ ./-]*([A-Z]{2})?[ ./-]*([0-9])[ ./-]*([0-9]{3})[ ./-]*([0-9]{5})")
_INDUSTRIAL: Final = re.compile(r"([0-9]{3})[ ./-]*([0-9])[ ./-]*([0-9]{5})")


def parse_evidence_number(kind: str, value: Typed, field: str = "evidence_number") -> EvidenceNumber:
    """The number of evidence of a kind: `KZ 5 120 00012` for ct-kz, `102 0 00089` for industrial.

    kind: a kind of config/law (ct-kz, industrial, ktp); a register extract has no fixed form and must only not be
    empty. Raises RuleBroken.
    """
    text = _typed(value)
    if kind == "ct-kz":
        if found := _CT_KZ.fullmatch(text.upper().translate(_LATIN)):
            letters, year, chamber, sequence = found.groups()
            parts = ["KZ", letters, year, chamber, sequence]
            return EvidenceNumber(" ".join(part for part in parts if part), int(year), chamber)
        _refuse("identifiers.evidence.ct_kz", field, given=text)
    if kind == "industrial":
        if found := _INDUSTRIAL.fullmatch(text):
            return EvidenceNumber(" ".join(found.groups()), int(found[2]), found[1])
        _refuse("identifiers.evidence.industrial", field, given=text)
    if not text:
        _refuse("identifiers.evidence.empty", field)
    return EvidenceNumber(text)


_LEFT_OUT: Final = dict.fromkeys(map(ord, "\"'«»“”„‘’`´№\u200b\u200e\u200f\u2060\ufeff"))
# A spreadsheet's number: 8544.0, 110440012951.00. No notation of a code has a single dot with a lone zero after it, nor
# seven digits before a dot; 854449.00 is an eight-digit code.
_FLOAT: Final = re.compile(r"([0-9]+)[.,]0|([0-9]{7,})[.,]0+")
_SCIENTIFIC: Final = re.compile(r"([0-9])(?:[.,]([0-9]+))?E\+?([0-9]{1,3})", re.IGNORECASE)


def _typed(value: Typed) -> str:
    """What was typed as text: one kind of space, no quotes, no №, whole numbers without their decimal part."""
    if isinstance(value, float | Decimal):
        value = f"{value:.0f}" if value % 1 == 0 else f"{value:f}"
    return " ".join(unicodedata.normalize("NFKC", str(value).translate(_LEFT_OUT)).split())


def _digits(value: Typed, field: str, label: str) -> str:
    """The digits of a code without the label before it and the separators between."""
    text = re.sub(label, "", _typed(value), flags=re.IGNORECASE)
    if found := _FLOAT.fullmatch(text):
        return found[1] or found[2]
    if found := _SCIENTIFIC.fullmatch(text):
        digits = found[1] + (found[2] or "")
        # 1,10441E+11 has lost its last digits for good: zeros in their place would be another's number.
        if len(digits) != int(found[3]) + 1:
            _refuse("identifiers.shortened", field, given=text)
        return digits
    bare = re.sub(r"(?<=\d)[\s.,/-]+(?=\d)", "", text)
    if not bare:
        _refuse("identifiers.empty", field)
    if not re.fullmatch(r"[0-9]+", bare):
        _refuse("identifiers.letters", field, given=text)
    return bare


def _dotted(bare: str) -> str:
    return ".".join(bare[start : start + 2] for start in range(0, len(bare), 2))


def _enstru(bare: str) -> str:
    return f"{bare[:6]}.{bare[6:9]}.{bare[9:]}"


def _refuse(code: str, field: str, **params: Param) -> NoReturn:
    given = params.get("given")
    if isinstance(given, str) and len(given) > 40:
        params["given"] = given[:40] + "…"
    raise RuleBroken([Violation(code, field, Message(code, params))])
