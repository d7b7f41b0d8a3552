"""Features of many utterances, and their cache."""

from __future__ import annotations

import csv
import hashlib

import numpy as np
import pytest
import soundfile
from threadpoolctl import threadpool_limits

import pipelines
from pipelines.features import extraction, yaafe
from pipelines.features.cache import Cache


@pytest.fixture
def corpus(tmp_path):
    """Three utterances, two of them parts of one recording."""
    root = tmp_path / "corpus"
    root.mkdir()
    rng = np.random.default_rng(0)
    for name, rate in (("a.wav", 16_000), ("b.wav", 22_050)):
        soundfile.write(root / name, rng.normal(0, 0.1, rate), rate)
    rows = [
        ["file", "start", "end", "speaker", "emotion"],
        ["a.wav", "0", "0.5", "ann", "sad"],
        ["a.wav", "0.25", "", "ann", "happy"],
        ["b.wav", "", "", "bob", "sad"],
    ]
    with open(root / "manifest.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    return pipelines.corpus("manifest", root)


@pytest.fixture
def calls(monkeypatch):
    """Lengths of the waveforms that features are computed of."""
    lengths = []

    def counted(waveform):
        lengths.append(len(waveform))
        return yaafe.extract(waveform)

    front_end = extraction.FrontEnd(counted, 16_000, "1")
    monkeypatch.setitem(extraction.FRONT_ENDS, "yaafe", front_end)
    return lengths


def same(one, other):
    for rows, again in zip(one, other, strict=True):
        np.testing.assert_array_equal(rows, again)


@pytest.mark.parametrize("workers", [1, 2])
def test_features_are_those_of_each_utterance_in_order(corpus, workers):
    seen = []
    features = extraction.extract(
        corpus,
        corpus.utterances,
        progress=lambda *now: seen.append(now),
        workers=workers,
    )
    with threadpool_limits(1):  # sums of several threads round otherwise
        waveforms = map(corpus.waveform, corpus.utterances)
        same(features, list(map(yaafe.extract, waveforms)))
    assert [len(rows) for rows in features] == [16, 24, 32]
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_features_are_computed_once(corpus, tmp_path, calls):
    first = extraction.extract(corpus, corpus.utterances, cache=tmp_path / "x")
    assert sorted(calls) == [8_000, 12_000, 16_000]
    again = extraction.extract(corpus, corpus.utterances, cache=tmp_path / "x")
    assert len(calls) == 3
    same(first, again)
    assert all(rows.dtype == np.float32 for rows in again)
    kept = [path.name for path in (tmp_path / "x").rglob("*") if path.is_file()]
    assert len(kept) == 3 and all(name.endswith(".npy") for name in kept)


def test_a_changed_recording_is_computed_anew(corpus, tmp_path, calls):
    extraction.extract(corpus, corpus.utterances, cache=tmp_path / "x")
    soundfile.write(corpus.root / "b.wav", np.zeros(16_000), 16_000)
    extraction.extract(corpus, corpus.utterances, cache=tmp_path / "x")
    assert len(calls) == 4


def test_another_version_is_computed_anew(corpus, tmp_path, calls, monkeypatch):
    extraction.extract(corpus, corpus.utterances, cache=tmp_path / "x")
    newer = extraction.FrontEnd(yaafe.extract, 16_000, "2")
    monkeypatch.setitem(extraction.FRONT_ENDS, "yaafe", newer)
    extraction.extract(corpus, corpus.utterances, cache=tmp_path / "x")
    assert len(list((tmp_path / "x").rglob("*.npy"))) == 6


def test_a_path_tells_contents_span_and_front_end_apart(tmp_path):
    cache = Cache(tmp_path)
    for name, data in (("a", b"1"), ("moved", b"1"), ("b", b"2")):
        (tmp_path / name).write_bytes(data)
    path = cache.path(tmp_path / "a", "yaafe", "1")
    assert path == cache.path(tmp_path / "moved", "yaafe", "1")
    others = {
        path,
        cache.path(tmp_path / "b", "yaafe", "1"),
        cache.path(tmp_path / "a", "egemaps", "1"),
        cache.path(tmp_path / "a", "yaafe", "2"),
        cache.path(tmp_path / "a", "yaafe", "1", (0.0, 1.0)),
    }
    assert len(others) == 5
    # Folders that users keep must be found again by later versions.
    content = repr(
        (hashlib.sha256(b"1").hexdigest(), (0.0, None), "yaafe", "1")
    )
    assert path.stem == hashlib.sha256(content.encode()).hexdigest()


def test_a_file_is_kept_whole_or_not_at_all(tmp_path, monkeypatch):
    cache = Cache(tmp_path / "x")
    path = cache.folder / "key.npy"
    assert cache.get(path) is None

    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="no space"):
        cache.put(path, np.ones((2, 3)))
    assert list(cache.folder.iterdir()) == []


@pytest.mark.parametrize("contents", ["half", "none", "text", "object"])
def test_a_damaged_file_of_features_is_named(tmp_path, contents):
    cache, path = Cache(tmp_path), tmp_path / "key.npy"
    cache.put(path, np.ones((50, 3)))
    if contents == "half":
        path.write_bytes(path.read_bytes()[:200])
    elif contents == "object":
        np.save(path, np.array([{}], object), allow_pickle=True)
    else:
        path.write_bytes(b"" if contents == "none" else b"features")
    with pytest.raises(ValueError, match="key.npy must be a complete .*Remove"):
        cache.get(path)


def test_a_cache_is_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="file"):
        Cache(tmp_path / "file")


@pytest.mark.parametrize(
    "options, words",
    [
        ({"front_end": "yaff"}, "one of .*yaafe. Received: front_end='yaff'"),
        ({"workers": 0}, "`workers`.*workers=0"),
    ],
)
def test_impossible_arguments_are_named(corpus, options, words):
    with pytest.raises(ValueError, match=words):
        extraction.extract(corpus, corpus.utterances, **options)


def test_a_broken_recording_is_named(corpus, tmp_path):
    (corpus.root / "b.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match="b.wav"):
        extraction.extract(corpus, corpus.utterances, cache=tmp_path / "x")


def test_sessions_of_several_recordings_are_not_kept(shared, tmp_path):
    root = shared("corpora", "emotale")
    sessions = pipelines.corpus("emotale_sessions", root)
    with pytest.raises(ValueError, match="one recording each.*Leave out"):
        extraction.extract(sessions, sessions.utterances[:1], cache=tmp_path)
