"""Training without a development partition, as folds with one were trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tuning.training import fits
from tuning.training.callbacks import PLATEAU
from tuning.training.fits import Configuration, Fit


def configuration(
    own: Configuration, folds: Sequence[Fit], epochs: int
) -> Configuration:
    """Returns the configuration of a network that nothing validates.

    The schedule "plateau" waits for development scores; its halvings are then
    those of the folds.

    Args:
        own: configuration of the folds.
        folds: their fits.
        epochs: that the network is trained.
    """
    if own.training.get("schedule") != "plateau":
        return own
    counts = halvings(folds, epochs, own.training.get("warmup", 0))
    training = {**own.training, "halvings": tuple(counts)}
    return dataclasses.replace(own, training=training)


def halvings(folds: Sequence[Fit], epochs: int, warmup: int = 0) -> list[float]:
    """Returns how often "plateau" has halved the rate before each epoch.

    It is the mean over the folds, which makes the rate the geometric mean of
    theirs. Of each fold, what came after its best epoch has no part in its
    weights and is left out.

    Args:
        folds: fits that were trained with that schedule.
        epochs: number of epochs to return.
        warmup: epochs after which the rate begins anew.
    """
    by_fold = [_halvings(fold, warmup) for fold in folds]
    filled = [
        [*own[:epochs], *[own[-1]] * (epochs - len(own))] for own in by_fold
    ]
    return np.mean(filled, axis=0).tolist()


def _halvings(fold: Fit, warmup: int) -> list[int]:
    """Returns the halvings before each epoch of a fold, up to its best one."""
    scores = fits.judged_by(fold)
    best = count = 0
    counts = []
    for epoch in range(fold.best_epoch + 1):
        count = 0 if epoch <= warmup else count
        counts.append(count)
        best = epoch if scores[epoch] > scores[best] else best
        waited = epoch - best
        count += waited > 0 and waited % PLATEAU == 0
    return counts
