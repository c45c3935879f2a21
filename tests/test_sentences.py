"""Every sentence the program may say exists in Kazakh, Russian and English, gets its values, and is said somewhere."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import jinja2
import pytest
from jinja2 import nodes

from registry.wording import LANGUAGES, codes, placeholders
from tests.architecture import ROOT, Source, sources


@cache
def is_code(pattern: str) -> bool:
    """Whether some sentence has a code of that pattern."""
    return re.search(f"^(?:{pattern})$", "\n".join(codes("ru")), re.MULTILINE) is not None


CODE = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")


@dataclass(frozen=True)
class Mention:
    """A code somewhere in the program.

    pattern: a regular expression in which the parts known only at run time match anything. values: names of the values
    given with it, None where they cannot be read off.
    """

    place: str
    pattern: str
    values: frozenset[str] | None = None


def in_python(source: Source) -> Iterator[Mention]:
    """Every string that looks like a code of a domain that the catalogues have, and names neither page nor module."""
    domains = {code.split(".")[0] for code in codes("ru")}
    left_out, values = set[int](), dict[int, frozenset[str] | None]()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in node.values}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if called in {"url_for", "import_module"}:
                left_out |= {id(part) for part in ast.walk(node)}
            elif called in {"Message", "tr"} and node.args:
                values[id(node.args[0])] = _values(node, called)
    for node in ast.walk(source.tree):
        if id(node) in left_out or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        texts = [str(part.value) if isinstance(part, ast.Constant) else None for part in parts]
        shape = "".join("x" if text is None else text for text in texts)
        if CODE.fullmatch(shape) and shape.split(".")[0] in domains and not _is_module(shape):
            pattern = "".join(".+" if text is None else re.escape(text) for text in texts)
            # Outside Message and tr it may also be what a family of codes begins with, joined to the rest later.
            if id(node) not in values and not is_code(pattern):
                pattern += r"\..+"
            yield Mention(f"{source.path}:{node.lineno}", pattern, values.get(id(node)))


def _values(call: ast.Call, called: str) -> frozenset[str] | None:
    """Names in `Message(code, {"name": …})` or `tr(code, lang, name=…)`."""
    names: list[object]
    if called == "tr":
        names = [word.arg for word in call.keywords]
    elif len(call.args) == 1:
        names = []
    elif isinstance(call.args[1], ast.Dict):
        names = [key.value if isinstance(key, ast.Constant) else None for key in call.args[1].keys]
    else:
        return None
    return None if None in names else frozenset(str(name) for name in names)


def _is_module(dotted: str) -> bool:
    path = ROOT / dotted.replace(".", "/")
    return path.exists() or path.with_suffix(".py").exists()


def in_template(name: str, text: str) -> Iterator[Mention]:
    """Codes in `_("code", value=…)`, also put together as `_("code.%s" % kind)` or `_("code." ~ kind)`."""
    for call in jinja2.Environment().parse(text).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_" and call.args:
            known = None if call.dyn_kwargs else frozenset(word.key for word in call.kwargs)
            for pattern in _patterns(call.args[0]):
                yield Mention(f"{name}:{call.lineno}", pattern, known)


def _patterns(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Const):
        return [re.escape(str(node.value))]
    if isinstance(node, nodes.CondExpr):
        return [*_patterns(node.expr1), *(_patterns(node.expr2) if node.expr2 else [])]
    if isinstance(node, nodes.Mod) and isinstance(node.left, nodes.Const):
        return [re.escape(node.left.value).replace("%s", ".+")]
    if isinstance(node, nodes.Concat):
        return ["".join(re.escape(part.value) if isinstance(part, nodes.Const) else ".+" for part in node.nodes)]
    return []


@cache
def mentions() -> tuple[Mention, ...]:
    """Over the whole program."""
    templates = [path for path in sorted((ROOT / "web" / "templates").rglob("*")) if path.is_file()]
    return (
        *(mention for source in sources() for mention in in_python(source)),
        *(mention for path in templates for mention in in_template(path.name, path.read_text(encoding="utf-8"))),
    )


def test_the_languages_say_the_same_sentences() -> None:
    assert codes("kk") == codes("ru") == codes("en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_languages_show_the_same_values(lang: str) -> None:
    shown = {code: placeholders(code, lang) for code in codes(lang)}
    assert shown == {code: placeholders(code, "ru") for code in codes("ru")}


def test_every_code_has_a_sentence() -> None:
    unknown = [f"{said.place} says {said.pattern}" for said in mentions() if not is_code(said.pattern)]
    assert not unknown, "\n".join(unknown)


def test_every_sentence_gets_its_values() -> None:
    needed = {re.escape(code): placeholders(code, "ru") for code in codes("ru")}
    hungry = [
        f"{said.place} gives {said.pattern} no {', '.join(sorted(needed[said.pattern] - said.values))}"
        for said in mentions()
        if said.values is not None and not needed.get(said.pattern, frozenset()) <= said.values
    ]
    assert not hungry, "\n".join(hungry)


def test_every_sentence_is_said_somewhere() -> None:
    # One long pattern: of thousands, `re` would compile each anew for each code.
    said = re.compile("|".join(sorted({f"(?:{one.pattern})" for one in mentions()})))
    unsaid = [code for code in sorted(codes("ru")) if not said.fullmatch(code)]
    assert not unsaid, "nothing says " + ", ".join(unsaid)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('Message("wording.no_such")', [("wording.no_such", [])]),
        ('Message("wording.no", {"n": 1, "on": day})', [("wording.no", ["n", "on"])]),
        ('Message("wording.no", values)', [("wording.no", None)]),
        ('tr("wording.no", lang, n=1)', [("wording.no", ["n"])]),
        ('tr(f"wording.{kind}.long", lang)', [("wording..+.long", [])]),
        ('family = "wording.date"', [("wording.date..+", None)]),
        ('code = "wording.yes" if good else "wording.no"', [("wording.yes", None), ("wording.no", None)]),
        ('import_module("wording.yes"); url_for("wording.list"); x = "registry.wording", "wording. No", "os.path"', []),
    ],
)
def test_codes_are_found_in_python(text: str, found: list[tuple[str, list[str] | None]]) -> None:
    assert _plain(in_python(Source("web/x.py", text))) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ _('web.a.title') }}", [("web.a.title", [])]),
        ("{{ _('web.a', n=3, **more) }}", [("web.a", None)]),
        ("{{ _('web.%s.b' % kind, n=3) }}", [("web..+.b", ["n"])]),
        ("{% if x %}{{ _('web.c.' ~ kind) }}{% endif %}", [("web.c..+", [])]),
        ("{{ _('web.a' if x else 'web.b') }}", [("web.a", []), ("web.b", [])]),
        ("{{ url_for('web.page') }}", []),
    ],
)
def test_codes_are_found_in_templates(text: str, found: list[tuple[str, list[str] | None]]) -> None:
    assert _plain(in_template("page.html", text)) == found


def _plain(said: Iterator[Mention]) -> list[tuple[str, list[str] | None]]:
    return [(one.pattern.replace("\\", ""), None if one.values is None else sorted(one.values)) for one in said]
