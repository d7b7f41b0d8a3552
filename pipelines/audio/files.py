"""Opens local and stored audio files; refuses damaged and incomplete ones."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import logging
import os
import struct
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO

import soundfile

LOGGER = logging.getLogger(__name__)
MAX_FRAMES = 2**40  # a FLAC header of unknown length states 2**63 - 1
MIN_RATE, MAX_RATE = 1_000, 768_000
"""Sampling rates in Hz that a header may state; others are damaged or lies,
and 1 Hz would become 16,000 times as many samples at 16 kHz."""


@contextlib.contextmanager
def stream(name: str) -> Iterator[BinaryIO]:
    """Opens a local file or, for "scheme://...", a stored object."""
    if "://" in name:
        yield io.BytesIO(_fetch(name))
        return
    if os.path.isdir(name):
        raise IsADirectoryError(
            f"An audio path must name a file. Received the folder '{name}': "
            "name one of the files in it."
        )
    try:
        file = open(name, "rb")
    except FileNotFoundError:
        raise _missing(name) from None
    with file:
        yield file


@contextlib.contextmanager
def decoder(contents: BinaryIO, name: str) -> Iterator[soundfile.SoundFile]:
    """Opens libsndfile's decoder on a stream after checking its header.

    Args:
        contents: the bytes of a file, seekable.
        name: what messages call the file.

    Raises:
        ValueError: the file is no audio, has no samples, does not state
            their number, has fewer than it states, or states a sampling rate
            outside of 1,000 to 768,000 Hz.
    """
    _refuse_bad_header(contents, name)
    contents.seek(0)
    try:
        file = soundfile.SoundFile(contents)
    except (soundfile.LibsndfileError, TypeError) as error:
        raise ValueError(
            f"'{name}' must be WAV, FLAC, OGG or MP3 audio. Received a file "
            "whose header libsndfile does not understand: it is something "
            "else or cut off. Get it again or convert it to FLAC."
        ) from error
    with file:
        if not 0 < file.frames < MAX_FRAMES:
            raise ValueError(
                f"'{name}' must hold samples and say how many. Received a "
                f"header that says {file.frames}: get the file again, write "
                "it again or leave it out."
            )
        if not MIN_RATE <= file.samplerate <= MAX_RATE:
            raise ValueError(
                f"'{name}' must have a sampling rate from {MIN_RATE} to "
                f"{MAX_RATE} Hz. Received a header that says "
                f"{file.samplerate} Hz: get the file again, or write it with "
                "its true rate."
            )
        yield file


@functools.cache
def tensorflow_io() -> Any | None:
    """Imports tensorflow-io; returns None where it cannot be loaded.

    Importing it registers its file systems with TensorFlow. Its absence is
    logged once.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # logged below
            package = importlib.import_module("tensorflow_io")
            operations = importlib.import_module("tensorflow_io.python.ops")
            operations.core_ops.io_audio_decode_wav  # loads the library
    except (ImportError, NotImplementedError, AttributeError) as error:
        LOGGER.info(
            "tensorflow-io does not load (%s); libsndfile decodes instead.",
            " ".join(str(error).split())[:200],
        )
        return None
    return package


def _fetch(name: str) -> bytes:
    import tensorflow as tf

    tensorflow_io()
    try:
        with tf.io.gfile.GFile(name, "rb") as file:
            return file.read()
    except tf.errors.NotFoundError:
        raise _missing(name) from None
    except tf.errors.OpError as error:
        raise ValueError(
            f"'{name}' must lie where TensorFlow and tensorflow-io can read. "
            f"Received: {error.message}. Check the address and your access, "
            "or copy the file to a local folder."
        ) from error


def _missing(name: str) -> FileNotFoundError:
    return FileNotFoundError(
        f"An audio file must exist to be read. Received: '{name}', where none "
        "is found. Check its name, its folder and your access to it."
    )


def _refuse_bad_header(contents: BinaryIO, name: str) -> None:
    """Refuses files that libsndfile would read as shorter recordings."""
    size = contents.seek(0, io.SEEK_END)
    contents.seek(0)
    head = contents.read(12)
    if size == 0:
        raise ValueError(
            f"'{name}' must hold audio. Received an empty file of 0 bytes: "
            "get it again or leave it out."
        )
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        promised, there = _wav_bytes(contents, size)
        if promised > there:
            raise ValueError(
                f"'{name}' must hold the samples that its header promises. "
                f"Received: {promised} bytes promised, {there} there. It was "
                "cut off, or written as a stream: get it or write it again."
            )
    elif _is_mp3_of_unknown_length(contents, head):
        raise ValueError(
            f"'{name}' must say in its first MP3 frame how long it is, in a "
            "Xing, Info or VBRI header. Received a frame without one, so that "
            "its end could only be guessed: convert it to FLAC."
        )


def _wav_bytes(contents: BinaryIO, size: int) -> tuple[int, int]:
    """Returns how many bytes of samples a header states, and how many exist."""
    while len(chunk := contents.read(8)) == 8:
        kind, length = struct.unpack("<4sI", chunk)
        if kind == b"data":
            return length, size - contents.tell()
        contents.seek(length + length % 2, io.SEEK_CUR)
    return 0, 0


def _is_mp3_of_unknown_length(contents: BinaryIO, head: bytes) -> bool:
    start = 0
    if head[:3] == b"ID3" and len(head) > 9:
        a, b, c, d = head[6:10]
        start = 10 + (a << 21 | b << 14 | c << 7 | d)
    contents.seek(start)
    frame = contents.read(40)
    if frame[:1] != b"\xff" or len(frame) < 2 or frame[1] & 0xE6 != 0xE2:
        return False
    # After 4 bytes of header and 9, 17 or 32 of side information.
    marks = [frame[at : at + 4] for at in (13, 21, 36)]
    return not {b"Xing", b"Info", b"VBRI"} & set(marks)
