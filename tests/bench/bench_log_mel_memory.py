"""Memory of the log Mel filter bank on hours of audio.

Run it as `python tests/bench/bench_log_mel_memory.py --hours 10`. The figure
is of one call of the layer on the whole waveform, beside the waveform.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import tensorflow as tf
from memory import Peak

from zoo.frontends import LogMelFilterBank

RATE = 16_000


def main() -> None:
    """Prints the memory and the seconds of one call."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=10.0)
    hours = parser.parse_args().hours
    layer = LogMelFilterBank()
    compiled = tf.function(
        lambda waveform: layer(waveform),
        input_signature=[tf.TensorSpec((None, None), tf.float32)],
    )
    second = np.random.default_rng(0).uniform(-0.3, 0.3, (1, RATE))
    waveform = tf.tile(tf.constant(second, tf.float32), (1, int(3600 * hours)))
    compiled(waveform[:, : 60 * RATE])
    with Peak() as peak:
        started = time.perf_counter()
        outputs = compiled(waveform)
        seconds = time.perf_counter() - started
    print(
        f"{hours:g} h of audio, {waveform.shape[1] * 4e-9:.2f} GB: the layer "
        f"takes {peak.gigabytes:.2f} GB, its output of "
        f"{np.prod(outputs.shape) * 4e-9:.2f} GB included, and {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
