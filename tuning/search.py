"""Searches a paper's hyper-parameters and trains the best configuration.

`python -m tuning.search NAME` runs on a simulated corpus; with `--corpus` and
`--data` on yours. The same command goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import functools
import math
import sys
from collections.abc import Callable, Sequence

import zoo
from pipelines.corpora.base import Corpus
from tuning.experiments import factory
from tuning.runs import options, report
from tuning.runs.finish import finish
from tuning.runs.trials import ALL, TUNERS, Search
from tuning.training import hyperparameters, spaces
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import cli

TRIALS = 5


@cli.command
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
        help="configurations a target, the paper's own among them "
        f"(default: {TRIALS}, or all of a grid's or Hyperband's)",
    )
    options.add_set(
        parser,
        "a hyper-parameter that is not searched but set, such as shuffle=false",
    )
    open_once = functools.lru_cache(maxsize=1)(factory.open_corpus)
    for arguments in options.each(parser.parse_args(argv)):
        run(arguments, Progress(), open_once)


def run(
    arguments: argparse.Namespace,
    progress: Progress,
    open_corpus: Callable[..., Corpus],
) -> None:
    """One search and its report."""
    tuner = arguments.tuner or recipe(zoo.card(arguments.name).name).tuner
    model, changes = arguments.name, arguments.set
    for target in factory.targets(model):
        # What is set amiss is refused before a long reading.
        hyperparameters.fixed(model, target, changes)
    most = arguments.trials or default_trials(model, tuner, changes)
    experiment, out = options.prepare(arguments, progress, open_corpus)
    search = Search(
        experiment, out, tuner, most, arguments.seed, progress, changes
    )
    configurations = search.run()
    content = finish(
        experiment,
        configurations,
        out,
        options.seeds(arguments),
        progress,
        search.record(),
    )
    report.print_run(content, out, arguments.json)


def default_trials(model: str, tuner: str, changes: Sequence[str] = ()) -> int:
    """How many configurations a tuner tries where nobody says.

    Raises:
        UsageError: a grid over a hyper-parameter that takes any value.
    """
    if tuner in ("random", "bayesian"):
        return TRIALS
    if tuner == "hyperband":
        return ALL
    import keras_tuner

    first = factory.targets(model)[0]
    hp = hyperparameters.fixed(model, first, changes)
    spaces.space(model)(hp, first)
    kinds = keras_tuner.engine.hyperparameters
    for each in hp.space:
        if not isinstance(each, (kinds.Choice, kinds.Fixed)):
            raise cli.UsageError(
                f"--tuner grid: {each.name!r} takes any value; say how many "
                "configurations to try with --trials."
            )
    return math.prod(len(each.values) for each in hp.space)


if __name__ == "__main__":
    sys.exit(main())
