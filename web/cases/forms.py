"""The forms of cases at the desk: figures of a line, words, files, costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from flask_wtf import FlaskForm
from wtforms import HiddenField

from registry.files.models import Purpose
from registry.verification.rules import TEXT_LENGTH
from web.fields import Description
from web.files import Upload
from web.validators import Number, at_most, needed

# Of one case; more come with further answers.
FILES: Final = 5
# What a unit of a finished good may cost, tenge.
COST_MOST: Final = Decimal(10**12)


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
