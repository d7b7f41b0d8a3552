"""Gradients that live as long as their graphs, and memory of many fits."""

from __future__ import annotations

import gc
import os
import pathlib
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow.python.framework.func_graph import FuncGraph

from zoo.layers import GRU, LSTM, Conv1D
from zoo.layers.kernels import gradients
from zoo.papers.waveform_mtl.layers import CrossChannelMaxPooling


@gradients.custom_gradient
def tripled_upstream(values):
    """The identity, whose gradient is three times that of the identity."""
    return tf.identity(values), lambda upstream: 3 * upstream


def traced():
    scalar = tf.TensorSpec([], tf.float32)
    return tf.function(tripled_upstream).get_concrete_function(scalar)


def gradient_of(function):
    values = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(values)
        outputs = function(values)
    return float(tape.gradient(outputs, values))


def registered():
    gc.collect()
    return len(ops.gradient_registry.list())


def test_eager_and_traced_gradients_are_the_functions_own():
    assert gradient_of(tripled_upstream) == 3
    assert gradient_of(tf.function(tripled_upstream)) == 3
    assert gradient_of(tf.function(tripled_upstream, jit_compile=True)) == 3


def test_nested_graphs_have_their_gradients():
    def branches(values):
        return tf.cond(
            values > 0, lambda: tripled_upstream(values), lambda: values
        )

    def loop(values):
        return tf.while_loop(
            lambda i, _: i < 2,
            lambda i, v: (i + 1, tripled_upstream(v)),
            (0, values),
        )[1]

    assert gradient_of(tf.function(branches)) == 3
    assert gradient_of(tf.function(loop)) == 9


def test_a_graph_dies_with_its_function():
    before = registered()
    function = traced()
    graph = weakref.ref(function.graph)
    assert registered() == before + 1
    del function
    assert registered() == before
    assert graph() is None


def test_gradients_of_living_graphs_stay():
    function = traced()
    for _ in range(3):
        traced()
    gradients.release()
    gc.collect()
    assert gradient_of(function) == 3


def test_those_of_tensorflow_are_released_too():
    before = registered()
    function = tf.function(
        lambda values: tf.custom_gradient(lambda v: (v + 0, lambda u: 5 * u))(
            values
        ),
        # Where it fails, AutoGraph logs an error that keeps the graph alive.
        autograph=False,
    )
    assert gradient_of(function) == 5
    gradients.release()
    assert gradient_of(function) == 5
    del function
    assert registered() == before


def test_a_saved_gradient_is_that_of_its_function(tmp_path):
    module = tf.Module()
    module.call = tf.function(
        tripled_upstream, input_signature=[tf.TensorSpec([], tf.float32)]
    )
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    tf.saved_model.save(module, str(tmp_path), options=options)
    assert gradient_of(tf.saved_model.load(str(tmp_path)).call) == 3


def convolutions(inputs):
    outputs = Conv1D(40, 40, padding="same")(inputs)
    outputs = Conv1D(8, 3, dilation_rate=2, padding="same")(outputs)
    return CrossChannelMaxPooling(2)(outputs)


def recurrences(inputs):
    outputs = LSTM(4, return_sequences=True)(inputs)
    return GRU(4, return_sequences=True)(outputs)


def left_after(fits, layers):
    """Trains networks; returns graphs that live, and this process' MB."""
    for _ in range(fits):
        keras.backend.clear_session()
        inputs = keras.Input((None, 40))
        outputs = keras.layers.Dense(1)(layers(inputs))
        model = keras.Model(inputs, outputs)
        model.compile("adam", "mse")
        model.fit(np.zeros((2, 64, 40)), np.zeros((2, 64, 1)), 2, verbose=0)
        gradients.release()
    del model, inputs, outputs
    keras.backend.clear_session()
    gc.collect()
    graphs = sum(isinstance(each, FuncGraph) for each in gc.get_objects())
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return graphs, pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.slow
@pytest.mark.skipif(
    not pathlib.Path("/proc/self/statm").exists(), reason="reads Linux's /proc"
)
# What TensorFlow keeps of each call of a loop compiled by XLA is its own.
@pytest.mark.parametrize(
    "layers, megabytes_a_fit", [(convolutions, 1.0), (recurrences, 4.0)]
)
def test_fits_leave_no_graphs_and_no_memory(layers, megabytes_a_fit):
    graphs, megabytes = left_after(3, layers)
    more_graphs, more_megabytes = left_after(6, layers)
    assert more_graphs == graphs
    assert more_megabytes - megabytes < 6 * megabytes_a_fit + 5
