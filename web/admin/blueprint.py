"""The blueprint of the administrator's pages, and who reads them."""

from typing import Final

from flask import Blueprint

from registry.accounts.models import AccountRole
from web import auth

# The auditor reads everything and changes nothing.
READERS: Final[auth.Roles] = auth.ADMINISTRATORS | {AccountRole.AUDITOR}

admin = Blueprint("admin", __name__)
