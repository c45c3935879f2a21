"""The institute's desk: cases by the clock, one screen for each."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of the desk."""
    from web.institute import case, exclusions, queue, signing  # noqa: F401 - each adds its views to the blueprint
    from web.institute.blueprint import institute

    app.register_blueprint(institute)
