"""Notes of the classifier that a person should read before they take a code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from matching.codes.index import Index
from matching.codes.reading import Text, read_name
from registry.classifiers.notes import headline, key_of_section

# A note tells of a text if it has so much of what the text says, by how rare the words are.
_TOLD_FROM: Final = 0.5
# Beside the rarest word; what notes say of every second thing names none.
_LEAST_RARITY: Final = 0.28
# "Not included here", after which the items of a list follow.
_EXCLUDES: Final = re.compile(r"не включа[ею]тся|кроме:?\s*$|не относится", re.IGNORECASE)
_ITEM: Final = re.compile(r"^\([а-я\d]{1,3}\)")


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the notes with the stems of its words. excludes: whether it says what does not belong here."""

    line: str
    words: frozenset[str]
    excludes: bool


class Notes:
    """The notes of one scheme on one day, by the chapter that they bear on."""

    def __init__(self, held: Mapping[str, Iterable[str]], index: Index) -> None:
        self._index = index
        self._of: dict[str, list[Note]] = {}
        self._of_section: dict[str, str] = {}
        for key, lines in held.items():
            self._of[key] = _read(lines)
        for section in index.tree.top():
            chapters = [node.code for node in index.tree.children(section.key) if node.code]
            self._of_section.update((chapter, key_of_section(chapters[0])) for chapter in chapters)

    def excluding(self, code: str, text: Text) -> str | None:
        """The line that may keep a thing out of the chapter of a code: the one that names it, if any does."""
        weights = {word.stem: self._index.met(word.stem).rarity * word.weight for word in text.words}
        whole = sum(weights.values())
        chapter = code[:2]
        best, found = _TOLD_FROM * whole, None
        for key in (chapter, self._of_section.get(chapter, "")):
            for note in self._of.get(key, ()):
                said = [weights[stem] for stem in note.words & weights.keys()] if note.excludes else []
                if said and max(said) >= _LEAST_RARITY * self._index.rarest and sum(said) >= best:
                    best, found = sum(said), note.line
        return found


def _read(lines: Iterable[str]) -> list[Note]:
    notes: list[Note] = []
    listing = False
    for line in lines:
        if headline(line):
            listing = False
            continue
        item = bool(_ITEM.match(line))
        says = bool(_EXCLUDES.search(line))
        if not item:
            listing = says and line.rstrip().endswith(":")
        notes.append(Note(line, frozenset(read_name(line)), (listing and item) or (says and not listing)))
    return notes
