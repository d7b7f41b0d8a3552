"""Warm-up requests of exports."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from contracts import array
from exports import warm_up_records


@pytest.mark.slow
def test_warm_up_requests_hold_the_answers(blstm_exports, blstm):
    records = warm_up_records(blstm_exports["any"][0])
    assert [name for name, *_ in records] == ["serving_default"] * 2
    for _, inputs, outputs in records:
        expected = array(blstm(inputs)["arousal"])
        np.testing.assert_allclose(outputs["arousal"], expected, atol=1e-5)


def test_warm_up_requests_replay_in_a_stock_loader(blstm_exports, shared):
    tool = shared("tools", "savedmodel_capi.py")
    done = subprocess.run(
        [sys.executable, str(tool), "warmup", str(blstm_exports["any"][0])],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("record ") == 2
