"""Loads a SavedModel and sends it requests, without this project's code.

`serving.push.validation` runs this file in an isolated process (`python -I`),
so it imports TensorFlow and NumPy only. The model runs in a session, as in TF
Serving. The last line of stdout is a JSON object: measurements, or `error`.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import resource
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

PROJECT_PACKAGES = {"zoo", "serving", "tuning", "pipelines"}
AS_LONG = {"add": 0, "hop": 1, "least": 1}
"""The rule of steps where the export names none."""

Arrays = Mapping[str, np.ndarray]


class Probe:
    """A SavedModel in a session of its own.

    Args:
        folder: of the SavedModel.
        tensorflow: the module, imported by the caller.
    """

    def __init__(self, folder: pathlib.Path, tensorflow: Any):
        self.tensorflow = tensorflow
        graph = tensorflow.Graph()
        with graph.as_default():
            self.session = tensorflow.compat.v1.Session(graph=graph)
            meta = tensorflow.compat.v1.saved_model.load(
                self.session, ["serve"], str(folder)
            )
        self.signatures = {
            name: definition
            for name, definition in meta.signature_def.items()
            if not name.startswith("__")
        }

    def run(self, name: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """Returns the outputs of a signature."""
        signature = self.signatures[name]
        feeds = {signature.inputs[key].name: inputs[key] for key in inputs}
        fetches = {
            key: tensor.name for key, tensor in signature.outputs.items()
        }
        return self.session.run(fetches, feeds)

    def random(
        self,
        name: str,
        steps_rule: Mapping[str, int],
        generator: np.random.Generator,
    ) -> dict[str, np.ndarray]:
        """Returns a batch of noise with random numbers of rows and steps."""
        rows, steps = generator.integers(1, 5), generator.integers(1, 60)
        if name in ("from_waveform", "decoded"):
            steps = max(steps_rule["least"], steps * steps_rule["hop"])
        inputs = {}
        for key, tensor in self.signatures[name].inputs.items():
            sizes = [dimension.size for dimension in tensor.tensor_shape.dim]
            shape = [rows, *(steps if n < 0 else n for n in sizes[1:])]
            dtype = self.tensorflow.dtypes.as_dtype(tensor.dtype).as_numpy_dtype
            if np.issubdtype(dtype, np.integer):
                values = generator.integers(1, steps, shape, endpoint=True)
            else:
                values = np.clip(generator.normal(0, 0.3, shape), -1, 1)
            inputs[key] = values.astype(dtype)
        return inputs


def recorded(
    folder: pathlib.Path, tensorflow: Any
) -> Iterator[tuple[str, Arrays, Arrays]]:
    """Yields signature, inputs and recorded outputs of warm-up requests."""
    from tensorflow_serving.apis import prediction_log_pb2

    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    if not path.exists():
        return
    records = tensorflow.data.TFRecordDataset(str(path)).as_numpy_iterator()
    for record in records:
        log = prediction_log_pb2.PredictionLog.FromString(record).predict_log
        inputs, outputs = (
            {
                name: tensorflow.make_ndarray(value)
                for name, value in tensors.items()
            }
            for tensors in (log.request.inputs, log.response.outputs)
        )
        name = log.request.model_spec.signature_name or "serving_default"
        yield name, inputs, outputs


def replay(probe: Probe, folder: pathlib.Path) -> tuple[int, float]:
    """Sends the warm-up requests.

    Returns:
        Their number, and the largest difference from the recorded outputs.
    """
    count, worst = 0, 0.0
    for name, inputs, expected in recorded(folder, probe.tensorflow):
        outputs = probe.run(name, inputs)
        count += 1
        for key, value in expected.items():
            if value.shape != outputs[key].shape:
                raise ValueError(
                    f"{name}: {key} has shape {outputs[key].shape}, and the "
                    f"recorded answer {value.shape}."
                )
            difference = np.subtract(value, outputs[key], dtype="float64")
            largest = np.abs(difference).max(initial=0)
            worst = float(np.max([worst, largest]))
    return count, worst


def send_random(
    probe: Probe, folder: pathlib.Path, requests: int
) -> dict[str, list[float]]:
    """Sends random requests and returns the milliseconds that each took."""
    path = folder / "assets.extra" / "contract.json"
    interface = json.loads(path.read_text()) if path.exists() else {}
    steps_rule = interface.get("steps") or AS_LONG
    generator = np.random.default_rng(0)
    milliseconds: dict[str, list[float]] = {}
    for name in probe.signatures:
        milliseconds[name] = []
        for _ in range(requests):
            inputs = probe.random(name, steps_rule, generator)
            started = time.perf_counter()
            outputs = probe.run(name, inputs)
            milliseconds[name].append(1000 * (time.perf_counter() - started))
            _check(name, outputs, rows=len(next(iter(inputs.values()))))
    return milliseconds


def _check(name: str, outputs: Arrays, rows: int) -> None:
    for key, value in outputs.items():
        if value.shape[:1] != (rows,) or not np.isfinite(value).all():
            raise ValueError(
                f"{name}: {key} must be finite numbers, one row for each of "
                f"{rows}. Received shape {value.shape}, "
                f"{int((~np.isfinite(value)).sum())} not finite."
            )


def measure(folder: pathlib.Path, requests: int) -> dict[str, Any]:
    """Loads a SavedModel, sends it requests and returns measurements."""
    import tensorflow

    tensorflow.get_logger().setLevel("ERROR")  # its loader is deprecated
    started = time.perf_counter()
    probe = Probe(folder, tensorflow)
    loading = time.perf_counter() - started
    count, difference = replay(probe, folder)
    milliseconds = send_random(probe, folder, requests)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "recorded_requests": count,
        "random_requests": requests * len(milliseconds),
        "difference": difference,
        "latency_ms": {
            name: {"median": statistics.median(times), "worst": max(times)}
            for name, times in milliseconds.items()
        },
        "loading_s": loading,
        "memory_mb": peak / 1024,
        "project_packages": sorted(PROJECT_PACKAGES & set(sys.modules)),
    }


def main() -> None:
    """Prints the measurements of a SavedModel."""
    parser = argparse.ArgumentParser(description="Probes a SavedModel.")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--requests", type=int, default=20)
    arguments = parser.parse_args()
    try:
        result = measure(arguments.folder, arguments.requests)
    except Exception as error:  # a damaged model can raise anything
        first = (str(error).splitlines() or [""])[0]
        result = {"error": f"{type(error).__name__}: {first[:500]}"}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
