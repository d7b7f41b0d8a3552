"""The networks of a run, trained side by side."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

from tuning.experiments.networks import Networks
from tuning.training.fits import Configuration, Fit, FitRequest
from tuning.training.pool import Pool


@dataclasses.dataclass(frozen=True)
class Network:
    """A network of one target and seed; in cross-validation, one a fold.

    Attributes:
        target: that it predicts.
        configuration: of it and of its training.
        seed: of the initial weights and the order of recordings.
        epochs: at most; `None` for the experiment's.
        predicts: whether it also predicts the scored splits.
    """

    target: str
    configuration: Configuration
    seed: int
    epochs: int | None = None
    predicts: bool = False


def train(
    experiment: Networks,
    out: pathlib.Path,
    wanted: Sequence[Network],
    pool: Pool,
    show: Callable[[str], None],
    on_fit: Callable[[int, Fit], None] = lambda number, fit: None,
    others: Sequence[FitRequest] = (),
) -> list[Fit]:
    """Trains the networks that are not trained yet.

    Args:
        experiment: that trains.
        out: the run's folder.
        wanted: the networks.
        pool: of processes.
        show: called with a line of progress.
        on_fit: called with a network's number and its fit.
        others: to train beside them.

    Returns:
        The fit of each.
    """
    requests: list[FitRequest] = []
    owners: list[int] = []
    for number, network in enumerate(wanted):
        own = experiment.requests(
            out,
            network.target,
            network.configuration,
            network.seed,
            network.epochs,
            network.predicts,
        )
        requests += own
        owners += [number] * len(own)
    parts: dict[int, Fit] = {}
    whole: dict[int, Fit] = {}

    def note(index: int, fit: Fit) -> None:
        parts[index] = fit
        if index >= len(owners):
            return
        number = owners[index]
        own = [i for i, owner in enumerate(owners) if owner == number]
        if all(i in parts for i in own):
            whole[number] = experiment.combine(out, [parts[i] for i in own])
            on_fit(number, whole[number])

    pool.train(experiment, [*requests, *others], show, note)
    return [whole[number] for number in range(len(wanted))]
