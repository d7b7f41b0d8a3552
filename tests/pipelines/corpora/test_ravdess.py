"""The reader of RAVDESS."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
import ravdess_copy
import soundfile
from contracts_corpus import check_corpus

import pipelines
from pipelines.corpora import ravdess

FIRST = "Actor_01/03-01-01-01-01-01-01.wav"


@pytest.fixture(scope="module")
def intact(tmp_path_factory):
    """A whole copy of short noises, to be left as it is."""
    return ravdess_copy.write(tmp_path_factory.mktemp("ravdess"))


@pytest.fixture
def two(tmp_path):
    """A copy that has two actors."""
    return ravdess_copy.write(tmp_path / "ravdess", ("03", "04"))


def partial(root, **options):
    return pipelines.corpus("ravdess", root, partial=True, **options)


def test_an_intact_copy_keeps_the_contract(intact):
    corpus = pipelines.corpus("ravdess", intact)
    check_corpus(corpus)
    assert corpus.speakers == ravdess.ACTORS
    assert corpus.missing == ()


def test_labels_are_those_of_the_name(intact):
    corpus = pipelines.corpus("ravdess", intact)
    by_id = {utterance.id: utterance for utterance in corpus.utterances}
    strong = by_id["03-01-06-02-01-02-12"]
    assert strong.speaker == "12" and strong.split is None
    path = intact / "Actor_12" / "03-01-06-02-01-02-12.wav"
    assert strong.files == (path,)
    assert strong.labels == {
        "emotion": "fearful",
        "strength": "strong",
        "sentence": "Kids are talking by the door",
        "repetition": 2,
        "gender": "F",
    }
    neutral = by_id["03-01-01-01-02-01-07"].labels
    assert neutral["emotion"] == "neutral" and neutral["gender"] == "M"
    assert neutral["sentence"] == "Dogs are sitting by the door"


def test_four_classes_leave_out_the_others(intact):
    corpus = pipelines.corpus("ravdess", intact, classes=4)
    check_corpus(corpus)
    assert corpus.emotions == ("angry", "happy", "sad", "neutral")
    emotions = Counter(u.labels["emotion"] for u in corpus.utterances)
    assert emotions == dict(angry=192, happy=192, sad=192, neutral=96)


@pytest.mark.parametrize(
    "suffix, rate", [("wav", 48_000), ("flac", 16_000), ("wav", 22_050)]
)
def test_recordings_have_any_format_and_rate(tmp_path, suffix, rate):
    root = ravdess_copy.write(tmp_path / "x", ("05",), suffix, rate)
    corpus = partial(root)
    check_corpus(corpus)
    assert len(corpus.waveform(corpus.utterances[0])) == 1_600


def test_the_archive_may_have_been_unpacked_into_its_own_folder(tmp_path):
    ravdess_copy.write(tmp_path / ravdess.SPEECH, ("01",))
    corpus = partial(tmp_path)
    check_corpus(corpus)
    assert corpus.utterances[0].files[0].parent.name == "Actor_01"


@pytest.mark.parametrize(
    "other", ["03-02-01-01-01-01-03.wav", "01-01-05-01-01-01-03.wav", "._x.wav"]
)
def test_songs_and_videos_may_lie_beside_the_speech(two, other):
    (two / "Actor_03" / other).write_bytes(b"")
    assert len(partial(two).utterances) == 120


def test_a_partial_copy_names_what_it_lacks(two):
    (two / "Actor_04" / "03-01-08-02-02-02-04.wav").unlink()
    corpus = partial(two)
    check_corpus(corpus)
    assert corpus.speakers == ("03", "04")
    assert len(corpus.utterances) == 119 and len(corpus.missing) == 1321
    assert "Actor_04/03-01-08-02-02-02-04" in corpus.missing
    assert "1,321 files missing" in corpus.note
    with pytest.raises(FileNotFoundError, match="1321 of 1440 files are miss"):
        pipelines.corpus("ravdess", two)


def test_a_folder_without_actors_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="1440 of 1440 files"):
        pipelines.corpus("ravdess", tmp_path)
    with pytest.raises(ValueError, match="even a partial copy must hold some"):
        partial(tmp_path)


@pytest.mark.parametrize(
    "name", ["song", "03-01-09-01-01-01-03", "03-01-01-02-01-01-03"]
)
def test_a_file_of_another_name_is_refused(two, name):
    shutil.copy(next(two.glob("*/*.wav")), two / "Actor_03" / f"{name}.wav")
    with pytest.raises(ValueError, match=f"1 files do not .*{name}"):
        partial(two)


def test_a_file_in_another_actors_folder_is_refused(two):
    path = two / "Actor_03" / "03-01-02-01-01-01-03.wav"
    path.rename(two / "Actor_04" / path.name)
    with pytest.raises(ValueError, match="Actor_04/03-01-02-01-01-01-03"):
        partial(two)


def test_a_recording_twice_is_refused(two):
    path = two / "Actor_03" / "03-01-02-01-01-01-03.wav"
    shutil.copy(path, path.with_suffix(".flac"))
    with pytest.raises(ValueError, match=r"occur once. .*01-03\.\w+ too"):
        partial(two)


@pytest.mark.parametrize("classes", [5, 0, -4])
def test_another_number_of_classes_is_refused(tmp_path, classes):
    words = f"`classes` must be 8 or 4. Received: classes={classes}"
    with pytest.raises(ValueError, match=words):
        pipelines.corpus("ravdess", tmp_path, classes=classes)


def test_a_recording_that_was_cut_off_is_named_when_it_is_read(two):
    path = two / "Actor_03" / "03-01-01-01-01-01-03.wav"
    path.write_bytes(path.read_bytes()[:20])
    corpus = partial(two)
    with pytest.raises(ValueError, match="03-01-01-01-01-01-03.wav"):
        corpus.waveform(corpus.utterances[0])


def test_emoboxs_folds_test_every_actor_once(intact):
    corpus = pipelines.corpus("ravdess", intact)
    folds = corpus.emobox_folds()
    assert len(folds) == 6
    tested = [
        {u.speaker for u in corpus.utterances if fold[u.id] == "test"}
        for fold in folds
    ]
    assert sorted(sum(map(sorted, tested), [])) == list(ravdess.ACTORS)
    assert all(len(actors) == 4 for actors in tested)
    for fold in folds:
        assert Counter(fold.values()) == {"train": 1200, "test": 240}


def test_the_real_copy_keeps_the_contract(shared):
    root = shared("corpora", "ravdess")
    corpus = pipelines.corpus("ravdess", root)
    check_corpus(corpus, count=10)
    assert len(pipelines.corpus("ravdess", root, classes=4).utterances) == 672


def test_the_known_pair_is_identical(shared):
    folder = shared("corpora", "ravdess") / "Actor_07"
    one, other = (
        soundfile.read(folder / f"03-01-03-01-02-{again}-07.flac")[0]
        for again in ("01", "02")
    )
    assert (one == other).all()
