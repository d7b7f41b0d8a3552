"""A worker trains the network that the parent would, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from experiments import open_experiment

import pipelines
from tuning.training import resources, shared
from tuning.training.fits import Configuration
from tuning.training.worker import Worker

pytestmark = pytest.mark.slow

CONFIGURATION = Configuration({"span": 4, "l2": 0.0}, {"learning_rate": 0.01})


def test_a_worker_trains_the_same_network(simulated, tmp_path):
    threads = resources.limit_threads()
    corpus = pipelines.corpus("simulated", simulated)
    experiment = open_experiment("recola_context", corpus, 2)
    ours, theirs = (
        [
            request
            for seed in (0, 1)
            for request in experiment.requests(
                tmp_path / name, "arousal", CONFIGURATION, seed, predicts=True
            )
        ]
        for name in ("parent", "worker")
    )
    shared.dump(tmp_path / "shared", experiment)
    worker = Worker(threads)
    try:
        worker.begin(tmp_path / "shared", theirs)
        messages = []
        while not messages or messages[-1].kind != "idle":
            messages.append(worker.receive())
    finally:
        worker.stop()
    kinds = [message.kind for message in messages]
    assert kinds == [*["epoch", "epoch", "fit"] * 2, "idle"]
    for own, other in zip(ours, theirs, strict=True):
        fit, same = experiment.train(own), experiment.finished(other)
        assert same is not None and same.best == fit.best
        for expected, found in zip(
            experiment.load(fit, CONFIGURATION).get_weights(),
            experiment.load(same, CONFIGURATION).get_weights(),
            strict=True,
        ):
            np.testing.assert_array_equal(found, expected)
        for split, outputs in experiment.outputs_of(fit, CONFIGURATION).items():
            again = experiment.outputs_of(same, CONFIGURATION)[split]
            for expected, found in zip(outputs["arousal"], again["arousal"]):
                np.testing.assert_array_equal(found, expected)
