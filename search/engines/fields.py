"""What an index keeps of a document, by the names of its fields, the same in every engine."""

from __future__ import annotations

from typing import Any, Final

from search.kinds import Document
from search.queries import ICV_SCALE, LEVELS

LANGUAGES: Final = ("kk", "ru", "en")
# Fields with one exact value each: those that are counted, the levels of ТН ВЭД among them, and those that are only
# looked up.
LEVELLED: Final = tuple(f"tnved{level}" for level in LEVELS)
COUNTED: Final = (*LEVELLED, "region", "evidence", "role", "kind")
LOOKED_UP: Final = ("tnved", "kpved", "enstru", "bin")
SORTED: Final = tuple(f"sort_{lang}" for lang in LANGUAGES)

_AS_THEY_ARE: Final = ("body", "about", "words", "region", "evidence", "role", "kind", *LOOKED_UP)


def fields(document: Document) -> dict[str, Any]:
    """The fields of a document; those without a value are left out."""
    code = document.tnved or ""
    values = {
        "name": f"{document.name} {document.alt}".strip(),
        **{name: getattr(document, name) for name in _AS_THEY_ARE},
        **{f"tnved{level}": code[:level] for level in LEVELS if len(code) >= level},
        **{f"sort_{lang}": _packed(key) for lang, key in (document.sort_names or {}).items()},
        "title": [f"{lang}:{name}" for lang, name in (document.titles or {}).items()],
        "sounds": list(document.sounds),
    }
    return {
        "id": document.id,
        "version": document.version,
        "fingerprint": document.fingerprint,
        "live": True,
        "icv": -1 if document.icv is None else int(document.icv * ICV_SCALE),
        **{name: value for name, value in values.items() if value},
    }


def gone(id: int, version: int) -> dict[str, Any]:
    """What stays of a document that was taken out, so that an older version written late does not come back."""
    return {"id": id, "version": version, "live": False}


def _packed(key: str) -> str:
    """A sort key, which is of digits only, in half the characters and the same order."""
    return bytes.fromhex(key + "0" * (len(key) % 2)).decode("latin-1")
