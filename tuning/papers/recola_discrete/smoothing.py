"""Ways to make traces smooth, which Le et al. 2017 announce to compare (5).

The decoder against the filters of the challenge's systems: a running median
and a Gaussian. Their widths are chosen on dev, as the decoder's settings are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import ndimage

from pipelines.labels import Levels
from zoo import decoding
from zoo.metrics import concordance_cc

Traces = Sequence[np.ndarray]
"""One trace (steps,) for each recording."""
WIDTHS = {
    "median": (5, 11, 25, 51, 101, 251, 501),
    "Gaussian": (2, 5, 12, 25, 50, 125, 250),
}
"""In steps of 40 ms: the median's window, the Gaussian's deviation."""
LAG = 100
"""Steps that an online value waits for: 4 s."""


def median(trace: np.ndarray, window: int) -> np.ndarray:
    """Returns a running median; beyond its ends a trace is constant."""
    return np.asarray(ndimage.median_filter(trace, window, mode="nearest"))


def gaussian(trace: np.ndarray, deviation: int) -> np.ndarray:
    """Returns a running mean with Gaussian weights, as `median`."""
    return np.asarray(
        ndimage.gaussian_filter1d(
            trace.astype(float), deviation, mode="nearest"
        )
    )


FILTERS: Mapping[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "median": median,
    "Gaussian": gaussian,
}


def filtered(traces: Traces, kind: str, width: int) -> list[np.ndarray]:
    """Returns each trace filtered; width 0 leaves it as it is.

    Args:
        traces: of recordings.
        kind: of `FILTERS`.
        width: window or standard deviation, in steps.
    """
    if not width:
        return list(traces)
    return [FILTERS[kind](trace, width) for trace in traces]


def best_width(traces: Traces, y_true: Traces, kind: str) -> int:
    """Returns the width with the highest CCC, 0 for no filter.

    Args:
        traces: predictions of the development recordings.
        y_true: their labels.
        kind: of `FILTERS`.
    """
    joined = np.concatenate(y_true)
    scores = {
        width: concordance_cc(
            joined, np.concatenate(filtered(traces, kind, width))
        )
        for width in (0, *WIDTHS[kind])
    }
    return max(scores, key=lambda width: scores[width])


def expected(
    levels: Mapping[int, Levels],
    networks: Sequence[Sequence[Mapping[int, np.ndarray]]],
) -> list[np.ndarray]:
    """Returns the expected value of posteriors, the mean over tasks.

    Args:
        levels: of each task.
        networks: for each, the posteriors of every recording by task.

    Returns:
        A trace for each recording, the mean over networks.
    """
    means = {
        count: own.values(np.arange(count)) for count, own in levels.items()
    }
    return [
        np.mean(
            [
                posteriors[count] @ own
                for posteriors in recording
                for count, own in means.items()
            ],
            axis=0,
        )
        for recording in zip(*networks)
    ]


def online(
    decoders: decoding.Decoders,
    networks: Sequence[Sequence[Mapping[int, np.ndarray]]],
    lag: int = LAG,
) -> list[np.ndarray]:
    """Returns decoded traces whose values were final after `lag` steps.

    Args:
        decoders: by task.
        networks: as of `expected`.
        lag: in steps.
    """
    return [
        np.mean(
            [
                _online(decoder, posteriors[count], lag)
                for posteriors in recording
                for count, decoder in decoders.items()
            ],
            axis=0,
        )
        for recording in zip(*networks)
    ]


def _online(
    decoder: decoding.LevelDecoder, posteriors: np.ndarray, lag: int
) -> np.ndarray:
    search = decoding.OnlineDecoder(decoder, lag)
    return np.append(search.push(posteriors), search.finish())
