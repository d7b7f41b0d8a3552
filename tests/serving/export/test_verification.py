"""Comparison of a batch with its rows alone."""

from __future__ import annotations

import exports
import numpy as np
import pytest

from serving.export import (
    verification,
)
from serving.signatures import noise, signatures_of


def test_an_answer_that_depends_on_its_batch_is_refused(blstm):
    def centred(inputs):
        features = np.nan_to_num(inputs["features"])
        return {"arousal": features[..., 0] - features.mean()}

    ports = signatures_of(blstm, exports.CARD)["serving_default"]
    batch = noise(ports, 3, 12)
    with pytest.raises(ValueError, match="depend on what it is batched with"):
        verification.independence(centred, ports, batch)
    assert verification.independence(first_value, ports, batch) == 0


def first_value(inputs):
    return {"arousal": np.nan_to_num(inputs["features"])[..., 0]}
