"""Predicted classes of one task, and what tables show of them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

import numpy as np

from tuning.runs.figures import bracketed, signed
from zoo.metrics import bootstrap, classification, significance
from zoo.metrics.classification import unweighted_average_recall
from zoo.papers.waveform_mtl import LEVELS


@dataclasses.dataclass(frozen=True)
class Predicted:
    """True and predicted levels of the utterances of a split, for one task.

    Attributes:
        y_true, y_pred: (utterances,) classes from 0.
        ids: of the utterances.
        speakers: of the utterances.
    """

    y_true: np.ndarray
    y_pred: np.ndarray
    ids: Sequence[str]
    speakers: Sequence[str]

    def __len__(self) -> int:
        return len(self.ids)

    @functools.cached_property
    def confusions(self) -> np.ndarray:
        """Counts by speaker, (speakers, levels, levels)."""
        _, counts = classification.unit_confusions(
            self.y_true, self.y_pred, len(LEVELS), self.speakers
        )
        return counts

    @functools.cached_property
    def uar(self) -> float:
        """The unweighted average recall, pooled over all utterances."""
        return bootstrap.total(self.confusions, unweighted_average_recall)

    def interval(self) -> bootstrap.Bounds | None:
        """Returns the UAR's interval over speakers; `None` for too few."""
        return bootstrap.interval(self.confusions, unweighted_average_recall)

    def recalls(self) -> np.ndarray:
        """Returns the recall of each level; NaN where it does not occur."""
        return classification.recalls(self.confusions.sum(axis=0))

    def counts(self) -> list[int]:
        """Returns the number of utterances of each level."""
        return np.bincount(self.y_true, minlength=len(LEVELS)).tolist()

    def only(self, wanted: Callable[[str], bool]) -> Predicted:
        """Returns those utterances whose id is wanted."""
        kept = [i for i, name in enumerate(self.ids) if wanted(name)]
        return Predicted(
            self.y_true[kept],
            self.y_pred[kept],
            [self.ids[i] for i in kept],
            [self.speakers[i] for i in kept],
        )


def gain(
    better: Predicted, worse: Predicted
) -> tuple[float, bootstrap.Bounds | None]:
    """Returns how much higher the first UAR is, paired by speaker."""
    return bootstrap.difference(
        better.confusions, worse.confusions, unweighted_average_recall
    )


def z_test(better: Predicted, worse: Predicted) -> float:
    """Returns p of the paper's one-tailed test of two UARs."""
    return significance.z_test(better.uar, worse.uar, len(better))


def mcnemar(first: Predicted, second: Predicted) -> float:
    """Returns p of McNemar's test on the same utterances."""
    return significance.mcnemar(first.y_true, first.y_pred, second.y_pred)


def percent(value: float, bounds: bootstrap.Bounds | None = None) -> str:
    """Returns a share in percent, its interval in brackets.

    Example:
        >>> percent(0.485), percent(0.485, (0.451, 0.52))
        ('48.5', '48.5 (45.1 to 52.0)')
    """
    text = f"{100 * value:.1f}"
    return text if bounds is None else f"{text} {bracketed(bounds, 1, 100)}"


def points(difference: tuple[float, bootstrap.Bounds | None]) -> str:
    """Returns a difference in percentage points, its interval in brackets.

    Example:
        >>> points((0.034, (-0.01, 0.07)))
        '+3.4 (-1.0 to 7.0)'
    """
    return signed(difference, 1, 100)
