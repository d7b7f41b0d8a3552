"""Own recordings with time-continuous ratings: what their reader makes."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np
import pytest
import rated_recordings
from contracts_corpus import check_corpus
from rated_recordings import write_rows

import pipelines
from pipelines.corpora._io.partitions import deal
from zoo.metrics import concordance_cc

SECONDS = 6.0


@pytest.fixture
def root(tmp_path):
    return rated_recordings.write(tmp_path, SECONDS)


def open_one(root, **options):
    return pipelines.corpus("manifest", root, **{"lag": 0.0, **options})


def rewrite(root, rows, head=rated_recordings.HEAD):
    write_rows(root / "manifest.csv", head, rows)


def of_speaker(corpus, speaker):
    (utterance,) = (u for u in corpus.utterances if u.speaker == speaker)
    return utterance


def test_traces_keep_the_contract(root):
    corpus = open_one(root)
    check_corpus(corpus)
    assert corpus.dimensions == ("arousal", "valence")
    assert {u.split for u in corpus.utterances} == {"train", "dev", "test"}
    summary = corpus.summary()
    assert "raters of a recording: 2; their CCC with each other: ar" in summary
    assert "lag of the ratings: 0 s, as given" in summary
    assert "speakers dealt" in summary


def test_a_gold_standard_is_that_of_a_few_lines_of_numpy(root):
    corpus = open_one(root)
    grid = 0.04 * np.arange(151)  # up to the end of 6 s
    for seed, speaker in enumerate(rated_recordings.SPEAKERS):
        traces = corpus.traces(of_speaker(corpus, speaker))
        two = rated_recordings.raters(seed, SECONDS)
        for name in ("arousal", "valence"):
            ratings = np.array(
                [np.interp(grid, t, own[name]) for t, own in two]
            )
            weight = concordance_cc(*ratings)  # both raters agree as much
            means = ratings.mean(axis=1)
            centre = weight * means.sum() / (2 * weight)
            expected = ratings.mean(axis=0) - ratings.mean() + centre
            assert traces[name].shape == (150,)
            np.testing.assert_allclose(
                traces[name], expected[:150], rtol=0, atol=1e-6
            )


def test_raters_in_one_file_are_those_in_a_file_each(root):
    apart = open_one(root)
    apart = [apart.traces(u) for u in apart.utterances]
    rows = []
    for seed, speaker in enumerate(rated_recordings.SPEAKERS):
        lines = [
            (repr(float(time)), rater, *(repr(float(v)) for v in values))
            for rater, (times, own) in zip(
                "xy", rated_recordings.raters(seed, SECONDS)
            )
            for time, *values in zip(times, *own.values())
        ]
        np.random.default_rng(0).shuffle(lines)
        lines.sort(key=lambda line: float(line[0]))
        head = ("time", "rater", "arousal", "valence")
        write_rows(root / f"{speaker}.csv", head, lines)
        rows.append((f"{speaker}.wav", speaker, f"{speaker}.csv"))
    rewrite(root, rows)
    together = open_one(root)
    for utterance, expected in zip(together.utterances, apart):
        for name, trace in together.traces(utterance).items():
            np.testing.assert_allclose(trace, expected[name], atol=1e-6)


def test_the_scale_is_mapped_to_one(root):
    expected = open_one(root)
    expected = [expected.traces(u) for u in expected.utterances]
    for seed, speaker in enumerate(rated_recordings.SPEAKERS):
        two = rated_recordings.raters(seed, SECONDS)
        for number, (time, own) in enumerate(two, 1):
            scaled = {name: 5 + 4 * values for name, values in own.items()}
            path = root / f"{speaker}_{number}.csv"
            rated_recordings.write_trace(path, time, scaled)
    corpus = open_one(root, scale=("1", "9"))
    for utterance, traces in zip(corpus.utterances, expected):
        for name, trace in corpus.traces(utterance).items():
            np.testing.assert_allclose(trace, traces[name], atol=1e-6)
    with pytest.raises(ValueError, match=r"ann_1.csv, line 2: .*from -1 to 1"):
        open_one(root)


def test_a_lag_moves_ratings_earlier_and_holds_the_last(root):
    late, moved = open_one(root), open_one(root, lag=0.8)
    for utterance in late.utterances:
        before, after = late.traces(utterance), moved.traces(utterance)
        for name in before:
            np.testing.assert_allclose(
                after[name][:-21], before[name][20:-1], atol=1e-6
            )
            assert len(set(after[name][-19:].tolist())) == 1


def test_the_lag_is_estimated_on_train_alone(tmp_path):
    root = rated_recordings.write(tmp_path, seconds=40)
    corpus = open_one(root, lag=None)
    lag = round(1.2 / 0.04)
    (utterance,) = corpus.split("train")
    at_once = open_one(root).traces(utterance)["arousal"]
    estimated = corpus.traces(utterance)["arousal"]
    difference = [
        np.abs(at_once[shift : 800 + shift] - estimated[:800]).mean()
        for shift in range(60)
    ]
    assert abs(int(np.argmin(difference)) - lag) <= 5
    assert "estimated on train" in corpus.summary()
    for other in (*corpus.split("dev"), *corpus.split("test")):
        for path in root.glob(f"{other.speaker}_*.csv"):
            time, *values = np.loadtxt(path, delimiter=",", skiprows=1).T
            ratings = dict(zip(("arousal", "valence"), values))
            still = {name: 0.01 * own for name, own in ratings.items()}
            rated_recordings.write_trace(path, time, still)
    assert open_one(root, lag=None).notes() == corpus.notes()


def test_a_lag_that_cannot_be_estimated_is_asked_for(root):
    with pytest.raises(ValueError, match="16 s or more.*lag=SECONDS"):
        pipelines.corpus("manifest", root)


def test_a_part_of_a_recording_has_that_part_of_its_trace(root):
    whole = open_one(root)
    whole = whole.traces(of_speaker(whole, "ann"))
    names = "ann_1.csv;ann_2.csv"
    rows = [
        ("ann.wav", "ann", "0", "2", names),
        ("ann.wav", "ann", "2", "", names),
        ("ben.wav", "ben", "", "", "ben_1.csv;ben_2.csv"),
        ("cleo.wav", "cleo", "", "", "cleo_1.csv;cleo_2.csv"),
    ]
    rewrite(root, rows, ("file", "speaker", "start", "end", "traces"))
    corpus = open_one(root)
    check_corpus(corpus, count=4)
    first, second = (u for u in corpus.utterances if u.speaker == "ann")
    for name in whole:
        parts = [corpus.traces(part)[name] for part in (first, second)]
        np.testing.assert_allclose(
            np.concatenate(parts), whole[name], atol=1e-6
        )
    ahead = open_one(root, lag=0.8).traces(first)
    np.testing.assert_allclose(
        ahead["arousal"], whole["arousal"][20:70], atol=1e-6
    )


def test_test_recordings_alone_may_lack_traces(root):
    splits = ("train", "dev", "test")
    rows = [
        (f"{s}.wav", s, split, f"{s}_1.csv; {s}_2.csv")
        for s, split in zip(rated_recordings.SPEAKERS, splits)
    ]
    rows[2] = (*rows[2][:3], "")
    head = ("file", "speaker", "split", "traces")
    rewrite(root, rows, head)
    corpus = open_one(root)
    check_corpus(corpus)
    assert [corpus.has_traces(*corpus.split(s)) for s in splits] == [1, 1, 0]
    assert corpus.partition == "split of the manifest"
    rows[1] = (*rows[1][:3], "")
    rewrite(root, rows, head)
    with pytest.raises(ValueError, match="line 3: traces must be given"):
        open_one(root)
    rows[1] = ("ben.wav", "ben", "", "ben_1.csv")
    rewrite(root, rows, head)
    with pytest.raises(ValueError, match="line 3: split must be given"):
        open_one(root)


def test_a_changed_trace_changes_its_utterance(root):
    before = of_speaker(open_one(root), "ann")
    path = root / "ann_1.csv"
    path.write_text(path.read_text().replace("\n0.1,", "\n0.11,", 1))
    after = of_speaker(open_one(root), "ann")
    assert before.labels != after.labels
    same = dataclasses.replace(after, labels=before.labels)
    assert same == before


def test_emotions_may_stand_beside_traces(root):
    rows = [
        (f"{s}.wav", s, "sad", f"{s}_1.csv") for s in rated_recordings.SPEAKERS
    ]
    rewrite(root, rows, ("file", "speaker", "emotion", "traces"))
    corpus = open_one(root)
    assert corpus.emotions == ("sad",)
    assert corpus.dimensions == ("arousal", "valence")
    assert "raters of a recording: 1; " in corpus.summary()
    assert "none, for want of a second one" in corpus.summary()


@pytest.mark.parametrize(
    ("count", "sizes"), [(3, (1, 1, 1)), (5, (3, 1, 1)), (18, (10, 4, 4))]
)
def test_a_fifth_of_the_speakers_is_dealt_to_dev_and_to_test(count, sizes):
    speakers = [f"s{number}" for number in range(count)]
    splits = deal(pathlib.Path("manifest.csv"), [*speakers, *speakers])
    values = list(splits.values())
    assert sorted(splits) == sorted(speakers)
    assert tuple(map(values.count, ("train", "dev", "test"))) == sizes


def test_two_speakers_cannot_be_dealt(root):
    rewrite(root, [(f"{s}.wav", "me", f"{s}_1.csv") for s in ("ann", "ben")])
    with pytest.raises(ValueError, match=r"three speakers.*Received: 1 \(me\)"):
        open_one(root)
