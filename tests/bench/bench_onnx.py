"""ONNX files against what tf2onnx makes of the same network by itself.

    python tests/bench/bench_onnx.py

"Raw" is Keras's own Conv1D, exported by tf2onnx with time left open; "ours"
the zoo's layer, exported and simplified. Both take the zoo's masks.
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import tempfile
from unittest import mock

import keras
import numpy as np
import onnx
import onnxruntime
from timing import interleaved

import zoo
from serving.export.onnx import file, rewrites
from zoo.layers.kernels import choice

STEPS = 7500


def session(path: pathlib.Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )


def nodes(path: pathlib.Path) -> collections.Counter[str]:
    graph = onnx.load(str(path)).graph
    return collections.Counter(node.op_type for node in graph.node)


def raw(path: pathlib.Path) -> None:
    """Exports with Keras's own convolution and without the rewrites."""
    with (
        mock.patch.object(choice, "convolution_kernel", lambda layer: "keras"),
        mock.patch.object(rewrites, "simplify", lambda proto: None),
    ):
        write(path)


def write(path: pathlib.Path) -> None:
    keras.utils.set_random_seed(0)
    model = zoo.get("recola_dilated", weights=None)
    file.write(model, zoo.card("recola_dilated"), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--threads", type=int, default=2, help="1 is fairer on a busy machine"
    )
    threads = parser.parse_args().threads
    features = np.random.default_rng(0).normal(size=(1, STEPS, 160))
    inputs = {
        "features": features.astype("float32"),
        "lengths": np.array([STEPS], "int32"),
    }
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("raw", "ours")]
        raw(paths[0])
        write(paths[1])
        raws, ours = (session(path, threads) for path in paths)
        for path in paths:
            counts = nodes(path)
            print(f"{path.name}: {counts.total()} nodes,", dict(counts))
    one, other = (x.run(["arousal"], inputs)[0] for x in (raws, ours))
    print(f"differ by {np.abs(one - other).max():.1e}")
    spent = interleaved(
        {
            "raw": lambda: raws.run(None, inputs),
            "ours": lambda: ours.run(None, inputs),
        },
        rounds=60,
    )
    print(", ".join(f"{name} {1000 * t:.1f} ms" for name, t in spent.items()))
    print(f"{spent['raw'] / spent['ours']:.2f} times faster")


if __name__ == "__main__":
    main()
