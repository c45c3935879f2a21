"""A certification authority of the tests' own: a root, an issuing authority, people's certificates, signatures, CRLs.

The certificates are made as those of the national authority are (`config/signatures.toml`); everything is made anew in
each test run, and no key is ever stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

# The moment that everything here is made for; tests ask as of it.
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = 365 * DAY

SIGNING, SIGNING_IN = "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.2"
INDIVIDUAL, ORGANISATION = "1.2.398.3.3.4.1.1", "1.2.398.3.3.4.1.2"
HEAD, SIGNATORY, FINANCIAL, PERSONNEL, EMPLOYEE = (f"{ORGANISATION}.{last}" for last in range(1, 6))
POLICY = "1.2.398.3.3.2.1"

IIN, OTHER_IIN = "850312300419", "900101400013"
BIN, OTHER_BIN = "110440012951", "020940000580"


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """A new RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def person(iin: str | None = IIN, bin: str | None = None) -> list[tuple[x509.ObjectIdentifier, str]]:
    """The subject of a person's certificate, or of somebody's in an organisation."""
    found = [
        (NameOID.COMMON_NAME, "САПАРОВ ЕРЛАН"),
        (NameOID.SURNAME, "САПАРОВ"),
        (NameOID.GIVEN_NAME, "БОЛАТҰЛЫ"),
        (NameOID.COUNTRY_NAME, "KZ"),
    ]
    if iin is not None:
        found.append((NameOID.SERIAL_NUMBER, f"IIN{iin}"))
    if bin is not None:
        found += [
            (NameOID.ORGANIZATION_NAME, 'ТОО "Құбыр зауыты"'),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, f"BIN{bin}"),
        ]
    return found


@dataclass
class Holder:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    def sign(
        self,
        content: bytes,
        *,
        attached: bool = False,
        encoding: Encoding = Encoding.DER,
        chain: Sequence[x509.Certificate] = (),
        options: Sequence[pkcs7.PKCS7Options] = (),
        digest: hashes.SHA256 | hashes.SHA384 | None = None,
    ) -> bytes:
        """A CMS signature of the content, byte for byte."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        builder = builder.add_signer(self.certificate, self.key, digest or hashes.SHA256())
        for certificate in chain:
            builder = builder.add_certificate(certificate)
        flags = [pkcs7.PKCS7Options.Binary, *([] if attached else [pkcs7.PKCS7Options.DetachedSignature]), *options]
        return builder.sign(encoding, flags)


@dataclass
class Authority:
    """A root and the authority below it that issues to people."""

    name: str = "ҰЛТТЫҚ ОРТАЛЫҚ (ТЕСТ)"
    root_name: str = "НЕГІЗГІ ОРТАЛЫҚ (ТЕСТ)"
    revoked: list[int] = field(default_factory=list)

    @cached_property
    def root(self) -> Holder:
        """The root, which signs itself."""
        key = rsa_key()
        name = self._named(self.root_name)
        return Holder(self._authority(name, key, name, key), key)

    @cached_property
    def issuing(self) -> Holder:
        """The authority that issues."""
        key = rsa_key()
        name = self._named(self.name)
        return Holder(self._authority(name, key, self.root.certificate.subject, self.root.key), key)

    def issue(
        self,
        subject: Sequence[tuple[x509.ObjectIdentifier, str]] | None = None,
        *,
        usages: Sequence[str] = (SIGNING, INDIVIDUAL),
        for_signing: bool = True,
        valid_from: datetime = NOW - 30 * DAY,
        valid_until: datetime = NOW + YEAR,
        key: Key | None = None,
        by: Holder | None = None,
    ) -> Holder:
        """A certificate as the national authority would issue it."""
        key, by = key or rsa_key(), by or self.issuing
        named = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject or person()])
        builder = self._begun(named, key, by.certificate.subject, valid_from, valid_until)
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
            .add_extension(_key_usage(for_signing), critical=True)
            .add_extension(x509.CertificatePolicies([_policy()]), critical=False)
        )
        if usages:
            extended = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in usages])
            builder = builder.add_extension(extended, critical=False)
        return Holder(builder.sign(by.key, hashes.SHA256()), key)

    def head(self, bin: str = BIN) -> Holder:
        """The head of an organisation."""
        return self.issue(person(bin=bin), usages=(SIGNING, ORGANISATION, HEAD))

    def write_roots(self, path: Path) -> Path:
        """The root and the issuing authority in one PEM file."""
        both = (self.root.certificate, self.issuing.certificate)
        path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in both))
        return path

    def write_crls(
        self,
        folder: Path,
        *,
        at: datetime = NOW - DAY,
        until: datetime = NOW + 7 * DAY,
        encoding: Encoding = Encoding.DER,
    ) -> Path:
        """The lists of revoked certificates of both authorities."""
        folder.mkdir(exist_ok=True)
        for name, holder, serials in (("root", self.root, []), ("issuing", self.issuing, self.revoked)):
            builder = x509.CertificateRevocationListBuilder().issuer_name(holder.certificate.subject)
            builder = builder.last_update(at).next_update(until)
            entries = [
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - 2 * DAY).build()
                for serial in serials
            ]
            builder = builder.add_extension(x509.CRLNumber(1), critical=False)
            for entry in entries:
                builder = builder.add_revoked_certificate(entry)
            (folder / f"{name}.crl").write_bytes(builder.sign(holder.key, hashes.SHA256()).public_bytes(encoding))
        return folder

    def _authority(self, name: x509.Name, key: Key, issuer: x509.Name, issuer_key: Key) -> x509.Certificate:
        builder = self._begun(name, key, issuer, NOW - 5 * YEAR, NOW + 5 * YEAR)
        return (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_authority_usage(), critical=True)
            .sign(issuer_key, hashes.SHA256())
        )

    @staticmethod
    def _named(name: str) -> x509.Name:
        attributes = [(NameOID.COMMON_NAME, name), (NameOID.COUNTRY_NAME, "KZ")]
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])

    @staticmethod
    def _begun(
        name: x509.Name, key: Key, issuer: x509.Name, valid_from: datetime, valid_until: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(valid_from)
            .not_valid_after(valid_until)
        )


# The authority of most tests: keys take long to make.
AUTHORITY = Authority()


def _policy() -> x509.PolicyInformation:
    return x509.PolicyInformation(x509.ObjectIdentifier(POLICY), None)


def _key_usage(for_signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=for_signing,
        key_encipherment=not for_signing,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def private_pem(key: Key) -> bytes:
    """A key as a server reads it from a file."""
    return key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
