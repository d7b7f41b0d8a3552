"""Reading and decoding of audio as TensorFlow operations.

Input pipelines read with `pipelines.audio.reader` (`pipelines.datasets.audio`
says why); these operations are for graphs that hold no Python.

tensorflow-io decodes what it decodes correctly: WAV of 16 and 24 bits with the
usual header of 44 bytes, FLAC of 16 and 24 bits, Ogg Vorbis, and MP3 with
LAME's header, at the `RATES`. Everything else goes to libsndfile in the same
graph: other rates, WAV files that are cut off, and what tensorflow-io refuses
or decodes wrongly (it takes 32-bit integers for floats, finds no samples behind
a chunk of odd size and misses padding that an odd number of bytes lacks).
"""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines.audio import files, reader, resample

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
_HEADER_BYTES = 160  # up to the end of LAME's mark in an MP3


def decode(contents: tf.Tensor | bytes, rate: int = reader.RATE) -> tf.Tensor:
    """Decodes the bytes of a file, as TensorFlow operations.

    The samples are those of `reader.read`: the very same from WAV and FLAC at
    the wanted rate, within 1e-6 resampled or from Ogg Vorbis, within 3e-6
    from MP3. Where tensorflow-io does not load, which is logged once,
    libsndfile decodes everything.

    Args:
        contents: scalar string, a WAV, FLAC, OGG or MP3 file.
        rate: wanted sampling rate in Hz.

    Returns:
        float32 (samples,).

    Raises:
        tensorflow.errors.OpError: in a graph, when it runs, for what
            `reader.read` refuses, with its message where libsndfile decodes.

    Example:
        `records.map(lambda record: decode(record["audio"]))`
    """
    reader.check_rate(rate)
    contents = tf.convert_to_tensor(contents, tf.string)
    library = files.tensorflow_io()
    if library is None:
        return _by_libsndfile(contents, rate)
    kind, source = _kind_and_rate(contents)
    sources = [rate] + [
        known
        for known in RATES
        if known != rate and resample.matrices(known, rate) is not None
    ]
    native = (kind >= 0) & tf.reduce_any(source == sources)
    samples = tf.cond(
        native,
        lambda: _resampled(
            _by_tensorflow_io(library.audio, contents, kind), source, sources
        ),
        lambda: _by_libsndfile(contents, rate),
    )
    return tf.ensure_shape(samples, [None])


def read_tensor(path: tf.Tensor | str, rate: int = reader.RATE) -> tf.Tensor:
    """Reads a file as `reader.read` does, as a TensorFlow operation.

    Args:
        path: scalar string.
        rate: wanted sampling rate in Hz.

    Returns:
        float32 (samples,), those of `reader.read`.

    Raises:
        tensorflow.errors.OpError: in a graph, when it runs, with the message
            of `reader.read`; outside of one, what `reader.read` raises.

    Example:
        `Dataset.from_tensor_slices(paths).map(graph.read_tensor)`
    """
    reader.check_rate(rate)
    return _operation(lambda name: reader.read(os.fsdecode(name), rate), path)


def _operation(
    function: Callable[[bytes], np.ndarray], text: tf.Tensor | str
) -> tf.Tensor:
    """Calls a function from bytes to samples as a TensorFlow operation."""

    @tf.autograph.experimental.do_not_convert
    def call(value: Any) -> np.ndarray:
        # Outside a graph TensorFlow passes an array of one object.
        return function(value if isinstance(value, bytes) else value.item())

    # As a tensor first, since NumPy would drop zeros at the end of bytes.
    value = tf.convert_to_tensor(text, tf.string)
    samples = tf.numpy_function(call, [value], tf.float32, stateful=False)
    return tf.ensure_shape(samples, [None])


def resample_tensor(waveform: tf.Tensor, source: int, target: int) -> tf.Tensor:
    """Resamples as `resample.resample` does, as TensorFlow operations.

    Args:
        waveform: float32 (samples,).
        source: its sampling rate in Hz.
        target: the wanted sampling rate in Hz.

    Returns:
        float32 (ceil(samples * target / source),).

    Raises:
        ValueError: the ratio of the rates needs too large matrices.
    """
    pair = resample.matrices(source, target)
    if pair is None:
        raise ValueError(
            "`source` and `target` must have a ratio of small whole numbers. "
            f"Received: source={source}, target={target}"
        )
    up, down = resample.ratio(source, target)
    size_in, size_out = pair[0].shape
    samples = tf.size(waveform, tf.int64)
    length = -(-samples * up // down)
    count = -(-length // size_out)
    margin = resample.reach(source, target)
    behind = (count + 1) * size_in - margin - samples
    block = tf.reshape(tf.pad(waveform, [[margin, behind]]), [-1, size_in])
    waveform = block[:-1] @ pair[0] + block[1:] @ pair[1]
    return tf.reshape(waveform, [-1])[:length]


def _by_libsndfile(contents: tf.Tensor, rate: int) -> tf.Tensor:
    return _operation(
        lambda file: reader.read_stream(io.BytesIO(file), "these bytes", rate),
        contents,
    )


def _by_tensorflow_io(
    library: Any, contents: tf.Tensor, kind: tf.Tensor
) -> tf.Tensor:
    """Decodes a kind of `_kind_and_rate`; float32 (samples,)."""

    def integers(
        decoder: Callable[..., tf.Tensor], dtype: tf.DType
    ) -> tf.Tensor:
        samples = decoder(contents, dtype=dtype)
        return tf.cast(samples, tf.float32) / -float(dtype.min)

    samples = tf.switch_case(
        kind,
        [
            lambda: integers(library.decode_wav, tf.int16),
            lambda: integers(library.decode_wav, tf.int32),
            lambda: integers(library.decode_flac, tf.int16),
            lambda: integers(library.decode_flac, tf.int32),
            lambda: library.decode_vorbis(contents),
            lambda: library.decode_mp3(contents),
        ],
    )
    tf.debugging.assert_positive(
        tf.size(samples), "`contents` must hold at least one sample."
    )
    return tf.reduce_mean(samples, axis=1)


def _resampled(
    waveform: tf.Tensor, source: tf.Tensor, sources: list[int]
) -> tf.Tensor:
    """Resamples from `source`, one of `sources`, to the first one."""
    rates = [
        functools.partial(resample_tensor, waveform, known, sources[0])
        for known in sources[1:]
    ]
    which = tf.argmax(source == sources, output_type=tf.int32)
    return tf.switch_case(which, [lambda: waveform, *rates])


def _kind_and_rate(contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the branch of `_by_tensorflow_io` (-1: none) and the rate."""
    size = tf.cast(tf.strings.length(contents), tf.int64)
    head = _bytes(contents, 0)
    formats = [
        _wav(head, size),
        _flac(head),
        _vorbis(head),
        _mp3(head, contents),
    ]
    kinds, rates = (tf.stack(column) for column in zip(*formats))
    return tf.reduce_max(kinds), tf.gather(rates, tf.argmax(kinds))


def _wav(head: tf.Tensor, size: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    bits = _number(head, 34, 2)
    promised = _number(head, 40, 4)
    valid = (
        _is(head, 0, b"RIFF")
        & _is(head, 8, b"WAVEfmt \x10\0\0\0\x01\0")  # plain integers
        & _is(head, 36, b"data")
        & ((bits == 16) | (bits == 24))
        & (promised > 0)
        & (promised <= size - 44)
        & (promised % tf.maximum(_number(head, 32, 2), 1) == 0)
        & (promised % 2 == 0)  # an odd number needs a padding byte
    )
    return _kind(valid, tf.where(bits == 16, 0, 1)), _number(head, 24, 4)


def _flac(head: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    bits = head[20] % 2 * 16 + head[21] // 16 + 1
    length = tf.reduce_sum(head[22:26] * [2**24, 2**16, 2**8, 1])
    valid = (
        _is(head, 0, b"fLaC")
        & (head[4] % 128 == 0)
        & ((bits == 16) | (bits == 24))
        & (head[21] % 16 == 0)
        & (length > 0)  # 0: unknown
        & (length <= reader.MAX_BYTES // 32)  # of 8 channels at most
    )
    source = head[18] * 4096 + head[19] * 16 + head[20] // 16
    return _kind(valid, tf.where(bits == 16, 2, 3)), source


def _vorbis(head: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    valid = _is(head, 0, b"OggS") & _is(head, 28, b"\x01vorbis")
    return _kind(valid, 4), _number(head, 40, 4)


def _mp3(head: tf.Tensor, contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    tag = tf.reduce_sum(head[6:10] * [2**21, 2**14, 2**7, 1]) + 10
    tagged = tf.cast(_is(head, 0, b"ID3"), tf.int64)
    frame = _bytes(contents, tagged * tag)
    third_layer = (
        (frame[0] == 255) & (frame[1] >= 224) & (frame[1] // 2 % 4 == 1)
    )
    length_known = tf.reduce_any(
        [
            _is(frame, at, word) & _is(frame, at + 120, b"LAME")
            for at in (13, 21, 36)
            for word in (b"Xing", b"Info")
        ]
    )
    source = tf.gather(
        tf.constant([44100, 48000, 32000, 0], tf.int64), frame[2] // 4 % 4
    )
    divisor = tf.gather(  # MPEG 2.5, none, 2, 1
        tf.constant([4, 1, 2, 1], tf.int64), frame[1] // 8 % 4
    )
    return _kind(third_layer & length_known, 5), source // divisor


def _bytes(contents: tf.Tensor, start: tf.Tensor | int) -> tf.Tensor:
    """Returns the 160 bytes from `start` on, zeros after the last; int64."""
    size = tf.cast(tf.strings.length(contents), tf.int64)
    start = tf.minimum(tf.cast(start, tf.int64), size)
    part = tf.strings.substr(
        contents, start, tf.constant(_HEADER_BYTES, tf.int64)
    )
    values = tf.io.decode_raw(part, tf.uint8, fixed_length=_HEADER_BYTES)
    return tf.cast(values, tf.int64)


def _number(head: tf.Tensor, at: int, width: int) -> tf.Tensor:
    """Returns the little-endian whole number of `width` bytes."""
    return tf.reduce_sum(head[at : at + width] * [256**i for i in range(width)])


def _is(head: tf.Tensor, at: int, word: bytes) -> tf.Tensor:
    return tf.reduce_all(head[at : at + len(word)] == list(word))


def _kind(valid: tf.Tensor, kind: tf.Tensor | int) -> tf.Tensor:
    return tf.where(valid, kind, -1)
