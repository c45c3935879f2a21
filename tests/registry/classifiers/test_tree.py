"""The tree: paths over unnumbered nodes, levels, what is covered, how far two codes are apart."""

from __future__ import annotations

import pytest

from registry.classifiers.models import Scheme
from registry.classifiers.rules import read
from registry.classifiers.tree import Node, Tree


def tree(rows: str, scheme: Scheme = Scheme.TNVED) -> Tree:
    """A tree from lines `row_id|parent_row_id|code|name_ru|name_kk|name_en`."""
    names = ("row_id", "parent_row_id", "code", "name_ru", "name_kk", "name_en")
    cells = [dict(zip(names, line.strip().split("|"), strict=False)) for line in rows.strip().splitlines()]
    reading = read(scheme, enumerate(cells, start=2), names)
    assert not reading.refused
    return Tree(stated.node for stated in reading.nodes.values())


PIPES = tree(
    """
    1|||Раздел XV. НЕДРАГОЦЕННЫЕ МЕТАЛЛЫ|XV бөлім. БАҒАЛЫ ЕМЕС МЕТАЛДАР|Base metals
    2|1|73|ИЗДЕЛИЯ ИЗ ЧЕРНЫХ МЕТАЛЛОВ||Articles of iron
    3|2|7304|Трубы бесшовные|Жіксіз құбырлар|Tubes, seamless
    4|3||трубы для нефтепроводов
    5|4|730411|из коррозионностойкой стали
    6|5|7304110001|для давления
    7|5|7304110009|прочие
    8|4|730419|прочие
    9|8|7304191009|прочие
    10|3||трубы обсадные
    11|10|7304220001|гладкие
    12|2|7305|Трубы большого диаметра
    13|1|74|МЕДЬ
    14|13|7411|Трубы медные
    15|14|7411101000|прямые
    """
)


def test_the_path_runs_over_unnumbered_nodes_from_the_section_down() -> None:
    assert PIPES.path("7304110001", "ru") == (
        "Раздел XV. НЕДРАГОЦЕННЫЕ МЕТАЛЛЫ",
        "ИЗДЕЛИЯ ИЗ ЧЕРНЫХ МЕТАЛЛОВ",
        "Трубы бесшовные",
        "трубы для нефтепроводов",
        "из коррозионностойкой стали",
        "для давления",
    )
    assert [node.code for node in PIPES.ancestors("7304110001")] == [None, "73", "7304", None, "730411", "7304110001"]


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("kk", ("XV бөлім. БАҒАЛЫ ЕМЕС МЕТАЛДАР", "ИЗДЕЛИЯ ИЗ ЧЕРНЫХ МЕТАЛЛОВ", "Жіксіз құбырлар")),
        ("en", ("Base metals", "Articles of iron", "Tubes, seamless")),
    ],
)
def test_a_name_that_is_missing_is_told_in_the_next_language(lang: str, names: tuple[str, ...]) -> None:
    assert PIPES.path("7304", lang) == names


def test_a_code_that_is_not_there_has_the_path_of_its_longest_prefix() -> None:
    assert PIPES.path("7304119999", "ru") == PIPES.path("730411", "ru")
    assert PIPES.path("9999999999", "ru") == ()
    assert PIPES.ancestors("9999999999") == ()


def test_children_are_numbered_and_unnumbered_nodes_in_order_of_code() -> None:
    assert [node.name("ru") for node in PIPES.children("7304")] == ["трубы для нефтепроводов", "трубы обсадные"]
    unnumbered = PIPES.children("7304")[0]
    assert [node.code for node in PIPES.children(unnumbered.key)] == ["730411", "730419"]
    assert [node.code for node in PIPES.children("73")] == ["7304", "7305"]
    assert PIPES.children("9999") == ()
    assert [node.name("ru") for node in PIPES.top()] == ["Раздел XV. НЕДРАГОЦЕННЫЕ МЕТАЛЛЫ"]


def test_nodes_stand_in_the_order_of_the_classifier() -> None:
    codes = [node.code for node in PIPES.nodes]
    assert codes[:6] == [None, "73", "7304", None, "730411", "7304110001"]
    assert [code for code in codes if code] == sorted(code for code in codes if code)
    assert len(PIPES) == len(PIPES.nodes) == 15


def test_what_exists() -> None:
    assert PIPES.exists("7304191009")
    assert not PIPES.exists("7304191008")
    assert PIPES.node("7304") is not None
    assert PIPES.node("7306") is None


@pytest.mark.parametrize(
    ("code", "covered"),
    [
        ("7304999999", True),  # its heading has ten-digit lines, so this one does not exist
        ("7305110000", False),  # its heading is there without lines
        ("7306110000", False),  # its heading is not there, and the chapter is not whole
        ("7419000000", True),  # its heading is not there, and every heading of the chapter has lines
        ("8544499108", False),  # its chapter is not there
    ],
)
def test_a_branch_is_loaded_where_a_missing_code_can_be_told_not_to_exist(code: str, covered: bool) -> None:
    assert PIPES.covers(code) is covered


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [
        ("7304110001", "7304110001", 0),
        ("7304110001", "730411", 1),
        ("7304110001", "7304110009", 2),
        ("7304110001", "7304191009", 4),  # over the unnumbered «трубы для нефтепроводов»
        ("7304110001", "7304220001", 5),  # over the heading
        ("7304110001", "7411101000", 8),  # over the section
        ("7304110007", "7304110001", 2),  # not in the tree: one step below 730411
        ("7304", "7304", 0),
        ("7304110001", "9999999999", None),
    ],
)
def test_distance_counts_steps_along_the_tree(first: str, second: str, steps: int | None) -> None:
    assert PIPES.distance(first, second) == steps
    assert PIPES.distance(second, first) == steps


def test_a_tree_with_nothing_in_it() -> None:
    empty = Tree()
    assert (len(empty), empty.nodes, empty.top(), empty.path("7304", "ru")) == (0, (), (), ())
    assert not empty.covers("7304110001")
    assert empty.distance("7304", "7305") is None


def test_nodes_that_hang_from_each_other_do_not_hang_the_program() -> None:
    def node(key: str, parent: str) -> Node:
        return Node(key, parent, key, "node", key, None, None, None, None)

    ring = Tree([node("1", "2"), node("2", "1")])
    assert len(ring.path("1", "ru")) == 2
    assert ring.distance("1", "2") == 1
