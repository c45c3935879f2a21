"""Forms of accounts that several pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField

from registry.accounts import rules
from registry.accounts.models import AccountRole
from registry.explain import Violation
from registry.wording import LANGUAGES
from web.fields import Choice
from web.validators import Said, Text, at_most, needed


def _checked(check: Callable[[str], tuple[Violation, ...]]) -> Callable[[Any, Any], None]:
    """A field's check by a rule of accounts."""

    def ask(form: Any, field: Any) -> None:
        for violation in check(field.data or ""):
            raise Said(violation.message)

    return ask


class AddressForm(FlaskForm):
    """An e-mail address."""

    email = Text("web.sign_in.email", [_checked(rules.check_email)])


class KnownForm(FlaskForm):
    """Something that only whoever knows the password may do: a browser left open is not enough."""

    current = PasswordField("web.account.current_password", [needed("web.sign_in.password_needed")])


class NewAddressForm(KnownForm):
    """The address to sign in with from now on."""

    email = Text("web.account.email.new", [_checked(rules.check_email)])


class PasswordForm(FlaskForm):
    """A new password."""

    password = PasswordField("web.account.new_password", [_checked(rules.check_password)])


class PersonForm(PasswordForm):
    """Who opens an account: the name, then the password."""

    name = Text("web.account.name", [_checked(rules.check_name), at_most(rules.NAME_MAX)])
    field_order = ("name", "password")


class ProfileForm(FlaskForm):
    """What a person says of themselves."""

    name = Text("web.account.name", [_checked(rules.check_name), at_most(rules.NAME_MAX)])
    lang = Choice("web.account.lang", {lang: f"web.account.lang.{lang}" for lang in LANGUAGES})


class ChangePasswordForm(KnownForm):
    """Another password, by whoever knows the one so far."""

    password = PasswordField("web.account.new_password", [_checked(rules.check_password)])


class EnrolForm(FlaskForm):
    """The first code of an authenticator."""

    code = Text("web.account.code", [needed("web.account.code_needed")])


class InviteForm(FlaskForm):
    """A colleague to invite."""

    email = Text("web.sign_in.email", [_checked(rules.check_email)])
    role = Choice(
        "web.account.invite_as",
        {str(role): f"accounts.role_words.{role}" for role in (AccountRole.EDITOR, AccountRole.VIEWER)},
        default=str(AccountRole.EDITOR),
    )


def refuse(form: FlaskForm, violations: tuple[Violation, ...]) -> None:
    """Say what the rules have against a form at the fields concerned."""
    for violation in violations:
        field = form._fields.get(violation.field) or next(iter(form._fields.values()))
        field.errors = [*field.errors, violation.message]
