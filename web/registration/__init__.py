"""Registering an organisation in three short steps, and deciding who speaks for one."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of registration."""
    # Each file adds its views to the blueprint when it is imported.
    from web.registration import claims, steps  # noqa: F401
    from web.registration.blueprint import registration

    app.register_blueprint(registration)
