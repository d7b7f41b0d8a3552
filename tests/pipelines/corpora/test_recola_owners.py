"""RECOLA in its owners' layout: participants and their six raters."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile
from contracts_corpus import check_corpus
from recola_copies import PARTICIPANTS, rated, ratings_csv, write_owners

import pipelines
from pipelines.corpora.recola import partitions


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write_owners(tmp_path_factory.mktemp("owners") / "copy")


@pytest.fixture
def root(original, tmp_path):
    return shutil.copytree(original, tmp_path / "RECOLA")


def get(root, name="P20", **options):
    corpus = pipelines.corpus("recola", root, **options)
    return corpus, {u.id: u for u in corpus.utterances}[name]


def test_an_intact_copy_keeps_the_contract(original):
    corpus = pipelines.corpus("recola", original)
    check_corpus(corpus, count=23)
    assert corpus.speakers == PARTICIPANTS
    assert corpus.missing == corpus.strays == ()


def test_the_gold_standard_is_a_second_computation_of_avec_s(original):
    corpus, utterance = get(original)
    for dimension, trace in corpus.traces(utterance).items():
        path = rated(original, dimension, "P20")
        ratings = np.loadtxt(path, delimiter=";", skiprows=1)[:, 1:].T
        means = ratings.mean(axis=1)
        weights = []
        for own, x in enumerate(ratings):
            others = np.delete(ratings, own, axis=0)
            ccc = [
                2
                * np.cov(x, y, bias=True)[0, 1]
                / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
                for y in others
            ]
            weights.append(np.mean(ccc))
        centre = np.average(means, weights=weights)
        gold = ratings.mean(axis=0) - ratings.mean() + centre
        np.testing.assert_array_equal(trace, gold[:25].astype(np.float32))


def test_participants_are_dealt_by_the_seed(original):
    first, again, other = (
        {
            u.id: u.split
            for u in get(original, partition_seed=seed)[0].utterances
        }
        for seed in (0, 0, 1)
    )
    assert first == again != other
    for found in (first, other):
        counts = {s: [*found.values()].count(s) for s in found.values()}
        assert counts == {"train": 8, "test": 8, "dev": 7}


def test_dealing_does_not_depend_on_the_order_of_files():
    names = [f"P{number}" for number in (9, 10, 16, 65)]
    assert partitions.deal(names[::-1], 3) == partitions.deal(names, 3)
    order = np.random.default_rng(3).permutation(4)
    expected = zip(order, ["train", "test", "dev", "train"])
    assert partitions.deal(names, 3) == {names[i]: s for i, s in expected}


def test_what_stands_in_for_avec_s_partition_is_said(original):
    corpus, _ = get(original, partition_seed=3)
    assert corpus.partition == (
        "participants were dealt by this project with seed 3"
    )
    assert "seed 3, which is not AVEC's partition" in corpus.note


def test_how_labels_were_made_is_noted(original):
    corpus, _ = get(original, lag=2.4)
    (raters, lag) = corpus.notes()
    assert "six raters" in raters and "2.4 s" in lag
    assert raters in corpus.summary() and lag in corpus.summary()


def write_table(root, splits):
    rows = "".join(f"{name},{split}\n" for name, split in splits.items())
    (root / "splits.csv").write_text(f"participant,split\n{rows}")


def test_a_table_gives_the_partition(root):
    splits = {
        name: ("train", "dev")[number > 40]
        for name in PARTICIPANTS
        for number in [int(name[1:])]
    }
    write_table(root, splits)
    corpus, _ = get(root, partition="splits.csv")
    assert {u.id: u.split for u in corpus.utterances} == splits
    assert corpus.splits == ("train", "dev")
    assert "as splits.csv says" in corpus.partition
    check_corpus(corpus)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda text: text.replace("P20,train\n", ""), "row. Missing: P20"),
        (lambda text: text + "P20,dev\n", "line 25.*P20 again"),
        (lambda text: text.replace("P20,train", "P20,eval"), "line 4.*eval"),
        (lambda text: text.replace("split", "part"), "Missing: split"),
        (lambda text: "", "empty"),
    ],
)
def test_a_wrong_table_is_refused(root, change, words):
    write_table(root, dict.fromkeys(PARTICIPANTS, "train"))
    path = root / "splits.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(ValueError, match=f"(?s){path}.*{words}"):
        get(root, partition="splits.csv")


def test_a_table_of_other_participants_is_refused(root):
    write_table(root, dict.fromkeys((*PARTICIPANTS, "P65"), "train"))
    with pytest.raises(FileNotFoundError, match="splits.csv.*Missing: P65"):
        get(root, partition="splits.csv")
    corpus, _ = get(root, partition="splits.csv", partial=True)
    assert len(corpus.utterances) == 23


def test_only_the_rated_part_of_a_recording_is_read(root):
    path = root / "RECOLA-Audio-recordings" / "P20.wav"
    sound = np.random.default_rng(0).normal(0, 0.1, 5 * 44_100)
    soundfile.write(path, sound, 44_100, subtype="PCM_16")
    corpus, utterance = get(root)
    assert corpus.span(utterance) == (0.0, 26 * 0.04)
    assert len(corpus.waveform(utterance)) == 26 * 640
    assert len(corpus.traces(utterance)["arousal"]) == 26


def test_a_recording_shorter_than_its_ratings_is_refused(root):
    path = root / "RECOLA-Audio-recordings" / "P20.wav"
    soundfile.write(path, np.full(20_000, 0.1), 44_100, subtype="PCM_16")
    corpus, utterance = get(root)
    with pytest.raises(ValueError, match="P20.csv.*11 steps.*26 rows"):
        corpus.traces(utterance)


def test_raters_who_never_move_are_named_with_their_file(root):
    path = rated(root, "valence", "P20")
    path.write_text(ratings_csv(np.full((6, 26), 0.5)))
    corpus, utterance = get(root)
    with pytest.raises(ValueError, match=f"{path}.*Leave out a rater"):
        corpus.traces(utterance)


@pytest.mark.parametrize(
    "gone",
    [
        "RECOLA-Audio-recordings/P20.wav",
        "RECOLA-Annotation/emotional_behaviour/arousal/P20.csv",
    ],
)
def test_what_a_participant_lacks_is_named(root, gone):
    (root / gone).unlink()
    name = gone.rsplit("/")[-1]
    with pytest.raises(FileNotFoundError, match=f"1 of 23.*missing: {name}"):
        get(root, "P16")
    corpus, _ = get(root, "P16", partial=True)
    assert len(corpus.utterances) == 22 and corpus.missing == (name,)
    assert name in corpus.summary()


def test_fewer_participants_than_the_owners_give_out_are_refused(tmp_path):
    root = write_owners(tmp_path / "RECOLA", PARTICIPANTS[:9])
    with pytest.raises(ValueError, match="has 23 utterances.*Received: 9"):
        pipelines.corpus("recola", root)
    corpus = pipelines.corpus("recola", root, partial=True)
    assert [len(corpus.split(split)) for split in corpus.splits] == [3, 3, 3]


@pytest.mark.parametrize("name", ["notes.txt", "P66b.wav", "train_1.wav"])
def test_other_files_are_strays(root, name):
    folder = root / "RECOLA-Audio-recordings"
    (folder / name).write_bytes(b"")
    corpus = pipelines.corpus("recola", root)
    assert corpus.strays == (f"RECOLA-Audio-recordings/{name}",)
    assert len(corpus.utterances) == 23
