"""Sequences, masks and comparisons for tests of recurrent layers."""

import numpy as np
import tensorflow as tf

BATCH, TIME, VALUES, UNITS = 4, 6, 5, 4
RIGHT = np.arange(TIME)[None] < np.array([6, 3, 1, 5])[:, None]
MASKS = {
    "no": None,
    "right": RIGHT,
    "left": RIGHT[:, ::-1],
    "scattered": np.array(
        [[1, 0, 1, 1, 0, 1], [0, 0, 1, 0, 0, 0], [0] * 6, [1, 1, 0, 1, 1, 0]],
        bool,
    ),
}
RNG = np.random.default_rng(5)
SEQUENCES = RNG.normal(size=(BATCH, TIME, VALUES)).astype("float32")
STATES = [RNG.normal(size=(BATCH, UNITS)).astype("float32") for _ in "hc"]


def results(layer, sequences, mask=None, states=None, training=False):
    """Outputs, then gradients of all that has one."""
    sequences = tf.constant(sequences)
    states = None if states is None else [tf.constant(s) for s in states]
    watched = [sequences, *(states or [])]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        outputs = layer(
            sequences, mask=mask, initial_state=states, training=training
        )
        outputs = tf.nest.flatten(outputs)
        scale = tf.range(1.0, outputs[0].shape[-1] + 1.0)
        loss = sum(tf.reduce_sum(tf.sin(output * scale)) for output in outputs)
        loss /= sequences.shape[0] * sequences.shape[1]
    sources = watched + [w.value for w in layer.trainable_weights]
    return [np.array(v) for v in outputs + tape.gradient(loss, sources)]


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-5)
