"""The reader of RECOLA."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile
from contracts_corpus import check_corpus
from recola_copies import ROWS, arff, write_challenge

import pipelines


def labels(root, dimension, name):
    return root / "ratings_gold_standard" / dimension / f"{name}.arff"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write_challenge(tmp_path_factory.mktemp("recola") / "copy")


@pytest.fixture
def root(original, tmp_path):
    return shutil.copytree(original, tmp_path / "RECOLA")


def get(root, name="train_3", **options):
    corpus = pipelines.corpus("recola", root, **options)
    return corpus, {u.id: u for u in corpus.utterances}[name]


def test_an_intact_copy_keeps_the_contract(original):
    check_corpus(pipelines.corpus("recola", original), count=27)


def test_test_recordings_have_no_labels(original):
    corpus = pipelines.corpus("recola", original)
    assert [corpus.has_traces(u) for u in corpus.split("test")] == [False] * 9
    assert all(corpus.has_traces(u) for u in corpus.split("dev"))


def test_test_labels_are_read_where_they_are(tmp_path):
    corpus = pipelines.corpus(
        "recola", write_challenge(tmp_path / "x", test_labels=True)
    )
    assert all(corpus.has_traces(u) for u in corpus.utterances)


def test_traces_are_the_rows_of_their_own_files(root):
    rows = np.arange(ROWS) / 100
    labels(root, "arousal", "train_3").write_text(arff(rows))
    labels(root, "valence", "train_3").write_text(arff(-rows))
    corpus, utterance = get(root)
    traces = corpus.traces(utterance)
    np.testing.assert_allclose(traces["arousal"], rows[:25], atol=1e-7)
    np.testing.assert_allclose(traces["valence"], -rows[:25], atol=1e-7)


def test_recordings_at_another_rate_have_as_many_steps(tmp_path):
    root = write_challenge(tmp_path / "x", rate=44_100)
    corpus, utterance = get(root)
    assert len(corpus.waveform(utterance)) == 16_000
    assert len(corpus.traces(utterance)["arousal"]) == 25


def relabel(root, rows, name="train_3"):
    values = np.linspace(-0.5, 0.5, rows).round(6)
    for dimension in ("arousal", "valence"):
        labels(root, dimension, name).write_text(arff(values))
    return values


@pytest.mark.parametrize("rows", [12, 39])
def test_rows_that_do_not_fit_the_audio_are_refused(root, rows):
    relabel(root, rows)
    corpus, utterance = get(root)
    path = labels(root, "arousal", "train_3")
    for read in (corpus.traces, corpus.waveform, corpus.span):
        words = f"{path}.* 25 steps.* {rows} rows"
        with pytest.raises(ValueError, match=words):
            read(utterance)


@pytest.mark.parametrize("rows", [13, 24])
def test_audio_that_is_half_a_second_too_long_is_cut(root, rows):
    values = relabel(root, rows)
    corpus, utterance = get(root)
    assert corpus.span(utterance) == (0.0, rows * 0.04)
    whole, _ = soundfile.read(utterance.files[0], dtype="float32")
    waveform = corpus.waveform(utterance)
    np.testing.assert_array_equal(waveform, whole[: rows * 640])
    trace = corpus.traces(utterance)["valence"]
    np.testing.assert_allclose(trace, values, atol=1e-7)


@pytest.mark.parametrize("rows", [25, 26, 27, 38])
def test_labels_that_are_half_a_second_too_long_are_cut(root, rows):
    values = relabel(root, rows)
    corpus, utterance = get(root)
    assert corpus.span(utterance) == (0.0, None)
    assert len(corpus.waveform(utterance)) == 16_000
    trace = corpus.traces(utterance)["arousal"]
    np.testing.assert_allclose(trace, values[:25], atol=1e-7)


def test_dimensions_with_different_rows_are_refused(root):
    labels(root, "valence", "train_3").write_text(arff([0.5] * 25))
    corpus, utterance = get(root)
    with pytest.raises(ValueError, match="train_3.*26 of arousal, 25 of val"):
        corpus.traces(utterance)


def test_labels_are_moved_earlier_by_the_lag(root):
    values = relabel(root, 26)
    corpus, utterance = get(root, lag=0.2)
    trace = corpus.traces(utterance)["arousal"]
    np.testing.assert_allclose(trace[:21], values[5:26], atol=1e-7)
    np.testing.assert_allclose(trace[21:], values[-1], atol=1e-7)


@pytest.mark.parametrize("lag", [-0.1, 10.5, float("nan")])
def test_a_lag_out_of_range_is_refused(root, lag):
    with pytest.raises(ValueError, match=f"lag.*{lag}"):
        get(root, lag=lag)


def test_a_lag_longer_than_the_recording_is_refused(root):
    corpus, utterance = get(root, lag=2.0)
    with pytest.raises(ValueError, match="train_3.arff.*26 rows.*lag of 2 s"):
        corpus.traces(utterance)


@pytest.mark.parametrize(
    "gone",
    ["recordings_audio/dev_4.wav", "ratings_gold_standard/valence/dev_4.arff"],
)
def test_a_missing_file_is_named(root, gone):
    (root / gone).unlink()
    with pytest.raises(FileNotFoundError, match="dev_4"):
        pipelines.corpus("recola", root)


def test_a_missing_folder_is_named(root):
    shutil.rmtree(root / "ratings_gold_standard" / "arousal")
    with pytest.raises(FileNotFoundError, match="arousal: 18 of 18"):
        pipelines.corpus("recola", root)


def test_test_labels_of_one_recording_only_are_refused(root):
    labels(root, "arousal", "test_1").write_text(arff([0.5] * ROWS))
    with pytest.raises(FileNotFoundError, match="test_2.arff"):
        pipelines.corpus("recola", root)


@pytest.mark.parametrize(
    "extra",
    [
        "recordings_audio/train_10.wav",
        "recordings_audio/train_1.mp3",
        "ratings_gold_standard/arousal/train_all.arff",
    ],
)
def test_a_stray_file_is_named_and_not_read(root, extra):
    (root / extra).write_bytes(b"")
    corpus = pipelines.corpus("recola", root)
    assert len(corpus.utterances) == 27
    assert corpus.strays == (extra.removeprefix("ratings_gold_standard/"),)
    (note,) = corpus.notes()
    assert corpus.strays[0] in note and note in corpus.summary()


def test_an_intact_copy_has_no_strays(root):
    corpus = pipelines.corpus("recola", root)
    assert corpus.strays == () and corpus.notes() == []
    assert "not read" not in corpus.summary()


def test_test_recordings_may_be_absent(root):
    for path in root.rglob("test_*"):
        path.unlink()
    corpus = pipelines.corpus("recola", root)
    assert corpus.splits == ("train", "dev")
    check_corpus(corpus)


def test_some_test_recordings_only_are_refused(root):
    (root / "recordings_audio" / "test_4.wav").unlink()
    with pytest.raises(FileNotFoundError, match="test_4.wav"):
        pipelines.corpus("recola", root)
    corpus = pipelines.corpus("recola", root, partial=True)
    assert len(corpus.split("test")) == 8


def test_labels_of_absent_test_recordings_are_strays(tmp_path):
    root = write_challenge(tmp_path / "RECOLA", test_labels=True)
    for path in root.rglob("test_*.wav"):
        path.unlink()
    corpus = pipelines.corpus("recola", root)
    assert corpus.splits == ("train", "dev")
    assert corpus.strays[0] == "arousal/test_1.arff"
    assert len(corpus.strays) == 18


def test_a_partial_copy_is_read_as_far_as_it_is_labelled(root):
    (root / "recordings_audio" / "train_1.wav").unlink()
    labels(root, "valence", "dev_2").unlink()
    corpus = pipelines.corpus("recola", root, partial=True)
    assert corpus.missing == ("dev_2.arff", "train_1.wav")
    ids = {utterance.id for utterance in corpus.utterances}
    assert len(ids) == 25 and not {"train_1", "dev_2"} & ids
    check_corpus(corpus)


@pytest.mark.parametrize("gold", ["gs_1", "gs_created"])
def test_the_layout_of_avec_2018_s_scripts(tmp_path, gold):
    root = write_challenge(
        tmp_path / "RECOLA",
        recordings="recordings/audio",
        ratings=f"labels/{gold}",
    )
    (root / "labels" / "individual" / "arousal").mkdir(parents=True)
    check_corpus(pipelines.corpus("recola", root))


def test_a_broken_label_file_is_named_when_it_is_read(root):
    path = labels(root, "valence", "train_3")
    path.write_text(arff([0.5] * ROWS).replace("0.08,0.5", "0.08,nan"))
    corpus, utterance = get(root)
    for read in (corpus.traces, corpus.waveform):
        with pytest.raises(ValueError, match=f"{path}, line 10.*nan"):
            read(utterance)


def test_several_gold_standards_must_be_chosen_from(root):
    for gold in ("gs_1", "gs_2"):
        shutil.copytree(root / "ratings_gold_standard", root / "labels" / gold)
    assert get(root)[0].traces(get(root)[1])
    shutil.rmtree(root / "ratings_gold_standard")
    with pytest.raises(ValueError, match="labels/gs_1, labels/gs_2.*option"):
        get(root)
    values = np.full(26, 0.25)
    path = root / "labels" / "gs_2" / "valence" / "train_3.arff"
    path.write_text(arff(values))
    corpus, utterance = get(root, ratings="labels/gs_2")
    np.testing.assert_array_equal(corpus.traces(utterance)["valence"], 0.25)


def test_ratings_that_are_not_there_are_refused(root):
    with pytest.raises(FileNotFoundError, match="`ratings`.*labels/gs_9"):
        get(root, ratings="labels/gs_9")
    shutil.rmtree(root / "ratings_gold_standard")
    with pytest.raises(FileNotFoundError, match="ratings_gold_standard.*none"):
        get(root)


def test_a_folder_without_recordings_is_refused(root):
    shutil.rmtree(root / "recordings_audio")
    with pytest.raises(FileNotFoundError, match="RECOLA-Audio-recordings"):
        get(root)


def test_two_folders_of_recordings_are_refused(root):
    (root / "RECOLA-Audio-recordings").mkdir()
    with pytest.raises(ValueError, match="recordings_audio, RECOLA-Audio"):
        get(root)


def test_a_table_of_partitions_is_refused(root):
    with pytest.raises(ValueError, match="partition=splits.csv. Leave it out"):
        get(root, partition="splits.csv")


def test_hidden_files_do_not_count(root):
    (root / "recordings_audio" / "._train_1.wav").write_bytes(b"")
    pipelines.corpus("recola", root)


@pytest.mark.parametrize("keep", [0, 30, 1000])
def test_an_empty_or_truncated_recording_is_named(root, keep):
    path = root / "recordings_audio" / "train_3.wav"
    path.write_bytes(path.read_bytes()[:keep])
    corpus, utterance = get(root)
    for read in (corpus.waveform, corpus.traces):
        with pytest.raises(ValueError, match=str(path)):
            read(utterance)


def test_a_recording_shorter_than_one_window_is_named(root):
    path = root / "recordings_audio" / "train_3.wav"
    soundfile.write(path, np.ones(300) / 2, 16_000)
    corpus, utterance = get(root)
    with pytest.raises(ValueError, match="train_3.arff.*25 ms"):
        corpus.traces(utterance)
