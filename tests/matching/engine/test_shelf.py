"""What the vocabulary makes of a term whose frequency was learned before any offer that says it was read."""

from matching.engine.reading import Kind, read
from matching.engine.shelf import Vocabulary


def test_a_measure_learned_by_its_text_keeps_its_value_once_it_is_read() -> None:
    vocabulary = Vocabulary()
    measure = next(term for term in read("шар мелющий 80 мм").terms if term.kind is Kind.MEASURE)
    vocabulary.learn({measure.text: 3}, 100)
    assert vocabulary.term(vocabulary.number(measure)) == measure
    assert vocabulary.held(measure.text)


def test_a_word_read_first_stays_a_word_when_it_is_learned() -> None:
    vocabulary = Vocabulary()
    word = next(term for term in read("насос").terms if term.kind is Kind.WORD)
    number = vocabulary.number(word)
    vocabulary.learn({word.text: 3}, 100)
    assert vocabulary.term(number) == word
