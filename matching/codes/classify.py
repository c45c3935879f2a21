"""Text to codes: the likeliest codes of a scheme with the reasons, and where they part the question that decides."""

from __future__ import annotations

import multiprocessing
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.pool import Pool
from typing import Any, Final

import numpy as np

from matching.codes.examples import Examples
from matching.codes.features import Evidence, gather
from matching.codes.index import Index, Place
from matching.codes.levels import LEVELS
from matching.codes.notes import Notes
from matching.codes.profile import DECIDED_FROM, weights
from matching.codes.reading import Text, read
from matching.codes.scoring import probabilities
from matching.codes.vocabulary import Floats
from registry.classifiers.tree import Node
from registry.text import fold_key
from registry.wording import Message, Named, Param

# Of the codes whose paths part, a branch that holds so much of the probability is gone on with; the others are asked.
_GOES_ON: Final = 0.8
# A branch with less than this share is not worth a place in the question.
_ASKED_ABOUT: Final = 0.08
_MOST_ASKED: Final = 3
# A code that is less likely, in a heading that is less likely, is no suggestion but a guess.
LEAST_LIKELY: Final = 0.01
LEAST_LIKELY_HEADING: Final = 0.1
_WHERE: Final = {Place.HEADING: "heading", Place.OWN: "own", Place.WAY: "own", Place.CHAPTER: "chapter"}
# An example this near is worth telling.
_TOLD_FROM: Final = 0.3
_LONGEST: Final = 120
# Texts given to a process at a time; fewer than twice as many are done faster by one.
BLOCK: Final = 250


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A code with its probability 0..1, its name with what stands above it from the heading down, and why.

    heading_score: the probability 0..1 that it is some code of the same heading.
    """

    code: str
    score: float
    name: Named
    why: tuple[Message, ...]
    heading_score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text is classified as: the likeliest codes, the first the best; only codes that may be assigned.

    decided: whether the first is likely enough to be taken. question: what would decide where it is not; None where
    only looking at the codes helps.
    """

    codes: tuple[Suggestion, ...]
    decided: bool
    question: Message | None


class Classifier:
    """Classifies texts by one scheme as it stands on one day."""

    def __init__(self, index: Index, examples: Examples, notes: Notes | None = None) -> None:
        self.index = index
        self.examples = examples
        self._notes = notes or Notes({}, index)

    def without(self, texts: Iterable[str]) -> Classifier:
        """The classifier as it is without the cases of these texts, however they are spelt."""
        left_out = {fold_key(text) for text in texts}
        kept = Examples(one for one in self.examples.all if fold_key(one.text) not in left_out)
        return Classifier(self.index, kept, self._notes)

    def classify(self, given: str, *, top: int = 5, guesses: bool = False) -> Answer:
        """The likeliest codes of a text; none where nothing of it is known. guesses: also what is most unlikely."""
        text = read(given)
        evidence = gather(self.index, self.examples, given, text)
        chances = probabilities(evidence, weights(self.index.scheme, text.language))
        order = np.lexsort((evidence.codes, -chances))[:top]
        headings = self.index.headings.of
        shares = np.bincount(headings[evidence.codes], chances, len(self.index.headings.names))
        codes = tuple(
            Suggestion(
                self.index.codes[number := int(evidence.codes[at])],
                round(float(chances[at]), 4),
                self.name(number),
                self._why(number, text, evidence),
                round(min(float(shares[headings[number]]), 1.0), 4),
            )
            for at in order
            if chances[at] > 0
            and (
                guesses
                or chances[at] >= LEAST_LIKELY
                or shares[headings[int(evidence.codes[at])]] >= LEAST_LIKELY_HEADING
            )
        )
        decided = bool(codes) and codes[0].score >= DECIDED_FROM
        question = None if decided else self._question(evidence, chances)
        return Answer(codes, decided, question)

    def name(self, number: int) -> Named:
        """The name of a code with those above it, from the heading down, in each language."""
        steps = self.steps(number)
        return Named(*(" › ".join(step.name(lang) for step in steps) for lang in ("kk", "ru", "en")))

    def steps(self, number: int) -> tuple[Node, ...]:
        """The nodes from the heading of a code down to it."""
        steps = self.index.tree.ancestors(self.index.codes[number])
        short = LEVELS[self.index.scheme][self.index.heading_level]
        return tuple(step for step in steps if step is steps[-1] or not _above(step, short)) or steps[-1:]

    def _why(self, number: int, text: Text, evidence: Evidence) -> tuple[Message, ...]:
        why: list[Message] = []
        code = self.index.codes[number]
        for at, nearness in zip(evidence.near.numbers.tolist(), evidence.near.nearness.tolist(), strict=True):
            example = self.examples.all[at]
            if not code.startswith(example.code) or nearness < _TOLD_FROM:
                continue
            told: dict[str, Param] = {"text": shortened(example.text), "code": example.code}
            if nearness >= 1.0:
                why.append(Message("codes.why.same", told))
            else:
                why.append(Message("codes.why.example", {**told, "share": round(nearness, 2)}))
            break
        found: dict[str, dict[str, None]] = {"heading": {}, "own": {}, "chapter": {}, "like": {}}
        for word, met in zip(text.words, evidence.met, strict=True):
            place = int(np.searchsorted(met.codes, number))
            if place < len(met.codes) and met.codes[place] == number:
                where = _WHERE[Place(int(met.places[place]))] if met.alike[place] >= 1 else "like"
                found[where][word.written] = None
        for where, words in found.items():
            if words and not (where == "chapter" and (found["heading"] or found["own"])):
                branch = code[: len(self.index.headings.names[0])] if where == "heading" else code
                why.append(Message(f"codes.why.{where}", {"words": tuple(words), "code": branch}))
        if self.index.rest[number] and not found["own"]:
            why.append(Message("codes.why.rest"))
        if note := self._notes.excluding(code, text):
            why.append(Message("codes.why.note", {"note": shortened(note)}))
        return tuple(why)

    def _question(self, evidence: Evidence, chances: Floats) -> Message | None:
        """What to ask where the likeliest codes part: which of the branches it is."""
        if not len(chances) or not chances.any():
            return Message("codes.question.more")
        likely = [int(at) for at in np.argsort(-chances, kind="stable")[:50] if chances[at] > 0]
        paths = {at: self.steps(int(evidence.codes[at])) for at in likely}
        depth = 0
        while paths:
            shares: dict[str, float] = defaultdict(float)
            nodes: dict[str, Node] = {}
            for at, path in paths.items():
                step = path[min(depth, len(path) - 1)]
                shares[step.key] += float(chances[at])
                nodes[step.key] = step
            whole = sum(shares.values())
            order = sorted(shares, key=lambda key: (-shares[key], key))
            if shares[order[0]] < _GOES_ON * whole:
                asked = [key for key in order if shares[key] >= _ASKED_ABOUT * whole][:_MOST_ASKED]
                if len(asked) < 2:
                    return Message("codes.question.more")
                options = tuple(Message("codes.option", {"name": _called(nodes[key])}) for key in asked)
                return Message("codes.question.which", {"options": options})
            paths = {at: path for at, path in paths.items() if len(path) > depth + 1 and path[depth].key == order[0]}
            depth += 1
        return None


def _above(step: Node, heading: int) -> bool:
    """Whether a node stands above the headings: a section, a chapter, a division."""
    return (step.code is None and step.parent_key is None) or (step.code is not None and len(step.code) < heading)


def _called(node: Node) -> Named:
    return Named(*(shortened(node.name(lang)) for lang in ("kk", "ru", "en")))


def shortened(text: str) -> str:
    """A text short enough to stand in a sentence."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip(" ,;") + "…"


def classified(
    classifier: Classifier,
    texts: Sequence[str],
    *,
    top: int,
    shown: Callable[[Answer], Any] = lambda answer: answer,
    guesses: bool = False,
    processes: int = 1,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Iterator[Any]:
    """What `shown` makes of the answer to each text, in their order; by several processes if told so.

    shown is called where the text is classified, so that only what it makes is sent between processes.
    """
    classify = partial(classifier.classify, top=top, guesses=guesses)
    blocks = [range(start, min(start + BLOCK, len(texts))) for start in range(0, len(texts), BLOCK)]
    done = 0
    if processes == 1 or len(blocks) < 2:
        for block in blocks:
            yield from (shown(classify(texts[at])) for at in block)
            done += len(block)
            progress(done, len(texts))
        return
    _shared.append((texts, classify, shown))
    try:
        with _forked(processes) as pool:
            for block, answers in zip(blocks, pool.imap(_one_block, blocks), strict=True):
                yield from answers
                done += len(block)
                progress(done, len(texts))
    finally:
        _shared.pop()


def _forked(processes: int) -> Pool:
    with warnings.catch_warnings():
        # Threads of this process do not outlive the fork; the children only compute.
        warnings.simplefilter("ignore", DeprecationWarning)
        return multiprocessing.get_context("fork").Pool(processes)


# What forked processes find in their copy of this one's memory, so that nothing large is sent to them.
_shared: list[tuple[Sequence[str], Callable[[str], Answer], Callable[[Answer], Any]]] = []


def _one_block(block: range) -> list[Any]:
    texts, classify, shown = _shared[-1]
    return [shown(classify(texts[at])) for at in block]
