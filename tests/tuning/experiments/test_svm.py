"""Support vector machines: nested, speaker-independent cross-validation."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from pipelines.corpora.base import Utterance
from tuning.experiments import svm
from tuning.protocols import folds
from zoo.metrics import calibration, classification

NAMES = ("calm", "glad", "cross")
CLASSES = len(NAMES)
GRID = (
    {"kernel": "rbf", "gamma": 1e4},
    {"kernel": "linear", "C": 0.1},
    {"kernel": "rbf", "C": 1.0},
)


def speech(speakers=5, repetitions=6, distance=4.0, seed=0):
    """Returns features, classes and utterances of speakers who differ.

    Args:
        speakers: number of speakers.
        repetitions: utterances of each speaker and class.
        distance: of a class's mean in the feature of that class.
        seed: of the noise.
    """
    rng = np.random.default_rng(seed)
    y_true = np.tile(np.arange(CLASSES), speakers * repetitions)
    speaker = np.repeat(np.arange(speakers), CLASSES * repetitions)
    noise = rng.normal(size=(len(y_true), 8))
    features = noise + rng.normal(size=(99, 8))[speaker]
    features[np.arange(len(y_true)), y_true] += distance
    utterances = [
        Utterance(f"u{index}", f"{name}", (), None, {})
        for index, name in enumerate(speaker)
    ]
    return features * np.logspace(-6, 3, 8), y_true, utterances


def recall(y_true, y_pred):
    matrix = classification.confusion(y_true, y_pred, CLASSES)
    return classification.unweighted_average_recall(matrix)


def chosen_by(features, y_true, utterances, outer, grid):
    return svm.predict(features, y_true, NAMES, utterances, outer, grid).chosen


def test_classes_of_unseen_speakers_are_recognised():
    features, y_true, utterances = speech()
    outer = folds.leave_one_speaker_out(utterances)
    lines = []
    predicted = svm.predict(
        features, y_true, NAMES, utterances, outer, GRID, lines.append
    )
    assert recall(y_true, predicted.classes) > 0.8
    assert len(predicted.chosen) == 5 and GRID[0] not in predicted.chosen
    assert lines[-1] == "fold 5 of 5"


def test_noise_is_recognised_at_chance_level():
    features, y_true, utterances = speech(speakers=10, distance=0.0)
    outer = folds.dealt(utterances)
    predicted = svm.predict(features, y_true, NAMES, utterances, outer, GRID)
    assert 0.2 < recall(y_true, predicted.classes) < 0.47


def test_predictions_use_nothing_of_the_other_test_utterances():
    features, y_true, utterances = speech(distance=1.0)
    outer = folds.leave_one_speaker_out(utterances)[:1]
    tested = [
        index
        for index, utterance in enumerate(utterances)
        if utterance.speaker == "0"
    ]
    before = svm.predict(features, y_true, NAMES, utterances, outer, GRID)
    changed, relabelled = features.copy(), y_true.copy()
    changed[tested[1:]] *= 1e6
    relabelled[tested] = 0
    after = svm.predict(changed, relabelled, NAMES, utterances, outer, GRID)
    assert after.chosen == before.chosen
    first = tested[0]
    np.testing.assert_array_equal(
        after.posteriors[first], before.posteriors[first]
    )
    # Utterances that no fold tests have no prediction.
    assert (np.delete(before.classes, tested) == -1).all()


def test_of_equal_settings_the_first_is_taken():
    features, y_true, utterances = speech(distance=50.0)
    outer = folds.leave_one_speaker_out(utterances)
    grid = ({"C": 1.0}, {"C": 1.0, "kernel": "linear"})
    features = features[:, :CLASSES]
    chosen = chosen_by(features, y_true, utterances, outer, grid)
    assert chosen == [grid[0]] * 5


def test_settings_are_chosen_on_unseen_speakers():
    features, y_true, utterances = speech(repetitions=8, distance=2.0, seed=4)
    features /= features.std(axis=0)
    patterns = np.random.default_rng(5).normal(size=(5, CLASSES, 5))
    speakers = [int(utterance.speaker) for utterance in utterances]
    features[:, CLASSES:] = 5 * patterns[speakers, y_true]
    # A narrow kernel overfits the patterns of the training speakers.
    grid = ({"gamma": 1.0, "C": 100.0}, {"kernel": "linear", "C": 0.01})
    outer = folds.leave_one_speaker_out(utterances)
    chosen = chosen_by(features, y_true, utterances, outer, grid)
    assert chosen == [grid[1]] * 5
    one_each = [
        dataclasses.replace(utterance, speaker=utterance.id)
        for utterance in utterances
    ]
    outer = folds.dealt(one_each)
    chosen = chosen_by(features, y_true, one_each, outer, grid)
    assert chosen == [grid[0]] * 5


def test_an_inner_fold_without_a_class_is_refused():
    features, y_true, utterances = speech(speakers=4)
    for index, utterance in enumerate(utterances):
        if y_true[index] == 2 and utterance.speaker not in ("0", "1"):
            y_true[index] = 0
    outer = folds.leave_one_speaker_out(utterances)
    message = "'speaker 0, inner fold 1' without cross"
    with pytest.raises(ValueError, match=message):
        svm.predict(features, y_true, NAMES, utterances, outer, GRID)


def test_two_speakers_are_too_few_to_choose_settings():
    features, y_true, utterances = speech(speakers=2)
    outer = folds.leave_one_speaker_out(utterances)
    with pytest.raises(ValueError, match="at least 2 speakers"):
        svm.predict(features, y_true, NAMES, utterances, outer, GRID)
    predicted = svm.predict(
        features, y_true, NAMES, utterances, outer, GRID[2:]
    )
    assert set(predicted.classes) <= {0, 1, 2}


def test_a_training_of_one_speaker_is_named():
    two = [Utterance(n, n[0], (), None, {}) for n in ("a1", "b1", "b2")]
    svm.check_speakers(two, [folds.Fold("first", ("a1", "b1"), (), ("b2",))])
    with pytest.raises(ValueError, match=r"Received: \['b'\] in 'second'"):
        svm.check_speakers(
            two, [folds.Fold("second", ("b1", "b2"), (), ("a1",))]
        )


def test_the_grid_is_what_the_readme_says():
    costs = {
        kernel: sorted(
            {
                settings["C"]
                for settings in svm.GRID
                if settings["kernel"] == kernel
            }
        )
        for kernel in ("linear", "rbf")
    }
    assert costs == {
        "linear": [0.001, 0.01, 0.1, 1.0],
        "rbf": [0.1, 1.0, 10.0, 100.0],
    }
    assert len(svm.GRID) == 16


def test_posteriors_decide_as_the_machine_and_are_calibrated():
    features, y_true, utterances = speech(speakers=8, distance=1.5)
    outer = folds.leave_one_speaker_out(utterances)
    predicted = svm.predict(
        features, y_true, NAMES, utterances, outer, GRID[1:]
    )
    np.testing.assert_allclose(predicted.posteriors.sum(axis=1), 1)
    (fold,), settings = outer[:1], predicted.chosen[0]
    train = [u.id in fold.train for u in utterances]
    machine = make_pipeline(StandardScaler(), SVC(break_ties=True, **settings))
    machine.fit(features[train], y_true[train])
    test = np.logical_not(train)
    np.testing.assert_array_equal(
        predicted.classes[test], machine.predict(features[test])
    )
    before = svm.predict(features, y_true, NAMES, utterances, outer, [settings])
    assert error(y_true, predicted) < error(y_true, before)


def error(y_true, predicted):
    _, bins = calibration.unit_bins(y_true, predicted.posteriors, y_true * 0)
    return calibration.expected_calibration_error(bins[0])


def test_of_two_classes_and_of_one_that_a_training_lacks():
    features, y_true, utterances = speech(speakers=2, distance=50.0)
    is_kept = y_true < 2
    (fold, _) = folds.leave_one_speaker_out(utterances)
    ids = {u.id for u, kept in zip(utterances, is_kept) if kept}
    without = dataclasses.replace(
        fold, train=tuple(name for name in fold.train if name in ids)
    )
    predicted = svm.predict(
        features, y_true, NAMES, utterances, [without], GRID[1:2]
    )
    tested = np.isfinite(predicted.posteriors[:, 0])
    assert (predicted.posteriors[tested, 2] == 0).all()
    right = predicted.classes[tested & is_kept] == y_true[tested & is_kept]
    assert right.mean() > 0.8
