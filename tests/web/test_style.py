"""The style sheets keep what the design promises: contrast, sizes of the scale, nothing from elsewhere or idle."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from tests.architecture import ROOT
from web.formats import STYLES

SHEETS = {name: files("web").joinpath(f"static/{name}.css").read_text(encoding="utf-8") for name in STYLES}
CSS = "\n".join(SHEETS.values())
ROOTS = re.findall(r":root \{([^}]*)\}", CSS)
LIGHT = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", ROOTS[0]))
DARK = LIGHT | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", ROOTS[1]))

# What is written on what, at least 4.5:1; and what must merely be seen, 3:1.
READ = [
    *((ink, ground) for ink in ("ink", "muted", "petrol") for ground in ("page", "surface", "petrol-soft")),
    *((ink, ground) for ink in ("petrol-deep",) for ground in ("page", "petrol-soft")),
    ("on-petrol", "petrol"),
    ("on-petrol", "petrol-deep"),
    *((colour, ground) for colour in ("amber", "green", "red") for ground in ("page", f"{colour}-soft")),
    *(("ink", ground) for ground in ("mark", "amber-soft", "green-soft", "red-soft")),
]
SEEN = [("edge", "page"), ("edge", "surface"), ("petrol", "page"), ("muted", "page")]


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1..21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_defined() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), READ)
def test_words_can_be_read(scheme: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(scheme[ink], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), SEEN)
def test_what_can_be_filled_in_can_be_seen(scheme: dict[str, str], line: str, ground: str) -> None:
    assert contrast(scheme[line], scheme[ground]) >= 3


def test_colours_have_names_and_sizes_come_from_the_scale() -> None:
    body = "\n".join(text for name, text in SHEETS.items() if name != "colours")
    assert [line for line in re.findall(r".*#[0-9a-f]{3,6}\b.*", body) if "--" not in line] == []
    sizes = set(re.findall(r"font-size: ([^;]+);", body))
    assert sizes <= {f"var(--{name})" for name in ("small", "normal", "large", "larger", "largest")} | {"inherit"}


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert not re.search(r"url\(|@import|https?:", CSS)


def test_every_sheet_is_served() -> None:
    assert {path.stem for path in (ROOT / "web/static").glob("*.css")} == set(STYLES)


def test_no_rule_is_idle_and_no_class_without_one() -> None:
    """Every class of the style sheets stands in a template, and every class of a template has a rule."""
    ruled = set(re.findall(r"\.([a-z][\w-]*)(?=[^{}]*\{)", re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)))
    templates = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "web/templates").rglob("*.html"))
    # A class may be chosen by an expression, or come from a map of states to classes.
    attributes = " ".join(re.findall(r'class="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"', templates))
    chosen = set(re.findall(r"(?<=['\"])(?:is|notice|field|bar)-[a-z]+|(?<=['\"])secondary", templates))
    written = set(re.findall(r"[a-z][\w-]*", re.sub(r"\{[{%].*?[%}]\}", " ", attributes))) | chosen
    assert ruled - written == set()
    assert written - ruled == set()


def test_every_name_is_used() -> None:
    named = set(re.findall(r"(--[\w-]+):", SHEETS["colours"]))
    assert named == set(re.findall(r"var\((--[\w-]+)\)", CSS))
