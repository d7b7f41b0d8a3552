"""Decoding in the graph gives the samples of the reader."""

from __future__ import annotations

import functools
import io
import logging
import struct
import sys

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from pipelines.audio import files, graph, reader
from pipelines.audio.resample import resample

pytestmark = pytest.mark.slow

NATIVE = [
    # format, subtype, difference at the wanted rate and after resampling
    ("WAV", "PCM_16", 0, 1e-6),
    ("WAV", "PCM_24", 0, 1e-6),
    ("FLAC", "PCM_16", 0, 1e-6),
    ("FLAC", "PCM_24", 0, 1e-6),
    ("OGG", "VORBIS", 1e-6, 1e-6),
    ("MP3", "MPEG_LAYER_III", 3e-6, 3e-6),
]
OTHER = [
    ("WAV", "PCM_U8"),
    ("WAV", "PCM_32"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("WAV", "ULAW"),
    ("WAVEX", "PCM_16"),
    ("FLAC", "PCM_S8"),
    ("OGG", "OPUS"),
]
needs_tensorflow_io = pytest.mark.skipif(
    files.tensorflow_io() is None,
    reason="tensorflow-io's native library does not load here",
)


def encoded(
    format="WAV", subtype="PCM_16", rate=16000, frames=8000, channels=1
):
    time = np.linspace(0, 1, frames)
    noise = np.random.default_rng(0).normal(0, 0.05, (frames, channels))
    depth = np.arange(1, channels + 1) * 300
    samples = 0.5 * np.sin(2 * np.pi * time[:, None] ** 2 * depth) + noise
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format, subtype=subtype)
    return file.getvalue()


def expected(contents):
    return reader.read_stream(io.BytesIO(contents), "bytes")


@functools.cache
def compiled():
    signature = [tf.TensorSpec([], tf.string)]
    return tf.function(graph.decode, input_signature=signature)


def decoded(contents):
    return compiled()(contents).numpy()


@pytest.fixture
def without_libsndfile(monkeypatch):
    def refuse(*_):
        raise ValueError("libsndfile was asked")

    monkeypatch.setattr(reader, "read_stream", refuse)


@needs_tensorflow_io
@pytest.mark.parametrize("format,subtype,same,resampled", NATIVE)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_tensorflow_io_and_libsndfile_give_the_same_samples(
    format, subtype, same, resampled, channels, rate, monkeypatch
):
    contents = encoded(format, subtype, rate, rate // 4 * 2, channels)
    answer = expected(contents)
    monkeypatch.setattr(reader, "read_stream", None)  # libsndfile stays out
    waveform = decoded(contents)
    assert waveform.dtype == np.float32 and waveform.shape == answer.shape
    tolerance = same if rate == 16000 else resampled
    np.testing.assert_allclose(waveform, answer, rtol=0, atol=tolerance)


@pytest.mark.parametrize("format,subtype", OTHER)
@pytest.mark.parametrize("rate", [16000, 48000])
def test_other_encodings_reach_libsndfile(format, subtype, rate):
    contents = encoded(format, subtype, rate, channels=2)
    np.testing.assert_array_equal(decoded(contents), expected(contents))


def test_silence_at_the_end_is_kept_outside_a_graph():
    contents = encoded(subtype="FLOAT") + bytes(400)
    size = struct.pack("<I", 8000 * 4 + 400)
    at = contents.index(b"data") + 4
    contents = contents[:at] + size + contents[at + 4 :]
    waveform = graph.decode(contents)
    assert waveform.shape == (8100,)
    assert not waveform[8000:].numpy().any()


def test_other_rates_and_orders_of_chunks_reach_libsndfile():
    wav, mp3 = encoded(), encoded("MP3", "MPEG_LAYER_III")
    note = b"LIST" + struct.pack("<I", 27) + bytes(28)
    for contents in (
        encoded(rate=47999),
        encoded(subtype="PCM_24", frames=8001),  # an odd number of bytes
        wav[:12] + note + wav[12:],
        wav[:36] + note + wav[36:],
        mp3.replace(b"LAME", bytes(4)),
    ):
        np.testing.assert_array_equal(decoded(contents), expected(contents))


@needs_tensorflow_io
def test_tags_and_notes_around_the_samples_change_nothing(without_libsndfile):
    tag = b"ID3\4\0\0" + bytes([0, 0, 1, 0]) + bytes(128)
    mp3 = encoded("MP3", "MPEG_LAYER_III")
    np.testing.assert_array_equal(decoded(tag + mp3), decoded(mp3))
    note = b"LIST" + struct.pack("<I", 28) + bytes(28)
    np.testing.assert_array_equal(decoded(encoded() + note), decoded(encoded()))


@pytest.mark.parametrize(
    "source,target", [(8000, 16000), (44100, 16000), (3, 2)]
)
@pytest.mark.parametrize("samples", [1, 440, 10000])
def test_resampling_in_the_graph_is_the_reader_s(source, target, samples):
    waveform = np.random.default_rng(0).uniform(-1, 1, samples)
    waveform = waveform.astype(np.float32)
    np.testing.assert_allclose(
        graph.resample_tensor(waveform, source, target),
        resample(waveform, source, target),
        rtol=0,
        atol=2e-6,
    )


def test_an_odd_ratio_of_rates_is_refused_in_the_graph():
    with pytest.raises(ValueError, match="small whole numbers.*44101"):
        graph.resample_tensor(tf.zeros(9), 44101, 16000)


def test_another_wanted_rate_is_another_argument():
    contents = encoded(rate=16000)
    waveform = graph.decode(contents, 8000)
    assert waveform.shape == (4000,)
    np.testing.assert_allclose(
        waveform, resample(expected(contents), 16000, 8000), atol=1e-6
    )
    with pytest.raises(ValueError, match="`rate` must be a positive whole"):
        graph.decode(contents, 0)


@pytest.mark.parametrize(
    "contents,message",
    [
        (b"", "0 bytes"),
        (b"no sound" * 50, "WAV, FLAC, OGG or MP3"),
        (encoded()[:30], "cut off"),
        (encoded()[:-2], "16000 bytes promised, 15998 there"),
        (encoded(frames=0), "says 0"),
    ],
)
def test_bad_bytes_get_the_message_of_the_reader(contents, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        decoded(contents)


@pytest.mark.parametrize("format,subtype,same,resampled", NATIVE[2:])
def test_compressed_bytes_that_are_cut_off_are_refused(
    format, subtype, same, resampled
):
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoded(encoded(format, subtype)[:2500])


@pytest.mark.parametrize("at,bits", [(21, 0x0F), (22, 0xFF)])
def test_a_flac_that_promises_too_much_is_refused(at, bits):
    contents = bytearray(encoded("FLAC"))
    contents[at] |= bits  # of the number of samples
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most"):
        decoded(bytes(contents))


def test_without_tensorflow_io_libsndfile_decodes_and_logs_it(
    monkeypatch, caplog
):
    files.tensorflow_io.cache_clear()
    monkeypatch.setitem(sys.modules, "tensorflow_io", None)
    contents = encoded("FLAC", rate=22050, channels=2)
    try:
        with caplog.at_level(logging.INFO, "pipelines.audio.files"):
            waveform = graph.decode(contents)
            graph.decode(contents)
    finally:
        files.tensorflow_io.cache_clear()
    np.testing.assert_array_equal(waveform, expected(contents))
    messages = [r.message for r in caplog.records if "libsndfile" in r.message]
    assert len(messages) == 1


def test_read_tensor_gives_the_samples_of_read_in_a_data_set(tmp_path):
    path = tmp_path / "sound.flac"
    path.write_bytes(encoded("FLAC", rate=22050, channels=2))
    paths = tf.data.Dataset.from_tensor_slices([str(path)] * 3)
    for samples in paths.map(graph.read_tensor, num_parallel_calls=2):
        np.testing.assert_array_equal(samples, reader.read(path))
    absent = tf.data.Dataset.from_tensors("absent.wav").map(graph.read_tensor)
    with pytest.raises(
        tf.errors.OpError, match="absent.wav.*where none is found"
    ):
        next(iter(absent))
    with pytest.raises(
        FileNotFoundError, match="absent.wav.*where none is found"
    ):
        graph.read_tensor("absent.wav")
    with pytest.raises(ValueError, match="`rate` must be a positive whole"):
        graph.read_tensor("sound.wav", 0)


def test_a_data_set_decodes_shared_recordings(shared):
    names = ["emotale/wav/DK_001_A_1.flac", "emodb/wav/03a01Fa.wav"]
    paths = [shared("corpora", *name.split("/")) for name in names]
    contents = tf.data.Dataset.from_tensor_slices([str(p) for p in paths])
    contents = contents.map(tf.io.read_file).map(graph.decode)
    for path, waveform in zip(paths, contents):
        np.testing.assert_allclose(waveform, reader.read(path), atol=1e-6)
