"""The supplier's desk: what the supplier lists, and the form that lists it."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of the desk."""
    # Each file adds its views to the blueprint when it is imported.
    from web.supplier import (  # noqa: F401
        attachments,
        blueprint,
        codes,
        export,
        history,
        organisation,
        profile,
        seen,
        upload,
        upload_codes,
        views,
    )

    for part in (blueprint.desk, upload.blueprint):
        app.register_blueprint(part)
    app.jinja_env.globals["seen_lately"] = seen.seen_lately
