"""How the predictions of an experiment are scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pipelines.corpora.base import Corpus
from tuning.experiments.predictions import Predictions
from tuning.experiments.trained_on import Item
from tuning.experiments.unit_scores import Scores, UnitSums


class Scoring:
    """Scores predictions of a split against its labels, by unit.

    Attributes:
        corpus: whose recordings are predicted.
        measures: headings of the scores, by name; the first one decides.
        unit: what intervals are over: "speaker" or "video".
        crossed: whether every speaker is tested, by several networks.
    """

    corpus: Corpus
    measures: Mapping[str, str]
    unit: str = "speaker"
    crossed: bool = False

    def counts(self) -> dict[str, int]:
        """Returns the number of recordings of each split."""
        raise NotImplementedError

    def labelled(self, split: str) -> bool:
        """Returns whether every recording of a split has labels."""
        raise NotImplementedError

    def items(self, split: str) -> list[Item]:
        """Returns what a partition consists of, known by its content.

        The training partition is that of the saved model.
        """
        raise NotImplementedError

    def units(self, split: str) -> list[str]:
        """Returns the unit of each item, in the order of the predictions."""
        raise NotImplementedError

    def sums(self, predictions: Predictions, split: str) -> UnitSums:
        """Returns what the scores are computed from, by unit."""
        raise NotImplementedError

    def score(self, predictions: Predictions, split: str) -> Scores:
        """Returns the scores of predictions against a split's labels.

        Intervals are over units, as `unit_scores` names their bounds.
        """
        return self.sums(predictions, split).scores()

    def of_units(self, predictions: Predictions, split: str) -> dict[str, Any]:
        """Returns the number of items of each unit, and its own scores."""
        counts = Counter(self.units(split))
        return {
            unit: {"count": counts[unit], "metrics": scores}
            for unit, scores in self.sums(predictions, split).of_units().items()
        }

    def of_corpora(
        self, predictions: Predictions, split: str
    ) -> dict[str, Scores]:
        """Returns the scores on each of joined corpora; empty of one."""
        speakers: dict[str, set[str]] = {}
        for utterance in self.corpus.utterances:
            name = self.corpus.member_of(utterance)
            speakers.setdefault(name, set()).add(utterance.speaker)
        if len(speakers) < 2:
            return {}
        sums = self.sums(predictions, split)
        return {
            name: sums.among(own).scores()
            for name, own in speakers.items()
            if not own.isdisjoint(sums.units)
        }

    def class_counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Returns the utterances of each class, by task and partition."""
        return {}

    def constant_predictions(self, split: str) -> dict[str, Predictions]:
        """Returns predictions that never change, by the baseline's name.

        They are learnt from the labels of the training partition alone.
        """
        raise NotImplementedError

    def constants(self, split: str) -> dict[str, Scores]:
        """Returns the scores of the constant baselines, by name."""
        return {
            name: self.score(predictions, split)
            for name, predictions in self.constant_predictions(split).items()
        }
