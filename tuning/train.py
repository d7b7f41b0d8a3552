"""Trains a model as its paper configures it, with several seeds.

`python -m tuning.train NAME` runs on a simulated corpus; with `--corpus` and
`--data` on yours. The same command resumes where it was interrupted.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence

from pipelines.corpora.base import Corpus
from tuning.runs import options, report, workspace
from tuning.runs.request import CorpusRequest, RunRequest
from tuning.runs.run import train_and_report
from tuning.training import hyperparameters
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from zoo.common import cli


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    parser = options.parser("train", __doc__)
    options.add_run(
        parser,
        "another value for one of the space's hyper-parameters, such as "
        "learning_rate=0.002",
    )
    arguments = parser.parse_args(argv)
    open_corpus = functools.lru_cache(maxsize=1)(CorpusRequest.open)
    with Pool(arguments.processes) as pool:
        for request in options.run_requests(arguments):
            content = train(request, Progress(), pool, open_corpus)
            report.print_run(content, request.out, arguments.json)


def train(
    request: RunRequest,
    progress: Progress,
    pool: Pool,
    open_corpus: Callable[[CorpusRequest], Corpus] = CorpusRequest.open,
) -> dict:
    """Trains a model's default configuration.

    Args:
        request: of the run.
        progress: shows how far the training is.
        pool: of processes that train.
        open_corpus: opens the corpus.

    Returns:
        The report.
    """
    configurations = {
        target: hyperparameters.configure(
            request.recipe, target, request.changes
        )
        for target in request.targets
    }
    experiment = workspace.prepare(request, progress, open_corpus)
    return train_and_report(
        experiment, configurations, request.out, request.seeds, progress, pool
    )


if __name__ == "__main__":
    sys.exit(main())
