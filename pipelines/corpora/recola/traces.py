"""Traces of RECOLA: ratings cut and moved to fit their recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines import align, gold_standard
from pipelines.audio import reader
from pipelines.corpora import base
from pipelines.corpora.recola import ratings
from pipelines.corpora.recola.layouts import Layout
from zoo import frontends

TOLERANCE = 0.5
"""Seconds by which a recording and its ratings may differ in length."""
MAX_LAG = 10.0
_SLACK = int(TOLERANCE / base.LABEL_HOP)


class RatedCorpus(base.Corpus):
    """Recordings with traces in files of their own.

    `_read` sets the attributes that begin with an underscore.

    Args:
        root, partial: as of `Corpus`.
        lag: seconds by which labels are moved earlier, 0 to `MAX_LAG`.

    Raises:
        ValueError: another lag.
    """

    label_hop = base.LABEL_HOP
    _layout: Layout
    _rated: set[str]

    def __init__(self, root: str | Path, partial: bool, lag: float):
        if not 0 <= lag <= MAX_LAG:
            raise ValueError(
                f"`lag` must be from 0 to {MAX_LAG:g} seconds. Received: "
                f"lag={lag}"
            )
        self.lag = lag
        self._traces_of: dict[str, dict[str, np.ndarray]] = {}
        super().__init__(root, partial)

    def has_traces(self, utterance: base.Utterance) -> bool:
        return utterance.id in self._rated

    def span(self, utterance: base.Utterance) -> tuple[float, float | None]:
        """Returns the rated part of a recording; all where it has no ratings.

        Raises:
            ValueError: the recording and its ratings differ too much.
        """
        if not self.has_traces(utterance):
            return 0.0, None
        rows, steps = self._lengths(utterance)
        return 0.0, rows * base.LABEL_HOP if steps > rows else None

    def _traces(self, utterance: base.Utterance) -> dict[str, np.ndarray]:
        steps = min(self._lengths(utterance))
        return {
            dimension: trace[:steps]
            for dimension, trace in self._ratings_of(utterance).items()
        }

    def _lengths(self, utterance: base.Utterance) -> tuple[int, int]:
        """Returns the rows of ratings and the steps of the recording."""
        path = self._layout.file(utterance.id, self.dimensions[0])
        rows = len(self._ratings_of(utterance)[self.dimensions[0]])
        steps = frontends.stacked_log_mel_steps(
            reader.length(utterance.files[0])
        )
        if steps < 1:
            align.fit_to_steps(np.zeros(rows), steps, str(path))
        is_too_long = (
            steps > rows + _SLACK and not self._layout.has_participants
        )
        if is_too_long or rows > steps + 1 + _SLACK:
            raise ValueError(
                f"{path}: the audio has {steps} steps of 40 ms, so there must "
                f"be {steps} or {steps + 1} rows, or {_SLACK} more or fewer, "
                f"which are cut. Received: {rows} rows"
            )
        return rows, steps

    def _ratings_of(self, utterance: base.Utterance) -> dict[str, np.ndarray]:
        """Returns the whole traces by dimension, each (rows,) float32."""
        if utterance.id not in self._traces_of:
            traces = {
                dimension: self._read_trace(utterance, dimension)
                for dimension in self.dimensions
            }
            rows = {name: len(trace) for name, trace in traces.items()}
            if len(set(rows.values())) > 1:
                counts = ", ".join(f"{n} of {name}" for name, n in rows.items())
                raise ValueError(
                    f"{self._layout.ratings}: {utterance.id} must have as many "
                    f"rows in every dimension. Received: {counts}"
                )
            self._traces_of[utterance.id] = traces
        return self._traces_of[utterance.id]

    def _read_trace(
        self, utterance: base.Utterance, dimension: str
    ) -> np.ndarray:
        path = self._layout.file(utterance.id, dimension)
        trace = ratings.read_trace(path)
        steps = round(self.lag / base.LABEL_HOP)
        if steps >= len(trace):
            raise ValueError(
                f"{path}: labels must be longer than the lag. Received: "
                f"{len(trace)} rows of 40 ms and a lag of {self.lag:g} s"
            )
        return gold_standard.advance(trace, steps)
