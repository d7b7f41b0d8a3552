"""CLS-Decoded as a model: ensembles, decoders in weights, in graphs."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import zoo
from zoo import decoding
from zoo.papers import recola_discrete
from zoo.papers.recola_discrete import decoding as recola_decoding

LEVELS = (3, 4)
ARGUMENTS = {"depth": 1, "levels": LEVELS, "dimensions": ["arousal"]}


def decoder(levels, order, alpha=2.0):
    rng = np.random.default_rng(levels)
    labels = [np.repeat(rng.integers(levels, size=20), 9) for _ in range(3)]
    model = decoding.LanguageModel(order)
    model.fit([decoding.regions(trace) for trace in labels], levels)
    arrays = (
        np.linspace(-1, 1, levels),
        rng.dirichlet(np.full(levels, 9.0)),
        decoding.transition_log_probabilities(labels, levels, 5.0),
        model.table,
    )
    single = (array.astype("float32").astype(float) for array in arrays)
    return decoding.LevelDecoder(*single, alpha)


def batch(rows=2, steps=80):
    features = np.random.default_rng(0).normal(size=(rows, steps, 160))
    lengths = np.array([steps, steps - 23][:rows], "int32")
    for row, length in zip(features, lengths):
        row[length:] = np.nan
    return {"features": features.astype("float32"), "lengths": lengths}


@pytest.fixture(scope="module")
def ensemble():
    """Three networks in one model, with decoders."""
    keras.utils.set_random_seed(0)
    single = [zoo.get("recola_blstm_cls", None, **ARGUMENTS) for _ in range(3)]
    for network in single:
        for layer in network.layers:  # outputs that tell networks apart
            if layer.name.endswith("_posteriors"):
                kernel, bias = layer.get_weights()
                layer.set_weights([4 * kernel, bias])
    decoders = {3: decoder(3, order=2), 4: decoder(4, order=3)}
    for network in single:
        recola_discrete.set_decoders(network, {"arousal": decoders})
    model = zoo.get("recola_blstm_cls", None, networks=3, **ARGUMENTS)
    recola_discrete.join(model, "arousal", single)
    return model, single, decoders


def test_an_ensemble_is_the_mean_of_its_networks(ensemble):
    model, single, _ = ensemble
    inputs = batch()
    outputs = model(inputs)
    for name in ("arousal", "arousal_3", "arousal_4"):
        each = [np.asarray(network(inputs)[name]) for network in single]
        np.testing.assert_allclose(
            np.asarray(outputs[name]), np.mean(each, axis=0), atol=1e-6
        )
        assert np.ptp(each, axis=0).max() > 0.01


@pytest.mark.slow
def test_the_graph_decodes_as_numpy_does(ensemble):
    model, single, decoders = ensemble
    inputs = batch()
    traces = np.asarray(recola_discrete.decoded(model)(inputs)["arousal"])
    posteriors = [
        {n: np.asarray(network(inputs)[f"arousal_{n}"]) for n in LEVELS}
        for network in single
    ]
    for row, length in enumerate(inputs["lengths"]):
        networks = [
            {n: own[row, :length] for n, own in network.items()}
            for network in posteriors
        ]
        expected = decoding.decode_trace(decoders, networks)
        assert len(np.unique(expected)) > 3
        np.testing.assert_allclose(traces[row, :length], expected, atol=1e-6)
        assert not traces[row, length:].any()


def test_decoders_last_as_long_as_the_weights(ensemble, tmp_path):
    model, _, decoders = ensemble
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = [
        keras.models.load_model(tmp_path / "model.keras"),
        *(
            zoo.get(
                "recola_blstm_cls",
                str(tmp_path / name),
                networks=3,
                **ARGUMENTS,
            )
            for name in ("model.keras", "model.weights.h5")
        ),
    ]
    for model in loaded:
        (found,) = recola_discrete.decoders(model).values()
        assert list(found) == [*LEVELS]
        for levels, own in decoders.items():
            for name, value in vars(own).items():
                np.testing.assert_array_equal(
                    getattr(found[levels], name), value
                )


def test_an_untrained_model_has_no_decoder():
    model = zoo.get("recola_blstm_cls", None, **ARGUMENTS)
    assert recola_discrete.decoders(model) == {}
    assert recola_discrete.decoded(model) is None


def test_posteriors_are_those_of_each_network(ensemble):
    model, _, _ = ensemble
    for levels in LEVELS:
        found = recola_decoding.posteriors(model, "arousal", levels)
        assert [tensor.shape[-1] for tensor in found] == [levels] * 3


def test_the_expected_value_is_that_of_the_posteriors():
    model = zoo.get("recola_blstm_cls", None, readout="expected", **ARGUMENTS)
    means = {n: np.linspace(-1, 0.5, n) for n in LEVELS}
    for levels, own in means.items():
        recola_discrete.set_levels(
            model, "arousal", levels, own, np.full(levels, 1 / levels)
        )
    inputs = batch(rows=1)
    outputs = model(inputs)
    expected = np.mean(
        [np.asarray(outputs[f"arousal_{n}"]) @ own for n, own in means.items()],
        axis=0,
    )
    np.testing.assert_allclose(
        np.asarray(outputs["arousal"]), expected, atol=1e-6
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"networks": 0}, "`networks` must be a whole number"),
        ({"readout": "median"}, "`readout` must be one of"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.get("recola_blstm_cls", None, depth=1, **arguments)
