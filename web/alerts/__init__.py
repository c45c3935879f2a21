"""Alerts: saved searches, needs that fit, the list of what was told, and the end of letters."""

from flask import Flask


def install(app: Flask) -> None:
    """Add the pages of alerts."""
    from web.alerts import views
    from web.alerts.blueprint import blueprint

    # RFC 8058: a mail program ends letters by a post of its own, which has no token of ours.
    app.extensions["csrf"].exempt(views.end_letters)
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(unread_alerts=views.unread_alerts, frequencies=views.FREQUENCIES)
