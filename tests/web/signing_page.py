"""A page that asks for a signature, as the pages of the portal do: of the tests' own, so that it stands on none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flask import Blueprint, render_template_string
from werkzeug.wrappers import Response

from registry.signing import Signature
from registry.wording import Message
from tests.registry.authority import AUTHORITY, BIN, OTHER_BIN
from tests.web.portal import Site
from web import auth, create_app, signing
from web.runtime import Runtime
from web.session import Portal

PURPOSE, ABOUT = "test", f"supplier:{BIN}"
# Any sentence with values will do for what is declared.
DECLARED = Message("signing.number.other", {"wanted": BIN, "found": OTHER_BIN})

_PAGE = """
{% extends "base.html" %}
{% import "signing.html" as signing with context %}
{% import "parts.html" as parts with context %}
{% block title %}To sign{% endblock %}
{% block main %}
<div class="stack"><h1>To sign</h1>{{ parts.error_summary(box.problems) }}{{ signing.signing_box(box) }}</div>
{% endblock %}
"""

blueprint = Blueprint("test_signing", __name__)


@blueprint.get("/to-sign")
@auth.allow(auth.SIGNED_IN)
def to_sign() -> str:
    """The box with a new text."""
    return render_template_string(_PAGE, box=signing.box(PURPOSE, ABOUT, DECLARED, speaks_for=BIN))


@blueprint.post("/to-sign")
@auth.allow(auth.SIGNED_IN)
def signed() -> tuple[str, int] | Response:
    """Thanks, or the box again."""
    done = signing.taken(PURPOSE, ABOUT, DECLARED, speaks_for=BIN)
    if isinstance(done, Signature):
        return Response(f"<!doctype html><title>Signed</title><h1>Signed by {done.person}</h1>", mimetype="text/html")
    return render_template_string(_PAGE, box=done), 422


def portal(site: Site, folder: Path, program: str = signing.PROGRAM) -> Portal:
    """The portal of a site that trusts the tests' own authority, with that page; program: where NCALayer listens."""
    settings = replace(site.runtime.settings, signature_ca=AUTHORITY.write_roots(folder / "authority.pem"))
    runtime = Runtime(settings, site.clock)
    runtime.engine = site.runtime.engine
    # The site's own, so that it is closed with it.
    runtime.database = site.runtime.database
    app = create_app(runtime)
    app.config["SIGNING_PROGRAM"] = program
    app.register_blueprint(blueprint)
    return app
