"""DNN-ELM: segments, their statistics, and what is learnt on a fold."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import noise

from pipelines.datasets.utterances import UtteranceSample
from tuning.experiments import dnn_elm
from tuning.protocols.folds import Fold


def test_the_loudest_tenth_of_the_segments_is_kept():
    frames, energy = noise((57, 3)), np.zeros(57)
    energy[[20, 40]] = 1, 3  # every segment with frame 40 is louder
    rows = dnn_elm.loudest_segments(frames, energy)
    expected = [frames[start : start + 8].ravel() for start in range(33, 38)]
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize("frames", [1, 5, 8])
def test_a_short_utterance_has_one_segment(frames):
    values = noise((frames, 2))
    (row,) = dnn_elm.loudest_segments(values, np.ones(frames))
    expected = np.concatenate([values, *[values[-1:]] * (8 - frames)])
    np.testing.assert_array_equal(row, expected.ravel())


def test_statistics_are_those_of_the_paper():
    posteriors = np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3], [0.85, 0.15]])
    np.testing.assert_allclose(
        dnn_elm.statistics(posteriors),
        [0.9, 0.5, 0.5, 0.1, 0.7375, 0.2625, 1.0, 0.5],
    )


def samples(count: int) -> dict[str, UtteranceSample]:
    """Utterances of four factors, the first of which tells their class."""
    mixing = noise((4, 743))
    made = {}
    for index in range(count):
        rng = np.random.default_rng(index)
        factors = rng.normal(size=(20 + index % 7, 4))
        factors[:, 0] += 4.0 * (index % 3)
        inputs = (factors @ mixing).astype("float32")
        name = f"u{index}"
        made[name] = UtteranceSample(name, "s", inputs, {"emotion": index % 3})
    return made


def test_it_learns_keeps_its_scores_and_depends_on_the_seed(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(dnn_elm, "BATCH", 16)
    monkeypatch.setattr(dnn_elm, "COMPONENTS", 4)
    made = samples(90)
    names = tuple(made)
    fold = Fold("a", names[:60], names[60:75], names[75:])

    def predict(seed, file):
        return dnn_elm.predict(made, fold, 3, seed, tmp_path / file, epochs=4)

    first = predict(0, "a.npz")
    y_true = np.array([made[name].classes["emotion"] for name in fold.test])
    assert (first["test"].argmax(axis=1) == y_true).mean() > 0.9
    assert first["dev"].shape == (15, 3)
    again, other = predict(0, "b.npz"), predict(1, "c.npz")
    np.testing.assert_array_equal(first["test"], again["test"])
    assert not np.array_equal(first["test"], other["test"])
    np.testing.assert_array_equal(predict(9, "a.npz")["dev"], first["dev"])


def test_a_fold_without_test_is_scored_on_dev(tmp_path):
    made = samples(30)
    names = tuple(made)
    fold = Fold("fixed", names[:20], names[20:], ())
    scores = dnn_elm.predict(made, fold, 3, 0, tmp_path / "a.npz", epochs=1)
    assert scores["dev"].shape == (10, 3) and len(scores["test"]) == 0
