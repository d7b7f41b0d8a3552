"""Table 1, Figure 1 and the balance of levels of Le et al. 2017 (4.1)."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import numpy as np

from pipelines.corpora.base import Corpus
from pipelines.labels import DISCRETISATIONS, KMeansLevels, priors
from tuning.experiments.levels import KMEANS
from tuning.plots import curves
from tuning.runs.report import table
from zoo.metrics import concordance_cc, rmse

CLUSTERS = (4, 6, 8, 10)
PUBLISHED = {
    4: (0.953, 0.057, 0.934, 0.045),
    6: (0.978, 0.040, 0.970, 0.031),
    8: (0.987, 0.031, 0.983, 0.024),
    10: (0.991, 0.025, 0.989, 0.019),
}
"""Arousal CCC and RMSE, valence CCC and RMSE (Table 1)."""


def table_1(corpus: Corpus) -> str:
    """Tabulates CCC and RMSE of labels and their k-means reconstruction."""
    head = ["clusters, corpus"]
    for dimension in corpus.dimensions:
        head += [f"{dimension} CCC", f"{dimension} RMSE"]
    ours = {d: labels(corpus, d) for d in corpus.dimensions}
    rows = []
    for clusters in CLUSTERS:
        published = [f"{figure:.3f}" for figure in PUBLISHED[clusters]]
        if not corpus.partial:
            rows.append([f"{clusters}, RECOLA, published", *published])
        cells = [
            f"{figure:.3f}"
            for traces in ours.values()
            for figure in reconstruction(traces, clusters)
        ]
        rows.append([f"**{clusters}, {corpus.name}, ours**", *cells])
    return f"## Table 1: k-means reconstruction\n\n{table(head, rows)}"


def balance(corpus: Corpus) -> str:
    """Tabulates the smallest and the largest level of each discretisation."""
    head = ["discretisation", "levels"]
    for dimension in corpus.dimensions:
        head += [f"{dimension} smallest, largest", "CCC"]
    rows = []
    for name in DISCRETISATIONS:
        for clusters in CLUSTERS:
            row = [name, str(clusters)]
            for dimension in corpus.dimensions:
                traces = labels(corpus, dimension)
                levels = DISCRETISATIONS[name](clusters)
                levels.fit(np.concatenate(traces))
                share = priors(levels.levels(np.concatenate(traces)), clusters)
                ccc, _ = reconstruction(traces, clusters, name)
                cell = f"{100 * share.min():.1f}, {100 * share.max():.1f}"
                row += [cell, f"{ccc:.3f}"]
            rows.append(row)
    return (
        "## Section 4.1: balance of levels\n\nShares of the labels in percent, "
        "and CCC of the reconstruction. The paper: bins of equal width are "
        "extremely imbalanced, k-means is more balanced. Levels of equal size "
        "are as balanced as labels that repeat a value allow: all of those "
        f"have one level.\n\n{table(head, rows)}"
    )


def labels(corpus: Corpus, dimension: str) -> list[np.ndarray]:
    """Returns traces of train and dev, or all without such partitions."""
    chosen = [u for u in corpus.utterances if u.split in ("train", "dev")]
    return [
        corpus.traces(utterance)[dimension]
        for utterance in chosen or corpus.utterances
        if corpus.has_traces(utterance)
    ]


def reconstruction(
    traces: Sequence[np.ndarray], clusters: int, discretisation: str = KMEANS
) -> tuple[float, float]:
    """Returns CCC and RMSE between labels and the means of their levels."""
    values = np.concatenate(traces)
    levels = DISCRETISATIONS[discretisation](clusters).fit(values)
    known = levels.reconstruct(values)
    return concordance_cc(values, known), rmse(values, known)


def figure_1(corpus: Corpus, out: pathlib.Path) -> str:
    """Plots 40 s of valence, and its reconstruction from 4 and 10 clusters."""
    traces = labels(corpus, "valence")
    values = np.concatenate(traces)
    hop = corpus.label_hop or 0.04
    span = int(curves.SECONDS_SHOWN / hop)
    start = _most_varying(traces[0], span)
    shown = traces[0][start : start + span]
    seconds = (start + np.arange(len(shown))) * hop
    figure = curves.figure(2)
    for axes, clusters in zip(figure.axes, (CLUSTERS[0], CLUSTERS[-1])):
        levels = KMeansLevels(clusters).fit(values)
        axes.plot(seconds, shown, color=curves.TRUE, label="valence")
        axes.plot(
            seconds, levels.reconstruct(shown), label=f"{clusters} clusters"
        )
        axes.legend(frameon=False, fontsize="small")
    figure.axes[-1].set_xlabel("seconds")
    curves.save(figure, out / "figure_1.png")
    title = "## Figure 1: valence and its clusters"
    return f"{title}\n\n![Figure 1](figure_1.png)"


def _most_varying(trace: np.ndarray, span: int) -> int:
    """Returns the start of the window of `span` steps that varies most."""
    return int(np.argmax(curves.spread(trace, span)))
