"""CMU-MOSEI's two splits, or another corpus' only one, with their runs."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines import corpora
from pipelines.corpora.mosei import Mosei
from pipelines.corpora.word_base import WordCorpus
from tuning.experiments.choices import Choices
from tuning.papers.mosei_fusion import published
from tuning.runs import workspace
from tuning.tables.registry import TablesRequest
from zoo.common import cli, files
from zoo.metrics.intensities import EMOTIONS

NETWORKS = {"LSTM": "mosei_lstm", "BLSTM": "mosei_blstm", "CNN": "mosei_cnn"}
CUSTOM = {"folds": "paper"}
"""Option of CMU-MOSEI for Tables 1 to 4; without it the split is official."""


class Split:
    """A corpus in one split, and the finished runs on it.

    Args:
        corpus: opened.
        folder: holds the runs under the names that searches give them.
        options: that the corpus was opened with, by name.
    """

    def __init__(
        self,
        corpus: WordCorpus,
        folder: pathlib.Path,
        options: Mapping[str, Any],
    ):
        self.corpus = corpus
        self.folder = folder
        self.options = options
        self.has_emotions = tuple(corpus.dimensions) == EMOTIONS
        self.every = "".join(corpus.modalities)
        is_custom = options.get("folds") == "paper"
        self.name = "custom split" if is_custom else corpus.partition

    def described(self) -> str:
        """Returns the split and its sizes, in words."""
        sizes = ", ".join(
            f"{len(self.corpus.split(split))} {split}"
            for split in ("train", "dev", "test")
        )
        seed = self.options.get("fold_seed")
        drawn = f", fold_seed {seed}" if seed is not None else ""
        return f"{self.name} ({sizes} segments{drawn})"

    def path(self, model: str, letters: str) -> pathlib.Path:
        """Returns the folder of a run."""
        choices = Choices(modalities=letters)
        name = workspace.run_name(
            model,
            type(self.corpus),
            self.options,
            choices,
            self.corpus.partial,
        )
        return self.folder / name

    def report(self, model: str, letters: str) -> dict[str, Any] | None:
        """Returns a finished run's report."""
        path = self.path(model, letters) / "report.json"
        return files.read_json(path) if path.exists() else None

    def finished(self) -> dict[str, dict[str, pathlib.Path]]:
        """Returns the folders of finished runs, by network and modalities."""
        return {
            network: {
                letters: self.path(model, letters)
                for letters in self.allowed(published.BY_MODALITIES)
                if self.report(model, letters)
            }
            for network, model in NETWORKS.items()
        }

    def allowed(self, sets: Iterable[str]) -> list[str]:
        """Returns the sets of modalities that the corpus has."""
        return [letters for letters in sets if {*letters} <= {*self.every}]

    def missing_note(self, models: list[str], all_sets: bool = False) -> str:
        """Returns the command of the missing runs; "" where there are none."""
        sets = self.allowed(published.BY_MODALITIES) if all_sets else [""]
        missing = [
            f"{model} {letters or self.every}"
            for model in models
            for letters in sets
            if self.report(model, letters or self.every) is None
        ]
        if not missing:
            return ""
        words = [
            "python -m tuning.search",
            "'mosei_*'" if len(models) > 1 else models[0],
            *(["--modalities all"] if all_sets else []),
            f"--corpus {self.corpus.name} --data …",
            *(["--partial"] if self.corpus.partial else []),
            *(f"--corpus-option {n}={v}" for n, v in self.options.items()),
        ]
        return (
            f"Not run yet on {self.corpus.name}, {self.described()}: "
            f"{', '.join(missing)}. `{' '.join(words)}`"
        )


def splits(request: TablesRequest) -> tuple[Split, Split]:
    """Returns the custom and the official split of CMU-MOSEI.

    Another corpus has one split, which stands for both.
    """
    corpus, options = request.corpus, dict(request.corpus_options)
    if not isinstance(corpus, WordCorpus):
        raise ValueError(
            "The tables of mosei_fusion are of words with features. Received: "
            f"{corpus.name!r}"
        )
    if not isinstance(corpus, Mosei):
        only = Split(corpus, request.runs, options)
        return only, only
    if "folds" in options:
        raise cli.UsageError(
            "Tables 1 to 4 are of folds=paper and Table 5 of folds=standard, "
            f"in one command. Leave out folds={options['folds']}."
        )
    custom = {**CUSTOM, **options}
    official = {n: v for n, v in options.items() if n != "fold_seed"}
    refolded, unchanged = (
        corpora.reopen(corpus, own) for own in (custom, official)
    )
    return (
        Split(refolded, request.runs, custom),
        Split(unchanged, request.runs, official),
    )
