"""Le et al. 2017: discretised labels, multi-task BLSTM, decoding, on RECOLA.

Training rule (section 4.2) and search spaces; Tables 1 and 2, Figures 1 and 3.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.corpora.base import Corpus
from pipelines.labels import KMeansLevels
from tuning.experiments.levels import (
    LEVELS_FROM,
    LevelExperiment,
    LevelStatistics,
)
from tuning.experiments.traces import TraceExperiment
from tuning.plots import curves
from tuning.runs.report import table
from tuning.tables import registry
from tuning.tables.quoted import Runs, compared, heading
from tuning.tables.registry import TablesRequest
from tuning.training import values
from tuning.training.callbacks import TwoStage
from tuning.training.fits import Configuration
from tuning.training.progress import Progress
from tuning.training.recipe import Recipe, register
from zoo.metrics import concordance_cc, rmse
from zoo.papers import recola_discrete

if TYPE_CHECKING:
    import keras
    import keras_tuner


def set_levels(
    model: keras.Model,
    statistics: LevelStatistics,
    arguments: Mapping[str, Any],
) -> None:
    """Sets the values and priors of one task's levels."""
    recola_discrete.set_levels(
        model,
        statistics.dimension,
        statistics.count,
        statistics.means,
        statistics.priors,
    )


ON_MSE = Recipe(
    experiment=TraceExperiment,
    corpus=("recola", "simulated"),
    epochs=40,
    seeds=3,
    tuner="grid",
    rule=TwoStage,
    measure=("ccc", "max"),
    loss="mse",
    normalisation="recording",
)
ON_CCC = dataclasses.replace(ON_MSE, loss="ccc")
ON_LEVELS = dataclasses.replace(
    ON_MSE,
    experiment=LevelExperiment,
    loss="levels",
    adapt=set_levels,
    values={"levels_from": values.one_of(tuple(LEVELS_FROM))},
)


@register(ON_LEVELS)
def recola_blstm_cls(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Section 4.2: the classifier's grid."""
    regressor = _space(hp)
    levels_from = hp.Fixed("levels_from", "train+dev")
    return Configuration(
        regressor.arguments,
        {**regressor.training, "levels_from": levels_from},
    )


@register(ON_MSE)
def recola_blstm_mse(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Section 4.4: the regressors share the grid."""
    return _space(hp)


@register(ON_CCC)
def recola_blstm_ccc(
    hp: keras_tuner.HyperParameters, dimension: str
) -> Configuration:
    """Section 4.4: the regressors share the grid."""
    return _space(hp)


def _space(hp: keras_tuner.HyperParameters) -> Configuration:
    arguments = {
        "depth": hp.Choice("depth", [3, 4, 5], default=3),
        "l2": hp.Choice("l2", [0.0, 2e-5], default=0.0),
    }
    return Configuration(
        arguments, {"learning_rate": hp.Fixed("learning_rate", 0.002)}
    )


CLUSTERS = (4, 6, 8, 10)
PUBLISHED_LEVELS = {
    4: (0.953, 0.057, 0.934, 0.045),
    6: (0.978, 0.040, 0.970, 0.031),
    8: (0.987, 0.031, 0.983, 0.024),
    10: (0.991, 0.025, 0.989, 0.019),
}
"""Arousal CCC and RMSE, valence CCC and RMSE (Table 1)."""
PUBLISHED_SYSTEMS = {
    "Valstar et al.": (".796", ".648", ".455", ".375"),
    "Povolny et al.": (".832", ".682", ".489", ".349"),
    "Brady et al.": (".846", "-", ".450", "-"),
    "REG-MSE": (".835", ".652", ".268", ".238"),
    "REG-CCC": (".855", ".664", ".518", ".499"),
    "CLS-Raw": (".858", ".682", ".563", ".448"),
    "CLS-Decoded": (".859", ".680", ".596", ".460"),
}
"""Arousal dev and test CCC, valence dev and test CCC (Table 2)."""
CLASSIFIER = "recola_blstm_cls"
SYSTEMS = {
    "REG-MSE": ("recola_blstm_mse", False),
    "REG-CCC": ("recola_blstm_ccc", False),
    "CLS-Raw": (CLASSIFIER, False),
    "CLS-Decoded": (CLASSIFIER, True),
}


@registry.register("recola_discrete", "001", "simulated")
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown."""
    corpus, out = request.corpus, request.out
    parts = [
        *heading("recola_discrete", "001", "RECOLA (AVEC 2016)", corpus),
        _table_1(corpus),
        _figure_1(corpus, out),
    ]
    if not any(utterance.split == "train" for utterance in corpus.utterances):
        parts.append(
            f"{corpus.name} has no training recordings: Table 2 and Figure 3 "
            "need a corpus with sound."
        )
        return "\n\n".join(parts) + "\n"
    runs = Runs(request.runs, corpus, [model for model, _ in SYSTEMS.values()])
    parts.append(_table_2(runs))
    parts.append(_figure_3(runs, out))
    return "\n\n".join(parts) + "\n"


def labels(corpus: Corpus, dimension: str) -> list[np.ndarray]:
    """Returns traces of train and dev, or all without such partitions."""
    chosen = [u for u in corpus.utterances if u.split in ("train", "dev")]
    return [
        corpus.traces(utterance)[dimension]
        for utterance in chosen or corpus.utterances
        if corpus.has_traces(utterance)
    ]


def reconstruction(
    traces: Sequence[np.ndarray], clusters: int
) -> tuple[float, float]:
    """Returns CCC and RMSE between labels and the means of their clusters."""
    values = np.concatenate(traces)
    known = KMeansLevels(clusters).fit(values).reconstruct(values)
    return concordance_cc(values, known), rmse(values, known)


def _table_1(corpus: Corpus) -> str:
    head = ["clusters, corpus"]
    for dimension in corpus.dimensions:
        head += [f"{dimension} CCC", f"{dimension} RMSE"]
    ours = {d: labels(corpus, d) for d in corpus.dimensions}
    rows = []
    for clusters in CLUSTERS:
        published = [f"{figure:.3f}" for figure in PUBLISHED_LEVELS[clusters]]
        rows.append([f"{clusters}, RECOLA, published", *published])
        cells = [
            f"{figure:.3f}"
            for traces in ours.values()
            for figure in reconstruction(traces, clusters)
        ]
        rows.append([f"**{clusters}, {corpus.name}, ours**", *cells])
    return f"## Table 1: k-means reconstruction\n\n{table(head, rows)}"


def _figure_1(corpus: Corpus, out: pathlib.Path) -> str:
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


def _table_2(runs: Runs) -> str:
    rows = [
        [f"{system}, RECOLA, published", *figures]
        for system, figures in PUBLISHED_SYSTEMS.items()
    ]
    for system, (model, is_decoded) in SYSTEMS.items():
        if model not in runs.reports:
            continue
        report = runs.reports[model]
        if is_decoded:
            report = report["decoded"]
        cells = []
        for dimension in ("arousal", "valence"):
            for split in ("dev", "test"):
                known = report["metrics"].get(split, {}).get(dimension)
                cells.append(f"{known['ccc']:.3f}" if known else "-")
        rows.append([f"**{system}, {runs.corpus.name}, ours**", *cells])
    head = [
        "system",
        "arousal dev",
        "arousal test",
        "valence dev",
        "valence test",
    ]
    parts = ["## Table 2: CCC", table(head, rows), runs.missing_note()]
    return "\n\n".join(part for part in parts if part)


def _figure_3(runs: Runs, out: pathlib.Path) -> str:
    """Plots a recording's traces without and with decoding."""
    title = "## Figure 3: before and after decoding"
    if CLASSIFIER not in runs.reports:
        return f"{title}\n\nIt needs the classifier's run, missing above."
    split = runs.shown_split()
    shown = {
        "CLS-Raw": runs.traces(CLASSIFIER, split),
        "CLS-Decoded": runs.traces(CLASSIFIER, split, "decoded.npz"),
    }
    return f"{title}\n\n{compared(runs, shown, out / 'figure_3.png')}"
