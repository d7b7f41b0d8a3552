"""The attention-BLSTM-FCN's training step against PyTorch's, one process.

`pip install '.[bench]'`, then `python tests/bench/bench_attention_fcn.py`: a
step on 50 utterances of 300 frames with 743 values each, in the paper's order
(the BLSTM goes through the features) or with `--plain` through the frames.
PyTorch's network knows no lengths; ours is measured with and without padding.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from timing import interleaved, options, show, torch_step, use_threads

import zoo

try:
    import torch
except ImportError as error:
    raise SystemExit(
        "This compares with PyTorch: pip install '.[bench]'"
    ) from error

UTTERANCES, FRAMES, VALUES, CLASSES = 50, 300, 743, 4


def block(channels: int, filters: int, kernel: int) -> torch.nn.Sequential:
    return torch.nn.Sequential(
        torch.nn.Conv1d(channels, filters, kernel, padding="same"),
        torch.nn.BatchNorm1d(filters),
        torch.nn.ReLU(),
    )


class AttentionFCN(torch.nn.Module):
    """The network of `iemocap_attention_blstm_fcn`, without lengths."""

    def __init__(self, plain: bool):
        super().__init__()
        self.plain = plain
        width = VALUES if plain else FRAMES
        self.lstm = torch.nn.LSTM(
            width, 64, bidirectional=True, batch_first=True
        )
        self.score = torch.nn.Linear(128, 1, bias=False)
        self.dropout = torch.nn.Dropout(0.5)
        self.blocks = torch.nn.Sequential(
            block(VALUES, 128, 8), block(128, 64, 5)
        )
        self.dense = torch.nn.Sequential(
            torch.nn.Linear(128 + 64, 64),
            torch.nn.ReLU(),
            torch.nn.Linear(64, CLASSES),
        )

    def forward(self, features):
        turned = features.transpose(1, 2)
        states, _ = self.lstm(features if self.plain else turned)
        weights = torch.softmax(self.score(states), dim=1)
        attended = self.dropout((weights * states).sum(dim=1))
        mean = self.blocks(turned).mean(dim=2)
        return self.dense(torch.cat([attended, mean], dim=1))


def our_step(features, labels, lengths, plain: bool) -> Callable[[], object]:
    name = "iemocap_attention_blstm_fcn"
    model = zoo.get(name, weights=None, shuffle=not plain)
    model.compile(
        keras.optimizers.Adam(),
        loss={"emotion": keras.losses.CategoricalCrossentropy()},
        jit_compile=False,
    )
    inputs = {"features": features, "lengths": lengths}
    inputs = {name: tf.constant(each) for name, each in inputs.items()}
    true = {"emotion": tf.one_hot(labels, CLASSES)}
    return lambda: model.train_on_batch(inputs, true)


def main() -> None:
    parser = options(__doc__, rounds=20)
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    generator = np.random.default_rng(0)
    features = generator.normal(size=(UTTERANCES, FRAMES, VALUES))
    features = features.astype("float32")
    labels = generator.integers(0, CLASSES, UTTERANCES)
    full = np.full(UTTERANCES, FRAMES, "int32")
    padded = generator.integers(30, FRAMES, UTTERANCES, "int32", endpoint=True)
    plain, true = arguments.plain, torch.tensor(labels)
    calls = {
        "ours": our_step(features, labels, full, plain),
        "ours, padded": our_step(features, labels, padded, plain),
        "PyTorch": torch_step(
            AttentionFCN(plain),
            torch.tensor(features),
            lambda outputs: torch.nn.functional.cross_entropy(outputs, true),
        ),
    }
    spent = interleaved(calls, rounds=arguments.rounds, warm_up=2)
    show("training step", spent)


if __name__ == "__main__":
    main()
