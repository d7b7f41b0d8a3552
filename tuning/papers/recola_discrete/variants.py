"""Systems that Le et al. 2017 discuss (4.1, 4.2) or announce (5, 6).

Each changes one thing of the classifier's run: its loss, its levels, or how a
trace is read from the posteriors. They are trained for the tables, with the
run's other settings and seeds.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import zoo
from tuning.experiments.levels import (
    CONCORDANCE,
    LevelExperiment,
    posteriors,
)
from tuning.experiments.predictions import Predictions
from tuning.experiments.setup import Setup
from tuning.papers.recola_discrete import smoothing
from tuning.runs import ensemble
from tuning.runs.ensemble import Ensemble
from tuning.tables.registry import TablesRequest
from tuning.training.fits import Configuration
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import files

CLASSIFIER = "recola_blstm_cls"
PAPER = "k-means, cost-sensitive cross-entropy (the paper's)"
VARIANTS: Mapping[str, Mapping[str, str]] = {
    PAPER: {},
    "plain cross-entropy": {"objective": "ce"},
    "levels of equal width": {"discretisation": "equal_width"},
    "levels of equal size": {"discretisation": "quantile"},
    "soft labels": {"objective": "soft"},
    "ordinal labels": {"objective": "ordinal"},
    "CCC of the expected value": {"objective": CONCORDANCE},
}
"""What each system changes."""
RAW, DECODED = "likeliest level (CLS-Raw)", "decoder (CLS-Decoded)"
EXPECTED = "expected value"
Smoothed = dict[str, dict[str, Predictions]]
"""Predictions by the way of smoothing and by partition."""


class Variants:
    """Trains the systems, and smooths their traces.

    Args:
        run: folder of the classifier's finished run.
        request: of the tables.
        progress: shows how far the training is.
    """

    def __init__(
        self, run: pathlib.Path, request: TablesRequest, progress: Progress
    ):
        config = files.read_json(run / "config.json")
        self.run, self.out, self.progress = run, request.out, progress
        self.pool = request.pool or Pool(1)
        self.seeds: list[int] = config["seeds"]
        self.experiment = LevelExperiment(
            Setup(
                zoo.card(CLASSIFIER, weights=None),
                recipe(CLASSIFIER),
                request.corpus,
                request.epochs or config["epochs"],
            ),
            progress.show,
        )
        self.configurations = {
            dimension: _configuration(config, dimension)
            for dimension in self.experiment.targets
        }

    def train(self, changes: Mapping[str, str]) -> Ensemble:
        """Returns a system's networks, trained where they are not yet."""
        configurations = {
            dimension: _changed(own, changes)
            for dimension, own in self.configurations.items()
        }
        return ensemble.train(
            self.experiment,
            configurations,
            self.out if changes else self.run,
            self.seeds,
            self.progress,
            self.pool,
        )

    def smoothed(self, networks: Ensemble, is_paper: bool) -> Smoothed:
        """Returns a system's predictions, by way of smoothing and partition.

        Args:
            networks: of the system.
            is_paper: whether filters and the online decoder are tried too.
        """
        experiment = self.experiment
        raw = {split: networks.averaged(split) for split in experiment.scored}
        trained = next(iter(networks.configurations.values()))
        if trained.training.get("objective") == CONCORDANCE:
            return {EXPECTED: raw, **self._filtered(EXPECTED, raw)}
        decoded = experiment.decode(
            networks.configurations, networks.outputs, self.progress
        )
        mean = self._of_posteriors(
            networks,
            lambda dimension, own: smoothing.expected(
                self._levels(networks, dimension), own
            ),
        )
        ways = {RAW: raw, DECODED: decoded.predictions, EXPECTED: mean}
        if not is_paper:
            return ways
        late = self._of_posteriors(
            networks,
            lambda dimension, own: smoothing.online(
                decoded.decoders[dimension], own
            ),
        )
        return {
            **ways,
            f"decoder, {smoothing.LAG * 0.04:g} s late": late,
            **self._filtered(RAW, raw),
            **self._filtered(EXPECTED, mean),
        }

    def _levels(self, networks: Ensemble, dimension: str) -> Any:
        grammars = self.experiment.grammars(
            dimension, networks.configurations[dimension]
        )
        return {count: own.levels for count, own in grammars.items()}

    def _of_posteriors(self, networks: Ensemble, smooth: Any) -> Any:
        """Returns predictions made from the posteriors of every split."""
        return {
            split: {
                dimension: smooth(dimension, posteriors(own, dimension, split))
                for dimension, own in networks.outputs.items()
            }
            for split in self.experiment.scored
        }

    def _filtered(
        self, name: str, predictions: Mapping[str, Predictions]
    ) -> Smoothed:
        """Returns predictions filtered by the width that is best on dev."""
        ways: Smoothed = {}
        for kind in smoothing.FILTERS:
            widths = {
                dimension: smoothing.best_width(
                    list(own), self.experiment.y_true(dimension, "dev"), kind
                )
                for dimension, own in predictions["dev"].items()
            }
            chosen = ", ".join(f"{0.04 * w:g} s" for w in widths.values())
            ways[f"{name}, {kind} ({chosen})"] = {
                split: {
                    dimension: smoothing.filtered(
                        list(traces), kind, widths[dimension]
                    )
                    for dimension, traces in own.items()
                }
                for split, own in predictions.items()
            }
        return ways


def _configuration(config: Mapping[str, Any], dimension: str) -> Configuration:
    """Returns what a dimension's networks of a run were trained with."""
    arguments = {
        name: value[dimension] if isinstance(value, Mapping) else value
        for name, value in config["arguments"].items()
        if name not in ("dimensions", "networks")
    }
    return Configuration(arguments, config["training"][dimension])


def _changed(
    configuration: Configuration, changes: Mapping[str, str]
) -> Configuration:
    arguments = dict(configuration.arguments)
    if changes.get("objective") == CONCORDANCE:
        arguments["readout"] = "expected"
    return dataclasses.replace(
        configuration,
        arguments=arguments,
        training={**configuration.training, **changes},
    )
