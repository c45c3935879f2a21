"""Notes of sections and chapters, as the act words them: read from the raw text of each chapter's file. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_NOTES: Final = re.compile(
    r"^(?:Дополнительн\w+\s+)?примечани[ея](?:\s+к\s+(?:субпозиции|субпозициям|подсубпозиции)\w*)?\s*:?\s*$", re.I
)
_CHAPTER: Final = re.compile(r"^\s*ГРУППА\s+\d\d\s*$")
_SECTION: Final = re.compile(r"^\s*РАЗДЕЛ\s+[IVXLC]+\s*$")
# What stands behind the notes: the head of the table of codes.
_TABLE: Final = re.compile(r"^\s*Код\s*$")
# A line that begins a note or a part of one; all others go on with the line before.
_BEGINS: Final = re.compile(r"^(?:\d{1,2}\.(?:\s|$)|\([а-яА-Я\d]{1,3}\)|[-–—] )|^[А-Я]\.\s")


@dataclass(frozen=True, slots=True)
class ChapterNotes:
    """Notes of one chapter, and of the section that begins with it; lines in their order, none where there are none."""

    section: tuple[str, ...]
    chapter: tuple[str, ...]


def read_notes(raw: Mapping[str, str]) -> dict[str, ChapterNotes]:
    """The notes by chapter, 01 to 97, of the raw text that stands above the table of each."""
    return {chapter: _read(text) for chapter, text in raw.items()}


def _read(text: str) -> ChapterNotes:
    parts: dict[str, list[str]] = {"section": [], "chapter": []}
    part, inside = "chapter", False
    for line in text.replace("\u00a0", " ").split("\n"):
        bare = " ".join(line.split())
        if _TABLE.match(bare):
            break
        if _SECTION.match(bare) or _CHAPTER.match(bare):
            part, inside = ("section" if _SECTION.match(bare) else "chapter"), False
        elif _NOTES.match(bare):
            inside = True
            parts[part].append(bare)
        elif inside and bare:
            parts[part].append(bare)
    return ChapterNotes(*(tuple(_joined(parts[part])) for part in ("section", "chapter")))


def _joined(lines: list[str]) -> Iterator[str]:
    """Lines as the act has them: what a page broke is put together again."""
    held = ""
    for line in lines:
        if held and not _BEGINS.match(line) and not _NOTES.match(line) and not _NOTES.match(held):
            held = f"{held} {line}"
            continue
        if held:
            yield held
        held = line
    if held:
        yield held


def headline(line: str) -> bool:
    """Whether a line only says that notes follow, and of what kind."""
    return _NOTES.match(line) is not None


def key_of_section(chapter: str) -> str:
    """Under what the notes of a section are kept that begins with that chapter."""
    return f"{chapter}/section"
