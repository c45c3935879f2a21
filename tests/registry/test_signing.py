"""Texts to sign and their signatures: bound to one account and one thing, used once, kept as evidence."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import func, select

from registry import signing
from registry.audit import AuditRow
from registry.cms import X509Verifier, certificates_in
from registry.db import Database
from registry.errors import Conflict, NotFound, RuleBroken
from registry.signing import LIFETIME, Revocation, Signature, SigningChallenge
from registry.wording import LANGUAGES, Message, tr
from tests.registry.authority import (
    AUTHORITY,
    BIN,
    EMPLOYEE,
    FINANCIAL,
    IIN,
    NOW,
    ORGANISATION,
    OTHER_BIN,
    SIGNATORY,
    SIGNING,
    Holder,
    person,
)
from tests.registry.refusal import refusal

pytestmark = pytest.mark.both_databases

MINUTE = timedelta(minutes=1)
# Any sentence with a value will do for what is declared.
DECLARED = Message("signing.number.other", {"wanted": BIN, "found": OTHER_BIN})
OWN: dict[str, Any] = {"purpose": "claim_supplier", "about": f"supplier:{BIN}", "account_id": 41}
VERIFIER = X509Verifier(
    certificates_in(AUTHORITY.root.certificate.public_bytes(Encoding.DER)),
    certificates_in(AUTHORITY.issuing.certificate.public_bytes(Encoding.DER)),
)


@pytest.fixture(scope="module")
def head() -> Holder:
    return AUTHORITY.head()


def made(database: Database, *, at: Any = NOW, **other: Any) -> SigningChallenge:
    with database.transaction() as session:
        return signing.challenge(
            session, declared=DECLARED, host="portal.example", actor="owner@portal.example", now=at, **OWN | other
        )


def answered(database: Database, text: SigningChallenge, cms: bytes, **other: Any) -> Signature:
    given = {"nonce": text.nonce, "speaks_for": BIN, "actor": "owner@portal.example", "now": NOW + MINUTE}
    with database.transaction() as session:
        return signing.answer(session, VERIFIER, cms, **OWN | given | other)


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_the_text_says_in_three_languages_what_is_signed(database: Database) -> None:
    text = made(database)
    blocks = text.blocks
    assert [lang for lang, _ in blocks] == [None, *LANGUAGES, None]
    assert blocks[0][1] == ["Ondiris · portal.example"]
    assert blocks[-1][1] == [text.nonce]
    for lang, lines in blocks[1:-1]:
        assert lang is not None
        assert lines[0] == tr(DECLARED.code, lang, **DECLARED.params)
        assert "owner@portal.example" in lines[1]
        # In Almaty's time, until half an hour later.
        assert "23.11.2026 11:00" in lines[2]
        assert "23.11.2026 11:30" in lines[2]
    assert text.content == text.text.encode()
    assert "\r" not in text.text


def test_what_people_are_called_cannot_add_lines(database: Database) -> None:
    with database.transaction() as session:
        sly = Message("signing.number.other", {"wanted": "1\n\nI agree to everything", "found": "2"})
        text = signing.challenge(
            session, declared=sly, host="portal.example", actor="a@b.example\n\nx", now=NOW, **OWN | {"account_id": 42}
        )
    assert [len(lines) for _, lines in text.blocks] == [1, 3, 3, 3, 1]


def test_no_two_texts_are_alike(database: Database) -> None:
    texts = [made(database) for _ in range(5)]
    assert len({text.nonce for text in texts}) == len({text.text for text in texts}) == 5
    assert all(len(text.nonce) >= 32 for text in texts)


@pytest.mark.parametrize("wrong", [{"purpose": "Claim it"}, {"purpose": ""}, {"about": ""}, {"about": "x" * 201}])
def test_what_it_is_for_is_said_by_the_program(database: Database, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not a purpose or a key"):
        made(database, **wrong)


def test_a_good_signature_is_kept_with_what_it_says(database: Database, head: Holder) -> None:
    text = made(database)
    cms = head.sign(text.content)
    given = answered(database, text, cms)
    with database.reading() as session:
        (kept,) = signing.signatures(session, purpose="claim_supplier", about=f"supplier:{BIN}")
        assert signing.signatures(session, purpose="claim_supplier", about="supplier:0") == []
        assert kept.challenge.used_at == NOW + MINUTE
        assert kept.challenge.content == text.content
        row = session.scalars(select(AuditRow)).one()
    assert kept.id == given.id
    assert kept.cms == cms
    assert (kept.account_id, kept.iin, kept.bin, kept.person) == (41, IIN, BIN, "САПАРОВ ЕРЛАН БОЛАТҰЛЫ")
    assert (kept.verifier, kept.revocation, kept.checked_at) == ("x509", Revocation.UNCHECKED, NOW + MINUTE)
    assert (row.actor, row.action, row.kind, row.entity_id) == ("owner@portal.example", "sign", "signature", kept.id)
    assert row.after is not None
    assert row.after["bin"] == BIN
    assert IIN not in str(row.after)
    # Whoever doubts it later checks it again, as of then.
    assert VERIFIER.verify(kept.cms, kept.challenge.content, now=kept.checked_at).number == BIN


def test_a_text_is_signed_once(database: Database, head: Holder) -> None:
    text = made(database)
    cms = head.sign(text.content)
    answered(database, text, cms)
    with pytest.raises(Conflict) as caught:
        answered(database, text, cms)
    assert caught.value.message == Message("signing.challenge.used")
    assert (count(database, Signature), count(database, AuditRow)) == (1, 1)


def test_of_two_answers_at_once_one_is_kept(database: Database, head: Holder) -> None:
    text = made(database)
    cms = head.sign(text.content)
    given = {"nonce": text.nonce, "speaks_for": BIN, "now": NOW + MINUTE}
    with database.reading() as session:
        examined = [signing.examine(session, VERIFIER, cms, **OWN | given) for _ in range(2)]
    outcomes: list[object] = []
    together = threading.Barrier(2)

    def keep(one: signing.Examined) -> None:
        together.wait()
        try:
            with database.transaction() as session:
                outcomes.append(signing.keep(session, one, actor="owner@portal.example").id)
        except Conflict as error:
            outcomes.append(error.message.code)

    threads = [threading.Thread(target=keep, args=(one,)) for one in examined]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "signing.challenge.used" in outcomes
    assert count(database, Signature) == 1


def test_a_signature_does_not_serve_for_another_text(database: Database, head: Holder) -> None:
    first, second = made(database), made(database)
    cms = head.sign(first.content)
    with pytest.raises(RuleBroken) as caught:
        answered(database, second, cms)
    assert refusal(caught, "cms") == "signing.content.other"
    # A refusal uses nothing up.
    assert answered(database, second, head.sign(second.content)).challenge_id == second.id


@pytest.mark.parametrize(
    "other", [{"account_id": 42}, {"purpose": "sign_offer"}, {"about": f"supplier:{OTHER_BIN}"}, {"nonce": "unknown"}]
)
def test_a_text_of_another_or_for_another_thing_is_as_none(
    database: Database, head: Holder, other: dict[str, Any]
) -> None:
    text = made(database)
    with pytest.raises(NotFound) as caught:
        answered(database, text, head.sign(text.content), **other)
    assert caught.value.message == Message("signing.challenge.not_found")
    assert count(database, Signature) == 0


def test_a_text_has_its_time(database: Database, head: Holder) -> None:
    text = made(database)
    cms = head.sign(text.content)
    with pytest.raises(RuleBroken) as caught:
        answered(database, text, cms, now=NOW + LIFETIME)
    assert refusal(caught, "cms") == "signing.challenge.expired"
    assert answered(database, text, cms, now=NOW + LIFETIME - timedelta(seconds=1)).id


def test_what_ran_out_is_dropped_and_what_was_signed_stays(database: Database, head: Holder) -> None:
    signed, left, others = made(database), made(database), made(database, account_id=42)
    answered(database, signed, head.sign(signed.content))
    made(database, at=NOW + LIFETIME)
    with database.reading() as session:
        there = set(session.scalars(select(SigningChallenge.nonce)))
    assert {signed.nonce, others.nonce} < there
    assert left.nonce not in there


@pytest.mark.parametrize(
    ("usages", "bin", "speaks_for", "code"),
    [
        ((SIGNING, ORGANISATION, SIGNATORY), BIN, BIN, None),
        ((SIGNING, ORGANISATION, EMPLOYEE), BIN, BIN, "signing.role.cannot_bind"),
        ((SIGNING, ORGANISATION, FINANCIAL), BIN, BIN, "signing.role.cannot_bind"),
        ((SIGNING, ORGANISATION), BIN, BIN, "signing.role.cannot_bind"),
        ((SIGNING, ORGANISATION, SIGNATORY), OTHER_BIN, BIN, "signing.number.other"),
        ((SIGNING,), None, BIN, "signing.number.other"),
        ((SIGNING,), None, IIN, None),  # a sole entrepreneur
        ((SIGNING, ORGANISATION, SIGNATORY), BIN, IIN, "signing.number.other"),
        ((SIGNING,), None, None, None),
        ((SIGNING, ORGANISATION, EMPLOYEE), BIN, None, None),
    ],
)
def test_whom_a_certificate_speaks_for(
    database: Database, usages: tuple[str, ...], bin: str | None, speaks_for: str | None, code: str | None
) -> None:
    text = made(database)
    cms = AUTHORITY.issue(person(bin=bin), usages=usages).sign(text.content)
    if code is None:
        assert answered(database, text, cms, speaks_for=speaks_for).bin == bin
        return
    with pytest.raises(RuleBroken) as caught:
        answered(database, text, cms, speaks_for=speaks_for)
    assert refusal(caught, "cms") == code
