"""Reads RECOLA, as AVEC's challenges and as its owners distribute it."""

from pipelines.corpora.recola.corpus import Recola
from pipelines.corpora.recola.ratings import read_gold_standard, read_ratings

__all__ = ["Recola", "read_gold_standard", "read_ratings"]
