"""The institute's desk for codes: goods whose suppliers did not know them, and the form that suggests some."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages."""
    from web.coding.views import blueprint

    app.register_blueprint(blueprint)
