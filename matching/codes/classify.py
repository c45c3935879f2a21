"""Text to codes: the likeliest codes of a scheme with the reasons, and where they part the question that decides."""

from __future__ import annotations

import multiprocessing
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.pool import Pool
from typing import Any, Final

import numpy as np

from matching.codes.examples import Examples
from matching.codes.features import Evidence, gather
from matching.codes.index import Index, Place
from matching.codes.levels import LEVELS
from matching.codes.profile import DECIDED_FROM, weights
from matching.codes.reading import Text, read
from matching.codes.scoring import probabilities
from matching.codes.vocabulary import Floats
from registry.classifiers.tree import Node
from registry.wording import Message, Named, Param

# Of the codes whose paths part, a branch that holds so much of the probability is gone on with; the others are asked.
_GOES_ON: Final = 0.8
# A branch with less than this share is not worth a place in the question.
_ASKED_ABOUT: Final = 0.08
_MOST_ASKED: Final = 3
# An example this near is worth telling.
_TOLD_FROM: Final = 0.3
_LONGEST: Final = 120
# Texts given to a process at a time; fewer than twice as many are done faster by one.
BLOCK: Final = 250


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A code with its probability 0..1, its name with what stands above it from the heading down, and why."""

    code: str
    score: float
    name: Named
    why: tuple[Message, ...]


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

    def __init__(self, index: Index, examples: Examples) -> None:
        self.index = index
        self.examples = examples

    def classify(self, given: str, *, top: int = 5) -> Answer:
        """The likeliest codes of a text; none where nothing of it is known."""
        text = read(given)
        evidence = gather(self.index, self.examples, given, text)
        chances = probabilities(evidence, weights(self.index.scheme, text.language))
        order = np.lexsort((evidence.codes, -chances))[:top]
        codes = tuple(
            Suggestion(
                self.index.codes[number := int(evidence.codes[at])],
                round(float(chances[at]), 4),
                self.name(number),
                self._why(number, text, evidence),
            )
            for at in order
            if chances[at] > 0
        )
        decided = bool(codes) and codes[0].score >= DECIDED_FROM
        question = None if decided else self._question(evidence, chances)
        return Answer(codes, decided, question)

    def ranked(self, given: str, depth: int) -> list[tuple[str, float]]:
        """Codes with their probabilities, the likeliest first, without the reasons."""
        text = read(given)
        evidence = gather(self.index, self.examples, given, text)
        chances = probabilities(evidence, weights(self.index.scheme, text.language))
        order = np.lexsort((evidence.codes, -chances))[:depth]
        return [(self.index.codes[int(evidence.codes[at])], float(chances[at])) for at in order]

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
        found: dict[bool, list[str]] = {True: [], False: []}
        for word, met in zip(text.words, evidence.met, strict=True):
            place = int(np.searchsorted(met.codes, number))
            if place < len(met.codes) and met.codes[place] == number and word.written not in found[True]:
                found[bool(met.places[place] != Place.CHAPTER)].append(word.written)
        if found[True]:
            why.append(Message("codes.why.words", {"words": tuple(dict.fromkeys(found[True]))}))
        elif found[False]:
            why.append(Message("codes.why.chapter", {"words": tuple(dict.fromkeys(found[False]))}))
        if self.index.rest[number] and not why:
            why.append(Message("codes.why.rest"))
        return tuple(why)

    def _question(self, evidence: Evidence, chances: Floats) -> Message | None:
        """What to ask where the likeliest codes part: which of the branches it is."""
        if not len(chances) or not chances.any():
            return Message("codes.question.more")
        tree = self.index.tree
        likely = [int(at) for at in np.argsort(-chances, kind="stable")[:50] if chances[at] > 0]
        paths = {at: tree.ancestors(self.index.codes[int(evidence.codes[at])]) for at in likely}
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
    processes: int = 1,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Iterator[Any]:
    """What `shown` makes of the answer to each text, in their order; by several processes if told so.

    shown is called where the text is classified, so that only what it makes is sent between processes.
    """
    blocks = [range(start, min(start + BLOCK, len(texts))) for start in range(0, len(texts), BLOCK)]
    done = 0
    if processes == 1 or len(blocks) < 2:
        for block in blocks:
            yield from (shown(classifier.classify(texts[at], top=top)) for at in block)
            done += len(block)
            progress(done, len(texts))
        return
    _shared.append((classifier, texts, top, shown))
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
_shared: list[tuple[Classifier, Sequence[str], int, Callable[[Answer], Any]]] = []


def _one_block(block: range) -> list[Any]:
    classifier, texts, top, shown = _shared[-1]
    return [shown(classifier.classify(texts[at], top=top)) for at in block]
