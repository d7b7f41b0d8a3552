"""The trimodal BLSTM's training step against PyTorch's, one process.

`pip install '.[bench]'`, then `python tests/bench/bench_mosei_fusion.py`: a
step of normalisation, BLSTM 64 + 64, two layers of 100 and six outputs on 64
segments of 20 words with 409 values each, and a prediction of them. PyTorch's
network knows no lengths; ours is measured with and without padding.
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

SEGMENTS, WORDS, VALUES, EMOTIONS = 64, 20, 409, 6
UNITS, DENSE, DROPOUT = 64, 100, 0.1
Calls = tuple[Callable[[], object], Callable[[], object]]


class Fusion(torch.nn.Module):
    """The network of `mosei_blstm`, without lengths."""

    def __init__(self):
        super().__init__()
        self.normalisation = torch.nn.BatchNorm1d(VALUES)
        self.lstm = torch.nn.LSTM(
            VALUES, UNITS, bidirectional=True, batch_first=True
        )
        self.dense = torch.nn.Sequential(
            torch.nn.Linear(2 * UNITS, DENSE),
            torch.nn.ReLU(),
            torch.nn.Dropout(DROPOUT),
            torch.nn.Linear(DENSE, DENSE),
            torch.nn.ReLU(),
            torch.nn.Dropout(DROPOUT),
            torch.nn.Linear(DENSE, EMOTIONS),
        )

    def forward(self, features):
        normal = self.normalisation(features.transpose(1, 2)).transpose(1, 2)
        _, (hidden, _) = self.lstm(normal)
        return self.dense(torch.cat([hidden[0], hidden[1]], dim=1))


def torch_calls(features: np.ndarray, labels: np.ndarray) -> Calls:
    network, inputs = Fusion(), torch.tensor(features)
    true = torch.tensor(labels)
    step = torch_step(
        network,
        inputs,
        lambda outputs: torch.nn.functional.l1_loss(outputs, true),
    )

    def predict():
        network.eval()
        with torch.no_grad():
            return network(inputs).numpy()

    return step, predict


def our_calls(
    features: np.ndarray, labels: np.ndarray, lengths: np.ndarray
) -> Calls:
    model = zoo.get("mosei_blstm", weights=None, dropout=DROPOUT)
    model.compile(
        keras.optimizers.Adam(),
        loss={"emotions": keras.losses.MeanAbsoluteError()},
        jit_compile=False,
    )
    inputs = {"features": features, "lengths": lengths}
    inputs = {name: tf.constant(each) for name, each in inputs.items()}
    true = {"emotions": tf.constant(labels)}
    serve = tf.function(lambda each: model(each, training=False))
    return (
        lambda: model.train_on_batch(inputs, true),
        lambda: serve(inputs)["emotions"].numpy(),
    )


def main() -> None:
    arguments = options(__doc__, rounds=200).parse_args()
    use_threads(arguments.threads)
    generator = np.random.default_rng(0)
    features = generator.normal(size=(SEGMENTS, WORDS, VALUES))
    features = features.astype("float32")
    labels = generator.uniform(0, 3, (SEGMENTS, EMOTIONS)).astype("float32")
    full = np.full(SEGMENTS, WORDS, "int32")
    padded = generator.integers(1, WORDS, SEGMENTS, "int32", endpoint=True)
    both = {
        "ours": our_calls(features, labels, full),
        "ours, padded": our_calls(features, labels, padded),
        "PyTorch": torch_calls(features, labels),
    }
    for place, name in enumerate(("training step", "prediction")):
        spent = interleaved(
            {who: calls[place] for who, calls in both.items()},
            rounds=arguments.rounds,
            warm_up=20,
        )
        show(name, spent)


if __name__ == "__main__":
    main()
