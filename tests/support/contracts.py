"""Contracts that every layer and model must satisfy."""

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import golden
import keras
import numpy as np

import zoo
from zoo.layers import SequenceMask

CLOSE = 1e-5
STEPS_TO_LEARN = 100
LEARNT = 0.05


def noise(shape: tuple) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def array(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def with_padding(sequence: np.ndarray, lengths: Sequence[int], value: float):
    """Returns a copy of a padded batch with `value` in the padding."""
    filled = sequence.copy()
    for row, length in zip(filled, lengths):
        row[length:] = value
    return filled


def with_mask(layer, sequence, lengths):
    """Applies a layer that takes `mask`."""
    return layer(sequence, mask=SequenceMask()(sequence, lengths))


def with_lengths(layer, sequence, lengths):
    """Applies a layer that takes `lengths`."""
    return layer(sequence, lengths=lengths)


def check_layer(
    layer: keras.layers.Layer,
    shape: tuple[int, ...],
    output_shape: tuple[int, ...],
    apply: Callable = with_mask,
    lengths: tuple[int, int] = (13, 8),
    steps: Callable[[int], int] = lambda length: length,
) -> None:
    """Checks shapes, padding, saving and gradients of a layer on sequences.

    Args:
        layer: not built yet.
        shape: of one step, () for a waveform.
        output_shape: of one output step.
        apply: calls the layer with a sequence and its lengths; of several
            outputs the first is checked.
        lengths: of the two rows of the batch, the longer one first.
        steps: from the length of a row to its valid output steps.
    """
    sequence = noise((2, lengths[0], *shape))
    rows = np.array(lengths, "int32")
    graph = _graph(layer, shape, apply)
    outputs = array(graph([sequence, rows]))
    assert outputs.shape == (2, steps(lengths[0]), *output_shape)
    assert graph.output.shape == (None, None, *output_shape)
    assert np.isfinite(outputs[0]).all()

    with_nan = with_padding(sequence, lengths, np.nan)
    for row, length in enumerate(lengths):
        expected = outputs[row, : steps(length)]
        padded = array(graph([with_nan, rows]))[row, : steps(length)]
        np.testing.assert_array_equal(padded, expected)
        alone = graph([sequence[[row], :length], rows[[row]]])
        np.testing.assert_allclose(array(alone)[0], expected, atol=CLOSE)
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config
    _check_saving(graph, [sequence, rows])
    _check_gradients(graph, [with_nan, rows])


def _graph(layer, shape, apply) -> keras.Model:
    sequence = keras.Input((None, *shape))
    lengths = keras.Input((), dtype="int32")
    outputs = apply(layer, sequence, lengths)
    if isinstance(outputs, (tuple, list)):
        outputs = outputs[0]
    return keras.Model([sequence, lengths], outputs)


def _check_saving(model: keras.Model, inputs) -> None:
    """Checks that a saved and loaded model returns the same outputs."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
    _assert_equal(model(inputs), loaded(inputs))


def _assert_equal(expected, outputs) -> None:
    expected = expected if isinstance(expected, dict) else {"": expected}
    outputs = outputs if isinstance(outputs, dict) else {"": outputs}
    assert sorted(expected) == sorted(outputs)
    for name, value in expected.items():
        np.testing.assert_array_equal(array(value), array(outputs[name]))


def _check_gradients(model: keras.Model, inputs) -> None:
    """Checks that one step of Adam changes every trainable weight finitely."""
    model.compile("adam", "mse", jit_compile=False)
    targets = keras.tree.map_structure(
        lambda tensor: noise(tensor.shape), model(inputs)
    )
    before = [array(weight) for weight in model.trainable_weights]
    if before:
        model.train_on_batch(inputs, targets)
    _assert_moved(model, before)


def _assert_moved(model: keras.Model, before: Sequence[np.ndarray]) -> None:
    for weight, old in zip(model.trainable_weights, before):
        new = array(weight)
        assert np.isfinite(new).all(), f"{weight.path} is not finite"
        assert (new != old).any(), f"{weight.path} gets no gradient"


def check_model(
    name: str, lengths: Sequence[int] = (29, 17), **tiny: Any
) -> None:
    """What every model of the zoo keeps.

    Args:
        name: of the model.
        lengths: of the rows of a tiny batch, the longer one first.
        **tiny: arguments of the entry point that make it small.
    """
    card = zoo.card(name)
    model = zoo.get(name, weights=None, **tiny)
    golden.fix_weights(model)
    inputs = golden.batch(card, lengths, noise)
    _check_ports(model, card, inputs)
    _check_padding(model, inputs, lengths)
    _check_saving(model, inputs)
    _check_weights_file(model, inputs, name, tiny)
    with_nan = _padded(inputs, lengths, np.nan)
    _check_learning(model, with_nan, zoo.get(name, weights=None, **tiny))


def _check_ports(model: keras.Model, card: zoo.Card, inputs) -> None:
    """Inputs and outputs are those of the card."""
    for ports, tensors in (
        (card.inputs, model.input),
        (card.outputs, model.output),
    ):
        assert sorted(tensors) == sorted(port.name for port in ports)
        for port in ports:
            tensor = tensors[port.name]
            assert tensor.shape == (None, *port.shape), port.name
            assert tensor.dtype == port.dtype, port.name
            assert port.unit, port.name
            assert not port.labels or len(port.labels) == port.shape[-1]
    outputs = model(inputs)
    for port in card.outputs:
        output = array(outputs[port.name])
        assert len(output) == len(inputs["lengths"])
        assert output.dtype == port.dtype and np.isfinite(output).all()
        assert np.ptp(output) > 0, f"{port.name} is one constant"


def _padded(inputs, lengths, value: float) -> dict[str, np.ndarray]:
    return {
        name: with_padding(each, lengths, value) if each.ndim > 1 else each
        for name, each in inputs.items()
    }


def _check_padding(model: keras.Model, inputs, lengths) -> None:
    """What stands in the padding and in other rows changes nothing."""
    outputs = {name: array(output) for name, output in model(inputs).items()}
    _assert_equal(outputs, model(_padded(inputs, lengths, np.nan)))
    for row, length in enumerate(lengths):
        alone = model(
            {
                name: each[row : row + 1, :length]
                if each.ndim > 1
                else each[row : row + 1]
                for name, each in inputs.items()
            }
        )
        for name, output in alone.items():
            output = array(output)[0]
            expected = outputs[name][row][: len(output)]
            np.testing.assert_allclose(output, expected, atol=CLOSE)


def _check_weights_file(model, inputs, name: str, tiny: dict) -> None:
    """The zoo's own loader gives the same model back."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/{name}.weights.h5"
        model.save_weights(path)
        loaded = zoo.get(name, weights=path, **tiny)
    _assert_equal(model(inputs), loaded(inputs))


def _check_learning(student, inputs, teacher) -> None:
    """One step moves every weight; many make it answer as another does."""
    answers = teacher(inputs)
    targets = {name: array(answers[name]) for name in learnt(student, inputs)}
    adam = keras.optimizers.Adam(0.01)
    student.compile(adam, {name: "mse" for name in targets}, jit_compile=False)
    before = _error(student, inputs, targets)
    weights = [array(weight) for weight in student.trainable_weights]
    student.train_on_batch(inputs, targets)
    _assert_moved(student, weights)
    for _ in range(STEPS_TO_LEARN - 1):
        student.train_on_batch(inputs, targets)
    after = _error(student, inputs, targets)
    assert after < LEARNT * before, f"from {before:.3g} to {after:.3g} only"


def _error(model, inputs, targets) -> float:
    """The sum of the outputs' mean squared errors."""
    outputs = model(inputs)
    return sum(
        float(np.mean((array(outputs[name]) - target) ** 2))
        for name, target in targets.items()
    )


def learnt(model, inputs) -> list[str]:
    """The outputs that a gradient reaches, unlike a decision for a class."""
    import tensorflow as tf

    with tf.GradientTape(persistent=True) as tape:
        outputs = model(inputs)
    weights = [weight.value for weight in model.trainable_weights]
    slopes = {name: tape.gradient(outputs[name], weights) for name in outputs}
    return [
        name
        for name, each in slopes.items()
        if any(slope is not None for slope in each)
    ]
