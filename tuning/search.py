"""Searches a paper's hyper-parameters and trains the best configuration.

`python -m tuning.search NAME` runs on a simulated corpus; with `--corpus` and
`--data` on yours. The same command goes on where it was interrupted.
"""

from __future__ import annotations

import functools
import math
import pathlib
import sys
import time
from collections.abc import Sequence
from typing import Any

from tuning import options, report, spaces
from tuning.experiment import Experiment
from tuning.fits import Configuration
from tuning.progress import Progress, clock
from tuning.run import finish
from zoo import command

TUNERS = {
    "random": "RandomSearch",
    "bayesian": "BayesianOptimization",
    "hyperband": "Hyperband",
    "grid": "GridSearch",
}
TRIALS = 8
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
        f"(default: {TRIALS}, or the whole grid)",
    )
    arguments = parser.parse_args(argv)
    progress = Progress()
    experiment, out = options.prepare(arguments, progress)
    search = Search(experiment, out, arguments, progress)
    configurations = search.run()
    content = finish(
        experiment,
        configurations,
        out,
        options.seeds(arguments),
        progress,
        {"tuner": search.tuner, "trials": search.trials},
    )
    report.print_run(content, out, arguments.json)


class Search:
    """Trials over a space, each trained once and remembered on disk.

    The tuner itself keeps nothing between two runs of the command: it is
    seeded, so it proposes the same trials again, and finished ones answer
    from their folders.
    """

    def __init__(
        self,
        experiment: Experiment,
        out: pathlib.Path,
        arguments: Any,
        progress: Progress,
    ):
        self.experiment = experiment
        self.space = spaces.space(experiment.card.name)
        self.out = out
        self.seed = arguments.seed
        self.tuner = arguments.tuner or experiment.recipe.tuner
        self.most = arguments.trials or self._default_trials()
        self.progress = progress
        self.trials: list[dict[str, Any]] = []
        self._started = time.monotonic()

    def _default_trials(self) -> int:
        if self.tuner != "grid":
            return TRIALS
        import keras_tuner

        hp = keras_tuner.HyperParameters()
        self.space(hp, self.experiment.dimensions[0])
        for each in hp.space:
            if not isinstance(each, keras_tuner.engine.hyperparameters.Choice):
                raise command.UsageError(
                    f"--tuner grid: {each.name!r} takes any value; say how "
                    "many configurations to try with --trials."
                )
        return math.prod(len(each.values) for each in hp.space)

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
        for known in self._own(dimension):
            if (known["arguments"], known["training"]) == (
                configuration.arguments,
                configuration.training,
            ) and epochs is None:
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
                "arguments": dict(configuration.arguments),
                "training": dict(configuration.training),
            }
        )
        self.progress.say(
            f"{self._number(dimension, len(self._own(dimension)))}: dev CCC "
            f"{fit.best:.3f}, {self._standing(dimension)}"
        )
        return fit.best

    def _show(self, dimension: str, epoch: int, logs: Any) -> None:
        number = self._number(dimension, len(self._own(dimension)) + 1)
        self.progress.show(
            f"{number}, epoch {epoch + 1} of {self.experiment.epochs}, "
            f"{self._standing(dimension)}"
        )

    def _number(self, dimension: str, number: int) -> str:
        return f"{dimension}: trial {number} of {self.most}"

    def _own(self, dimension: str) -> list[dict[str, Any]]:
        return [t for t in self.trials if t["dimension"] == dimension]

    def _best(self, dimension: str) -> dict[str, Any]:
        return max(self._own(dimension), key=lambda each: each["dev_ccc"])

    def _standing(self, dimension: str) -> str:
        if not self._own(dimension):
            return "no best yet"
        best = self._best(dimension)
        spent = time.monotonic() - self._started
        left = self.most * len(self.experiment.dimensions) - len(self.trials)
        return (
            f"best {best['dev_ccc']:.3f} ({best['trial']}), "
            f"{clock(spent / len(self.trials) * left)} left"
        )


def _tuner(search: Search, dimension: str, hp: Any) -> Any:
    """A KerasTuner of the asked kind whose trials are the search's own."""
    import keras_tuner

    kind: Any = getattr(keras_tuner, TUNERS[search.tuner])

    class Tuner(kind):
        def run_trial(self, trial, *args, **kwargs):
            values = trial.hyperparameters
            try:
                score = search.trial(
                    trial.trial_id,
                    dimension,
                    search.space(values, dimension),
                    values.values.get("tuner/epochs"),
                )
            except (ValueError, OSError) as error:
                raise keras_tuner.errors.FatalValueError(str(error)) from error
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


def cli() -> int:
    """The console script."""
    return command.run(main)


if __name__ == "__main__":
    sys.exit(cli())
