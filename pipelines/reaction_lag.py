"""Estimates how late continuous ratings follow the speech that they rate."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

LONGEST = 8.0
"""Seconds: the longest delay that AVEC 2016's baseline tries."""
LEAST_CORRELATION = 0.1
"""Below, in all dimensions, a lag is taken for chance."""


@dataclasses.dataclass(frozen=True)
class Lag:
    """A lag, and what speaks for it.

    Attributes:
        seconds: by which the ratings follow the speech.
        correlations: of the speech's level with each dimension at that lag.
    """

    seconds: float
    correlations: Mapping[str, float]

    def __str__(self) -> str:
        """Lists the correlations.

        Example:
            >>> print(Lag(2.0, {"arousal": 0.25, "valence": -0.1}))
            arousal +0.25, valence -0.10 at 2 s
        """
        shown = (f"{name} {r:+.2f}" for name, r in self.correlations.items())
        return f"{', '.join(shown)} at {self.seconds:g} s"


def level(waveform: np.ndarray, samples: int, steps: int) -> np.ndarray:
    """Returns the root mean square of each step of a waveform.

    Args:
        waveform: (samples,).
        samples: in a step.
        steps: to return; beyond the waveform's end they are 0.

    Returns:
        (steps,) float64.

    Example:
        >>> level(np.array([1.0, -1.0, 2.0, 2.0]), 2, 3).tolist()
        [1.0, 2.0, 0.0]
    """
    padded = np.zeros(steps * samples)
    covered = min(len(waveform), len(padded))
    padded[:covered] = waveform[:covered]
    return np.sqrt(np.square(padded).reshape(steps, samples).mean(axis=1))


def estimate(
    levels: Sequence[np.ndarray],
    traces: Sequence[Mapping[str, np.ndarray]],
    hop: float,
) -> Lag:
    """Finds the lag at which ratings tell most about the speech's level.

    For each lag from 0 to 8 s, in steps, the level of a step is paired with
    the ratings that many steps later; all lags use the same steps of speech.
    Each recording's means are taken out, levels are divided by their standard
    deviation, and all recordings together give a correlation r for each
    dimension. The lag with the highest sum of -log(1 - r^2) is taken, which is
    twice the mutual information of Gaussian variables; the first of equals.

    Recordings of less than 16 s take no part, since the longest lag would
    leave less than half of them.

    Args:
        levels: (steps,) of each recording, as of `level`.
        traces: ratings of the same steps of each recording, by dimension.
        hop: seconds from one step to the next.

    Raises:
        ValueError: no recording is long enough, or no lag of less than 8 s
            stands out, with a correlation of 0.1 or -0.1 at least.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> speech = rng.normal(size=1000)
        >>> late = np.concatenate([np.zeros(30), speech])[:1000]
        >>> estimate([speech], [{"arousal": late}], 0.04).seconds
        1.2

    Reference:
        S. Mariooryad, C. Busso, Correcting time-continuous emotional labels
        by modeling the reaction lag of evaluators, IEEE Transactions on
        Affective Computing 6(2), 2015, who maximise mutual information too,
        of acoustic and facial features.
    """
    most = round(LONGEST / hop)
    used = [
        (own[:-most], ratings)
        for own, ratings in zip(levels, traces)
        if len(own) >= 2 * most
    ]
    if not used:
        raise ValueError(
            "The lag of the ratings can be estimated from training recordings "
            f"of {2 * LONGEST:g} s or more only. Received: {len(levels)} "
            "shorter ones. Give the lag in seconds, 0 for none."
        )
    correlations = {
        name: _correlations(used, name, most) for name in used[0][1]
    }
    score = -sum(np.log1p(-np.square(own)) for own in correlations.values())
    best = int(np.argmax(score))
    at_best = {name: float(own[best]) for name, own in correlations.items()}
    lag = Lag(round(best * hop, 6), at_best)
    highest = max(map(abs, at_best.values()))
    if best == most or highest < LEAST_CORRELATION:
        raise ValueError(
            "The lag of the ratings must show in how they correlate with the "
            f"level of the speech, by {LEAST_CORRELATION:g} or more. "
            f"Received: at most {lag}. Give the lag in seconds, 0 for none."
        )
    return lag


def _correlations(
    used: Sequence[tuple[np.ndarray, Mapping[str, np.ndarray]]],
    name: str,
    most: int,
) -> np.ndarray:
    """Returns the correlation at each lag in steps, (most + 1,)."""
    products, squares, total = np.zeros(most + 1), np.zeros(most + 1), 0
    for levels, ratings in used:
        spread = levels.std()
        if not spread:
            continue
        speech = (levels - levels.mean()) / spread
        total += len(speech)
        for lag in range(most + 1):
            later = ratings[name][lag : lag + len(speech)].astype(np.float64)
            later -= later.mean()
            products[lag] += speech @ later
            squares[lag] += later @ later
    spreads = np.sqrt(squares * total)
    none = np.zeros_like(spreads)
    together = np.divide(products, spreads, out=none, where=spreads > 0)
    return np.clip(together, -1 + 1e-12, 1 - 1e-12)
