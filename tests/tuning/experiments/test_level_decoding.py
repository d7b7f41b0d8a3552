"""Choosing a decoder on dev and applying it."""

from __future__ import annotations

import numpy as np
import pytest
from experiments import open_experiment

import pipelines
from pipelines.datasets.traces import TraceSample
from tuning.experiments import level_decoding
from tuning.experiments.levels import fit_levels
from tuning.training.fits import Configuration
from zoo import decoding
from zoo.metrics import concordance_cc

pytestmark = pytest.mark.slow

COUNTS = (4, 6, 8, 10)


def trace(seed: int, steps: int = 300) -> np.ndarray:
    """A slowly moving trace."""
    steps = np.random.default_rng(seed).normal(size=steps)
    moved = np.cumsum(steps) / 20
    return (moved - moved.mean()).astype("float32")


@pytest.fixture(scope="module")
def sequences():
    def some(*seeds):
        return [
            TraceSample(
                str(s), str(s), np.zeros((300, 1)), {"arousal": trace(s)}
            )
            for s in seeds
        ]

    return {"train": some(0, 1, 2, 3), "dev": some(4, 5), "test": some(6)}


@pytest.fixture(scope="module")
def grammars(sequences):
    return level_decoding.learn(
        "arousal",
        sequences,
        fit_levels("arousal", sequences, "train+dev", COUNTS),
        ("train", "dev"),
    )


def noisy(grammars, values: np.ndarray, seed: int) -> level_decoding.Posteriors:
    """Posteriors of a network that hears the truth through noise."""
    generator = np.random.default_rng(seed)
    heard = values + generator.normal(0, 0.4, values.shape)
    posteriors = {}
    for classes, grammar in grammars.items():
        distance = heard[:, None] - grammar.levels.means
        likelihood = np.exp(-0.5 * np.square(distance / 0.4)) * grammar.priors
        posteriors[classes] = likelihood / likelihood.sum(-1, keepdims=True)
    return posteriors


def test_there_is_a_grammar_for_every_task(grammars):
    assert sorted(grammars) == [4, 6, 8, 10]
    for classes, grammar in grammars.items():
        assert grammar.priors.shape == (classes,)
        assert grammar.transitions.shape == (classes, classes)
        assert sorted(grammar.models) == [2, 3]


def test_certain_posteriors_decode_to_the_reconstructed_labels(grammars):
    values = trace(0)
    certain, expected = {}, []
    for classes, grammar in grammars.items():
        levels = grammar.levels.levels(values)
        certain[classes] = np.eye(classes)[levels]
        expected.append(grammar.levels.values(levels))
    received = level_decoding.decode(grammars, certain, order=2, alpha=4)
    np.testing.assert_allclose(received, np.mean(expected, axis=0))


def test_the_sweep_finds_that_decoding_helps(grammars, sequences):
    truth = [each.traces["arousal"] for each in sequences["dev"]]
    networks = [
        [noisy(grammars, each, 10 * n + i) for i, each in enumerate(truth)]
        for n in range(2)
    ]
    trials = level_decoding.sweep(grammars, networks, truth)
    tried = {(each["order"], each["alpha"]) for each in trials}
    assert len(trials) == len(tried) == 2 * 8 - 1
    scores = [each["dev_ccc"] for each in trials]
    assert scores == sorted(scores, reverse=True)
    raw = [
        np.mean(
            [
                grammar.levels.values(
                    decoding.posteriors_over_priors(
                        each[classes], grammar.priors
                    ).argmax(-1)
                )
                for each in recordings
                for classes, grammar in grammars.items()
            ],
            axis=0,
        )
        for recordings in zip(*networks)
    ]
    joined = np.concatenate(truth)
    assert scores[0] > concordance_cc(joined, np.concatenate(raw)) + 0.02


def test_levels_may_come_from_training_alone(sequences):
    both = fit_levels("arousal", sequences, "train+dev", COUNTS)
    alone = fit_levels("arousal", sequences, "train", COUNTS)
    assert not np.allclose(both[4].means, alone[4].means)
    with pytest.raises(ValueError, match="`levels_from` must be one of"):
        fit_levels("arousal", sequences, "test", COUNTS)


def test_the_job_sets_the_models_levels(sequences, simulated):
    corpus = pipelines.corpus("simulated", simulated)
    experiment = open_experiment("recola_blstm_cls", corpus)
    experiment.samples = sequences
    configuration = Configuration({"depth": 1}, {"levels_from": "train"})
    job = experiment.job("arousal", configuration)
    model = experiment.build("arousal", configuration)
    job.adapt(model)
    layer = model.get_layer("arousal_6_value")
    fitted = fit_levels("arousal", sequences, "train", COUNTS)[6]
    np.testing.assert_allclose(layer.means, fitted.means, rtol=1e-6)
    assert float(np.sum(layer.priors)) == pytest.approx(1, rel=1e-6)
    assert set(job.losses) == {f"arousal_{n}" for n in (4, 6, 8, 10)}
    _, labels, _ = next(iter(job.dev()))
    expected = fit_levels("arousal", sequences, "train", COUNTS)[6].levels(
        sequences["dev"][0].traces["arousal"]
    )
    np.testing.assert_array_equal(labels["arousal_6"][0], expected)
