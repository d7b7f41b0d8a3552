"""The reader of IEMOCAP."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile
from contracts_corpus import check_corpus

import pipelines
from pipelines.corpora import iemocap
from pipelines.corpora.iemocap import Iemocap

TURNS = {
    "F000": ("ang", "2.5000, 3.0000, 3.5000"),
    "M000": ("hap", "4.0000, 2.0000, 1.0000"),
    "F001": ("exc", "5.0000, 4.5000, 4.0000"),
    "M001": ("xxx", "5.5000, 4.5000, 0.5000"),
    "M002": ("sad", "2.0000, 2.0000, 2.0000"),
    "F002": ("neu", "3.0000, 3.0000, 3.0000"),
}
COUNTS = {"utterances": 30, "speakers": 10}
COUNTS.update(
    dict.fromkeys(
        ("angry", "happy", "sad", "neutral", "excited", "undecided"), 5
    )
)


def evaluation(root, session):
    folder = root / f"Session{session}" / "dialog" / "EmoEvaluation"
    return folder / f"Ses0{session}M_impro01.txt"


def recordings(root, session):
    folder = root / f"Session{session}" / "sentences" / "wav"
    return folder / f"Ses0{session}M_impro01"


def write_copy(root):
    rng = np.random.default_rng(0)
    for session in iemocap.SESSIONS:
        path = evaluation(root, session)
        path.parent.mkdir(parents=True)
        (path.parent / "Categorical").mkdir()
        recordings(root, session).mkdir(parents=True)
        lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
        for number, (turn, (emotion, means)) in enumerate(TURNS.items()):
            name = f"Ses0{session}M_impro01_{turn}"
            times = f"[{number}.2901 - {number}.9357]"
            lines += [
                f"{times}\t{name}\t{emotion}\t[{means}]",
                "C-E1:\tAnger;\t()",
                "A-E3:\tval 2; act 4; dom  4;\t(it\xb4s)",
                "",
            ]
            sound = rng.normal(0, 0.1, 8_000)
            wav = recordings(root, session) / f"{name}.wav"
            soundfile.write(wav, sound, 16_000)
        path.write_text("\n".join(lines), "iso-8859-1")
        (path.parent / f"._{path.name}").write_bytes(b"\x00\xff")
        (wav.parent / f"._{wav.name}").write_bytes(b"\x00\xff")
    return root


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write_copy(tmp_path_factory.mktemp("iemocap") / "copy")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The counts of the small copy."""
    monkeypatch.setattr(Iemocap, "expected", COUNTS)
    monkeypatch.setattr(iemocap, "SESSIONS", dict.fromkeys(range(1, 6), 6))


@pytest.fixture
def root(original, tmp_path):
    return shutil.copytree(original, tmp_path / "IEMOCAP")


def replace(path, old, new):
    text = path.read_text("iso-8859-1")
    assert old in text
    path.write_text(text.replace(old, new, 1), "iso-8859-1")


def test_an_intact_copy_keeps_the_contract(original):
    corpus = pipelines.corpus("iemocap", original)
    check_corpus(corpus, count=6)
    assert {u.labels["session"] for u in corpus.split("train")} == {1, 2, 3}
    assert {u.labels["session"] for u in corpus.split("dev")} == {4}
    assert {u.labels["session"] for u in corpus.split("test")} == {5}


def test_dimensions_are_in_the_order_of_the_files(original):
    corpus = pipelines.corpus("iemocap", original)
    (one,) = [u for u in corpus.utterances if u.id == "Ses02M_impro01_F000"]
    # The first letter is the actor with markers, the second who speaks.
    assert one.speaker == "2F"
    assert one.labels == {
        "emotion": "angry",
        "arousal": 3.0,
        "valence": 2.5,
        "dominance": 3.5,
        "gender": "F",
        "session": 2,
        "dialogue": "improvised",
    }


def test_scripted_dialogues_are_told_from_improvised_ones(root):
    folder = recordings(root, 1)
    old, new = folder.name, "Ses01M_script02_1"
    path = evaluation(root, 1)
    path.write_text(path.read_text("iso-8859-1").replace(old, new))
    for wav in sorted(folder.glob("Ses*.wav")):
        wav.rename(wav.with_name(wav.name.replace(old, new)))
    corpus = pipelines.corpus("iemocap", root)
    kinds = {
        u.labels["session"]: u.labels["dialogue"] for u in corpus.utterances
    }
    others = dict.fromkeys(range(2, 6), "improvised")
    assert kinds == {1: "scripted", **others}


def test_counts_are_those_of_the_owners(monkeypatch):
    monkeypatch.undo()
    expected = Iemocap.expected
    four = [expected[e] for e in ("angry", "happy", "sad", "neutral")]
    assert four == [1103, 595, 1084, 1708] and sum(four) == 4490
    assert expected["happy"] + expected["excited"] == 1636
    emotions = [expected[name] for name in iemocap.EMOTIONS.values()]
    assert sum(emotions) == expected["utterances"] == 10_039
    assert sum(iemocap.SESSIONS.values()) == 10_039


def test_sizes_of_folds_follow_the_sessions(monkeypatch, original):
    monkeypatch.undo()
    splits = dict(zip(range(1, 6), ["test", "dev", *["train"] * 3]))
    assert iemocap._sizes(splits) == {"test": 1819, "dev": 1811, "train": 6409}
    with pytest.raises(ValueError, match="10039 utt.*5766 train.*30 utt"):
        pipelines.corpus("iemocap", original)


@pytest.mark.parametrize("dataset, happy", [("1", 5), ("2", 10)])
def test_the_data_sets_of_four_classes(original, dataset, happy):
    dataset = f"IEMO_dataset{dataset}"
    corpus = pipelines.corpus("iemocap", original, dataset=dataset)
    check_corpus(corpus)
    emotions = [u.labels["emotion"] for u in corpus.utterances]
    assert {e: emotions.count(e) for e in corpus.emotions} == {
        "angry": 5,
        "happy": happy,
        "sad": 5,
        "neutral": 5,
    }
    assert len(emotions) == 15 + happy
    assert corpus.clipped == []


def test_other_sessions_may_be_held_out(original):
    corpus = pipelines.corpus(
        "iemocap", original, dev_session=2, test_session=1
    )
    check_corpus(corpus)
    assert {u.labels["session"] for u in corpus.split("train")} == {3, 4, 5}
    assert {u.labels["session"] for u in corpus.split("test")} == {1}


def test_means_just_outside_the_scale_are_brought_back(original):
    corpus = pipelines.corpus("iemocap", original)
    (one,) = [u for u in corpus.utterances if u.id == "Ses03M_impro01_M001"]
    assert one.labels["valence"] == 5.0 and one.labels["dominance"] == 1.0
    assert len(corpus.clipped) == 5
    assert "5 utterances with a mean" in corpus.summary()


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("[2.5000, 3.0", "[5.6000, 3.0", "line 3: valence.*1 to 5.*5.6"),
        ("[2.5000, 3.0", "[2.5000, 0.0", "line 3: arousal.*Received: 0"),
        ("[2.5000, 3.0", "[2.5000; 3.0", "line 3: must hold"),
        ("\tang\t", "\tangr\t", "line 3: the emotion must be .*'angr'"),
        ("M_impro01_F001", "M_impro01_F000", "line 11.*name that is new"),
    ],
)
def test_a_wrong_line_is_named(root, old, new, words):
    replace(evaluation(root, 4), old, new)
    with pytest.raises(ValueError, match=f"Ses04M_impro01.txt, {words}"):
        pipelines.corpus("iemocap", root)


def test_a_name_of_another_session_is_refused(root):
    name = "Ses01M_impro01_F000"
    replace(evaluation(root, 2), "Ses02M_impro01_F000", name)
    folder = recordings(root, 2)
    (folder / "Ses02M_impro01_F000.wav").rename(folder / f"{name}.wav")
    with pytest.raises(ValueError, match=f"session 2 must .*'{name}'"):
        pipelines.corpus("iemocap", root)


def test_missing_files_are_named(root):
    (recordings(root, 5) / "Ses05M_impro01_F002.wav").unlink()
    with pytest.raises(FileNotFoundError, match="Session5.*1 of 6.*F002"):
        pipelines.corpus("iemocap", root)
    shutil.rmtree(evaluation(root, 3).parent)
    with pytest.raises(FileNotFoundError, match="Session3.*evaluations"):
        pipelines.corpus("iemocap", root)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"dataset": "IEMO_dataset3"}, "`dataset`.*IEMO_dataset1.*'IEMO_da"),
        ({"dialogue": "impro"}, "`dialogue`.*improvised, scripted.*'impro'"),
        ({"dev_session": 5}, "two of 1 to 5.*dev_session=5, test_session=5"),
        ({"test_session": 6}, "two of 1 to 5.*test_session=6"),
    ],
)
def test_impossible_arguments_are_named(original, options, words):
    with pytest.raises(ValueError, match=words):
        pipelines.corpus("iemocap", original, **options)


def test_one_session_is_a_partial_copy(root):
    for session in (1, 2, 3, 5):
        shutil.rmtree(root / f"Session{session}")
    with pytest.raises(FileNotFoundError, match="Session1"):
        pipelines.corpus("iemocap", root)
    corpus = pipelines.corpus("iemocap", root, partial=True)
    check_corpus(corpus)
    assert corpus.speakers == ("4F", "4M")
    assert corpus.missing == (
        "Session1/",
        "Session2/",
        "Session3/",
        "Session5/",
    )
    assert "6 of 30 utterances, 2 of 10 speakers" in corpus.note
    with pytest.raises(ValueError, match="partial copy has dev.*'train'"):
        corpus.split("train")


def test_a_part_of_a_session_is_read_where_both_files_are_there(root):
    evaluation(root, 5).unlink()
    (recordings(root, 4) / "Ses04M_impro01_F002.wav").unlink()
    shutil.rmtree(recordings(root, 3).parents[1])
    corpus = pipelines.corpus("iemocap", root, partial=True)
    check_corpus(corpus)
    sessions = [u.labels["session"] for u in corpus.utterances]
    assert {s: sessions.count(s) for s in sessions} == {1: 6, 2: 6, 4: 5}
    assert len(corpus.missing) == 8
    assert {"Ses04M_impro01_F002", "Ses05M_impro01.txt"} < {*corpus.missing}


def test_a_recording_that_its_evaluation_lacks_is_refused_when_partial(root):
    folder = recordings(root, 1)
    shutil.copy(folder / "Ses01M_impro01_F000.wav", folder / "other.wav")
    with pytest.raises(ValueError, match="do not belong.*other"):
        pipelines.corpus("iemocap", root, partial=True)


def test_a_data_set_of_a_partial_copy_has_its_own_counts(root):
    shutil.rmtree(root / "Session1")
    corpus = pipelines.corpus(
        "iemocap", root, dataset="IEMO_dataset2", partial=True
    )
    check_corpus(corpus)
    assert corpus.expected["happy"] == 8 and len(corpus.utterances) == 20


def test_a_folder_without_any_session_is_no_partial_copy(tmp_path):
    with pytest.raises(ValueError, match="Received: none.*Session1/"):
        pipelines.corpus("iemocap", tmp_path, partial=True)


def test_dialogues_of_one_kind_can_be_selected(root):
    folder = recordings(root, 1)
    old, new = folder.name, "Ses01M_script02_1"
    path = evaluation(root, 1)
    path.write_text(path.read_text("iso-8859-1").replace(old, new))
    for wav in sorted(folder.glob("Ses*.wav")):
        wav.rename(wav.with_name(wav.name.replace(old, new)))
    sizes = {}
    for kind in ("scripted", "improvised"):
        corpus = pipelines.corpus("iemocap", root, dialogue=kind)
        check_corpus(corpus)
        assert {u.labels["dialogue"] for u in corpus.utterances} == {kind}
        sizes[kind] = len(corpus.utterances)
    assert sizes == {"scripted": 6, "improvised": 24}
