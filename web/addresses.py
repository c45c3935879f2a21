"""Addresses as somebody outside types them: in letters, on paper."""

from __future__ import annotations

from flask import request

from web.session import runtime


def absolute(path: str) -> str:
    """A path of this portal with its host: the one in the settings, else the one this page was asked under."""
    return (runtime().settings.portal_url or request.host_url.rstrip("/")) + path
