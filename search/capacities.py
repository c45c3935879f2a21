"""Free capacity searched by words: the rows of one day and place are few, so the database narrows and this ranks.

The tokens are those of the index, so the same words are found in the same forms and languages. A country's free
capacity is some thousands of rows at a time: 10,000 rows are analysed in about half a second once, and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from registry.suppliers.profiles import Free
from search.analysis import index_text

# A word of the operation's name counts for so much more than one of the notes beside it.
_NAME: Final = 3
_BESIDE: Final = 1

_tokens = lru_cache(maxsize=1 << 15)(lambda text: frozenset(index_text(text).split()))


def found(rows: Sequence[Free], text: str) -> list[Free]:
    """The rows that hold every word of the text, in operation, notes, maker or site, the best first; without a text all
    of them as they came, for a text without a word none."""
    wanted = _tokens(text)
    if not wanted:
        return list(rows) if not text.strip() else []
    scored = []
    for place, row in enumerate(rows):
        named = _tokens(row.operation)
        beside = _tokens("\n".join(filter(None, (row.operation_note, row.note, row.supplier, row.site))))
        if wanted <= named | beside:
            scored.append((-sum(_NAME if word in named else _BESIDE for word in wanted), place, row))
    return [row for _, _, row in sorted(scored, key=lambda one: one[:2])]
