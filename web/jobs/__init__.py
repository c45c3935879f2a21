"""Long work, watched from a page."""

from flask import Flask

from web.jobs import views


def install(app: Flask) -> None:
    """Add the pages of jobs."""
    app.register_blueprint(views.blueprint)
