"""Choosing a code: by the name of the good, or from the sections down; what was typed into the good's form is kept."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages that choose a code."""
    from web.codes import views

    app.register_blueprint(views.blueprint)
