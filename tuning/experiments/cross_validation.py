"""Folds that are trained one by one and scored together."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from pipelines.corpora.base import Corpus
from tuning.experiments import classes
from tuning.experiments.base import OnEpoch, Outputs, Predictions, Scores
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.experiments.utterance_data import Material
from tuning.experiments.utterances import UtteranceExperiment
from tuning.protocols.folds import Fold
from tuning.training.fits import Configuration, Fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPLITS = ("dev", "test")


class CrossValidation(ClassExperiment):
    """A network a fold; every utterance that some fold tests is scored once.

    Recalls are pooled over all tested utterances, each judged by a network
    that never heard its speaker. The saved model is one more network, which
    trains on all speakers but those that validate the first fold; no figure
    but its development score is its own.

    A speaker whom one fold tests validates another, so a search, which goes
    by the mean development score, has seen everybody's labels: what it
    reports is a little hopeful. `tuning.train` chooses epochs alone.

    Args:
        model: a name in `zoo.names()`.
        corpus: that `material` was read from.
        material: the utterances.
        folds: two or more, each with a development side.
        epochs: at most; `None` for the recipe's.
        progress: called with a line while a fold trains.
    """

    saved_as = (
        "The saved model is one more network, of the seed that is best on "
        "dev, trained on all speakers but those that validate the first fold:"
    )
    shown_as = "the first fold"

    def __init__(
        self,
        model: str,
        corpus: Corpus,
        material: Material,
        folds: Sequence[Fold],
        epochs: int | None = None,
        progress: Callable[[str], None] = lambda line: None,
    ):
        super().__init__(model, corpus, epochs)
        self.material = material
        self.folds = tuple(folds)
        self._progress = progress

        def on(fold: Fold) -> UtteranceExperiment:
            return UtteranceExperiment(model, corpus, material, fold, epochs)

        self.parts = [on(fold) for fold in folds]
        self.whole = on(_all(folds))

    def counts(self) -> dict[str, int]:
        return {
            "utterances": len(self.material.utterances),
            "folds": len(self.parts),
        }

    def remarks(self) -> list[str]:
        names = ", ".join(part.fold.name for part in self.parts)
        return [*self.material.remarks(), f"tested in turn: {names}"]

    @property
    def scored(self) -> list[str]:
        return list(SPLITS)

    def labelled(self, split: str) -> bool:
        return split in SPLITS

    def arguments(
        self, by_target: Mapping[str, Configuration]
    ) -> dict[str, Any]:
        return self.whole.arguments(by_target)

    def fit(
        self,
        out: pathlib.Path,
        target: str,
        configuration: Configuration,
        seed: int,
        epochs: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Fit:
        """Trains the network of every fold; progress names the fold."""
        fits = []
        for place, part in enumerate(self.parts, 1):
            line = f"{part.fold.name}, {place} of {len(self.parts)}"
            fits.append(
                part.fit(
                    out / "folds" / part.fold.name.replace(" ", "_"),
                    target,
                    configuration,
                    seed,
                    epochs,
                    self._shown(f"seed {seed}, {line}"),
                )
            )
        return Fit(
            target=target,
            seed=seed,
            epochs=max(fit.epochs for fit in fits),
            best=float(np.mean([fit.best for fit in fits])),
            best_epoch=round(np.mean([fit.best_epoch for fit in fits])),
            folder=out,
            folds=tuple(fits),
        )

    def _shown(self, line: str) -> OnEpoch:
        return lambda epoch, logs: self._progress(f"{line}, epoch {epoch + 1}")

    def predicted(
        self, fit: Fit, configuration: Configuration
    ) -> dict[str, Outputs]:
        found = [
            part.predicted(each, configuration)
            for part, each in zip(self.parts, fit.folds)
        ]
        return {
            split: {
                TARGET: np.concatenate([each[split][TARGET] for each in found])
            }
            for split in SPLITS
        }

    def join(
        self, best: Mapping[str, Fit], by_target: Mapping[str, Configuration]
    ) -> keras.Model:
        """The network of all speakers, of the seed that is best."""
        ((target, fit),) = best.items()
        whole = self.whole.fit(
            fit.folder / "folds" / self.whole.fold.name,
            target,
            by_target[target],
            fit.seed,
            on_epoch=self._shown("all speakers"),
        )
        return self.whole.load(whole, by_target[target])

    def saved_scores(
        self, model: keras.Model, training: Mapping[str, Any]
    ) -> dict[str, Scores]:
        return self.whole.saved_scores(model, training)

    def shown(self, best: Mapping[str, Fit]) -> Mapping[str, Fit]:
        """The training of the first fold, since all would be a tangle."""
        name = self.parts[0].fold.name
        return {name: fit.folds[0] for fit in best.values()}

    def true(self, split: str) -> np.ndarray:
        """The classes of what all folds validate or test, fold by fold."""
        return np.concatenate([part.true(split) for part in self.parts])

    def said(self, split: str) -> list[str]:
        return [name for part in self.parts for name in part.said(split)]

    def score(self, predictions: Predictions, split: str) -> Scores:
        """As of any; without intervals where two folds say an utterance.

        It would count for two, and the interval come out too narrow.
        """
        found, said = super().score(predictions, split), self.said(split)
        if len(set(said)) < len(said):
            for each in found.values():
                for end in classes.ENDS:
                    each.pop(end, None)
        return found

    def model_pictures(
        self, model: keras.Model, training: Mapping[str, Any], note: str
    ) -> dict[str, tuple[str, Figure]]:
        return self.whole.model_pictures(model, training, note)


def _all(folds: Sequence[Fold]) -> Fold:
    """All speakers train but those that validate the first fold."""
    first = folds[0]
    train = (*first.train, *first.test)
    return Fold("all", train, first.dev, ())
