"""How much context counts: Figure 1 of Khorram et al. 2017 (section 4)."""

from __future__ import annotations

import numpy as np

import zoo
from tuning.experiments.setup import Setup
from tuning.experiments.traces import TraceExperiment
from tuning.papers.recola_conv.recipe import SPANS
from tuning.plots import curves
from tuning.runs import networks
from tuning.runs.figures import LEAST_SEEDS, mean_and_deviation, mean_of
from tuning.runs.networks import Network
from tuning.runs.report import table
from tuning.tables import kinds
from tuning.tables.registry import TablesRequest
from tuning.training.fits import Configuration
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from tuning.training.recipe import recipe

MODEL = "recola_context"
LEARNING_RATE = 1e-3
EPOCHS = 30
"""Default epochs of each network."""
RUNS = 10
"""Seeds of each length, the paper's number."""
ABOUT_PAPER = (
    f" (the paper: {RUNS} runs on RECOLA, rising up to 512 steps, 20.48 s)"
)

Scores = dict[str, dict[int, list[float]]]
"""Dev CCC of each seed, by dimension and steps of the filter."""


def figure_1(request: TablesRequest, progress: Progress) -> str:
    """Plots and tabulates dev CCC against the length of one filter.

    Networks that are trained already are not trained again.

    Returns:
        The section, as Markdown.
    """
    scores = train(request, progress)
    figure = curves.figure(1, height=3.2)
    axes = figure.axes[0]
    for dimension, by_span in scores.items():
        values = np.array(list(by_span.values()))
        mean = values.mean(axis=1)
        axes.plot(SPANS, mean, label=dimension)
        if request.seeds >= LEAST_SEEDS:
            spread = values.std(axis=1, ddof=1)
            axes.fill_between(SPANS, mean - spread, mean + spread, alpha=0.2)
    curves.label_powers_of_two(
        axes, "steps of 40 ms that the filter covers", "dev CCC"
    )
    curves.save(figure, request.out / "figure_1.png")
    rows = [
        [
            span,
            f"{span * 0.04:.2f}",
            *(cell(own[span]) for own in scores.values()),
        ]
        for span in SPANS
    ]
    return "\n\n".join(
        [
            "## Figure 1: one filter's length and dev CCC",
            f"Each figure is the {mean_of(request.seeds)} on "
            f"{request.corpus.name}, ± the sample standard deviation"
            f"{kinds.quotation(request.corpus, ABOUT_PAPER)}. The epoch of "
            "each network was chosen on the same dev partition.",
            table(["steps", "seconds", *scores], rows),
            "![Figure 1](figure_1.png)",
        ]
    )


def cell(values: list[float]) -> str:
    """Returns mean and deviation over seeds."""
    return mean_and_deviation(values)


def train(request: TablesRequest, progress: Progress) -> Scores:
    """Trains one filter of every length and seed, each dimension by itself."""
    experiment = TraceExperiment(
        Setup(
            zoo.card(MODEL, None),
            recipe(MODEL),
            request.corpus,
            request.epochs or EPOCHS,
        ),
        progress.show,
    )
    wanted = [
        Network(target, _configuration(span), seed)
        for target in experiment.targets
        for span in SPANS
        for seed in range(request.seeds)
    ]
    fits = networks.train(
        experiment, request.out, wanted, request.pool or Pool(1), progress.show
    )
    progress.clear()
    scores: Scores = {
        target: {span: [] for span in SPANS} for target in experiment.targets
    }
    for network, fit in zip(wanted, fits):
        span = network.configuration.arguments["span"]
        scores[network.target][span].append(fit.best)
    return scores


def _configuration(span: int) -> Configuration:
    return Configuration(
        {"span": span, "l2": 0.0}, {"learning_rate": LEARNING_RATE}
    )
