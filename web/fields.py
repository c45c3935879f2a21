"""Fields of forms that several desks have."""

from __future__ import annotations

from typing import Any

from flask import g
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.widgets import TextArea

from registry.text import paragraphs
from registry.wording import Message, tr
from web.validators import Said, Text


class Description(Text):
    """Text of several lines."""

    widget = TextArea()

    def kept(self, typed: str) -> str:
        """The text with its line breaks."""
        return paragraphs(typed)


class Choice(SelectField):
    """One of fixed values; `codes` maps each to the sentence that names it."""

    def __init__(self, label: str, codes: dict[str, str], **kwargs: Any) -> None:
        self.codes = codes
        choices = [SelectChoice(value, tr(code, g.lang)) for value, code in codes.items()]
        super().__init__(label, choices=choices, **kwargs)

    def pre_validate(self, form: Any) -> None:
        if self.data not in self.codes:
            raise Said(Message("web.form.choice"))
