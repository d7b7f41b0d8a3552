"""Time-continuous ratings of one's own recordings: gold standard and lag."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipelines import reaction_lag
from pipelines.corpora import base
from pipelines.corpora._io import trace_files

COLUMN = "traces"
_SAMPLES = round(base.LABEL_HOP * base.RATE)


class ManifestTraces:
    """The gold standards of a manifest's recordings, and their lag.

    Attributes:
        dimensions: of all traces; empty before the first is read.
        lag: seconds by which the ratings follow the speech; `None` where it
            is neither given nor estimated yet.

    Args:
        scale: lowest and highest rating.
        lag: in seconds, or `None`.

    Raises:
        ValueError: the scale does not rise, or the lag is not from 0 to 8 s.
    """

    def __init__(self, scale: Sequence[float | str], lag: float | None = None):
        self.scale = trace_files.scale_of(scale)
        if lag is not None and not 0 <= lag <= reaction_lag.LONGEST:
            raise ValueError(
                "`lag` must be in seconds, from 0 to "
                f"{reaction_lag.LONGEST:g}. Received: lag={lag:g}"
            )
        self.lag = lag
        self.dimensions: tuple[str, ...] = ()
        self._joined: dict[str, trace_files.JoinedTrace] = {}
        self._raters: set[int] = set()
        self._first: trace_files.RaterTrace | None = None
        self._note = f"{lag or 0:g} s, as given"

    def __contains__(self, name: str) -> bool:
        return name in self._joined

    def read(
        self,
        where: str,
        name: str,
        paths: Sequence[Path],
        span: tuple[float, float],
        length: float,
    ) -> str:
        """Reads and joins the traces of one utterance.

        Args:
            where: file and line that name the traces, for errors.
            name: id of the utterance.
            paths: of the traces.
            span: start and end of the utterance in its recording, in seconds.
            length: of the recording, in seconds.

        Returns:
            A hash of the gold standard.

        Raises:
            FileNotFoundError: a file is missing.
            ValueError: a file is not as `trace_files.read` says, has other
                dimensions than those before it, or does not cover the span.
        """
        missing = [path for path in paths if not path.is_file()]
        if missing:
            raise FileNotFoundError(
                f"{where}: a trace is missing: {missing[0]}. Copy it there, or "
                "correct its name; names are separated by semicolons."
            )
        raters = trace_files.read(paths, self.scale)
        self._first = self._first or raters[0]
        for rater in raters:
            trace_files.check_dimensions(rater, self._first)
            trace_files.check_covers(rater, name, span, length)
        self.dimensions = tuple(self._first.ratings)
        self._raters.add(len(raters))
        joined = trace_files.join(where, raters)
        self._joined[name] = joined
        arrays = (joined.time, *joined.values.values())
        content = b"".join(array.tobytes() for array in arrays)
        return hashlib.sha256(content).hexdigest()

    def at(self, name: str, time: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the gold standard of an utterance without its lag.

        Args:
            name: id of the utterance.
            time: (steps,), in seconds of its recording.

        Returns:
            Dimension to (steps,) float32 in [-1, 1].
        """
        return self._joined[name].at(time + (self.lag or 0.0))

    def estimate_lag(
        self, utterances: Sequence[base.Utterance], corpus: base.Corpus
    ) -> None:
        """Estimates the lag where it is not given.

        Args:
            utterances: of the training partition.
            corpus: whose recordings and, so far, late traces they are.

        Raises:
            ValueError: as by `pipelines.reaction_lag.estimate`.
        """
        if self.lag is not None:
            return
        levels, traces = [], []
        for utterance in utterances:
            traces.append(corpus.traces(utterance))
            steps = len(traces[-1][self.dimensions[0]])
            waveform = corpus.waveform(utterance)
            levels.append(reaction_lag.level(waveform, _SAMPLES, steps))
        try:
            lag = reaction_lag.estimate(levels, traces, base.LABEL_HOP)
        except ValueError as error:
            raise ValueError(
                f"{corpus.root}: {error} (--corpus-option lag=SECONDS)"
            ) from error
        self.lag = lag.seconds
        self._note = (
            "estimated on train by the correlation of the speech's level with "
            f"the ratings: {lag}"
        )

    def notes(self) -> list[str]:
        """Returns how the traces were made, for reports."""
        numbers = " or ".join(map(str, sorted(self._raters)))
        joined = self._joined.values()
        agreed = {
            name: [own.agreement[name] for own in joined if own.agreement]
            for name in self.dimensions
        }
        means = (
            f"{name} {np.mean(values):.2f}"
            for name, values in agreed.items()
            if values
        )
        agreement = ", ".join(means) or "none, for want of a second one"
        return [
            f"raters of a recording: {numbers or 'none'}; their CCC with each "
            f"other: {agreement}",
            f"lag of the ratings: {self._note}",
        ]
