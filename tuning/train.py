"""Trains a model as its paper configures it, with several seeds.

`python -m tuning.train NAME` runs on a simulated corpus; with `--corpus` and
`--data` on yours. The same command goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Sequence

from pipelines.corpora.base import Corpus
from tuning.experiments import factory
from tuning.runs import options, report
from tuning.runs.finish import finish
from tuning.training import hyperparameters
from tuning.training.progress import Progress
from zoo.common import cli


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    parser = options.parser("train", __doc__)
    options.add_experiment(parser)
    options.add_set(
        parser,
        "another value for one of the space's hyper-parameters, such as "
        "learning_rate=0.002",
    )
    open_once = functools.lru_cache(maxsize=1)(factory.open_corpus)
    for arguments in options.each(parser.parse_args(argv)):
        run(arguments, Progress(), open_once)


def run(
    arguments: argparse.Namespace,
    progress: Progress,
    open_corpus: Callable[..., Corpus],
) -> None:
    """One training and its report."""
    configurations = {
        target: hyperparameters.configure(arguments.name, target, arguments.set)
        for target in factory.targets(arguments.name)
    }
    experiment, out = options.prepare(arguments, progress, open_corpus)
    seeds = options.seeds(arguments)
    content = finish(experiment, configurations, out, seeds, progress)
    report.print_run(content, out, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
