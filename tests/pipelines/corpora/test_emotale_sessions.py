"""The sessions made of EmoTale."""

from __future__ import annotations

import numpy as np
import pytest
from contracts_corpus import check_corpus
from emotale_copy import write_copy
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

import pipelines
from pipelines.audio import reader
from pipelines.corpora import emotale_sessions
from pipelines.corpora.emotale import EmoTale


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sessions")
    return {
        suffix: write_copy(folder / suffix, suffix, speakers=18)
        for suffix in ("wav", "flac")
    }


@pytest.fixture(autouse=True)
def small(monkeypatch):
    expected = {"utterances": 36, "speakers": 18}
    monkeypatch.setattr(EmoTale, "expected", expected)


def rebuilt(corpus, utterance, seed, order):
    """The session as the construction's sentences say, step by step."""
    source = {u.id: u for u in EmoTale(corpus.root).utterances}
    names = sorted(
        f"{u.id}.wav" for u in source.values() if u.speaker == utterance.speaker
    )
    rng = np.random.default_rng([seed, int(utterance.speaker)])
    parts = [source[name.removesuffix(".wav")] for name in names]
    if order == "random":
        parts = [parts[index] for index in rng.permutation(len(names))]
    else:
        parts = [parts[index] for index in places_on_path(parts, rng)]
    pieces, targets = [], []
    for part in parts:
        piece = trimmed(part)
        pieces.append(piece)
        rating = np.mean(part.labels["ratings"]["valence"])
        targets += [(rating - 3) / 2] * (len(piece) // 640)
    smooth = gaussian_filter1d(np.array(targets), 25, mode="nearest")
    if order == "path":
        smooth = np.append([smooth[0]] * 50, smooth)[: len(smooth)]
    return np.concatenate(pieces), smooth


def trimmed(part):
    piece = np.append(reader.read(part.files[0]), np.zeros(4800, "f"))
    return piece[: len(piece) // 640 * 640]


def places_on_path(parts, rng):
    ratings = [
        [part.labels[d] for d in ("arousal", "valence")] for part in parts
    ]
    memory = np.exp(-np.mean([len(trimmed(part)) for part in parts]) / 112_000)
    noise = rng.standard_normal((len(parts), 2))
    path = noise[:1]
    for step in noise[1:]:
        path = np.vstack(
            [path, memory * path[-1] + step * (1 - memory**2) ** 0.5]
        )
    places, utterances = (
        rankdata(values, "ordinal", axis=0) for values in (path, ratings)
    )
    cost = [[np.sum((p - u) ** 2.0) for u in utterances] for p in places]
    return linear_sum_assignment(cost)[1]


def memory_of(trace, seconds):
    """The autocorrelation of a trace at some lag."""
    steps, centred = round(seconds / 0.04), trace - trace.mean()
    return np.mean(centred[steps:] * centred[:-steps]) / np.var(trace)


def test_sessions_keep_the_contract(roots):
    check_corpus(pipelines.corpus("emotale_sessions", roots["flac"]), count=6)


@pytest.mark.parametrize("order", ["path", "random"])
@pytest.mark.parametrize("seed", [0, 3])
def test_a_session_is_the_construction_word_by_word(roots, seed, order):
    corpus = pipelines.corpus(
        "emotale_sessions", roots["wav"], seed=seed, order=order
    )
    for utterance in corpus.utterances:
        sound, valence = rebuilt(corpus, utterance, seed, order)
        np.testing.assert_array_equal(corpus.waveform(utterance), sound)
        trace = corpus.traces(utterance)["valence"]
        np.testing.assert_allclose(trace, valence, atol=1e-6)
        assert len(sound) == 640 * len(trace)


def test_speakers_in_id_order_are_split_10_4_4(roots):
    corpus = pipelines.corpus("emotale_sessions", roots["wav"])
    ids = [f"{number:03d}" for number in range(1, 19)]
    assert [u.id for u in corpus.split("train")] == ids[:10]
    assert [u.id for u in corpus.split("dev")] == ids[10:14]
    assert [u.id for u in corpus.split("test")] == ids[14:]


def test_both_formats_give_the_same_order(roots):
    orders = [
        [[file.stem for file in u.files] for u in corpus.utterances]
        for corpus in (
            pipelines.corpus("emotale_sessions", root)
            for root in roots.values()
        )
    ]
    assert orders[0] == orders[1]


def test_another_seed_gives_another_order(roots):
    orders = [
        [u.files for u in corpus.utterances]
        for corpus in (
            pipelines.corpus("emotale_sessions", roots["wav"], seed=seed)
            for seed in (0, 1)
        )
    ]
    assert orders[0] != orders[1]


def test_another_order_is_refused(roots):
    with pytest.raises(ValueError, match="order.*path.*random.*paht"):
        pipelines.corpus("emotale_sessions", roots["wav"], order="paht")


def test_other_rates_have_the_same_steps(roots):
    corpus = pipelines.corpus("emotale_sessions", roots["wav"])
    utterance = corpus.utterances[4]
    steps = len(corpus.traces(utterance)["arousal"])
    for rate in (8_000, 22_050, 44_100):
        assert len(corpus.waveform(utterance, rate)) == steps * rate // 25


@pytest.mark.parametrize("rate", [0, -25, 16_010])
def test_a_rate_without_whole_steps_is_refused(roots, rate):
    corpus = pipelines.corpus("emotale_sessions", roots["wav"])
    with pytest.raises(ValueError, match=f"rate={rate}"):
        corpus.waveform(corpus.utterances[0], rate)


def test_a_broken_recording_is_named(tmp_path):
    root = write_copy(tmp_path / "x", speakers=18)
    path = root / "wav" / "DK_003_A_1.wav"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="DK_003_A_1"):
        pipelines.corpus("emotale_sessions", root)
    corpus = pipelines.corpus("emotale_sessions", root, order="random")
    for read in (corpus.waveform, corpus.traces):
        with pytest.raises(ValueError, match="DK_003_A_1"):
            read(corpus.utterances[2])


def test_the_real_sessions_keep_the_contract(shared, monkeypatch):
    monkeypatch.undo()
    root = shared("corpora", "emotale")
    corpus = pipelines.corpus("emotale_sessions", root)
    check_corpus(corpus, count=2)
    assert sum(len(u.files) for u in corpus.utterances) == 800
    steps = [len(corpus.traces(u)["arousal"]) for u in corpus.utterances]
    assert sum(steps) == 61_199
    sound, valence = rebuilt(corpus, corpus.utterances[-1], 0, "path")
    trace = corpus.traces(corpus.utterances[-1])["valence"]
    np.testing.assert_allclose(trace, valence, atol=1e-6)
    np.testing.assert_array_equal(corpus.waveform(corpus.utterances[-1]), sound)


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [("arousal", (0.65, 0.34, 0.18)), ("valence", (0.60, 0.26, 0.10))],
)
def test_real_targets_on_a_path_remember_like_real_ratings(
    shared, monkeypatch, dimension, expected
):
    monkeypatch.undo()
    corpus = pipelines.corpus("emotale_sessions", shared("corpora", "emotale"))
    traces = [corpus.traces(u)[dimension] for u in corpus.utterances]
    for seconds, value in zip((3, 6, 10), expected):
        found = np.mean([memory_of(trace, seconds) for trace in traces])
        assert found == pytest.approx(value, abs=0.015)


def test_a_partial_copy_keeps_partitions_and_names_who_has_no_session(
    tmp_path, monkeypatch
):
    root = write_copy(tmp_path / "x", speakers=18)
    for name in ("DK_003_A_1", "EN_003_S_1", "DK_011_A_1"):
        (root / "wav" / f"{name}.wav").unlink()
    with pytest.raises(FileNotFoundError, match="3 of 36"):
        pipelines.corpus("emotale_sessions", root)
    monkeypatch.setattr(emotale_sessions, "FEWEST", 2)
    corpus = pipelines.corpus("emotale_sessions", root, partial=True)
    check_corpus(corpus)
    intact = [f"{number:03d}" for number in range(1, 19)]
    splits = dict(zip(intact, ["train"] * 10 + ["dev"] * 4 + ["test"] * 4))
    del splits["003"], splits["011"]
    assert {u.speaker: u.split for u in corpus.utterances} == splits
    assert corpus.missing == ("DK_003_A_1", "DK_011_A_1", "EN_003_S_1")
    assert "16 of 18 speakers" in corpus.note
    assert corpus.note.endswith(
        "Speakers with fewer than 2 utterances have no session: 003, 011."
    )
