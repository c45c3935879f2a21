"""What everybody may read: home, search, goods, suppliers, needs."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the public pages and /health."""
    # Each file adds its views to the blueprint when it is imported.
    from web.public import capacities, exports, extracts, goods, home, needs, search, status  # noqa: F401
    from web.public.blueprint import public

    for blueprint in (public, status.blueprint):
        app.register_blueprint(blueprint)
