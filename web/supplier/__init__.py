"""The supplier's desk: what the supplier lists, and the form that lists it."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of the desk."""
    from web.supplier import organisation, upload, views  # noqa: F401

    for blueprint in (views.blueprint, upload.blueprint):
        app.register_blueprint(blueprint)
