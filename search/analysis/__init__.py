"""Text to tokens, the same for both engines, for queries and for matching; stands on registry.text. Pure."""

from search.analysis.measures import UNITS, Dimension, Measure, Unit, convert, unit
from search.analysis.pipeline import Analysed, Span, analyse, index_text, query_tokens, spans
from search.analysis.words import stem

__all__ = [
    "UNITS",
    "Analysed",
    "Dimension",
    "Measure",
    "Span",
    "Unit",
    "analyse",
    "convert",
    "index_text",
    "query_tokens",
    "spans",
    "stem",
    "unit",
]
