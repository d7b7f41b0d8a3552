"""Loads a SavedModel and asks it, in a process that knows nothing of the zoo.

`serving.validate` runs this file by itself (`python -I`), so it imports
TensorFlow alone. The model runs in a session, as TF Serving runs it. The last
line of stdout is a JSON object: what was found, or `error`.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import resource
import statistics
import sys
import time

import numpy as np

STRANGERS = {"zoo", "serving", "tuning", "pipelines"}
DEFAULT_STEPS = {"add": 0, "hop": 1, "least": 1}


class Probe:
    """A SavedModel in a session of its own."""

    def __init__(self, folder, tf):
        self.tf = tf
        graph = tf.Graph()
        with graph.as_default():
            self.session = tf.compat.v1.Session(graph=graph)
            meta = tf.compat.v1.saved_model.load(
                self.session, ["serve"], str(folder)
            )
        self.signatures = {
            name: each
            for name, each in meta.signature_def.items()
            if not name.startswith("__")
        }

    def run(self, signature, inputs):
        known = self.signatures[signature]
        feeds = {known.inputs[name].name: inputs[name] for name in inputs}
        fetches = {name: each.name for name, each in known.outputs.items()}
        return self.session.run(fetches, feeds)

    def random(self, signature, contract, generator):
        """A batch of noise, of random size, as the signature wants it."""
        rows, steps = generator.integers(1, 5), generator.integers(1, 60)
        if signature == "from_waveform":
            rule = (contract or {}).get("steps") or DEFAULT_STEPS
            steps = max(rule["least"], steps * rule["hop"])
        inputs = {}
        for name, info in self.signatures[signature].inputs.items():
            dims = [each.size for each in info.tensor_shape.dim]
            shape = [rows, *(steps if n < 0 else n for n in dims[1:])]
            dtype = self.tf.dtypes.as_dtype(info.dtype).as_numpy_dtype
            if np.issubdtype(dtype, np.integer):
                values = generator.integers(1, steps, shape, endpoint=True)
            else:
                values = np.clip(generator.normal(0, 0.3, shape), -1, 1)
            inputs[name] = values.astype(dtype)
        return inputs


def canned(folder, tf):
    """Signature, inputs and known outputs of each warm-up request."""
    from tensorflow_serving.apis import prediction_log_pb2

    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    if not path.exists():
        return
    for each in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(each).predict_log
        inputs, outputs = (
            {name: tf.make_ndarray(value) for name, value in tensors.items()}
            for tensors in (log.request.inputs, log.response.outputs)
        )
        name = log.request.model_spec.signature_name or "serving_default"
        yield name, inputs, outputs


def ask(probe, folder, requests):
    """Asks every signature; the findings as plain values."""
    path = folder / "assets.extra" / "contract.json"
    contract = json.loads(path.read_text()) if path.exists() else None
    spent = {name: [] for name in probe.signatures}
    answered, worst = 0, 0.0
    for name, inputs, known in canned(folder, probe.tf):
        found = probe.run(name, inputs)
        answered += 1
        for key, value in known.items():
            if value.shape != found[key].shape:
                raise ValueError(
                    f"{name}: {key} has shape {found[key].shape}, and the "
                    f"recorded answer {value.shape}."
                )
            apart = np.abs(np.subtract(value, found[key], dtype="float64"))
            worst = float(np.max([worst, apart.max(initial=0)]))
    generator = np.random.default_rng(0)
    for name in probe.signatures:
        for _ in range(requests):
            inputs = probe.random(name, contract, generator)
            started = time.perf_counter()
            found = probe.run(name, inputs)
            spent[name].append(1000 * (time.perf_counter() - started))
            rows = len(next(iter(inputs.values())))
            for key, value in found.items():
                if value.shape[:1] != (rows,) or not np.isfinite(value).all():
                    raise ValueError(
                        f"{name}: {key} must be finite numbers, one row for "
                        f"each of {rows}. Received shape {value.shape}, "
                        f"{int((~np.isfinite(value)).sum())} not finite."
                    )
    return {
        "canned": answered,
        "random": requests * len(spent),
        "difference": worst,
        "latency_ms": {
            name: {"median": statistics.median(each), "worst": max(each)}
            for name, each in spent.items()
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--requests", type=int, default=20)
    arguments = parser.parse_args()
    try:
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")  # it deprecates its own loader
        started = time.perf_counter()
        probe = Probe(arguments.folder, tf)
        loading = time.perf_counter() - started
        found = ask(probe, arguments.folder, arguments.requests)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found |= {"loading_s": loading, "memory_mb": peak / 1024}
        found["strangers"] = sorted(STRANGERS & set(sys.modules))
    except Exception as error:  # whatever a model can fail with
        name = type(error).__name__
        found = {"error": f"{name}: {str(error).splitlines()[0][:500]}"}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
