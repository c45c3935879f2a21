"""The forms of cases at the desk: figures of a line, words, files, costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from flask import g
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField

from registry.catalogue.rules import MOST
from registry.errors import RuleBroken
from registry.explain import Violation
from registry.files.models import Purpose
from registry.verification.queries import Line
from registry.verification.rules import STAFF_MOST, TEXT_LENGTH, Inputs, Stated
from registry.wording import Message
from web.fields import Description
from web.files import Upload
from web.validators import Number, at_most, needed, number

# Of one case; more come with further answers.
FILES: Final = 5
# What a unit of a finished good may cost, tenge.
COST_MOST: Final = Decimal(10**12)
_FIGURES: Final = ("foreign_cost", "whole_cost", "staff_total", "staff_domestic")


class WordsForm(FlaskForm):
    """Words to the institute."""

    text = Description("web.cases.text", [at_most(TEXT_LENGTH)])


class NeededWordsForm(FlaskForm):
    """Words without which a step cannot be taken."""

    text = Description("web.cases.text", [needed("cases.text"), at_most(TEXT_LENGTH)])


class DraftForm(WordsForm):
    """A case that is to be handed in, as it was when it was read."""

    version = HiddenField()


class FilesForm(FlaskForm):
    """Documents for a case."""

    files = Upload("web.cases.files", purpose=Purpose.ORIGIN, most=FILES, needed=True)


class CostsForm(FlaskForm):
    """What a unit of a finished good costs, without profit and VAT."""

    foreign_cost = Number("web.cases.foreign_cost", [needed("web.cases.cost_needed")], digits=2, most=COST_MOST)
    whole_cost = Number("web.cases.whole_cost", [needed("web.cases.cost_needed")], digits=2, most=COST_MOST)


def seen(form: FlaskForm) -> int:
    """The version of the case that was read; one that nothing has where the field was tampered with."""
    given = form.version.data or ""
    return int(given) if given.isdecimal() else 0


def read_inputs(line: Line, sent: MultiDict[str, str]) -> Inputs:
    """What a form tells of a line. Raises RuleBroken naming the fields that cannot be read."""
    values: dict[str, Any] = {}
    broken: list[Violation] = []
    for name in _FIGURES:
        field = f"{name}-{line.row.product_id}"
        typed = sent.get(field, "").strip()
        if not typed:
            values[name] = None
            continue
        value = number(typed, g.lang)
        whole = name.startswith("staff")
        if value is None or (whole and value != value.to_integral_value()):
            broken.append(Violation("web.form.number", field, Message("web.form.number")))
        elif not 0 <= value <= (STAFF_MOST if whole else COST_MOST):
            most = STAFF_MOST if whole else COST_MOST
            broken.append(Violation("web.form.range", field, Message("web.form.range", {"most": most})))
        else:
            values[name] = int(value) if whole else value.quantize(Decimal("0.01"))
    if broken:
        raise RuleBroken(broken)
    return Inputs(**values)


def read_stated(line: Line, sent: MultiDict[str, str]) -> Stated:
    """What the update of a quarter tells of a line. Raises RuleBroken naming the fields that cannot be read."""
    field = f"capacity_per_year-{line.row.product_id}"
    typed = sent.get(field, "").strip()
    value = number(typed, g.lang) if typed else None
    broken: list[Violation] = []
    if typed and value is None:
        broken.append(Violation("web.form.number", field, Message("web.form.number")))
    elif value is not None and not 0 <= value <= MOST:
        broken.append(Violation("web.form.range", field, Message("web.form.range", {"most": MOST})))
    try:
        inputs = read_inputs(line, sent)
    except RuleBroken as error:
        broken += error.violations
    if broken:
        raise RuleBroken(broken)
    return Stated(inputs, None if value is None else value.quantize(Decimal("0.000001")))


def shown_inputs(line: Line, sent: MultiDict[str, str] | None, told: Inputs) -> dict[str, str]:
    """What the fields of a line show: what was typed, else what is listed and what was told."""
    found = {}
    for name in (*_FIGURES, "capacity_per_year"):
        field = f"{name}-{line.row.product_id}"
        kept = getattr(told if name in _FIGURES else line.good, name, None)
        shown = "" if kept is None else f"{Decimal(kept).normalize():f}"
        if g.lang != "en":
            shown = shown.replace(".", ",")
        found[name] = sent[field] if sent is not None and field in sent else shown
    return found
