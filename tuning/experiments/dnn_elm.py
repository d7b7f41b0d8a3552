"""DNN-ELM, which Zhao et al. 2018 compare their network with (Table 4).

K. Han, D. Yu, I. Tashev: Speech Emotion Recognition Using Deep Neural Network
and Extreme Learning Machine. Interspeech 2014 (their reference 4).

    frames of an utterance (T, 743), whitened to 100 components
        |
    segments of 8 frames, the tenth of them with the highest energy
        |
    deep network: three layers of 256, a softmax over the emotions, trained
    on segments as if each had the emotion of its utterance
        |
    for each emotion: the segments' largest, smallest and mean probability,
    and the share of segments that give it more than 0.2
        |
    extreme learning machine of 120 units
        |
    emotion of the utterance

Where this departs from Han et al.:
- the features are those of Zhao et al., 64 ms every 32 ms, so that the systems
  of a table differ by their networks alone. Han et al. stack 25 frames of
  MFCC, pitch and periodicity to 265 ms and 750 values; here 8 frames span
  288 ms and have 800 values;
- the development speakers choose the epoch of the network, by the unweighted
  average recall of the whole system.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from pipelines.datasets.utterances import EMOTION, UtteranceSample
from pipelines.features import yaafe
from pipelines.whitening import Whitening
from tuning.protocols.folds import Fold
from zoo.baselines.extreme_learning_machine import ExtremeLearningMachine
from zoo.common import files
from zoo.metrics import classification

SEGMENT = 8
"""Frames of a segment."""
LOUDEST = 0.1
"""Share of an utterance's segments that are used."""
COMPONENTS = 100
LAYERS = (256, 256, 256)
BATCH = 256
LIKELY = 0.2
EPOCHS = 30
PATIENCE = 8
SPLITS = ("train", "dev", "test")
Scores = dict[str, np.ndarray]
"""By split, (utterances, classes)."""


def predict(
    samples: Mapping[str, UtteranceSample],
    fold: Fold,
    classes: int,
    seed: int,
    path: pathlib.Path,
    epochs: int = EPOCHS,
    progress: Callable[[str], None] = lambda line: None,
) -> Scores:
    """Trains the system on a fold and scores its dev and test utterances.

    Args:
        samples: the utterances by id, their inputs the features of
            `pipelines.features.yaafe`.
        fold: whose dev chooses the epoch.
        classes: number of emotions.
        seed: of both networks.
        path: file that keeps the scores, `.npz`; where it exists it is read.
        epochs: at most.
        progress: called with a line after every epoch.

    Returns:
        Scores of "dev" and "test" in the order of the fold; the highest is
        the predicted class.
    """
    if path.exists():
        with np.load(path, allow_pickle=False) as arrays:
            return {split: arrays[split] for split in SPLITS[1:]}
    segments, y_true = _segments(samples, fold)
    best, best_epoch, kept = -1.0, 0, {}
    for epoch, posteriors in enumerate(
        _epochs(segments, y_true["train"], classes, seed, epochs)
    ):
        scores = _utterance_scores(posteriors, y_true["train"], classes, seed)
        recall = _recall(y_true["dev"], scores["dev"], classes)
        progress(f"epoch {epoch + 1}, dev UA {100 * recall:.1f}")
        if recall > best:
            best, best_epoch, kept = recall, epoch, scores
        if epoch - best_epoch >= PATIENCE:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(path) as part, open(part, "wb") as file:
        np.savez(file, **kept)
    return kept


def _segments(
    samples: Mapping[str, UtteranceSample], fold: Fold
) -> tuple[dict[str, list[np.ndarray]], dict[str, np.ndarray]]:
    """Returns each utterance's segments and its class, by split."""
    whitening = Whitening()
    whitening.fit([samples[name].inputs for name in fold.train])
    segments, y_true = {}, {}
    for split in SPLITS:
        own = [samples[name] for name in getattr(fold, split)]
        segments[split] = [_loudest_of(sample, whitening) for sample in own]
        y_true[split] = np.array([s.classes[EMOTION] for s in own], int)
    return segments, y_true


def _loudest_of(sample: UtteranceSample, whitening: Whitening) -> np.ndarray:
    features = np.asarray(sample.inputs)
    (whitened,) = whitening.apply([features])
    energy = features[:, yaafe.COLUMNS["Energy"]][:, 0]
    return loudest_segments(whitened[:, :COMPONENTS], energy)


def loudest_segments(frames: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """Returns the segments of an utterance that have the highest energy.

    Args:
        frames: (frames, values), at least one.
        energy: (frames,).

    Returns:
        (segments, SEGMENT * values) float32, at least one; an utterance of
        fewer frames than a segment repeats its last one.

    Example:
        >>> frames = np.arange(20.0)[:, None]
        >>> loudest_segments(frames, np.arange(20)).shape
        (1, 8)
        >>> float(loudest_segments(frames, np.arange(20))[0, 0])
        12.0
    """
    missing = max(0, SEGMENT - len(frames))
    frames = np.pad(frames, ((0, missing), (0, 0)), mode="edge")
    energy = np.pad(energy, (0, missing), mode="edge")
    view = np.lib.stride_tricks.sliding_window_view
    loudness = view(energy, SEGMENT).mean(axis=1)
    count = max(1, round(LOUDEST * len(loudness)))
    kept = np.sort(np.argsort(-loudness, kind="stable")[:count])
    windows = view(frames, SEGMENT, axis=0)[kept]
    rows = windows.transpose(0, 2, 1).reshape(count, -1)
    return rows.astype("float32")


def _epochs(
    segments: Mapping[str, list[np.ndarray]],
    y_true: np.ndarray,
    classes: int,
    seed: int,
    epochs: int,
) -> Iterator[dict[str, list[np.ndarray]]]:
    """Trains the network; yields posteriors of segments after every epoch."""
    network = MLPClassifier(LAYERS, batch_size=BATCH, random_state=seed)
    sizes = [len(own) for own in segments["train"]]
    rows, targets = np.concatenate(segments["train"]), np.repeat(y_true, sizes)
    network.batch_size = min(BATCH, len(rows))
    with threadpool_limits(1):
        for _ in range(epochs):
            network.partial_fit(rows, targets, classes=range(classes))
            yield {
                split: _by_utterance(network, own)
                for split, own in segments.items()
            }


def _by_utterance(
    network: MLPClassifier, segments: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Returns the posteriors of each utterance's segments."""
    if not segments:
        return []
    posteriors = network.predict_proba(np.concatenate(segments))
    ends = np.cumsum([len(own) for own in segments])[:-1]
    return np.split(posteriors, ends)


def statistics(posteriors: np.ndarray) -> np.ndarray:
    """Returns what the posteriors of segments say of their utterance.

    Args:
        posteriors: (segments, classes).

    Returns:
        (4 * classes,): largest, smallest and mean posterior of each class, and
        the share of segments in which it is above `LIKELY`.
    """
    return np.concatenate(
        [
            posteriors.max(axis=0),
            posteriors.min(axis=0),
            posteriors.mean(axis=0),
            (posteriors > LIKELY).mean(axis=0),
        ]
    )


def _utterance_scores(
    posteriors: Mapping[str, list[np.ndarray]],
    y_true: np.ndarray,
    classes: int,
    seed: int,
) -> Scores:
    """Fits the extreme learning machine and scores dev and test."""
    features = {
        split: np.array([statistics(rows) for rows in own]).reshape(
            len(own), 4 * classes
        )
        for split, own in posteriors.items()
    }
    machine = ExtremeLearningMachine(seed=seed)
    machine.fit(features["train"], y_true, classes)
    return {split: machine.scores(features[split]) for split in SPLITS[1:]}


def _recall(y_true: np.ndarray, scores: np.ndarray, classes: int) -> float:
    matrix = classification.confusion(y_true, scores.argmax(axis=1), classes)
    return classification.unweighted_average_recall(matrix)
