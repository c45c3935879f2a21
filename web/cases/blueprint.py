"""The blueprint that the pages of cases share."""

from flask import Blueprint

cases = Blueprint("cases", __name__, url_prefix="/desk")
