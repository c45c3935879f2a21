"""Small secrets kept in the database, encrypted with a key that is not in it."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Sealer:
    """Encrypts and decrypts with a key derived from the portal's secret key: a copy of the database alone opens
    nothing."""

    def __init__(self, secret_key: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"ondiris sealed columns").derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, text: str) -> str:
        """The text, encrypted and authenticated."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def opened(self, sealed: str) -> str | None:
        """The text that was sealed; None where it was sealed under another key, or tampered with."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
