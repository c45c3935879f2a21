"""The institute's desk: cases by the clock, one screen for each."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of the desk."""
    from web.institute.views import institute

    app.register_blueprint(institute)
