"""What every answer carries so that browsers keep its reader safe."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface

# Hardware, money and place: nothing a register needs.
_PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
_TWO_YEARS_S = 2 * 365 * 24 * 3600


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie, sent over https only where the portal itself is read over https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def nonce() -> str:
    """This answer's own mark: only scripts that carry it run."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def install(app: Flask) -> None:
    """Set the headers on every answer; templates mark their scripts with `nonce()`."""
    app.jinja_env.globals["nonce"] = nonce

    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = _PERMISSIONS
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["X-Frame-Options"] = "DENY"
        # A page for signing talks to the signing program of its reader's own machine, too: see web/signing.py.
        connects = " ".join(["'self'", *([g.connects_to] if "connects_to" in g else [])])
        # An answer that is no page of ours forbids itself more than this.
        headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'nonce-{nonce()}'; style-src 'self'; img-src 'self'; "
            f"connect-src {connects}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        if request.is_secure:
            headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS_S}"
        if response.mimetype == "text/html":
            # A page holds the reader's own form tokens and, signed in, their own goods: no cache may share it.
            headers["Cache-Control"] = "no-store" if g.get("account") else "private, no-cache"
        return response
