"""Receptive fields on cards, compared with what a changed input step moves."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest

import zoo
from zoo import receptive_field, registry, weights
from zoo.layers import Conv1D, MaxPooling1D, lstm_implementation
from zoo.papers import mosei_fusion
from zoo.papers.mosei_fusion.layers import Bounded
from zoo.papers.recola_conv.layers import UpSampling1D
from zoo.registry import Output

SHORT = {"waveform": 1600, "features": 12}
"""Input steps of a row for outputs that depend on all of it."""


def built() -> list[tuple[str, str | None, dict]]:
    """Every model with its default arguments, and all packaged weights."""
    cases: list[tuple[str, str | None, dict]] = []
    for name in zoo.names():
        cases.append((name, None, {}))
        for arguments in weights.variants(registry.entry(name)).values():
            own = {"weights": "pretrained", **arguments}
            cases.append((name, own.pop("weights"), own))
    return cases


def load(name: str, source: str | None, arguments: dict) -> keras.Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of simulated corpora
        return zoo.get(name, source, **arguments)


def rows(model: keras.Model, count: int, steps: int) -> dict[str, np.ndarray]:
    """A batch of equal rows of noise."""
    (name,) = set(model.input) - {"lengths"}
    shape = (1, steps, *model.input[name].shape[2:])
    noise = 0.1 * np.random.default_rng(0).normal(size=shape)
    batch = np.repeat(noise, count, axis=0).astype("float32")
    return {name: batch, "lengths": np.full(count, steps, "int32")}


def reach(model: keras.Model, port: Output) -> np.ndarray:
    """Counts the input steps that each output step depends on.

    The outputs repeat themselves every `coarsest` steps: so many input steps
    are changed, each in a row of its own, and each output step counts in
    those rows all that lie whole blocks away from it.
    """
    block = int(port.coarsest)
    margin = port.receptive_field // block + 2
    inputs = rows(model, block + 1, (2 * margin + 1) * block)
    (name,) = set(inputs) - {"lengths"}
    change = np.random.default_rng(1).normal(size=inputs[name].shape[2:])
    for row in range(block):
        inputs[name][row, margin * block + row] += change
    # A Fourier transform spreads rounding over all steps; plain sums do not.
    with lstm_implementation("portable"):
        outputs = model(inputs)[port.name]
    *moved, still = keras.ops.convert_to_numpy(outputs)
    counts = np.zeros(block, int)
    for row in moved:
        np.add.at(counts, np.flatnonzero(row != still) % block, 1)
    return counts


@pytest.mark.parametrize("name, source, arguments", built())
def test_cards_tell_what_a_changed_input_step_moves(name, source, arguments):
    model = load(name, source, arguments)
    outputs = zoo.card(name, source, **arguments).outputs
    assert outputs == zoo.describe(model).outputs
    limited = [port for port in outputs if port.receptive_field is not None]
    for port in limited:
        assert reach(model, port).max() == port.receptive_field, port.name
    if not limited:
        moves_from_both_ends(model)


def moves_from_both_ends(model: keras.Model) -> None:
    """Either end of a row changes its outputs, a decision for a class aside.

    Outputs are taken before bounds, which can hide a change.
    """
    if any(isinstance(layer, Bounded) for layer in model.layers):
        model = mosei_fusion.linear(model)
    kind = "waveform" if "waveform" in model.input else "features"
    inputs = rows(model, 3, SHORT[kind])
    inputs[kind][0, 0] += 1
    inputs[kind][1, -1] += 1
    moved = {}
    for name, output in model(inputs).items():
        first, last, still = keras.ops.convert_to_numpy(output)
        middle = len(still) // 2 if model.output[name].shape[1] is None else ...
        moved[name] = all(
            (row[middle] != still[middle]).any() for row in (first, last)
        )
    decisions = {name for name in moved if f"{name}_4" in moved}
    assert all(moved[name] for name in moved.keys() - decisions), moved


def test_a_card_describes_the_network_that_was_built_not_the_paper():
    """The values differ by output: not 82 s and 1/81 of both."""
    own = {"arousal": 10, "valence": 5}
    dilated = zoo.card("recola_dilated", weights=None, depth=own).outputs
    seconds = {p.name: p.receptive_field_seconds for p in dilated}
    assert seconds == {"arousal": 81.88, "valence": 2.52}
    other = zoo.card("recola_downup", weights=None, factor=2, depth=3).outputs
    assert {port.coarsest for port in other} == {8}
    paper = zoo.card("recola_downup", weights=None).outputs
    assert {port.coarsest for port in paper} == {81}
    assert {port.hop for port in paper} == {0.04}


@pytest.mark.parametrize(
    "kernel, factor, depth, expected",
    [
        (3, 3, 1, [11, 11, 11]),
        (5, 4, 1, [28, 24, 24, 24]),
    ],
)
def test_a_path_down_and_up_by_hand(kernel, factor, depth, expected):
    """Input steps of each output step of a block, counted on paper.

    Three windows of 3 steps and one step at either side are 11.
    """
    model = zoo.get(
        "recola_downup",
        weights=None,
        depth=depth,
        kernel_size=kernel,
        factor=factor,
        width=2,
    )
    reads = receptive_field.read_steps(model.output["arousal"])
    spans = [reads(step) for step in range(len(expected))]
    assert [last - first + 1 for first, last in spans] == expected
    field = receptive_field.of_output(model.output["arousal"])
    assert field.steps == max(expected)


def test_paths_that_meet_are_joined():
    sequence = keras.Input((None, 2))
    wide = Conv1D(2, 5, dilation_rate=3, padding="same")(sequence)
    past = Conv1D(2, 4, padding="causal")(sequence)
    output = keras.layers.Add()([wide, past])
    field = receptive_field.of_output(output)
    assert (field.steps, field.stride, field.coarsest) == (13, 1, 1)


def test_an_output_at_a_low_rate_says_so():
    sequence, mask = keras.Input((None, 2)), keras.Input((None,), dtype="bool")
    pooled, _ = MaxPooling1D(3)(sequence, mask)
    output = keras.layers.Dense(2)(Conv1D(2, 3, padding="same")(pooled))
    field = receptive_field.of_output(output)
    assert (field.steps, field.stride, field.coarsest) == (9, 3, 3)


def test_a_layer_that_is_not_known_may_read_everything():
    class Unknown(keras.layers.Layer):
        def call(self, inputs):
            return inputs

    sequence = keras.Input((None, 2))
    assert receptive_field.of_output(Unknown()(sequence)).steps is None


def test_up_sampling_is_followed_to_the_filter_that_wrote_a_step():
    sequence, mask = keras.Input((None, 2)), keras.Input((None,), dtype="bool")
    up = UpSampling1D(2, 3, strides=3)(sequence, mask, mask)
    assert receptive_field.of_output(up).steps == 1
    wider = UpSampling1D(2, 4, strides=3)(sequence, mask, mask)
    assert receptive_field.of_output(wider).steps == 2
    shorter = UpSampling1D(2, 3, strides=4)(sequence, mask, mask)
    read = map(receptive_field.read_steps(shorter), range(4))
    assert [last - first + 1 for first, last in read] == [1, 1, 1, 0]
