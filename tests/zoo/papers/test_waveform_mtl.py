"""Paper 004's network: its numbers, framing, short rows, and standardising."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from contracts import array, check_layer, noise, with_mask

import zoo
from zoo.layers import attention_weights
from zoo.papers import waveform_mtl
from zoo.papers.waveform_mtl.layers import (
    AtLeast,
    CrossChannelMaxPooling,
    LastStep,
    Windows,
)

NAMES = zoo.names("iemocap_e2e_*")
TASKS = ("arousal", "valence", "dominance")
LENGTHS = (2400, 1200, 640, 639, 1, 0)
every_network = pytest.mark.parametrize("name", NAMES)
each_framing = pytest.mark.parametrize("framing", ["exact", "shared"])


def batch(lengths=LENGTHS) -> dict[str, np.ndarray]:
    waveform = 0.1 * noise((len(lengths), max(lengths)))
    return {"waveform": waveform, "lengths": np.array(lengths, "int32")}


def answers(model: keras.Model, inputs) -> dict[str, np.ndarray]:
    return {name: array(each) for name, each in model(inputs).items()}


def inside(model: keras.Model, layer: str, inputs) -> np.ndarray:
    """What a layer gives, the first of several things."""
    found = keras.Model(model.input, model.get_layer(layer).output)(inputs)
    return array(found[0] if isinstance(found, (tuple, list)) else found)


@pytest.mark.slow
@every_network
def test_every_shape_is_the_papers(name):
    model = zoo.get(name, weights=None)
    inputs = batch((3200, 1000))
    windows = 1 + (3200 - 640) // 160
    shapes = {
        "windows": (2, windows, 640),
        "convolution_0": (2 * windows, 640, 40),
        "neighbours": (2 * windows, 320, 40),
        "convolution_1": (2 * windows, 320, 40),
        "channels": (2 * windows, 320, 4),
        "all_windows": (2, windows, 1280),
        "gru_0": (2, windows, 128),
    }
    for layer, shape in shapes.items():
        assert inside(model, layer, inputs).shape == shape, layer
    assert model.get_layer("convolution_0").kernel.shape == (40, 1, 40)
    assert model.get_layer("convolution_1").kernel.shape == (40, 40, 40)
    assert model.get_layer("dropout").rate == pytest.approx(1 - 0.9)
    for task in model.output:
        assert model.output[task].shape == (None, 3)


def test_its_size_is_pytorchs():
    model = zoo.get("iemocap_e2e_mtl_att", weights=None)
    convolutions = 40 * (40 + 1) + 40 * (40 * 40 + 1)
    grus = 3 * 128 * (1280 + 128 + 2) + 3 * 128 * (128 + 128 + 2)
    tasks = 3 * (128 + 3 * (128 + 1))
    size = sum(int(np.prod(n.shape)) for n in model.trainable_weights)
    assert size == convolutions + grus + tasks
    assert round(size / 1e6, 3) == 0.708


@every_network
@each_framing
def test_the_penalty_is_of_all_parameters(name, framing, tmp_path):
    """Equation 5: lambda times the squared L2 norm of theta_0."""
    model = zoo.get(name, None, framing=framing, units=4, l2=0.01)
    for variable in model.trainable_variables:
        variable.assign(variable + 0.1)  # biases start at zero
    squares = sum(np.square(array(v)).sum() for v in model.trainable_variables)
    assert float(sum(model.losses)) == pytest.approx(0.01 * squares, rel=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    found = float(sum(loaded.losses))
    assert found == pytest.approx(0.01 * squares, rel=1e-5)
    assert not zoo.get(name, None, framing=framing, units=4).losses


@every_network
def test_tasks_are_those_of_the_card(name):
    expected = [port.name for port in zoo.card(name).outputs]
    assert list(zoo.get(name, weights=None).output) == expected
    assert expected == list(TASKS if "mtl" in name else TASKS[:1])
    one = zoo.get(name, weights=None, tasks=("valence",))
    assert list(one.output) == ["valence"]
    kinds = {each.name for each in one.layers}
    assert ("attention_valence" in kinds) == name.endswith("_att")


@pytest.mark.slow
@every_network
@each_framing
def test_padding_changes_nothing_and_short_rows_are_finite(name, framing):
    model = zoo.get(name, weights=None, framing=framing, units=8)
    inputs = batch()
    expected = answers(model, inputs)
    for row, length in enumerate(LENGTHS):
        inputs["waveform"][row, length:] = np.nan
    for task, each in answers(model, inputs).items():
        np.testing.assert_array_equal(each, expected[task])
        np.testing.assert_allclose(each.sum(axis=1), 1, atol=1e-6)
    for row, length in enumerate(LENGTHS[:-1]):
        alone = {
            "waveform": inputs["waveform"][[row], :length],
            "lengths": inputs["lengths"][[row]],
        }
        for task, each in answers(model, alone).items():
            np.testing.assert_allclose(each[0], expected[task][row], atol=1e-5)


@each_framing
def test_a_short_row_is_followed_by_the_training_sets_mean(framing):
    model = zoo.get("iemocap_e2e_stl", None, framing=framing, units=8)
    waveform_mtl.set_scaling(model, [0.25], [0.5])
    short = batch((300,))
    filled = np.pad(short["waveform"], ((0, 0), (0, 340)), constant_values=0.25)
    full = {"waveform": filled, "lengths": np.array([640], "int32")}
    found, expected = answers(model, short), answers(model, full)
    np.testing.assert_allclose(found["arousal"], expected["arousal"], atol=1e-6)


def test_the_standardised_waveform_has_no_offset_and_no_loudness():
    model = zoo.get("iemocap_e2e_stl", None, units=8)
    plain = batch((1200, 900))
    expected = answers(model, plain)["arousal"]
    waveform_mtl.set_scaling(model, [0.25], [0.5])
    moved = {**plain, "waveform": plain["waveform"] * 0.5 + 0.25}
    found = answers(model, moved)["arousal"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.slow
@each_framing
@pytest.mark.parametrize(
    "samples",
    (
        np.zeros(2000),
        np.ones(2000),
        np.full(2000, 0.3),
        np.sign(np.sin(np.arange(2000))),
        np.full(2000, np.nan),
    ),
)
def test_any_waveform_has_finite_answers(framing, samples):
    """Silence, full scale, an offset alone, what was clipped, and NaN."""
    model = zoo.get("iemocap_e2e_mtl_att", None, framing=framing, units=8)
    waveform_mtl.set_scaling(model, [0.01], [1e-4])
    given = {
        "waveform": samples[None].astype("float32"),
        "lengths": np.array([2000], "int32"),
    }
    for levels in answers(model, given).values():
        np.testing.assert_allclose(np.sum(levels, axis=-1), 1, atol=1e-5)


def test_the_framings_differ_near_the_edges_of_a_window_alone():
    twins = []
    for framing in ("exact", "shared"):
        keras.utils.set_random_seed(1)
        twins.append(zoo.get("iemocap_e2e_stl", None, framing=framing))
    twins[1].set_weights(twins[0].get_weights())
    inputs = batch((3200, 3200))
    exact = inside(twins[0], "all_windows", inputs)
    shared = inside(twins[1], "windows", inputs)
    assert exact.shape == shared.shape == (2, 17, 1280)
    difference = np.abs(exact - shared).reshape(2, 17, 320, 4).max((0, 1, 3))
    # 19 or 20 samples into the first convolution, halved, and as many pairs
    # into the second.
    assert difference[30:-30].max() < 1e-5
    assert difference[:19].min() > 1e-3 and difference[-19:].min() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("samples, windows", [(800, 2), (799, 1), (12345, 74)])
@each_framing
def test_windows_lie_within_their_row(framing, samples, windows):
    model = zoo.get("iemocap_e2e_mtl_att", None, framing=framing, units=4)
    weights = attention_weights(model)
    assert set(weights) == {f"attention_{task}" for task in TASKS}
    found = keras.Model(model.input, weights)(batch((samples, 20000)))
    is_window = array(found["attention_valence"])[0] > 0
    assert is_window.sum() == windows == 1 + (samples - 640) // 160


@pytest.mark.parametrize("name", ["iemocap_e2e_mtl", "mosei_cnn"])
def test_a_model_without_attention_has_no_weights(name):
    assert attention_weights(zoo.get(name, None)) == {}


def test_the_scale_of_descriptors_is_set():
    model = zoo.get("iemocap_egemaps_rnn", None, units=4)
    inputs = {"features": noise((1, 6, 25)), "lengths": np.array([6], "int32")}
    expected = answers(model, inputs)["arousal"]
    waveform_mtl.set_scaling(model, np.full(25, 3.0), np.full(25, 2.0))
    inputs["features"] = inputs["features"] * 2 + 3
    found = answers(model, inputs)["arousal"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_windows_keep_the_contract_and_are_the_sequence_cut():
    layer, lengths = Windows(6, 2), (23, 12)
    check_layer(
        layer,
        (3,),
        (18,),
        lambda layer, sequence, rows: layer(sequence, rows),
        lengths=lengths,
        steps=lambda length: 1 + (length - 6) // 2,
    )
    sequence = noise((2, 23, 3))
    found, mask = map(array, layer(sequence, np.array(lengths)))
    assert mask.sum(axis=1).tolist() == [9, 4]
    for window in range(9):
        expected = sequence[:, 2 * window : 2 * window + 6].reshape(2, 18)
        np.testing.assert_array_equal(found[:, window], expected)


@pytest.mark.parametrize("time, filled", [(3, 5), (5, 5), (8, 8)])
def test_rows_are_filled_with_zeros(time, filled):
    sequence = noise((2, time, 2))
    found, lengths = map(array, AtLeast(5)(sequence, np.array([time, 1])))
    assert found.shape == (2, filled, 2)
    assert lengths.tolist() == [filled, 5]
    np.testing.assert_array_equal(found[0, :time], sequence[0])
    assert (found[0, time:] == 0).all() and (found[1, 1:] == 0).all()


def test_cross_channel_pooling_takes_the_largest_of_neighbours():
    sequence = noise((2, 5, 40))
    found = array(CrossChannelMaxPooling(10)(sequence))
    for group in range(4):
        expected = sequence[..., 10 * group : 10 * group + 10].max(axis=-1)
        np.testing.assert_array_equal(found[..., group], expected)


def test_the_penalty_counts_every_kernel():
    assert not zoo.get("iemocap_e2e_stl", None, units=4).losses
    model = zoo.get("iemocap_e2e_stl", None, units=4, l2=0.5)
    kernels = [n for n in model.trainable_weights if "kernel" in n.name]
    expected = sum(float((array(each) ** 2).sum()) for each in kernels) / 2
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "argument, value, rule",
    [
        ("framing", "both", "one of exact, shared"),
        ("tasks", "arousal", "sequence of different names"),
        ("tasks", (), "sequence of different names"),
        ("units", 0, "whole number of at least 1"),
        ("dropout", 1, "at least 0 and less than 1"),
        ("l2", -1, "finite number of at least 0"),
    ],
)
def test_an_argument_out_of_range_is_refused(argument, value, rule):
    with pytest.raises(ValueError, match=f"`{argument}` must be .*{rule}"):
        zoo.get("iemocap_e2e_mtl", None, **{argument: value})
    with pytest.raises(ValueError, match="`length` must be a multiple of"):
        Windows(640, 150)


def test_the_last_step_is_that_of_each_row():
    sequence = noise((3, 9, 4))
    found = with_mask(LastStep(), sequence, np.array([9, 5, 1]))
    expected = sequence[np.arange(3), [8, 4, 0]]
    np.testing.assert_array_equal(array(found), expected)
