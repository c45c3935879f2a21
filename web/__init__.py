"""The edge: pages, forms, commands and workers. `create_app` makes the portal of a runtime."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.settings import Settings
    from web.runtime import Runtime
    from web.session import Portal

# Forms carry text; files come by import.
_LARGEST_FORM = 512 * 1024


def create_app(runtime: Runtime) -> Portal:
    """The portal over a runtime; raises RuntimeError when a view does not declare who may open it."""
    # Commands import this package, too, and need none of the web's machinery.
    from flask_wtf import CSRFProtect
    from werkzeug.middleware.proxy_fix import ProxyFix

    from web import auth, demonstration, errors, formats, headers, jobs, language, public, session, signing, supplier

    app = session.Portal(__name__)
    app.extensions["runtime"] = runtime
    app.url_map.converters.update(int=session.RowNumber, need=session.NeedId)
    app.session_interface = headers.Cookies()
    app.config.update(
        SECRET_KEY=runtime.settings.secret_key or kept_secret(runtime.settings),
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
    demonstration.install(app)
    auth.install(app)
    CSRFProtect(app)
    app.view_functions["static"] = auth.allow(auth.ANYONE)(app.view_functions["static"])
    for part in (public, supplier, jobs, signing):
        part.install(app)
    auth.check_declared(app)
    return app


def kept_secret(settings: Settings) -> str:
    """The key that signs cookies: made once, kept where only the portal's own user may read it.

    Two processes that start together agree: the file appears whole, by the hand of one of them, and both read it.
    """
    path = settings.secret_key_file
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        own = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(own, path)
        own.unlink()
    return path.read_text("ascii")
