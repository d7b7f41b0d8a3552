"""Readers of CMU-MOSEI: the SDK's `.csd` files, and aligned arrays."""

from pipelines.corpora.mosei.aligned import MoseiAligned
from pipelines.corpora.mosei.corpus import Mosei
from pipelines.corpora.mosei.labels import EMOTIONS

__all__ = ["EMOTIONS", "Mosei", "MoseiAligned"]
