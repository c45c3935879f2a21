"""Cases at the supplier's desk: having goods, works and services confirmed, and keeping them so."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of cases."""
    from web.cases import costs, views  # noqa: F401 - each adds its views to the blueprint when it is imported
    from web.cases.blueprint import cases

    app.register_blueprint(cases)
