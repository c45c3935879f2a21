"""Messages and the sentences they become: Kazakh, Russian, English.

Below the web a sentence is always a `Message`: a dotted code with plain values. It is stored as one, compared as one,
and becomes text only when the reader's language is known. The sentences are the `*.po` files of config/translations,
`msgid` the code, `msgstr` the sentence with `{name}` placeholders. A placeholder may carry a format in Python's
notation, written out as the language does: `{icv:.2f}` exactly two decimals, `{score:.0%}` a share as percent,
`{year:plain}` digits without grouping, `{on:long}` a date in words. Without one, numbers are grouped (with
no-break spaces in kk and ru), a date is 22.11.2026, money names its currency, text stays as it is.
"""

import gettext
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from string import Formatter
from types import MappingProxyType
from typing import Any, Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from config.settings import LANGUAGES as LANGUAGES
from config.settings import TIME_ZONE

logger = logging.getLogger(__name__)

FALLBACK: Final = "ru"


class WordingError(Exception):
    """A catalogue or a message is wrong: a defect of this program, never of its user."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of money to be shown: exact, with its ISO 4217 currency."""

    amount: Decimal
    currency: str = "KZT"


@dataclass(frozen=True, slots=True)
class Named:
    """What has a name of its own in each language; an empty one is shown by the Russian, Kazakh or English name."""

    kk: str
    ru: str
    en: str

    def said(self, lang: str) -> str:
        """The name in a language, else the first that there is."""
        own = {"kk": self.kk, "ru": self.ru, "en": self.en}[lang]
        return own or self.ru or self.kk or self.en


Scalar = str | bool | int | float | Decimal | Fraction | date | datetime | Money | Named


_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said: a code of the catalogues and the values its sentence needs.

    A value is a scalar, another Message, or a tuple of these (shown joined by commas).
    """

    code: str
    params: "Mapping[str, Param]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)) if self.params else _NONE)

    def __hash__(self) -> int:
        return hash((self.code, frozenset(self.params.items())))

    def __reduce__(self) -> tuple[type["Message"], tuple[str, dict[str, "Param"]]]:
        # A read-only view cannot be pickled, and messages travel between worker processes.
        return Message, (self.code, dict(self.params))

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values that `from_json` turns into an equal message."""
        if not self.params:
            return {"code": self.code}
        return {"code": self.code, "params": {name: _to_json(value) for name, value in self.params.items()}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Message":
        """The message that `as_json` wrote. Raises WordingError if it is not one."""
        if not isinstance(stored.get("code"), str):
            raise WordingError(f"not a stored message: {stored!r}")
        return cls(stored["code"], {name: _from_json(value) for name, value in stored.get("params", {}).items()})


Param = Scalar | Message | tuple["Param", ...]


@cache
def bare(code: str) -> Message:
    """The message of a sentence without values, of which one object serves everywhere."""
    return Message(code)


def say(message: Message, lang: str) -> str:
    """The sentence of a message in one of LANGUAGES.

    A code or value that the catalogues lack raises WordingError in strict mode; otherwise it is logged and the reader
    gets the Russian sentence, or at worst the code.
    """
    return _say(message.code, message.params, lang)


def tr(code: str, lang: str, /, **params: "Param") -> str:
    """The sentence of a code in one of LANGUAGES; as `say` for a message that nobody needs to keep."""
    return _say(code, params, lang)


def set_strict(strict: bool) -> None:
    """Choose whether a gap in the catalogues raises (tests) or is logged and bridged (a running portal)."""
    global _strict
    _strict = strict


def codes(lang: str) -> frozenset[str]:
    """Every code that the catalogue of a language holds."""
    return frozenset(_language(lang).sentences)


def placeholders(code: str, lang: str) -> frozenset[str]:
    """Names of the values that the sentence of a code shows in a language, over all its plural forms."""
    return frozenset(name for form in _language(lang).sentences[code] for _, name, _ in form if name is not None)


_strict = False

_NUMBERS: Final = (int, float, Decimal, Fraction)

# A sentence cut once into (text before, name of the value, its format); the last part may have no value.
_Form = tuple[tuple[str, str | None, str], ...]

_FORMAT = re.compile(r"|plain|long|\.\d[f%]")
_MSGID = re.compile(r'^msgid "(.+)"', re.MULTILINE)


def _say(code: str, params: "Mapping[str, Param]", lang: str) -> str:
    language = _language(lang)
    forms = language.sentences.get(code)
    if forms is None:
        return _bridge(code, params, lang, f"no sentence {code!r} in {lang}")
    form = forms[0]
    if len(forms) > 1:
        n = params.get("n")
        if not isinstance(n, _NUMBERS):
            return _bridge(
                code, params, lang, f"the sentence {code!r} has plural forms and needs a number n, got {n!r}"
            )
        form = forms[language.plural_index(n)]
    if len(form) == 1 and form[0][1] is None:
        return form[0][0]
    try:
        return "".join(
            [text if name is None else text + _shown(params[name], layout, language) for text, name, layout in form]
        )
    except KeyError as missing:
        return _bridge(code, params, lang, f"the sentence {code!r} in {lang} needs a value {missing}")


def _bridge(code: str, params: "Mapping[str, Param]", lang: str, gap: str) -> str:
    if _strict:
        raise WordingError(gap)
    logger.error("wording: %s", gap)
    if lang != FALLBACK and code in _language(FALLBACK).sentences:
        return _say(code, params, FALLBACK)
    return code


@dataclass(frozen=True, eq=False)
class Language:
    """What a language needs to speak: its sentences by code, and how it writes numbers, plurals and months."""

    code: str
    sentences: Mapping[str, tuple[_Form, ...]]
    plural_rule: Callable[[int], int]
    separators: Mapping[int, str]
    months: Mapping[int, str]

    @classmethod
    def read(cls, lang: str, sources: Iterable[tuple[str, bytes]]) -> "Language":
        """A language from the (file name, content) of its catalogues.

        Entries without a translation, or marked fuzzy, count as absent. Raises WordingError naming file and code for
        what cannot be read, a code given twice, a missing plural form, or a wrong placeholder.
        """
        locale = Locale.parse(lang)
        symbols = locale.number_symbols["latn"]
        sentences: dict[str, tuple[_Form, ...]] = {}
        for name, content in sources:
            for code, forms in _sentences(lang, name, content):
                if code in sentences:
                    raise WordingError(f"{lang}/{name}: {code} is given twice")
                sentences[code] = forms
        return cls(
            code=lang,
            sentences=sentences,
            # Babel's rule for the language, so that no file's header can contradict another's.
            plural_rule=gettext.c2py(Catalog(locale=lang).plural_expr),
            separators=str.maketrans({",": symbols["group"], ".": symbols["decimal"]}),
            months=locale.months["format"]["wide"],
        )

    def plural_index(self, n: int | float | Decimal | Fraction) -> int:
        """Which plural form a number takes."""
        # 2,5 тонны, 2.5 tons: a broken number takes the second form in all three languages.
        return self.plural_rule(abs(int(n))) if n == int(n) else 1


def _sentences(lang: str, name: str, content: bytes) -> Iterator[tuple[str, tuple[_Form, ...]]]:
    try:
        catalogue = read_po(BytesIO(content), locale=lang, abort_invalid=True)
    except PoFileError as error:
        raise WordingError(f"{lang}/{name}: {error}") from error
    # Babel keeps the first of two entries with one msgid and says nothing.
    repeated = [code for code, times in Counter(_MSGID.findall(content.decode())).items() if times > 1]
    if repeated:
        raise WordingError(f"{lang}/{name}: {', '.join(repeated)} is given twice")
    for entry in catalogue:
        code = entry.id if isinstance(entry.id, str) else entry.id[0]
        texts = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
        if not code or entry.fuzzy or not any(texts):
            continue
        if not all(texts):
            raise WordingError(f"{lang}/{name}: {code} lacks one of its {len(texts)} plural forms")
        try:
            yield code, tuple(_cut(text) for text in texts)
        except ValueError as error:
            raise WordingError(f"{lang}/{name}: {code}: {error}") from error


@cache
def _language(lang: str) -> "Language":
    if lang not in LANGUAGES:
        raise WordingError(f"unknown language {lang!r}, expected one of {', '.join(LANGUAGES)}")
    folder = files("config").joinpath("translations", lang)
    sources = sorted((entry.name, entry.read_bytes()) for entry in folder.iterdir() if entry.name.endswith(".po"))
    return Language.read(lang, sources)


def _cut(sentence: str) -> _Form:
    parts: list[tuple[str, str | None, str]] = []
    for text, name, layout, conversion in Formatter().parse(sentence):
        if name is not None and not name.isidentifier():
            raise ValueError(f"placeholder {{{name}}} is not a plain name")
        if conversion or not _FORMAT.fullmatch(layout or ""):
            raise ValueError(f"format of {{{name}}} is not one of .2f, .0%, plain, long")
        parts.append((text, name, layout or ""))
    return tuple(parts)


def _shown(value: "Param", layout: str, language: Language) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return ", ".join([part if isinstance(part, str) else _shown(part, layout, language) for part in value])
    if isinstance(value, Message):
        return _say(value.code, value.params, language.code)
    if isinstance(value, bool):
        return _say("wording.yes" if value else "wording.no", {}, language.code)
    if isinstance(value, _NUMBERS):
        return _number(value, layout, language)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError(f"a time without a zone cannot be shown: {value!r}")
        local = value.astimezone(TIME_ZONE)
        return f"{_date(local.date(), layout, language)} {local:%H:%M}"
    if isinstance(value, date):
        return _date(value, layout, language)
    if isinstance(value, Money):
        code = "wording.money.kzt" if value.currency == "KZT" else "wording.money.other"
        amount = _number(value.amount, layout or (".2f" if value.amount % 1 else ".0f"), language)
        return _say(code, {"amount": amount, "currency": value.currency}, language.code)
    if isinstance(value, Named):
        return value.said(language.code)
    raise TypeError(f"a message cannot hold {value!r}: only {Param}")


# The default precision of 28 digits refuses to round a large number to its cents.
_ROOMY: Final = Context(prec=1000)


def _number(value: int | float | Decimal | Fraction, layout: str, language: Language) -> str:
    # By their text, since Decimal("5") and Decimal("5.00") are equal and not shown alike.
    return _written(str(value) if isinstance(value, Decimal) else value, layout, language)


# Scores and shares repeat; typed, because 1 and True are equal and not shown alike.
@lru_cache(maxsize=1 << 16, typed=True)
def _written(value: int | float | Fraction | str, layout: str, language: Language) -> str:
    if isinstance(value, int) and not layout:
        return f"{value:,d}".translate(language.separators)
    exact = _decimal(value)
    if layout.endswith("%"):
        text = f"{_rounded(exact * 100, int(layout[1])):,f}".translate(language.separators)
        return _say("wording.percent", {"number": text}, language.code)
    if layout.endswith("f"):
        exact = _rounded(exact, int(layout[1]))
    elif isinstance(value, float | Fraction):
        # Binary and common fractions show at most six digits; a decimal keeps those it was written with.
        exact = _rounded(exact, 6).normalize()
    text = f"{exact:f}" if layout == "plain" else f"{exact:,f}"
    return text.translate(language.separators)


def _decimal(value: int | float | Fraction | str) -> Decimal:
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    # The shortest text of a binary number is what its author wrote: 0.8765, not 0.87649999.
    return Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)


def _rounded(value: Decimal, digits: int) -> Decimal:
    """Rounded half up, as people do; never to a negative zero."""
    rounded = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=_ROOMY)
    return rounded if rounded else abs(rounded)


def _date(value: date, layout: str, language: Language) -> str:
    if layout != "long":
        return f"{value.day:02}.{value.month:02}.{value.year:04}"
    parts: dict[str, Param] = {"day": str(value.day), "month": language.months[value.month], "year": str(value.year)}
    return _say("wording.date.long", parts, language.code)


def _to_json(value: "Param") -> Any:
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Message):
        return value.as_json()
    if isinstance(value, tuple):
        return [_to_json(part) for part in value]
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, Fraction):
        return {"fraction": str(value)}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    if isinstance(value, Money):
        return {"money": str(value.amount), "currency": value.currency}
    if isinstance(value, Named):
        return {"named": [value.kk, value.ru, value.en]}
    raise TypeError(f"a message cannot hold {value!r}: only {Param}")


def _from_json(stored: Any) -> "Param":
    match stored:
        case str() | bool() | int() | float():
            return stored
        case list():
            return tuple(_from_json(part) for part in stored)
        case {"code": str()}:
            return Message.from_json(stored)
        case {"decimal": str(text)}:
            return Decimal(text)
        case {"fraction": str(text)}:
            return Fraction(text)
        case {"at": str(text)}:
            return datetime.fromisoformat(text)
        case {"on": str(text)}:
            return date.fromisoformat(text)
        case {"money": str(text), "currency": str(currency)}:
            return Money(Decimal(text), currency)
        case {"named": [str(kk), str(ru), str(en)]}:
            return Named(kk, ru, en)
    raise WordingError(f"not a stored value of a message: {stored!r}")
