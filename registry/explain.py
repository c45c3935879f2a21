"""The shape of every explained result: what was computed, from what, under which source; and what stands against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from registry.wording import Message

Value = int | Decimal | Fraction


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a calculation: `expression` has the numbers put in, `value` is its exact result.

    source: the article or order that demands the step, empty for plain arithmetic.
    """

    label: Message
    expression: str
    value: Value
    source: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; the exact value as a decimal or a fraction in text."""
        return {
            "label": self.label.as_json(),
            "expression": self.expression,
            "value": str(self.value),
            "source": self.source,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Step":
        """The step that `as_json` wrote."""
        return cls(
            label=Message.from_json(stored["label"]),
            expression=stored["expression"],
            value=_value(stored["value"]),
            source=stored["source"],
        )


@dataclass(frozen=True, slots=True)
class Calculation:
    """A computed result with the way to it.

    on: the day whose law was applied; edition: the act and the day of its text; open: what is assumed, not confirmed.
    """

    value: Value
    steps: tuple[Step, ...]
    on: date
    edition: str
    open: tuple[Message, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; the exact value as a decimal or a fraction in text."""
        return {
            "value": str(self.value),
            "steps": [step.as_json() for step in self.steps],
            "on": self.on.isoformat(),
            "edition": self.edition,
            "open": [assumption.as_json() for assumption in self.open],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Calculation":
        """The calculation that `as_json` wrote."""
        return cls(
            value=_value(stored["value"]),
            steps=tuple(Step.from_json(step) for step in stored["steps"]),
            on=date.fromisoformat(stored["on"]),
            edition=stored["edition"],
            open=tuple(Message.from_json(assumption) for assumption in stored["open"]),
        )


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong and what to do about it.

    code: dotted, stable, for programs; field: the name of the field or column at fault, empty for the whole;
    message: says what to do; source: the article or order, empty where it is only a matter of shape.
    """

    code: str
    field: str
    message: Message
    source: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"code": self.code, "field": self.field, "message": self.message.as_json(), "source": self.source}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Violation":
        """The violation that `as_json` wrote."""
        return cls(
            code=stored["code"],
            field=stored["field"],
            message=Message.from_json(stored["message"]),
            source=stored["source"],
        )


def _value(text: str) -> Value:
    if "/" in text:
        return Fraction(text)
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)
