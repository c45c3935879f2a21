"""The sentence of every feature of sameness: which words, values and codes met or clashed. Pure.

Said only for what is shown, so it may look at the texts again; the numbers are those of features.py.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from math import nan
from typing import Final

from matching.engine.asked import Asked, Said, Sought
from matching.engine.comparison import Comparison
from matching.engine.crates import NAME_LANGUAGES
from matching.engine.features import FEATURES, nearest
from matching.engine.nature import nature_of_good
from matching.engine.outcome import FIGURES, Feature
from matching.engine.profile import WEIGHTS
from matching.engine.reading import Kind, Term, read, spelling, spellings, surface
from matching.engine.scoring import Scores
from matching.engine.supply import counted_in
from registry.identifiers import kpved_of
from registry.wording import Message, Param, bare

# More words than these make no sentence.
_MOST: Final = 8
# Digits of a ТН ВЭД code that leaves nothing open.
_WHOLE_CODE: Final = 10
# How far a name must leave the choice to the description for that to show in the score.
_YIELDING: Final = 0.01


def told(pair: Comparison, scores: Scores, position: int) -> tuple[Feature, ...]:
    """Every feature of one candidate with its sentence; what is not known has the neutral score and no weight.

    Last the rule that holds the probability to what may be said. Candidates of which a feature says the same share it.
    """
    values, added = (figures[:, position].tolist() for figures in scores.rounded)
    need = int(pair.whose[position])
    features = []
    for (name, weight, neutral, detail, alike), value, contribution in zip(_ROWS, values, added, strict=True):
        score = value if value == value else None
        key = need, name, score, alike(pair, position, score)
        feature = pair.told.get(key)
        if feature is None:
            said = detail(pair, position, score)
            if score is None:
                feature = Feature(name, neutral, 0.0, 0.0, said)
            else:
                feature = Feature(name, score, weight, contribution, said)
            pair.told[key] = feature
        features.append(feature)
    return (*features, _rule(scores, position))


def _rule(scores: Scores, position: int) -> Feature:
    """Whether and why the probability is not the model's own, but held down or raised."""
    moved = round(float(scores.ruled[position]), FIGURES)
    if not moved:
        return _UNRULED
    if moved > 0:
        return Feature("rule", 1.0, moved, moved, bare("match.rule.akin"))
    if clashing := scores.clashing(position):
        features = tuple(bare(f"match.feature.{name}") for name in clashing)
        return Feature("rule", 0.0, -moved, moved, Message("match.rule.clash", {"features": features}))
    general = scores.pair.general[scores.pair.whose[position]]
    return Feature("rule", 0.0, -moved, moved, bare("match.rule.general" if general else "match.rule.unconfirmed"))


_UNRULED: Final = Feature("rule", 0.0, 0.0, 0.0, bare("match.rule.none"))


# The sentence of a feature of the candidate at a position, whose score is given, None if it is not known.
Detail = Callable[[Comparison, int, float | None], Message]
# Candidates of the same score for which this is the same get the same sentence.
Alike = Callable[[Comparison, int, float | None], Hashable]


def _words(pair: Comparison, position: int, score: float | None) -> Message:
    said = _held_words("match.words", pair, position, slice(0, pair.asked(position).in_name))
    # What is said of the words is not all that the score comes of.
    return Message("match.words.yielding", {"said": said}) if pair.left_open[pair.whose[position]] > _YIELDING else said


def _details(pair: Comparison, position: int, score: float | None) -> Message:
    return _held_words("match.details", pair, position, slice(pair.asked(position).in_name, None))


def _held_words(family: str, pair: Comparison, position: int, part: slice) -> Message:
    asked = pair.asked(position)
    sought, held = asked.sought[part], pair.held[position, : len(asked.sought)][part].tolist()
    if not sought:
        return Message(f"{family}.unknown")
    met = _shown(_written(asked, one) for one, credit in zip(sought, held, strict=True) if credit)
    missed = _shown(_written(asked, one) for one, credit in zip(sought, held, strict=True) if not credit)
    if not missed:
        return Message(f"{family}.all", {"met": met})
    if not met:
        return Message(f"{family}.none", {"missed": missed})
    return Message(f"{family}.some", {"met": met, "missed": missed})


def _written(asked: Asked, one: Sought) -> Param:
    """The word as the need writes it; a mended one with what it was read for."""
    look = spelling if one.kind is Kind.MARK else surface
    written = look(asked.text, one.written) or look(asked.need.description or "", one.written)
    if one.text != one.written:
        return Message("match.words.mended", {"written": written or one.written, "held": one.text})
    return written or one.written


def _own_words(pair: Comparison, position: int, score: float | None) -> Message:
    if score is None:
        return bare("match.own_words.unknown")
    batch = pair.batch
    good = batch.good(position)
    name = getattr(good, f"name_{NAME_LANGUAGES[batch.own_place[position]]}") or ""
    extra = batch.entries(position, pair.unasked)
    if not extra:
        return bare("match.own_words.all")
    shown = _shown(surface(name, it.text) or spelling(name, it.text) or it.text for it in extra)
    return Message("match.own_words.some", {"extra": shown})


def _head(pair: Comparison, position: int, score: float | None) -> Message:
    need = pair.asked(position)
    if score is None or need.head is None:
        return bare("match.head.unknown")
    asked = _written(need, need.sought[need.head])
    if score == 1.0:
        return Message("match.head.same", {"asked": asked})
    number = int(pair.batch.heads[position])
    own = pair.batch.vocabulary.term(number).text
    name = pair.batch.good(position).name_ru or ""
    return Message("match.head.differ", {"asked": asked, "offered": surface(name, own) or own})


def _nature(pair: Comparison, position: int, score: float | None) -> Message:
    asked = pair.asked(position).nature
    if score is None:
        return bare("match.nature.goods")
    if score == 1.0:
        return Message("match.nature.same", {"asked": asked.shown})
    good = pair.batch.good(position)
    offered = nature_of_good(good, read(good.name("ru")))
    return Message("match.nature.differ", {"asked": asked.shown, "offered": Message(f"match.kind.{offered}")})


def _marks(pair: Comparison, position: int, score: float | None) -> Message:
    asked = pair.asked(position)
    wanted = [(slot, asked.sought[slot]) for slot in asked.marks]
    if not wanted:
        return bare("match.marks.unasked")
    missed = _shown(_written(asked, one) for slot, one in wanted if not pair.held[position, slot])
    if not missed:
        return Message("match.marks.same", {"asked": _shown(_written(asked, one) for _, one in wanted)})
    own = [term for term, in_name in pair.of(Kind.MARK, position) if in_name]
    if not own:
        return Message("match.marks.unstated", {"asked": missed})
    return Message("match.marks.differ", {"asked": missed, "offered": _offered(pair, position, own)})


def _wording(pair: Comparison, position: int, score: float | None) -> Message:
    return bare("match.wording.unknown") if score is None else Message("match.wording.like", {"score": score})


def _valued(family: str, kind: Kind) -> Detail:
    def detail(pair: Comparison, position: int, score: float | None) -> Message:
        asked = pair.asked(position)
        wanted = asked.of(kind)
        each = zip(wanted, nearest(pair, kind)[: len(wanted), position].tolist(), strict=True)
        near = [(term, near) for (term, said), near in each if said is not Said.ASIDE or near == 1.0]
        if wanted and not near:
            return Message("match.aside", {"asked": _shown(_surface(asked, term) for term, _ in wanted)})
        return _compared(family, pair, position, kind, near)

    return detail


def _numbers(pair: Comparison, position: int, score: float | None) -> Message:
    wanted = pair.asked(position).of(Kind.NUMBER)
    if not wanted:
        return bare("match.numbers.unasked")
    missing = 0.0 if pair.named(Kind.NUMBER)[position] else nan
    near = [(term, 1.0 if pair.holds_at(position, term.text) else missing) for term, _ in wanted]
    return _compared("match.numbers", pair, position, Kind.NUMBER, near)


def _compared(family: str, pair: Comparison, position: int, kind: Kind, near: list[tuple[Term, float]]) -> Message:
    """Which values agree, differ or are not stated. near: the need's values, each with its nearness to the offer."""
    if not near:
        return Message(f"{family}.unasked")
    need = pair.asked(position)
    same = _shown(_surface(need, term) for term, score in near if score == 1.0)
    unstated = _shown(_surface(need, term) for term, score in near if score != score)
    differing = [term for term, score in near if score < 1.0]
    if differing:
        quantities = {term.quantity for term in differing}
        # Bare numbers are compared with those of names alone.
        others = _offered(
            pair,
            position,
            [
                term
                for term, in_name in pair.of(kind, position)
                if term.quantity in quantities and (in_name or kind is not Kind.NUMBER)
            ],
        )
        asked = _shown(_surface(need, term) for term in differing)
        return Message(f"{family}.differ", {"asked": asked, "offered": others})
    if not unstated:
        return Message(f"{family}.same", {"asked": same})
    if not same:
        return Message(f"{family}.unstated", {"asked": unstated})
    return Message(f"{family}.partly", {"same": same, "unstated": unstated})


def _surface(asked: Asked, term: Term) -> Param:
    """A value as the need writes it."""
    written = spelling(asked.text, term.text) or spelling(asked.need.description or "", term.text) or term.text
    if term.bound:
        return Message("match.at_least" if term.bound > 0 else "match.at_most", {"value": written})
    return written


def _offered(pair: Comparison, position: int, terms: Iterable[Term]) -> tuple[Param, ...]:
    """Values and marks as the offer writes them, first of all in the language of the need."""
    good, language = pair.batch.good(position), pair.asked(position).language
    wanted = [term.text for term in terms]
    found: dict[str, str] = {}
    texts = dict.fromkeys((good.name(language), good.name_ru, good.name_kk, good.name_en, good.described))
    for text in texts:
        if text and not found.keys() >= set(wanted):
            found = {**spellings(text), **found}
    return _shown(found.get(text, text) for text in wanted)


def _tnved(pair: Comparison, position: int, score: float | None) -> Message:
    asked, offered = pair.asked(position).need.tnved, pair.batch.label("tnved", position)
    if asked and asked == offered and len(asked) < _WHOLE_CODE:
        return Message("match.tnved.short", {"code": asked})
    return _codes("match.tnved", asked, offered, score)


def _kpved(pair: Comparison, position: int, score: float | None) -> Message:
    enstru = pair.asked(position).need.enstru
    return _codes("match.kpved", kpved_of(enstru) if enstru else None, pair.batch.label("kpved", position), score)


def _enstru(pair: Comparison, position: int, score: float | None) -> Message:
    return _codes("match.enstru", pair.asked(position).need.enstru, pair.batch.label("enstru", position), score)


def _codes(family: str, asked: str | None, offered: str | None, score: float | None) -> Message:
    if not asked or not offered:
        missing = "both" if not asked and not offered else "need" if not asked else "offer"
        return Message(f"{family}.no_{missing}")
    if asked == offered:
        # The same code that many candidates have tells less of each.
        word = "same" if score is None or score == 1.0 else "common"
        return Message(f"{family}.{word}", {"code": asked})
    shared = _common(asked, offered)
    word = "near" if len(shared) >= 2 else "apart"
    return Message(f"{family}.{word}", {"asked": asked, "offered": offered, "shared": shared})


def _common(one: str, other: str) -> str:
    length = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length].rstrip(".")


def _units(pair: Comparison, position: int, score: float | None) -> Message:
    asked, offered = pair.asked(position).need.unit, pair.batch.label("unit", position)
    if score is None:
        return bare("match.units.unknown")
    word = "same" if score == 1.0 else "convertible" if score > 0.5 else "apart"
    return Message(f"match.units.{word}", {"asked": counted_in(asked or ""), "offered": counted_in(offered or "")})


def _shown(words: Iterable[Param]) -> tuple[Param, ...]:
    """The first of the words, each once."""
    return tuple(dict.fromkeys(words))[:_MOST]


def _by_score(pair: Comparison, position: int, score: float | None) -> Hashable:
    return None


def _by_held(pair: Comparison, position: int, score: float | None) -> Hashable:
    return pair.held[position].tobytes()


def _by_name(pair: Comparison, position: int, score: float | None) -> Hashable:
    return position


def _by_difference(pair: Comparison, position: int, score: float | None) -> Hashable:
    # Where nothing is known nothing is held, where all agrees everything is.
    return None if score is None or score == 1.0 else position


def _by_values(kind: Kind) -> Alike:
    def alike(pair: Comparison, position: int, score: float | None) -> Hashable:
        if not pair.asked(position).of(kind):
            return None
        # Where they differ the offer is quoted, and each writes the same value in its own way.
        return nearest(pair, kind)[:, position].tobytes() if score is None or score == 1.0 else position

    return alike


def _by_code(scheme: str) -> Alike:
    return lambda pair, position, score: pair.batch.label(scheme, position)


_DETAILS: Final[Mapping[str, tuple[Detail, Alike]]] = {
    "words": (_words, _by_held),
    "details": (_details, _by_held),
    "own_words": (_own_words, _by_name),
    "head": (_head, _by_difference),
    "wording": (_wording, _by_score),
    "dimensions": (_valued("match.dimensions", Kind.DIMENSION), _by_values(Kind.DIMENSION)),
    "measures": (_valued("match.measures", Kind.MEASURE), _by_values(Kind.MEASURE)),
    "numbers": (_numbers, _by_difference),
    "marks": (_marks, _by_difference),
    "standards": (_valued("match.standards", Kind.STANDARD), _by_values(Kind.STANDARD)),
    "nature": (_nature, _by_difference),
    "tnved": (_tnved, _by_code("tnved")),
    "kpved": (_kpved, _by_code("kpved")),
    "enstru": (_enstru, _by_code("enstru")),
    "units": (_units, _by_code("unit")),
}
# In the order of the rows of Scores.
_ROWS: Final = [(name, WEIGHTS[name].weight, WEIGHTS[name].neutral, *_DETAILS[name]) for name in FEATURES]
