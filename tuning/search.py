"""Searches a paper's hyper-parameters and trains the best configuration.

`python -m tuning.search NAME` runs on a simulated corpus; with `--corpus` and
`--data` on yours. The same command resumes where it was interrupted.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import math
import sys
from collections.abc import Callable, Sequence

from pipelines.corpora.base import Corpus
from tuning.experiments.cross_validation import CrossValidation
from tuning.runs import nested, options, report, workspace
from tuning.runs.proposals import NO_LIMIT, TUNERS
from tuning.runs.request import CorpusRequest, RunRequest
from tuning.runs.run import train_and_report
from tuning.runs.trials import Search
from tuning.training import hyperparameters
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from tuning.training.recipe import Recipe
from zoo.common import cli

TRIALS = 5


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    open_corpus = functools.lru_cache(maxsize=1)(CorpusRequest.open)
    with Pool(arguments.processes) as pool:
        for request in options.run_requests(arguments):
            how = SearchRequest(
                tuner=arguments.tuner or request.recipe.tuner,
                trials=arguments.trials,
                seeds=arguments.trial_seeds or request.recipe.trial_seeds,
                nested=arguments.nested,
            )
            content = search(request, how, Progress(), pool, open_corpus)
            report.print_run(content, request.out, arguments.json)


def _parser() -> argparse.ArgumentParser:
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
    parser.add_argument(
        "--trial-seeds",
        type=options.positive,
        help="networks of each configuration, which is judged by their mean "
        "dev score (default: the paper's number, else 1)",
    )
    parser.add_argument(
        "--nested",
        action="store_true",
        help="in cross-validation: also score a configuration that each fold "
        "chooses without its test speakers",
    )
    return parser


@dataclasses.dataclass(frozen=True)
class SearchRequest:
    """How a command wants to search.

    Attributes:
        tuner: one of `TUNERS`.
        trials: configurations a target; `None` for the tuner's default.
        seeds: number of networks that each configuration is judged by.
        nested: whether each fold also chooses for itself.
    """

    tuner: str
    trials: int | None = None
    seeds: int = 1
    nested: bool = False


def search(
    request: RunRequest,
    how: SearchRequest,
    progress: Progress,
    pool: Pool,
    open_corpus: Callable[[CorpusRequest], Corpus] = CorpusRequest.open,
) -> dict:
    """Runs one search and trains its best configuration.

    Args:
        request: of the run.
        how: the search.
        progress: shows how far the search is.
        pool: of processes that train.
        open_corpus: opens the corpus.

    Returns:
        The report.
    """
    max_trials = _check(request, how)
    if how.nested:
        choices = dataclasses.replace(request.choices, nested=True)
        request = dataclasses.replace(request, choices=choices)
    experiment = workspace.prepare(request, progress, open_corpus)
    first = request.seeds[0]
    trials = Search(
        experiment,
        request.out,
        how.tuner,
        max_trials,
        range(first, first + how.seeds),
        progress,
        pool,
        request.changes,
    )
    configurations = trials.run()
    record = trials.record()
    if how.nested and isinstance(experiment, CrossValidation):
        record["nested"] = nested.evaluate(
            experiment, trials, request.out, request.seeds, progress, pool
        )
    return train_and_report(
        experiment,
        configurations,
        request.out,
        request.seeds,
        progress,
        pool,
        record,
    )


def _check(request: RunRequest, how: SearchRequest) -> int:
    """Refuses what is wrong before recordings are read.

    Returns:
        The number of configurations a target.
    """
    for target in request.targets:
        hyperparameters.fixed(request.recipe, target, request.changes)
    max_trials = how.trials or default_trials(
        request.recipe, how.tuner, request.targets[0], request.changes
    )
    if how.nested:
        nested.check(request.recipe, how.tuner, max_trials)
    return max_trials


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
