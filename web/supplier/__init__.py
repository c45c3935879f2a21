"""The supplier's desk: what the supplier lists, and the form that lists it."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of the desk."""
    # The pages register themselves with it when they are imported.
    from web.supplier import blueprint, codes, export, history, organisation, views  # noqa: F401

    app.register_blueprint(blueprint.desk)
