"""Rows of tables that say what kind of figure they hold.

Every table of systems has a column `KIND` after the system's name. Published
rows are made by `published`; ours by `tuning.tables.trained.rows` (systems
that are trained for the table) and `tuning.tables.quoted.rows` (finished
runs), which return a row for each kind that there is. Beside figures of a
partial copy there are no published rows, nor what `quotation` quotes.

| system | kind | UA | WA |
| --- | --- | --- | --- |
| FCN, IEMOCAP | published | 56.0 | 64.0 |
| **FCN, emotale, ours** | ensemble of 3 seeds | 54.2 (47.3 to 61.4) | … |
| **FCN, emotale, ours** | mean of 3 seeds | 52.8 ± 0.9 | … |
| **majority, emotale** | constant | 25.0 (25.0 to 25.0) | … |

Brackets hold 95 % bootstrap intervals over speakers, recordings or videos;
below eight of them there are none. ± is the sample standard deviation over
seeds, from three up. Two systems on the same data are compared by
`tuning.tables.trained.difference`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipelines.corpora.base import Corpus
from tuning.experiments.unit_scores import Scores
from tuning.runs.figures import (
    CONSTANT,
    PUBLISHED,
    cell,
    ensemble_of,
    mean_and_deviation,
    mean_of,
)

KIND = "kind"
"""Heading of the column."""
Column = tuple[str, str, str]
"""Partition, label and measure that a column shows."""
ByPartition = Mapping[str, Scores]
"""Scores by partition, label and measure."""


def quotation(corpus: Corpus, text: str) -> str:
    """Returns what a paper says of its figures; "" beside a partial copy's.

    Args:
        corpus: of the figures beside it.
        text: of the paper.
    """
    return "" if corpus.partial else text


def published(
    corpus: Corpus, name: str, cells: Iterable[str], kind: str = PUBLISHED
) -> list[list[str]]:
    """Returns the row of a published system; none beside a partial copy's.

    Args:
        corpus: of the figures beside it.
        name: of the system and its corpus.
        cells: its figures.
        kind: what the paper says its figure is, where it says more than that
            it was published, such as `ensemble_of(3)`.
    """
    text = kind if kind == PUBLISHED else f"{PUBLISHED}, {kind}"
    return [] if corpus.partial else [[name, text, *cells]]


def rows(
    name: str,
    together: ByPartition,
    seeds: Sequence[ByPartition],
    columns: Sequence[Column],
    digits: int = 3,
    scale: float = 1.0,
) -> list[list[str]]:
    """Returns the rows of one of our systems, one for each kind of figure.

    Args:
        name: of the system.
        together: scores of the seeds' averaged predictions.
        seeds: scores of each seed's network.
        columns: to show.
        digits, scale: as of `cell`.

    Returns:
        The ensemble's row and that of the mean of seeds; with one seed, that
        of the single network.
    """
    count = len(seeds)
    cells = _cells(together, columns, digits, scale)
    whole = [name, ensemble_of(count), *cells]
    if count == 1:
        return [whole]
    means = (_mean(seeds, column, digits, scale) for column in columns)
    return [whole, [name, mean_of(count), *means]]


def single(
    name: str,
    kind: str,
    scores: ByPartition,
    columns: Sequence[Column],
    digits: int = 3,
    scale: float = 1.0,
) -> list[str]:
    """Returns the only row of one of our systems, such as a baseline.

    Args:
        name: of the system.
        kind: of its figures, such as `tuning.runs.figures.MODEL`.
        scores: of its predictions.
        columns: to show.
        digits, scale: as of `cell`.
    """
    return [name, kind, *_cells(scores, columns, digits, scale)]


def constants(
    by_partition: Mapping[str, Mapping[str, Scores]],
    columns: Sequence[Column],
    where: str,
    digits: int = 3,
    scale: float = 1.0,
) -> list[list[str]]:
    """Returns a row for each constant baseline.

    Args:
        by_partition: as of `Experiment.constants`, by partition; or
            "constants" of a run's report.
        columns: to show.
        where: the corpus, for the name.
        digits, scale: as of `cell`.
    """
    names = dict.fromkeys(name for own in by_partition.values() for name in own)
    result = []
    for name in names:
        own = {
            split: by_name[name]
            for split, by_name in by_partition.items()
            if name in by_name
        }
        cells = _cells(own, columns, digits, scale)
        result.append([f"**{name}, {where}**", CONSTANT, *cells])
    return result


def _cells(
    by_partition: ByPartition,
    columns: Sequence[Column],
    digits: int,
    scale: float,
) -> list[str]:
    return [
        cell(_scores(by_partition, column), column[2], digits, scale)
        for column in columns
    ]


def _scores(by_partition: ByPartition, column: Column) -> dict[str, float]:
    return by_partition.get(column[0], {}).get(column[1], {})


def _mean(
    seeds: Sequence[ByPartition], column: Column, digits: int, scale: float
) -> str:
    values = [
        scale * scores[column[2]]
        for scores in (_scores(seed, column) for seed in seeds)
        if column[2] in scores
    ]
    return mean_and_deviation(values, digits) if values else "-"
