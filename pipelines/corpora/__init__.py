"""Readers of the corpora, each in its owners' layout, and their registry."""

from __future__ import annotations

from pipelines.corpora.audformat import Audformat
from pipelines.corpora.base import Corpus, Utterance
from pipelines.corpora.ceap import Ceap
from pipelines.corpora.cheavd import Cheavd
from pipelines.corpora.emobox import EmoBox
from pipelines.corpora.emodb import EmoDb
from pipelines.corpora.emotale import EmoTale
from pipelines.corpora.emotale_sessions import EmoTaleSessions
from pipelines.corpora.iemocap import Iemocap
from pipelines.corpora.manifest import Manifest
from pipelines.corpora.mfn import Mmmo, MmmoText, Mosei2018, Pom
from pipelines.corpora.mosei import Mosei, MoseiAligned
from pipelines.corpora.options import (
    check_options,
    check_partial,
    check_values,
    option_texts,
    parse_options,
    reopen,
)
from pipelines.corpora.ravdess import Ravdess
from pipelines.corpora.recola import Recola
from pipelines.corpora.simulated import (
    Simulated,
    SimulatedCheavd,
    SimulatedIemocap,
    SimulatedMosei,
)
from pipelines.corpora.word_manifest import WordManifest
from zoo.common.arguments import look_up

__all__ = [
    "CORPORA",
    "Corpus",
    "Utterance",
    "check_options",
    "check_partial",
    "check_values",
    "find",
    "option_texts",
    "parse_options",
    "reopen",
]

CORPORA: dict[str, type[Corpus]] = {
    corpus.name: corpus
    for corpus in (
        Audformat,
        Ceap,
        Cheavd,
        EmoBox,
        EmoDb,
        EmoTale,
        EmoTaleSessions,
        Iemocap,
        Manifest,
        Mmmo,
        MmmoText,
        Mosei,
        Mosei2018,
        MoseiAligned,
        Pom,
        Ravdess,
        Recola,
        Simulated,
        SimulatedCheavd,
        SimulatedIemocap,
        SimulatedMosei,
        WordManifest,
    )
}


def find(name: str) -> type[Corpus]:
    """Returns the corpus class of that name.

    Raises:
        UsageError: no such corpus; the message suggests and lists.
    """
    return look_up("corpus", name, CORPORA)
