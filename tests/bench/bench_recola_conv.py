"""The dilated network against the same in PyTorch, one process.

`pip install '.[bench]'`, then `python tests/bench/bench_recola_conv.py`: a
training step and a prediction of 10 layers of 32 on 7,500 steps, batch 1.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
import torch
from timing import interleaved

import zoo
from zoo.losses import ConcordanceLoss

STEPS, VALUES, DEPTH, WIDTH = 7500, 160, 10, 32


class Dilated(torch.nn.Module):
    """The network of `zoo.get("recola_dilated")` for one dimension."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList(
            torch.nn.Conv1d(
                VALUES if layer == 0 else WIDTH,
                WIDTH,
                3,
                padding=2**layer,
                dilation=2**layer,
            )
            for layer in range(DEPTH)
        )
        self.last = torch.nn.Conv1d(WIDTH, 1, 1)

    def forward(self, sequence):
        for layer in self.layers:
            sequence = torch.tanh(layer(sequence))
        return self.last(sequence)[:, 0]


def torch_calls(features: np.ndarray, labels: np.ndarray):
    network = Dilated()
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    inputs = torch.tensor(features).transpose(1, 2).contiguous()
    true = torch.tensor(labels)

    def step():
        optimizer.zero_grad()
        predicted = network(inputs)
        offset = true.mean() - predicted.mean()
        covariance = (
            (true - true.mean()) * (predicted - predicted.mean())
        ).mean()
        spread = true.var(unbiased=False) + predicted.var(unbiased=False)
        loss = 1 - 2 * covariance / (spread + offset**2)
        loss.backward()
        optimizer.step()
        return loss.item()

    def predict():
        with torch.no_grad():
            return network(inputs).numpy()

    return step, predict


def keras_calls(features: np.ndarray, labels: np.ndarray):
    model = zoo.get("recola_dilated", weights=None, dimensions=("arousal",))
    model.compile(
        keras.optimizers.Adam(1e-3),
        loss={"arousal": ConcordanceLoss()},
        jit_compile=False,
    )
    inputs = {
        "features": tf.constant(features),
        "lengths": tf.constant([features.shape[1]]),
    }
    true = {"arousal": tf.constant(labels)}
    serve = tf.function(lambda each: model(each, training=False))
    return (
        lambda: model.train_on_batch(inputs, true),
        lambda: serve(inputs)["arousal"].numpy(),
    )


def main() -> None:
    torch.set_num_threads(2)
    generator = np.random.default_rng(0)
    features = generator.normal(size=(1, STEPS, VALUES)).astype("float32")
    labels = generator.normal(size=(1, STEPS)).astype("float32")
    ours, theirs = keras_calls(features, labels), torch_calls(features, labels)
    for place, name in enumerate(("training step", "prediction")):
        spent = interleaved(
            {"ours": ours[place], "PyTorch": theirs[place]}, rounds=30
        )
        print(
            f"{name}: ours {spent['ours'] * 1e3:.2f} ms, PyTorch "
            f"{spent['PyTorch'] * 1e3:.2f} ms, ratio "
            f"{spent['ours'] / spent['PyTorch']:.2f}"
        )


if __name__ == "__main__":
    main()
