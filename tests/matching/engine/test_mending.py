"""A word that no offer holds is read for the one that was meant, and right words are left alone."""

from __future__ import annotations

import pytest

from matching.engine.mending import Mender
from search.analysis.sounds import latin
from tests.matching.engine.makers import mender_of, offer, shelf_of


@pytest.fixture(scope="module")
def mender() -> Mender:
    return mender_of(
        shelf_of(
            [
                offer("Антисептик PROSEPT для древесины, спрей для мытья акриловых поверхностей"),
                offer("Задвижка клиновая"),
                offer("Стол с двумя тумбами"),
                offer("", name_kk="Болат құбыр"),
                offer("", name_kk="Ұсату қондырғысы"),
            ]
        )
    )


@pytest.mark.parametrize(
    ("token", "written", "meant"),
    [
        ("задвишк", "задвишка", ("задвижка",)),
        ("клинав", "клинавая", ("клиновой",)),
        ("просепт", "просепт", ("prosept",)),
        ("кобель", "кобель", ()),  # a dog, and a dictionary word: not taken for a cable
        ("рост", "рост", ()),  # is in the dictionary, however near гост is
        ("qubyr", "qubyr", ("құбыр",)),
        ("кубыр", "кубыр", ("құбыр",)),
        ("кубырлар", "кубырлардын", ("құбыр",)),
        ("zadvizhki", "zadvizhki", ("задвижка",)),
        ("stol", "stol", ()),  # so short a word may as well be English
        ("table", "table", ()),
        ("ұстау", "ұстау", ()),  # holding, by its suffix and harmony a word: no slip of ұсату, crushing
        ("xyzxyz", "xyzxyz", ()),
        ("159", "159", ()),
        ("дн", "дн", ()),
        ("дв", "ДВ", ()),  # with any ending near to два, but too short to be a slip of anything
    ],
)
def test_slips_are_mended_and_right_words_left(
    mender: Mender, token: str, written: str, meant: tuple[str, ...]
) -> None:
    assert mender.mend(token, written) == meant


@pytest.mark.parametrize(
    ("glued", "apart"),
    [
        ("Спрейдлямытьяакриловыхповерхностей", "Спрей для мытья акриловых поверхностей"),
        ("Антисептикдлядревесины5л", "Антисептик для древесины 5л"),
        ("электрогидрораспределитель", "электрогидрораспределитель"),
        ("Труба стальная", "Труба стальная"),
        ("", ""),
    ],
)
def test_words_without_spaces_between_are_split_where_offers_hold_them(mender: Mender, glued: str, apart: str) -> None:
    assert mender.unglue(glued) == apart


def test_a_hostile_run_of_letters_is_left_as_it_is(mender: Mender) -> None:
    run = "ы" * 5_000
    assert mender.unglue(run).replace(" ", "") == run


@pytest.mark.parametrize(("word", "written"), [("просепт", "prosept"), ("құбыр", "kubyr"), ("pump", "pump")])
def test_other_alphabets(word: str, written: str) -> None:
    assert latin(word) == written
