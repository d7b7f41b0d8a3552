"""The log Mel filter bank in chunks: the values of one chunk, less memory."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from zoo import frontends
from zoo.frontends import LogMelFilterBank, log_mel

ROWS = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 9000)).astype("float32")


def energies(monkeypatch, chunk, bank, waveform, lengths, compiled):
    """Returns the layer's outputs where it takes `chunk` frames at once."""
    monkeypatch.setattr(log_mel, "CHUNK", chunk)
    call = bank
    if compiled:
        signature = [
            tf.TensorSpec((None, None), tf.float32),
            tf.TensorSpec((None,), tf.int32),
        ]
        call = tf.function(lambda *inputs: bank(*inputs), signature)
    return np.asarray(call(waveform, lengths))


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("snip_edges", [True, False])
@pytest.mark.parametrize("samples", [90, 400, 559, 560, 4321, 9000])
@pytest.mark.parametrize("chunk", [1, 7, 12, 108])
def test_chunks_change_nothing(
    monkeypatch, chunk, samples, snip_edges, compiled
):
    bank = LogMelFilterBank(snip_edges=snip_edges)
    waveform = ROWS[:, :samples]
    lengths = np.array([samples, samples * 2 // 3], "int32")
    whole = energies(monkeypatch, 10**6, bank, waveform, lengths, False)
    chunks = energies(monkeypatch, chunk, bank, waveform, lengths, compiled)
    assert chunks.shape == whole.shape
    np.testing.assert_allclose(chunks, whole, rtol=0, atol=2e-5)


def test_the_whole_front_end_in_chunks_of_a_dataset(monkeypatch):
    inputs = {"waveform": ROWS, "lengths": np.array([9000, 5000], "int32")}
    expected = frontends.stacked_log_mel()(inputs)["features"]
    monkeypatch.setattr(log_mel, "CHUNK", 20)
    front_end = frontends.stacked_log_mel()
    (outputs,) = tf.data.Dataset.from_tensors(inputs).map(front_end)
    np.testing.assert_allclose(outputs["features"], expected, atol=1e-4)


def test_a_chunk_holds_fewer_frames_of_each_row_of_a_large_batch(monkeypatch):
    taken = []
    bank = LogMelFilterBank()
    conditioned = bank._conditioned

    def watched(frames):
        taken.append(tuple(frames.shape))
        return conditioned(frames)

    monkeypatch.setattr(bank, "_conditioned", watched)
    monkeypatch.setattr(log_mel, "CHUNK", 40)
    bank(np.zeros((8, 9000), "float32"))
    assert {shape[:2] for shape in taken} == {(8, 5)}


def test_gradients_pass_through_chunks(monkeypatch):
    bank = LogMelFilterBank()
    found = []
    for chunk in (10**6, 13):
        monkeypatch.setattr(log_mel, "CHUNK", chunk)
        waveform = tf.constant(ROWS)
        with tf.GradientTape() as tape:
            tape.watch(waveform)
            loss = tf.reduce_sum(bank(waveform))
        found.append(tape.gradient(loss, waveform).numpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-3, atol=1e-3)
