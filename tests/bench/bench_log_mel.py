"""Log Mel filter bank against kaldi-native-fbank, one process.

`pip install '.[bench]'`, then `python tests/bench/bench_log_mel.py`.
"""

from __future__ import annotations

import kaldi_native_fbank
import numpy as np
import tensorflow as tf
from timing import interleaved

from zoo.frontends import LogMelFilterBank

RATE = 16000


def kaldi(waveform: np.ndarray) -> np.ndarray:
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = RATE
    options.mel_opts.num_bins = 40
    bank = kaldi_native_fbank.OnlineFbank(options)
    bank.accept_waveform(RATE, waveform)
    bank.input_finished()
    return np.stack([bank.get_frame(i) for i in range(bank.num_frames_ready)])


def main() -> None:
    layer = LogMelFilterBank()
    compiled = tf.function(
        lambda waveform: layer(waveform),
        input_signature=[tf.TensorSpec((None, None), tf.float32)],
    )
    generator = np.random.default_rng(0)
    for seconds in (10, 300):
        waveform = generator.uniform(-0.3, 0.3, seconds * RATE)
        waveform = waveform.astype("float32")
        scaled, batch = waveform * 32768, tf.constant(waveform[None])
        apart = np.abs(compiled(batch).numpy()[0] - kaldi(scaled)).max()
        spent = interleaved(
            {
                "kaldi-native-fbank": lambda: kaldi(scaled),
                "LogMelFilterBank": lambda: compiled(batch).numpy(),
            },
            rounds=20 if seconds == 10 else 7,
        )
        rates = {name: seconds / each for name, each in spent.items()}
        ratio = rates["LogMelFilterBank"] / rates["kaldi-native-fbank"]
        print(
            f"{seconds} s: "
            + ", ".join(f"{n} {r:.0f} x real time" for n, r in rates.items())
            + f", ratio {ratio:.1f}, differ by {apart:.1e} at most"
        )


if __name__ == "__main__":
    main()
