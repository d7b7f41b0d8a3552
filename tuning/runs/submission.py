"""Predictions as files in the format of AVEC's labels and submissions."""

from __future__ import annotations

import pathlib

import numpy as np

from pipelines import gold_standard
from pipelines.corpora.base import LABEL_HOP
from tuning.experiments.base import Experiment
from tuning.experiments.predictions import Predictions
from zoo.common import files
from zoo.common.cli import UsageError

SPLIT = "test"


def check(folder: pathlib.Path, experiment: type[Experiment]) -> None:
    """Refuses what cannot be written, before a recording is read.

    Args:
        folder: of the submission.
        experiment: the class of the model's experiments.

    Raises:
        UsageError: the model predicts no traces, or the folder holds
            something already.
    """
    if not experiment.predicts_traces:
        raise UsageError(
            "--submission writes traces of recordings. Received a run of a "
            f"model of {experiment.kind}. Leave it out."
        )
    is_free = not folder.exists() or (
        folder.is_dir() and not any(folder.iterdir())
    )
    if not is_free or not folder.absolute().parent.is_dir():
        raise UsageError(
            "--submission must name a new folder, in a folder that exists. "
            f"Received: {folder}"
        )


def write(
    folder: pathlib.Path, experiment: Experiment, predictions: Predictions
) -> None:
    """Writes the predictions of the test recordings, all or nothing.

    The folder holds DIMENSION/RECORDING.arff, with the relation
    `GOLDSTANDARD` (`pipelines.gold_standard.arff`). As in the challenge's
    labels, a row at the end of the recording follows those of its steps; it
    repeats the last one. Where the corpus' labels were moved earlier by a lag,
    predictions are moved later by as much, the first one held, so that they
    are at the time at which raters give them.

    Args:
        folder: new or empty, in a folder that exists.
        experiment: whose test recordings were predicted.
        predictions: of them, by dimension.

    Raises:
        ValueError: the corpus has no test recordings.
        OSError: the folder cannot be written.
    """
    corpus = experiment.corpus
    if SPLIT not in corpus.splits:
        raise ValueError(
            f"A submission holds predictions of test recordings. Received "
            f"the corpus {corpus.name!r}, which has none in {corpus.root}."
        )
    late = round(corpus.lag / LABEL_HOP)
    names = [utterance.id for utterance in corpus.split(SPLIT)]
    with files.new_folder(folder) as part:
        for dimension, traces in predictions.items():
            (part / dimension).mkdir()
            for name, trace in zip(names, traces, strict=True):
                rows = np.concatenate(
                    [np.repeat(trace[:1], late), trace, trace[-1:]]
                )[: len(trace) + 1]
                text = gold_standard.arff(name, rows, LABEL_HOP)
                path = part / dimension / f"{name}.arff"
                path.write_text(text, "utf-8")
        part.chmod(0o755)
