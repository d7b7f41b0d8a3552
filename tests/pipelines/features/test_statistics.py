"""Statistics of an utterance: mean and deviation of compressed values."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import noise

from pipelines.features.statistics import signed_log, utterance_statistics


@pytest.mark.parametrize(
    ("compress", "expected"),
    [
        (signed_log, lambda y: np.sign(y) * np.log(1 + 1000 * np.abs(y))),
        (np.arcsinh, lambda y: np.log(y + np.sqrt(y**2 + 1))),
    ],
)
def test_they_are_mean_and_deviation_of_compressed_values(compress, expected):
    frames = noise((7, 3)) * [1e-4, 1.0, 1e2]
    values = expected(frames.astype("float64"))
    np.testing.assert_allclose(
        utterance_statistics(frames, compress),
        [*values.mean(axis=0), *values.std(axis=0)],
        rtol=1e-6,
        atol=1e-9,
    )
