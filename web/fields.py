"""Fields of forms that several desks have."""

from __future__ import annotations

from collections.abc import Iterable
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


class Among(SelectField):
    """One of things known by their ids, or none: `offered` gives them with their names."""

    value: int | None = None

    def __init__(self, label: str, none: str, **kwargs: Any) -> None:
        super().__init__(label, choices=[], validate_choice=False, **kwargs)
        self._none = none
        self._ids: set[str] = set()

    def offer(self, things: Iterable[tuple[int, str]]) -> None:
        """Say what may be chosen."""
        offered = [(str(id), name) for id, name in things]
        self._ids = {id for id, _ in offered}
        self.choices = [SelectChoice("", tr(self._none, g.lang)), *(SelectChoice(id, name) for id, name in offered)]

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            self.value = None
        elif self.data in self._ids:
            self.value = int(self.data)
        else:
            raise Said(Message("web.form.choice"))
