"""The blueprint that the pages of alerts share, whichever file they stand in."""

from flask import Blueprint

blueprint = Blueprint("alerts", __name__)
