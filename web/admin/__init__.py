"""The administrator's desk: accounts, work and what failed of it, the index, the log of changes."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of the administrator and the auditor."""
    # Each file adds its views to the blueprint when it is imported.
    from web.admin import accounts, log, work  # noqa: F401
    from web.admin.blueprint import admin

    app.register_blueprint(admin)
