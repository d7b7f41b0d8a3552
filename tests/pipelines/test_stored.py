"""Corpora that memory holds, and larger ones that are read from disk."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import spoken

import pipelines
from pipelines import normalise, stored
from pipelines.datasets import traces, utterances
from pipelines.features import extraction
from pipelines.stored import Stored, hold, is_stored
from pipelines.whitening import Whitening

EMOTIONS = {"emotion": ("angry", "happy", "sad", "neutral")}
SEEDED = {"batch_size": 5, "tasks": ["emotion"]}


@pytest.fixture
def corpus(tmp_path):
    return pipelines.corpus("manifest", spoken.write(tmp_path / "corpus"))


@pytest.fixture(autouse=True)
def loudness(monkeypatch):
    """A front end of two values a step of 20 ms, instead of openSMILE's."""

    def extract(waveform):
        rows = waveform[: len(waveform) // 320 * 320].reshape(-1, 320)
        return np.stack([rows.std(axis=1), rows.max(axis=1)], axis=1)

    front_end = extraction.FrontEnd(extract, 16_000, "test")
    monkeypatch.setitem(extraction.FRONT_ENDS, "egemaps_lld", front_end)


def too_large(monkeypatch, size=0):
    monkeypatch.setattr(stored, "most_bytes", lambda: size)


def test_arrays_are_held_up_to_a_size(monkeypatch):
    arrays = [np.full(10, place, "float32") for place in range(5)]
    sources = []

    def store(place, array):
        sources.append(place)
        return Stored(arrays[place].copy, array.shape)

    too_large(monkeypatch, 200)
    held = hold(iter(arrays), store)
    assert all(own is array for own, array in zip(held, arrays))
    assert not sources and not is_stored(held)
    too_large(monkeypatch, 199)
    kept = hold(iter(arrays), store)
    assert sources == list(range(5)) and is_stored(kept)
    for own, array in zip(kept, arrays):
        assert isinstance(own, Stored) and own.shape == array.shape
        np.testing.assert_array_equal(own, array)


def test_the_size_is_a_share_of_the_memory_that_a_container_has(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(stored, "CGROUP_LIMIT", tmp_path / "memory.max")
    whole = stored.most_bytes()
    assert whole > 2**24
    for limit, expected in (("max", whole), (str(2**20), 2**16)):
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        assert stored.most_bytes() == expected


@pytest.mark.parametrize(
    "front_end, is_cached, scheme",
    [
        ("waveform", False, "none"),
        ("waveform", False, "speaker"),
        ("egemaps_lld", True, "speaker"),
        ("egemaps_lld", True, "recording"),
        ("egemaps_lld", False, "none"),
    ],
)
def test_batches_are_the_same_whether_held_or_not(
    corpus, tmp_path, monkeypatch, front_end, is_cached, scheme
):
    cache = tmp_path / "features" if is_cached else None
    name = "waveform" if front_end == "waveform" else "features"

    def batches(first_epoch=0, count=16):
        fresh = pipelines.corpus("manifest", corpus.root)
        samples = utterances.read(
            fresh, fresh.utterances, EMOTIONS, front_end, cache
        )
        inputs = normalise.by_name(
            scheme,
            [sample.inputs for sample in samples],
            [sample.speaker for sample in samples],
        )
        samples = [
            utterances.UtteranceSample(
                sample.id, sample.speaker, rows, sample.classes
            )
            for sample, rows in zip(samples, inputs)
        ]
        stream = utterances.batches(
            samples,
            name,
            weights={"emotion": np.ones(len(samples), "float32")},
            shuffle_seed=3,
            first_epoch=first_epoch,
            **SEEDED,
        )
        return samples, list(stream.take(count).as_numpy_iterator())

    held, expected = batches()
    too_large(monkeypatch)
    streamed, found = batches()
    assert not is_stored(sample.inputs for sample in held)
    assert all(isinstance(sample.inputs, Stored) for sample in streamed)
    assert_same(found, expected)
    resumed = batches(first_epoch=1, count=8)[1]
    assert_same(resumed, expected[8:])


def assert_same(found, expected):
    assert len(found) == len(expected)
    for element, other in zip(found, expected):
        for part, theirs in zip(element, other):
            assert part.keys() == theirs.keys()
            for name, array in part.items():
                assert array.dtype == theirs[name].dtype
                np.testing.assert_array_equal(array, theirs[name])


@pytest.mark.parametrize(
    "normalisation, is_cached", [("speaker", True), ("recording", False)]
)
def test_traces_are_the_same_whether_held_or_not(
    simulated, tmp_path, monkeypatch, normalisation, is_cached
):
    corpus = pipelines.corpus("simulated", simulated)
    cache = tmp_path / "features" if is_cached else None

    def batches():
        samples = traces.read(
            corpus,
            corpus.split("train"),
            "stacked_log_mel",
            normalisation,
            cache=cache,
        )
        stream = traces.batches(samples, ["arousal"], 2, shuffle_seed=1)
        count = 2 * -(-len(samples) // 2)
        return samples, list(stream.take(count).as_numpy_iterator())

    _, expected = batches()
    assert not (tmp_path / "features").exists()
    too_large(monkeypatch)
    samples, found = batches()
    assert all(isinstance(sample.features, Stored) for sample in samples)
    assert (tmp_path / "features").exists() == is_cached
    assert_same(found, expected)
    copy = pickle.loads(pickle.dumps(samples))  # in a worker process
    np.testing.assert_array_equal(copy[0].features, samples[0].features)


def test_features_on_disk_are_not_computed_again(corpus, tmp_path, monkeypatch):
    too_large(monkeypatch)
    samples = utterances.read(
        corpus, corpus.utterances, EMOTIONS, "egemaps_lld", tmp_path / "kept"
    )
    monkeypatch.setattr(corpus, "waveform", None)
    assert np.asarray(samples[0].inputs).shape == samples[0].inputs.shape


def test_a_file_that_vanishes_is_named(corpus, tmp_path, monkeypatch):
    too_large(monkeypatch)
    samples = utterances.read(
        corpus, corpus.utterances, EMOTIONS, "egemaps_lld", tmp_path / "kept"
    )
    for path in (tmp_path / "kept").rglob("*.npy"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match="has been removed: run the"):
        np.asarray(samples[0].inputs)


def test_statistics_do_not_depend_on_where_arrays_are():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(3, 2, (n, 4)).astype("float32") for n in (9, 30, 1)]
    lazy = [Stored(array.copy, array.shape) for array in arrays]
    held, other = (normalise.Moments.of(own) for own in (arrays, lazy))
    np.testing.assert_array_equal(other.mean, held.mean)
    np.testing.assert_array_equal(other.deviation, held.deviation)
    together = np.concatenate(arrays).astype("float64")
    np.testing.assert_allclose(held.mean, together.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(held.deviation, together.std(0), rtol=1e-12)
    ours, theirs = (Whitening(2).fit(own).arrays() for own in (arrays, lazy))
    for name, array in ours.items():
        np.testing.assert_array_equal(theirs[name], array)
