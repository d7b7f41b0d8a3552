"""Readers of CMU-MOSEI: the SDK's `.csd` files."""

from pipelines.corpora.mosei.corpus import Mosei
from pipelines.corpora.mosei.labels import EMOTIONS

__all__ = ["EMOTIONS", "Mosei"]
