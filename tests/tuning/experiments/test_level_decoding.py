"""Level decoders: learnt on train and dev, chosen on dev, applied."""

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
    """Returns a trace that changes slowly."""
    noise = np.random.default_rng(seed).normal(size=steps)
    walk = np.cumsum(noise) / 20
    return (walk - walk.mean()).astype("float32")


@pytest.fixture(scope="module")
def sequences():
    def samples(*seeds):
        return [
            TraceSample(
                str(seed),
                str(seed),
                np.zeros((300, 1)),
                {"arousal": trace(seed)},
            )
            for seed in seeds
        ]

    return {
        "train": samples(0, 1, 2, 3),
        "dev": samples(4, 5),
        "test": samples(6),
    }


@pytest.fixture(scope="module")
def grammars(sequences):
    return level_decoding.learn(
        "arousal",
        sequences,
        fit_levels("arousal", sequences, "train+dev", COUNTS),
        ("train", "dev"),
    )


def noisy(grammars, values: np.ndarray, seed: int) -> level_decoding.Posteriors:
    """Returns posteriors of levels given the labels with added noise."""
    generator = np.random.default_rng(seed)
    observed = values + generator.normal(0, 0.4, values.shape)
    posteriors = {}
    for classes, grammar in grammars.items():
        distance = observed[:, None] - grammar.levels.means
        likelihood = np.exp(-0.5 * np.square(distance / 0.4)) * grammar.priors
        posteriors[classes] = likelihood / likelihood.sum(-1, keepdims=True)
    return posteriors


def test_there_is_a_grammar_for_every_number_of_levels(grammars):
    assert sorted(grammars) == [4, 6, 8, 10]
    for classes, grammar in grammars.items():
        assert grammar.priors.shape == (classes,)
        assert grammar.transitions.shape == (classes, classes)
        assert sorted(grammar.models) == [2, 3]


def test_certain_posteriors_decode_to_the_reconstructed_labels(grammars):
    values = trace(0)
    posteriors, expected = {}, []
    for classes, grammar in grammars.items():
        levels = grammar.levels.levels(values)
        posteriors[classes] = np.eye(classes)[levels]
        expected.append(grammar.levels.values(levels))
    decoders = {n: grammar.decoder(2, 4) for n, grammar in grammars.items()}
    decoded = level_decoding.decode_all(decoders, [[posteriors]])
    np.testing.assert_allclose(
        decoded, [np.mean(expected, axis=0)], rtol=1e-5, atol=1e-6
    )


def test_all_weights_in_one_pass_are_those_one_by_one(grammars):
    networks = [noisy(grammars, trace(4), seed) for seed in range(3)]
    alphas = (0, 4, 14)
    for order in (2, 3):
        together = level_decoding.decode(grammars, networks, order, alphas)
        for alpha, received in zip(alphas, together):
            expected = []
            for classes, grammar in grammars.items():
                for posteriors in networks:
                    scaled = decoding.posteriors_over_priors(
                        posteriors[classes], grammar.priors
                    )
                    labels, _ = decoding.decode(
                        decoding.log_probabilities(scaled),
                        grammar.transitions,
                        grammar.models[order],
                        alpha,
                    )
                    expected.append(grammar.levels.values(labels))
            np.testing.assert_allclose(received, np.mean(expected, axis=0))


def test_the_best_decoder_of_the_sweep_improves_the_score(grammars, sequences):
    y_true = [sample.traces["arousal"] for sample in sequences["dev"]]
    networks = [
        [
            noisy(grammars, trace, 10 * network + index)
            for index, trace in enumerate(y_true)
        ]
        for network in range(2)
    ]
    trials = level_decoding.sweep(grammars, networks, y_true)
    tried = {(trial["order"], trial["alpha"]) for trial in trials}
    assert len(trials) == len(tried) == 2 * 8 - 1
    scores = [trial["dev_ccc"] for trial in trials]
    assert scores == sorted(scores, reverse=True)
    undecoded = [
        np.mean(
            [
                grammar.levels.values(
                    decoding.posteriors_over_priors(
                        posteriors[classes], grammar.priors
                    ).argmax(-1)
                )
                for posteriors in recordings
                for classes, grammar in grammars.items()
            ],
            axis=0,
        )
        for recordings in zip(*networks)
    ]
    baseline = concordance_cc(np.concatenate(y_true), np.concatenate(undecoded))
    assert scores[0] > baseline + 0.02


def test_levels_can_be_fitted_on_train_alone(sequences):
    both = fit_levels("arousal", sequences, "train+dev", COUNTS)
    train = fit_levels("arousal", sequences, "train", COUNTS)
    assert not np.allclose(both[4].means, train[4].means)
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
    assert set(job.losses) == {f"arousal_{count}" for count in COUNTS}
    _, labels, _ = next(iter(job.dev()))
    expected = fit_levels("arousal", sequences, "train", COUNTS)[6].levels(
        sequences["dev"][0].traces["arousal"]
    )
    np.testing.assert_array_equal(labels["arousal_6"][0], expected)
