"""Real CMS signatures by certificates of a made-up authority: what is taken, and each thing that is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import algos, core
from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings, SettingsError
from registry.cms import RevocationLists, X509Verifier, certificates_in, open_verifier
from registry.errors import RuleBroken
from registry.signing import LARGEST_CMS, Revocation, Signer, Verifier
from tests.registry.authority import (
    AUTHORITY,
    BIN,
    DAY,
    HEAD,
    IIN,
    INDIVIDUAL,
    NOW,
    ORGANISATION,
    OTHER_BIN,
    OTHER_IIN,
    POLICY,
    SIGNING,
    SIGNING_IN,
    YEAR,
    Authority,
    Holder,
    person,
    rsa_key,
)
from tests.registry.refusal import refusal

TEXT = "Мен, Сапаров Ерлан, зауыттың атынан әрекет етемін.\n".encode()


@pytest.fixture(scope="module")
def head() -> Holder:
    return AUTHORITY.head()


@pytest.fixture(scope="module")
def individual() -> Holder:
    return AUTHORITY.issue()


def verifier(lists: Path | None = None) -> X509Verifier:
    roots = certificates_in(AUTHORITY.root.certificate.public_bytes(Encoding.DER))
    between = certificates_in(AUTHORITY.issuing.certificate.public_bytes(Encoding.DER))
    return X509Verifier(roots, between, RevocationLists(lists) if lists else None)


def refused(cms: bytes, *, by: Verifier | None = None, text: bytes = TEXT, now: datetime = NOW) -> str:
    with pytest.raises(RuleBroken) as caught:
        (by or verifier()).verify(cms, text, now=now)
    return refusal(caught, "cms").removeprefix("signing.")


def test_a_good_signature_says_who_signed(head: Holder) -> None:
    signer = verifier().verify(head.sign(TEXT), TEXT, now=NOW)
    assert signer.signed_at is not None
    assert replace(signer, signed_at=None) == Signer(
        person="САПАРОВ ЕРЛАН БОЛАТҰЛЫ",
        iin=IIN,
        organisation='ТОО "Құбыр зауыты"',
        bin=BIN,
        issuer=AUTHORITY.name,
        serial=f"{head.certificate.serial_number:X}",
        valid_from=NOW - 30 * DAY,
        valid_until=NOW + YEAR,
        usages=(SIGNING, ORGANISATION, HEAD),
        policies=(POLICY,),
        algorithm="rsassa_pkcs1v15 sha256",
        signed_at=None,
        revocation=Revocation.UNCHECKED,
    )
    assert signer.number == BIN
    assert [role.word for role in signer.roles] == ["organisation", "head"]


def test_an_individual_speaks_for_themselves(individual: Holder) -> None:
    signer = verifier().verify(individual.sign(TEXT), TEXT, now=NOW)
    assert (signer.number, signer.bin, signer.organisation) == (IIN, None, None)
    assert [role.word for role in signer.roles] == ["individual"]


@pytest.mark.parametrize("attached", [False, True], ids=["detached", "attached"])
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda der: der, id="der"),
        pytest.param(base64.b64encode, id="base64"),
        pytest.param(lambda der: base64.encodebytes(der).replace(b"\n", b"\r\n"), id="base64-lines"),
        pytest.param(lambda der: b"\xef\xbb\xbf" + base64.b64encode(der), id="base64-mark"),
        pytest.param(lambda der: _pem(der, b"CMS"), id="pem-cms"),
        pytest.param(lambda der: b"\n" + _pem(der, b"PKCS7"), id="pem-pkcs7"),
    ],
)
def test_every_form_is_read(head: Holder, attached: bool, written: Callable[[bytes], bytes]) -> None:
    assert verifier().verify(written(head.sign(TEXT, attached=attached)), TEXT, now=NOW).bin == BIN


def _pem(der: bytes, kind: bytes) -> bytes:
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (kind, base64.encodebytes(der), kind)


def test_other_keys_and_digests_are_known() -> None:
    on_curve = AUTHORITY.issue(key=ec.generate_private_key(ec.SECP256R1()))
    assert verifier().verify(on_curve.sign(TEXT), TEXT, now=NOW).algorithm == "ecdsa sha256"
    longer = on_curve.sign(TEXT, digest=hashes.SHA384())
    assert verifier().verify(longer, TEXT, now=NOW).algorithm == "ecdsa sha384"


def test_a_signature_may_bring_its_chain_or_no_attributes(individual: Holder) -> None:
    roots = certificates_in(AUTHORITY.root.certificate.public_bytes(Encoding.DER))
    with_chain = individual.sign(TEXT, chain=[AUTHORITY.issuing.certificate])
    assert X509Verifier(roots).verify(with_chain, TEXT, now=NOW).iin == IIN
    assert refused(individual.sign(TEXT), by=X509Verifier(roots)) == "certificate.issuer"
    bare = individual.sign(TEXT, options=[pkcs7.PKCS7Options.NoAttributes])
    assert verifier().verify(bare, TEXT, now=NOW).signed_at is None
    assert refused(bare, text=TEXT + b" ") == "cms.broken"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"", "cms.missing"),
        (b" \r\n", "cms.missing"),
        ("Мен келісемін".encode(), "cms.unreadable"),
        (b"%PDF-1.7", "cms.unreadable"),
        (b"\x30\x82\xff\xff", "cms.unreadable"),
        (b"\x30\x80", "cms.unreadable"),
        (b"\x30" * 5000, "cms.unreadable"),
        (b"-----BEGIN CMS-----\nMII\n-----END CMS-----", "cms.unreadable"),
        (b"\x30" + bytes(LARGEST_CMS), "cms.too_large"),
    ],
)
def test_what_is_no_signature_is_refused(given: bytes, code: str) -> None:
    assert refused(given) == code


def test_another_kind_of_cms_is_refused(head: Holder) -> None:
    assert refused(head.certificate.public_bytes(Encoding.DER)) == "cms.unreadable"
    enveloped = pkcs7.PKCS7EnvelopeBuilder().set_data(TEXT).add_recipient(head.certificate)
    assert refused(enveloped.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])) == "cms.unreadable"


@pytest.mark.parametrize("attached", [False, True], ids=["detached", "attached"])
@pytest.mark.parametrize("other", [TEXT.replace(b"\n", b"\r\n"), TEXT[:-1], TEXT + b" ", b""])
def test_another_text_is_refused(head: Holder, attached: bool, other: bytes) -> None:
    assert refused(head.sign(other, attached=attached)) == "content.other"


def test_a_signature_that_is_not_of_the_certificates_key_is_refused(head: Holder, individual: Holder) -> None:
    stolen = Holder(head.certificate, individual.key)
    assert refused(stolen.sign(TEXT)) == "cms.broken"


def test_an_attached_text_that_was_exchanged_is_refused(head: Holder) -> None:
    other = TEXT.replace("Мен".encode(), "Сен".encode())
    exchanged = head.sign(other, attached=True).replace(other, TEXT)
    assert refused(exchanged) == "content.other"


def test_several_signers_are_refused(head: Holder, individual: Holder) -> None:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(TEXT)
    builder = builder.add_signer(head.certificate, head.key, hashes.SHA256())
    builder = builder.add_signer(individual.certificate, individual.key, hashes.SHA256())
    both = builder.sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
    assert refused(both) == "cms.several"


def test_a_signature_without_its_certificate_is_refused(head: Holder) -> None:
    assert refused(head.sign(TEXT, options=[pkcs7.PKCS7Options.NoCerts])) == "cms.no_certificate"


def test_a_heap_of_certificates_is_refused(head: Holder) -> None:
    assert (
        refused(head.sign(TEXT, chain=[AUTHORITY.issue(key=head.key).certificate for _ in range(10)]))
        == "cms.unreadable"
    )


def test_the_time_of_a_certificate_counts_to_the_second(individual: Holder) -> None:
    cms = individual.sign(TEXT)
    second = timedelta(seconds=2)
    assert refused(cms, now=NOW - 30 * DAY - second) == "certificate.not_yet"
    assert verifier().verify(cms, TEXT, now=NOW - 30 * DAY).iin == IIN
    assert verifier().verify(cms, TEXT, now=NOW + YEAR).iin == IIN
    assert refused(cms, now=NOW + YEAR + second) == "certificate.expired"


def test_certificates_of_others_are_refused(individual: Holder) -> None:
    assert refused(Authority("ANOTHER", "ANOTHER ROOT").head().sign(TEXT)) == "certificate.issuer"
    # Under the same names, and even with its whole chain, it is another's key.
    same_names = Authority()
    chain = [same_names.issuing.certificate, same_names.root.certificate]
    assert refused(same_names.issue().sign(TEXT)) == "certificate.chain"
    assert refused(same_names.issue().sign(TEXT, chain=chain)) == "certificate.chain"
    key = rsa_key()
    by_itself = AUTHORITY.issue(key=key, by=Holder(individual.certificate, key))
    assert refused(by_itself.sign(TEXT)) == "certificate.issuer"


def test_a_person_may_not_issue_certificates(individual: Holder) -> None:
    issued = AUTHORITY.issue(person(OTHER_IIN, OTHER_BIN), usages=(SIGNING, ORGANISATION, HEAD), by=individual)
    cms = issued.sign(TEXT, chain=[individual.certificate])
    assert refused(cms) in ("certificate.issuer", "certificate.chain")


@pytest.mark.parametrize(
    ("usages", "for_signing"),
    [
        ((SIGNING_IN, INDIVIDUAL), False),
        ((SIGNING_IN, INDIVIDUAL), True),
        ((SIGNING, INDIVIDUAL), False),
        ((), True),
        (("2.5.29.37.0",), True),
    ],
)
def test_a_key_for_something_else_is_refused(usages: tuple[str, ...], for_signing: bool) -> None:
    assert refused(AUTHORITY.issue(usages=usages, for_signing=for_signing).sign(TEXT)) == "certificate.usage"


def test_a_short_key_is_refused() -> None:
    assert refused(AUTHORITY.issue(key=rsa_key(1024)).sign(TEXT)) == "algorithm.weak"


def test_an_outdated_digest_is_refused(head: Holder) -> None:
    parsed = _taken_apart(head.sign(TEXT))
    parsed["content"]["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha1"}
    assert refused(parsed.dump(force=True)) == "algorithm.weak"


@pytest.mark.parametrize(
    ("digest", "signature", "code"),
    [
        ("1.2.398.3.10.1.3.3", "1.2.398.3.10.1.1.2.3.2", "algorithm.national"),  # ГОСТ 34.310-2015, 512 bits
        ("1.2.398.3.10.1.3.1.1.0", "1.2.398.3.10.1.1.1.2", "algorithm.national"),  # ГОСТ 34.310-2004
        ("2.16.840.1.101.3.4.2.1", "1.3.6.1.4.1.6801.1.2.2", "algorithm.national"),
        ("1.2.643.7.1.1.2.2", "1.2.643.7.1.1.3.2", "algorithm.unknown"),  # the Russian standard
        ("2.16.840.1.101.3.4.2.1", "1.2.840.10040.4.3", "algorithm.unknown"),  # DSA
    ],
)
def test_algorithms_of_other_libraries_are_told(head: Holder, digest: str, signature: str, code: str) -> None:
    parsed = _taken_apart(head.sign(TEXT))
    info = parsed["content"]["signer_infos"][0]
    info["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": digest})
    info["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": signature})
    assert refused(parsed.dump(force=True)) == code


def _taken_apart(cms: bytes) -> asn1_cms.ContentInfo:
    return asn1_cms.ContentInfo.load(cms)


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (person(iin=None), "certificate.no_iin"),
        (person(iin=None, bin=BIN), "certificate.no_iin"),
        (person(iin="85031230041"), "certificate.numbers"),
        (person(iin="85031230041X"), "certificate.numbers"),
        (person(bin="11044001295"), "certificate.numbers"),
        ([*person(), *person(OTHER_IIN)[-1:]], "certificate.numbers"),
        ([*person(bin=BIN), *person(bin=OTHER_BIN)[-1:]], "certificate.numbers"),
    ],
)
def test_who_signed_must_be_told_plainly(subject: list[tuple[x509.ObjectIdentifier, str]], code: str) -> None:
    assert refused(AUTHORITY.issue(subject).sign(TEXT)) == code


def test_units_of_an_organisation_are_no_numbers() -> None:
    unit = (x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "Бухгалтерия")
    signer = verifier().verify(AUTHORITY.issue([*person(bin=BIN), unit]).sign(TEXT), TEXT, now=NOW)
    assert signer.bin == BIN


def test_lists_of_revoked_certificates(tmp_path: Path) -> None:
    authority = Authority()
    good, bad = authority.issue(), authority.head()
    authority.revoked.append(bad.certificate.serial_number)
    folder = authority.write_crls(tmp_path / "crl")
    given = Settings.from_env(
        {
            "ONDIRIS_SIGNATURE_CA": str(authority.write_roots(tmp_path / "ca.pem")),
            "ONDIRIS_SIGNATURE_CRL": str(folder),
        }
    )
    checking = open_verifier(given)
    assert checking is not None
    assert checking.verify(good.sign(TEXT), TEXT, now=NOW).revocation is Revocation.CHECKED
    assert refused(bad.sign(TEXT), by=checking) == "certificate.revoked"
    # Revoked today: a new list is seen without a restart, in whichever form it comes.
    authority.revoked.append(good.certificate.serial_number)
    authority.write_crls(folder, encoding=Encoding.PEM)
    assert refused(good.sign(TEXT), by=checking) == "certificate.revoked"


def test_nothing_is_taken_on_old_missing_or_foreign_lists(tmp_path: Path) -> None:
    authority = Authority()
    cms = authority.issue().sign(TEXT)
    folder = authority.write_crls(tmp_path / "crl", until=NOW - DAY / 2)
    roots = certificates_in(authority.root.certificate.public_bytes(Encoding.DER))
    between = certificates_in(authority.issuing.certificate.public_bytes(Encoding.DER))
    checking = X509Verifier(roots, between, RevocationLists(folder))
    assert refused(cms, by=checking) == "certificate.unchecked"
    authority.write_crls(folder)
    assert checking.verify(cms, TEXT, now=NOW).revocation is Revocation.CHECKED
    (folder / "issuing.crl").write_bytes(b"no list")
    assert refused(cms, by=checking) == "certificate.unchecked"
    Authority().write_crls(folder)
    assert refused(cms, by=checking) == "certificate.unchecked"
    for file in folder.iterdir():
        file.unlink()
    assert refused(cms, by=checking) == "certificate.unchecked"


HOSTILE = AUTHORITY.head().sign(TEXT, attached=True, chain=[AUTHORITY.issuing.certificate])


@given(st.lists(st.tuples(st.integers(0, len(HOSTILE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_broken_bytes_are_refused_and_never_fail(changes: list[tuple[int, int]]) -> None:
    broken = bytearray(HOSTILE)
    for place, value in changes:
        broken[place] = value
    try:
        signer = verifier().verify(bytes(broken), TEXT, now=NOW)
    except RuleBroken:
        return
    # What is not signed may be changed: nobody is made another person by it.
    assert (signer.iin, signer.bin) == (IIN, BIN)


@given(st.integers(0, len(HOSTILE) - 1), st.binary(max_size=20))
def test_cut_and_lengthened_bytes_are_refused(place: int, more: bytes) -> None:
    with pytest.raises(RuleBroken):
        verifier().verify(HOSTILE[:place] + more, TEXT, now=NOW)


def test_deep_nesting_is_refused() -> None:
    nested = b""
    for _ in range(400):
        nested = core.Sequence(contents=nested).dump()
    assert refused(nested) == "cms.unreadable"


# Opening by the settings.


def test_without_roots_signing_is_not_offered() -> None:
    assert open_verifier(Settings.from_env({})) is None


def test_a_folder_of_certificates_in_any_form(tmp_path: Path, individual: Holder) -> None:
    (tmp_path / "root.cer").write_bytes(AUTHORITY.root.certificate.public_bytes(Encoding.DER))
    (tmp_path / "nca.PEM").write_bytes(AUTHORITY.issuing.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "readme.txt").write_text("roots of the authority")
    opened = open_verifier(Settings.from_env({"ONDIRIS_SIGNATURE_CA": str(tmp_path)}))
    assert opened is not None
    assert opened.verify(individual.sign(TEXT), TEXT, now=NOW).iin == IIN


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no certificate in PEM or DER"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n", "is no certificate in PEM or DER"),
        (AUTHORITY.issuing.certificate.public_bytes(Encoding.PEM), "no root certificate in"),
    ],
)
def test_bad_roots_stop_the_start(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(SettingsError, match=says):
        open_verifier(Settings.from_env({"ONDIRIS_SIGNATURE_CA": str(tmp_path)}))


class National:
    """Stands where a way into the national provider's library is plugged in."""

    name = "national"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def verify(self, cms: bytes, content: bytes, *, now: datetime) -> Signer:
        """Never asked here."""
        raise NotImplementedError


def test_another_verifier_is_plugged_in_by_name() -> None:
    settings = Settings.from_env({"ONDIRIS_SIGNATURE_VERIFIER": f"{__name__}:National"})
    opened = open_verifier(settings)
    assert isinstance(opened, National)
    assert opened.settings == settings


@pytest.mark.parametrize("name", ["kalkan.nowhere:verifier", f"{__name__}:Nothing", f"{__name__}:person"])
def test_a_verifier_that_is_not_there_stops_the_start(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} makes no verifier"):
        open_verifier(Settings.from_env({"ONDIRIS_SIGNATURE_VERIFIER": name}))
