"""The page that chooses a code of the ТН ВЭД, КПВЭД or ЕНС ТРУ for a good's form.

The form sends everything that was typed into it; the page carries it along unseen, and gives it back with the code
filled. So it works without scripts, and nothing is saved on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from flask import Blueprint, g, render_template, request, url_for

from matching.codes.classify import Answer, Suggestion
from matching.codes.levels import HEADING, assignable
from matching.codes.queries import classifier
from registry.classifiers.models import Scheme
from registry.classifiers.queries import notes, notes_on, tree
from registry.classifiers.tree import Node, Tree
from web import auth
from web.public.rows import PathStep, steps
from web.session import runtime

HEADINGS: Final = 5
OF_HEADING: Final = 4
# From these probabilities on a heading is called likely, or possible.
LIKELY: Final = 0.5
POSSIBLE: Final = 0.15
# What the page itself asks for; everything else that comes with a request belongs to the good's form.
TEXT: Final = "code_text"
INTO: Final = "code_into"
_OWN: Final = {TEXT, INTO, "csrf_token", "do"}
_NAMES: Final = {"kk": ("name_kk", "name_ru", "name_en"), "ru": ("name_ru", "name_kk", "name_en")}
_NAMES_EN: Final = ("name_en", "name_ru", "name_kk")
LONGEST: Final = 1_000

blueprint = Blueprint("codes", __name__, url_prefix="/desk/codes")


class Heading(NamedTuple):
    """A heading with its likeliest codes. sure: likely, possible or unlikely."""

    path: tuple[PathStep, ...]
    key: str
    sure: str
    share: float
    codes: tuple[tuple[Suggestion, tuple[PathStep, ...]], ...]


class Branch(NamedTuple):
    """A node to go down into, or, where its code is whole, to choose."""

    key: str
    code: str | None
    name: str
    lang: str
    whole: bool


@blueprint.get("/<any(tnved, kpved, enstru):scheme>")
@auth.allow(auth.LISTERS)
def look(scheme: str) -> str:
    """Codes for a name, and the classifier from the top down; a chosen one begins a new good."""
    return _page(Scheme(scheme), request.args.get(TEXT, ""), request.args.get(INTO, ""))


@blueprint.post("/<any(tnved, kpved, enstru):scheme>")
@auth.allow(auth.LISTERS | auth.INSTITUTE)
def pick(scheme: str) -> str:
    """The same on the way through a good's form, whose fields are carried along."""
    typed = request.form
    kept = [(name, value) for name, value in typed.items(multi=True) if name not in _OWN and name != scheme]
    text = typed.get(TEXT)
    if text is None:
        order = _NAMES.get(g.lang, _NAMES_EN)
        text = next((typed[name] for name in order if typed.get(name, "").strip()), "")
    return _page(Scheme(scheme), text, typed.get(INTO, ""), kept, typed.get(scheme, ""))


def _page(scheme: Scheme, text: str, into: str, kept: Iterable[tuple[str, str]] = (), code: str = "") -> str:
    """kept: what else the good's form holds; code: what it holds of this classifier."""
    on, text = runtime().today(), " ".join(text.split())[:LONGEST]
    # Reading is enough, also where a form was sent: nobody waits for a write that does not come.
    with runtime().database.reading() as session:
        nomenclature = tree(session, scheme, on)
        loaded = len(nomenclature) > 0
        answer = classifier(session, scheme, on).classify(text, top=HEADINGS * 10) if loaded and text else None
        at = nomenclature.node(into) if into else None
        told = notes_on(at.code, nomenclature, notes(session, scheme, on)) if at is not None and at.code else []
    good = request.args.get("good", type=int)
    below = nomenclature.children(at.key) if at is not None else nomenclature.top()
    return render_template(
        "codes/choose.html",
        scheme=scheme.value,
        good=good,
        back=_back(good),
        kept=kept,
        code=code,
        text=text,
        loaded=loaded,
        answer=answer,
        headings=_headings(scheme, answer, nomenclature) if answer else (),
        at=at,
        path=_steps_to(at, nomenclature),
        branches=_branches(scheme, below, nomenclature),
        notes=[(node.named(g.lang), lines) for node, lines in told],
        whole=at is not None and assignable(scheme, at.code),
    )


def _back(good: int | None) -> str:
    """The form that the code is for: the institute's on a good without one, or the supplier's own."""
    if good and auth.person().role in auth.INSTITUTE:
        return url_for("coding.suggest", id=good)
    return url_for("supplier.save", id=good) if good else url_for("supplier.save_new")


def _headings(scheme: Scheme, answer: Answer, nomenclature: Tree) -> tuple[Heading, ...]:
    """The likeliest headings, each with its likeliest codes."""
    length = HEADING[scheme]
    found: dict[str, list[Suggestion]] = {}
    for one in answer.codes:
        found.setdefault(one.code[:length], []).append(one)
    order = sorted(found, key=lambda heading: -found[heading][0].heading_score)[:HEADINGS]
    told = []
    for heading in order:
        share = found[heading][0].heading_score
        above = nomenclature.ancestors(heading)
        codes = ((one, steps(nomenclature, one.code, g.lang)[len(above) :]) for one in found[heading][:OF_HEADING])
        told.append(
            Heading(
                path=steps(nomenclature, heading, g.lang),
                key=above[-1].key if above else heading,
                sure="likely" if share >= LIKELY else "possible" if share >= POSSIBLE else "unlikely",
                share=share,
                codes=tuple(codes),
            )
        )
    return tuple(told)


def _steps_to(at: Node | None, nomenclature: Tree) -> list[Branch]:
    above = nomenclature.ancestors(at.key) if at is not None else ()
    return [Branch(node.key, node.code, *node.named(g.lang), False) for node in above]


def _branches(scheme: Scheme, nodes: Iterable[Node], nomenclature: Tree) -> list[Branch]:
    """What hangs from a node; a whole code below which there is more can still be chosen further down."""
    return [
        Branch(
            node.key,
            node.code,
            *node.named(g.lang),
            assignable(scheme, node.code) and not nomenclature.children(node.key),
        )
        for node in nodes
    ]
