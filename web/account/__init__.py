"""One's own account: signing up and in, the second factor, browsers, colleagues."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of accounts."""
    # Each file adds its views to the blueprint when it is imported.
    from web.account import entering, letters, outbox, own, people, second_factor  # noqa: F401
    from web.account.blueprint import account

    app.register_blueprint(account)
    app.jinja_env.globals["outbox_open"] = outbox.outbox_open
