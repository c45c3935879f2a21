"""Patterns for lists of spellings, made so that a regular expression fails fast where none of them stands."""

from __future__ import annotations

import re
from collections.abc import Iterable


def any_case(text: str) -> str:
    """Pattern of a text in small letters, capitals or both."""
    return "".join(f"[{char}{char.upper()}]" if char.upper() != char else re.escape(char) for char in text)


def one_of(spellings: Iterable[str]) -> str:
    """Pattern of the longest of several spellings that fits, in any case: as a tree, each beginning is tried once."""
    tree: dict[str, list[str]] = {}
    for spelling in sorted(set(spellings)):
        tree.setdefault(spelling[:1], []).append(spelling[1:])
    branches = [
        any_case(first) + (one_of(rest) if len(rest) > 1 else any_case(rest[0]))
        for first, rest in tree.items()
        if first
    ]
    optional = "?" if "" in tree else ""
    return f"(?:{'|'.join(branches)}){optional}" if branches else ""
