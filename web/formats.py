"""What templates may call: sentences, numbers and dates in the page's language, addresses of files and pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, request
from markupsafe import Markup

from matching.engine.lines import NeedLine
from matching.engine.supply import counted_in, percent
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.units import short_names
from registry.evidence.goods import Good
from registry.explain import Violation
from registry.suppliers.capacities import Free
from registry.suppliers.models import Operation
from registry.text import fold
from registry.text import language as text_language
from registry.wording import LANGUAGES, Message, Money, Named, Param, say, tr
from web import language
from web.session import db, runtime

Number = int | float | Decimal | Fraction

# The style sheets of every page, in the order in which one builds on the other.
STYLES = (
    *("colours", "ground", "frame", "forms", "lists", "home", "results", "goods"),
    *("account", "files", "charts", "cases", "print"),
)


def install(app: Flask) -> None:
    """Give the app's templates their filters and functions."""
    app.jinja_env.filters.update(
        say=sentence,
        number=number,
        trimmed=trimmed,
        signed=signed,
        decimals=decimals,
        share=share,
        portion=portion,
        day=day,
        money=money,
        unit=unit,
        own_words=own_words,
        as_written=as_written,
        other_language=other_language,
        spoken_in=spoken_in,
        plain_name=plain_name,
        register_number=register_number,
    )
    app.jinja_env.globals.update(
        _=translated,
        asset=asset,
        same_page=language.same_page,
        with_query=with_query,
        LANGUAGES=LANGUAGES,
        STYLES=STYLES,
        OWN_NAMES=language.OWN_NAMES,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def translated(code: str, /, **params: Param) -> str:
    """The sentence of a code in the page's language."""
    return tr(code, g.lang, **params)


def sentence(message: Message | Violation | Mapping[str, Any]) -> str:
    """A message, a violation's message, or either as it was stored, in the page's language."""
    if isinstance(message, Violation):
        message = message.message
    return say(message if isinstance(message, Message) else Message.from_json(message), g.lang)


def number(value: Number) -> str:
    """A number with its digits grouped; as many decimals as it has."""
    return tr("web.value.number", g.lang, value=trimmed(value) if isinstance(value, Decimal) else value)


def trimmed(value: Decimal) -> Decimal:
    """A decimal without the zeros that the database keeps at its end and that say nothing."""
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()


def signed(value: Number) -> str:
    """A number with two decimals and its sign, whichever it is."""
    code = "web.value.signed_plus" if value >= 0 else "web.value.signed_minus"
    return tr(code, g.lang, value=abs(value))


def decimals(value: Number) -> str:
    """A number with exactly two decimals, as percents of ICV are written."""
    return tr("web.value.decimals", g.lang, value=value)


def share(value: Number) -> str:
    """A share 0..1 as whole percent; what is nearly nothing or the whole with decimals, as neither is."""
    return say(percent(Decimal(f"{value:.6f}")), g.lang)


def portion(value: Decimal) -> str:
    """A share 0..1 as percent, with the decimals that it has: what is reckoned with must not be rounded."""
    return tr("wording.percent", g.lang, number=trimmed(value * 100))


def day(value: date) -> str:
    """A date for a table: 22.11.2026."""
    return tr("web.value.day", g.lang, value=value)


def money(value: Decimal) -> str:
    """An amount of tenge with its unit."""
    return tr("web.value.number", g.lang, value=Money(value))


def unit(written: str | None) -> str:
    """The unit's short name in the page's language, the same as in what matching says.

    One that matching does not know is named as the classifier does, else as its owner wrote it.
    """
    if not written:
        return ""
    known = counted_in(written)
    if isinstance(known, Message):
        return sentence(known)
    if "units" not in g:
        g.units = short_names(tree(db(), Scheme.UNITS, runtime().today()))
    names = g.units.get(fold(written))
    return str(names[g.lang]) if names else written


def named(thing: Good | NeedLine | Free | Operation, lang: str) -> tuple[str, str]:
    """The name of a line or an operation in the language asked for, else in the first that it has; and which it is."""
    names = {
        "kk": thing.name_kk,
        "ru": thing.name if isinstance(thing, NeedLine) else thing.name_ru,
        "en": thing.name_en,
    }
    for candidate in (lang, "ru", "kk", "en"):
        if text := names[candidate]:
            # What stands in the first name is in whatever language its owner wrote.
            return text, text_language(text) if candidate == "ru" else candidate
    return "", lang


def register_number(id: int) -> str:
    """The number of a listed line for people and paper: it never changes, and as it is written its address takes it."""
    return f"{id:08d}"


def plain_name(thing: Good | NeedLine | Free | Operation) -> str:
    """The name of a line for titles and labels, where no markup can stand."""
    return named(thing, g.lang)[0]


def own_words(thing: Good | NeedLine | Free | Operation) -> Markup:
    """The name of a line; marked as what it is in where that is not the page's language.

    A screen reader then reads a Russian name on an English page in Russian.
    """
    return spoken_in(*named(thing, g.lang))


def as_named(name: Named) -> Markup:
    """A name that a thing has in several languages, in the page's or in the first that there is, marked as such."""
    given = {"kk": name.kk, "ru": name.ru, "en": name.en}
    for lang in (g.lang, "ru", "kk", "en"):
        if text := given[lang]:
            return spoken_in(text, text_language(text) if lang == "ru" else lang)
    return Markup()


def as_written(text: str) -> Markup:
    """What somebody wrote in a language of their own choice: names of organisations, descriptions."""
    # A number standing in for a name is read in the page's language.
    return spoken_in(text, other_language(text) or g.lang)


def other_language(text: str) -> str:
    """The language in which somebody wrote a text, where it is not the page's; else empty."""
    spoken = text_language(text) if any(map(str.isalpha, text)) else g.lang
    return "" if spoken == g.lang else spoken


def spoken_in(text: str, lang: str) -> Markup:
    """A text of a language, marked as such where that is not the page's."""
    return Markup.escape(text) if lang == g.lang else Markup('<span lang="{}">{}</span>').format(lang, text)


def asset(name: str) -> str:
    """The address of a file of static/, which changes whenever the file does."""
    return f"{language.root()}/static/{name}?v={_digest(name)}"


def with_query(path: str, **changes: Any) -> str:
    """An address with the query of the page being read, changed: None removes a key, a list repeats it."""
    query: dict[str, Any] = dict(request.args.lists())
    query.update(changes)
    pairs = urlencode({key: value for key, value in query.items() if value is not None}, doseq=True)
    return f"{path}?{pairs}" if pairs else path


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(files("web").joinpath("static", name).read_bytes()).hexdigest()[:10]
