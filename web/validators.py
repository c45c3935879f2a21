"""Shape of what forms are given. A failed check says a Message, so that every language has its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask import g
from wtforms import Field, Form, StringField
from wtforms.validators import StopValidation

from registry import cells
from registry.errors import RuleBroken
from registry.wording import Message

Check = Callable[[Form, Field], None]

_GROUPED: Final = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
# Nobody types these, and neither PostgreSQL nor a workbook keeps all of them.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def row_number(typed: str) -> int | None:
    """A row's number as a form sends it; None for what no database can hold."""
    return int(typed) if typed.isdecimal() and len(typed) < 20 and int(typed) < 2**63 else None


class Said(StopValidation):
    """A check failed, and this is what to say; no further check of the field is made."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)  # type: ignore[arg-type]


def needed(code: str) -> Check:
    """An empty field is wrong; `code` says what to enter."""

    def check(form: Form, field: Field) -> None:
        if field.data in (None, ""):
            raise Said(Message(code))

    return check


def at_most(characters: int) -> Check:
    """Longer text than the register keeps is wrong."""

    def check(form: Form, field: Field) -> None:
        if field.data and len(field.data) > characters:
            raise Said(Message("web.form.too_long", {"n": characters}))

    return check


class Text(StringField):
    """Text in single spaces and without control characters, as a file's cell is read, None where nothing is left; what
    was typed is shown again as it was typed."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = (self.kept(_CONTROL.sub("", valuelist[0])) or None) if valuelist else None

    def kept(self, typed: str) -> str:
        """What is kept of what was typed."""
        return " ".join(typed.split())

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.data or ""


class Parsed(Text):
    """Text that means something: `value` is what, None for an empty field."""

    value: Any = None

    def parse(self, text: str) -> Any:
        """What the text means. Raises Said."""
        raise NotImplementedError

    def pre_validate(self, form: Any) -> None:
        self.value = None if self.data is None else self.parse(self.data)


class Number(Parsed):
    """A number >= 0 typed as people do, `12 345,67` or `12,345.67`, with so many decimals and not above `most`."""

    value: Decimal | None

    def __init__(self, *args: Any, most: Decimal, digits: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = most
        self.digits = digits

    def parse(self, text: str) -> Decimal:
        value = number(text, g.lang)
        if value is None:
            raise Said(Message("web.form.number"))
        if not 0 <= value <= self.most:
            raise Said(Message("web.form.range", {"most": self.most}))
        return value.quantize(Decimal(1).scaleb(-self.digits))


class Day(Parsed):
    """A date: as a browser's date field sends it, 2026-11-22, or typed as 22.11.2026."""

    value: date | None

    def parse(self, text: str) -> date:
        value = cells.day(text)
        if value is None:
            raise Said(Message("web.form.day"))
        return value


class Code(Parsed):
    """A code or number that a parser of registry.identifiers brings into its normal form."""

    value: str | None

    def __init__(self, *args: Any, parser: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parser = parser

    def parse(self, text: str) -> str:
        try:
            return self.parser(text)
        except RuleBroken as error:
            raise Said(error.violations[0].message) from error


def number(text: str, lang: str) -> Decimal | None:
    """A number as its reader's language writes it; None for what is none.

    `12,345` is twelve and a third in Kazakh and Russian, twelve thousand in English.
    """
    if lang == "en" and _GROUPED.fullmatch(text.strip()):
        text = text.replace(",", "")
    return cells.number(text.strip())
