"""Memory and time of training `iemocap_e2e_mtl_att` in parts of a batch.

Run it as `python tests/bench/bench_waveform_memory.py --seconds 34`. A batch of
16 utterances of that length is learnt from in parts of at most `--most`
seconds, padding included.
"""

from __future__ import annotations

import argparse
import time

import keras
import numpy as np
import tensorflow as tf
from memory import Peak, resident

import zoo
from tuning.training.parts import in_parts

RATE = 16_000
TASKS = ("arousal", "valence", "dominance")


def batch(rows: int, seconds: float) -> tuple[dict, dict]:
    """Returns a batch of noise with classes."""
    rng = np.random.default_rng(0)
    samples = int(seconds * RATE)
    inputs = {
        "waveform": rng.normal(size=(rows, samples)).astype("float32"),
        "lengths": np.full(rows, samples, "int32"),
    }
    return inputs, {task: rng.integers(0, 3, rows) for task in TASKS}


def main() -> None:
    """Prints the most memory in use, and seconds a batch."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=34.0)
    parser.add_argument("--most", type=float, nargs="+", default=[40.0])
    parser.add_argument("--steps", type=int, default=2)
    arguments = parser.parse_args()
    loss = keras.losses.SparseCategoricalCrossentropy()
    for most in arguments.most:
        model = zoo.get("iemocap_e2e_mtl_att", None)
        model = in_parts(model, "waveform", int(most * RATE))
        model.compile("adam", dict.fromkeys(TASKS, loss), jit_compile=False)
        data = tf.data.Dataset.from_tensors(
            batch(arguments.rows, arguments.seconds)
        )
        with Peak() as peak:
            started = time.perf_counter()
            model.fit(data.repeat(arguments.steps), verbose=0, shuffle=False)
            seconds = time.perf_counter() - started
        print(
            f"{arguments.rows} utterances of {arguments.seconds:g} s, at most "
            f"{most:g} s at once: {peak.total:.2f} GB in use, "
            f"{seconds / arguments.steps:.1f} s a batch; {resident():.2f} GB "
            "afterwards",
            flush=True,
        )


if __name__ == "__main__":
    main()
