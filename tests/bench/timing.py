"""Ratios that a noisy machine can be believed: interleaved, medians."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping


def interleaved(
    calls: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 3
) -> dict[str, float]:
    """Median seconds of each call, taken in turns in one process."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(warm_up + rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            spent = time.perf_counter() - started
            if turn >= warm_up:
                seconds[name].append(spent)
    return {name: statistics.median(each) for name, each in seconds.items()}


def options(description: str, rounds: int) -> argparse.ArgumentParser:
    """Of a comparison with PyTorch."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument(
        "--threads", type=int, default=2, help="1 is fairer on a busy machine"
    )
    return parser


def use_threads(count: int) -> None:
    """Gives TensorFlow and PyTorch as many threads."""
    import tensorflow as tf
    import torch

    torch.set_num_threads(count)
    tf.config.threading.set_intra_op_parallelism_threads(count)


def torch_step(network, inputs, loss: Callable) -> Callable[[], object]:
    """A training step of a PyTorch network.

    Args:
        network: a module.
        inputs: a tensor.
        loss: takes the network's outputs.
    """
    import torch

    optimizer = torch.optim.Adam(network.parameters())

    def step():
        network.train()
        optimizer.zero_grad()
        value = loss(network(inputs))
        value.backward()
        optimizer.step()
        return value.item()

    return step


def show(what: str, seconds: Mapping[str, float]) -> None:
    """Prints times, and those of ours over PyTorch's."""
    told = ", ".join(f"{who} {1e3 * s:.2f} ms" for who, s in seconds.items())
    print(f"{what}: {told}")
    for who in seconds:
        if who != "PyTorch":
            ratio = seconds[who] / seconds["PyTorch"]
            print(f"    {who} over PyTorch: {ratio:.2f}")
