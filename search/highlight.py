"""Which words of a text are those that were searched for; done here, so it is the same for every engine."""

from __future__ import annotations

from search.analysis import query_tokens, spans
from search.engines.asking import LONGEST_TEXT


def marked(text: str, query_text: str) -> list[tuple[str, bool]]:
    """The text in pieces, in order and complete, each with whether it is what the query asked for.

    Found is what the index finds: other forms of a word, a dimension by one of its numbers, another sign between them.
    """
    wanted = frozenset(query_tokens(query_text[:LONGEST_TEXT]))
    pieces: list[tuple[str, bool]] = []
    end = 0
    for span in spans(text) if wanted else ():
        if wanted.isdisjoint(span.tokens):
            continue
        if span.start > end:
            pieces.append((text[end : span.start], False))
        pieces.append((text[span.start : span.end], True))
        end = span.end
    if end < len(text):
        pieces.append((text[end:], False))
    return pieces
