"""Searches a paper's hyper-parameters and trains the best configuration.

`python -m tuning.search NAME` runs on a simulated corpus; with `--corpus` and
`--data` on yours. The same command goes on where it was interrupted.
"""

from __future__ import annotations

import contextlib
import functools
import math
import pathlib
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from sklearn.exceptions import ConvergenceWarning

import zoo
from tuning import options, report, spaces
from tuning.experiment import Experiment, dimensions
from tuning.fits import Configuration
from tuning.progress import Progress, clock
from tuning.recipes import recipe
from tuning.run import finish
from zoo import command

TUNERS = {
    "random": "RandomSearch",
    "bayesian": "BayesianOptimization",
    "hyperband": "Hyperband",
    "grid": "GridSearch",
}
TRIALS = 8
ALL = sys.maxsize  # Hyperband ends by itself
OBJECTIVE = "dev_ccc"
PAPER = "paper"


def main(argv: Sequence[str] | None = None) -> None:
    parser = options.parser("search", __doc__)
    options.add_experiment(parser)
    parser.add_argument(
        "--tuner",
        choices=sorted(TUNERS),
        help="how to search (default: the paper's way, else at random)",
    )
    parser.add_argument(
        "--trials",
        type=options.positive,
        help="configurations a dimension, the paper's own among them "
        f"(default: {TRIALS}, or all of a grid's or Hyperband's)",
    )
    arguments = parser.parse_args(argv)
    tuner = arguments.tuner or recipe(zoo.card(arguments.name).name).tuner
    most = arguments.trials or default_trials(arguments.name, tuner)
    progress = Progress()
    experiment, out = options.prepare(arguments, progress)
    search = Search(experiment, out, tuner, most, arguments.seed, progress)
    configurations = search.run()
    content = finish(
        experiment,
        configurations,
        out,
        options.seeds(arguments),
        progress,
        {"tuner": tuner, "trials": search.trials},
    )
    report.print_run(content, out, arguments.json)


def default_trials(model: str, tuner: str) -> int:
    """How many configurations a tuner tries where nobody says.

    Raises:
        UsageError: a grid over a hyper-parameter that takes any value.
    """
    if tuner in ("random", "bayesian"):
        return TRIALS
    if tuner == "hyperband":
        return ALL
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    spaces.space(model)(hp, dimensions(zoo.card(model))[0])
    kinds = keras_tuner.engine.hyperparameters
    for each in hp.space:
        if not isinstance(each, (kinds.Choice, kinds.Fixed)):
            raise command.UsageError(
                f"--tuner grid: {each.name!r} takes any value; say how many "
                "configurations to try with --trials."
            )
    return math.prod(len(each.values) for each in hp.space)


class Search:
    """Trials over a space, each trained once and remembered on disk.

    The tuner itself keeps nothing between two runs of the command: it is
    seeded, so it proposes the same trials again, and finished ones answer
    from their folders.

    Args:
        experiment: that trains.
        out: the run's folder.
        tuner: one of `TUNERS`.
        most: trials a dimension.
        seed: of the tuner and of every trial.
        progress: where it is said how far the search is.
    """

    def __init__(
        self,
        experiment: Experiment,
        out: pathlib.Path,
        tuner: str,
        most: int,
        seed: int,
        progress: Progress,
    ):
        self.experiment = experiment
        self.space = spaces.space(experiment.card.name)
        self.out = out
        self.tuner = tuner
        self.most = most
        self.seed = seed
        self.progress = progress
        self.trials: list[dict[str, Any]] = []
        self._started = time.monotonic()

    def run(self) -> dict[str, Configuration]:
        """The best configuration of each dimension."""
        best = {}
        for dimension in self.experiment.dimensions:
            self._search(dimension)
            winner = self._best(dimension)
            best[dimension] = Configuration(
                winner["arguments"], winner["training"]
            )
        self.progress.clear()
        return best

    def _search(self, dimension: str) -> None:
        """The paper's own values first, then what the tuner proposes."""
        import keras_tuner

        hp = keras_tuner.HyperParameters()
        self.trial(PAPER, dimension, self.space(hp, dimension))
        if self.most > 1:
            with warnings.catch_warnings():
                # Of KerasTuner's Gaussian process; nobody can act on it.
                warnings.simplefilter("ignore", ConvergenceWarning)
                _tuner(self, dimension, hp).search(verbose=0)

    def trial(
        self,
        name: str,
        dimension: str,
        configuration: Configuration,
        epochs: int | None = None,
    ) -> float:
        """Trains one configuration; its development CCC.

        A configuration that has had its trial is not tried again.
        """
        plain = {
            "arguments": dict(configuration.arguments),
            "training": dict(configuration.training),
        }
        for known in self._own(dimension):
            if epochs is None and plain.items() <= known.items():
                return known["dev_ccc"]
        started = time.monotonic()
        fit = self.experiment.fit(
            self.out,
            dimension,
            configuration,
            self.seed,
            epochs=epochs,
            on_epoch=functools.partial(self._show, dimension),
        )
        self.trials.append(
            {
                "trial": name,
                "dimension": dimension,
                "dev_ccc": fit.best,
                "epochs": fit.epochs,
                "seconds": round(time.monotonic() - started, 1),
                **plain,
            }
        )
        number = self._number(dimension, len(self._own(dimension)))
        standing = self._standing(dimension)
        self.progress.say(f"{number}: dev CCC {fit.best:.3f}, {standing}")
        return fit.best

    def _show(self, dimension: str, epoch: int, logs: Any) -> None:
        number = self._number(dimension, len(self._own(dimension)) + 1)
        self.progress.show(
            f"{number}, epoch {epoch + 1} of {self.experiment.epochs}, "
            f"{self._standing(dimension)}"
        )

    def _number(self, dimension: str, number: int) -> str:
        of = "" if self.most == ALL else f" of {self.most}"
        return f"{dimension}: trial {number}{of}"

    def _own(self, dimension: str) -> list[dict[str, Any]]:
        return [t for t in self.trials if t["dimension"] == dimension]

    def _best(self, dimension: str) -> dict[str, Any]:
        return max(self._own(dimension), key=lambda each: each["dev_ccc"])

    def _standing(self, dimension: str) -> str:
        if not self._own(dimension):
            return "no best yet"
        best = self._best(dimension)
        standing = f"best {best['dev_ccc']:.3f} ({best['trial']})"
        if self.most == ALL:
            return standing
        spent = time.monotonic() - self._started
        left = self.most * len(self.experiment.dimensions) - len(self.trials)
        return f"{standing}, {clock(spent / len(self.trials) * left)} left"


def _tuner(search: Search, dimension: str, hp: Any) -> Any:
    """A KerasTuner of the asked kind whose trials are the search's own."""
    import keras_tuner

    kind: Any = getattr(keras_tuner, TUNERS[search.tuner])

    class Tuner(kind):
        def run_trial(self, trial, *args, **kwargs):
            values = trial.hyperparameters
            with _fatal():
                score = search.trial(
                    trial.trial_id,
                    dimension,
                    search.space(values, dimension),
                    values.values.get("tuner/epochs"),
                )
            return {OBJECTIVE: score}

    sizes: dict[str, Any] = {"max_trials": search.most - 1}
    if search.tuner == "hyperband":
        sizes = {"max_epochs": search.experiment.epochs}
    tuner = Tuner(
        hyperparameters=hp,
        tune_new_entries=False,
        objective=keras_tuner.Objective(OBJECTIVE, "max"),
        seed=search.seed + 1,  # KerasTuner takes 0 for unseeded
        directory=str(search.out),
        project_name="tuner",
        overwrite=True,
        **sizes,
    )
    # A grid comes by the paper's own values once more, which is no trial.
    tuner.oracle.max_trials = search.most - (search.tuner != "grid")
    return tuner


@contextlib.contextmanager
def _fatal() -> Iterator[None]:
    """Ends the search on an error; KerasTuner would go on without a word."""
    from keras_tuner import errors

    try:
        yield
    except (ValueError, OSError) as error:
        raise errors.FatalValueError(str(error)) from error
    except Exception as error:
        raise errors.FatalError(str(error)) from error


def cli() -> int:
    """The console script."""
    return command.run(main)


if __name__ == "__main__":
    sys.exit(cli())
