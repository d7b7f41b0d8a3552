"""Searches a paper's hyper-parameters and trains the best configuration.

`python -m tuning.search NAME` runs on a simulated corpus; with `--corpus` and
`--data` on yours. The same command resumes where it was interrupted.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Sequence

from pipelines.corpora.base import Corpus
from tuning.runs import options, report, workspace
from tuning.runs.request import CorpusRequest, RunRequest
from tuning.runs.run import train_and_report
from tuning.runs.trials import NO_LIMIT, TUNERS, Search
from tuning.training import hyperparameters
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from tuning.training.recipe import Recipe
from zoo.common import cli

TRIALS = 5


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    parser = options.parser("search", __doc__)
    options.add_run(
        parser,
        "a hyper-parameter that is set rather than searched, such as "
        "shuffle=false",
    )
    parser.add_argument(
        "--tuner",
        choices=sorted(TUNERS),
        help="how to search (default: the paper's way, else at random)",
    )
    parser.add_argument(
        "--trials",
        type=options.positive,
        help="configurations a target, the paper's own among them "
        f"(default: {TRIALS}, or all of a grid's or Hyperband's)",
    )
    arguments = parser.parse_args(argv)
    open_corpus = functools.lru_cache(maxsize=1)(CorpusRequest.open)
    requests = options.run_requests(arguments)
    with Pool(arguments.processes) as pool:
        for request in requests:
            content = search(
                request,
                arguments.tuner or request.recipe.tuner,
                arguments.trials,
                Progress(),
                pool,
                open_corpus,
            )
            report.print_run(content, request.out, arguments.json)


def search(
    request: RunRequest,
    tuner: str,
    max_trials: int | None,
    progress: Progress,
    pool: Pool,
    open_corpus: Callable[[CorpusRequest], Corpus] = CorpusRequest.open,
) -> dict:
    """Runs one search and trains its best configuration.

    Args:
        request: of the run.
        tuner: one of `TUNERS`.
        max_trials: configurations a target; `None` for the tuner's default.
        progress: shows how far the search is.
        pool: of processes that train.
        open_corpus: opens the corpus.

    Returns:
        The report.
    """
    for target in request.targets:
        # A wrong value is refused before recordings are read.
        hyperparameters.fixed(request.recipe, target, request.changes)
    max_trials = max_trials or default_trials(
        request.recipe, tuner, request.targets[0], request.changes
    )
    experiment = workspace.prepare(request, progress, open_corpus)
    trials = Search(
        experiment,
        request.out,
        tuner,
        max_trials,
        request.seeds[0],
        progress,
        pool,
        request.changes,
    )
    configurations = trials.run()
    return train_and_report(
        experiment,
        configurations,
        request.out,
        request.seeds,
        progress,
        pool,
        trials.record(),
    )


def default_trials(
    recipe: Recipe, tuner: str, target: str, changes: Sequence[str] = ()
) -> int:
    """Returns the number of configurations that a tuner tries by default.

    Args:
        recipe: with the search space.
        tuner: one of `TUNERS`.
        target: that is searched.
        changes: "NAME=VALUE" of hyper-parameters that are not searched.

    Raises:
        UsageError: a grid over a hyper-parameter that takes any value.
    """
    if tuner in ("random", "bayesian"):
        return TRIALS
    if tuner == "hyperband":
        return NO_LIMIT
    import keras_tuner

    hp = hyperparameters.fixed(recipe, target, changes)
    recipe.configuration(hp, target)
    kinds = keras_tuner.engine.hyperparameters
    for parameter in hp.space:
        if not isinstance(parameter, (kinds.Choice, kinds.Fixed)):
            raise cli.UsageError(
                f"--tuner grid: {parameter.name!r} takes any value. Limit the "
                "configurations with --trials."
            )
    return math.prod(len(parameter.values) for parameter in hp.space)


if __name__ == "__main__":
    sys.exit(main())
