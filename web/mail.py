"""Letters leave here: over SMTP where a server is set, else into the folder that the page /outbox shows."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from registry import messages
from registry.messages import Letter
from registry.wording import Message, say
from web.runtime import Runtime

_TIMEOUT_S: Final = 30
# Answers of a mail server that no later try would change: the address, or what is sent, is refused.
_REFUSED_FOR_GOOD: Final = range(500, 600)
_NOWHERE: Final = "ondiris.example"


class Refused(Exception):
    """The letter was not taken; final: no later try would help."""

    def __init__(self, why: str, *, final: bool) -> None:
        super().__init__(why)
        self.final = final


class Post(Protocol):
    """Takes letters away."""

    def hand_over(self, letter: EmailMessage) -> None:
        """Take one letter. Raises Refused."""


def deliver(runtime: Runtime) -> int:
    """Send every letter that is due; returns how many were sent.

    One whose sender died is due again after a while, so a letter may come twice, with one number, but is never lost.
    """
    post = _post(runtime)
    done = 0
    while True:
        with runtime.database.transaction() as session:
            letter = messages.take(session, now=runtime.now())
        if letter is None:
            return done
        try:
            post.hand_over(written(letter, runtime))
        except Refused as refused:
            with runtime.database.transaction() as session:
                messages.failed(session, letter.id, str(refused), final=refused.final, now=runtime.now())
            continue
        with runtime.database.transaction() as session:
            messages.sent(session, letter.id, now=runtime.now())
        done += 1


def written(letter: Letter, runtime: Runtime) -> EmailMessage:
    """A letter as mail programs read it, in its reader's language."""
    sender = runtime.settings.mail_from or f"register@{_NOWHERE}"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Ondiris <{sender}>"
    mail["To"] = letter.to
    mail["Subject"] = say(Message.from_json(letter.subject), letter.lang)
    mail["Date"] = format_datetime(letter.created_at)
    mail["Message-ID"] = f"<letter-{letter.id}.{int(letter.created_at.timestamp())}@{sender.partition('@')[2]}>"
    # No machine shall answer what a machine has written.
    mail["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    body = say(Message.from_json(letter.body), letter.lang) if letter.body else ""
    mail.set_content(body + "\n", cte="8bit")
    mail["Content-Language"] = letter.lang
    return mail


class SmtpPost:
    """A mail server: `smtp://` with STARTTLS where the server offers it, and always where a password is sent;
    `smtps://` with TLS from the start."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    def hand_over(self, letter: EmailMessage) -> None:
        """Send one letter. Raises Refused: for good where the server says so, else to be tried again."""
        try:
            with self._connected() as server:
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise Refused(f"address refused: {code}", final=code in _REFUSED_FOR_GOOD) from error
        except smtplib.SMTPResponseException as error:
            # A wrong password is the portal's fault and not the letter's: it waits until somebody has mended it.
            final = error.smtp_code in _REFUSED_FOR_GOOD and not isinstance(error, smtplib.SMTPAuthenticationError)
            raise Refused(f"{error.smtp_code} {error.smtp_error!r}", final=final) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Refused(f"{type(error).__name__}: {error}", final=False) from error

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_S)
            server.ehlo()
            if server.has_extn("starttls") or self._user:
                server.starttls(context=context)
        if self._user:
            server.login(self._user, self._password)
        return server


class FolderPost:
    """A folder in which letters are laid down, one file each, for a portal that has no mail server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hand_over(self, letter: EmailMessage) -> None:
        """Lay one letter down; it appears whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = letter["Message-ID"].strip("<>").partition("@")[0]
        half = self._folder / f".{name}"
        half.write_bytes(letter.as_bytes())
        half.replace(self._folder / f"{name}.eml")


def _post(runtime: Runtime) -> Post:
    if runtime.settings.smtp_url:
        return SmtpPost(runtime.settings.smtp_url)
    return FolderPost(runtime.settings.mail_folder)


@dataclass(frozen=True, slots=True)
class Laid:
    """A letter that was laid down."""

    name: str
    at: datetime
    to: str
    subject: str
    lang: str
    body: str


def laid_down(folder: Path, limit: int) -> list[Laid]:
    """The letters in the folder, the newest first."""
    files = sorted(folder.glob("letter-*.eml"), key=_number, reverse=True)
    return list(_read(files[:limit]))


def _read(files: list[Path]) -> Iterator[Laid]:
    for file in files:
        with suppress(FileNotFoundError):
            mail = BytesParser(_class=EmailMessage, policy=SMTP).parsebytes(file.read_bytes())
            yield Laid(
                name=file.stem,
                at=mail["Date"].datetime,
                to=str(mail["To"]),
                subject=str(mail["Subject"]),
                lang=str(mail["Content-Language"]),
                body=mail.get_content(),
            )


def _number(file: Path) -> int:
    digits = file.stem.removeprefix("letter-").partition(".")[0]
    return int(digits) if digits.isdecimal() else 0
