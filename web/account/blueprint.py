"""The blueprint that the pages of accounts share, whichever file they stand in."""

from flask import Blueprint

account = Blueprint("account", __name__)
