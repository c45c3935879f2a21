"""The forms of the institute's desk: a visit, a conclusion, the end of a confirmed status."""

from __future__ import annotations

from typing import Final

from flask_wtf import FlaskForm
from wtforms import HiddenField

from registry.identifiers import parse_holder
from registry.verification.models import Ground
from registry.verification.rules import TEXT_LENGTH
from web.fields import Choice, Description
from web.validators import Code, Day, at_most, needed

# What the institute may find; the others come by themselves or from the supplier.
_GROUNDS: Final = tuple(one for one in Ground if one not in (Ground.FAILED_CHECKS, Ground.REQUEST))


class WordsForm(FlaskForm):
    """Words that a step needs."""

    version = HiddenField()
    text = Description("web.cases.text", [needed("cases.text"), at_most(TEXT_LENGTH)])


class VisitForm(FlaskForm):
    """Who goes to the producer, and when."""

    people = Description("web.cases.visit_people", [needed("web.cases.visit_people_needed")])
    starts_on = Day("web.cases.visit_first", [needed("web.form.day")])
    ends_on = Day("web.cases.visit_last", [needed("web.form.day")])


class VisitEndForm(FlaskForm):
    """What the visit found."""

    findings = Description("web.cases.visit_findings", [needed("cases.text"), at_most(TEXT_LENGTH)])
    ended_on = Day("web.cases.visit_ended_on", [needed("web.form.day")])


class ProposalForm(FlaskForm):
    """The commission's protocol; outcome, lines and reasons are ticked beside it."""

    version = HiddenField()
    members = Description("web.cases.members", [needed("cases.protocol.members_needed")])
    on = Day("web.cases.protocol_on", [needed("web.form.day")])
    text = Description("web.cases.decision_text", [at_most(TEXT_LENGTH)])


class SignForm(FlaskForm):
    """The case as it was when its conclusion was read, and which conclusion that was."""

    version = HiddenField()
    protocol = HiddenField()


class ExclusionForm(FlaskForm):
    """Whose confirmed status is to end, and why."""

    bin = Code(
        "web.cases.exclusion_bin",
        [needed("web.cases.exclusion_bin_needed")],
        parser=lambda typed: parse_holder(typed).number,
    )
    ground = Choice("web.cases.exclusion_ground", {str(one): f"cases.ground.{one}" for one in _GROUNDS})
    text = Description("web.cases.exclusion_reason", [needed("cases.text"), at_most(TEXT_LENGTH)])
