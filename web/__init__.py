"""The edge: pages, forms, commands and workers. `create_app` makes the portal of a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from web.runtime import Runtime
    from web.session import Portal

# Forms carry text; those that carry files declare it (web.files).
_LARGEST_FORM = 512 * 1024


def create_app(runtime: Runtime) -> Portal:
    """The portal over a runtime; raises RuntimeError when a view does not declare who may open it."""
    # Commands import this package, too, and need none of the web's machinery.
    from werkzeug.middleware.proxy_fix import ProxyFix

    from web import (
        account,
        acting,
        admin,
        alerts,
        auth,
        cases,
        coding,
        demonstration,
        errors,
        files,
        formats,
        glossary,
        headers,
        institute,
        jobs,
        language,
        public,
        session,
        sightings,
        signing,
    )
    from web import codes as choosing
    from web import registration as registering
    from web import supplier as desk

    app = session.Portal(__name__)
    app.extensions["runtime"] = runtime
    app.url_map.converters.update(int=session.RowNumber, need=session.NeedId)
    app.session_interface = headers.Cookies()
    app.config.update(
        SECRET_KEY=runtime.secret_key,
        SESSION_COOKIE_NAME="ondiris",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        # A form may lie open for a working day; the token is bound to the browser's session.
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=_LARGEST_FORM,
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,
    )
    language.install(app, runtime.settings.lang)
    if proxies := runtime.settings.trusted_proxies:
        # Outermost, so that everything else already sees the reader's own address, scheme and host.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    headers.install(app)
    errors.install(app)
    formats.install(app)
    glossary.install(app)
    demonstration.install(app)
    sightings.install(app, runtime)
    auth.install(app)
    # Only now, so that strangers are turned away before more is read of what they send; the check of tokens reads it.
    files.install(app)
    acting.install(app)
    app.view_functions["static"] = auth.allow(auth.ANYONE)(app.view_functions["static"])
    desks = (desk, choosing, cases, institute, coding)
    for part in (public, account, registering, *desks, alerts, admin, jobs, signing):
        part.install(app)
    auth.check_declared(app)
    return app
