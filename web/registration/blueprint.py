"""The blueprint that the pages of registration share, whichever file they stand in."""

from flask import Blueprint

registration = Blueprint("registration", __name__)
