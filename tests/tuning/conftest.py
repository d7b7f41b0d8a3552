"""Fixtures of the tables whose systems are trained for them."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import zoo
from pipelines.features import extraction
from tuning.experiments import svm
from tuning.experiments.cross_validation import CrossValidation
from tuning.experiments.utterances import UtteranceExperiment
from tuning.runs import ensemble
from tuning.runs.ensemble import Ensemble
from tuning.training.fits import Fit


@pytest.fixture
def descriptors(monkeypatch, tmp_path):
    """Instead of openSMILE's: the size and the roughness of a waveform."""
    monkeypatch.chdir(tmp_path)  # where features are kept
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    grid = ({"C": 1.0}, {"C": 10.0, "class_weight": "balanced"})
    monkeypatch.setitem(svm.GRIDS, "nested grid", grid)

    def functionals(waveform):
        sizes = [np.abs(waveform).mean(), np.abs(np.diff(waveform)).mean()]
        return np.log([sizes]).astype("float32")

    def low_level(waveform):
        return np.repeat(functionals(waveform)[:, :1], 25, axis=1)

    for name, extract in {
        "egemaps": functionals,
        "egemaps_lld": low_level,
    }.items():
        fake = extraction.FrontEnd(extract, 16_000, "test")
        monkeypatch.setitem(extraction.FRONT_ENDS, name, fake)


@pytest.fixture
def untrained(monkeypatch, tmp_path):
    """Instead of networks: posteriors that are right four times in five.

    Returns what was asked for: models and the arguments of each.
    """
    asked = []

    def train(experiment, configurations, out, seeds, progress, *more):
        ((target, configuration),) = configurations.items()
        asked.append((experiment.card.name, configuration))
        outputs = []
        for seed in seeds:
            rng = np.random.default_rng([len(asked), seed])
            outputs.append(
                {
                    split: {target: guesses(experiment.y_true(split), rng)}
                    for split in ("dev", "test")
                }
            )
        fits = [Fit(target, seed, 1, 0.5, 0, tmp_path) for seed in seeds]
        return Ensemble(configurations, {target: fits}, {target: outputs})

    def train_each(experiment, target, several, out, seed, *more):
        return [
            train(experiment, {target: configuration}, out, [seed], *more)
            for configuration in several
        ]

    def guesses(true, rng):
        classes = 4 if true.shape[1] == 1 and true.max() > 2 else 3
        off = (rng.random(true.shape) > 0.8).astype(int)
        return np.eye(classes)[(true + off) % classes]

    def join(self, best, by_target):
        return zoo.get(self.card.name, None, **self.arguments(by_target))

    def load(self, fit, configuration):
        return self.build(fit.target, configuration)

    monkeypatch.setattr(ensemble, "train", train)
    monkeypatch.setattr(ensemble, "train_each", train_each)
    monkeypatch.setattr(CrossValidation, "join", join)
    monkeypatch.setattr(UtteranceExperiment, "load", load)
    return asked
