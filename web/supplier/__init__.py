"""The supplier's desk: what the supplier lists, and the form that lists it."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of the desk."""
    # Each file adds its views to the blueprint when it is imported.
    from web.supplier import organisation, seen, upload, upload_codes, views  # noqa: F401

    for blueprint in (views.blueprint, upload.blueprint):
        app.register_blueprint(blueprint)
    app.jinja_env.globals["seen_lately"] = seen.seen_lately
