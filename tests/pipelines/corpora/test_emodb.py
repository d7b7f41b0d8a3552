"""The reader of EMO-DB."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile
from contracts_corpus import check_corpus

import pipelines
from pipelines.corpora.emodb import EmoDb

SCORES = {"03a01Fa": (90, 75), "03a02Wb": (80, 60), "16b10Eb": (100, 50)}
COUNTS = {
    "utterances": 3,
    "speakers": 2,
    "angry": 1,
    "disgusted": 1,
    "happy": 1,
}


def write_copy(root, suffix="wav", rate=16_000):
    """Three recordings, and a score more, as the owners' file has."""
    (root / "wav").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in SCORES:
        path = root / "wav" / f"{name}.{suffix}"
        soundfile.write(path, rng.normal(0, 0.1, rate // 2), rate)
    write_scores(root, {**SCORES, "03a01Ab": (65, 35)})
    return root


def write_scores(root, scores):
    lines = ["Nr.\tSatz\terkannt\tnatuerlich"]
    for number, (name, (one, other)) in enumerate(scores.items(), start=1):
        gap = "\xa0" * 3
        lines.append(f"{number}{gap}\t{name}.wav\t{one},00{gap}\t{other},00")
    text = "\n".join(lines) + "\n"
    (root / "erkennung.txt").write_text(text, "iso-8859-1")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The counts of the small copy."""
    monkeypatch.setattr(EmoDb, "expected", COUNTS)


@pytest.fixture
def root(tmp_path):
    return write_copy(tmp_path / "emodb")


def ids(corpus):
    return [utterance.id for utterance in corpus.utterances]


@pytest.mark.parametrize(
    "suffix, rate", [("wav", 16_000), ("wav", 22_050), ("flac", 48_000)]
)
def test_an_intact_copy_of_any_rate_keeps_the_contract(tmp_path, suffix, rate):
    root = write_copy(tmp_path / "x", suffix, rate)
    corpus = pipelines.corpus("emodb", root)
    check_corpus(corpus)
    assert len(corpus.waveform(corpus.utterances[0])) == 8_000


def test_labels_are_those_of_name_and_score(root):
    first = pipelines.corpus("emodb", root).utterances[0]
    assert first.id == "03a01Fa" and first.speaker == "03"
    assert first.files == (root / "wav" / "03a01Fa.wav",)
    assert first.split is None
    assert first.labels == {
        "emotion": "happy",
        "gender": "M",
        "sentence": "a01",
        "recognised": 90.0,
        "natural": 75.0,
    }


def test_four_classes_leave_out_the_others(root):
    corpus = pipelines.corpus("emodb", root, classes=4)
    check_corpus(corpus)
    assert corpus.emotions == ("angry", "happy", "sad", "neutral")
    assert ids(corpus) == ["03a01Fa", "03a02Wb"]


@pytest.mark.parametrize(
    "least, left",
    [
        ({"recognised": 80.5}, ["03a01Fa", "16b10Eb"]),
        ({"recognised": 80}, list(SCORES)),
        ({"natural": 60}, ["03a01Fa", "03a02Wb"]),
        ({"recognised": 85, "natural": 60, "classes": 4}, ["03a01Fa"]),
    ],
)
def test_scores_are_a_filter(root, least, left):
    corpus = pipelines.corpus("emodb", root, **least)
    check_corpus(corpus)
    assert ids(corpus) == left


def test_scores_may_be_absent_unless_asked_for(root):
    (root / "erkennung.txt").unlink()
    corpus = pipelines.corpus("emodb", root)
    assert all("natural" not in u.labels for u in corpus.utterances)
    with pytest.raises(FileNotFoundError, match="erkennung.txt is missing"):
        pipelines.corpus("emodb", root, natural=60)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"classes": 5}, "`classes` must be 7 or 4. Received: classes=5"),
        ({"natural": 101}, "`natural`.*0 to 100. Received: natural=101"),
        ({"recognised": -1}, "`recognised`.*recognised=-1"),
        ({"recognised": float("nan")}, "`recognised`.*nan"),
        ({"recognised": 100, "natural": 100}, "select some utterances"),
    ],
)
def test_impossible_arguments_are_named(root, options, words):
    with pytest.raises(ValueError, match=words):
        pipelines.corpus("emodb", root, **options)


@pytest.mark.parametrize("name", ["99a01Fa", "03a01Xa", "song", "03a01F"])
def test_a_file_of_another_name_is_refused(root, name):
    shutil.copy(root / "wav/03a01Fa.wav", root / "wav" / f"{name}.wav")
    with pytest.raises(ValueError, match=f"'{name}'"):
        pipelines.corpus("emodb", root)


def test_a_missing_recording_is_counted(root):
    (root / "wav" / "16b10Eb.wav").unlink()
    with pytest.raises(ValueError, match="3 utterances.*2 utterances"):
        pipelines.corpus("emodb", root)


def test_a_recording_twice_is_refused(root):
    shutil.copy(root / "wav/16b10Eb.wav", root / "wav/16b10Eb.flac")
    with pytest.raises(ValueError, match="more than once: 16b10Eb"):
        pipelines.corpus("emodb", root)


def test_a_recording_without_a_score_is_named(root):
    write_scores(root, {"03a01Fa": (90, 75)})
    with pytest.raises(ValueError, match="03a02Wb.wav.*erkennung.txt"):
        pipelines.corpus("emodb", root)


@pytest.mark.parametrize("one", ["x", "101", "-5"])
def test_a_score_that_is_no_percentage_is_named_with_its_line(root, one):
    write_scores(root, {"03a01Fa": (90, 75), "03a02Wb": (one, 60)})
    with pytest.raises(ValueError, match="erkennung.txt, line 3: .*03a02Wb"):
        pipelines.corpus("emodb", root)


def test_the_real_copy_keeps_the_contract(shared, monkeypatch):
    monkeypatch.undo()
    root = shared("corpora", "emodb")
    check_corpus(pipelines.corpus("emodb", root))
    assert len(pipelines.corpus("emodb", root, classes=4).utterances) == 339
    # Its owners kept what 80 % recognised and 60 % found natural.
    kept = pipelines.corpus("emodb", root, recognised=80, natural=60)
    assert len(kept.utterances) > 480


def test_a_partial_copy_says_how_many_of_each_emotion_it_has(root):
    (root / "wav" / "03a02Wb.wav").unlink()
    with pytest.raises(ValueError, match="3 utterances.*2 utterances"):
        pipelines.corpus("emodb", root)
    corpus = pipelines.corpus("emodb", root, partial=True)
    check_corpus(corpus)
    assert corpus.note.endswith(": 2 of 3 utterances, 0 of 1 angry.")


def test_a_partial_copy_without_a_recording_is_refused(root):
    for path in (root / "wav").iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="emodb: even.*must hold some.*none"):
        pipelines.corpus("emodb", root, partial=True)
