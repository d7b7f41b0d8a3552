"""Paper 002, section 5.2: how slowly the labels of a corpus move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.interpolate import make_interp_spline

from pipelines.corpora.base import Corpus
from zoo.metrics.concordance import concordance

FACTORS = tuple(2**exponent for exponent in range(1, 8))


def labelled_traces(corpus: Corpus) -> dict[str, list[np.ndarray]]:
    """Every trace of a corpus, by dimension."""
    found: dict[str, list[np.ndarray]] = {d: [] for d in corpus.dimensions}
    for utterance in corpus.utterances:
        if corpus.has_traces(utterance):
            for dimension, trace in corpus.traces(utterance).items():
                found[dimension].append(np.asarray(trace, "float64"))
    return found


def down_and_up(trace: np.ndarray, factor: int) -> np.ndarray:
    """Keeps every `factor`-th value and puts a cubic spline through them.

    The last value is kept too, so that nothing is extrapolated. Fewer than
    four kept values lower the spline's degree.
    """
    places = np.arange(0, len(trace), factor)
    if places[-1] != len(trace) - 1:
        places = np.append(places, len(trace) - 1)
    degree = min(3, len(places) - 1)
    spline = make_interp_spline(places, trace[places], k=degree)
    return spline(np.arange(len(trace)))


def reconstruction(
    traces: Sequence[np.ndarray], factors: Iterable[int] = FACTORS
) -> dict[int, float]:
    """Pooled CCC between traces and what is left of them (Figure 4)."""
    joined = np.concatenate(traces)
    return {
        factor: concordance(
            joined,
            np.concatenate([down_and_up(each, factor) for each in traces]),
        )
        for factor in factors
    }


def power_below(
    traces: Sequence[np.ndarray], hop: float, frequency: float = 1.0
) -> float:
    """Share of the traces' power below a frequency in Hz, means taken out."""
    below = total = 0.0
    for trace in traces:
        power = np.abs(np.fft.rfft(trace - trace.mean())) ** 2
        power[1 : (len(trace) + 1) // 2] *= 2  # negative frequencies
        bands = np.fft.rfftfreq(len(trace), hop)
        below += power[bands < frequency].sum() / len(trace)
        total += power.sum() / len(trace)
    return below / total if total else 1.0
