"""The reader of EmoBox's metadata."""

from __future__ import annotations

import shutil
from collections import Counter

import commands
import emobox_copy
import numpy as np
import pytest
import soundfile
from contracts_corpus import check_corpus

import pipelines
from pipelines import __main__ as listing
from pipelines.audio import reader
from tuning.protocols import names


@pytest.fixture
def root(tmp_path):
    return emobox_copy.write(tmp_path / "EmoBox")


def opened(root, **options):
    return pipelines.corpus("emobox", root, dataset="toy", **options)


def rewrite(root, change, suffix="jsonl"):
    """Writes the rows anew, after a change of their list."""
    rows = emobox_copy.rows()
    change(rows)
    folder = root / "data" / "toy"
    (folder / "toy.jsonl").unlink()
    emobox_copy.write_rows(folder / f"toy.{suffix}", rows)


def test_a_dataset_keeps_the_contract(root):
    corpus = opened(root)
    check_corpus(corpus)
    assert corpus.emotions == ("angry", "happy", "pain or groan")
    assert corpus.speakers == ("s1", "s2", "s3")
    first = corpus.utterances[0]
    assert first.id == "toy-s1-ang" and first.split is None
    assert first.files == (root / "downloads/toy/wav/s1/ang.wav",)
    assert first.labels == {"emotion": "angry"}


def test_labels_that_the_map_joins_are_one_emotion(root):
    counts = Counter(u.labels["emotion"] for u in opened(root).utterances)
    assert counts == {"angry": 3, "happy": 6, "pain or groan": 3}


def test_json_holds_the_same_as_jsonl(root):
    before = opened(root)
    rewrite(root, lambda rows: None, "json")
    for fold in (root / "data" / "toy").glob("fold_*"):
        shutil.rmtree(fold)
    emobox_copy.write_folds(root / "data" / "toy", "json")
    after = opened(root)
    assert after.utterances == before.utterances
    assert after.emobox_folds() == before.emobox_folds()


def test_the_first_versions_names_of_fields_are_read(root):
    def rename(rows):
        for row in rows:
            row["audio"], row["label"] = row.pop("wav"), row.pop("emo")
            del row["length"], row["channel"]

    before = opened(root)
    rewrite(root, rename)
    assert opened(root).utterances == before.utterances


def test_the_metadata_folder_itself_may_be_the_root(root):
    corpus = opened(root / "data")
    assert corpus.utterances == opened(root).utterances


@pytest.mark.parametrize("kept", [".", "wav", "toy/wav", "downloads/toy/wav"])
def test_recordings_may_lie_elsewhere(root, tmp_path, kept):
    folder = tmp_path / "mine" / kept
    shutil.copytree(root / "downloads" / "toy" / "wav", folder)
    shutil.rmtree(root / "downloads")
    corpus = opened(root, audio=str(tmp_path / "mine"))
    check_corpus(corpus)
    assert corpus.utterances[0].files == (folder / "s1" / "ang.wav",)


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".webm"])
def test_the_sound_of_videos_is_read_beside_them(root, suffix):
    def film(rows):
        for row in rows:
            row["wav"] = row["wav"].replace(".wav", suffix)

    rewrite(root, film)
    video = root / "downloads" / "toy" / "wav" / "s1" / f"ang{suffix}"
    video.write_bytes(b"video")
    assert opened(root).utterances[0].files[0].suffix == ".wav"
    video.with_suffix(".wav").unlink()
    with pytest.raises(ValueError, match=f"ang{suffix}: must be sound.*ffmpeg"):
        opened(root)


def test_flac_stands_for_wav(root):
    wav = root / "downloads/toy/wav/s1/ang.wav"
    samples, rate = soundfile.read(wav)
    soundfile.write(wav.with_suffix(".flac"), samples, rate)
    wav.unlink()
    check_corpus(opened(root))


def test_spans_of_one_recording_are_utterances(root):
    def cut(rows):
        for number, row in enumerate(rows):
            row["wav"] = "downloads/toy/all.flac"
            row["start_time"], row["end_time"] = number / 10, (number + 1) / 10

    emobox_copy.write_audio(root, ["downloads/toy/all.flac"])
    noise = np.random.default_rng(1).normal(0, 0.1, 16_000 * 2)
    soundfile.write(root / "downloads/toy/all.flac", noise, 16_000)
    rewrite(root, cut)
    corpus = opened(root)
    check_corpus(corpus)
    by_id = {u.id: u for u in corpus.utterances}
    second = by_id["toy-s1-hap"]
    assert corpus.span(second) == (0.1, 0.2)
    whole = reader.read(root / "downloads/toy/all.flac")
    np.testing.assert_array_equal(corpus.waveform(second), whole[1600:3200])


def test_a_label_in_another_case_is_found_in_the_map(root):
    def neutral(rows):
        rows[0]["emo"] = "ANG"

    rewrite(root, neutral)
    assert opened(root).utterances[0].labels == {"emotion": "angry"}


def test_labels_that_differ_in_case_alone_keep_their_own_entry(root):
    path = root / "data/toy/label_map.json"
    path.write_text('{"ang": "Angry", "Ang": "Sad", "hap": "A", "exc": "B"}')

    def drop(rows):
        rows[:] = [row for row in rows if row["emo"] != "groan"]
        rows[0]["emo"] = "Ang"

    rewrite(root, drop)
    labels = {u.id: u.labels["emotion"] for u in opened(root).utterances}
    assert labels["toy-s1-ang"] == "sad" and labels["toy-s2-ang"] == "angry"


def test_without_a_map_labels_stay(root):
    (root / "data/toy/label_map.json").unlink()
    assert opened(root).emotions == ("ang", "exc", "groan", "hap")


def test_without_speakers_only_emoboxs_folds_can_be_used(root):
    (root / "data/toy/data.seg.wrd.stm").unlink()
    corpus = opened(root)
    check_corpus(corpus)
    assert corpus.speakers == ("unknown",)
    assert "speakers unknown" in corpus.summary()
    assert len(names.folds("emobox", corpus, corpus.utterances)) == 3
    with pytest.raises(ValueError, match="3 speakers .*1: unknown"):
        names.folds("leave_one_speaker_out", corpus, corpus.utterances)


def test_a_speakers_folder_is_no_part_of_the_name(root):
    path = root / "data/toy/data.seg.wrd.stm"
    text = path.read_text().replace("spk=s", "spk=downloads/a b/(c)/s")
    path.write_text(text)
    assert opened(root).speakers == ("s1", "s2", "s3")


def test_a_slash_in_a_speakers_name_is_part_of_it(root):
    path = root / "data/toy/data.seg.wrd.stm"
    path.write_text(path.read_text().replace("spk=s1", "spk=Ben/Anna"))
    assert opened(root).speakers == ("Ben/Anna", "s2", "s3")


def test_metadata_may_list_a_span_twice(root):
    """PAVOQUE's do."""

    def repeat(rows):
        rows[1]["wav"] = rows[0]["wav"]

    rewrite(root, repeat)
    assert len(opened(root).utterances) == 12


def test_folds_are_those_of_the_files(root):
    corpus = opened(root)
    first, *_, last = names.folds("emobox", corpus, corpus.utterances)
    assert first.test == tuple(
        f"toy-s1-{label}" for label in sorted(emobox_copy.LABELS)
    )
    assert {name[4:6] for name in first.dev} == {"s2"}
    assert {name[4:6] for name in last.train} == {"s2"}


def test_a_partial_copy_names_what_it_lacks(root):
    (root / "downloads/toy/wav/s1/ang.wav").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 12 files.*s1/ang.wav"):
        opened(root)
    corpus = opened(root, partial=True)
    check_corpus(corpus)
    assert corpus.missing == ("downloads/toy/wav/s1/ang.wav",)
    assert len(corpus.utterances) == 11


def test_a_folder_without_recordings_is_refused(root, tmp_path):
    with pytest.raises(FileNotFoundError, match="12 of 12 files are missing"):
        opened(root, audio=str(tmp_path / "EmoBox" / "data"))
    with pytest.raises(FileNotFoundError, match="`audio` must be the folder"):
        opened(root, audio="/nowhere")


def test_the_command_counts_a_dataset(root):
    done = commands.run(
        listing.main, "emobox", "--data", root, "--corpus-option=dataset=toy"
    )
    assert done.code == 0 and "github.com/emo-box" in done.out
    assert done.out.splitlines()[-1].startswith("emobox: 12 utterances, 3 spea")


def test_the_shared_copies_are_those_of_the_readers(shared):
    metadata = shared("reference", "emobox")
    audio = shared("corpora", "ravdess")
    corpus = pipelines.corpus(
        "emobox", metadata, dataset="ravdess", audio=str(audio)
    )
    check_corpus(corpus)
    own = pipelines.corpus("ravdess", audio)
    key = {u.files[0]: u.id for u in corpus.utterances}
    ids = {key[u.files[0]]: u.id for u in own.utterances}
    assert len(ids) == len(own.utterances) == 1440
    folds = [
        {ids[name]: partition for name, partition in fold.items()}
        for fold in corpus.emobox_folds()
    ]
    assert folds == own.emobox_folds()
    renamed = {"fear": "fearful", "surprise": "surprised"}
    emotion = {u.id: u.labels["emotion"] for u in own.utterances}
    for utterance in corpus.utterances:
        found = utterance.labels["emotion"]
        assert emotion[ids[utterance.id]] == renamed.get(found, found)


def test_emodbs_labels_are_those_of_its_reader(shared):
    metadata = shared("reference", "emobox")
    audio = shared("corpora", "emodb")
    corpus = pipelines.corpus(
        "emobox", metadata, dataset="emodb", audio=str(audio)
    )
    check_corpus(corpus)
    emotion = {
        u.id: u.labels["emotion"]
        for u in pipelines.corpus("emodb", audio).utterances
    }
    words = {"boredom": "bored", "disgust": "disgusted", "fear": "afraid"}
    assert {
        u.id.removeprefix("emodb-"): words.get(
            u.labels["emotion"], u.labels["emotion"]
        )
        for u in corpus.utterances
    } == emotion
    with pytest.raises(ValueError, match="EmoBox's folds must be there"):
        corpus.emobox_folds()


def test_a_dataset_without_rows_is_named(shared):
    with pytest.raises(FileNotFoundError, match="iemocap.jsonl is missing"):
        pipelines.corpus(
            "emobox", shared("reference", "emobox"), dataset="iemocap"
        )
