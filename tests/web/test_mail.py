"""Letters go out over a real SMTP conversation, wait when nobody takes them, and come once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from registry import messages
from registry.messages import Letter, LetterState
from registry.wording import Message, tr
from tests.web.portal import Site
from web.mail import deliver, laid_down
from web.runtime import Runtime
from web.worker import run_job

SUBJECT, BODY = (
    Message("accounts.letter.password_set.subject"),
    Message("accounts.letter.password_set.body", {"name": "Ә"}),
)


@dataclass
class Server:
    """A mail server that speaks as much SMTP as is needed, and answers recipients as it is told to."""

    answer: bytes = b"250 ok"
    letters: list[bytes] = field(default_factory=list)
    port: int = 0

    def talk(self, line: socket.socket) -> None:
        """One conversation."""
        with line, line.makefile("rwb", buffering=0) as talk:
            talk.write(b"220 here\r\n")
            while word := talk.readline().strip().upper():
                if word.startswith(b"DATA"):
                    talk.write(b"354 go on\r\n")
                    said = b""
                    while (text := talk.readline()) != b".\r\n":
                        said += text
                    self.letters.append(said)
                if word.startswith(b"QUIT"):
                    talk.write(b"221 bye\r\n")
                    return
                talk.write((self.answer if word.startswith(b"RCPT") else b"250 ok") + b"\r\n")


@contextmanager
def mail_server(answer: bytes = b"250 ok") -> Iterator[Server]:
    server = Server(answer)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                server.talk(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def sending(site: Site, port: int) -> Runtime:
    """The runtime of a portal with a mail server."""
    settings = replace(
        site.runtime.settings,
        smtp_url=f"smtp://127.0.0.1:{port}",
        mail_from="register@portal.example",
        portal_url="https://portal.example",
    )
    runtime = Runtime(settings, site.clock)
    runtime.database = site.runtime.database
    return runtime


def queued(site: Site, to: str = "a@b.example", **more: str) -> bool:
    with site.runtime.database.transaction() as session:
        return messages.queue(session, to=to, lang="kk", subject=SUBJECT, body=BODY, now=site.clock.now, **more)


def state(site: Site) -> tuple[LetterState, int, str | None]:
    with site.runtime.database.reading() as session:
        letter = session.scalars(select(Letter)).one()
    return letter.state, letter.attempts, letter.error


pytestmark = pytest.mark.both_databases


def test_a_letter_goes_out_whole(site: Site) -> None:
    queued(site, unsubscribe="https://portal.example/u/1")
    with mail_server() as server:
        assert deliver(sending(site, server.port)) == 1
        assert deliver(sending(site, server.port)) == 0
    [raw] = server.letters
    letter = message_from_bytes(raw, policy=default)
    assert (letter["From"], letter["To"]) == ("Ondiris <register@portal.example>", "a@b.example")
    assert letter["Subject"] == tr(SUBJECT.code, "kk")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().split() == tr(BODY.code, "kk", name="Ә").split()
    assert state(site) == (LetterState.SENT, 1, None)


def test_an_address_that_is_refused_for_good_is_not_tried_again(site: Site) -> None:
    queued(site)
    with mail_server(answer=b"550 no such person") as server:
        deliver(sending(site, server.port))
    assert state(site) == (LetterState.FAILED, 1, "address refused: 550")


def test_a_server_that_is_away_is_asked_later_and_later(site: Site) -> None:
    queued(site)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    runtime = sending(site, port)
    for attempt in range(1, messages.MAX_ATTEMPTS + 1):
        assert run_job(runtime) is not None
        assert state(site)[1] == attempt
        assert run_job(runtime) is None
        with site.runtime.database.reading() as session:
            site.clock.now = session.scalars(select(Letter.send_after)).one()
    assert state(site)[0] is LetterState.FAILED
    assert run_job(runtime) is None


def test_a_letter_whose_sender_died_is_sent_by_another(site: Site) -> None:
    queued(site)
    with site.runtime.database.transaction() as session:
        assert messages.take(session, now=site.clock.now) is not None
    assert deliver(site.runtime) == 0
    site.clock.now += messages.LEASE + timedelta(seconds=1)
    assert deliver(site.runtime) == 1
    [laid] = laid_down(site.runtime.settings.mail_folder, 10)
    assert laid.at == site.clock.now - messages.LEASE - timedelta(seconds=1)
    assert (laid.to, laid.lang) == ("a@b.example", "kk")


def test_what_must_be_said_once_is_queued_once(site: Site) -> None:
    assert queued(site, reference="need:7:account:3")
    assert not queued(site, reference="need:7:account:3")
    assert queued(site, reference="need:7:account:4")
    assert deliver(site.runtime) == 2
    assert not queued(site, reference="need:7:account:3")
