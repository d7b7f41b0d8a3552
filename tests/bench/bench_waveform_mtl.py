"""Paper 004's training step against PyTorch's, both framings, one process.

`pip install '.[bench]'`, then `python tests/bench/bench_waveform_mtl.py`: a
step of `iemocap_e2e_mtl_att` on 16 utterances of 100 windows of 640 samples,
convolved window by window as the paper does and, with `framing="shared"`,
once over the waveform. PyTorch's network is in its fastest form known: the
second convolution as a channels-last `conv2d`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from timing import interleaved

import zoo

try:
    import torch
except ImportError as error:
    raise SystemExit(
        "This compares with PyTorch: pip install '.[bench]'"
    ) from error

UTTERANCES, WINDOWS, WINDOW, HOP = 16, 100, 640, 160
SAMPLES = WINDOW + (WINDOWS - 1) * HOP
TASKS = ("arousal", "valence", "dominance")
functional = torch.nn.functional


class Waveform(torch.nn.Module):
    """The network of `iemocap_e2e_mtl_att`, exact framing, no lengths."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv1d(1, 40, 40)
        self.second = torch.nn.Conv2d(40, 40, (1, 40))
        self.second = self.second.to(memory_format=torch.channels_last)
        self.dropout = torch.nn.Dropout(0.1)
        self.gru = torch.nn.GRU(1280, 128, num_layers=2, batch_first=True)
        self.scores = torch.nn.ModuleList(
            torch.nn.Linear(128, 1, bias=False) for _ in TASKS
        )
        self.levels = torch.nn.ModuleList(
            torch.nn.Linear(128, 3) for _ in TASKS
        )

    def forward(self, waveform):
        windows = waveform.unfold(1, WINDOW, HOP).reshape(-1, 1, WINDOW)
        maps = functional.relu(self.first(functional.pad(windows, (19, 20))))
        maps = functional.pad(functional.max_pool1d(maps, 2), (19, 20))
        maps = maps[:, :, None].contiguous(memory_format=torch.channels_last)
        maps = functional.relu(self.second(maps))[:, :, 0]
        maps = maps.reshape(-1, 4, 10, WINDOW // 2).amax(dim=2)
        vectors = maps.reshape(UTTERANCES, WINDOWS, -1)
        states, _ = self.gru(self.dropout(vectors))
        outputs = []
        for score, level in zip(self.scores, self.levels):
            weights = torch.softmax(score(states), dim=1)
            outputs.append(level((weights * states).sum(dim=1)))
        return outputs


def torch_step(waveform, labels) -> Callable[[], object]:
    network = Waveform()
    optimizer = torch.optim.Adam(network.parameters(), 1e-4)
    inputs, true = torch.tensor(waveform), torch.tensor(labels)

    def step():
        network.train()
        optimizer.zero_grad()
        loss = sum(
            functional.cross_entropy(each, true) for each in network(inputs)
        )
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def our_step(waveform, labels, framing: str) -> Callable[[], object]:
    model = zoo.get("iemocap_e2e_mtl_att", weights=None, framing=framing)
    model.compile(
        keras.optimizers.Adam(1e-4),
        loss={task: keras.losses.CategoricalCrossentropy() for task in TASKS},
        jit_compile=False,
    )
    lengths = tf.fill([UTTERANCES], SAMPLES)
    inputs = {"waveform": tf.constant(waveform), "lengths": lengths}
    true = {task: tf.one_hot(labels, 3) for task in TASKS}
    return lambda: model.train_on_batch(inputs, true)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--threads", type=int, default=2, help="1 is fairer on a busy machine"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    generator = np.random.default_rng(0)
    waveform = generator.normal(size=(UTTERANCES, SAMPLES)).astype("float32")
    labels = generator.integers(0, 3, UTTERANCES)
    calls = {
        "exact": our_step(waveform, labels, "exact"),
        "shared": our_step(waveform, labels, "shared"),
        "PyTorch": torch_step(waveform, labels),
    }
    spent = interleaved(calls, rounds=arguments.rounds, warm_up=1)
    print("training step: ", end="")
    print(", ".join(f"{who} {1e3 * s:.0f} ms" for who, s in spent.items()))
    print(f"    exact over PyTorch: {spent['exact'] / spent['PyTorch']:.2f}")
    print(f"    exact over shared: {spent['exact'] / spent['shared']:.2f}")


if __name__ == "__main__":
    main()
