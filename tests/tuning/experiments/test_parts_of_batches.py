"""A run whose batches are taken in parts gives the scores of whole batches."""

from __future__ import annotations

import numpy as np
import pytest
import spoken
from experiments import open_experiment

import pipelines
from pipelines.datasets import utterances
from tuning.training.fits import Configuration

pytestmark = pytest.mark.slow

CONFIGURATION = Configuration(
    {"framing": "exact", "units": 4, "dropout": 0.0, "l2": 1e-3},
    {
        "learning_rate": 1e-2,
        "batch_size": 4,
        "normalisation": "none",
        "class_weights": "balanced",
    },
)


def test_a_run_in_parts_has_the_predictions_of_a_run_on_whole_batches(
    tmp_path, monkeypatch
):
    folder = spoken.write(tmp_path / "corpus")
    corpus = pipelines.corpus("manifest", folder)
    outputs = []
    for most in (10**9, 10_000):
        monkeypatch.setitem(utterances.MOST_STEPS, "waveform", most)
        experiment = open_experiment(
            "iemocap_e2e_mtl_att", corpus, 2, protocol="leave_one_speaker_out"
        )
        part = experiment.parts[0]
        target = part.targets[0]
        job = part.job(target, CONFIGURATION)
        assert bool(job.most_steps) == (most == 10_000)
        fit = part.fit(tmp_path / str(most), target, CONFIGURATION, 0)
        predicted = part.outputs_of(fit, CONFIGURATION)
        outputs.append(predicted["test"][target])
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=0, atol=1e-5)
