"""The reader of RECOLA."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile
from contracts_corpus import check_corpus

import pipelines
from pipelines.corpora import recola

HEADER = (
    "@relation GOLDSTANDARD\n\n@attribute Instance_name string\n"
    "@attribute frameTime numeric\n@attribute GoldStandard numeric\n\n@data\n"
)
SECONDS = 1.0
ROWS = 26


def arff(values, header=HEADER, name="'x'"):
    rows = (f"{name},{i * 0.04:.2f},{v}" for i, v in enumerate(values))
    return header + "\n".join(rows) + "\n"


def write_copy(root, rate=16_000, test_labels=False):
    """27 recordings of a second, each with noise and labels of its own."""
    rng = np.random.default_rng(0)
    (root / "recordings_audio").mkdir(parents=True)
    for dimension in ("arousal", "valence"):
        (root / "ratings_gold_standard" / dimension).mkdir(parents=True)
    for split in ("train", "dev", "test"):
        for number in range(1, 10):
            name = f"{split}_{number}"
            sound = rng.normal(0, 0.1, int(SECONDS * rate))
            wav = root / "recordings_audio" / f"{name}.wav"
            soundfile.write(wav, sound, rate, subtype="PCM_16")
            if split == "test" and not test_labels:
                continue
            for dimension in ("arousal", "valence"):
                labels(root, dimension, name).write_text(
                    arff(rng.uniform(-1, 1, ROWS).round(6))
                )
    return root


def labels(root, dimension, name):
    return root / "ratings_gold_standard" / dimension / f"{name}.arff"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write_copy(tmp_path_factory.mktemp("recola") / "copy")


@pytest.fixture
def root(original, tmp_path):
    return shutil.copytree(original, tmp_path / "RECOLA")


def get(root, name="train_3"):
    corpus = pipelines.corpus("recola", root)
    return corpus, {u.id: u for u in corpus.utterances}[name]


def test_an_intact_copy_keeps_the_contract(original):
    check_corpus(pipelines.corpus("recola", original), count=27)


def test_test_recordings_have_no_labels(original):
    corpus = pipelines.corpus("recola", original)
    assert [corpus.has_traces(u) for u in corpus.split("test")] == [False] * 9
    assert all(corpus.has_traces(u) for u in corpus.split("dev"))


def test_test_labels_are_read_where_they_are(tmp_path):
    corpus = pipelines.corpus(
        "recola", write_copy(tmp_path / "x", test_labels=True)
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
    root = write_copy(tmp_path / "x", rate=44_100)
    corpus, utterance = get(root)
    assert len(corpus.waveform(utterance)) == 16_000
    assert len(corpus.traces(utterance)["arousal"]) == 25


@pytest.mark.parametrize(
    "header",
    [
        "@RELATION x\n@ATTRIBUTE name STRING\n@ATTRIBUTE FrameTime REAL\n"
        "@ATTRIBUTE gold_standard REAL\n@DATA\n",
        "% made by hand\n@relation 'a b'\n@attribute 'Instance name' {x, y}\n"
        "@attribute 'frame time' numeric\n"
        '@attribute "Gold Standard" numeric\n@data\n\n% rows\n',
        "@relation x\n@attribute Instance_name string\n"
        "@attribute frametime real\n@attribute GOLDSTANDARD integer\n@data\n",
    ],
)
@pytest.mark.parametrize("name", ["'x'", "x", '"x"', "'a, b'"])
def test_columns_are_found_by_name_in_any_spelling(tmp_path, header, name):
    path = tmp_path / "x.arff"
    path.write_text(arff([1, 2, 3], header, name))
    np.testing.assert_array_equal(recola.read_gold_standard(path), [1, 2, 3])


def test_columns_are_found_in_any_order_among_others(tmp_path):
    path = tmp_path / "x.arff"
    path.write_text(
        "@relation x\n@attribute GoldStandard numeric\n@attribute other "
        "numeric\n@attribute frameTime numeric\n@data\n5,9,0.00\n6,9,0.04\n"
    )
    np.testing.assert_array_equal(recola.read_gold_standard(path), [5, 6])


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda text: text.replace("0.08,", "0.09,"), "line 10.*40 ms.*0.09"),
        (lambda text: text.replace("0.08,0.5", "0.08,nan"), "line 10.*row 3"),
        (lambda text: text.replace("0.08,0.5", "0.08,inf"), "line 10.*row 3"),
        (lambda text: text.replace("0.08,0.5", "0.08,?"), "line 10.*'[?]'"),
        (lambda text: text.replace("0.08,0.5", "0.08"), "line 10.*3 values"),
        (lambda text: text.replace("0.08,", "nan,"), "line 10.*40 ms"),
        (lambda text: text.replace("GoldStandard", "x"), "goldstandard.*x"),
        (lambda text: text.replace("@data", ""), "line 8.*@data"),
        (lambda text: text[: text.index("@data")], "@data"),
        (lambda text: HEADER, "rows after @data"),
        (lambda text: "", "empty"),
        (lambda text: text.replace("Instance_name string", ""), "line 3"),
        (
            lambda text: text.replace(
                "Instance_name string", "time numeric"
            ).replace("'x'", "1"),
            "exactly one",
        ),
        (
            lambda text: text.replace("frameTime", "GoldStandard"),
            "GoldStandard twice",
        ),
    ],
)
def test_a_broken_label_file_is_named_with_its_line(root, change, words):
    path = labels(root, "valence", "train_3")
    path.write_text(change(arff([0.5] * ROWS)))
    corpus, utterance = get(root)
    with pytest.raises(ValueError, match=f"(?s){path}.*{words}"):
        corpus.traces(utterance)


def test_bytes_that_are_no_text_are_refused(root):
    path = labels(root, "valence", "train_3")
    path.write_bytes(b"@relation \xff\xfe\n")
    corpus, utterance = get(root)
    with pytest.raises(ValueError, match=f"{path}.*UTF-8"):
        corpus.traces(utterance)


@pytest.mark.parametrize("rows", [24, 27])
def test_rows_that_do_not_fit_the_audio_are_refused(root, rows):
    path = labels(root, "arousal", "train_3")
    path.write_text(arff([0.5] * rows))
    corpus, utterance = get(root)
    with pytest.raises(ValueError, match=f"{path}.* 25 steps.* {rows} rows"):
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
        "ratings_gold_standard/arousal/train_all.arff",
    ],
)
def test_an_extra_file_is_named(root, extra):
    (root / extra).write_bytes(b"")
    with pytest.raises(ValueError, match=extra.rsplit("/")[-1]):
        pipelines.corpus("recola", root)


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
