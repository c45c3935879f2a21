"""The three steps of registering an organisation."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField

from registry.files.models import Purpose
from registry.registration.rules import CONSENTS, NOTE_LENGTH
from registry.suppliers.models import Role
from registry.suppliers.rules import ADDRESS_LENGTH, EMAIL_LENGTH, NAME_LENGTH, PHONE_LENGTH
from web.fields import Choice, Description
from web.files import Upload
from web.validators import Text, at_most

DOCUMENTS = 5


class NumberForm(FlaskForm):
    """Step 1: the number. insisted: one whose check digit was questioned, typed once more."""

    bin = Text("web.registration.bin")
    insisted = HiddenField()


class OrganisationForm(FlaskForm):
    """Step 2: what the organisation is and how it is reached. The place is chosen beside it."""

    name = Text("web.registration.name", [at_most(NAME_LENGTH)])
    role = Choice(
        "web.registration.role",
        {"": "web.registration.role.choose", **{str(one): f"web.role_of.{one}" for one in (Role.MAKER, Role.DEALER)}},
        default="",
    )
    oked = Text("web.registration.oked", [at_most(200)])
    phone = Text("web.supplier.phone", [at_most(PHONE_LENGTH)])
    email = Text("web.supplier.email", [at_most(EMAIL_LENGTH)])
    address = Text("web.form.contacts.address", [at_most(ADDRESS_LENGTH)])


class ProofForm(FlaskForm):
    """Step 3: what proves it, and what is agreed to."""

    document = Upload("web.registration.document", purpose=Purpose.AUTHORITY, most=DOCUMENTS)
    note = Description("web.registration.note", [at_most(NOTE_LENGTH)])
    consent_truth = BooleanField("registration.consent.truth")
    consent_publication = BooleanField("registration.consent.publication")
    consent_contact = BooleanField("registration.consent.contact")

    def consents(self) -> frozenset[str]:
        """What was ticked."""
        return frozenset(what for what in CONSENTS if self.consent(what).data)

    def consent(self, what: str) -> Any:
        """The box of a consent."""
        return self[f"consent_{what}"]
