"""Networks of several configurations, trained side by side."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from tuning.runs import ensemble, networks
from tuning.training.fits import Configuration, Fit
from tuning.training.pool import Pool
from tuning.training.progress import Progress


def test_each_configuration_has_a_network_of_its_own(monkeypatch, tmp_path):
    several = [Configuration({"size": size}, {}) for size in (1, 2, 3)]
    batches = []

    def train(experiment, out, wanted, pool, show):
        batches.append(wanted)
        return [
            Fit("classes", n.seed, 1, n.configuration.arguments["size"], 0, out)
            for n in wanted
        ]

    monkeypatch.setattr(networks, "train", train)
    experiment = SimpleNamespace(
        recipe=SimpleNamespace(measure=("uar", "max")),
        outputs_of=lambda fit, configuration: {
            "dev": {"classes": np.full((1, 1), configuration.arguments["size"])}
        },
    )
    found = ensemble.train_each(
        experiment, "classes", several, tmp_path, 7, Progress(), Pool(1)
    )
    (wanted,) = batches  # all at once, so that they can train side by side
    assert [network.seed for network in wanted] == [7, 7, 7]
    for size, own in enumerate(found, 1):
        assert own.best["classes"].best == size
        assert own.averaged("dev")["classes"][0] == size
        assert own.configurations["classes"].arguments == {"size": size}
