"""Recordings with word times: the features made of them, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
import word_tables
from word_tables import change_row, open_table

from pipelines.audio import reader
from pipelines.features import egemaps, log_mel


@pytest.mark.parametrize("suffix", [".csv", ".ctm", ".TextGrid"])
def test_words_get_the_means_of_their_frames(tmp_path, suffix):
    folder = word_tables.speech_folder(tmp_path / "x", suffix, 4)
    corpus = open_table(folder, voice="log_mel")
    assert corpus.modalities == {"a": 40}
    utterance = corpus.utterances[1]
    means = corpus.words(utterance, "a")["a"]
    frames = log_mel.log_mel(reader.read(folder / "r1.wav"))
    assert means.shape == (5, 40) and means.dtype == np.float32
    for mean, (start, end) in zip(means, word_tables.spoken_times()):
        # Frame n stands for the 10 ms around 10 n + 12.5 ms.
        inside = [
            n
            for n in range(len(frames))
            if start < 0.01 * n + 0.0125 < end - 1e-9
        ]
        assert len(inside) == 20
        np.testing.assert_allclose(mean, frames[inside].mean(axis=0), atol=0.25)
    np.testing.assert_array_equal(corpus.text(utterance), word_tables.WORDS)
    assert len(corpus.waveform(utterance)) == 24000


def test_egemaps_descriptors_are_averaged_too(tmp_path):
    pytest.importorskip("opensmile", reason="needs the extra baselines")
    folder = word_tables.speech_folder(tmp_path / "x", count=4)
    corpus = open_table(folder, voice="egemaps", cache=str(tmp_path / "cache"))
    assert corpus.modalities == {"a": 25}
    means = corpus.words(corpus.utterances[0], "a")["a"]
    frames = egemaps.low_level_descriptors(reader.read(folder / "r0.wav"))
    for mean, (start, end) in zip(means, word_tables.spoken_times()):
        first = round(100 * start) - 1  # around 10 n + 10 ms
        inside = frames[first : first + round(100 * (end - start)) + 1]
        weights = np.array([0.5, *[1.0] * (len(inside) - 2), 0.5])
        np.testing.assert_allclose(
            mean, weights @ inside / weights.sum(), rtol=1e-4, atol=1e-4
        )


def test_frames_are_cached_by_content(tmp_path, monkeypatch):
    folder = word_tables.speech_folder(tmp_path / "x", count=4)
    cache = tmp_path / "cache"
    own = [
        open_table(folder, voice="log_mel", cache=str(cache)) for _ in range(2)
    ]
    first = own[0].words(own[0].utterances[2], "a")["a"]
    assert len([*cache.rglob("*.npy")]) == 1

    def refuse(waveform):
        raise AssertionError("computed again")

    monkeypatch.setattr(log_mel, "check_waveform", refuse)
    again = own[1].words(own[1].utterances[2], "a")["a"]
    np.testing.assert_array_equal(first, again)


def test_text_has_vectors_of_the_file(tmp_path):
    folder = word_tables.speech_folder(tmp_path / "x", count=4)
    corpus = open_table(
        folder, voice="log_mel", glove=str(folder / "glove.txt")
    )
    assert corpus.modalities == {"t": 6, "a": 40}
    text = corpus.words(corpus.utterances[0], "t")["t"]
    # I has the vector of i; really has none.
    np.testing.assert_allclose(text[:, 0], [1, 2, 0, 3, 4])
    assert corpus.warning_lines() == [
        "4 words without a vector, zeros: s00, s01, s02 and 1 more"
    ]


def test_segments_are_parts_of_recordings(tmp_path):
    folder = word_tables.speech_folder(tmp_path / "x", count=4)
    rows = word_tables.table_rows(4)
    for row, (start, end) in zip(rows, [(0, 0.5), (0.5, 1), (1, 1.5), (0, "")]):
        row.update(file="r0.wav", words="r0.csv", start=start, end=end)
        row["speaker"], row["split"] = "p", "train"
    word_tables.write_table(folder / "words.csv", rows)
    corpus = open_table(folder, voice="log_mel")
    texts = [list(corpus.text(utterance)) for utterance in corpus.utterances]
    # "I" lasts from 0.35 to 0.55 s, so it is in both segments, as in the SDK.
    assert texts[0] == ["well", "I"]
    assert texts[1] == ["I", "really", "liked"]
    assert texts[2] == ["liked", "it"]
    assert texts[3] == list(word_tables.WORDS)
    whole = corpus.words(corpus.utterances[3], "a")["a"]
    part = corpus.words(corpus.utterances[1], "a")["a"]
    np.testing.assert_allclose(part[1], whole[2], atol=0.05)
    assert corpus.span(corpus.utterances[1]) == (0.5, 1.0)


def test_a_recording_may_have_features_too(tmp_path):
    folder = word_tables.speech_folder(tmp_path / "x", count=4)
    rows = word_tables.table_rows(4)
    for number, row in enumerate(rows):
        name = f"v{number}.npz"
        row.update(file="r0.wav", words="r0.csv", features=name)
        np.savez(folder / name, video=np.ones((5, 3), "f4"))
    word_tables.write_table(folder / "words.csv", rows)
    corpus = open_table(folder, voice="log_mel")
    assert corpus.modalities == {"a": 40, "v": 3}
    own = corpus.words(corpus.utterances[0], "av")
    assert own["v"].sum() == 15 and own["a"].shape == (5, 40)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ("", "rows after the names"),
        ("sil,0,1\n,1,1.2\n", "must be a word of 'r1'"),
        ("a,0.5,0.2\n", "line 2: a word must end after it begins.*'a'"),
        ("a,0.5,0.5\n", "line 2: a word must end after it begins"),
        ("a,0,0.5\nb,0.4,1\n", "line 3: .*before the one before it ends"),
        ("b,0.5,1\na,0,0.4\n", "line 3: .*before the one before it ends"),
        ("a,0,0.5\nb,1,1.6\n", "line 3: a word must lie inside .*1.5 s"),
        ("a,-0.5,0.5\n", "line 2: a word must lie inside"),
        ("a,nan,0.5\n", "line 2: times must be finite"),
        ("a,0,inf\n", "line 2: times must be finite"),
        ("a,now,0.5\n", "line 2: a time must be a number.*'now'"),
    ],
)
def test_bad_word_times_are_refused(tmp_path, times, message):
    folder = word_tables.speech_folder(tmp_path / "x", count=4)
    (folder / "r1.csv").write_text("word,start,end\n" + times, "utf-8")
    with pytest.raises(ValueError, match=message):
        open_table(folder, voice="log_mel")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"words": ""}, "line 3: words must be given"),
        ({"words": "r0.wav"}, "must end in .csv, .csv.gz, .ctm or .TextGrid"),
        ({"file": "r0.csv"}, "r0.csv"),
    ],
)
def test_bad_files_are_refused(tmp_path, cells, message):
    folder = word_tables.speech_folder(tmp_path / "x", count=4)
    change_row(folder, 3, **cells)
    with pytest.raises(ValueError, match=message):
        open_table(folder, voice="log_mel")


def test_a_segment_without_a_word_is_refused(tmp_path):
    folder = word_tables.speech_folder(tmp_path / "x", count=4)
    rows = word_tables.table_rows(4)
    for row in rows:
        row.update(file="r0.wav", words="r0.csv", start=0, end=0.05)
    word_tables.write_table(folder / "words.csv", rows)
    with pytest.raises(ValueError, match="line 2: .*none from 0 to 0.05 s"):
        open_table(folder, voice="log_mel")
