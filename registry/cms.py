"""CMS signatures checked with X.509 chains, on RSA and ECDSA: the `Verifier` that this system brings.

The cryptography is pyHanko's and pyca's: here is only in which order they are asked, and what a refusal says. Nothing
is fetched: roots and lists of revoked certificates are files of whoever runs the portal.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import traceback
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final

from asn1crypto import algos, cms, core, crl, pem, x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_self_reported_ts,
    validate_sig_integrity,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    CRLValidationError,
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy
from pyhanko_certvalidator.util import get_pyca_cryptography_hash

from config.settings import Problem, Settings, SettingsError
from registry.certificates import profile
from registry.errors import RuleBroken
from registry.signing import LARGEST_CMS, Revocation, Signer, Verifier, refuse

logger = logging.getLogger(__name__)

# SHA-1 among them: two texts can be made that share it.
_WEAK: Final = CMSAlgorithmUsagePolicy.lift_policy(
    DisallowWeakAlgorithmsPolicy(weak_hash_algos=frozenset({"md2", "md5", "sha1"}))
)
_DIGESTS: Final = frozenset({"sha224", "sha256", "sha384", "sha512", "md5", "md2", "sha1"})
_SIGNATURES: Final = frozenset({"rsassa_pkcs1v15", "rsassa_pss", "ecdsa"})
# A signature brings its signer's certificate and the few above it; paths through many more would take long to try.
_MOST_CERTIFICATES: Final = 10
_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der"})


def open_verifier(settings: Settings) -> Verifier | None:
    """What checks signatures by these settings; None where they name nothing, and signing is not offered.

    Raises SettingsError for a verifier that cannot be loaded and for roots that cannot be read.
    """
    if settings.signature_verifier:
        return _named(settings.signature_verifier, settings)
    if settings.signature_ca is None:
        return None
    roots, others = _trusted(settings.signature_ca)
    return X509Verifier(roots, others, RevocationLists(settings.signature_crl) if settings.signature_crl else None)


def _named(name: str, settings: Settings) -> Verifier:
    module, _, factory = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), factory)(settings)
        if not isinstance(made, Verifier):
            raise TypeError("what it gave has no name or cannot verify")
    except Exception as error:
        # Whatever somebody else's library fails with, the portal must not start as if it could check signatures.
        values = {"name": "ONDIRIS_SIGNATURE_VERIFIER", "given": name, "reason": f"{type(error).__name__}: {error}"}
        raise SettingsError((Problem("setting.verifier", values),)) from error
    return made


def _trusted(path: Path) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """Roots, and the certificates between: of a file, or of a folder's certificate files."""
    names = sorted(path.iterdir()) if path.is_dir() else [path]
    files = [file for file in names if file.is_file() and (file == path or file.suffix.lower() in _SUFFIXES)]
    found: list[x509.Certificate] = []
    for file in files:
        try:
            found += certificates_in(file.read_bytes())
        except (OSError, ValueError) as error:
            raise _unreadable(file, "setting.certificate") from error
    roots = [certificate for certificate in found if certificate.self_issued]
    if not roots:
        raise _unreadable(path, "setting.no_root")
    return roots, [certificate for certificate in found if not certificate.self_issued]


def _unreadable(path: Path, code: str) -> SettingsError:
    return SettingsError((Problem(code, {"name": "ONDIRIS_SIGNATURE_CA", "path": str(path)}),))


def certificates_in(content: bytes) -> list[x509.Certificate]:
    """The certificates of a file, PEM or DER. Raises ValueError where it holds none or a broken one."""
    blocks = _blocks(content, "CERTIFICATE")
    found = [x509.Certificate.load(block, strict=True) for block in blocks]
    for certificate in found:
        _ = certificate.native
    return found


def _blocks(content: bytes, *wanted: str) -> list[bytes]:
    if not pem.detect(content):
        return [content]
    found = [block for kind, _, block in pem.unarmor(content, multiple=True) if kind in wanted]
    if not found:
        raise ValueError(f"no {' or '.join(wanted)} in it")
    return found


class RevocationLists:
    """The lists of revoked certificates in a folder (*.crl, DER or PEM), read anew when a file has changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, tuple[tuple[int, int], list[crl.CertificateList]]] = {}

    def current(self) -> list[crl.CertificateList]:
        """The lists as they now stand. A file that cannot be read is left out, which leaves its certificates unchecked
        and therefore refused."""
        found: list[crl.CertificateList] = []
        for file in sorted(self.folder.glob("*.crl")):
            try:
                state = file.stat()
                stamp = (state.st_mtime_ns, state.st_size)
                held = self._read.get(file)
                if held is None or held[0] != stamp:
                    lists = [crl.CertificateList.load(one) for one in _blocks(file.read_bytes(), "X509 CRL", "CRL")]
                    held = self._read[file] = (stamp, lists)
                found += held[1]
            except (OSError, ValueError) as error:
                logger.error("the list of revoked certificates %s cannot be read: %s", file, error)
        return found


@dataclass(frozen=True, slots=True)
class _Envelope:
    """A signature taken apart. attached: the signed bytes where it brings them."""

    signer_info: cms.SignerInfo
    certificate: x509.Certificate
    others: Sequence[x509.Certificate]
    attached: bytes | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a certificate authority stands: its name, the day its certificate ends, and until when its newest list of
    revoked certificates holds. listed_until: None where there is no list, or where none is asked for (`asked`)."""

    name: str
    valid_until: datetime
    asked: bool
    listed_until: datetime | None


class X509Verifier:
    """Checks signatures against trusted roots.

    others: certificates between the roots and the signers', which a signature need not bring itself. lists: where
    given, each certificate of the path needs a current one that does not name it; without, the signer is kept as
    unchecked.
    """

    name = "x509"

    def __init__(
        self,
        roots: Sequence[x509.Certificate],
        others: Sequence[x509.Certificate] = (),
        lists: RevocationLists | None = None,
    ) -> None:
        self._roots = roots
        self._others = others
        self._lists = lists
        # Certificates and lists are parsed where they are first read, in place: of two threads one would see a list of
        # revoked certificates that the other has filled half.
        self._lock = Lock()

    def verify(self, cms: bytes, content: bytes, *, now: datetime) -> Signer:
        """See Verifier."""
        with _read_or_refused(), self._lock:
            envelope = _opened(cms)
            digest = _digest_algorithm(envelope)
            if envelope.attached is not None and envelope.attached != content:
                raise refuse("signing.content.other")
            _check_integrity(envelope, digest, content)
            self._check_path(envelope, now)
            _check_usage(envelope.certificate)
            return _signer(envelope, self._lists is not None)

    def authorities(self) -> list[Standing]:
        """How each trusted authority stands. A list without an end holds for ever, as its authority says."""
        with self._lock:
            until: dict[bytes, datetime] = {}
            for one in self._lists.current() if self._lists else []:
                tbs = one["tbs_cert_list"]
                ends = tbs["next_update"].native or datetime.max.replace(tzinfo=UTC)
                issuer = one.issuer.dump()
                until[issuer] = max(ends, until.get(issuer, ends))
            return [
                Standing(_words(it.subject), it.not_valid_after, self._lists is not None, until.get(it.subject.dump()))
                for it in (*self._roots, *self._others)
            ]

    def _check_path(self, envelope: _Envelope, now: datetime) -> None:
        context = ValidationContext(
            trust_roots=list(self._roots),
            other_certs=[*self._others, *envelope.others],
            moment=now,
            crls=self._lists.current() if self._lists else [],
            revocation_mode="require" if self._lists else "soft-fail",
            algorithm_usage_policy=_WEAK,
        )
        try:
            asyncio.run(CertificateValidator(envelope.certificate, validation_context=context).async_validate_path())
        except ExpiredError as error:
            raise refuse("signing.certificate.expired", at=error.expired_dt) from error
        except NotYetValidError as error:
            raise refuse("signing.certificate.not_yet", at=error.valid_from) from error
        except RevokedError as error:
            raise refuse("signing.certificate.revoked", at=error.revocation_dt) from error
        except DisallowedAlgorithmError as error:
            raise refuse("signing.algorithm.weak") from error
        except (InsufficientRevinfoError, CRLValidationError) as error:
            logger.error("whether a certificate is revoked cannot be told: the lists in the folder are old or missing")
            raise refuse("signing.certificate.unchecked") from error
        except (PathBuildingError, InvalidCertificateError) as error:
            raise refuse("signing.certificate.issuer", issuer=_words(envelope.certificate.issuer)) from error
        except ValidationError as error:
            raise refuse("signing.certificate.chain") from error


@contextmanager
def _read_or_refused() -> Iterator[None]:
    """Turn what broken bytes make the readers raise into a refusal: they read lazily, so it may come at any step."""
    try:
        yield
    except RuleBroken:
        raise
    except UnsupportedAlgorithm as error:
        raise refuse("signing.algorithm.unknown") from error
    except Exception as error:
        # Of any kind: fuzzing met an UnboundLocalError of the ASN.1 reader. Where it arose is logged, so that a fault
        # of this program is found; not what was said, which may hold a person's name.
        where = traceback.extract_tb(error.__traceback__)[-1]
        logger.info("a signature is not read: %s at %s:%s", type(error).__name__, where.filename, where.lineno)
        raise refuse("signing.cms.unreadable") from error


def _opened(given: bytes) -> _Envelope:
    if not given.strip():
        raise refuse("signing.cms.missing")
    if len(given) > LARGEST_CMS:
        raise refuse("signing.cms.too_large", most=LARGEST_CMS // 1024)
    outer = cms.ContentInfo.load(decoded(given), strict=True)
    if outer["content_type"].native != "signed_data":
        raise refuse("signing.cms.unreadable")
    data = outer["content"]
    if len(data["signer_infos"]) != 1:
        raise refuse("signing.cms.several", n=len(data["signer_infos"]))
    if len(data["certificates"]) > _MOST_CERTIFICATES:
        raise refuse("signing.cms.unreadable")
    try:
        certificates = extract_certs_for_validation(data)
    except SignatureValidationError as error:
        raise refuse("signing.cms.no_certificate") from error
    inner = data["encap_content_info"]
    if inner["content_type"].native != "data":
        raise refuse("signing.cms.unreadable")
    return _Envelope(
        signer_info=extract_signer_info(data),
        certificate=certificates.signer_cert,
        others=certificates.other_certs,
        attached=None if isinstance(inner["content"], core.Void) else bytes(inner["content"]),
    )


def decoded(given: bytes) -> bytes:
    """The signature's own bytes, which may come as they are, as PEM or as base64. Raises ValueError if as none."""
    text = given.strip().removeprefix(b"\xef\xbb\xbf")
    if given[:1] == b"\x30":
        return given
    if pem.detect(text):
        return bytes(pem.unarmor(text)[2])
    return b64decode(b"".join(text.split()), validate=True)


def _digest_algorithm(envelope: _Envelope) -> str:
    """The name of the digest, after checking that every algorithm is one that this verifier knows and none is weak."""
    info, certificate = envelope.signer_info, envelope.certificate
    digest, signature = info["digest_algorithm"], info["signature_algorithm"]
    key = certificate["tbs_certificate"]["subject_public_key_info"]["algorithm"]
    of_issuer = certificate["signature_algorithm"]
    identifiers = [one["algorithm"].dotted for one in (digest, signature, key, of_issuer)]
    if any(map(profile().is_national, identifiers)):
        raise refuse("signing.algorithm.national")
    if digest["algorithm"].native not in _DIGESTS or _scheme(signature) not in _SIGNATURES:
        raise refuse("signing.algorithm.unknown")
    allowed = (
        _WEAK.digest_algorithm_allowed(digest, moment=None),
        _WEAK.signature_algorithm_allowed(signature, moment=None, public_key=certificate.public_key),
        _WEAK.digest_combination_allowed(signature, digest, moment=None),
    )
    if not all(allowed):
        raise refuse("signing.algorithm.weak")
    return str(digest["algorithm"].native)


def _scheme(signature: algos.SignedDigestAlgorithm) -> str:
    try:
        return str(signature.signature_algo)
    except ValueError:
        return ""


def _check_integrity(envelope: _Envelope, digest: str, content: bytes) -> None:
    hashed = hashes.Hash(get_pyca_cryptography_hash(digest))
    hashed.update(content)
    try:
        intact, valid = validate_sig_integrity(
            envelope.signer_info, envelope.certificate, expected_content_type="data", actual_digest=hashed.finalize()
        )
    except SignatureValidationError as error:
        raise refuse("signing.cms.broken") from error
    if not valid:
        raise refuse("signing.cms.broken")
    if not intact:
        raise refuse("signing.content.other")


def _check_usage(certificate: x509.Certificate) -> None:
    wanted = KeyUsageConstraints(key_usage=profile().key_usage, match_all_key_usages=True)
    try:
        wanted.validate(certificate)
    except InvalidCertificateError as error:
        raise refuse("signing.certificate.usage") from error
    if profile().signing not in _usages(certificate):
        raise refuse("signing.certificate.usage")


def _usages(certificate: x509.Certificate) -> tuple[str, ...]:
    return tuple(usage.dotted for usage in certificate.extended_key_usage_value or ())


def _signer(envelope: _Envelope, revocation_checked: bool) -> Signer:
    certificate = envelope.certificate
    said = profile()
    names: dict[str, list[str]] = {}
    for relative in certificate.subject.chosen:
        for attribute in relative:
            names.setdefault(attribute["type"].dotted, []).append(str(attribute["value"].native))
    try:
        people, organisations = said.iin.read(names.get(said.iin.oid, ())), said.bin.read(names.get(said.bin.oid, ()))
    except ValueError as error:
        raise refuse("signing.certificate.numbers") from error
    if not people:
        raise refuse("signing.certificate.no_iin")
    if len(people) > 1 or len(organisations) > 1:
        raise refuse("signing.certificate.numbers")
    return Signer(
        person=" ".join(_first(names, oid) for oid in (said.person, said.patronymic)).strip(),
        iin=people[0],
        organisation=_first(names, said.organisation) or None,
        bin=organisations[0] if organisations else None,
        issuer=_words(certificate.issuer),
        serial=f"{certificate.serial_number:X}",
        valid_from=certificate.not_valid_before,
        valid_until=certificate.not_valid_after,
        usages=_usages(certificate),
        policies=tuple(one["policy_identifier"].dotted for one in certificate.certificate_policies_value or ()),
        algorithm=_algorithm(envelope.signer_info),
        signed_at=extract_self_reported_ts(envelope.signer_info),
        revocation=Revocation.CHECKED if revocation_checked else Revocation.UNCHECKED,
    )


def _algorithm(info: cms.SignerInfo) -> str:
    """Such as `rsassa_pkcs1v15 sha256`: the first need not name the digest."""
    return f"{_scheme(info['signature_algorithm'])} {info['digest_algorithm']['algorithm'].native}"


def _first(names: dict[str, list[str]], oid: str) -> str:
    return " ".join(names.get(oid, [""])[0].split())


def _words(name: x509.Name) -> str:
    """The authority's name, without the country and the like where it has one of its own."""
    common = name.native.get("common_name")
    return common if isinstance(common, str) else str(name.human_friendly)
