"""Three BLSTM layers against Keras's own and PyTorch's, one process.

`pip install '.[bench]'`, then `python tests/bench/bench_lstm.py`: a training
step and a prediction of 3 x (80 + 80) units and four softmax heads on one
sequence of 7,500 frames of 160 values. Most of its minute is Keras's own
layer.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from timing import interleaved

from zoo.layers import LSTM, lstm_implementation

try:
    import torch
except ImportError as error:
    raise SystemExit(
        "This compares with PyTorch: pip install '.[bench]'"
    ) from error

FRAMES, VALUES, UNITS, DEPTH, CLASSES = 7500, 160, 80, 3, (4, 6, 8, 10)
Calls = tuple[Callable[[], object], Callable[[], object]]


class Recurrent(torch.nn.Module):
    """The network of `keras_model`."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.LSTM(
            VALUES, UNITS, DEPTH, bidirectional=True, batch_first=True
        )
        self.heads = torch.nn.ModuleList(
            torch.nn.Linear(2 * UNITS, classes) for classes in CLASSES
        )

    def forward(self, features):
        sequence, _ = self.layers(features)
        return [head(sequence) for head in self.heads]


def torch_calls(features: np.ndarray, labels: list[np.ndarray]) -> Calls:
    network = Recurrent()
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    inputs = torch.tensor(features)
    true = [torch.tensor(each, dtype=torch.long) for each in labels]

    def step():
        optimizer.zero_grad()
        loss = sum(
            torch.nn.functional.cross_entropy(head[0], each[0])
            for head, each in zip(network(inputs), true)
        )
        loss.backward()
        optimizer.step()
        return loss.item()

    def predict():
        with torch.no_grad():
            return [head.softmax(-1).numpy() for head in network(inputs)]

    return step, predict


def keras_model(layer: type[keras.layers.LSTM]) -> keras.Model:
    inputs = sequence = keras.Input((None, VALUES))
    for _ in range(DEPTH):
        sequence = keras.layers.Bidirectional(
            layer(UNITS, return_sequences=True)
        )(sequence)
    return keras.Model(
        inputs,
        [
            keras.layers.Dense(classes, activation="softmax")(sequence)
            for classes in CLASSES
        ],
    )


def keras_calls(
    layer: type[keras.layers.LSTM],
    features: np.ndarray,
    labels: list[np.ndarray],
) -> Calls:
    model = keras_model(layer)
    model.compile(
        keras.optimizers.Adam(2e-3),
        loss=["sparse_categorical_crossentropy"] * len(CLASSES),
        jit_compile=False,
    )
    inputs, true = tf.constant(features), [tf.constant(each) for each in labels]
    serve = tf.function(lambda each: model(each, training=False))
    return (
        lambda: model.train_on_batch(inputs, true),
        lambda: [head.numpy() for head in serve(inputs)],
    )


def report(name: str, spent: dict[str, float]) -> None:
    """Prints each time, and the ratio of the first to each other."""
    print(f"{name}: " + ", ".join(f"{k} {v:.3f} s" for k, v in spent.items()))
    first, *others = spent
    for other in others:
        ratio = spent[first] / spent[other]
        print(f"    {first} over {other}: {ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    generator = np.random.default_rng(0)
    features = generator.normal(size=(1, FRAMES, VALUES)).astype("float32")
    labels = [generator.integers(0, n, size=(1, FRAMES)) for n in CLASSES]
    ours = keras_calls(LSTM, features, labels)
    theirs = torch_calls(features, labels)
    own = keras_calls(keras.layers.LSTM, features, labels)
    with lstm_implementation("fused"):
        fused = keras_calls(LSTM, features, labels)[1]
        fused()
    for place, name in enumerate(("training step", "prediction")):
        calls = {"ours": ours[place], "PyTorch": theirs[place]}
        if name == "prediction":
            calls["ours for an export"] = fused
        report(name, interleaved(calls, rounds=arguments.rounds))
        calls = {"Keras": own[place], "ours": ours[place]}
        report(name, interleaved(calls, rounds=1, warm_up=1))


if __name__ == "__main__":
    main()
