"""Which language a page speaks: the prefix of its address, else what its reader prefers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import Flask, Request, Response, g, request, url_for

from registry.wording import LANGUAGES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

COOKIE: Final = "lang"
COOKIE_DAYS: Final = 365
# Each language in its own words: what the switch shows, whatever the page speaks.
OWN_NAMES: Final = {"kk": "Қазақша", "ru": "Русский", "en": "English"}

_PREFIX: Final = "ondiris.language"


class LanguagePrefix:
    """Takes `/kk`, `/ru` or `/en` off the address and onto its root.

    So every page has one rule whatever its language, and addresses made by `url_for` keep the prefix they were asked
    under.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        first, _, rest = environ.get("PATH_INFO", "").removeprefix("/").partition("/")
        if first in LANGUAGES:
            environ[_PREFIX] = first
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{first}"
            environ["PATH_INFO"] = f"/{rest}"
        return self.app(environ, start_response)


def install(app: Flask, default: str) -> None:
    """Let every request of the app know its language as `g.lang`; `default` is for readers who prefer none of ours."""
    app.wsgi_app = LanguagePrefix(app.wsgi_app)  # type: ignore[method-assign]

    @app.before_request
    def choose() -> None:
        g.lang = chosen(request, default)

    @app.after_request
    def remember(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Language"] = g.get("lang", default)
            response.vary.update(("Accept-Language", "Cookie"))
            prefix = request.environ.get(_PREFIX)
            if prefix and request.cookies.get(COOKIE) != prefix:
                response.set_cookie(
                    COOKIE,
                    prefix,
                    max_age=COOKIE_DAYS * 24 * 3600,
                    httponly=True,
                    samesite="Lax",
                    secure=request.is_secure,
                )
        return response


def chosen(asked: Request, default: str) -> str:
    """The language of a request: its prefix, the language read last, the browser's preference, the default."""
    prefix = asked.environ.get(_PREFIX) or asked.cookies.get(COOKIE)
    if prefix in LANGUAGES:
        return str(prefix)
    # By hand: werkzeug would give `ru` to a reader of `kk-KZ, ru;q=0.5`, an exact match before a better one.
    preferred = (tag.split("-")[0].lower() for tag, quality in asked.accept_languages if quality > 0)
    return next((lang for lang in preferred if lang in LANGUAGES), default)


def root() -> str:
    """What stands before every address, the language aside; empty for a portal at the top of its host."""
    prefix = request.environ.get(_PREFIX)
    return request.script_root.removesuffix(f"/{prefix}") if prefix else request.script_root


def same_page(lang: str) -> str:
    """The address of the page being read in another language, with its search and filters."""
    query = urlencode(list(request.args.items(multi=True)))
    return f"{root()}/{lang}{request.path}{'?' + query if query else ''}"


def shared_address(endpoint: str, **values: Any) -> str:
    """The whole address of a page, to be passed on: in no language, so that whoever follows it reads it in their own.

    Its host is the one that this request was sent to, as the trusted proxies tell it.
    """
    path = url_for(endpoint, **values).removeprefix(request.script_root)
    return f"{request.host_url.rstrip('/')}{root()}{path}"
