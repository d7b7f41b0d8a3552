"""Reading of audio: exact samples, and refusals in one sentence."""

from __future__ import annotations

import logging
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from pipelines.audio import reader
from pipelines.audio.resample import resample

FORMATS = [
    ("wav", "PCM_16"),
    ("wav", "PCM_24"),
    ("wav", "FLOAT"),
    ("flac", "PCM_16"),
    ("ogg", "VORBIS"),
    ("mp3", "MPEG_LAYER_III"),
]


def speechlike(frames, channels=1, seed=0):
    """A sweep under noise, another one in each channel."""
    time = np.linspace(0, 1, frames)
    noise = np.random.default_rng(seed).normal(0, 0.03, (frames, channels))
    depth = np.arange(1, channels + 1) * 200
    return 0.3 * np.sin(2 * np.pi * time[:, None] ** 2 * depth) + noise


@pytest.fixture
def write(tmp_path):
    def write(
        suffix="wav", subtype="PCM_16", rate=16000, frames=8000, **kwargs
    ):
        path = tmp_path / f"sound.{suffix}"
        samples = kwargs.get("samples")
        if samples is None:
            samples = speechlike(frames, kwargs.get("channels", 1))
        soundfile.write(path, samples, rate, subtype=subtype)
        return path

    return write


def refused(path, *words, error=ValueError, **kwargs):
    """Reading ends in one error whose sentence names the file and `words`."""
    with pytest.raises(error) as caught:
        reader.read(path, **kwargs)
    for word in (str(path), *words):
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)
    return True


@pytest.mark.parametrize("suffix,subtype", FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_are_the_mean_of_the_decoded_channels(
    write, suffix, subtype, channels
):
    path = write(suffix, subtype, channels=channels)
    decoded, _ = soundfile.read(path, dtype="float32", always_2d=True)
    waveform = reader.read(path)
    assert waveform.dtype == np.float32
    np.testing.assert_array_equal(waveform, decoded.mean(axis=1))
    assert np.abs(waveform).max() > 0.2


def test_sixteen_bits_are_divided_by_32768(write):
    steps = np.array([-32768, -1, 0, 1, 32767], np.int16)
    waveform = reader.read(write(samples=steps))
    np.testing.assert_array_equal(waveform, steps / 32768)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_another_rate_is_resampled_and_logged_once(write, rate, caplog):
    reader._log_resampled.cache_clear()
    path = write(rate=rate, frames=rate // 2 + 1, channels=2)
    with caplog.at_level(logging.INFO, "pipelines.audio"):
        waveform = reader.read(path)
        reader.read(path)
    decoded, _ = soundfile.read(path, dtype="float32")
    expected = resample(decoded.mean(axis=1), rate, 16000)
    np.testing.assert_allclose(waveform, expected, atol=1e-6)
    assert len(waveform) == -(-(rate // 2 + 1) * 16000 // rate)
    assert [str(rate) in record.message for record in caplog.records] == [True]


def test_parallel_threads_log_a_rate_once(write):
    reader._log_resampled.cache_clear()
    path, messages = write(rate=48000, frames=480), []

    class Slow(logging.Handler):
        def emit(self, record):
            time.sleep(0.05)
            messages.append(record.getMessage())

    handler = Slow()
    reader.LOGGER.addHandler(handler)
    reader.LOGGER.setLevel(logging.INFO)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(reader.read, [path] * 4))
    finally:
        reader.LOGGER.removeHandler(handler)
        reader.LOGGER.setLevel(logging.NOTSET)
    assert len(messages) == 1


@pytest.mark.parametrize("suffix,subtype", FORMATS)
@pytest.mark.parametrize("rate", [16000, 22050, 48000])
def test_a_span_is_the_slice_of_the_whole(write, suffix, subtype, rate):
    path = write(suffix, subtype, rate=rate, frames=rate)
    whole = reader.read(path)
    for start, end in [(0, 0.1), (0.3, 0.31), (0.123, 0.777), (0.9, 1.0)]:
        span = reader.read(path, start=start, end=end)
        expected = whole[round(start * 16000) : round(end * 16000)]
        np.testing.assert_allclose(span, expected, atol=1e-6)
    np.testing.assert_allclose(
        reader.read(path, start=0.5), whole[8000:], atol=1e-6
    )


@pytest.mark.parametrize("suffix,subtype", FORMATS)
def test_duration_is_the_header_s(write, suffix, subtype):
    path = write(suffix, subtype, rate=44100, frames=12345)
    assert reader.duration(path) == 12345 / 44100


def test_values_beyond_full_scale_are_kept(write):
    loud = np.array([0.5, 1.5, -9.9, 1.0])
    waveform = reader.read(write(subtype="FLOAT", samples=loud))
    np.testing.assert_array_equal(waveform, loud.astype(np.float32))


def test_a_stored_object_is_read_like_a_file(write):
    path = write("flac", rate=8000)
    tf.io.gfile.copy(str(path), "ram://test_audio.flac", overwrite=True)
    np.testing.assert_array_equal(
        reader.read("ram://test_audio.flac"), reader.read(path)
    )
    assert reader.duration("ram://test_audio.flac") == reader.duration(path)
    assert refused("ram://absent.flac", "none", error=FileNotFoundError)
    assert refused("nowhere://absent.flac", "nowhere", "address")


def test_what_is_no_file_is_refused(tmp_path):
    absent = tmp_path / "absent.wav"
    assert refused(absent, "exist", error=FileNotFoundError)
    assert refused(tmp_path, "folder", error=IsADirectoryError)
    with pytest.raises(FileNotFoundError):
        reader.duration(absent)


@pytest.mark.parametrize(
    "suffix,contents",
    [
        ("wav", b"no sound" * 99),
        ("raw", b"\0" * 99),
        ("mp3", b"ID3"),
        ("a", b"R"),
    ],
)
def test_what_is_no_audio_is_refused(tmp_path, suffix, contents):
    path = tmp_path / f"sound.{suffix}"
    path.write_bytes(contents)
    assert refused(path, "WAV, FLAC, OGG or MP3", "convert")


def test_an_empty_file_and_one_without_samples_are_refused(write, tmp_path):
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert refused(empty, "0 bytes")
    assert refused(write(samples=np.zeros(0)), "says 0")


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_wav_that_is_cut_off_is_refused(write, subtype):
    path = write(subtype=subtype)
    contents = path.read_bytes()
    bytes_a_frame = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}[subtype]
    promised, lost = 8000 * bytes_a_frame, 600
    path.write_bytes(contents[:-lost])
    numbers = (f"{promised} bytes promised", f"{promised - lost} there")
    assert refused(path, *numbers)
    with pytest.raises(ValueError, match=numbers[0]):
        reader.duration(path)
    path.write_bytes(contents[:30])
    assert refused(path, "cut off")


@pytest.mark.parametrize("suffix,subtype", [FORMATS[3], FORMATS[5]])
def test_a_compressed_file_that_is_cut_off_is_refused(write, suffix, subtype):
    path = write(suffix, subtype, frames=40000)
    path.write_bytes(path.read_bytes()[:-800])
    assert refused(path, "promises", "of 40000 decoded")


def test_an_mp3_of_unknown_length_is_refused(write):
    path = write("mp3", "MPEG_LAYER_III")
    contents = path.read_bytes()
    path.write_bytes(contents.replace(b"Xing", b"\0\0\0\0"))
    assert refused(path, "Xing", "guessed")
    tag = b"ID3\4\0\0" + bytes([0, 0, 1, 0]) + bytes(128)
    path.write_bytes(tag + contents)
    assert len(reader.read(path)) == 8000


def test_a_flac_that_promises_too_much_or_nothing_is_refused(write):
    path = write("flac", samples=speechlike(8000))
    contents = bytearray(path.read_bytes())
    contents[21] |= 0x0F  # the upper bits of the number of samples
    path.write_bytes(contents)
    assert refused(path, "at most", "`end`")
    contents[21] &= 0xF0
    contents[22:26] = bytes(4)  # unknown
    path.write_bytes(contents)
    assert refused(path, "say how many")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 10.5, -12000.0])
def test_what_is_no_number_or_at_another_scale_is_refused(write, value):
    samples = speechlike(100, channels=2)
    samples[50, 1] = value
    path = write(subtype="FLOAT", samples=samples)
    assert refused(path, "finite", f"peak of {abs(value):g}")


@pytest.mark.parametrize(
    "start,end",
    [(-0.1, None), (0.5, None), (0.2, 0.1), (0.2, 0.2), (0, 0.51)]
    + [(float("nan"), None), (0, float("inf")), (0.2, 0.200001)],
)
def test_a_span_outside_the_recording_is_refused(write, start, end):
    words = ("0.5 s", f"start={start}", f"end={end}")
    assert refused(write(), *words, start=start, end=end)


@pytest.mark.parametrize("rate", [1, 25, 999, 768_001, 2**31 - 1, 2**31])
@pytest.mark.parametrize("read", [reader.read, reader.length, reader.duration])
def test_a_header_with_an_absurd_rate_is_refused(write, rate, read):
    path = write()
    contents = bytearray(path.read_bytes())
    contents[24:28] = struct.pack("<I", rate)
    path.write_bytes(contents)
    # libsndfile itself refuses what is no positive 32-bit integer.
    words = "768000 Hz.*says" if rate < 2**31 else "does not understand"
    with pytest.raises(ValueError, match=f"{path}.*{words}"):
        read(path)


def test_a_rate_that_needs_an_endless_filter_is_refused(write):
    path = write(rate=383_999, frames=1000)
    before = time.perf_counter()
    assert refused(path, "383999 Hz", "Resample the file to 48000")
    with pytest.raises(ValueError, match="383999 Hz"):
        reader.length(path)
    assert time.perf_counter() - before < 1
    assert len(reader.read(path, 383_999)) == 1000


@pytest.mark.parametrize("rate", [1000, 384_000, 768_000])
def test_the_lowest_and_the_highest_rates_are_read(write, rate):
    path = write(rate=rate, frames=rate // 10)
    assert len(reader.read(path)) == 1600


@pytest.mark.parametrize(
    "rate", [0, -16000, 16000.0, "16000", True, None, 768_001]
)
def test_a_rate_that_is_no_positive_whole_number_is_refused(write, rate):
    with pytest.raises(ValueError, match="`rate` must be a positive whole"):
        reader.read(write(), rate)


def test_local_files_are_read_without_tensorflow(write):
    """A client of a server can read recordings without TensorFlow."""
    path = write("flac", rate=48000)
    code = (
        "import sys; from pipelines.audio import reader; "
        f"print(len(reader.read({str(path)!r}, 8000))); "
        "print({'tensorflow', 'keras'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["1334", "set()"], done.stderr
