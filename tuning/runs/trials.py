"""Trials of a search: configurations that are trained and stored."""

from __future__ import annotations

import dataclasses
import pathlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tuning.experiments.base import Experiment
from tuning.runs import networks
from tuning.runs.networks import Network
from tuning.runs.proposals import NO_LIMIT, Proposals
from tuning.training import hyperparameters
from tuning.training.fits import Configuration, Fit
from tuning.training.pool import Pool
from tuning.training.progress import Progress, clock

PAPER = "paper"


@dataclasses.dataclass
class Trial:
    """A configuration of one target that a search tries.

    Attributes:
        name: `PAPER`, or the tuner's number.
        target: that is predicted.
        configuration: that is tried.
        epochs: at most; `None` for the experiment's.
        number: of the target's trials, from 1.
        fits: by the number of the seed, once they are trained.
    """

    name: str
    target: str
    configuration: Configuration
    epochs: int | None
    number: int
    fits: dict[int, Fit] = dataclasses.field(default_factory=dict)

    @property
    def score(self) -> float:
        """The mean development score over the seeds."""
        return float(np.mean([self.fits[i].best for i in sorted(self.fits)]))


class Search:
    """Trials over a search space, each trained once with every seed.

    Trials whose configurations do not depend on each other's scores are
    trained side by side: all of a random search or a grid; of the other tuners
    one a target. The order of the trials does not depend on that.

    The tuner keeps no state between two runs of the command: it is seeded, so
    it proposes the same trials again, and finished ones are read from their
    folders.

    Args:
        experiment: that trains.
        out: the run's folder.
        tuner: one of `TUNERS`.
        max_trials: trials a target.
        seeds: of each trial's networks; the first one is the tuner's.
        progress: shows how far the search is.
        pool: of processes that train.
        changes: "NAME=VALUE" of hyper-parameters that are not searched.

    Attributes:
        trials: those that are finished.
    """

    def __init__(
        self,
        experiment: Experiment,
        out: pathlib.Path,
        tuner: str,
        max_trials: int,
        seeds: Sequence[int],
        progress: Progress,
        pool: Pool,
        changes: Sequence[str] = (),
    ):
        self.experiment = experiment
        self.recipe = experiment.recipe
        self.out = out
        self.tuner = tuner
        self.max_trials = max_trials
        self.seeds = seeds
        self.progress = progress
        self.pool = pool
        self.changes = changes
        self.measure, self.direction = self.recipe.measure
        self.objective = f"dev_{self.measure}"
        self.trials: list[Trial] = []
        self._proposed: list[Trial] = []
        self._started = time.monotonic()

    def record(self) -> dict[str, Any]:
        """Returns the search as a report has it."""
        return {
            "tuner": self.tuner,
            "objective": self.objective,
            "heading": f"dev {self.experiment.measures[self.measure]}",
            "direction": self.direction,
            "seeds": list(self.seeds),
            "trials": [self._row(trial) for trial in self.trials],
        }

    def _row(self, trial: Trial) -> dict[str, Any]:
        fits = [trial.fits[index] for index in sorted(trial.fits)]
        return {
            "target": trial.target,
            self.objective: trial.score,
            "scores": [fit.best for fit in fits],
            "epochs": max(fit.epochs for fit in fits),
            "trial": trial.name,
            "arguments": dict(trial.configuration.arguments),
            "training": dict(trial.configuration.training),
        }

    def run(self) -> dict[str, Configuration]:
        """Searches, and returns the best configuration of each target."""
        with tempfile.TemporaryDirectory() as folder:
            sources = {
                target: self._proposals(target, pathlib.Path(folder, target))
                for target in self.experiment.targets
            }
            trials = []
            for target, source in sources.items():
                trials.append(self._papers_own(target))
                if source.is_independent:
                    trials += self._propose(target, source)
            self._train(trials)
            if self.max_trials > 1:
                self._follow(
                    {t: s for t, s in sources.items() if not s.is_independent}
                )
        self.progress.clear()
        order = list(sources)
        self.trials.sort(key=lambda t: (order.index(t.target), t.number))
        return {target: self.best(target).configuration for target in sources}

    def _follow(self, sources: dict[str, Proposals]) -> None:
        """Tries what tuners propose by the scores so far, one a target."""
        while sources:
            asked = {target: sources[target].ask() for target in sources}
            sources = {t: s for t, s in sources.items() if asked[t] is not None}
            trials = {t: self._trial(t, asked[t]) for t in sources}
            self._train([trial for trial in trials.values() if not trial.fits])
            for target, source in sources.items():
                source.tell(asked[target], trials[target].score)

    def _proposals(self, target: str, folder: pathlib.Path) -> Proposals:
        hp = hyperparameters.fixed(self.recipe, target, self.changes)
        self.recipe.configuration(hp, target)  # adds those of the space
        # A grid proposes the paper's own values again, which is no new trial.
        most = self.max_trials - (self.tuner != "grid")
        return Proposals(
            self.tuner,
            hp,
            self.objective,
            self.direction,
            most,
            self.experiment.epochs,
            self.seeds[0],
            folder,
        )

    def _papers_own(self, target: str) -> Trial:
        hp = hyperparameters.fixed(self.recipe, target, self.changes)
        configuration = self.recipe.configuration(hp, target)
        return self._add(PAPER, target, self.experiment.distinct(configuration))

    def _propose(self, target: str, source: Proposals) -> Iterator[Trial]:
        """Yields all trials of a tuner that does not look at scores."""
        while self.max_trials > 1 and (asked := source.ask()) is not None:
            before = len(self._proposed)
            trial = self._trial(target, asked)
            if len(self._proposed) > before:
                yield trial
            source.tell(asked, 0.0)  # which it does not look at

    def _trial(self, target: str, asked: Any) -> Trial:
        """Returns the trial that a tuner asks for.

        It is an earlier one where that trains the same network.
        """
        values = asked.hyperparameters
        configuration = self.experiment.distinct(
            self.recipe.configuration(values, target)
        )
        epochs = values.values.get("tuner/epochs")
        for earlier in self._proposed:
            is_same = earlier.target == target and epochs is None
            if is_same and earlier.configuration == configuration:
                return earlier
        return self._add(asked.trial_id, target, configuration, epochs)

    def _add(
        self,
        name: str,
        target: str,
        configuration: Configuration,
        epochs: int | None = None,
    ) -> Trial:
        number = 1 + sum(trial.target == target for trial in self._proposed)
        self._proposed.append(
            Trial(name, target, configuration, epochs, number)
        )
        return self._proposed[-1]

    def _train(self, trials: Sequence[Trial]) -> None:
        """Trains all networks of some trials side by side."""
        wanted = [
            Network(trial.target, trial.configuration, seed, trial.epochs)
            for trial in trials
            for seed in self.seeds
        ]

        def note(index: int, fit: Fit) -> None:
            number, seed = divmod(index, len(self.seeds))
            trials[number].fits[seed] = fit
            if len(trials[number].fits) == len(self.seeds):
                self._finish(trials[number])

        networks.train(
            self.experiment, self.out, wanted, self.pool, self._show, note
        )

    def _finish(self, trial: Trial) -> None:
        """Keeps a trial and prints its score."""
        self.trials.append(trial)
        measure = self.experiment.measures[self.measure]
        of = "" if self.max_trials == NO_LIMIT else f" of {self.max_trials}"
        self.progress.say(
            f"{trial.target}: trial {trial.number}{of}: dev {measure} "
            f"{trial.score:.3f}, {self._standing(trial.target)}"
        )

    def _show(self, line: str) -> None:
        of = "" if self.max_trials == NO_LIMIT else f" of {self._total()}"
        self.progress.show(f"{len(self.trials)}{of} trials; {line}")

    def _total(self) -> int:
        return self.max_trials * len(self.experiment.targets)

    def best(self, target: str) -> Trial:
        """Returns the best trial of a target so far."""
        choose = max if self.direction == "max" else min
        own = [trial for trial in self.trials if trial.target == target]
        own.sort(key=lambda trial: trial.number)  # of equal ones the first
        return choose(own, key=lambda trial: trial.score)

    def _standing(self, target: str) -> str:
        best = self.best(target)
        standing = f"best {best.score:.3f} ({best.name})"
        if self.max_trials == NO_LIMIT:
            return standing
        spent = time.monotonic() - self._started
        left = max(0, self._total() - len(self.trials))
        return f"{standing}, {clock(spent / len(self.trials) * left)} left"
