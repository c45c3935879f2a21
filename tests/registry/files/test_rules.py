"""What may be sent, kept and seen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.files import rules
from registry.files.contents import Form
from registry.files.models import NAME_LENGTH, Disclosure, Purpose

OWNER, OTHER, PARTY = "110440012951", "020940000580", "990140000806"
NOBODY = None
OWN = Actor("own", AccountRole.OWNER, OWNER)
RIVAL = Actor("rival", AccountRole.OWNER, OTHER)
BUYER = Actor("buyer", AccountRole.CUSTOMER, PARTY)
EXPERT = Actor("expert", AccountRole.EXPERT)
ADMINISTRATOR = Actor("administrator", AccountRole.ADMINISTRATOR)
READERS = (NOBODY, OWN, RIVAL, BUYER, EXPERT, ADMINISTRATOR)


@pytest.mark.parametrize(
    ("disclosure", "seeing"),
    [
        (Disclosure.PUBLIC, READERS),
        (Disclosure.PARTIES, (OWN, BUYER, EXPERT, ADMINISTRATOR)),
        (Disclosure.STATE, (OWN, EXPERT, ADMINISTRATOR)),
        (Disclosure.NEVER, (OWN,)),
    ],
)
def test_who_sees_a_file_of_an_organisation(disclosure: Disclosure, seeing: tuple[Actor | None, ...]) -> None:
    def sees(reader: Actor | None) -> bool:
        return rules.may_see(
            disclosure=disclosure,
            purpose=Purpose.ORIGIN,
            owner=OWNER,
            parties={PARTY},
            sent_by_reader=reader is RIVAL,
            reader=reader,
        )

    assert tuple(filter(sees, READERS)) == seeing


@pytest.mark.parametrize("disclosure", [Disclosure.STATE, Disclosure.PARTIES, Disclosure.NEVER])
@pytest.mark.parametrize("purpose", [Purpose.AUTHORITY, Purpose.PERMIT])
def test_whoever_sent_proof_of_authority_sees_it_before_they_are_believed(
    disclosure: Disclosure, purpose: Purpose
) -> None:
    claimant = Actor("claimant", account_id=5)
    sees = rules.may_see(
        disclosure=disclosure, purpose=purpose, owner=OWNER, parties=(), sent_by_reader=True, reader=claimant
    )
    assert sees is (purpose is Purpose.AUTHORITY)


@pytest.mark.parametrize(("reader", "sees"), [(NOBODY, False), (OWN, False), (EXPERT, True)])
def test_files_of_the_register_itself_are_for_staff(reader: Actor | None, sees: bool) -> None:
    said = rules.may_see(
        disclosure=Disclosure.STATE,
        purpose=Purpose.PROTOCOL,
        owner=None,
        parties=(),
        sent_by_reader=False,
        reader=reader,
    )
    assert said is sees


def test_an_account_of_no_organisation_is_not_the_owner_of_what_has_none() -> None:
    bank = Actor("bank", AccountRole.CUSTOMER)
    assert not rules.may_change(owner=None, purpose=Purpose.OTHER, sent_by_actor=True, actor=bank)
    assert not rules.may_attach(owner=None, purpose=Purpose.OTHER, actor=bank)


@pytest.mark.parametrize(
    ("actor", "attaches", "claims", "changes"),
    [
        (OWN, True, True, True),
        (RIVAL, False, True, False),
        (BUYER, False, True, False),
        (EXPERT, True, True, False),
        (Actor("import"), True, True, True),
    ],
)
def test_who_writes(actor: Actor, attaches: bool, claims: bool, changes: bool) -> None:
    assert rules.may_attach(owner=OWNER, purpose=Purpose.PHOTO, actor=actor) is attaches
    assert rules.may_attach(owner=OWNER, purpose=Purpose.AUTHORITY, actor=actor) is claims
    assert rules.may_change(owner=OWNER, purpose=Purpose.PHOTO, sent_by_actor=True, actor=actor) is changes


@pytest.mark.parametrize("purpose", Purpose)
def test_only_photos_and_evidence_can_be_public_and_only_photos_are_at_once(purpose: Purpose) -> None:
    possible = purpose in (Purpose.PHOTO, Purpose.ORIGIN)
    assert (rules.check_disclosure(purpose, Disclosure.PUBLIC) == ()) is possible
    assert rules.check_disclosure(purpose, rules.first_disclosure(purpose)) == ()
    assert (rules.first_disclosure(purpose) is Disclosure.PUBLIC) is (purpose is Purpose.PHOTO)


@pytest.mark.parametrize(
    ("count", "size", "code"),
    [
        (rules.FILES_OF_ONE - 1, 0, None),
        (rules.FILES_OF_ONE, 0, "files.too_many"),
        (1, rules.BYTES_OF_ONE - 7, None),
        (1, rules.BYTES_OF_ONE - 6, "files.no_room"),
    ],
)
def test_room_has_an_end(count: int, size: int, code: str | None) -> None:
    found = rules.check_room(count=count, size=size, adding=7)
    assert [one.code for one in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("given", "form", "kept"),
    [
        ("Сертификат №5.pdf", Form.PDF, "Сертификат №5.pdf"),
        ("Договор от 01.02.2026", Form.PDF, "Договор от 01.02.2026.pdf"),
        ("чертёж.PNG", Form.JPEG, "чертёж.jpg"),
        ("сурет.JPEG", Form.JPEG, "сурет.jpeg"),
        ("../../etc/passwd", Form.PDF, "passwd.pdf"),
        ("C:\\Users\\Айгүл\\қолхат.docx", Form.DOCX, "қолхат.docx"),
        ("..", Form.CSV, "file.csv"),
        (".pdf", Form.PDF, "pdf.pdf"),
        ("", Form.XLSX, "file.xlsx"),
        (None, Form.ODS, "file.ods"),
        ("a\x00b\r\nSet-Cookie: x\x7f.pdf", Form.PDF, "ab Set-Cookie_ x.pdf"),
        ("счёт\u202efdp.exe", Form.PDF, "счётfdp.pdf"),
        ("\u2066ақша\u2069.pdf", Form.PDF, "ақша.pdf"),
        ('a"b<c>|?*.pdf', Form.PDF, "a_b_c____.pdf"),
        ("nul.pdf", Form.PDF, "_nul.pdf"),
        ("Consul.pdf", Form.PDF, "Consul.pdf"),
        ("  ведомость   за  год .pdf", Form.PDF, "ведомость за год.pdf"),
        ("подпись.sig", Form.CMS, "подпись.sig"),
        ("и\u0306од.pdf", Form.PDF, "йод.pdf"),
    ],
)
def test_a_name_is_kept_clean_and_ends_as_its_form_does(given: str | None, form: Form, kept: str) -> None:
    assert rules.kept_name(given, form) == kept


def test_a_name_of_three_hundred_kazakh_letters_is_cut() -> None:
    kept = rules.kept_name("ұңғыма" * 50 + ".pdf", Form.PDF)
    assert kept.startswith("ұңғымаұңғыма")
    assert kept.endswith(".pdf")
    assert len(kept) <= NAME_LENGTH
    assert len(kept.encode()) <= 240


@given(st.text(), st.sampled_from(Form))
def test_whatever_the_name_it_is_safe_to_keep_and_to_hand_out(given: str, form: Form) -> None:
    kept = rules.kept_name(given, form)
    assert 0 < len(kept) <= NAME_LENGTH
    assert len(kept.encode()) <= 240
    assert not set(kept) & set('/\\<>:"|?*\r\n\0')
    assert all(unicodedata.category(sign)[0] != "C" for sign in kept)
    assert kept[0] not in ". "
    assert rules.kept_name(kept, form) == kept


def test_whoever_sent_proof_of_authority_may_take_it_back() -> None:
    newcomer = Actor("newcomer", account_id=7)
    asked = {"owner": OWNER, "purpose": Purpose.AUTHORITY, "actor": newcomer}
    assert rules.may_change(**asked, sent_by_actor=True)  # type: ignore[arg-type]
    assert not rules.may_change(**asked, sent_by_actor=False)  # type: ignore[arg-type]
