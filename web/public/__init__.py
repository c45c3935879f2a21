"""What everybody may read: home, search, goods, suppliers, needs; and the door for those who do more."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the public pages, the sign-in page and /health."""
    # Each file adds its views to the blueprint when it is imported.
    from web.public import account, exports, extracts, goods, home, needs, search, status  # noqa: F401
    from web.public.blueprint import public

    for blueprint in (public, account.blueprint, status.blueprint):
        app.register_blueprint(blueprint)
