"""How slowly a corpus' labels change (Khorram et al. 2017, section 5.2)."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.interpolate import make_interp_spline

from pipelines.corpora.base import Corpus
from tuning.plots import curves
from tuning.runs.report import table
from tuning.tables import kinds
from zoo.metrics import concordance_cc

FACTORS = tuple(2**exponent for exponent in range(1, 8))


def labelled_traces(corpus: Corpus) -> dict[str, list[np.ndarray]]:
    """Returns every trace of a corpus, by dimension."""
    by_dimension: dict[str, list[np.ndarray]] = {
        d: [] for d in corpus.dimensions
    }
    for utterance in corpus.utterances:
        if corpus.has_traces(utterance):
            for dimension, trace in corpus.traces(utterance).items():
                by_dimension[dimension].append(np.asarray(trace, "float64"))
    return by_dimension


def down_and_up(trace: np.ndarray, factor: int) -> np.ndarray:
    """Keeps every `factor`-th value and puts a cubic spline through them.

    The last value is kept too, so that nothing is extrapolated. Fewer than
    four kept values lower the spline's degree.
    """
    kept = np.arange(0, len(trace), factor)
    if kept[-1] != len(trace) - 1:
        kept = np.append(kept, len(trace) - 1)
    degree = min(3, len(kept) - 1)
    spline = make_interp_spline(kept, trace[kept], k=degree)
    return spline(np.arange(len(trace)))


def reconstruction(
    traces: Sequence[np.ndarray], factors: Iterable[int] = FACTORS
) -> dict[int, float]:
    """Returns pooled CCC of traces and their reconstructions (Figure 4)."""
    joined = np.concatenate(traces)
    return {
        factor: concordance_cc(
            joined,
            np.concatenate([down_and_up(trace, factor) for trace in traces]),
        )
        for factor in factors
    }


def power_below(
    traces: Sequence[np.ndarray], hop: float, frequency: float = 1.0
) -> float:
    """Returns the share of power below a frequency in Hz, without means."""
    below = total = 0.0
    for trace in traces:
        power = np.abs(np.fft.rfft(trace - trace.mean())) ** 2
        power[1 : (len(trace) + 1) // 2] *= 2  # negative frequencies
        bands = np.fft.rfftfreq(len(trace), hop)
        below += power[bands < frequency].sum() / len(trace)
        total += power.sum() / len(trace)
    return below / total if total else 1.0


def figure_4(corpus: Corpus, out: pathlib.Path) -> str:
    """Plots the CCC of labels with themselves, sampled down and up again."""
    traces = labelled_traces(corpus)
    kept = {
        dimension: reconstruction(recordings)
        for dimension, recordings in traces.items()
    }
    hop = corpus.label_hop or 0.04
    shares = {
        dimension: power_below(recordings, hop)
        for dimension, recordings in traces.items()
    }
    _plot(kept, out / "figure_4.png")
    rows = [
        [factor, *(f"{by_factor[factor]:.3f}" for by_factor in kept.values())]
        for factor in FACTORS
    ]
    power = ", ".join(f"{d} {share:.1%}" for d, share in shares.items())
    lost, published_share = (
        kinds.quotation(corpus, f" (the paper, on RECOLA: {text})")
        for text in (
            "less than 5 % is lost up to a factor of 64",
            "more than 95 %",
        )
    )
    return "\n\n".join(
        [
            "## Figure 4: labels sampled down and up again, CCC",
            f"Labels of {corpus.name}{lost}.",
            table(["factor", *kept], rows),
            "![Figure 4](figure_4.png)",
            f"Share of the power below 1 Hz, means taken out: {power}"
            f"{published_share}.",
        ]
    )


def _plot(kept: Mapping[str, Mapping[int, float]], path: pathlib.Path) -> None:
    """Plots the CCC that is kept, by dimension and factor."""
    figure = curves.figure(1, height=3.2)
    axes = figure.axes[0]
    for dimension, by_factor in kept.items():
        axes.plot(list(by_factor), list(by_factor.values()), label=dimension)
    curves.label_powers_of_two(
        axes, "downsampling factor", "CCC with the original"
    )
    curves.save(figure, path)
