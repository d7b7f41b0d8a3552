"""Cells of the networks: the folds of a corpus, and one network of it all."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tuning.crosscorpus import corpora
from tuning.crosscorpus.cells import Cell
from tuning.crosscorpus.corpora import Member
from tuning.experiments.classification import TARGET
from tuning.experiments.cross_validation import CrossValidation
from tuning.runs import networks, workspace
from tuning.runs.networks import Network
from tuning.runs.request import RunRequest
from tuning.training import hyperparameters
from tuning.training.fits import Configuration, Fit
from tuning.training.pool import Pool
from tuning.training.progress import Progress

SYSTEM = "network"
NORMALISATION = "normalisation"


def schemes(request: RunRequest) -> tuple[str, ...]:
    """Returns the normalisations to compare: none and by speaker.

    It is the one that `--set` names, or the recipe's only one, instead.
    """
    own = hyperparameters.configure(request.recipe, TARGET, request.changes)
    names = (change.partition("=")[0] for change in request.changes)
    rule = request.recipe.values.get(NORMALISATION)
    if NORMALISATION in names or rule is None:
        return (own.training.get(NORMALISATION, "none"),)
    return tuple(
        name for name in ("none", "speaker") if rule.parse(name) is not None
    )


def cells(
    request: RunRequest,
    members: Mapping[str, Member],
    experiments: Mapping[str, CrossValidation],
    scheme: str,
    progress: Progress,
    pool: Pool,
) -> Iterator[Cell]:
    """Trains on each corpus and predicts all of them.

    Nothing of a corpus that is tested enters the training on another one:
    whitening, the epoch and the normalisation of the network's own speakers
    come from the corpus that it learns.

    Args:
        request: of the model.
        members: the corpora.
        experiments: on each of them.
        scheme: normalisation.
        progress: shows how far the training is.
        pool: of processes.
    """
    changes = [*request.changes, f"{NORMALISATION}={scheme}"]
    configuration = hyperparameters.configure(request.recipe, TARGET, changes)
    for name, experiment in experiments.items():
        own, whole = _train(
            request, name, experiment, configuration, progress, pool
        )
        yield _within(members[name], experiment, configuration, own)
        models = [experiment.whole.load(fit, configuration) for fit in whole]
        for other, tested in experiments.items():
            if other == name:
                continue
            progress.show(f"{name}, {scheme}: predicting {other}")
            samples = corpora.samples(tested, scheme)
            yield Cell(
                SYSTEM,
                scheme,
                name,
                other,
                corpora.y_true(tested),
                [tested.data.posteriors(model, samples) for model in models],
                [sample.speaker for sample in samples],
            )
    progress.clear()


def folder(out: pathlib.Path, corpus: str) -> pathlib.Path:
    """Returns the folder of the networks that learn a corpus."""
    return out / workspace.SYSTEMS / corpus


def _train(
    request: RunRequest,
    name: str,
    experiment: CrossValidation,
    configuration: Configuration,
    progress: Progress,
    pool: Pool,
) -> tuple[list[Fit], list[Fit]]:
    """Returns the fits of every seed: of the folds, and of the whole."""
    out = folder(request.out, name)
    scheme = configuration.training[NORMALISATION]
    wanted = [
        Network(TARGET, configuration, seed, predicts=True)
        for seed in request.seeds
    ]
    others = [
        whole
        for seed in request.seeds
        for whole in experiment.whole_requests(
            out, {TARGET: configuration}, seed
        )
    ]
    own = networks.train(
        experiment,
        out,
        wanted,
        pool,
        lambda line: progress.show(f"{name}, {scheme}: {line}"),
        others=others,
    )
    return own, [experiment.train(whole) for whole in others]


def _within(
    member: Member,
    experiment: CrossValidation,
    configuration: Configuration,
    fits: Sequence[Fit],
) -> Cell:
    """Returns the cell of the cross-validation within a corpus."""
    split = member.split
    posteriors = [
        np.concatenate(
            [
                np.asarray(part.outputs_of(own, configuration)[split][TARGET])
                for part, own in zip(experiment.parts, fit.folds)
            ]
        )
        for fit in fits
    ]
    return Cell(
        SYSTEM,
        configuration.training[NORMALISATION],
        member.name,
        member.name,
        experiment.y_true(split),
        posteriors,
        experiment.units(split),
    )
