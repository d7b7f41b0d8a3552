"""Z-normalisation by the recordings of one speaker, kept as a layer's state."""

from __future__ import annotations

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import ROOT
from contracts import array, check_layer, with_lengths

from pipelines import normalise
from zoo import frontends
from zoo.frontends import SpeakerNormalisation

VALUES = 3


def recordings(lengths=(40, 7, 25), values=VALUES, offset=100.0, seed=0):
    """Recordings whose values have means and spreads of their own."""
    rng = np.random.default_rng(seed)
    spread = np.arange(1, values + 1)
    return [
        (offset * spread + spread * rng.normal(number, 1, (length, values)))
        for number, length in enumerate(lengths)
    ]


def adapted(own=None):
    layer = SpeakerNormalisation()
    layer.adapt(recordings() if own is None else own)
    return layer


def state(layer):
    return [array(weight) for weight in layer.weights]


def normalised(layer, own):
    return [array(layer(rows[None].astype("float32")))[0] for rows in own]


def test_it_is_the_normalisation_by_speaker_of_training():
    own = [rows.astype("float32") for rows in recordings()]
    expected = normalise.by_speaker(own, ["a"] * len(own))
    for observed, rows in zip(normalised(adapted(own), own), expected):
        np.testing.assert_allclose(observed, rows, atol=1e-5)


@pytest.mark.parametrize("lengths", [[1], [1, 1, 30], [3, 6, 15, 15, 0, 6]])
def test_one_recording_after_another_is_as_all_together(lengths):
    own = recordings(lengths)
    layer = SpeakerNormalisation()
    for rows in own:
        layer.update(rows)
    for one, other in zip(state(layer), state(adapted(own)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-3)
    for one, other in zip(
        normalised(layer, own), normalised(adapted(own), own)
    ):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_hundreds_of_updates_cost_no_precision():
    own = recordings([20] * 300, offset=30.0)
    layer = SpeakerNormalisation()
    for rows in own:
        layer.update(rows)
    for one, other in zip(state(layer), state(adapted(own)), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5)


def test_running_statistics_are_the_scheme_running_of_training():
    own = [rows.astype("float32") for rows in recordings()]
    layer = SpeakerNormalisation()
    for rows, expected in zip(own, normalise.in_turn(own), strict=True):
        layer.update(rows)
        (observed,) = normalised(layer, [rows])
        np.testing.assert_allclose(observed, expected, atol=1e-5)


def test_adapting_forgets_the_speaker_before():
    layer = adapted(recordings(seed=1, offset=-5.0))
    layer.adapt(recordings())
    for one, other in zip(state(layer), state(adapted()), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("is_reset", [False, True])
def test_without_recordings_it_says_to_adapt_it(is_reset):
    layer = SpeakerNormalisation()
    if is_reset:
        layer.adapt(recordings())
        layer.reset()
    with pytest.raises(ValueError, match="no recording .* `adapt`"):
        layer(recordings()[0][None])


def test_resetting_what_has_no_recordings_changes_nothing():
    layer = SpeakerNormalisation()
    layer.reset()
    layer.update(recordings()[0])
    assert float(layer.count) == 40


def test_a_graph_without_recordings_answers_nan_and_adapts_later():
    import tensorflow as tf

    layer = SpeakerNormalisation()
    own = [rows.astype("float32") for rows in recordings()]
    layer.build((None, None, VALUES))
    graph = tf.function(layer)
    lengths = np.array([5], "int32")
    before = array(graph(own[0][None], lengths=lengths))[0]
    assert np.isnan(before[:5]).all() and not before[5:].any()
    layer.adapt(own)
    after = array(graph(own[0][None], lengths=np.array([40], "int32")))[0]
    np.testing.assert_allclose(after, normalised(layer, own)[0], atol=1e-5)


def test_it_keeps_the_contract_of_layers():
    check_layer(adapted(), (VALUES,), (VALUES,), with_lengths)


def test_the_padding_is_zero_whatever_stands_there():
    layer, (rows, *_) = adapted(), recordings()
    padded = np.concatenate([rows, np.full((5, VALUES), np.nan)])[None]
    observed = array(layer(padded, lengths=np.array([40])))[0]
    np.testing.assert_array_equal(observed[:40], array(layer(rows[None]))[0])
    assert not observed[40:].any()


def test_the_statistics_are_saved_with_a_model(tmp_path):
    frontend = frontends.get("stacked_log_mel", standardise=False)
    layer = SpeakerNormalisation()
    outputs = {
        "features": layer(
            frontend.output["features"], lengths=frontend.output["lengths"]
        ),
        "lengths": frontend.output["lengths"],
    }
    model = keras.Model(frontend.input, outputs)
    waveform = np.random.default_rng(0).normal(0, 0.1, (1, 16_000))
    inputs = {"waveform": waveform, "lengths": np.array([16_000], "int32")}
    layer.adapt(array(frontend(inputs)["features"]))
    expected = array(model(inputs)["features"])
    assert abs(expected.mean()) < 1e-4
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(loaded(inputs)["features"]), expected)
    model.save_weights(tmp_path / "speaker.weights.h5")
    layer.reset()
    model.load_weights(tmp_path / "speaker.weights.h5")
    np.testing.assert_array_equal(array(model(inputs)["features"]), expected)


def test_nothing_is_learnt_by_gradients():
    layer = adapted()
    assert not layer.trainable_weights and len(layer.weights) == 3


def test_the_floor_is_that_of_training():
    layer = SpeakerNormalisation()
    assert layer.floor == normalise.FLOOR
    layer.adapt([np.full((9, 1), -15.942385, "float32")])
    (observed,) = normalised(layer, [np.full((9, 1), -15.942385)])
    assert not observed.any()


def without(rows, value):
    damaged = rows.copy()
    damaged[2, 1] = value
    return damaged


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ([], "at least one step"),
        ([np.zeros((0, VALUES))], "at least one step"),
        ([np.zeros(VALUES)], r"\(steps, values\).*\(3,\)"),
        ([recordings()[0], np.zeros((4, 2))], "3 values.*4, 2"),
        ([without(recordings()[0], np.nan)], "finite.*nan at step 2, value 1"),
        ([without(recordings()[0], np.inf)], "finite.*inf at step 2, value 1"),
    ],
)
def test_what_is_no_features_of_a_speaker_is_refused(own, words):
    layer = SpeakerNormalisation()
    with pytest.raises(ValueError, match=words):
        layer.adapt(own)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_refused_leaves_the_statistics_as_they_were(value):
    layer = adapted()
    before = state(layer)
    for add in (layer.update, lambda rows: layer.adapt([rows])):
        with pytest.raises(ValueError, match="must hold finite numbers"):
            add(without(recordings()[1], value))
    with pytest.raises(ValueError, match="3 values"):
        layer.update(np.zeros((4, 2)))
    for one, other in zip(before, state(layer), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_it_answers_alike_on_another_backend(backend, tmp_path):
    pytest.importorskip(backend)
    path = tmp_path / "observed.npy"
    script = (
        "import numpy, keras, zoo.frontends as frontends\n"
        "layer = frontends.SpeakerNormalisation()\n"
        "rows = numpy.arange(12.0).reshape(1, 4, 3) ** 2\n"
        "try:\n    layer(rows)\n    raise SystemExit('no error')\n"
        "except ValueError as error:\n    assert 'adapt' in str(error)\n"
        "layer.update(keras.ops.convert_to_tensor(rows[0, :2]))\n"
        "layer.update(rows[0, 2:])\n"
        "observed = keras.Sequential([layer]).predict(rows, verbose=0)\n"
        f"numpy.save({str(path)!r}, observed)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = np.arange(12.0).reshape(4, 3) ** 2
    (expected,) = normalise.z_norm([rows])
    np.testing.assert_allclose(np.load(path)[0], expected, atol=1e-5)
