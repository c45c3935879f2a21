"""The blueprint that the public pages share, whichever file they stand in."""

from flask import Blueprint

public = Blueprint("public", __name__)
