"""Seconds of an epoch: 13 s against 10 min in Khorram et al. 2017, section 6.2.

The paper trained a convolutional network and a BLSTM of about as many
parameters, one full recording a batch, on nine recordings of 7,500 steps.
"""

from __future__ import annotations

import pathlib
import statistics
import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

import zoo
from tuning.runs.report import table
from tuning.training import resources
from tuning.training.progress import Progress
from zoo.common import files
from zoo.losses import ConcordanceLoss

RECORDINGS, STEPS, VALUES = 9, 7500, 160
ROUNDS = 3
FILE = "epoch_seconds.json"
DIMENSION = "arousal"
NETWORKS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Dilated": ("recola_dilated", {}),
    "Dilated, as many parameters as the BLSTM": (
        "recola_dilated",
        {"width": 123},
    ),
    "Down/Up": ("recola_downup", {}),
    "BLSTM": ("recola_blstm_ccc", {}),
}
"""Model and arguments of each network, by name."""


def section(out: pathlib.Path, progress: Progress) -> str:
    """Tabulates the seconds of an epoch, measured once for a folder.

    Args:
        out: folder of the tables, which keeps the measurement.
        progress: shows what is measured.

    Returns:
        The section, as Markdown.
    """
    path = out / FILE
    if not path.exists():
        files.write_json(path, measure(progress))
    measured = files.read_json(path)
    seconds = measured["seconds"]
    rows = [
        [
            name,
            f"{measured['parameters'][name]:,}",
            f"{own:.1f}",
            f"{seconds['BLSTM'] / own:.1f}",
        ]
        for name, own in seconds.items()
    ]
    head = ["network", "parameters", "seconds an epoch", "BLSTM / network"]
    return "\n\n".join(
        [
            "## Section 6.2: seconds of an epoch",
            f"{RECORDINGS} recordings of {STEPS:,} steps, one a batch, for one "
            "dimension: median of training steps on random inputs, on "
            f"{measured['processors']} processors (the paper: about 13 s for "
            "a convolutional network and 10 min for a BLSTM of about as many "
            "parameters, a ratio of 46, with Theano). Other work on the "
            "machine lengthens all alike. `--fresh` measures again.",
            table(head, rows),
        ]
    )


def measure(progress: Progress) -> dict[str, Any]:
    """Measures training steps of all networks, in turns.

    Returns:
        `seconds` of an epoch and `parameters` by network, and the number of
        `processors`.
    """
    models = {
        name: _compiled(model, arguments)
        for name, (model, arguments) in NETWORKS.items()
    }
    generator = np.random.default_rng(0)
    inputs = {
        "features": generator.normal(size=(1, STEPS, VALUES)).astype("f4"),
        "lengths": np.array([STEPS], "int32"),
    }
    labels = {DIMENSION: generator.normal(size=(1, STEPS)).astype("f4")}
    spent: dict[str, list[float]] = {name: [] for name in models}
    for turn in range(1 + ROUNDS):
        for name, model in models.items():
            progress.show(f"seconds of an epoch: {name}, turn {turn + 1}")
            started = time.perf_counter()
            model.train_on_batch(inputs, labels)
            spent[name].append(time.perf_counter() - started)
    progress.clear()
    return {
        "seconds": {
            name: RECORDINGS * statistics.median(own[1:])  # the first traces
            for name, own in spent.items()
        },
        "parameters": {
            name: model.count_params() for name, model in models.items()
        },
        "processors": resources.processors(),
    }


def _compiled(name: str, arguments: Mapping[str, Any]) -> keras.Model:
    """Returns the untrained network of one dimension."""
    model = zoo.get(name, None, dimensions=(DIMENSION,), **arguments)
    model.compile(
        keras.optimizers.Adam(1e-3),
        loss={DIMENSION: ConcordanceLoss()},
        jit_compile=False,
    )
    return model
