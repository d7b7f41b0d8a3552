"""Memory and time of an epoch on corpora that are larger than memory.

`python tests/bench/bench_stream.py traces --gigabytes 20` trains
`recola_dilated` on recordings of 300 s; `utterances` trains
`iemocap_attention_blstm_fcn`, and `waveforms` reads batches of 16 waveforms,
of utterances as long as IEMOCAP's. The corpora are a few files of noise under
many names, as many as make 16-bit recordings of that size at 16 kHz. Memory is
printed ten times an epoch and must stay flat.

On a slow machine name fewer gigabytes and lower `--share` by as much: the
share of the memory up to which a corpus is held.
"""

from __future__ import annotations

import argparse
import itertools
import os
import pathlib
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import soundfile
from memory import Peak, resident

import zoo
from pipelines import normalise, stored
from pipelines.audio import reader
from pipelines.corpora.base import Corpus, Utterance
from pipelines.datasets import traces, utterances
from pipelines.whitening import Whitening
from zoo import frontends
from zoo.losses import ConcordanceLoss
from zoo.papers import attention_fcn

RATE = 16_000
FILES = 32
"""Utterances that are really there."""
EMOTIONS = ("angry", "happy", "sad", "neutral")
TRACE_SECONDS = 300.0
MEAN_SECONDS, LONGEST = 4.46, 34.1
"""Of IEMOCAP's 10,039 utterances."""
BATCH = 16


class Noise(Corpus):
    """Noise under many names.

    Args:
        root: empty folder, where the recordings are written.
        lengths: seconds of the files that are really there.
        gigabytes: of all names together.
    """

    name = "noise"
    title = citation = terms = source = layout = ""
    emotions = EMOTIONS
    dimensions = ("arousal",)
    label_hop = 0.04
    expected: dict[str, int] = {}

    def __init__(
        self, root: pathlib.Path, lengths: np.ndarray, gigabytes: float
    ):
        self.lengths = lengths
        size = 2 * RATE * lengths.mean()
        self.count = max(BATCH, round(gigabytes * 1e9 / size))
        super().__init__(root, partial=True)

    def _read(self) -> Iterator[Utterance]:
        rng = np.random.default_rng(0)
        for number, seconds in enumerate(self.lengths):
            noise = 0.1 * rng.normal(size=round(seconds * RATE))
            path = self.root / f"source_{number}.wav"
            soundfile.write(path, noise, RATE, "PCM_16")
        for number in range(self.count):
            source = int(rng.integers(len(self.lengths)))
            path = self.root / f"{number:06d}.wav"
            os.link(self.root / f"source_{source}.wav", path)
            labels = {
                "emotion": EMOTIONS[number % 4],
                "seconds": float(self.lengths[source]),
            }
            speaker = str(number % 10)
            yield Utterance(path.stem, speaker, (path,), "train", labels)

    def _traces(self, utterance: Utterance) -> dict[str, np.ndarray]:
        samples = round(utterance.labels["seconds"] * RATE)
        steps = frontends.stacked_log_mel_steps(samples)
        return {"arousal": np.sin(np.arange(steps, dtype="float32") / 99)}


def utterance_lengths() -> np.ndarray:
    """Returns lengths as IEMOCAP's: about log-normal, the longest 34.1 s."""
    rng = np.random.default_rng(0)
    drawn = rng.lognormal(np.log(MEAN_SECONDS) - 0.245, 0.7, 10_000)
    shares = (np.arange(FILES) + 0.5) / FILES
    lengths = np.quantile(drawn, shares).clip(0.6, LONGEST)
    lengths[-1] = LONGEST
    return lengths.round(2)


def traces_epoch(root: pathlib.Path, gigabytes: float) -> tuple[Any, Any, int]:
    noise = Noise(root, np.full(4, TRACE_SECONDS), gigabytes)
    samples = traces.read(
        noise, noise.utterances, "stacked_log_mel", cache=root / "features"
    )
    model = zoo.get("recola_dilated", None, dimensions=("arousal",))
    model.compile("adam", {"arousal": ConcordanceLoss()}, jit_compile=False)
    return model, traces.batches(samples, ["arousal"], 1, 0), len(samples)


def utterances_epoch(
    root: pathlib.Path, gigabytes: float
) -> tuple[Any, Any, int]:
    noise = Noise(root, utterance_lengths(), gigabytes)
    tasks = {"emotion": EMOTIONS}
    samples = utterances.read(
        noise, noise.utterances, tasks, "yaafe", root / "features"
    )
    inputs = normalise.by_name(
        "speaker",
        [sample.inputs for sample in samples],
        [sample.speaker for sample in samples],
    )
    whitening = Whitening(100).fit(inputs)
    arrays = whitening.arrays()
    model = zoo.get("iemocap_attention_blstm_fcn", None, components=100)
    attention_fcn.set_whitening(
        model, **{n: arrays[n] for n in ("low", "high", "mean", "matrix")}
    )
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=False)
    weights = {"emotion": np.ones(len(samples), "float32")}
    batches = utterances.batches(
        samples, "features", ["emotion"], 50, weights, 0
    )
    return model, batches, -(-len(samples) // 50)


def waveforms_epoch(
    root: pathlib.Path, gigabytes: float
) -> tuple[Any, Any, int]:
    noise = Noise(root, utterance_lengths(), gigabytes)
    tasks = {"emotion": EMOTIONS}
    samples = utterances.read(noise, noise.utterances, tasks)
    weights = {"emotion": np.ones(len(samples), "float32")}
    batches = utterances.batches(
        samples, "waveform", ["emotion"], BATCH, weights, 0
    )
    return None, batches, -(-len(samples) // BATCH)


EPOCHS = {
    "traces": traces_epoch,
    "utterances": utterances_epoch,
    "waveforms": waveforms_epoch,
}


class Flat(keras.callbacks.Callback):
    """Prints the memory in use ten times an epoch."""

    def __init__(self, steps: int):
        super().__init__()
        self.every = max(1, steps // 10)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if (batch + 1) % self.every == 0:
            print(f"batch {batch + 1}: {resident():.2f} GB", flush=True)


def main() -> None:
    """Prints memory and seconds of reading and of an epoch."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=EPOCHS)
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--share", type=float, default=stored.SHARE)
    arguments = parser.parse_args()
    stored.SHARE = arguments.share
    reader.LOGGER.disabled = True
    with tempfile.TemporaryDirectory() as folder, Peak() as peak:
        started = time.perf_counter()
        model, batches, steps = EPOCHS[arguments.kind](
            pathlib.Path(folder), arguments.gigabytes
        )
        read = time.perf_counter()
        print(f"read in {read - started:.0f} s, {resident():.2f} GB in use")
        flat = Flat(steps)
        if model is None:
            for batch, _ in enumerate(itertools.islice(batches, steps)):
                flat.on_train_batch_end(batch)
        else:
            model.fit(
                batches,
                steps_per_epoch=steps,
                shuffle=False,
                verbose=0,
                callbacks=[flat],
            )
        seconds = time.perf_counter() - read
    print(
        f"{arguments.kind}, {arguments.gigabytes:g} GB of audio, held up to "
        f"{stored.most_bytes() / 1e9:.2f} GB: {steps} batches in "
        f"{seconds:.0f} s, {peak.total:.2f} GB in use at most"
    )


if __name__ == "__main__":
    main()
