"""The embedded server: its cost, what batching brings, and a minute of load.

    python tests/bench/bench_server.py latency
    python tests/bench/bench_server.py batching
    python tests/bench/bench_server.py load --seconds 60

The server runs in a process of its own. Clients send gRPC requests that were
serialised beforehand, so that little of the measured time is theirs.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import os
import pathlib
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import grpc
import numpy as np
from timing import interleaved

import zoo
from serving import versions
from serving.export import exporter, savedmodel

METHOD = "/tensorflow.serving.PredictionService/Predict"
NAME = "mosei_blstm"
MALFORMED = 0.05


def request(rows: int, steps: int, name: str = NAME) -> dict[str, np.ndarray]:
    """Seeded noise in the shape of a model's features."""
    width = zoo.card(name).inputs[0].shape[-1]
    values = np.random.default_rng(0).normal(size=(rows, steps, width))
    return {
        "features": values.astype("float32"),
        "lengths": np.full(rows, steps, "int32"),
    }


def message(inputs: dict[str, np.ndarray], name: str = NAME) -> bytes:
    """The inputs as a serialised request."""
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    message = predict_pb2.PredictRequest()
    message.model_spec.name = name
    for key, value in inputs.items():
        message.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return message.SerializeToString()


@contextlib.contextmanager
def serving(root: pathlib.Path, *words: str) -> Iterator[tuple[int, int]]:
    """A server's process id and its gRPC port."""
    command = [sys.executable, "-m", "serving.serve", str(root)]
    process = subprocess.Popen(
        [*command, "--rest-port=0", "--grpc-port=0", *words],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        match = re.search(r"gRPC on .*:(\d+)", process.stdout.readline())
        yield process.pid, int(match[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def latency(folder: pathlib.Path, rounds: int) -> None:
    """Compares one client with the bare call of the SavedModel, in turns."""
    for name, steps in ((NAME, 20), (NAME, 100), ("recola_dilated", 7500)):
        root = folder / "models"
        with_weights = None if name == NAME else "pretrained"
        model = zoo.get(name, with_weights)
        if not (root / name).exists():
            exporter.export(model, zoo.card(name), root, weights="untrained")
        inputs = request(1, steps, name)
        path = root / name / "1"
        _loaded, functions = savedmodel.signatures(path)
        function = functions["serving_default"]
        content = message(inputs, name)
        with serving(root) as (_, port):
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                ask = channel.unary_unary(METHOD)
                spent = interleaved(
                    {
                        "bare call": lambda: savedmodel.run(function, inputs),
                        "gRPC": lambda: ask(content),
                    },
                    rounds=rounds,
                    warm_up=20,
                )
        bare, served = spent.values()
        print(
            f"{name} (1, {steps}): bare {1000 * bare:.2f} ms, gRPC "
            f"{1000 * served:.2f} ms, {served / bare:.2f} times"
        )


class Load:
    """Clients that send a request as soon as the last is answered."""

    def __init__(self, port: int, messages: list[bytes], bad: list[bytes]):
        self.address = f"127.0.0.1:{port}"
        self.messages, self.bad = messages, bad
        self.seconds: list[float] = []
        self.codes: collections.Counter[str] = collections.Counter()
        self.malformed: collections.Counter[str] = collections.Counter()
        self.source = random.Random(0)

    async def client(self, until: float) -> None:
        async with grpc.aio.insecure_channel(
            self.address, [("grpc.use_local_subchannel_pool", 1)]
        ) as channel:
            ask = channel.unary_unary(METHOD)
            while time.monotonic() < until:
                bad = self.bad and self.source.random() < MALFORMED
                content = self.source.choice(self.bad if bad else self.messages)
                counts = self.malformed if bad else self.codes
                started = time.monotonic()
                try:
                    await ask(content)
                    counts["OK"] += 1
                except grpc.aio.AioRpcError as error:
                    counts[error.code().name] += 1
                if not bad:
                    self.seconds.append(time.monotonic() - started)

    async def run(self, clients: int, seconds: float, *others) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(
            *(self.client(until) for _ in range(clients)), *others
        )


def model_folder(folder: pathlib.Path) -> pathlib.Path:
    root = folder / "models"
    model = zoo.get(NAME, None)
    exporter.export(model, zoo.card(NAME), root, weights="untrained")
    return root


def lengths() -> list[bytes]:
    return [message(request(1, steps)) for steps in range(10, 31)]


def processor_seconds(process: int) -> float:
    """That a process has spent on all cores."""
    stat = pathlib.Path(f"/proc/{process}/stat").read_text()
    spent = stat.rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")


def batching(folder: pathlib.Path, seconds: float) -> None:
    """32 clients with batching and without, in turns of a second."""
    root, messages = model_folder(folder), lengths()
    rates: dict[str, list[int]] = {"on": [], "off": []}
    spent = collections.Counter()
    with serving(root) as on, serving(root, "--no-batching") as off:
        servers = {"on": on, "off": off}
        for _, port in servers.values():
            asyncio.run(Load(port, messages, []).run(32, 2))
        for _ in range(round(seconds)):
            for name, (process, port) in servers.items():
                clients = Load(port, messages, [])
                before = processor_seconds(process), time.process_time()
                asyncio.run(clients.run(32, 1))
                rates[name].append(clients.codes["OK"])
                spent[name] += processor_seconds(process) - before[0]
                spent[f"{name}, clients"] += time.process_time() - before[1]
    print("32 clients, (1, 10 to 30), answers a second (median):")
    for name, counts in rates.items():
        print(
            f"batching {name}: {statistics.median(counts):.0f}; an answer "
            f"takes {1000 * spent[name] / sum(counts):.2f} ms of the "
            f"processor, and "
            f"{1000 * spent[f'{name}, clients'] / sum(counts):.2f} ms more for "
            "its client"
        )
    print(f"{np.divide(*map(statistics.median, rates.values())):.2f} times")


def memory(process: int) -> float:
    """MiB that a process takes now."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def malformed() -> list[bytes]:
    good = request(1, 12)
    return [
        b"\xff" * 9,
        message({**good, "features": good["features"][..., :7]}),
        message({**good, "lengths": np.array([1, 2], "int32")}),
        message({"features": good["features"]}),
        message({**good, "lengths": good["lengths"].astype("int64")}),
        message(good, "no_such_model"),
    ]


def load(folder: pathlib.Path, seconds: float) -> None:
    """64 clients, 5 % malformed, a new version published in the middle."""
    root = model_folder(folder)
    base = root / NAME
    digest = versions.digest(base / "1")
    marks: list[float] = []
    with serving(root) as (process, port):
        asyncio.run(Load(port, lengths(), malformed()).run(64, 3))
        clients = Load(port, lengths(), malformed())

        async def watch():
            for tenth in range(10):
                marks.append(memory(process))
                if tenth == 5:
                    with versions.locked(base):
                        versions.release(base / "1", base, digest, False)
                await asyncio.sleep(seconds / 10)

        asyncio.run(clients.run(64, seconds, watch()))
        marks.append(memory(process))
    spent = np.array(clients.seconds) * 1000
    p50, p99 = np.percentile(spent, [50, 99])
    print(f"{len(spent)} good requests: {dict(clients.codes)}")
    print(f"malformed: {dict(clients.malformed)}")
    print(f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {p99 / p50:.1f} times")
    print("MiB each tenth:", *(f"{mark:.0f}" for mark in marks))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["latency", "batching", "load"])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if arguments.what == "latency":
            latency(folder, arguments.rounds)
        elif arguments.what == "batching":
            batching(folder, arguments.seconds)
        else:
            load(folder, arguments.seconds)


if __name__ == "__main__":
    main()
