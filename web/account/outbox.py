"""Letters that no mail server takes away: without one the journey of the demonstration can be walked all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from flask import g, render_template

from registry.accounts.models import AccountRole
from registry.errors import NotAllowed, NotFound
from registry.wording import Message
from web import auth
from web.account.blueprint import account
from web.addresses import absolute
from web.demonstration import demonstration
from web.mail import laid_down
from web.session import runtime

_SHOWN: Final = 50
_LINK: Final = re.compile(r"https?://[^\s<>\"]+")


def outbox_open() -> bool:
    """Whether the reader may read the letters laid down: an administrator, and in the demonstration everybody."""
    if runtime().settings.smtp_url:
        return False
    return demonstration() or bool(g.account and g.account.role is AccountRole.ADMINISTRATOR)


@account.get("/outbox")
@auth.allow(auth.ANYONE)
def outbox() -> str:
    """The letters laid down, the newest first.

    They open accounts and set passwords: only an administrator reads them, and everybody in the demonstration, whose
    passwords are printed anyway. Where a mail server is set there is no such page.
    """
    settings = runtime().settings
    if settings.smtp_url:
        raise NotFound(Message("web.account.no_outbox"))
    if not outbox_open():
        raise NotAllowed(Message("web.account.outbox_closed"))
    letters = laid_down(settings.mail_folder, _SHOWN)
    return render_template("account/outbox.html", letters=letters, parts=parts)


def parts(body: str) -> Iterator[tuple[str, str | None]]:
    """A letter's text in pieces: (text, the page of this portal that it is the address of)."""
    end = 0
    for found in _LINK.finditer(body):
        yield body[end : found.start()], None
        yield found[0], found[0].removeprefix(absolute(""))
        end = found.end()
    yield body[end:], None
