"""Memory and seconds of `clear_session` over many fits in one process.

Each fit builds one small network with a kernel of its own (a dilated and an
overlap-save convolution, an LSTM, a GRU, a maximum over channels), trains it
for a few steps and predicts with it. Run it as
`python tests/bench/bench_memory.py --fits 100`; memory must stay flat.
"""

from __future__ import annotations

import argparse
import gc
import os
import pathlib
import time
from collections.abc import Callable

import keras
import numpy as np

from zoo.layers import GRU, LSTM, Conv1D
from zoo.layers.kernels import gradients
from zoo.papers.waveform_mtl.layers import CrossChannelMaxPooling

Build = Callable[[], list[keras.layers.Layer]]

KINDS: dict[str, Build] = {
    "dense": lambda: [keras.layers.Dense(8)],
    "dilated": lambda: [Conv1D(8, 3, dilation_rate=4, padding="same")],
    "overlap_save": lambda: [Conv1D(40, 40, padding="same")],
    "lstm": lambda: [LSTM(8, return_sequences=True)],
    "gru": lambda: [GRU(8, return_sequences=True)],
    "maximum": lambda: [CrossChannelMaxPooling(2)],
}
"""The layers of one network, by the kernel that they run."""


def fit(build: Build, seed: int = 0) -> float:
    """Clears the session, trains a network; returns seconds of clearing."""
    started = time.process_time()
    keras.backend.clear_session()
    seconds = time.process_time() - started
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((None, 40))
    outputs = inputs
    for layer in build():
        outputs = layer(outputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(outputs))
    model.compile("adam", "mse")
    features = np.zeros((4, 300, 40), "float32")
    targets = np.zeros((4, 300, 1), "float32")
    model.fit(features, targets, batch_size=2, epochs=1, verbose=0)
    model.predict(features, batch_size=2, verbose=0)
    gradients.release()
    return seconds


def megabytes() -> float:
    """Returns this process' memory in MB, after a collection."""
    gc.collect()
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Prints memory and seconds of `clear_session` after groups of fits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=100, help="of each kind")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    arguments = parser.parse_args()
    for kind in arguments.kinds:
        group = max(arguments.fits // 5, 1)
        fit(KINDS[kind])
        before = megabytes()
        for done in range(group, arguments.fits + 1, group):
            seconds = [fit(KINDS[kind]) for _ in range(group)]
            now = megabytes()
            print(
                f"{kind:<13} {done:>4} fits: {now:7.0f} MB, "
                f"{(now - before) / group:+.2f} MB a fit, clear_session "
                f"{np.median(seconds):.3f} s",
                flush=True,
            )
            before = now


if __name__ == "__main__":
    main()
